/** `kvitt start` as its user meets it: a process, its words and its end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { Command, type Ended, run } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvitt-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const fresh = () => mkdtempSync(join(folder, 'data-'));

const LAST_WORDS = 'Stop with Ctrl+C.';

async function start(
  env: Readonly<Record<string, string>>,
): Promise<{ kvitt: Command; greeting: string; url: string }> {
  const kvitt = new Command(['start'], { PORT: '0', KVITT_DATA_DIR: fresh(), ...env });
  const greeting = await kvitt.says(LAST_WORDS);
  return { kvitt, greeting, url: /listening at (\S+)/.exec(greeting)?.[1] ?? '' };
}

/** One clear line on stderr, nothing else, and a status that scripts see. */
function assertOneLine({ code, stdout, stderr }: Ended, words: RegExp): void {
  assert.equal(code, 1, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^kvitt: [^\n]+\n$/);
  assert.match(stderr, words);
  assert.doesNotMatch(stderr, /\.ts:\d/);
}

/**
 * What the printed commands use of curl, so that the test does not depend on the machine having it. Answers are printed as
 * they come, as curl does.
 */
const CURL = `
import { parseArgs } from 'node:util';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { s: { type: 'boolean', short: 's' }, u: { type: 'string', short: 'u' }, X: { type: 'string', short: 'X' },
    H: { type: 'string', short: 'H' }, d: { type: 'string', short: 'd' } },
});
const [name, value] = (values.H ?? 'Accept: */*').split(': ');
const headers = { [name]: value, ...(values.u && { Authorization: 'Basic ' + Buffer.from(values.u).toString('base64') }) };
const answer = await fetch(positionals[0], { method: values.X ?? (values.d ? 'POST' : 'GET'), headers, body: values.d });
process.stdout.write(await answer.text());
`;

/** Runs what a person would paste, in a POSIX shell. */
async function paste(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const bin = fresh();
  writeFileSync(join(bin, 'curl.mjs'), CURL);
  writeFileSync(join(bin, 'curl'), `#!/bin/sh\nexec "${process.execPath}" "${join(bin, 'curl.mjs')}" "$@"\n`);
  chmodSync(join(bin, 'curl'), 0o755);
  const shell = spawn('sh', ['-eu', '-c', script], { env: { PATH: `${bin}:${process.env.PATH}`, ...env } });
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  assert.equal(shell.exitCode, 0, stderr);
  return stdout;
}

const commandsIn = (greeting: string) =>
  greeting
    .split('\n')
    .filter((line) => /^ {5}\S/.test(line))
    .map((line) => line.trim());

// Protects: the first two minutes. What is printed is pasted, line by line, and must end in an order.
test('the three commands of the greeting work as they are printed', async () => {
  const { kvitt, greeting } = await start({});
  assert.match(greeting, /Username K000001_local, password local\n/);
  const shop = /demo shop[^\n]*: (\S+)/.exec(greeting)?.[1] ?? '';
  assert.equal((await fetch(shop)).status, 200);
  const commands = commandsIn(greeting);
  assert.equal(commands.length, 3);
  const answer = JSON.parse(await paste(commands.join('\n'))) as { order_id: string; fraud_status: string };
  assert.match(answer.order_id, /^[0-9a-f-]{36}$/);
  assert.equal(answer.fraud_status, 'ACCEPTED');
  assert.equal((await kvitt.stop()).code, 0);
});

// Protects: credentials from the environment work in the same commands and the password stays off the screen.
test('own credentials: the password is not printed, the commands take it from the environment', async () => {
  const env = { KVITT_USERNAME: 'K77_shop', KVITT_PASSWORD: "it's $ecret" };
  const { kvitt, greeting } = await start(env);
  assert.ok(!greeting.includes('ecret'));
  assert.match(greeting, /Username K77_shop, password as in KVITT_PASSWORD/);
  const answer = await paste(commandsIn(greeting).join('\n'), { KVITT_PASSWORD: env.KVITT_PASSWORD });
  assert.match(answer, /"order_id"/);
  await kvitt.stop();
});

// Protects: without the control API nothing is promised that does not work.
test('without the control API the greeting says so', async () => {
  const { kvitt, greeting, url } = await start({ KVITT_CONTROL: 'off' });
  assert.match(greeting, /control API is off \(KVITT_CONTROL=on/);
  assert.doesNotMatch(greeting, /shop/);
  assert.deepEqual(commandsIn(greeting), []);
  assert.equal((await fetch(`${url}/control/clock`)).status, 404);
  await kvitt.stop();
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  // Protects: every usual way to stop a server frees the port, closes the data file and is no failure.
  test(`${signal} ends it cleanly`, async () => {
    const data = fresh();
    const { kvitt, url } = await start({ KVITT_DATA_DIR: data });
    const ended = await kvitt.stop(signal);
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    assert.ok(existsSync(join(data, 'kvitt.db')));
    const again = new Command(['start'], { PORT: new URL(url).port, KVITT_DATA_DIR: data });
    await again.says(LAST_WORDS);
    await again.stop();
  });
}

// Protects: a client whose request has begun gets its answer, even if the server is told to stop meanwhile.
test('a request that has begun is answered before the end', async () => {
  const { kvitt, url } = await start({});
  const body = JSON.stringify({ advance: 'PT1S' });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  const head = `POST /control/clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`;
  socket.write(head + body.slice(0, 5));
  // An answer to a later connection shows that the server has seen the first part.
  await (await fetch(`${url}/health`)).text();
  const ended = kvitt.stop();
  setTimeout(() => socket.write(body.slice(5)), 50);
  const answer = await text(socket);
  assert.match(answer, /^HTTP\/1\.1 200/);
  assert.equal((await ended).code, 0);
});

// Protects: data outlive the process, in the folder that was named.
test('an order is there after a restart', async () => {
  const env = { KVITT_DATA_DIR: join(fresh(), 'not', 'yet', 'there') };
  const first = await start(env);
  const { order_id } = JSON.parse(await paste(commandsIn(first.greeting).join('\n'))) as { order_id: string };
  await first.kvitt.stop();
  const second = await start(env);
  assert.equal((await fetch(`${second.url}/control/orders/${order_id}`)).status, 200);
  await second.kvitt.stop();
});

// Protects: a start that cannot succeed says why in one line and fails for scripts too.
test('a port in use', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const ended = await run(['start'], { PORT: String(port), KVITT_DATA_DIR: fresh() });
  assertOneLine(ended, new RegExp(`127\\.0\\.0\\.1:${port} is in use by another program; set PORT`));
  taken.close();
});

test('an address that is not this machine’s', async () => {
  const env = { PORT: '0', KVITT_HOST: '203.0.113.1', KVITT_DATA_DIR: fresh() };
  assertOneLine(await run(['start'], env), /203\.0\.113\.1:0 is not an address of this machine; check KVITT_HOST/);
});

test('a data folder that cannot be one', async () => {
  const file = join(fresh(), 'file');
  writeFileSync(file, '');
  assertOneLine(await run(['start'], { PORT: '0', KVITT_DATA_DIR: file }), /cannot use the data file .*file/);
});

test('a data file that is none', async () => {
  const data = fresh();
  writeFileSync(join(data, 'kvitt.db'), 'this is not a database, whatever its name says'.repeat(100));
  assertOneLine(await run(['start'], { PORT: '0', KVITT_DATA_DIR: data }), /cannot use the data file .*not a database/);
});

test('a data folder in use by another Kvitt', async () => {
  const data = fresh();
  const { kvitt } = await start({ KVITT_DATA_DIR: data });
  assertOneLine(await run(['start'], { PORT: '0', KVITT_DATA_DIR: data }), /in use by another process/);
  await kvitt.stop();
});

test('a database that cannot be reached, and a URL that is none', async () => {
  for (const DATABASE_URL of ['postgres://nobody:secret@127.0.0.1:1/none', 'nonsense', 'postgres://']) {
    const ended = await run(['start'], { PORT: '0', DATABASE_URL });
    assertOneLine(ended, /./);
    assert.ok(!ended.stderr.includes('secret'), ended.stderr);
  }
});

test('settings that make no sense', async () => {
  const settings: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ PORT: 'http' }, /PORT must be a number from 0 to 65535, not "http"/],
    [{ PORT: '70000' }, /PORT must be/],
    [{ KVITT_USERNAME: 'a:b' }, /KVITT_USERNAME may hold/],
    [{ KVITT_CONTROL: 'yes' }, /KVITT_CONTROL must be on or off/],
    [{ KVITT_REGIONS: 'eu' }, /KVITT_REGIONS looks like/],
    [{ KVITT_PUBLIC_URL: 'kvitt.example.org' }, /KVITT_PUBLIC_URL must be a URL/],
  ];
  for (const [env, words] of settings) assertOneLine(await run(['start'], { KVITT_DATA_DIR: fresh(), ...env }), words);
});
