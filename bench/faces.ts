/** The same purchase through each face of the engine: what it costs to speak another API than Klarna's own. */
import { table } from '../scripts/markdown.ts';
import { emptyFolder } from './data.ts';
import type { Measurement } from './load.ts';
import { median, ms, orDash, whole } from './numbers.ts';
import type { Options } from './options.ts';
import { KVITT_BELIEVING, KVITT_FILE, type Peer } from './peers.ts';
import { measure, type Running, startServer } from './processes.ts';
import { target } from './report.ts';
import type { ScenarioName } from './scenarios.ts';

interface Face {
  readonly name: string;
  readonly scenario: ScenarioName;
  readonly server: Peer;
  /** How much slower than Klarna's it may be; absent where that is not asked. */
  readonly within?: number;
}

const WITHIN = 0.25;
const CALLS = 6;

const KLARNA: Face = { name: 'Klarna', scenario: 'lifecycle', server: KVITT_FILE };
const SIGNED: Face = { name: 'Cybersource, HTTP signature', scenario: 'cybersource', server: KVITT_FILE };
/** Signature checks are counted apart: the same requests, signed alike, to a server that does not check them. */
const BELIEVED: Face = {
  name: 'Cybersource, signature not checked',
  scenario: 'cybersource',
  server: KVITT_BELIEVING,
  within: WITHIN,
};
const FACES: readonly Face[] = [
  KLARNA,
  SIGNED,
  BELIEVED,
  { name: 'Purse v1', scenario: 'purse', server: KVITT_FILE, within: WITHIN },
];

/** Seconds that the faces are measured in turn, after one of warming up: what else the machine does then comes to all alike. */
const SLICE_S = 2;

/** One slice of each face, right after each other. */
type Turn = ReadonlyMap<Face, Measurement>;

/** Both servers run all the time on one core; the one that is not asked does nothing. */
export async function faces(options: Options): Promise<string> {
  const servers = new Map<Peer, Running>();
  try {
    for (const { server } of FACES)
      if (!servers.has(server)) servers.set(server, await startServer(server, emptyFolder(`faces-${servers.size}`)));
    return report(await inTurn(servers, options));
  } finally {
    for (const server of servers.values()) await server.stop();
  }
}

async function inTurn(
  servers: ReadonlyMap<Peer, Running>,
  { connections, warmup_s, seconds, rounds, tell }: Options,
): Promise<Turn[]> {
  const slice = ({ name, scenario, server }: Face, warm_s: number, length_s: number) => {
    const running = servers.get(server);
    if (!running) throw new Error(`${server.name} does not run`);
    return measure(running, { name, scenario, connections, warmup_s: warm_s, seconds: length_s });
  };
  for (const face of FACES) await slice(face, 0, warmup_s);
  const turns: Turn[] = [];
  while (turns.length * SLICE_S < rounds * seconds) {
    const turn = new Map<Face, Measurement>();
    for (const face of FACES) turn.set(face, await slice(face, 1, SLICE_S));
    turns.push(turn);
  }
  for (const face of FACES) {
    const rates = turns.map((turn) => whole(turn.get(face)?.per_second ?? Number.NaN));
    tell(`faces, ${face.name}: ${rates.join(', ')} operations/s`);
  }
  return turns;
}

function report(turns: readonly Turn[]): string {
  /** The median over the turns of something that a face's slice shows, alone or beside another face's. */
  const middle = (face: Face, of: (each: Measurement, other: Measurement) => number | undefined, beside = KLARNA) =>
    median(
      turns.map((turn) => {
        const [each, other] = [turn.get(face), turn.get(beside)];
        return (each && other && of(each, other)) ?? Number.NaN;
      }),
    );
  const share = (face: Face) => middle(face, (each, klarna) => each.per_second / klarna.per_second);
  const percent = (part: number) => `${whole(part * 100)} %`;
  const rows = FACES.map((face) => {
    const rate = middle(face, ({ per_second }) => per_second);
    const cpu_us = middle(face, (each) => each.cpu_us);
    return [
      face.name,
      `${whole(rate)} (${whole(rate / CALLS)} purchases/s)`,
      percent(share(face)),
      ms(middle(face, ({ p99_ms }) => p99_ms)),
      orDash(cpu_us, whole),
    ];
  });
  const check_us = middle(SIGNED, (signed, believed) => (signed.cpu_us ?? 0) - (believed.cpu_us ?? 0), BELIEVED);
  const targets = FACES.flatMap((face) =>
    face.within === undefined
      ? []
      : [
          target(
            `${face.name}: within ${percent(face.within)} of Klarna's`,
            percent(share(face)),
            share(face) >= 1 - face.within,
          ),
        ],
  );
  return [
    table(['face', 'operations/s', 'to Klarna', 'p99 ms', 'µs of processor each'], rows),
    '',
    `Checking a signature takes ${whole(check_us)} µs of processor for each call of the purchase, one of which is not signed.`,
    '',
    ...targets,
  ].join('\n');
}
