/**
 * The catalogue: all tables in one list, each row with the kind and the origin of its table.
 */
import { disputeStatuses } from './dispute-statuses.ts';
import type { EntryRow, Kind, Origin } from './entry.ts';
import { operationErrorCodes } from './error-codes-operations.ts';
import { requestErrorCodes } from './error-codes-requests.ts';
import { klarnaCodes } from './klarna-codes.ts';
import { kvittCodes } from './kvitt-codes.ts';
import { orderStatuses } from './order-statuses.ts';

const tables = [
  { kind: 'order-status', origin: 'seed', rows: orderStatuses },
  { kind: 'dispute-status', origin: 'seed', rows: disputeStatuses },
  { kind: 'error', origin: 'seed', rows: operationErrorCodes },
  { kind: 'error', origin: 'seed', rows: requestErrorCodes },
  { kind: 'error', origin: 'klarna-api', rows: klarnaCodes },
  { kind: 'error', origin: 'kvitt', rows: kvittCodes },
] as const satisfies readonly { kind: Kind; origin: Origin; rows: readonly EntryRow[] }[];

/** Every code of the catalogue, as a union taken from the tables: a code that is not there does not compile. */
export type CatalogueCode = (typeof tables)[number]['rows'][number]['code'];

/** One code with all that is known about it. */
export interface CatalogueEntry extends EntryRow {
  readonly code: CatalogueCode;
  readonly kind: Kind;
  readonly origin: Origin;
  /** True where level, frequency and tier are our judgement and not the status catalogue's. */
  readonly judged: boolean;
}

/**
 * Every entry: first the status catalogue in its own order (14 order statuses, 3 dispute statuses, 28 error codes),
 * then the further codes of Klarna's APIs, then Kvitt's own.
 */
export const catalogue: readonly CatalogueEntry[] = tables.flatMap(({ kind, origin, rows }) =>
  rows.map((row): CatalogueEntry => ({ ...row, kind, origin, judged: origin !== 'seed' })),
);
