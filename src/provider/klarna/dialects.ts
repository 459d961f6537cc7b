/**
 * Errors in the shape and words of the API that they answer for. Most of Klarna's APIs share three keys; disputes have shapes of their
 * own. What is refused before an operation is reached (credentials, path, limits, size) goes through here as well.
 */
import type { KlarnaError } from './errors.ts';

interface Dialect {
  readonly paths: RegExp;
  /** The API's own words for what the others call differently. */
  readonly words: Readonly<Record<string, { readonly status?: number; readonly error_code: string }>>;
  readonly body: (error: KlarnaError, correlation_id: string) => object;
}

const threeKeys: Dialect['body'] = ({ error_code, error_messages, details }, correlation_id) => ({
  error_code,
  error_messages,
  correlation_id,
  ...details,
});

const DOCS = 'https://docs.klarna.com/';

/** To which type a code of version 4 belongs. Codes that its models do not have are inferred. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  UNAUTHORIZED: 'ACCESS_ERROR',
  RATE_LIMITED: 'ACCESS_ERROR',
  VALIDATION_ERROR: 'INPUT_ERROR',
  INVALID_CONTENT_TYPE: 'INPUT_ERROR',
  METHOD_NOT_ALLOWED: 'INPUT_ERROR',
  OPERATION_FORBIDDEN: 'RESOURCE_ERROR',
  RESOURCE_NOT_FOUND: 'RESOURCE_ERROR',
  RESOURCE_CONFLICT: 'RESOURCE_ERROR',
};

/** What an error of version 4 says when nothing more is known. */
const ERROR_MESSAGES: Readonly<Record<string, string>> = {
  UNAUTHORIZED: 'The presented credentials failed authentication.',
  RESOURCE_NOT_FOUND: 'The requested resource was not found.',
  VALIDATION_ERROR: 'The request is not valid.',
};

const disputesV4: Dialect = {
  paths: /^\/v4(?:\/|$)/,
  words: {
    TOO_MANY_REQUESTS: { error_code: 'RATE_LIMITED' },
    NOT_FOUND: { error_code: 'RESOURCE_NOT_FOUND' },
    UNSUPPORTED_MEDIA_TYPE: { status: 400, error_code: 'INVALID_CONTENT_TYPE' },
    BAD_REQUEST: { error_code: 'VALIDATION_ERROR' },
    REQUEST_TOO_LARGE: { error_code: 'VALIDATION_ERROR' },
    INTERNAL_SERVER_ERROR: { error_code: 'INTERNAL_ERROR' },
    TEMPORARILY_UNAVAILABLE: { error_code: 'INTERNAL_ERROR' },
  },
  body: ({ error_code, error_messages, validation_errors }, error_id) => ({
    error_id,
    error_type: ERROR_TYPES[error_code] ?? 'TECHNICAL_ERROR',
    error_code,
    error_message: (error_messages.join('; ') || (ERROR_MESSAGES[error_code] ?? '')).slice(0, 2048),
    ...(validation_errors && {
      validation_errors: validation_errors.map(({ parameter, reason }) => ({
        parameter: parameter.slice(0, 256),
        reason: reason.slice(0, 512),
        doc_url: DOCS,
      })),
    }),
  }),
};

/** The shape is documented, the 27 codes are not: those of Klarna's other APIs stand in (inferred). */
const V2_CODES: Readonly<Record<string, string>> = {
  RESOURCE_NOT_FOUND: 'NOT_FOUND',
  VALIDATION_ERROR: 'BAD_VALUE',
  RESOURCE_CONFLICT: 'CONFLICT',
  OPERATION_FORBIDDEN: 'FORBIDDEN',
};

const disputesV2: Dialect = {
  paths: /^\/disputes\/v2(?:\/|$)/,
  words: {},
  body: ({ error_code, error_messages }) => ({
    error_code: V2_CODES[error_code] ?? error_code,
    error_message: error_messages.join('; ') || (ERROR_MESSAGES[error_code] ?? error_code),
  }),
};

const DIALECTS: readonly Dialect[] = [disputesV4, disputesV2];

function dialectOf(path: string): Dialect | undefined {
  return DIALECTS.find(({ paths }) => paths.test(path));
}

/** The error with status and code as the API of `path` has them, and as the catalogue knows them. */
export function worded(error: KlarnaError, path: string): KlarnaError {
  const words = dialectOf(path)?.words[error.error_code];
  return words ? { ...error, ...words } : error;
}

/** The error's body. @param error as `worded` for the same path */
export function errorBody(error: KlarnaError, correlation_id: string, path: string): string {
  return JSON.stringify((dialectOf(path)?.body ?? threeKeys)(error, correlation_id));
}
