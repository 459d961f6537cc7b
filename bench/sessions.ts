/** Session creation, side by side. Rounds alternate, so that what disturbs the machine disturbs everybody. */

import { table } from '../scripts/markdown.ts';
import { emptyFolder } from './data.ts';
import type { Measurement } from './load.ts';
import { median, ms, orDash, times, whole } from './numbers.ts';
import type { Options } from './options.ts';
import { CEILING, KVITT_FILE, KVITT_MEMORY, kvittOnPostgres, type Peer, PRISM, STRIPE_MOCK } from './peers.ts';
import { measure, startServer } from './processes.ts';
import { target } from './report.ts';

interface Round extends Measurement {
  readonly memory_mb: number | undefined;
}

/** Measures every peer in turn, several times; returns the report. */
export async function sessions(options: Options): Promise<string> {
  const peers = [CEILING, KVITT_FILE, KVITT_MEMORY, PRISM, STRIPE_MOCK];
  if (options.postgres) peers.push(kvittOnPostgres(options.postgres));
  const rounds = new Map<Peer, Round[]>(peers.map((peer) => [peer, []]));
  for (let round = 1; round <= options.rounds; round++) {
    for (const peer of peers) {
      const measured = await once(peer, options);
      rounds.get(peer)?.push(measured);
      options.tell(`sessions, round ${round}, ${peer.name}: ${whole(measured.per_second)}/s`);
    }
  }
  return report(rounds);
}

async function once(peer: Peer, { connections, warmup_s, seconds }: Options): Promise<Round> {
  const server = await startServer(peer, emptyFolder('sessions'));
  try {
    const load = { name: peer.name, scenario: peer.scenario, connections, warmup_s, seconds };
    const measurement = await measure(server, load);
    return { ...measurement, memory_mb: server.memoryMb() };
  } finally {
    await server.stop();
  }
}

function report(rounds: ReadonlyMap<Peer, readonly Round[]>): string {
  const middle = (peer: Peer, field: (round: Round) => number | undefined) =>
    median((rounds.get(peer) ?? []).map((round) => field(round) ?? Number.NaN));
  const rate = (peer: Peer) => middle(peer, (round) => round.per_second);
  const rows = [...rounds.keys()].map((peer) => [
    `${peer.name}: ${peer.about}`,
    whole(rate(peer)),
    (rounds.get(peer) ?? []).map((round) => whole(round.per_second)).join(', '),
    times(rate(peer) / rate(PRISM)),
    times(rate(peer) / rate(CEILING)),
    ms(middle(peer, (round) => round.p50_ms)),
    ms(middle(peer, (round) => round.p99_ms)),
    orDash(1e6 / middle(peer, (round) => round.cpu_us), whole),
    orDash(Math.max(...(rounds.get(peer) ?? []).map((round) => round.memory_mb ?? Number.NaN)), whole),
    `${Math.round(middle(peer, (round) => round.load_busy) * 100)} %`,
  ]);
  const head = ['server', 'requests/s', 'rounds', 'to Prism', 'to the ceiling', 'p50 ms', 'p99 ms'];
  const p99_ms = middle(KVITT_FILE, (round) => round.p99_ms);
  const toPrism = rate(KVITT_FILE) / rate(PRISM);
  return [
    table([...head, 'requests per second of processor', 'peak MB', 'load busy'], rows),
    '',
    target('on disk before the answer, at least 2.5 × silent Prism', times(toPrism), toPrism >= 2.5),
    target('10,000 sessions/s on one core', `${whole(rate(KVITT_FILE))}/s`, rate(KVITT_FILE) >= 10_000),
    target('p99 under 30 ms at 32 connections', `${ms(p99_ms)} ms`, p99_ms < 30),
  ].join('\n');
}
