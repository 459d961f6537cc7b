/**
 * Cybersource's ids: 22 digits that begin with 7. Each leads to where the request is kept: to a key made from our own time-ordered ids, so
 * that it is found without an index, and to a place under it. An order keeps its own transactions, each in a place.
 */

/** Thirty-one years of milliseconds in twelve digits, from here. */
const EPOCH_MS = Date.UTC(2020, 0, 1);
const COUNTS = 4_096;
/** Random values beside each count. Count, chance and place together fill nine digits. */
const CHANCES = 244;
const PLACES = 1_000;
const REQUEST_ID = /^7(\d{12})(\d{9})$/;

/** Transactions that an order has places for; further ones are kept like those that came to nothing. */
export const ORDER_PLACES = 990;
/** The place of a request with a record of its own, and that of a session. */
export const OWN_PLACE = 990;
export const SESSION_PLACE = 999;

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

/** A key of the form that a request id can lead to, from a UUID of version 7: with the same time and count. */
export function keyFrom(uuid: string): string {
  return `${uuid.slice(0, 19)}8000-${hex(chanceOf(uuid), 12)}`;
}

function chanceOf(uuid: string): number {
  return Number.parseInt(uuid.slice(28), 16) % CHANCES;
}

/** The id of the request in a place under a key. @param key as `keyFrom` makes it */
export function requestId(key: string, place: number): string {
  const ms = Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16) - EPOCH_MS;
  const count = Number.parseInt(key.slice(15, 18), 16);
  const rest = (count * CHANCES + chanceOf(key)) * PLACES + place;
  return `7${String(ms).padStart(12, '0')}${String(rest).padStart(9, '0')}`;
}

/** Where the request with an id is kept; undefined for what is no id of ours. */
export function placeOf(request_id: string): { readonly key: string; readonly place: number } | undefined {
  const [, ms, rest] = REQUEST_ID.exec(request_id) ?? [];
  if (ms === undefined) return undefined;
  const place = Number(rest) % PLACES;
  const drawn = Math.floor(Number(rest) / PLACES);
  const count = Math.floor(drawn / CHANCES);
  if (count >= COUNTS) return undefined;
  const time = hex(Number(ms) + EPOCH_MS, 12);
  return { key: `${time.slice(0, 8)}-${time.slice(8)}-7${hex(count, 3)}-8000-${hex(drawn % CHANCES, 12)}`, place };
}
