/** The hosted page without a browser, and the messages that shoppers would have got. */
import { catalogueCodeFor } from '../../catalogue/index.ts';
import { hostedView } from '../engine/hosted.ts';
import type { Inbox, InboxMessage } from '../engine/state.ts';
import type { HostedPage, HostedPages, HostedResult } from '../hosted.ts';
import { klarnaError } from '../klarna/errors.ts';
import type { MerchantControl } from './merchants.ts';
import { type ControlCall, type ControlOptions, type ControlReply, limitOf, ok, refusedBy } from './reply.ts';
import { readAuthorize, tryView } from './shopper.ts';

export class HostedControl {
  readonly #options: ControlOptions;
  readonly #pages: HostedPages;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#pages = options.hosted;
  }

  async read({ params }: ControlCall): Promise<ControlReply> {
    const { outcome } = await this.#pages.view(params.session_id ?? '');
    return outcome.ok ? ok(pageView(outcome.value)) : refusedBy(outcome.refusal, 'readHostedSession');
  }

  open({ params }: ControlCall): Promise<ControlReply> {
    return reply(this.#pages.open(params.session_id ?? ''));
  }

  back({ params }: ControlCall): Promise<ControlReply> {
    return reply(this.#pages.back(params.session_id ?? ''));
  }

  cancel({ params }: ControlCall): Promise<ControlReply> {
    return reply(this.#pages.cancel(params.session_id ?? ''));
  }

  identify({ params }: ControlCall): Promise<ControlReply> {
    return reply(this.#pages.identify(params.session_id ?? ''));
  }

  /** One try to pay. @param outcome how it is to end, whatever the body says */
  async pay({ params, body }: ControlCall, outcome?: 'decline' | 'error'): Promise<ControlReply> {
    const { value, refused } = readAuthorize(body);
    if (refused) return refused;
    return reply(this.#pages.authorize(params.session_id ?? '', { ...value, ...(outcome && { outcome }) }));
  }

  /** Newest first. */
  async inbox(call: ControlCall, merchants: MerchantControl): Promise<ControlReply> {
    const { merchant, refused } = await merchants.addressed(call);
    if (refused) return refused;
    const limit = limitOf(call, 200);
    const inbox = await this.#options.world.store.get<Inbox>('inbox', merchant.merchant_id);
    const messages = (inbox?.messages ?? []).slice(0, limit).map(messageView);
    return ok({ merchant_id: merchant.merchant_id, messages });
  }
}

async function reply(result: Promise<HostedResult>): Promise<ControlReply> {
  const { outcome, about } = await result;
  if (!outcome.ok) return refusedBy(outcome.refusal, 'hosted', about);
  return { ...ok(pageView(outcome.value)), ...(about && { about: { ...about, ...reasons(outcome.value) } }) };
}

/** As the merchant reads it, with where the shopper goes and, after a try to pay, what that came to. */
function pageView({ hosted, redirect_url, tried, refusal }: HostedPage): object {
  const { session_id: payment_session_id, merchant_id } = hosted;
  return {
    ...hostedView(hosted),
    payment_session_id,
    merchant_id,
    ...(redirect_url !== undefined && { redirect_url }),
    ...(tried && { result: tryView(tried) }),
    ...(refusal && { order_refused: refusal.explanations }),
  };
}

/** Code and explanation of a try for the log: of the order that could not be placed, else of the try itself. */
function reasons({ tried, refusal }: HostedPage): object {
  if (refusal) {
    const { error_code, error_messages } = klarnaError(refusal, 'createOrder');
    return { code: catalogueCodeFor(error_code, error_messages), explanations: refusal.explanations };
  }
  if (!tried) return {};
  return { code: tried.code, ...(tried.explanation && { explanations: [tried.explanation] }) };
}

function messageView({ sent_at_ms, hosted_id, ...message }: InboxMessage): object {
  return { ...message, session_id: hosted_id, sent_at: new Date(sent_at_ms).toISOString() };
}
