/** Whole purchases from session to refund, and reads of the orders that came of them. */
import { join } from 'node:path';
import { table } from '../scripts/markdown.ts';
import { emptyFolder } from './data.ts';
import type { Measurement } from './load.ts';
import { median, ms, orDash, whole } from './numbers.ts';
import type { Options } from './options.ts';
import { KVITT_FILE, KVITT_MEMORY, kvittOnPostgres, type Peer } from './peers.ts';
import { measure, startServer } from './processes.ts';

const OPERATIONS_EACH = 6;

interface Round {
  readonly lifecycle: Measurement;
  readonly read: Measurement;
}

export async function purchases(options: Options): Promise<string> {
  const peers = [KVITT_FILE, KVITT_MEMORY];
  if (options.postgres) peers.push(kvittOnPostgres(options.postgres));
  const rounds = new Map<Peer, Round[]>(peers.map((peer) => [peer, []]));
  for (let round = 1; round <= options.rounds; round++) {
    for (const peer of peers) {
      const measured = await once(peer, options);
      rounds.get(peer)?.push(measured);
      const { lifecycle, read } = measured;
      options.tell(
        `purchases, round ${round}, ${peer.name}: ${whole(lifecycle.per_second)} operations/s, ${whole(read.per_second)} reads/s`,
      );
    }
  }
  return table(
    ['server', 'what', 'operations/s', 'p50 ms', 'p99 ms', 'per second of processor'],
    [...rounds].flatMap(([peer, measured]) => [
      row(
        peer,
        'purchase, six calls',
        measured.map(({ lifecycle }) => lifecycle),
      ),
      row(
        peer,
        'order read',
        measured.map(({ read }) => read),
      ),
    ]),
  );
}

async function once(peer: Peer, { connections, warmup_s, seconds }: Options): Promise<Round> {
  const server = await startServer(peer, emptyFolder('purchases'));
  const ids = join(emptyFolder('placed'), 'orders.ids');
  try {
    const load = { name: peer.name, connections, warmup_s, seconds };
    const lifecycle = await measure(server, { ...load, scenario: 'lifecycle', leave_ids: ids });
    return { lifecycle, read: await measure(server, { ...load, scenario: 'read', ids }) };
  } finally {
    await server.stop();
  }
}

function row(peer: Peer, what: string, measured: readonly Measurement[]): string[] {
  const middle = (field: (each: Measurement) => number | undefined) =>
    median(measured.map((each) => field(each) ?? Number.NaN));
  const rate = middle(({ per_second }) => per_second);
  const isPurchase = what.startsWith('purchase');
  return [
    peer.name,
    what,
    isPurchase ? `${whole(rate)} (${whole(rate / OPERATIONS_EACH)} purchases/s)` : whole(rate),
    ms(middle(({ p50_ms }) => p50_ms)),
    ms(middle(({ p99_ms }) => p99_ms)),
    orDash(1e6 / middle(({ cpu_us }) => cpu_us), whole),
  ];
}
