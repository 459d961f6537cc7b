/** The session that a client token names, if this installation signed it. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** @returns the session's id; undefined for what was not signed with `secret`, or is no token at all */
export function sessionOfToken(token: string, secret: string): string | undefined {
  const [head = '', claims = '', signature = '', ...more] = token.split('.');
  if (more.length > 0 || token.length > TOKEN_MOST) return undefined;
  const expected = createHmac('sha256', secret).update(`${head}.${claims}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const { session_id } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { session_id?: string };
  return session_id;
}

const TOKEN_MOST = 4096;
