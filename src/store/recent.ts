/**
 * Records as they were last read or written, parsed, so that the next step of a purchase need not look for them again. States are never
 * changed in place, so one may be handed out to everybody.
 */

/** States whose JSON is longer are not kept, which bounds the memory. */
const LONGEST = 32_768;

/** Two generations: the young one becomes the old one when it is full, and what nobody asked for since goes with the one before. */
export class Recent {
  readonly #most: number;
  #young = new Map<string, object>();
  #old = new Map<string, object>();

  /** @param most how many are kept in each generation; with 0 none is */
  constructor(most: number) {
    this.#most = most;
  }

  get(id: string): object | undefined {
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const old = this.#old.get(id);
    if (old !== undefined) this.#keep(id, old);
    return old;
  }

  /** @param length of its JSON */
  set(id: string, state: object, length: number): void {
    if (length > LONGEST) this.delete(id);
    else if (this.#most > 0) this.#keep(id, state);
  }

  delete(id: string): void {
    this.#young.delete(id);
    this.#old.delete(id);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }

  #keep(id: string, state: object): void {
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, state);
  }
}
