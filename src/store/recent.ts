/**
 * Records as they were last read or written, parsed, so that the next step of a purchase need not look for them again. States are never
 * changed in place, so one may be handed out to everybody.
 */

/** States whose JSON is longer are not kept, which bounds the memory. */
const LONGEST = 32_768;

export class Recent {
  readonly #most: number;
  readonly #states = new Map<string, object>();

  /** @param most how many are kept; beyond it, those go that were written or read from the table longest ago */
  constructor(most: number) {
    this.#most = most;
  }

  get(id: string): object | undefined {
    return this.#states.get(id);
  }

  /** @param length of its JSON */
  set(id: string, state: object, length: number): void {
    this.#states.delete(id);
    if (this.#most === 0 || length > LONGEST) return;
    this.#states.set(id, state);
    if (this.#states.size <= this.#most) return;
    for (const oldest of this.#states.keys()) {
      this.#states.delete(oldest);
      return;
    }
  }

  delete(id: string): void {
    this.#states.delete(id);
  }

  clear(): void {
    this.#states.clear();
  }
}
