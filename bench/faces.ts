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
import { measure, startServer } from './processes.ts';
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

export async function faces(options: Options): Promise<string> {
  const rounds = new Map<Face, Measurement[]>(FACES.map((face) => [face, []]));
  for (let round = 1; round <= options.rounds; round++) {
    for (const face of FACES) {
      const measured = await once(face, options);
      rounds.get(face)?.push(measured);
      options.tell(`faces, round ${round}, ${face.name}: ${whole(measured.per_second)} operations/s`);
    }
  }
  return report(rounds);
}

async function once({ name, scenario }: Face, { connections, warmup_s, seconds }: Options): Promise<Measurement> {
  const server = await startServer(KVITT_FILE, emptyFolder('faces'));
  try {
    return await measure(server, { name, scenario, connections, warmup_s, seconds });
  } finally {
    await server.stop();
  }
}

function report(rounds: ReadonlyMap<Face, readonly Measurement[]>): string {
  const middle = (face: Face, field: (each: Measurement) => number | undefined) =>
    median((rounds.get(face) ?? []).map((each) => field(each) ?? Number.NaN));
  const [first, ...others] = FACES;
  const rate = (face: Face) => middle(face, ({ per_second }) => per_second);
  const checks = new Map(FACES.map((face) => [face, face.check_us?.() ?? 0]));
  /** The rate there would be if the checks cost nothing: they take their share of each operation's time on the server's core. */
  const unchecked = (face: Face) => rate(face) / (1 - (rate(face) * (checks.get(face) ?? 0)) / 1e6);
  const share = (face: Face) => unchecked(face) / rate(first);
  const rows = FACES.map((face) => [
    face.name,
    `${whole(rate(face))} (${whole(rate(face) / CALLS)} purchases/s)`,
    `${whole((rate(face) / rate(first)) * 100)} %`,
    `${whole(checks.get(face) ?? 0)}`,
    `${whole(share(face) * 100)} %`,
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
    target(
      `${face.name}: within 25 % of Klarna's, checks apart`,
      `${whole(share(face) * 100)} %`,
      share(face) >= 1 - WITHIN,
    ),
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
