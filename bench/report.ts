/** Tables, and their place in docs/performance.md: each part of the benchmark between markers of its own. */
import { readFileSync, writeFileSync } from 'node:fs';

const DOCUMENT = new URL('../docs/performance.md', import.meta.url);

/** A Markdown table; all columns but the first to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map(line).join('\n');
}

/** A target of the project and what came of it, plainly. */
export function target(wanted: string, got: string, reached: boolean): string {
  return `- ${reached ? 'reached' : '**missed**'}: ${wanted} (measured: ${got})`;
}

/** Keeps a part's report in the document. */
export function writeReport(part: string, text: string): void {
  writeFileSync(DOCUMENT, place(readFileSync(DOCUMENT, 'utf8'), part, text));
}

/** The document with what stands between the part's markers replaced. */
export function place(document: string, part: string, text: string): string {
  const [begin, end] = [`<!-- bench:${part} -->`, `<!-- /bench:${part} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${part}: ${begin} … ${end}`);
  return `${document.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${document.slice(to)}`;
}
