// Protects: nobody calls Cybersource's API in the name of a merchant without the key, and nothing that was signed can be changed on its way.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { type Provider, startProvider } from '../index.ts';
import { type Answered, CybersourceShop, type Signed, sessionBody, signed, webToken } from './testing.ts';

const TARGET = '/pts/v2/payment-references';
const BODY = JSON.stringify(sessionBody('inline'));

let provider: Provider;
let shop: CybersourceShop;
before(async () => {
  provider = await startProvider();
  shop = await CybersourceShop.open(() => provider);
});
after(() => provider.close());

const sign1 = (date?: Date) => signed(shop.key, 'POST', TARGET, BODY, shop.host, date);
const bearer = (token: string, body = BODY): Signed => ({
  method: 'POST',
  target: TARGET,
  body,
  headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
});
const minutes = (count: number) => new Date(Date.now() + count * 60_000);

/** 401 in Cybersource's shape; the log says why, without what could be used again. @param why a part of the explanation */
async function assertUnauthorized(answer: Answered, why?: RegExp): Promise<void> {
  assert.equal(answer.status, 401, answer.text);
  assert.deepEqual(answer.body, { response: { rmsg: 'Authentication Failed' } });
  const id = answer.headers.get('v-c-correlation-id') ?? '';
  if (!why) return;
  // The entry of an exchange that changed nothing is written a moment later.
  let entry: Record<string, unknown> | undefined;
  while (!entry) entry = await provider.control('GET', `/log/${id}`).catch(() => undefined);
  assert.match(JSON.stringify(entry.explanations), why);
  assert.equal(entry.request, undefined, 'what did not prove who sent it is not kept');
  assert.ok(!JSON.stringify(entry).includes(shop.key.shared_secret));
}

describe('HTTP signatures', () => {
  test('what was signed with the key is let in, within five minutes either way, with Date or v-c-date', async () => {
    for (const date of [minutes(0), minutes(-4.9), minutes(4.9)])
      assert.equal((await shop.send(sign1(date))).status, 201);
    // Where a client cannot set Date itself, v-c-date takes its place.
    const renamed = signed(shop.key, 'POST', TARGET, BODY, shop.host, minutes(0), 'v-c-date');
    assert.equal((await shop.send(renamed)).status, 201);
    const stale = signed(shop.key, 'POST', TARGET, BODY, shop.host, minutes(-6), 'v-c-date');
    await assertUnauthorized(await shop.send(stale), /seconds ago/);
  });

  test('a stale date, one ahead of time, and one that is none are refused', async () => {
    await assertUnauthorized(await shop.send(sign1(minutes(-5.1))), /seconds ago/);
    await assertUnauthorized(await shop.send(sign1(minutes(5.1))), /seconds ahead/);
  });

  test('real time counts, however far the merchant’s clock was moved', async () => {
    const moved = await CybersourceShop.open(() => provider);
    await moved.advance('P3D');
    assert.equal((await moved.call('POST', TARGET, BODY)).status, 201);
  });

  test('a changed body, path, date, digest or merchant is refused', async () => {
    const good = sign1();
    const other = await CybersourceShop.open(() => provider);
    const changed: readonly [Partial<Signed>, RegExp][] = [
      [{ body: BODY.replace('100.00', '900.00') }, /digest/],
      [{ target: `${TARGET}?x=1` }, /signature/],
      [{ target: '/pts/v2/payments' }, /signature/],
      [{ headers: { ...good.headers, 'v-c-merchant-id': other.key.merchant_id } }, /No merchant here/],
      [{ headers: { ...good.headers, digest: 'SHA-256=AAAA' } }, /signature/],
      [{ headers: { ...good.headers, date: minutes(1).toUTCString() } }, /signature/],
      [{ headers: { 'content-type': 'application/json' } }, /neither/],
      [{ headers: { ...good.headers, signature: 'keyid="x"' } }, /no keyid/],
      [
        { headers: { ...good.headers, signature: good.headers.signature?.replace('HmacSHA256', 'none') ?? '' } },
        /HmacSHA256/,
      ],
    ];
    for (const [change, why] of changed) await assertUnauthorized(await shop.send({ ...good, ...change }), why);
  });

  test('each of host, date, request-target, digest and merchant must be among what is signed', async () => {
    const { headers, ...rest } = sign1();
    for (const name of ['host', 'date', 'request-target', 'digest', 'v-c-merchant-id']) {
      const signature = headers.signature?.replace(new RegExp(` ?${name}(?= |")`), '') ?? '';
      await assertUnauthorized(
        await shop.send({ ...rest, headers: { ...headers, signature } }),
        /not among the signed/,
      );
    }
  });

  test('another key, a key of another merchant, and a key that was withdrawn are refused', async () => {
    const other = await CybersourceShop.open(() => provider);
    const forged = { ...shop.key, shared_secret: other.key.shared_secret };
    await assertUnauthorized(
      await shop.send(signed(forged, 'POST', TARGET, BODY, shop.host)),
      /not that of these lines/,
    );
    const borrowed = { ...other.key, merchant_id: shop.key.merchant_id };
    await assertUnauthorized(await shop.send(signed(borrowed, 'POST', TARGET, BODY, shop.host)), /No merchant here/);
    await provider.control('DELETE', `/merchants/${other.key.merchant_id}/cybersource-keys/${other.key.key_id}`);
    await assertUnauthorized(await other.call('POST', TARGET, BODY), /No merchant here/);
  });

  test('whatever is changed at random in what was signed, it is refused', async () => {
    const printable = fc
      .string({ unit: 'binary-ascii', minLength: 1, maxLength: 12 })
      .map((text) => text.replace(/[^!-~]/g, '~'));
    const cut = (text: string, at: number, piece: string) => {
      const from = at % text.length;
      return text.slice(0, from) + piece + text.slice(from + piece.length);
    };
    const SIGNED = ['date', 'digest', 'v-c-merchant-id', 'signature', 'body', 'target'] as const;
    await fuzz(
      fc.asyncProperty(fc.constantFrom(...SIGNED), fc.nat(), printable, async (part, at, piece) => {
        const good = sign1();
        const { headers, body = '' } = good;
        const before = part === 'body' ? body : part === 'target' ? good.target : (headers[part] ?? '');
        const first =
          part === 'target' ? '/pts/v2/'.length : part === 'signature' ? before.lastIndexOf('signature="') + 11 : 0;
        const last = part === 'signature' ? before.length - 1 : before.length;
        const inner = before.slice(first, last);
        const after = before.slice(0, first) + cut(inner, at, piece).slice(0, inner.length) + before.slice(last);
        // Base64 ends in bits that mean nothing: only what decodes differently was changed.
        const means = (text: string) => (part === 'signature' ? Buffer.from(text, 'base64').toString('hex') : text);
        if (means(after.slice(first, last)) === means(inner)) return;
        const changed =
          part === 'body'
            ? { body: after }
            : part === 'target'
              ? { target: encodeURI(after) }
              : { headers: { ...headers, [part]: after } };
        assert.equal((await shop.send({ ...good, ...changed })).status, 401, `${part}: ${after}`);
      }),
      300,
    );
  });
});

describe('JSON web tokens', () => {
  const token = (claims: object = {}, header: object = {}) => webToken(shop.key, 'POST', TARGET, BODY, claims, header);
  const now = () => Math.floor(Date.now() / 1000);

  test('a token of the shared secret is let in once', async () => {
    const made = token();
    assert.equal((await shop.send(bearer(made))).status, 201);
    await assertUnauthorized(await shop.send(bearer(made)), /let in before/);
  });

  test('a claim that does not fit the request is refused', async () => {
    const other = await CybersourceShop.open(() => provider);
    const claims: readonly [object, RegExp][] = [
      [{ digest: 'AAAA' }, /digest/],
      [{ 'digest-algorithm': 'MD5' }, /digest-algorithm/],
      [{ 'request-method': 'patch' }, /request-method/],
      [{ 'request-resource-path': '/pts/v2/payments' }, /request-resource-path/],
      [{ iss: other.key.merchant_id }, /iss/],
      [{ 'v-c-merchant-id': other.key.merchant_id }, /No merchant here/],
      [{ 'v-c-jwt-version': '1' }, /v-c-jwt-version/],
      [{ exp: now() - 1 }, /holds from/],
      [{ iat: now() + 400, exp: now() + 500 }, /holds from/],
      [{ iat: now(), exp: now() + 3_600 }, /holds from/],
      [{ exp: 'tomorrow' }, /no iat, exp or jti/],
      [{ jti: undefined }, /no iat, exp or jti/],
    ];
    for (const [changed, why] of claims) await assertUnauthorized(await shop.send(bearer(token(changed))), why);
    await assertUnauthorized(await shop.send(bearer(token(), BODY.replace('100.00', '1.00'))), /digest/);
  });

  test('the key decides the algorithm, not the token', async () => {
    await assertUnauthorized(await shop.send(bearer(token({}, { alg: 'none' }))), /not signed with this key/);
    const [head, claims] = token().split('.');
    for (const tail of ['', '.', '.x', '..'])
      await assertUnauthorized(await shop.send(bearer(`${head}.${claims}${tail}`)));
    await assertUnauthorized(await shop.send(bearer('a.b.c')), /no JSON web token/);
    // The public key of a certificate, taken for a shared secret, signs nothing.
    const { merchant_id } = shop.key;
    const p12 = await provider.control('POST', `/merchants/${merchant_id}/cybersource-keys`, { type: 'p12' });
    const forged = { merchant_id, key_id: String(p12.key_id), shared_secret: 'AAAA' };
    await assertUnauthorized(
      await shop.send(bearer(webToken(forged, 'POST', TARGET, BODY))),
      /not signed with this key/,
    );
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const unsigned = webToken(forged, 'POST', TARGET, BODY, {}, { alg: 'RS256' }).split('.').slice(0, 2).join('.');
    const mac = sign('RSA-SHA256', Buffer.from(unsigned), privateKey).toString('base64url');
    await assertUnauthorized(await shop.send(bearer(`${unsigned}.${mac}`)), /not signed with this key/);
    await assertUnauthorized(await shop.send(signed(forged, 'POST', TARGET, BODY, shop.host)), /A certificate signs/);
  });

  test('whatever is changed at random in a token, it is refused', async () => {
    await fuzz(
      fc.asyncProperty(fc.nat(), fc.constantFrom(...'AZaz09-_.'), async (at, letter) => {
        const good = token();
        const index = at % good.length;
        const changed = good.slice(0, index) + letter + good.slice(index + 1);
        const meaning = (text: string) =>
          text
            .split('.')
            .map((part) => Buffer.from(part, 'base64url').toString('hex'))
            .join('.');
        if (meaning(changed) === meaning(good)) return;
        assert.equal((await shop.send(bearer(changed))).status, 401, changed);
      }),
      300,
    );
  });
});

describe('keys', () => {
  test('the default merchant’s key is its username, with a secret that follows from its password', async () => {
    const { key_id, merchant_id, shared_secret } = provider.cybersource;
    assert.deepEqual([key_id, merchant_id], ['K000001_local', 'K000001']);
    assert.equal(shared_secret, 'Jb+OGiOT8RCNNwKbPfVZMjbHVXQuyTRlu6+pspC93PY=');
    const answer = await shop.send(signed(provider.cybersource, 'POST', TARGET, BODY, shop.host));
    assert.equal(answer.status, 201, answer.text);
  });

  test('a secret is shown when it is made and never again', async () => {
    const { merchant_id } = shop.key;
    const path = `/merchants/${merchant_id}/cybersource-keys`;
    const made = await provider.control('POST', path, { key_id: 'mine', shared_secret: shop.key.shared_secret });
    assert.equal(made.shared_secret, shop.key.shared_secret);
    const file = await provider.control('POST', path, { type: 'p12', password: 'a-password' });
    assert.deepEqual([file.password, file.key_alias, file.shared_secret], ['a-password', merchant_id, undefined]);
    const shown = JSON.stringify([
      await provider.control('GET', path),
      await provider.control('GET', `/merchants/${merchant_id}`),
      await provider.control('GET', '/merchants'),
    ]);
    assert.ok(shown.includes('"mine"'));
    assert.doesNotMatch(shown, /sealed|public_key|"shared_secret":/);
    await assert.rejects(provider.control('POST', path, { key_id: 'mine' }), /409/);
    await assert.rejects(provider.control('POST', path, { shared_secret: 'not base64!' }), /400/);
    await assert.rejects(provider.control('POST', path, { type: 'p12', key_id: 'x' }), /400/);
    await assert.rejects(provider.control('POST', '/merchants/nobody/cybersource-keys', {}), /404/);
    assert.deepEqual(await provider.control('DELETE', `${path}/mine`), { removed: 'mine' });
    await assert.rejects(provider.control('DELETE', `${path}/mine`), /404/);
  });
});
