/** Where time, ids and the store come from. The simulation hands in its own; nothing else changes. */
import { randomFillSync } from 'node:crypto';
import type { Store } from '../store/store.ts';

export interface World {
  readonly store: Store;
  /** Real time, epoch ms. A merchant's time is this plus the merchant's offset. */
  now(): number;
  /** A new UUID version 7: ordered by time, so that what is stored under it is stored in sequence. */
  id(): string;
  /** A new customer-friendly reference: eight upper-case letters and digits. */
  reference(): string;
}

export function realWorld(store: Store): World {
  return { store, now: Date.now, id: uuidGenerator(Date.now), reference: newReference };
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const POOL = new Uint8Array(8192);

/** Random bytes from a pool: asking the system for each id costs more than the id. */
let poolAt = POOL.length;
function randomByte(): number {
  if (poolAt === POOL.length) {
    randomFillSync(POOL);
    poolAt = 0;
  }
  return POOL[poolAt++] as number;
}

/** UUIDs that rise within a process: 48 bits of ms, then a counter of 12 bits, then 62 random bits (RFC 9562, 6.2). */
export function uuidGenerator(now: () => number): () => string {
  let last_ms = 0;
  let counter = 0;
  return () => {
    const now_ms = now();
    if (now_ms > last_ms) {
      last_ms = now_ms;
      counter = randomByte();
    } else if (++counter > 0xfff) {
      // More than 4,096 ids in a millisecond, or a clock set back: borrow from the future rather than fall back.
      last_ms++;
      counter = 0;
    }
    return format(last_ms, counter);
  };
}

function format(ms: number, counter: number): string {
  const time = ms.toString(16).padStart(12, '0');
  const b = () => HEX[randomByte()] as string;
  const variant = HEX[0x80 | (randomByte() & 0x3f)] as string;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${variant}${b()}-${b()}${b()}${b()}${b()}${b()}${b()}`;
}

/** The smallest UUID of a millisecond, for ranges. */
export function uuidFloor(ms: number): string {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
function newReference(): string {
  let reference = '';
  for (let i = 0; i < 8; i++) reference += LETTERS[randomByte() & 31];
  return reference;
}
