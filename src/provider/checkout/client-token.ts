/** What this installation signs for browsers, read back: the session's client token, and the proof of a shopper's sign-in. */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/** @returns the session's id; undefined for what was not signed with `secret`, or is no token at all */
export function sessionOfToken(token: string, secret: KeyObject): string | undefined {
  const [head = '', claims = '', signature = '', ...more] = token.split('.');
  if (more.length > 0 || token.length > TOKEN_MOST || !isSigned(`${head}.${claims}`, signature, secret))
    return undefined;
  const { session_id } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { session_id?: string };
  return session_id;
}

/**
 * What a shopper gets for the right one-time code, and shows when buying. Nothing is kept: it says for which page and with which contact.
 * @param id of the session or hosted session @param contact e-mail address or phone number
 */
export function signInProof(id: string, contact: string, secret: KeyObject): string {
  const claims = Buffer.from(contact).toString('base64url');
  return `${claims}.${signature(proofText(id, claims), secret)}`;
}

/** The contact that signed in; undefined when the proof is for another page, was changed, or is none. */
export function contactOfProof(proof: string, id: string, secret: KeyObject): string | undefined {
  const [claims = '', signature = ''] = proof.split('.');
  if (!isSigned(proofText(id, claims), signature, secret)) return undefined;
  return Buffer.from(claims, 'base64url').toString('utf8');
}

const TOKEN_MOST = 4096;

/** No client token reads like this, so that neither can stand for the other. */
const proofText = (id: string, claims: string) => `signed in to ${id}: ${claims}`;

/** What makes a text one that only this installation can have issued. */
export function signature(text: string, secret: KeyObject): string {
  return digest(text, secret).toString('base64url');
}

function digest(text: string, secret: KeyObject): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

function isSigned(text: string, signature: string, secret: KeyObject): boolean {
  const expected = digest(text, secret);
  const given = Buffer.from(signature, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
