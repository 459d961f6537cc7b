import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from './config.ts';

// Protects: what `npm start` does without a single setting.
test('defaults', () => {
  assert.deepEqual(readConfig({}), {
    port: 4010,
    host: '127.0.0.1',
    store: { databaseUrl: undefined, dataDir: 'kvitt-data' },
    username: 'K000001_local',
    password: 'local',
    control: true,
    publicUrl: undefined,
  });
});

// Protects: the control API is open to this machine only, unless it is switched on by name.
test('a server for others has no control API unless asked for', () => {
  for (const host of ['127.0.0.1', '127.0.0.2', 'localhost', '::1'])
    assert.equal(readConfig({ KVITT_HOST: host }).control, true, host);
  for (const host of ['0.0.0.0', '::', '192.168.0.7', 'kvitt'])
    assert.equal(readConfig({ KVITT_HOST: host }).control, false, host);
  assert.equal(readConfig({ KVITT_HOST: '0.0.0.0', KVITT_CONTROL: 'on' }).control, true);
  assert.equal(readConfig({ KVITT_CONTROL: 'off' }).control, false);
});

test('settings are taken over', () => {
  const config = readConfig({
    PORT: '0',
    DATABASE_URL: 'postgres://localhost/kvitt',
    KVITT_USERNAME: 'PK1_x',
    KVITT_PASSWORD: 'p',
    KVITT_PUBLIC_URL: 'https://kvitt.example.org/',
    KVITT_REGIONS: 'eu=Klarna-EU.test, na=klarna-na.test',
    KVITT_PURSE_PATHS: 'init=/{entity}/sessions/{session}/start, readClientSession=/payment/v2/sessions/{session}',
  });
  assert.deepEqual(config.pursePaths, {
    init: '/{entity}/sessions/{session}/start',
    readClientSession: '/payment/v2/sessions/{session}',
  });
  assert.equal(config.port, 0);
  assert.equal(config.store.databaseUrl, 'postgres://localhost/kvitt');
  assert.deepEqual([config.username, config.password], ['PK1_x', 'p']);
  assert.equal(config.publicUrl, 'https://kvitt.example.org');
  assert.deepEqual(config.regions, { 'klarna-eu.test': 'eu', 'klarna-na.test': 'na' });
});

// Protects: an empty variable, as compose files and CI make them, is none.
test('empty variables are absent', () => {
  const names = ['PORT', 'DATABASE_URL', 'KVITT_HOST', 'KVITT_DATA_DIR', 'KVITT_USERNAME', 'KVITT_PASSWORD'];
  const more = ['KVITT_CONTROL', 'KVITT_PUBLIC_URL', 'KVITT_REGIONS', 'KVITT_PURSE_PATHS'];
  assert.deepEqual(readConfig(Object.fromEntries([...names, ...more].map((name) => [name, '']))), readConfig({}));
});

test('what cannot be used is refused by name', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '65536'],
    ['KVITT_USERNAME', 'a b'],
    ['KVITT_CONTROL', 'true'],
    ['KVITT_REGIONS', 'xx=host'],
    ['KVITT_REGIONS', 'eu='],
    ['KVITT_PURSE_PATHS', 'init'],
    ['KVITT_PURSE_PATHS', 'init=/start'],
    ['KVITT_PURSE_PATHS', 'capture=/{entity}/transactions/{transaction}/charge'],
    ['KVITT_PUBLIC_URL', 'ftp://x'],
    ['KVITT_PUBLIC_URL', 'https://'],
  ];
  for (const [name, value] of wrong)
    assert.throws(
      () => readConfig({ [name]: value }),
      (error) => error instanceof ConfigError && error.message.includes(name),
      `${name}=${value}`,
    );
});
