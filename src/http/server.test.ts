import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { json as jsonOf, text } from 'node:stream/consumers';
import { mock, test } from 'node:test';
import type { Answer } from './exchange.ts';
import { type Handlers, listen } from './server.ts';

const json = (status: number, body: object): Answer => ({
  status,
  headers: [['Content-Type', 'application/json']],
  body: JSON.stringify(body),
});

/** A server that answers what the path names. */
const handlers: Handlers = {
  answer: async ({ path }) => {
    if (path === '/rejects') throw new Error('a fault of the program');
    if (path === '/cannot-be-sent')
      return { status: 200, headers: [['Location', 'https://shop.example/å\n']], body: '' };
    if (path === '/no-status') return { status: 0, headers: [], body: '' };
    if (path === '/slow') await new Promise((resolve) => setTimeout(resolve, 20));
    if (path === '/cut') return { ...json(200, { path }), cut: { at: 'body', end: 'close' } };
    return json(200, { path });
  },
  fileLimit: () => undefined,
  unreadable: (status) => json(status, { status }),
};

test('a fault of the program is answered with 500 and told to whoever runs it, and the server goes on', async (t) => {
  const server = await listen({ port: 0, host: '127.0.0.1' }, handlers);
  t.after(() => server.close());
  const stderr = mock.method(process.stderr, 'write', () => true);
  t.after(() => stderr.mock.restore());
  for (const path of ['/rejects', '/cannot-be-sent', '/no-status']) {
    const answer = await fetch(server.url + path);
    assert.equal(answer.status, 500, path);
    assert.deepEqual(await answer.json(), { status: 500 });
    assert.match(String(stderr.mock.calls.at(-1)?.arguments[0]), new RegExp(`^kvitt: GET ${path}: `));
    const good = await fetch(`${server.url}/fine`);
    assert.deepEqual(await good.json(), { path: '/fine' });
  }
  assert.equal(stderr.mock.callCount(), 3);
});

test('a port that is taken is the caller’s to deal with', async (t) => {
  const server = await listen({ port: 0, host: '127.0.0.1' }, handlers);
  t.after(() => server.close());
  const again = listen({ port: Number(new URL(server.url).port), host: '127.0.0.1' }, handlers);
  await assert.rejects(again, { code: 'EADDRINUSE' });
});

// Protects: an answer that breaks off on purpose does not take those before it on the same connection with it.
test('a cut answer waits for its turn, and ends the connection', async (t) => {
  const server = await listen({ port: 0, host: '127.0.0.1' }, handlers);
  t.after(() => server.close());
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(['/slow', '/cut', '/never'].map((path) => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`).join(''));
  const answers = await text(socket);
  assert.match(
    answers,
    /\{"path":"\/slow"\}HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 15\r\n[\s\S]*\r\n\r\n\{"path"$/,
  );
});

// Protects: files are held in memory, each of them larger than any other body; who sends more of them than can be held is told so.
test('uploads beyond those that are under way are refused, until one of them has ended', async (t) => {
  let begun = 0;
  let tell = (_count: number) => {};
  const reached = (count: number) =>
    new Promise<void>((resolve) => {
      tell = (now) => now >= count && resolve();
      tell(begun);
    });
  const fileLimit = () => {
    begun++;
    tell(begun);
    return 8_000_000;
  };
  const server = await listen({ port: 0, host: '127.0.0.1' }, { ...handlers, fileLimit });
  t.after(() => server.close());
  /** An upload whose body has begun. */
  const upload = () => {
    const sent = request(`${server.url}/files`, { method: 'POST', headers: { 'content-type': 'multipart/form-data' } });
    sent.write('the beginning');
    return sent;
  };
  const ended = async (sent: ReturnType<typeof upload>) => {
    sent.end();
    const [answer] = await once(sent, 'response');
    return [answer.statusCode, await jsonOf(answer)];
  };
  const under_way = Array.from({ length: 16 }, upload);
  await reached(16);
  assert.deepEqual(await ended(upload()), [503, { status: 503 }]);
  const other = await fetch(`${server.url}/no-file`, { method: 'POST', body: '{}' });
  assert.equal(other.status, 200, 'what is no upload is served');
  const [first, gone, ...rest] = under_way;
  assert.ok(first && gone);
  assert.deepEqual(await ended(first), [200, { path: '/files' }]);
  gone.on('error', () => {}).destroy();
  assert.deepEqual(await ended(upload()), [200, { path: '/files' }]);
  for (const each of rest) assert.deepEqual(await ended(each), [200, { path: '/files' }]);
});
