/**
 * The calls of the payment page when it is a hosted one. What says which hosted session they are about is the end of its link: it
 * is all that a shopper has, and a client token in its place would let a browser pay past the hosted session.
 */
import type { KeyObject } from 'node:crypto';
import type { AuthorizeRequest } from '../engine/authorize.ts';
import { pageCategories } from '../engine/hosted.ts';
import type { HostedPage, HostedPages, HostedResult } from '../hosted.ts';
import { hostedIdOf } from '../hosted-links.ts';
import type { World } from '../world.ts';
import type { HostedEnd } from './browser/protocol.ts';
import { imagesOf, lookOf } from './look.ts';
import {
  contextOf,
  fixable,
  loggable,
  type PageApi,
  type PageCall,
  type PageReply,
  problemOf,
  readTry,
  refused,
  resultOf,
  sessionView,
  told,
} from './page-api.ts';

export interface HostedApiOptions {
  readonly world: World;
  /** Key of the signatures that this installation issues. */
  readonly secret: KeyObject;
  /** Whether shoppers may choose how a try ends. */
  readonly local: boolean;
  readonly hosted: HostedPages;
}

/** A call by a browser that has the link; `link` is its end. */
type HostedCall = Omit<PageCall, 'session_id'> & { readonly link: string };

export class HostedApi {
  readonly #options: HostedApiOptions;
  readonly #page: PageApi;

  constructor(options: HostedApiOptions, page: PageApi) {
    this.#options = options;
    this.#page = page;
  }

  /** The answer to a call of the page; undefined where there is none. */
  answer(name: string, call: HostedCall): Promise<PageReply> | undefined {
    const hosted_id = hostedIdOf(call.link);
    if (!Object.hasOwn(HANDLERS, name)) return undefined;
    // Told like an expired one: a link that was cut short is as good as none.
    if (!hosted_id) return Promise.resolve(told(problemOf('session_unknown')));
    return HANDLERS[name]?.(this, hosted_id, call);
  }

  async open(hosted_id: string, call: HostedCall): Promise<PageReply> {
    const { world, local, hosted: pages } = this.#options;
    const result = await pages.open(hosted_id);
    this.#note(call, result);
    if (!result.outcome.ok) return this.#refused(hosted_id, result);
    const { hosted, session, merchant } = result.outcome.value;
    const categories = pageCategories(hosted, session);
    const view = sessionView({ ...session, categories }, contextOf(world, merchant), local);
    return told({ ...view, look: lookOf(hosted.options) });
  }

  /** The images that the page of a hosted session may load. */
  async images(hosted_id: string | undefined): Promise<string[]> {
    if (hosted_id === undefined) return [];
    const { outcome } = await this.#options.hosted.view(hosted_id);
    return outcome.ok ? imagesOf(lookOf(outcome.value.hosted.options)) : [];
  }

  async signIn(hosted_id: string, call: HostedCall): Promise<PageReply> {
    const { outcome } = await this.#options.hosted.view(hosted_id);
    if (!outcome.ok) return told(problemOf('session_unknown'));
    return this.#page.signIn({ ...call, session_id: outcome.value.session.session_id }, hosted_id);
  }

  async authorize(hosted_id: string, call: HostedCall): Promise<PageReply> {
    const { asked, reply } = readTry(call.body, hosted_id, this.#options);
    if (reply) return reply;
    const result = await this.#tried(hosted_id, asked);
    this.#note(call, result);
    return result.outcome.ok ? told(endOf(result.outcome.value)) : this.#refused(hosted_id, result);
  }

  /** Whoever gives up on this page cancels; there is no window of Klarna's to close before the shop's. */
  #tried(hosted_id: string, { auto_finalize: _oneStep, ...asked }: AuthorizeRequest): Promise<HostedResult> {
    const { hosted } = this.#options;
    if (asked.outcome === 'back') return hosted.back(hosted_id);
    if (asked.outcome === 'abandon') return hosted.cancel(hosted_id);
    // A second step would have nobody to take it: the shop has no page here.
    return hosted.authorize(hosted_id, asked);
  }

  async #refused(hosted_id: string, { outcome }: HostedResult): Promise<PageReply> {
    if (outcome.ok) return told({});
    const { reason } = outcome.refusal;
    // The page was drawn before other categories took the place of those that it shows.
    if (reason === 'bad_hosted_session') return told(OTHERS);
    if (reason !== 'hosted_ended') return refused(outcome);
    const { outcome: now } = await this.#options.hosted.view(hosted_id);
    if (!now.ok) return told({ problem: 'link_ended' });
    const { hosted, session, redirect_url } = now.value;
    // Whoever opens the link again, or pressed the browser's back button, is where the purchase had left them.
    if (hosted.status === 'COMPLETED')
      return told({ problem: 'session_completed', ...(redirect_url !== undefined && { redirect_url }) });
    return told({ problem: session.status === 'complete' ? 'session_completed' : 'link_ended' });
  }

  /** What the shopper did belongs to the story that the log tells. */
  #note({ correlation_id, path, body, fault }: HostedCall, { outcome, about }: HostedResult): void {
    if (!about) return;
    const explanations = outcome.ok ? outcome.value.refusal?.explanations : outcome.refusal.explanations;
    const tried = outcome.ok ? outcome.value.tried : undefined;
    const because = explanations ?? (tried?.explanation && [tried.explanation]);
    const note = {
      ...(tried && { code: tried.code }),
      ...(because && { explanations: because }),
      ...(fault && { fault: { ...fault, took_effect: outcome.ok } }),
    };
    this.#options.world.store.note({
      id: correlation_id,
      ...about,
      direction: 'incoming',
      method: 'POST',
      path,
      status: 200,
      request: loggable(body),
      response: tried ? JSON.stringify(resultOf(tried)) : '',
      note: Object.keys(note).length > 0 ? JSON.stringify(note) : '',
    });
  }
}

type Handler = (api: HostedApi, hosted_id: string, call: HostedCall) => Promise<PageReply>;

const HANDLERS: Readonly<Record<string, Handler>> = {
  'POST /open': (api, hosted_id, call) => api.open(hosted_id, call),
  'POST /sign-in': (api, hosted_id, call) => api.signIn(hosted_id, call),
  'POST /authorize': (api, hosted_id, call) => api.authorize(hosted_id, call),
};

const OTHERS: HostedEnd = { approved: false, show_form: true, other_options: true };

/** What the shopper sees of a try. The token stays out of it: where the shop wants it, it is in the URL. */
function endOf({ hosted: { status }, redirect_url, tried }: HostedPage): HostedEnd {
  if (status === 'IN_PROGRESS') {
    if (tried?.invalid_fields) return fixable(tried.invalid_fields);
    return tried && !tried.approved && !tried.show_form ? OTHERS : { approved: false, show_form: true };
  }
  return {
    approved: status === 'COMPLETED',
    show_form: status !== 'FAILED',
    ...(status === 'ERROR' && { failed: true }),
    ...(redirect_url !== undefined && { redirect_url }),
  };
}
