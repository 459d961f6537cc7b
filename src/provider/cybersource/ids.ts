/**
 * Cybersource's ids: 22 digits that begin with 7. They are made from our own time-ordered ids and lead back to a key of the same order, so that
 * what is stored under them is stored in sequence and found without an index of its own.
 */

/** Random values beside each count: count and chance together fill eight digits. */
const CHANCES = 24_414;
const COUNTS = 4_096;
const REQUEST_ID = /^7(\d{13})(\d{8})$/;

/** A request id from a UUID of version 7: 7, thirteen digits of milliseconds, eight of count and chance. */
export function requestId(uuid: string): string {
  const ms = Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
  const count = Number.parseInt(uuid.slice(15, 18), 16);
  const chance = Number.parseInt(uuid.slice(24), 16) % CHANCES;
  return `7${String(ms).padStart(13, '0')}${String(count * CHANCES + chance).padStart(8, '0')}`;
}

/** The key that a request id's record has in the store; undefined for what is no id of ours. */
export function recordKey(request_id: string): string | undefined {
  const [, ms, rest] = REQUEST_ID.exec(request_id) ?? [];
  if (ms === undefined) return undefined;
  const count = Math.floor(Number(rest) / CHANCES);
  if (count >= COUNTS) return undefined;
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const time = hex(Number(ms), 12);
  const chance = hex(Number(rest) % CHANCES, 12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(count, 3)}-8000-${chance}`;
}
