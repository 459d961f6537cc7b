/** `kvitt explain <code>`: one catalogue entry as plain terminal text. */
import { type CatalogueEntry, lookup, suggest } from '../catalogue/index.ts';
import { PURCHASE } from '../catalogue/provoke.ts';
import { actorWords, gradeOf, kindWords, originWords, retryOf } from '../catalogue/wording.ts';

const WIDTH = 80;
const LABEL_WIDTH = 16;

/**
 * What a code means and what to do about it, wrapped to 80 columns and ending in a newline.
 * For a code the catalogue does not know, the text names the nearest ones and `found` is false.
 *
 * @param code a catalogue code in either case, such as `bad_value:locale`
 */
export function explain(code: string): { text: string; found: boolean } {
  const entry = lookup(code);
  if (entry === undefined) return { text: unknownText(code), found: false };
  return { text: entryText(entry), found: true };
}

function entryText(entry: CatalogueEntry): string {
  return [
    `${entry.code} (${kindWords[entry.kind]})`,
    entry.title,
    '',
    ...labelled('What happened', entry.happened),
    ...labelled('Who acts', actorWords[entry.actor]),
    ...labelled('What to do', entry.action),
    ...labelled('Retry', retryOf(entry)),
    ...(entry.http.length === 0 ? [] : labelled('HTTP', entry.http.join(', '))),
    ...labelled('Grade', gradeOf(entry)),
    ...labelled('Source', originWords[entry.origin]),
    '',
    ...provokeLines(entry),
    '',
  ].join('\n');
}

function provokeLines({ provoke }: CatalogueEntry): string[] {
  if (!provoke.reachable) return labelled('On Kvitt', `not reachable. ${provoke.reason}`);
  const steps = provoke.request.split('\n');
  const numbered = steps.flatMap((step, index) => hang(`  ${index + 1}. `, step));
  return ['To see it on a local Kvitt:', ...numbered, ...(steps.some(sendsPurchase) ? PURCHASE_LINES : [])];
}

/** Steps that show no body of their own, or only what is different in it. */
function sendsPurchase(step: string): boolean {
  return /^POST \/(?:payments\/v1\/(?:sessions|authorizations\/\S+\/order)|customer-token\/v1\/tokens\/\S+\/order)(?: (?!\{)|$)/.test(
    step,
  );
}

const PURCHASE_LINES = [
  ...hang('', 'Where no body is shown, or fields with which it differs, it is this purchase:'),
  `  ${JSON.stringify(PURCHASE)}`,
];

function unknownText(code: string): string {
  const near = suggest(code);
  const closing =
    near.length === 0 ? ['docs/catalogue.md lists all codes.'] : ['Nearest codes:', ...near.map((each) => `  ${each}`)];
  return [...hang('', `The catalogue has no code "${printable(code)}".`), ...closing, ''].join('\n');
}

/** Control characters stay out of the terminal, and a pasted page does not scroll the answer away. */
function printable(code: string): string {
  const visible = code.replaceAll(/\p{Cc}/gu, ' ').trim();
  return visible.length > 60 ? `${visible.slice(0, 60)}...` : visible;
}

function labelled(label: string, text: string): string[] {
  return hang(label.padEnd(LABEL_WIDTH), text);
}

/** Wraps text behind a first-line lead, with later lines set in by as much. A word longer than a line is not cut: it may be a URL or JSON to copy. */
function hang(lead: string, text: string): string[] {
  const indent = ' '.repeat(lead.length);
  const lines: string[] = [];
  let line = lead;
  for (const word of text.split(' ')) {
    const isFirst = line === lead;
    const longer = isFirst ? line + word : `${line} ${word}`;
    if (longer.length <= WIDTH || isFirst) {
      line = longer;
    } else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line];
}
