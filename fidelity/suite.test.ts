/** The probes themselves: that they can fail, that they cover what there is, and what Kvitt makes of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { place } from '../scripts/markdown.ts';
import { OPERATIONS as BUILT_OR_NOT } from '../src/provider/klarna/operations.ts';
import { OPERATIONS } from './operations.ts';
import { PROBES } from './probes/index.ts';
import { report } from './report.ts';
import { type Outcome, run } from './runner.ts';
import { percent, score } from './score.ts';
import { type Running, startKvitt } from './targets.ts';

/** Paths name the same ids differently. */
const anonymous = (call: string) => call.replace(/\{\w+\}/g, '{}');
/** Not probed: virtual cards, which are not planned, and a call that Klarna names and does not document. */
const kvitts = BUILT_OR_NOT.filter(
  ({ api, name }) => api !== 'Merchant Card Service v3' && name !== 'checkManualIdentification',
);
const built = new Set(
  kvitts.filter(({ serve }) => serve.built).map(({ method, path }) => anonymous(`${method} ${path}`)),
);

describe('the probes', () => {
  test('are at least 400 besides inferences, each with an id of its own and a source', () => {
    // The number is a promise; an id that stands twice hides a probe from --only.
    assert.ok(PROBES.filter(({ source }) => source.basis !== 'inferred').length >= 400);
    const ids = PROBES.map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
    for (const { id, shows, source } of PROBES) assert.ok(shows !== '' && source.where !== '', id);
  });

  test('know every operation that Kvitt knows, and put at least two probes to each', () => {
    // An operation without probes would count as faithful.
    const known = OPERATIONS.map(({ call }) => anonymous(call)).sort();
    assert.deepEqual(known, kvitts.map(({ method, path }) => anonymous(`${method} ${path}`)).sort());
    for (const { call } of OPERATIONS) assert.ok(PROBES.filter(({ send }) => send.call === call).length >= 2, call);
    for (const { id, send } of PROBES) assert.ok(known.includes(anonymous(send.call)), id);
  });
});

/**
 * Servers that always say the same. A probe that one of them satisfies looks at little more than a status: that an id is unknown,
 * that headers are too long, which any server on Node notices.
 */
const WRONG = [
  { name: '200 and {}', status: 200, body: '{}', most: 0.01 },
  { name: '204 and nothing', status: 204, body: '', most: 0.01 },
  {
    name: '404 in Klarna’s shape',
    status: 404,
    body: JSON.stringify({ error_code: 'NOT_FOUND', error_messages: [], correlation_id: 'x' }),
    most: 0.02,
  },
  { name: '500 and nothing', status: 500, body: '', most: 0.01 },
];

describe('a server that is wrong', () => {
  for (const { name, status, body, most } of WRONG) {
    test(`because it always answers ${name} satisfies almost no probe`, async () => {
      // A probe that cannot fail proves nothing.
      const server = createServer((request, response) => {
        request.resume().on('end', () => response.writeHead(status, { 'Content-Type': 'application/json' }).end(body));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      try {
        const target = { url: `http://127.0.0.1:${port}`, username: 'a', password: 'b', mock: true, concurrency: 8 };
        const passed = (await run(PROBES, target)).filter(({ result }) => result === 'passed');
        const ids = passed.map(({ probe }) => probe.id);
        assert.ok(passed.length <= most * PROBES.length, `${passed.length} of ${PROBES.length}: ${ids.join(', ')}`);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  }
});

describe('Kvitt', () => {
  let kvitt: Running | undefined;
  let outcomes: readonly Outcome[] = [];
  before(async () => {
    kvitt = await startKvitt();
    outcomes = await run(PROBES, kvitt.target);
  });
  after(() => kvitt?.stop());

  test('is faithful in 98 % of what is documented or was observed of the operations that are built', () => {
    // This is the product.
    const counted = outcomes.filter(({ probe }) => built.has(anonymous(probe.send.call)));
    const faithful = percent(score(counted).known) ?? 0;
    const wrong = counted.filter(({ result }) => result !== 'passed');
    assert.ok(faithful >= 98, wrong.map(({ probe, problems }) => `${probe.id}: ${problems.join('; ')}`).join('\n'));
  });

  test('is asked everything', () => {
    // What the control API cannot bring about would be left out without anybody noticing.
    assert.deepEqual(
      outcomes.filter(({ result }) => result === 'not_runnable'),
      [],
    );
  });

  test('says 501 only for operations that its table says are not built', () => {
    // A probe that waits for something built would be excused.
    const excused = outcomes.flatMap(({ missing }) => (missing && !missing.includes(' /control/') ? [missing] : []));
    assert.deepEqual(
      excused.filter((call) => built.has(anonymous(call))),
      [],
    );
  });

  test('has the score that docs/fidelity.md says', () => {
    // A score that nobody measured is an advertisement.
    const document = readFileSync(new URL('../docs/fidelity.md', import.meta.url), 'utf8');
    const now = place(document, 'fidelity:kvitt', report(outcomes, { allFailures: true }));
    assert.ok(now === document, 'docs/fidelity.md says something else than this run; npm run fidelity writes it');
  });
});
