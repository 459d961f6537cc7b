/**
 * What Purse signs, with the one RSA key of the installation: v1's notifications and v2's return data.
 *
 * v1's `X-Signature` is no signature scheme of any standard. The lower-case hex SHA-256 of the body is encoded as for OAEP encryption
 * (SHA-1, MGF1 with SHA-1, no label) and raised to the private exponent. The receiver raises it to the public one, undoes the
 * encoding and compares with its own digest.
 */
import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  hash,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  sign,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { read, type Store, type Work } from '../../store/store.ts';
import { installationSealer } from '../installation.ts';
import type { Sealer } from '../sealing.ts';

const MODULUS_BITS = 2048;
const HASH_BYTES = 20;
const NO_LABEL = sha1(Buffer.alloc(0));

function sha1(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest();
}

/** What v1 signs of a body. */
function digestOf(body: string): Buffer {
  return Buffer.from(hash('sha256', body, 'hex'));
}

/** The value of `X-Signature` for a body. @param seed 20 random bytes; the same body has another signature with another seed */
export function hookSignature(body: string, key: KeyObject, seed: Buffer = randomBytes(HASH_BYTES)): string {
  const bytes = (key.asymmetricKeyDetails?.modulusLength ?? MODULUS_BITS) / 8;
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, oaep(digestOf(body), bytes, seed)).toString(
    'base64',
  );
}

/** Whether an `X-Signature` is one of this body's under this public key. What is no signature at all is none. */
export function isHookSignature(body: string, signature: string, key: KeyObject): boolean {
  try {
    const block = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.from(signature, 'base64'));
    const message = unOaep(block);
    const digest = digestOf(body);
    return message?.length === digest.length && timingSafeEqual(message, digest);
  } catch {
    return false;
  }
}

/** 0x00 ‖ masked seed ‖ masked (hash of the label ‖ zeros ‖ 0x01 ‖ message). RFC 8017, 7.1.1. */
function oaep(message: Buffer, bytes: number, seed: Buffer): Buffer {
  const padding = Buffer.alloc(bytes - message.length - 2 * HASH_BYTES - 2);
  const data = Buffer.concat([NO_LABEL, padding, Buffer.from([1]), message]);
  const masked = xor(data, mgf1(seed, data.length));
  return Buffer.concat([Buffer.from([0]), xor(seed, mgf1(masked, HASH_BYTES)), masked]);
}

function unOaep(block: Buffer): Buffer | undefined {
  const masked = block.subarray(1 + HASH_BYTES);
  const seed = xor(block.subarray(1, 1 + HASH_BYTES), mgf1(masked, HASH_BYTES));
  const data = xor(masked, mgf1(seed, masked.length));
  const end = data.indexOf(1, HASH_BYTES);
  const isWhole = block[0] === 0 && data.subarray(0, HASH_BYTES).equals(NO_LABEL) && end > 0;
  const isPadded = data.subarray(HASH_BYTES, Math.max(end, HASH_BYTES)).every((byte) => byte === 0);
  return isWhole && isPadded ? data.subarray(end + 1) : undefined;
}

function mgf1(seed: Buffer, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let count = 0; count * HASH_BYTES < length; count++) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(count);
    parts.push(sha1(Buffer.concat([seed, counter])));
  }
  return Buffer.concat(parts).subarray(0, length);
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ (other[at] ?? 0)));
}

/** The installation's key, and what is made with it. */
export interface Signer {
  /** PEM, for merchants to check with. */
  readonly public_key: string;
  /** As `GET /payment/v2/signing-jwks` shows it. */
  readonly jwk: { readonly kty: 'RSA'; readonly e: string; readonly n: string; readonly kid: string };
  hook(body: string): string;
  /** A compact JWS (RS256) that names the key. */
  jws(payload: object): string;
}

function signerOf(pem: string): Signer {
  const key = createPrivateKey(pem);
  const publicKey = createPublicKey(key);
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
  const kid = hash('sha256', n, 'base64url').slice(0, 16);
  const header = base64url({ alg: 'RS256', typ: 'JWT', kid });
  return {
    public_key: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    jwk: { kty: 'RSA', e, n, kid },
    hook: (body) => hookSignature(body, key),
    jws: (payload) => {
      const unsigned = `${header}.${base64url(payload)}`;
      return `${unsigned}.${sign('sha256', Buffer.from(unsigned), key).toString('base64url')}`;
    },
  };
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const RECORD = 'purse-signing';

/** Finds the installation's key, or makes it. Many installations never need one, so it is made when it is first asked for. */
export function signerFrom(store: Store): () => Promise<Signer> {
  let found: Promise<Signer> | undefined;
  return () => {
    found ??= find(store).catch((error: Error) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

/** The private key, sealed. */
interface Kept {
  readonly sealed_key: string;
}

async function find(store: Store): Promise<Signer> {
  const sealer = await installationSealer(store);
  const kept = (await store.get<Kept>('meta', RECORD)) ?? (await makeKey(store, sealer));
  return signerOf(sealer.open(kept.sealed_key).export().toString('utf8'));
}

/** Two processes may make one at the same time; the one that is stored first is everybody's. */
async function makeKey(store: Store, sealer: Sealer): Promise<Kept> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const made: Kept = { sealed_key: sealer.seal(Buffer.from(pem)) };
  return store.run(function* (): Work<Kept> {
    const existing = yield* read<Kept>('meta', RECORD);
    if (existing) return { answer: existing, changes: {} };
    return { answer: made, changes: { put: [{ kind: 'meta', id: RECORD, merchant_id: '', state: made }] } };
  });
}
