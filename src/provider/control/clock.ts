/** The clock of a merchant: read, and moved forward. What becomes due by the move happens before the answer. */
import { text } from '../../wire/shape.ts';
import { addDuration } from './duration.ts';
import type { MerchantControl } from './merchants.ts';
import { type ControlCall, type ControlOptions, type ControlReply, closed, ok, problem, readAs } from './reply.ts';

const moveRequest = closed({ advance: text({ max: 64 }), now: text({ max: 64 }), merchant_id: text({ max: 64 }) });

/** How long the answer waits for callbacks that the move set off. Endpoints that hang must not hold the clock: the rest go on after it. */
const WAIT_FOR_CALLBACKS_MS = 3_000;
/** Beyond this a year has five digits, and ISO 8601 timestamps change their form. */
const LATEST_MS = Date.UTC(9999, 0);

export class ClockControl {
  readonly #options: ControlOptions;
  readonly #merchants: MerchantControl;

  constructor(options: ControlOptions, merchants: MerchantControl) {
    this.#options = options;
    this.#merchants = merchants;
  }

  async read(call: ControlCall): Promise<ControlReply> {
    const { merchant, refused } = await this.#merchants.addressed(call);
    return refused ?? ok(this.#view(merchant));
  }

  async move(call: ControlCall): Promise<ControlReply> {
    const { value: wanted, refused } = readAs(moveRequest, call.body);
    if (refused) return refused;
    if ((wanted.advance === undefined) === (wanted.now === undefined)) return EITHER;
    const { merchant, refused: unknown } = await this.#merchants.addressed(call);
    if (unknown) return unknown;
    let target_ms: number | undefined;
    let before_ms = 0;
    const moved = await this.#merchants.change(merchant.merchant_id, (current) => {
      const real_now_ms = this.#options.world.now();
      before_ms = real_now_ms + current.clock_offset_ms;
      target_ms = targetOf(wanted, before_ms);
      const movable = target_ms !== undefined && target_ms >= before_ms && target_ms < LATEST_MS;
      return movable ? { ...current, clock_offset_ms: (target_ms as number) - real_now_ms } : current;
    });
    const problems = refuseMove(wanted, before_ms, target_ms);
    if (problems) return problems;
    const { background, world } = this.#options;
    const done = await background.catchUp(merchant.merchant_id, WAIT_FOR_CALLBACKS_MS);
    const fired = { ...done, callbacks_waiting: await world.store.waiting(merchant.merchant_id) };
    const about = { merchant_id: merchant.merchant_id, at_ms: target_ms ?? before_ms };
    return { ...ok({ ...this.#view(moved ?? merchant), fired }), about };
  }

  #view({ merchant_id, clock_offset_ms }: { merchant_id: string; clock_offset_ms: number }): object {
    const now = new Date(this.#options.world.now() + clock_offset_ms).toISOString();
    return { merchant_id, now, ahead_of_real_time_ms: clock_offset_ms };
  }
}

const EITHER = problem(
  400,
  'BAD_VALUE',
  'Send either {"advance":"P28D"} (an ISO 8601 duration) or {"now":"2027-01-01T00:00:00Z"} (a date and time)',
);

function targetOf({ advance, now }: { advance?: string; now?: string }, from_ms: number): number | undefined {
  if (advance !== undefined) return addDuration(from_ms, advance);
  const target_ms = Date.parse(now ?? '');
  return Number.isNaN(target_ms) ? undefined : target_ms;
}

function refuseMove(
  wanted: { advance?: string; now?: string },
  before_ms: number,
  target_ms: number | undefined,
): ControlReply | undefined {
  if (target_ms === undefined || target_ms >= LATEST_MS) {
    return problem(
      400,
      'BAD_VALUE',
      `${wanted.advance ?? wanted.now} is no ISO 8601 duration or date that the clock can move to`,
    );
  }
  if (target_ms < before_ms) {
    return problem(
      400,
      'BAD_VALUE',
      `The clock stands at ${new Date(before_ms).toISOString()} and only moves forward; POST /control/reset starts over`,
    );
  }
  return undefined;
}
