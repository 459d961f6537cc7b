/** The request log: what clients asked, what they were answered, why, and what was called back. */
import type { LogEntry, LogQuery } from '../../store/store.ts';
import { type MerchantControl, unknownMerchant } from './merchants.ts';
import { type ControlCall, type ControlOptions, type ControlReply, ok, problem } from './reply.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MOST = 1_000;

export class LogControl {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  async find({ request: { query } }: ControlCall): Promise<ControlReply> {
    const [from_ms, to_ms] = [time(query.get('from')), time(query.get('to'))];
    if (Number.isNaN(from_ms) || Number.isNaN(to_ms))
      return problem(400, 'BAD_VALUE', 'from and to are ISO 8601 dates, 2027-01-01T00:00:00Z');
    const wanted: LogQuery = {
      merchant_id: query.get('merchant_id') ?? undefined,
      id: query.get('correlation_id')?.toLowerCase(),
      subject: (query.get('order_id') ?? query.get('session_id'))?.toLowerCase(),
      from_ms,
      to_ms,
      limit: Math.min(Math.max(Number(query.get('limit')) || LIMIT_DEFAULT, 1), LIMIT_MOST),
    };
    return ok({ entries: (await this.#options.world.store.log(wanted)).map(view) });
  }

  async read({ params }: ControlCall): Promise<ControlReply> {
    const id = (params.correlation_id ?? '').toLowerCase();
    const [entry] = await this.#options.world.store.log({ id, limit: 1 });
    return entry ? ok(view(entry)) : problem(404, 'NOT_FOUND', `No exchange has the correlation id ${id.slice(0, 80)}`);
  }

  async waiting(call: ControlCall, merchants: MerchantControl): Promise<ControlReply> {
    const merchant = await merchants.addressed(call);
    if (!merchant) return unknownMerchant(undefined);
    return ok({
      merchant_id: merchant.merchant_id,
      waiting: await this.#options.world.store.waiting(merchant.merchant_id),
    });
  }
}

/** Undefined when not asked for, NaN when not a date. */
function time(value: string | null): number | undefined {
  return value === null ? undefined : Date.parse(value);
}

function view(entry: LogEntry): object {
  const { id, at_ms, subject, note, request, response, ...rest } = entry;
  return {
    correlation_id: id,
    at: new Date(at_ms).toISOString(),
    ...rest,
    ...(subject && { about: subject }),
    ...(note && (JSON.parse(note) as object)),
    ...(request && { request: parsed(request) }),
    ...(response && { response: parsed(response) }),
  };
}

/** JSON as JSON, so that it reads well; anything else as the text it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
