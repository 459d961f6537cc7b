/**
 * Forms with files, multipart/form-data, out of a body that has arrived whole. Clients write them in many ways (names with and without
 * quotes, file names in two encodings), so a library reads them: docs/decisions/0012-dispute-files.md.
 */
import { setImmediate as others } from 'node:timers/promises';

/** What no honest form exceeds; the size of the whole is limited when it is received. */
const LIMITS = {
  files: 2,
  fields: 10,
  parts: 12,
  fieldSize: 8_192,
  fieldNameSize: 100,
  headerPairs: 50,
  headerSize: 8_192,
};

/** What is read before other requests get their turn. */
const BITE_BYTES = 256 * 1024;

interface FormFile {
  /** As the client named it; '' when it did not. */
  readonly filename: string;
  readonly content: Buffer;
}

interface Form {
  readonly fields: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, FormFile>;
}

/** Whether a content type announces a form with files. */
export function isMultipart(type: string | undefined): type is string {
  return /^multipart\/form-data\s*(?:;|$)/i.test(type?.trim() ?? '');
}

/** The form, or in plain words why it is none. @param type the header Content-Type, with the boundary */
export async function readForm(body: Uint8Array, type: string): Promise<Form | string> {
  const fields = new Map<string, string>();
  const files = new Map<string, FormFile>();
  let problem: string | undefined;
  const fail = (why: string) => {
    problem ??= why;
  };
  try {
    // Loaded with the first form: most processes never see one.
    const { Busboy } = await import('@fastify/busboy');
    const parser = new Busboy({ headers: { 'content-type': type }, limits: LIMITS });
    parser.on('file', (name, stream, filename) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => files.set(name, { filename: filename ?? '', content: Buffer.concat(chunks) }));
      stream.on('error', (error: Error) => fail(error.message));
    });
    parser.on('field', (name, value) => fields.set(name, value));
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
      parser.on(limit, () => fail('there are too many parts'));
    const ended = new Promise<void>((resolve) => {
      parser.on('finish', resolve);
      parser.on('error', (error) => {
        fail((error as Error).message);
        resolve();
      });
    });
    for (let at = 0; at < body.length && problem === undefined; at += BITE_BYTES) {
      parser.write(body.subarray(at, at + BITE_BYTES));
      await others();
    }
    if (problem !== undefined) return problem;
    parser.end();
    await ended;
  } catch (error) {
    fail((error as Error).message);
  }
  return problem ?? { fields, files };
}
