/** Targets, and where what was measured stands in docs/performance.md: each part of the benchmark between markers of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { place } from '../scripts/markdown.ts';

const DOCUMENT = new URL('../docs/performance.md', import.meta.url);

/** A target of the project and what came of it, plainly. */
export function target(wanted: string, got: string, reached: boolean): string {
  return `- ${reached ? 'reached' : '**missed**'}: ${wanted} (measured: ${got})`;
}

/** Keeps a part's report in the document. */
export function writeReport(part: string, text: string): void {
  writeFileSync(DOCUMENT, place(readFileSync(DOCUMENT, 'utf8'), `bench:${part}`, text));
}
