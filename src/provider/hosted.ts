/**
 * What a shopper does on a hosted page, each as one unit of work: for the page itself, and for suites that have no browser and use
 * the control API.
 *
 * ```ts
 * const pages = new HostedPages({ world, onCallbacks })
 * const { outcome } = await pages.open(hosted_id)
 * if (outcome.ok) outcome.value.redirect_url // where the shopper's browser is to go; undefined: it stays
 * ```
 */
import { type Ask, type Put, read, readShared, type Work } from '../store/store.ts';
import type { AuthorizeRequest } from './engine/authorize.ts';
import { identifyHosted, leaveHosted, type Moved, openHosted, readableHosted, redirectOf } from './engine/hosted.ts';
import { type Paid, payHosted } from './engine/hosted-pay.ts';
import { accept, map, type Outcome, refuse } from './engine/outcome.ts';
import type { Context, HostedSession, Merchant, Session } from './engine/state.ts';
import { recoveryPuts } from './klarna/token-records.ts';
import { leftBehind } from './tries.ts';
import type { World } from './world.ts';

interface HostedPagesOptions {
  readonly world: World;
  /** Told when a commit left something to deliver. */
  onCallbacks(merchant_id: string): void;
}

/** A hosted session with all that its page shows. */
export interface HostedPage extends Partial<Pick<Paid, 'tried' | 'refusal'>> {
  readonly hosted: HostedSession;
  readonly session: Session;
  readonly merchant: Merchant;
  /** Where the shopper is sent; absent: they stay on the page. */
  readonly redirect_url?: string;
}

export interface HostedResult {
  readonly outcome: Outcome<HostedPage>;
  /** Whose log it belongs in; absent when there is no such hosted session. */
  readonly about?: { readonly merchant_id: string; readonly at_ms: number; readonly subject: string };
}

type Came = Moved & Partial<Omit<Paid, keyof Moved>>;
type Command = (hosted: HostedSession, session: Session, context: Context) => Outcome<Came>;

export class HostedPages {
  readonly #options: HostedPagesOptions;

  constructor(options: HostedPagesOptions) {
    this.#options = options;
  }

  /** The page as it stands. Changes nothing. */
  async view(hosted_id: string): Promise<HostedResult> {
    const { store } = this.#options.world;
    const hosted = await store.get<HostedSession>('hosted', hosted_id.toLowerCase());
    const session = hosted && (await store.get<Session>('session', hosted.session_id));
    const merchant = hosted && (await store.get<Merchant>('merchant', hosted.merchant_id));
    if (!hosted || !session || !merchant) return UNKNOWN;
    const context = this.#context(merchant);
    const outcome = map(readableHosted(hosted, session, context), (current) =>
      page({ hosted: current }, session, merchant),
    );
    return { outcome, about: aboutOf(hosted, context) };
  }

  open(hosted_id: string): Promise<HostedResult> {
    return this.#command(hosted_id, openHosted);
  }

  /** A try to pay, as the JavaScript SDK's `authorize`. What it came to is `tried`; why no order was placed is `refusal`. */
  authorize(hosted_id: string, request: AuthorizeRequest): Promise<HostedResult> {
    return this.#command(hosted_id, (hosted, session, context) => payHosted(hosted, session, request, context));
  }

  back(hosted_id: string): Promise<HostedResult> {
    return this.#command(hosted_id, (hosted, session, context) => leaveHosted('back', hosted, session, context));
  }

  /** In e-commerce this is going back. */
  cancel(hosted_id: string): Promise<HostedResult> {
    return this.#command(hosted_id, (hosted, session, context) => leaveHosted('cancel', hosted, session, context));
  }

  identify(hosted_id: string): Promise<HostedResult> {
    return this.#command(hosted_id, identifyHosted);
  }

  async #command(hosted_id: string, command: Command): Promise<HostedResult> {
    const { result, calls } = await this.#options.world.store.run(() => this.#unit(hosted_id.toLowerCase(), command));
    if (calls && result.about) this.#options.onCallbacks(result.about.merchant_id);
    return result;
  }

  *#unit(hosted_id: string, command: Command): Work<{ result: HostedResult; calls: boolean }> {
    const hosted = yield* read<HostedSession>('hosted', hosted_id);
    const session = hosted && (yield* read<Session>('session', hosted.session_id));
    const merchant = hosted && (yield* readShared<Merchant>('merchant', hosted.merchant_id));
    if (!hosted || !session || !merchant) return { answer: { result: UNKNOWN, calls: false }, changes: {} };
    const context = this.#context(merchant);
    const outcome = command(hosted, session, context);
    const about = aboutOf(hosted, context);
    if (!outcome.ok) return { answer: { result: { outcome, about }, calls: false }, changes: {} };
    const came = outcome.value;
    const shown = accept(page(came, came.session ?? session, merchant));
    const answer = { result: { outcome: shown, about }, calls: came.callbacks.length > 0 };
    const changed = came.hosted === hosted ? undefined : came.hosted;
    const changes = leftBehind({ ...came, hosted: changed }, context);
    const recovery = yield* recovered(came, session, context);
    return { answer, changes: { ...changes, put: [...(changes.put ?? []), ...recovery] } };
  }

  #context(merchant: Merchant): Context {
    const { world } = this.#options;
    return { ...world, merchant, now_ms: world.now() + merchant.clock_offset_ms };
  }
}

/** An order from a session that recovers a failed charge gives the customer token its new method. */
function* recovered(
  { order, authorization }: Came,
  session: Session,
  context: Context,
): Generator<Ask, Put[], unknown> {
  return order && authorization ? yield* recoveryPuts(session, authorization, context) : [];
}

const UNKNOWN: HostedResult = {
  outcome: refuse('hosted_unknown', {
    message: 'There is no hosted session with this id.',
    change: 'Use the session_id from the answer to POST /hpp/v1/sessions.',
  }),
};

function aboutOf({ merchant_id, session_id }: HostedSession, { now_ms }: Context): HostedResult['about'] & object {
  return { merchant_id, at_ms: now_ms, subject: session_id };
}

function page(
  { hosted, tried, refusal }: Pick<Came, 'hosted' | 'tried' | 'refusal'>,
  session: Session,
  merchant: Merchant,
): HostedPage {
  const redirect_url = redirectOf(hosted, session);
  return {
    hosted,
    session,
    merchant,
    ...(redirect_url !== undefined && { redirect_url }),
    ...(tried && { tried }),
    ...(refusal && { refusal }),
  };
}
