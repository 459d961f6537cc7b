/** The queries of the settlements API. All values travel as text. Source: settlements OpenAPI document. */
import { currency, UUID } from './common.ts';
import { type Infer, integer, object, type Rule, required, text } from './shape.ts';

/** Results a page may have, and has when nobody says how many. */
export const PAGE_SIZE = { most: 500, usual: 20 } as const;

const wholeNumber = (limits: { min: number; max: number }): Rule<number> => {
  const rule = integer(limits);
  return (value, scan) => rule(typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value, scan);
};

const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/** A date or a date with a time, in epoch ms: without a time midnight, without a zone UTC. */
const moment = (): Rule<number> => {
  const rule = text({ max: 64 });
  const described = text({ max: 64, pattern: /^(?!)/, like: 'an ISO 8601 date and time, 2027-01-31T00:00:00Z' });
  return (value, scan) => {
    const given = rule(value, scan);
    if (given === undefined) return undefined;
    // A plus that was not percent-encoded arrives as a blank.
    const [, date, time = 'T00:00', zone = 'Z'] = ISO_8601.exec(given.replace(' ', '+')) ?? [];
    const day_ms = Date.parse(`${date}T00:00Z`);
    const isDay = date !== undefined && !Number.isNaN(day_ms) && new Date(day_ms).toISOString().startsWith(date);
    const at_ms = isDay ? Date.parse(`${date}${time}${zone}`.toUpperCase()) : Number.NaN;
    if (!Number.isNaN(at_ms)) return at_ms;
    described(given, scan);
    return undefined;
  };
};

const reference = () => text({ max: 64 });
const order_id = () => text({ pattern: UUID, like: 'a UUID' });
const page = {
  size: wholeNumber({ min: 1, max: PAGE_SIZE.most }),
  offset: wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }),
};

export const payoutsQuery = object({ start_date: moment(), end_date: moment(), currency_code: currency(), ...page });
export const summaryQuery = object({
  start_date: required(moment()),
  end_date: required(moment()),
  currency_code: currency(),
});
export const transactionsQuery = object({ payment_reference: reference(), order_id: order_id(), ...page });
export const payoutReportQuery = object({ payment_reference: required(reference()) });

export type PayoutsQuery = Infer<typeof payoutsQuery>;
export type SummaryQuery = Infer<typeof summaryQuery>;
export type TransactionsQuery = Infer<typeof transactionsQuery>;
export type PayoutReportQuery = Infer<typeof payoutReportQuery>;
