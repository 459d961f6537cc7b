/** The same purchase through each face of the engine: what it costs to speak another API than Klarna's own. */
import { createSecretKey } from 'node:crypto';
import { table } from '../scripts/markdown.ts';
import { readClaim, refuteProof } from '../src/provider/cybersource/authenticate.ts';
import { localSecret } from '../src/provider/cybersource/keys.ts';
import { signedRequest } from './cybersource.ts';
import { emptyFolder } from './data.ts';
import type { Measurement } from './load.ts';
import { median, ms, orDash, whole } from './numbers.ts';
import type { Options } from './options.ts';
import { KVITT_FILE } from './peers.ts';
import { measure, type Running, startServer } from './processes.ts';
import { CREDENTIALS } from './purchase.ts';
import { target } from './report.ts';
import type { ScenarioName } from './scenarios.ts';

interface Face {
  readonly name: string;
  readonly scenario: ScenarioName;
  /** What proving who sent a request costs the server, µs of processor; absent where it costs nothing to speak of. */
  readonly check_us?: () => number;
}

/** Klarna's own first: the others are compared with it. */
const FACES: readonly [Face, ...Face[]] = [
  { name: 'Klarna', scenario: 'lifecycle' },
  { name: 'Cybersource, HTTP signature', scenario: 'cybersource', check_us: signatureCheck },
  { name: 'Purse v1', scenario: 'purse' },
];

/** How much slower another face may be, signature checks apart. */
const WITHIN = 0.25;
const CALLS = 6;

/** Seconds that the faces are measured in turn, on one server, after one of warming up: what else the machine does then comes to all alike. */
const SLICE_S = 2;

/** One slice of each face, right after each other. */
type Turn = ReadonlyMap<Face, Measurement>;

export async function faces(options: Options): Promise<string> {
  const server = await startServer(KVITT_FILE, emptyFolder('faces'));
  try {
    return report(await inTurn(server, options));
  } finally {
    await server.stop();
  }
}

async function inTurn(server: Running, { connections, warmup_s, seconds, rounds, tell }: Options): Promise<Turn[]> {
  const slice = ({ name, scenario }: Face, length_s: number) =>
    measure(server, { name, scenario, connections, warmup_s: 1, seconds: length_s });
  for (const face of FACES) await slice(face, warmup_s);
  const turns: Turn[] = [];
  while (turns.length * SLICE_S < rounds * seconds) {
    const turn = new Map<Face, Measurement>();
    for (const face of FACES) turn.set(face, await slice(face, SLICE_S));
    turns.push(turn);
  }
  for (const face of FACES) {
    const rates = turns.map((turn) => whole(turn.get(face)?.per_second ?? Number.NaN));
    tell(`faces, ${face.name}: ${rates.join(', ')} operations/s`);
  }
  return turns;
}

function report(turns: readonly Turn[]): string {
  const [first, ...others] = FACES;
  const middle = (face: Face, of: (each: Measurement, klarna: Measurement) => number | undefined) =>
    median(
      turns.map((turn) => {
        const [each, klarna] = [turn.get(face), turn.get(first)];
        return (each && klarna && of(each, klarna)) ?? Number.NaN;
      }),
    );
  const rate = (face: Face) => middle(face, ({ per_second }) => per_second);
  const checks = new Map(FACES.map((face) => [face, face.check_us?.() ?? 0]));
  /** The rate there would be if the checks cost nothing: they take their share of each operation's time on the server's core. */
  const unchecked = (face: Face, per_second: number) => per_second / (1 - (per_second * (checks.get(face) ?? 0)) / 1e6);
  const share = (face: Face) => middle(face, (each, klarna) => unchecked(face, each.per_second) / klarna.per_second);
  const percent = (part: number) => `${whole(part * 100)} %`;
  const rows = FACES.map((face) => [
    face.name,
    `${whole(rate(face))} (${whole(rate(face) / CALLS)} purchases/s)`,
    percent(middle(face, (each, klarna) => each.per_second / klarna.per_second)),
    whole(checks.get(face) ?? 0),
    percent(share(face)),
    ms(middle(face, ({ p99_ms }) => p99_ms)),
    orDash(
      middle(face, ({ cpu_us }) => cpu_us),
      whole,
    ),
  ]);
  const head = [
    'face',
    'operations/s',
    'to Klarna',
    'check, µs',
    'to Klarna, checks apart',
    'p99 ms',
    'µs of processor each',
  ];
  const targets = others.map((face) =>
    target(`${face.name}: within 25 % of Klarna's, checks apart`, percent(share(face)), share(face) >= 1 - WITHIN),
  );
  return [table(head, rows), '', ...targets].join('\n');
}

/** The median cost of verifying one signature, over many of a body like those of the load, in this process. */
function signatureCheck(): number {
  const body = JSON.stringify({ filling: 'x'.repeat(1_000) });
  const { path, headers } = signedRequest('/pts/v2/payments', body);
  const request = { method: 'POST', path, target: path, query: new URLSearchParams(), headers, body: { text: body } };
  const secret = createSecretKey(Buffer.from(localSecret(CREDENTIALS.password), 'base64'));
  const key = { key_id: CREDENTIALS.username, type: 'shared_secret', made_at_ms: 0 } as const;
  const verify = () => {
    const { claim } = readClaim(request);
    const wrong = claim && refuteProof(claim, request, key, secret, Date.now());
    if (!claim || wrong) throw new Error(`the benchmark's own signature does not hold: ${wrong?.message}`);
  };
  const times: number[] = [];
  for (let batch = 0; batch < 50; batch++) {
    const started_ms = performance.now();
    for (let n = 0; n < 200; n++) verify();
    times.push(((performance.now() - started_ms) * 1_000) / 200);
  }
  return median(times);
}
