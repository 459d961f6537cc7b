import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '../catalogue/index.ts';
import { explain } from './explain.ts';

const flat = (text: string) => text.replaceAll(/\s+/g, ' ');

// Protects: nothing that an entry knows is lost on its way to the terminal.
test('every code is explained with all it says', () => {
  for (const entry of catalogue) {
    const { text, found } = explain(entry.code.toLowerCase());
    assert.equal(found, true, entry.code);
    for (const part of [
      entry.code,
      entry.title,
      entry.happened,
      entry.action,
      entry.retry_note ?? '',
      entry.tier,
      ...entry.levels,
      ...entry.http.map(String),
    ]) {
      assert.ok(flat(text).includes(part), `${entry.code}: "${part}"`);
    }
    const provoke = entry.provoke.reachable ? entry.provoke.request.split('\n') : [entry.provoke.reason];
    for (const part of provoke) assert.ok(flat(text).includes(part), `${entry.code}: "${part}"`);
  }
});

// Protects: 80 columns. Only a single word may be longer, since paths and JSON are there to be copied.
test('lines stay within 80 columns and end cleanly', () => {
  for (const { code } of catalogue) {
    const { text } = explain(code);
    assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'), code);
    for (const line of text.split('\n')) {
      assert.ok(
        line.length <= 80 ||
          !line
            .trim()
            .replace(/^\d+\. /, '')
            .includes(' '),
        `${code}: ${line}`,
      );
      assert.doesNotMatch(line, /\s$/, `${code}: "${line}"`);
    }
  }
});

// Protects: our own grading is never shown as the status catalogue's.
test('judged grades say so', () => {
  for (const { code, judged } of catalogue) assert.equal(explain(code).text.includes('our judgement'), judged, code);
});

// Protects: the answer to a typo is the code that was meant, and to nonsense no invention.
test('an unknown code names the nearest ones, or the list', () => {
  const typo = explain('CAPTURD');
  assert.equal(typo.found, false);
  assert.match(typo.text, /"CAPTURD"[\s\S]*\n {2}CAPTURED\n/);
  assert.match(explain('xyzzy').text, /docs\/catalogue\.md/);
});

// Protects: the terminal from what somebody pasted into it.
test('an unknown code is shown without control characters and not at full length', () => {
  const { text } = explain(`\u001b[2J${'x'.repeat(5_000)}`);
  assert.equal(text.includes('\u001b'), false);
  assert.ok(text.length < 300);
});
