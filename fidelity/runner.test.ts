/** What becomes of probes that cannot be put, and how they count. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Probe } from './probe.ts';
import { list, report } from './report.ts';
import { type Outcome, type Result, run } from './runner.ts';
import { percent, percentOfBuilt, score } from './score.ts';

const PROBE: Probe = {
  id: 'a',
  api: 'An API',
  shows: 'Something',
  source: { basis: 'documented', where: 'a document' },
  given: 'nothing',
  send: { call: 'GET /payments/v1/sessions/{session_id}', vars: { session_id: 'x' } },
  expect: { status: 200 },
};
const ORDER: Probe = { ...PROBE, id: 'b', given: 'order' };
const SETTING: Probe = { ...PROBE, id: 'c', variation: { settings: { status: 'inactive' } } };

/** Runs probes on a server that always answers this; also tells what it was asked. */
async function ask(
  probes: readonly Probe[],
  status: number,
  mock: boolean,
): Promise<{ outcomes: Outcome[]; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    if (request.url !== '/control') asked.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => response.writeHead(request.url === '/control' ? 404 : status).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const target = { url: `http://127.0.0.1:${port}`, username: 'a', password: 'b', mock, concurrency: 2 };
    return { outcomes: await run(probes, target), asked };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const results = (outcomes: readonly Outcome[]) => outcomes.map(({ result }) => result);

test('what needs a shopper or a setting is not runnable where there is neither, and nothing of it is sent', async () => {
  // Half a purchase in somebody’s account helps nobody; a probe that was not put must not count as passed.
  const { outcomes, asked } = await ask([PROBE, ORDER, SETTING], 200, false);
  assert.deepEqual(results(outcomes), ['passed', 'not_runnable', 'not_runnable']);
  assert.deepEqual(asked, ['GET /payments/v1/sessions/x']);
});

test('at a mock the same is failed', async () => {
  // A mock is there to stand for Klarna.
  const { outcomes } = await ask([PROBE, ORDER, SETTING], 200, true);
  assert.deepEqual(results(outcomes), ['passed', 'failed', 'failed']);
});

test('501 is not built, by the operation that said so, on the way to the probe too', async () => {
  // An honest limit is no wrong answer, and no right one.
  const { outcomes } = await ask([PROBE, ORDER], 501, true);
  assert.deepEqual(
    outcomes.map(({ result, missing }) => [result, missing]),
    [
      ['not_built', PROBE.send.call],
      ['not_built', 'POST /payments/v1/sessions'],
    ],
  );
});

test('a server that is not there ends the run at once', async () => {
  // A run must not hang on a wrong address.
  const target = { url: 'http://127.0.0.1:1', username: '', password: '', mock: true, concurrency: 2 };
  await assert.rejects(run([PROBE], target), { code: 'ECONNREFUSED' });
});

test('a score is passed of put: what is not built lowers it, what is not runnable does not count, inferences stand apart', () => {
  // The figure on the page.
  const as = (result: Result, basis: Probe['source']['basis'] = 'documented'): Outcome => ({
    probe: { ...PROBE, source: { basis, where: '' } },
    result,
    problems: [],
  });
  const outcomes = [
    as('passed'),
    as('passed'),
    as('passed'),
    as('failed'),
    as('not_built'),
    as('not_runnable'),
    as('failed', 'inferred'),
  ];
  const { known, inferred } = score(outcomes);
  assert.equal(percent(known), 60);
  assert.equal(percentOfBuilt(known), 75);
  assert.equal(percent(inferred), 0);
  assert.equal(percent(score([as('not_runnable')]).known), undefined);
});

test('a report lists every failure with its reason, as text and not as Markdown', () => {
  // What a server answers could otherwise break the page.
  const failed: Outcome = { probe: PROBE, result: 'failed', problems: ['answered 200 <b>|`x`\n'] };
  assert.match(
    report([failed], { allFailures: true }),
    /- `a` \(documented: a document\): answered 200 {2}b {3}x {2}$/m,
  );
  assert.match(
    list([PROBE]),
    /^a\tSomething\tGET .* → 200\tdocumented: a document\n1 probes: 1 documented, 0 observed, 0 inferred$/,
  );
});
