/** The outcomes as text: for the terminal, and for its place in docs/fidelity.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { place, table } from '../scripts/markdown.ts';
import type { Probe } from './probe.ts';
import type { Outcome } from './runner.ts';
import { grouped, percent, percentOfBuilt, type Score, score } from './score.ts';

const DOCUMENT = new URL('../docs/fidelity.md', import.meta.url);

/** How many failures a report lists one by one when it is not asked for all. */
const FAILURES_MOST = 20;

/** Scores by API and by operation, and every failure. The same outcomes give the same text. */
export function report(outcomes: readonly Outcome[], options: { readonly allFailures: boolean }): string {
  return [
    summary(score(outcomes)),
    '',
    byApi(outcomes),
    '',
    byOperation(outcomes),
    ...listed('Failed', outcomes, 'failed', options.allFailures ? Number.POSITIVE_INFINITY : FAILURES_MOST),
    ...missing(outcomes),
    ...listed('Not runnable here', outcomes, 'not_runnable', 0),
  ].join('\n');
}

function summary({ known, inferred }: Score): string {
  const parts = [
    `**${shown(percent(known))}** of ${known.probes - known.not_runnable} documented and observed probes (${known.passed} passed, ${known.failed} failed, ${known.not_built} not built)`,
    ...(known.not_built > 0 ? [`**${shown(percentOfBuilt(known))}** of those whose operations are built`] : []),
    `inferences, counted apart: ${inferred.passed} of ${inferred.probes - inferred.not_runnable}`,
    ...(known.not_runnable > 0 ? [`not runnable here: ${known.not_runnable + inferred.not_runnable}`] : []),
  ];
  return `${parts.join('; ')}.`;
}

const HEAD = ['probes', 'passed', 'failed', 'not built', 'not runnable', 'score', 'inferred'];

function row({ known, inferred }: Score): string[] {
  const { probes, passed, failed, not_built, not_runnable } = known;
  const apart = inferred.probes === 0 ? '' : `${inferred.passed} of ${inferred.probes - inferred.not_runnable}`;
  return [...[probes, passed, failed, not_built, not_runnable].map(String), shown(percent(known)), apart];
}

function byApi(outcomes: readonly Outcome[]): string {
  const rows = grouped(outcomes, ({ probe }) => probe.api).map(([api, each]) => [api, ...row(score(each))]);
  return table(['API', ...HEAD], [...rows, ['**all**', ...row(score(outcomes))]]);
}

function byOperation(outcomes: readonly Outcome[]): string {
  const rows = grouped(outcomes, ({ probe }) => `\`${probe.send.call}\``).map(([call, each]) => [
    call,
    ...row(score(each)),
  ]);
  return table(['operation', ...HEAD], rows);
}

function listed(title: string, outcomes: readonly Outcome[], result: Outcome['result'], most: number): string[] {
  const found = outcomes.filter((each) => each.result === result);
  if (found.length === 0) return [];
  const lines = found
    .slice(0, most)
    .map(({ probe, problems }) => `- \`${probe.id}\` (${basisOf(probe)}): ${problems.map(inline).join('; ')}`);
  const rest = found.length - lines.length;
  return [
    '',
    `${title}: ${found.length}.`,
    ...(lines.length > 0 ? ['', ...lines] : []),
    ...(rest > 0 && lines.length > 0 ? [`- and ${rest} more`] : []),
  ];
}

/** Which operations are not built, and how many probes wait for each. */
function missing(outcomes: readonly Outcome[]): string[] {
  const groups = grouped(
    outcomes.filter((each) => each.result === 'not_built'),
    (each) => each.missing ?? '',
  );
  if (groups.length === 0) return [];
  return [
    '',
    'Not built, and how many probes wait for it:',
    '',
    ...groups.map(([call, each]) => `- \`${call}\`: ${each.length}`),
  ];
}

const basisOf = ({ source }: Probe): string => `${source.basis}: ${source.where}`;

/** What came over the network must not become Markdown; ids differ from run to run. */
const inline = (text: string): string =>
  text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID').replace(/[<>|`\n\r]/g, ' ');

/** One decimal, rounded down: 99.96 is not 100. */
const shown = (value: number | undefined): string =>
  value === undefined ? '–' : `${(Math.floor(value * 10) / 10).toFixed(1)} %`;

/** The probes as a list for people. */
export function list(probes: readonly Probe[]): string {
  const lines = probes.map(({ id, shows, source, send, expect }) =>
    [
      id,
      shows,
      `${send.call} → ${[expect.status].flat().join('/')}${expect.code ? ` ${expect.code}` : ''}`,
      `${source.basis}: ${source.where}`,
    ].join('\t'),
  );
  const of = (basis: string) => probes.filter(({ source }) => source.basis === basis).length;
  return [
    ...lines,
    `${probes.length} probes: ${of('documented')} documented, ${of('observed')} observed, ${of('inferred')} inferred`,
  ].join('\n');
}

/** Keeps a server's report in the document. */
export function writeReport(server: string, text: string): void {
  writeFileSync(DOCUMENT, place(readFileSync(DOCUMENT, 'utf8'), `fidelity:${server}`, text));
}
