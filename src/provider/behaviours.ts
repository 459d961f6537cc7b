/** How an API behaves here where a client can tell, and how we know: the tables of the faces, and their part of the compatibility pages. */

export type Basis = 'documented' | 'observed' | 'inferred' | 'different' | 'not built';

export interface Behaviour<B extends Basis = Basis> {
  readonly area: string;
  readonly behaviour: string;
  readonly basis: B;
}

/** The behaviours of one area. */
export function rows<B extends Basis>(area: string, ...list: readonly (readonly [string, B])[]): Behaviour<B>[] {
  return list.map(([behaviour, basis]) => ({ area, behaviour, basis }));
}

/** @param bases what each basis means for this API, in the order in which it is told */
export function renderBehaviours<B extends Basis>(
  behaviours: readonly Behaviour<B>[],
  bases: Readonly<Record<B, string>>,
): string[] {
  return [
    '',
    '## Behaviours, and how we know',
    '',
    ...Object.entries(bases).map(([basis, meaning]) => `- **${basis}**: ${meaning}.`),
    ...[...new Set(behaviours.map(({ area }) => area))].flatMap((area) => [
      '',
      `### ${area}`,
      '',
      '| behaviour | basis |',
      '| --- | --- |',
      ...behaviours.filter((row) => row.area === area).map((row) => `| ${row.behaviour} | ${row.basis} |`),
    ]),
  ];
}
