/**
 * Secrets that have to be had again, because signatures are made with them: AES-256-GCM under the key of the installation. That key is
 * in the same store, so this keeps them out of logs, lists and dumps of single tables, and not from whoever has the whole store.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';

export interface Sealer {
  seal(secret: Uint8Array): string;
  /** The secret as a key, which signs faster than bytes. @throws when the text was not sealed by this installation */
  open(sealed: string): KeyObject;
}

/** Opened secrets that are kept, so that a request does not cost a decryption. */
const KEPT_MOST = 1_000;

/** @param installation the key of the installation */
export function sealer(installation: KeyObject): Sealer {
  const key = Buffer.from(hkdfSync('sha256', installation, '', 'kvitt: sealed secrets', 32));
  const kept = new Map<string, KeyObject>();
  return {
    seal: (secret) => {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open: (sealed) => {
      const known = kept.get(sealed);
      if (known) return known;
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      const secret = createSecretKey(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]));
      if (kept.size >= KEPT_MOST) kept.clear();
      kept.set(sealed, secret);
      return secret;
    },
  };
}
