/** Keys of Cybersource's API: how they are made, and the one that the default merchant has. */
import { hash, randomBytes } from 'node:crypto';
import type { CybersourceKey } from '../engine/state.ts';
import type { Sealer } from '../sealing.ts';

/** Keys a merchant may have at the same time. */
export const KEYS_MOST = 50;

/** A key of a shared secret. @param secret in base64, as it is handed out */
export function sharedKey(key_id: string, secret: string, sealer: Sealer, made_at_ms: number): CybersourceKey {
  const sealed_secret = sealer.seal(Buffer.from(secret, 'base64'));
  return { key_id, type: 'shared_secret', made_at_ms, sealed_secret };
}

/** A secret to hand out once: 256 bits, in base64. */
export function newSharedSecret(): string {
  return randomBytes(32).toString('base64');
}

/** The default merchant's secret follows from its password, so that there is one secret to choose: base64 of its SHA-256. */
export function localSecret(password: string): string {
  return hash('sha256', password, 'base64');
}

/** Whether a key is of this secret. */
export function isKeyOf({ sealed_secret }: CybersourceKey, secret: string, sealer: Sealer): boolean {
  return sealed_secret !== undefined && sealer.open(sealed_secret).export().equals(Buffer.from(secret, 'base64'));
}
