// Protects: the compatibility page says what the code does.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startProvider } from '../index.ts';
import { LOCAL_CREDENTIALS } from './account.ts';
import { renderPurse } from './doc.ts';
import { OPERATIONS, operationsAt, SETTABLE } from './paths.ts';
import { hookSignature } from './signing.ts';

const read = (path: string) => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8');

test('docs/compatibility/purse.md is the tables', () => {
  assert.equal(read('compatibility/purse.md'), renderPurse(), 'run `npm run docs`');
});

test('the tour names every path that can be set, and the default account', () => {
  const doc = read('purse.md');
  for (const { name, path } of OPERATIONS.filter((operation) => SETTABLE.includes(operation.name)))
    assert.ok(doc.includes(`| \`${name}\` | \`${path}\` |`), name);
  for (const value of Object.values(LOCAL_CREDENTIALS)) assert.ok(doc.includes(value), value);
});

test('the check of a hook’s signature that the tour shows', async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(read('purse.md')) ?? [];
  const { isFromPurse } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    isFromPurse: (body: string, signature: string, key: string) => boolean;
  };
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const signature = hookSignature('{"id":1}', privateKey);
  assert.equal(isFromPurse('{"id":1}', signature, pem), true);
  assert.equal(isFromPurse('{"id":2}', signature, pem), false);
});

test('a path can be set to another one with the same parameters, and to nothing else', async () => {
  const init = '/{entity}/sessions/{session}/start';
  assert.equal(operationsAt({ init }).find(({ name }) => name === 'init')?.path, init);
  for (const paths of [
    { init: '/{entity}/start' },
    { init: 'sessions' },
    { init: '/{session}/{entity}/{more}' },
    { capture: '/{entity}/transactions/{transaction}/charge' },
    { nothing: '/x' },
  ])
    assert.throws(() => operationsAt(paths), /^Error: Purse's path of "/);
  await assert.rejects(startProvider({ pursePaths: { init: '/x' } }), /must be like/);
  const provider = await startProvider({ pursePaths: { init } });
  const path = init.replace('{entity}', provider.purse.entity_id).replace('{session}', 'x');
  const headers = { 'x-api-key': provider.purse.api_key };
  const answer = await fetch(`${provider.url}${path}`, { method: 'POST', body: '{"partner":"klarna"}', headers });
  assert.equal(((await answer.json()) as { detail: string }).detail, 'There is no session with this id.');
  await provider.close();
});
