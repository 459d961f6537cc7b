import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
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
