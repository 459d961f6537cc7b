/** Files that clients send: which are taken, and how they are read out of a request. Source: attachments of disputes, versions 4 and 2. */
import { header, type Request } from '../../http/exchange.ts';
import { isMultipart, readForm } from '../../http/multipart.ts';
import type { Explanation } from '../engine/outcome.ts';
import type { Refused, UploadRule } from './operation.ts';

/** A file as an operation gets it. */
export interface Upload {
  readonly filename: string;
  readonly mime_type: string;
  readonly content: Buffer;
}

/** What comes around a file: boundaries, headers, the name. Above it nothing is read, so that a file a little too large is told so. */
const AROUND_BYTES = 1024 * 1024;

export function uploadLimit({ file_bytes }: UploadRule): number {
  return file_bytes + AROUND_BYTES;
}

interface FileType {
  readonly extensions: readonly string[];
  readonly mime_type: string;
  /** Whether the bytes are of this type. */
  readonly fits: (content: Buffer) => boolean;
}

const startsWith =
  (...bytes: readonly number[]): FileType['fits'] =>
  (content) =>
    content.subarray(0, bytes.length).equals(Buffer.from(bytes));

/** The types that Klarna takes. A type is what the bytes are, and the extension has to agree. */
const FILE_TYPES: readonly FileType[] = [
  { extensions: ['pdf'], mime_type: 'application/pdf', fits: (content) => content.subarray(0, 1024).includes('%PDF-') },
  { extensions: ['jpg', 'jpeg'], mime_type: 'image/jpeg', fits: startsWith(0xff, 0xd8, 0xff) },
  { extensions: ['png'], mime_type: 'image/png', fits: startsWith(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) },
  {
    extensions: ['docx'],
    mime_type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    // A zip archive whose entries are those of a text document; their names are never compressed.
    fits: (content) => startsWith(0x50, 0x4b, 0x03, 0x04)(content) && content.includes('word/'),
  },
];

const EXTENSIONS = FILE_TYPES.flatMap(({ extensions }) => extensions);

/** The file of a request, or the first thing that is wrong with it. */
export async function readUpload(rule: UploadRule, request: Request): Promise<{ body?: Upload; refused?: Refused }> {
  const type = header(request, 'content-type');
  if (!isMultipart(type)) return { refused: NO_FORM };
  const { bytes, fault } = request.body;
  if (!bytes || fault) return { refused: tooLarge(rule, `more than ${uploadLimit(rule)} bytes in all`) };
  const form = await readForm(bytes, type);
  if (typeof form === 'string') return { refused: brokenForm(form) };
  const file = form.files.get('file');
  if (!file) return { refused: wrong('file', 'is required', 'The form has no part named file that is a file.') };
  const { filename: sent, content } = file;
  return checked(rule, { filename: form.fields.get('filename') ?? sent, sent, content });
}

/** The same checks for a file that came another way. */
export function checkFile(rule: UploadRule, filename: string, content: Buffer): { body?: Upload; refused?: Refused } {
  return checked(rule, { filename, sent: filename, content });
}

function checked(
  rule: UploadRule,
  { filename, sent, content }: { filename: string; sent: string; content: Buffer },
): { body?: Upload; refused?: Refused } {
  const { length } = content;
  if (length === 0) return { refused: wrong('file', 'must not be empty', 'The file has no bytes.') };
  if (length > rule.file_bytes) return { refused: tooLarge(rule, `${length} bytes`) };
  if (filename.length < 1 || filename.length > 1000)
    return { refused: wrong('filename', 'must have 1 to 1000 characters', `It has ${filename.length}.`) };
  const extension = extensionOf(filename);
  const type = FILE_TYPES.find(({ extensions }) => extensions.includes(extension));
  if (!type)
    return { refused: wrong('filename', `must end in one of ${EXTENSIONS.join(', ')}`, `It is ${shown(filename)}.`) };
  if (sent !== '' && extensionOf(sent) !== extension)
    return { refused: wrong('filename', 'must have the extension of the file', `The file is ${shown(sent)}.`) };
  if (!type.fits(content))
    return { refused: wrong('file', `must be what its extension says, ${extension}`, found(content, extension)) };
  return { body: { filename, mime_type: type.mime_type, content } };
}

function extensionOf(filename: string): string {
  return /\.([a-z]+)$/i.exec(filename)?.[1]?.toLowerCase() ?? '';
}

function found(content: Buffer, extension: string): string {
  const actual = FILE_TYPES.find(({ fits }) => fits(content));
  return `By its bytes it is ${actual ? (actual.extensions[0] ?? '') : `none of ${EXTENSIONS.join(', ')}`}, not ${extension}.`;
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

function wrong(parameter: string, reason: string, message: string): Refused {
  const explanation: Explanation = {
    field: parameter,
    expected: reason,
    message: `${parameter} ${reason}. ${message}`,
    change: `Send multipart/form-data with a part file of type ${EXTENSIONS.join(', ')}.`,
  };
  const error_messages = [`${parameter} ${reason}`];
  const validation_errors = [{ parameter, reason }];
  return {
    error: { status: 400, error_code: 'VALIDATION_ERROR', error_messages, validation_errors },
    explanations: [explanation],
  };
}

function tooLarge({ size }: UploadRule, got: string): Refused {
  return wrong('file', `must be at most ${size}`, `There are ${got}.`);
}

function brokenForm(problem: string): Refused {
  return wrong('file', 'must be a part of well-formed multipart/form-data', `It could not be read: ${problem}.`);
}

const NO_FORM: Refused = {
  error: {
    status: 415,
    error_code: 'UNSUPPORTED_MEDIA_TYPE',
    error_messages: ['Content-Type must be multipart/form-data'],
  },
  explanations: [
    {
      field: 'Content-Type',
      expected: 'multipart/form-data',
      message: 'Files come as a form.',
      change: 'Send multipart/form-data with a part named file.',
    },
  ],
};

/** `Content-Disposition` of a file that is handed out again: an ASCII name for all, and the real one (RFC 6266). */
export function disposition(filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]|["\\/%]/g, '_');
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
