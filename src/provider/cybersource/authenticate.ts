/**
 * Who is calling Cybersource's API, and whether the request is the one that they signed: HTTP signatures and JSON web tokens with a
 * shared secret, JSON web tokens with a certificate. Sources: REST getting started, HTTP signature and JWT; recorded requests of the
 * official SDK. The five minutes are the usual figure (inferred).
 */
import { createHmac, createPublicKey, hash, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { header, type Request } from '../../http/exchange.ts';
import type { Explanation } from '../engine/outcome.ts';
import { type CybersourceKey, MINUTE_MS } from '../engine/state.ts';

/** How far a request's time may be from ours. */
const SKEW_MS = 5 * MINUTE_MS;
const TOKEN_MOST = 6 * 1024;

/** What a request says of itself before anything is verified. */
export type Claim =
  | {
      readonly kind: 'signature';
      readonly merchant_id: string;
      readonly key_id: string;
      readonly parts: SignatureParts;
    }
  | { readonly kind: 'token'; readonly merchant_id: string; readonly key_id: string; readonly token: Token };

interface SignatureParts {
  readonly algorithm: string;
  /** Names in the order in which they were signed. */
  readonly headers: readonly string[];
  readonly signature: string;
}

interface Token {
  readonly alg: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Header and claims as they were signed. */
  readonly signed: string;
  readonly signature: string;
}

type Read = { readonly claim: Claim; readonly wrong?: never } | { readonly claim?: never; readonly wrong: Explanation };

const wrong = (message: string, change: string, more: Partial<Explanation> = {}): { wrong: Explanation } => ({
  wrong: { message, change, ...more },
});

/** Which merchant and key the request names, and how it was signed. */
export function readClaim(request: Request): Read {
  const bearer = /^Bearer\s+(\S+)$/i.exec(header(request, 'authorization') ?? '')?.[1];
  if (bearer) return readToken(bearer);
  const signature = header(request, 'signature');
  if (signature) return readSignature(signature, header(request, 'v-c-merchant-id'));
  return wrong(
    'The request has neither a signature header nor Authorization: Bearer with a JSON web token.',
    'Sign it as docs/cybersource.md shows, or let an SDK of Cybersource do so.',
  );
}

function readSignature(value: string, merchant_id: string | undefined): Read {
  const fields = new Map<string, string>();
  for (const [, name = '', text = ''] of value.matchAll(/(\w+)\s*=\s*"([^"]*)"/g)) fields.set(name, text);
  const [keyid, headers, signature] = [fields.get('keyid'), fields.get('headers'), fields.get('signature')];
  if (!keyid || !headers || !signature)
    return wrong(
      'The signature header has no keyid, headers or signature.',
      'Send signature: keyid="…", algorithm="HmacSHA256", headers="…", signature="…".',
      { field: 'signature' },
    );
  if (!merchant_id)
    return wrong('There is no v-c-merchant-id header.', 'Send the merchant’s id.', { field: 'v-c-merchant-id' });
  const parts = { algorithm: fields.get('algorithm') ?? '', headers: headers.trim().split(/\s+/), signature };
  return { claim: { kind: 'signature', merchant_id, key_id: keyid, parts } };
}

function readToken(text: string): Read {
  const [head = '', body = '', signature = '', ...more] = text.length > TOKEN_MOST ? [] : text.split('.');
  const [header, claims] = [parsed(head), parsed(body)];
  if (!header || !claims || signature === '' || more.length > 0)
    return wrong('The bearer token is no JSON web token.', 'Let an SDK of Cybersource make it.');
  const merchant_id = claims['v-c-merchant-id'] ?? claims.iss;
  if (typeof header.kid !== 'string' || typeof merchant_id !== 'string')
    return wrong('The token names no key (kid) or no merchant (iss, v-c-merchant-id).', 'Send both.');
  const token = { alg: String(header.alg), claims, signed: `${head}.${body}`, signature };
  return { claim: { kind: 'token', merchant_id, key_id: header.kid, token } };
}

function parsed(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with the proof; undefined when the request is the one that the key's owner signed, a short while ago.
 * @param secret of a shared key
 */
export function refuteProof(
  claim: Claim,
  request: Request,
  key: CybersourceKey,
  secret: KeyObject | undefined,
  now_ms: number,
): Explanation | undefined {
  if (claim.kind === 'token') return refuteToken(claim, request, key, secret, now_ms);
  return refuteSignature(claim.parts, request, secret, now_ms);
}

const targetOf = (request: Request) => request.target ?? request.path;
const hasBody = ({ method }: Request) => method === 'POST' || method === 'PUT' || method === 'PATCH';
const digestOf = ({ body }: Request) => hash('sha256', body.text, 'base64');

function refuteSignature(
  { algorithm, headers, signature }: SignatureParts,
  request: Request,
  secret: KeyObject | undefined,
  now_ms: number,
): Explanation | undefined {
  if (!secret) return wrong('A certificate signs JSON web tokens only.', 'Use a shared secret here.').wrong;
  if (algorithm.toLowerCase() !== 'hmacsha256')
    return wrong('The algorithm is not HmacSHA256.', 'Sign with HmacSHA256.', { got: algorithm.slice(0, 60) }).wrong;
  const listed = headers.map((name) => name.toLowerCase());
  const missing = unsigned(listed, request);
  if (missing)
    return wrong(`${missing} is not among the signed headers.`, `Sign ${missing} as well.`, { field: 'signature' })
      .wrong;
  const lines = headers.map((name) => `${name}: ${signedValue(name.toLowerCase(), request)}`);
  const expected = createHmac('sha256', secret).update(lines.join('\n')).digest();
  if (!isSame(expected, Buffer.from(signature, 'base64')))
    return wrong(
      `The signature is not that of these lines with this key: ${lines.map((line) => line.slice(0, 120)).join(' | ')}`,
      'Compare the lines with what was signed: same names, same order, same values, joined by line feeds, and the secret decoded from base64.',
      { field: 'signature' },
    ).wrong;
  return refuteDigest(request, listed) ?? refuteDate(request, listed, now_ms);
}

const NEEDED = [['host'], ['date', 'v-c-date'], ['request-target', '(request-target)'], ['v-c-merchant-id']] as const;
const NEEDED_WITH_BODY = [...NEEDED, ['digest']] as const;

/** What has to be signed and is not. */
function unsigned(listed: readonly string[], request: Request): string | undefined {
  const needed: readonly (readonly [string, ...string[]])[] = hasBody(request) ? NEEDED_WITH_BODY : NEEDED;
  return needed.find((names) => !names.some((name) => listed.includes(name)))?.[0];
}

function signedValue(name: string, request: Request): string {
  if (name === 'request-target' || name === '(request-target)')
    return `${request.method.toLowerCase()} ${targetOf(request)}`;
  return header(request, name) ?? '';
}

function refuteDigest(request: Request, listed: readonly string[]): Explanation | undefined {
  // A body that could not be read was signed as well, and is refused for what it is.
  if (!listed.includes('digest') || request.body.fault) return undefined;
  const expected = `SHA-256=${digestOf(request)}`;
  const got = header(request, 'digest') ?? '';
  if (got === expected) return undefined;
  return wrong('The digest is not that of the body: the body is another than the one that was signed.', DIGEST, {
    field: 'digest',
    expected,
    got: got.slice(0, 100),
  }).wrong;
}

const DIGEST = 'Take the digest of the very bytes that are sent.';

function refuteDate(request: Request, listed: readonly string[], now_ms: number): Explanation | undefined {
  const field = listed.includes('v-c-date') ? 'v-c-date' : 'date';
  const value = header(request, field) ?? '';
  const off_by = Date.parse(value) - now_ms;
  if (Math.abs(off_by) <= SKEW_MS) return undefined;
  return wrong(
    Number.isNaN(off_by)
      ? `${field} is no date.`
      : `The request was signed at ${value}, ${Math.round(Math.abs(off_by) / 1000)} seconds ${off_by < 0 ? 'ago' : 'ahead'}; at most ${SKEW_MS / 1000} are accepted.`,
    'Sign each request anew, on a machine whose clock is right. Kvitt compares with real time, not with the merchant’s clock.',
    { field, expected: new Date(now_ms).toUTCString(), got: value.slice(0, 60) },
  ).wrong;
}

function refuteToken(
  { token, merchant_id }: Extract<Claim, { kind: 'token' }>,
  request: Request,
  key: CybersourceKey,
  secret: KeyObject | undefined,
  now_ms: number,
): Explanation | undefined {
  if (!isSigned(token, key, secret))
    return wrong(
      'The token was not signed with this key.',
      key.type === 'p12'
        ? 'Sign with RS256 and the key of the P12 file.'
        : 'Sign with HS256 and the secret decoded from base64.',
      { field: 'authorization' },
    ).wrong;
  const expected: Readonly<Record<string, string>> = {
    iss: merchant_id,
    'request-method': request.method.toLowerCase(),
    'request-resource-path': targetOf(request),
    'v-c-jwt-version': '2',
    ...(hasBody(request) && !request.body.fault && { digest: digestOf(request), 'digest-algorithm': 'SHA-256' }),
  };
  const { claims } = token;
  const differing = Object.keys(expected).find((name) => claims[name] !== expected[name]);
  if (differing)
    return wrong(
      `The claim ${differing} does not fit the request.`,
      'Make a token for each request, of the very bytes that are sent.',
      {
        field: differing,
        expected: expected[differing] ?? '',
        got: String(claims[differing]).slice(0, 100),
      },
    ).wrong;
  return refuteTimes(claims, now_ms);
}

function refuteTimes({ iat, exp, jti }: Token['claims'], now_ms: number): Explanation | undefined {
  const change = 'Make a token for each request, on a machine whose clock is right.';
  if (typeof iat !== 'number' || typeof exp !== 'number' || typeof jti !== 'string' || jti === '')
    return wrong('The token has no iat, exp or jti.', change).wrong;
  if (now_ms < exp * 1000 && iat * 1000 <= now_ms + SKEW_MS && exp - iat <= SKEW_MS / 1000) return undefined;
  return wrong(
    `The token holds from ${iat} to ${exp}, in seconds; it is ${Math.floor(now_ms / 1000)}, and a token holds for ${SKEW_MS / 1000} seconds at most.`,
    change,
    { field: 'exp', expected: Math.floor(now_ms / 1000), got: exp },
  ).wrong;
}

/** The key's kind decides the algorithm, so that a public key is never taken for a secret. */
function isSigned({ alg, signed, signature }: Token, key: CybersourceKey, secret: KeyObject | undefined): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  if (key.type === 'p12') {
    return alg === 'RS256' && verify('RSA-SHA256', Buffer.from(signed), publicKey(key.public_key ?? ''), bytes);
  }
  return alg === 'HS256' && secret !== undefined && isSame(createHmac('sha256', secret).update(signed).digest(), bytes);
}

function isSame(expected: Buffer, got: Buffer): boolean {
  return expected.length === got.length && timingSafeEqual(expected, got);
}

const PUBLIC_KEYS_MOST = 1_000;
const publicKeys = new Map<string, KeyObject>();

function publicKey(pem: string): KeyObject {
  const known = publicKeys.get(pem);
  if (known) return known;
  if (publicKeys.size >= PUBLIC_KEYS_MOST) publicKeys.clear();
  const key = createPublicKey(pem);
  publicKeys.set(pem, key);
  return key;
}
