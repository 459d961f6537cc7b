/** Finding entries by code, and the nearest codes for a code that does not exist. */
import { type CatalogueCode, type CatalogueEntry, catalogue } from './entries.ts';

/** Longer input is no typo of any code, and comparing it would only cost time. */
const LONGEST_TYPO = 80;
/** Below this, a piece of a code ("not", "bad") says too little about which code was meant. */
const SHORTEST_PIECE = 4;
const MOST_SUGGESTIONS = 5;

const byCode: ReadonlyMap<string, CatalogueEntry> = new Map(catalogue.map((entry) => [normalise(entry.code), entry]));

if (byCode.size !== catalogue.length) throw new Error('the catalogue holds a code twice');

/** Codes are compared in upper case; people write "bad_value: locale" with a blank after the colon. */
function normalise(text: string): string {
  return text.trim().toUpperCase().replaceAll(': ', ':');
}

/**
 * The entry of a code, or undefined if the catalogue has no such code. Upper and lower case are the same.
 *
 * @example lookup('bad_value:locale')?.retry // 'after-fixing-the-request'
 */
export function lookup(code: CatalogueCode): CatalogueEntry;
export function lookup(code: string): CatalogueEntry | undefined;
export function lookup(code: string): CatalogueEntry | undefined {
  return byCode.get(normalise(code));
}

/**
 * The codes that a mistyped one may have meant, nearest first, at most five; empty if nothing is near.
 * Near is a code a few keystrokes away, or one that contains the text or is contained in it (at least four characters).
 *
 * @example suggest('CAPTURE_NOT_ALOWED') // ['CAPTURE_NOT_ALLOWED', ...]
 */
export function suggest(text: string): readonly CatalogueCode[] {
  const wanted = normalise(text).replaceAll(/[\s-]/g, '_');
  if (wanted === '' || wanted.length > LONGEST_TYPO) return [];
  const keystrokes = 1 + Math.floor(wanted.length / 5);
  return catalogue
    .map((entry) => ({ code: entry.code, distance: distanceTo(wanted, entry.code.toUpperCase(), keystrokes) }))
    .filter(({ distance }) => distance <= keystrokes)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST_SUGGESTIONS)
    .map(({ code }) => code);
}

/** A code that shares a whole piece with the text is as far as the furthest typo still allowed, so that typos come first. */
function distanceTo(wanted: string, code: string, furthest: number): number {
  const typed = editDistance(wanted, code);
  const shorter = Math.min(wanted.length, code.length);
  const isPiece = shorter >= SHORTEST_PIECE && (code.includes(wanted) || wanted.includes(code));
  return isPiece ? Math.min(typed, furthest) : typed;
}

/** Levenshtein: how many single characters to insert, drop or replace. One row of the usual matrix is kept at a time. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 0; row < from.length; row++) {
    let diagonal = row;
    let left = row + 1;
    const rest = above.slice(1).map((up, column) => {
      left = Math.min(diagonal + (from[row] === to[column] ? 0 : 1), up + 1, left + 1);
      diagonal = up;
      return left;
    });
    above = [row + 1, ...rest];
  }
  return above.at(-1) ?? 0;
}
