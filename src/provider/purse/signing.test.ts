// Protects: notifications carry a signature that deployed merchants accept, and nothing but the signed body passes.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { openStore } from '../../store/open.ts';
import { fuzz } from '../../testing.ts';
import { installationKey } from '../installation.ts';
import { hookSignature, isHookSignature, signerFrom } from './signing.ts';

/** A notification of the real service's with its signature and the public key of its sandbox, as merchants' own tests have it. */
const RECORDED = {
  body: '{"id":"a4bbaa57-87a1-4f77-9ced-633a7e12af41","partner":"aci","method":"creditcard","status":{"action":"AUTHORIZE","state":"SUCCESS","code":"SUCCEEDED"},"date":"2021-09-24T09:48:45.631121559","plugin_result":{"status":"000.100.110","amount":175}}',
  signature:
    'c4inmsofvt2+I2puuEqxefD1t4kmO8gKtZwTwusDcn2PXg0V5HzELGCp4xFhWM7GhpFYmj4zY5FlFPc3V/6yllE4pKwkHHeCyguHsE5i0/TGBsCRW/U8nl5qBUrgtLZ2I/tYAmmGZg4U9BeC7E0YMwb7fqNOLPWbCXaeBFYKwhKtbMpfzxhzdElyI6GWycMuzGjbvAmQeY6yIxC1p9WoJkn9LWNu5Jx7KAMFkFiBxVeMsdHjOcH378PdmjP24ERg0xHdXpJgFKjMeTj4zGZqUZIqDa+b0OJk7ETc0UvNXWIzXYfx7Cz9w2h8d0SF+9CTLgFrwmT/PY4mEQMkkHEruA==',
  key: `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArjjcczhTDCei8Sk2W4mL
OjbHjpw18jeVA4LAVKayVMVURzyB30v9DEBlGw5T+A3+IAXLfEF79wQ2UM4OQFoh
sCmZGDlcTJAVQEtB6vrqkNq1lBL7ugIkp0sMO9tG5/PvCX/hrJuz+Kw8d2LaBvzc
TEpochiZX4EIgyCq9luSF64kJFFSgv2+xWtse31TWLim0blms9b7w6LPxfAls7es
UHgoEgET796EF9vqJUD7G2svuS4xG+GiuaYnqncSUF1XzUSiZTkulohHFc45DDhh
iMg5EftzgZUC+/zdT1IekkVrfoeUEffx1B3zd7Md0RN4wEKfIyqfBnFOpv8QgXKT
dwIDAQAB
-----END PUBLIC KEY-----
`,
} as const;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

test('a recorded notification of the real service', () => {
  const key = createPublicKey(RECORDED.key);
  assert.ok(isHookSignature(RECORDED.body, RECORDED.signature, key));
  assert.ok(!isHookSignature(`${RECORDED.body} `, RECORDED.signature, key));
  assert.ok(!isHookSignature(RECORDED.body, RECORDED.signature, publicKey));
});

test('what is signed is accepted, whatever the body; two signatures of one body differ', async () => {
  await fuzz(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 2_000 }), (body) => {
      const signatures = [hookSignature(body, privateKey), hookSignature(body, privateKey)];
      assert.notEqual(signatures[0], signatures[1]);
      for (const signature of signatures) assert.ok(isHookSignature(body, signature, publicKey));
    }),
    50,
  );
});

test('tampering with body or signature is always found', async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 400 });
  await fuzz(
    fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), (raw, at, change, inBody) => {
      const body = Buffer.from(raw).toString('latin1');
      const signature = Buffer.from(hookSignature(body, privateKey), 'base64');
      if (inBody) {
        const other = Buffer.from(raw);
        other[at % other.length] = (other[at % other.length] ?? 0) ^ change;
        assert.ok(!isHookSignature(other.toString('latin1'), signature.toString('base64'), publicKey));
      } else {
        signature[at % signature.length] = (signature[at % signature.length] ?? 0) ^ change;
        assert.ok(!isHookSignature(body, signature.toString('base64'), publicKey));
      }
    }),
    200,
  );
});

test('what is no signature is refused and not an error', () => {
  for (const signature of ['', 'x', '****', Buffer.alloc(256).toString('base64'), 'A'.repeat(1_000)])
    assert.ok(!isHookSignature('{}', signature, publicKey), signature);
});

test('an installation keeps its key, and both generations sign with it', async (t) => {
  const store = await openStore({});
  t.after(() => store.close());
  await installationKey(store);
  const [one, other] = await Promise.all([signerFrom(store)(), signerFrom(store)()]);
  const later = await signerFrom(store)();
  assert.equal(one.public_key, other.public_key);
  assert.equal(one.public_key, later.public_key);
  const key = createPublicKey({ key: { ...one.jwk }, format: 'jwk' });
  assert.ok(isHookSignature('{}', later.hook('{}'), key));
  const [header = '', payload = '', signature = ''] = later.jws({ payment_id: 'p' }).split('.');
  assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')));
  const named = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string; alg: string };
  assert.deepEqual([named.kid, named.alg], [one.jwk.kid, 'RS256']);
});
