/** Forms with files: whatever is in one comes out of it, and whatever is none is said to be none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../testing.ts';
import { isMultipart, readForm } from './multipart.ts';

const TYPE = 'multipart/form-data; boundary=----b';

function formOf(parts: readonly { readonly head: string; readonly content: Uint8Array }[]): Buffer {
  const pieces = parts.flatMap(({ head, content }) => [
    Buffer.from(`------b\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from('------b--\r\n')]);
}

// Protects: evidence is the same byte by byte, also where its bytes look like the form around them.
test('a file of any bytes and any size comes out as it went in', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }),
    fc
      .array(fc.constantFrom('\r\n', '--', '------', '\n------', '\r\n-----', '\r', '\0', 'b'), { maxLength: 200 })
      .map((pieces) => Buffer.from(pieces.join(''))),
    fc.nat(700_000).map((size) => Buffer.alloc(size, '\r\n--')),
  );
  await fuzz(
    fc.asyncProperty(bytes, fc.boolean(), async (content, first) => {
      fc.pre(!Buffer.from(content).includes('------b'));
      const file = { head: 'name="file"; filename="a.pdf"', content };
      const field = { head: 'name="filename"', content: Buffer.from('b.pdf') };
      const form = await readForm(formOf(first ? [file, field] : [field, file]), TYPE);
      if (typeof form === 'string') return assert.fail(form);
      assert.ok(form.files.get('file')?.content.equals(content));
      assert.equal(form.files.get('file')?.filename, 'a.pdf');
      assert.equal(form.fields.get('filename'), 'b.pdf');
    }),
    300,
  );
});

// Protects: an upload that is garbage gets an answer, and at once.
test('random bytes and broken forms are told apart from forms, and nothing throws', async () => {
  const good = formOf([{ head: 'name="file"; filename="a.pdf"', content: Buffer.from('%PDF-') }]);
  const broken = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    fc.nat(good.length - 1).map((end) => good.subarray(0, end)),
    fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
      const changed = Buffer.from(good);
      changed[at] = byte;
      return changed;
    }),
  );
  const types = fc.constantFrom(
    TYPE,
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary="',
  );
  await fuzz(
    fc.asyncProperty(broken, types, async (body, type) => {
      const form = await readForm(body, type);
      if (typeof form === 'string') assert.notEqual(form, '');
      else assert.ok(form.files.size <= 1);
    }),
    500,
  );
});

// Protects: the one thread is not held up by a form that no honest client sends.
test('more parts than a form has are refused before they are all read', async () => {
  const part = Buffer.from('------b\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n\r\n');
  const form = await readForm(Buffer.concat(Array.from({ length: 100_000 }, () => part)), TYPE);
  assert.equal(form, 'there are too many parts');
});

test('what is announced as a form', () => {
  for (const type of [TYPE, 'Multipart/Form-Data;boundary=x', ' multipart/form-data '])
    assert.ok(isMultipart(type), type);
  for (const type of [undefined, '', 'application/json', 'multipart/mixed; boundary=x', 'multipart/form-datax'])
    assert.ok(!isMultipart(type), type);
});
