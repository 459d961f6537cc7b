/** What is checked of every state table when the program starts: a slip in one stops it then, and not a shopper in the middle. */

/** What may happen → state it may happen in → state, or states, it leads to. */
type Table<State extends string> = Readonly<Record<string, Readonly<Partial<Record<State, State | readonly State[]>>>>>;

/** Throws when a table names an unknown state, or leaves one that nothing leads to. @param what whose states they are */
export function checkTransitions<State extends string>(
  what: string,
  states: readonly State[],
  initial: State,
  table: Table<State>,
): void {
  const edges = Object.values(table).flatMap((row) =>
    Object.entries(row).map(([from, to]) => [from as State, [to].flat() as State[]] as const),
  );
  const unknown = edges.flatMap(([from, to]) => [from, ...to]).filter((state) => !states.includes(state));
  if (unknown.length > 0) throw new Error(`the ${what}'s state table names unknown states: ${unknown.join(', ')}`);
  const reached = new Set<State>([initial]);
  for (let size = 0; size < reached.size; ) {
    size = reached.size;
    for (const [from, to] of edges) if (reached.has(from)) for (const state of to) reached.add(state);
  }
  const unreachable = states.filter((state) => !reached.has(state));
  if (unreachable.length > 0) throw new Error(`the ${what}'s state table never leads to: ${unreachable.join(', ')}`);
}
