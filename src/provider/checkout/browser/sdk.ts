/** `Klarna.Payments`: what a shop's page embeds. Interface of Klarna's JavaScript SDK for Klarna Payments. */
import { CallFailed, callApi } from './calls.ts';
import type { KlarnaPayments } from './klarna-payments.d.ts';
import type { Chosen, HeightMessage, LoadResult, PageMessage, Show, Told, TryResult } from './protocol.ts';
import { KlarnaPaymentsError } from './sdk-errors.ts';
import { openSurface, type Surface } from './sdk-window.ts';

interface Options {
  readonly container?: unknown;
  readonly payment_method_category?: unknown;
  readonly payment_method_categories?: unknown;
  readonly preferred_payment_method?: unknown;
  readonly instance_id?: unknown;
  readonly auto_finalize?: unknown;
}
type Callback<R> = (result: R) => void;
type Data = object;
/** Told the height, where the event is about one. */
type Handler = (...values: readonly number[]) => void;

/** What `init` was given, read out of it. */
interface Session {
  readonly client_token: string;
  readonly country: string;
  readonly categories: readonly string[];
  /** It mends the charge of a customer token: such shops authorize without `load`. */
  readonly step_up: boolean;
}

interface Loaded {
  readonly instance_id: unknown;
  readonly categories: readonly string[];
  readonly preferred_payment_method?: string | undefined;
}

/** The page is open. More calls of `authorize` join this one: there is one shopper. */
interface Opened {
  readonly surface: Surface;
  readonly callbacks: Callback<TryResult>[];
}

const BASE = new URL((document.currentScript as HTMLScriptElement).src).origin;

const CATEGORIES = ['klarna', 'pay_later', 'pay_now', 'pay_over_time', 'direct_bank_transfer', 'direct_debit'];
const PREFERRED = [
  'invoice',
  'fixed_amount',
  'base_account',
  'direct_debit',
  'direct_bank_transfer',
  'b2b_invoice',
  'card',
  'slice_it_by_card',
  'pay_later_by_card',
  'pay_by_card',
  'fixed_sum_credit',
  'alternative_payment_method',
];
const EVENTS = ['heightChanged', 'fullscreenOverlayShown', 'fullscreenOverlayHidden'];

const HIDDEN: LoadResult = { show_form: false };
const REFUSED: TryResult = { show_form: false, approved: false };
const CLOSED: TryResult = { approved: false, show_form: true };

let session: Session | undefined;
let opened: Opened | undefined;
/** What was loaded: with which categories (none for all), and under which name, for shops with several containers. */
let loaded: Loaded[] = [];
/** What the shopper chose when approved, by the categories that were asked for. */
const approved = new Map<string, Chosen>();
let waitsForFinalize = false;
const handlers = new Map<string, Set<Handler>>();

const Payments: KlarnaPayments = {
  init(options?: { client_token?: unknown }): void {
    session = readToken(options?.client_token);
    loaded = [];
    approved.clear();
    waitsForFinalize = false;
  },

  load(options: Options = {}, second?: Data | Callback<LoadResult>, third?: Callback<LoadResult>): void {
    const [data, callback] = dataAndCallback(second, third);
    const refuse = refusal(callback, HIDDEN);
    const { client_token } = initialized(refuse);
    const container = containerOf(options, refuse);
    const categories = categoriesOf(options, refuse);
    const { preferred_payment_method: preferred } = options;
    const preferred_payment_method = PREFERRED.find((method) => method === preferred);
    if (preferred !== undefined && !preferred_payment_method)
      refuse('PreferredPaymentMethodNotSupportedError', `There is no payment method ${String(preferred)}`);
    loaded.unshift({ instance_id: options.instance_id, categories, preferred_payment_method });
    const asked = { ...several(categories), data };
    void told<LoadResult>('/load', asked, HIDDEN, HIDDEN).then((result) => {
      container.replaceChildren();
      if (result.show_form) describe(container, client_token, categories);
      callback(result.error ? { show_form: result.show_form, error: result.error } : { show_form: result.show_form });
    });
  },

  loadPaymentReview(options: Options = {}, callback: Callback<LoadResult> = () => {}): void {
    const refuse = refusal(callback, HIDDEN);
    const { client_token, country } = initialized(refuse);
    if (country !== 'US') refuse('OperationNotSupportedError', 'Payment reviews exist in the US only');
    const container = containerOf(options, refuse);
    void told<LoadResult>('/load', {}, HIDDEN, HIDDEN).then(({ show_form }) => {
      container.replaceChildren();
      if (show_form) describe(container, client_token, []);
      callback({ show_form });
    });
  },

  authorize(options: Options = {}, second?: Data | Callback<TryResult>, third?: Callback<TryResult>): void {
    const [data, callback] = dataAndCallback(second, third);
    const categories = loadedCategories(options, refusal(callback, REFUSED));
    openPage(options, categories, data, callback);
  },

  reauthorize(options: Options = {}, second?: Data | Callback<TryResult>, third?: Callback<TryResult>): void {
    const [data, callback] = dataAndCallback(second, third);
    const categories = loadedCategories(options, refusal(callback, REFUSED));
    // Who was approved before need not see the page again.
    const chosen = approved.get(String(categories));
    if (chosen) void told<TryResult>('/authorize', { ...chosen, data }, CLOSED, REFUSED).then(callback);
    else openPage({ ...options, auto_finalize: true }, categories, data, callback);
  },

  finalize(options: Options = {}, second?: Data | Callback<TryResult>, third?: Callback<TryResult>): void {
    const [data, callback] = dataAndCallback(second, third);
    const refuse = refusal(callback, REFUSED);
    loadedCategories(options, refuse);
    if (!waitsForFinalize) refuse('OperationNotSupportedError', 'No authorization waits to be finalized');
    void told<TryResult>('/finalize', { data }, CLOSED, REFUSED).then((result) => {
      waitsForFinalize = !result.approved && result.show_form;
      callback(result);
    });
  },

  on(event: string, handler: Handler): void {
    handlersOf(event).add(handler);
  },

  off(event: string, handler: Handler): void {
    handlersOf(event).delete(handler);
  },
};

type Refuse = (name: ConstructorParameters<typeof KlarnaPaymentsError>[0], message: string) => never;

/** Throws, after the callback has run: shops that listen to one of the two only hear of it either way. */
function refusal<R>(callback: Callback<R>, result: R): Refuse {
  return (name, message) => {
    callback(result);
    throw new KlarnaPaymentsError(name, message);
  };
}

function dataAndCallback<R>(second?: Data | Callback<R>, third?: Callback<R>): [Data, Callback<R>] {
  const callback = typeof second === 'function' ? (second as Callback<R>) : third;
  return [typeof second === 'object' && second ? second : {}, callback ?? (() => {})];
}

/** A JWT that names a session. Whether it is genuine is for the server to say. */
function readToken(token: unknown): Session {
  try {
    const part = String(token).split('.')[1] ?? '';
    const bytes = Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    if (typeof claims.session_id !== 'string') throw new Error();
    const { purchase_country, payment_method_categories: list, step_up } = claims;
    const categories = Array.isArray(list) ? list.map(String) : [];
    return { client_token: String(token), country: String(purchase_country), categories, step_up: step_up === true };
  } catch {
    throw new KlarnaPaymentsError('InvalidClientTokenError', 'client_token is not the token of a session');
  }
}

function initialized(refuse: Refuse): Session {
  if (session) return session;
  return refuse('ApplicationNotInitializedError', 'Call Klarna.Payments.init first');
}

function containerOf({ container }: Options, refuse: Refuse): HTMLElement {
  if (container instanceof HTMLElement) return container;
  try {
    const found = typeof container === 'string' ? document.querySelector(container) : null;
    if (found instanceof HTMLElement) return found;
  } catch {
    // No selector at all: the same to the shop.
  }
  return refuse('InvalidContainerSelectorError', `container ${String(container)} is not in the page`);
}

/** The categories that the call names; none for all of the session's. */
function categoriesOf(options: Options, refuse: Refuse): readonly string[] {
  const { payment_method_category: single, payment_method_categories: list } = options;
  const named = Array.isArray(list) ? list : single === undefined ? [] : [single];
  const unknown = named.find((name) => !CATEGORIES.includes(name));
  if (unknown !== undefined)
    refuse('PaymentMethodCategoryNotSupportedError', `There is no category ${String(unknown)}`);
  if (named.length === 0 && (session?.categories.length ?? 0) > 1)
    refuse('PaymentMethodCategoryNotProvidedError', 'The session has several categories: name one or more of them');
  return named;
}

/** Categories that were given to `load`, or it fails. */
function loadedCategories(options: Options, refuse: Refuse): readonly string[] {
  const { step_up } = initialized(refuse);
  const mine = loaded.filter(({ instance_id }) => instance_id === options.instance_id);
  if (step_up && mine.length === 0) return categoriesOf(options, refuse);
  if (mine.length === 0) refuse('ApplicationNotLoadedError', 'Call Klarna.Payments.load first');
  const all = mine.some(({ categories }) => categories.length === 0);
  const { payment_method_category: single, payment_method_categories: list } = options;
  if (!all && single === undefined && list === undefined)
    refuse('PaymentMethodCategoryNotProvidedError', 'Name the category that was given to load');
  const named = categoriesOf(options, refuse);
  if (!all && !mine.some(({ categories }) => named.every((name) => categories.includes(name))))
    refuse('ApplicationNotLoadedError', `${named.join(', ')} was not given to load`);
  return named;
}

const several = (categories: readonly string[]) =>
  categories.length > 0 ? { payment_method_categories: categories } : {};

/** An answer of the server: `failed` when there was none, `refused` when the session or its token is at an end. */
async function told<R extends object>(path: string, body: object, failed: R, refused: R): Promise<R> {
  try {
    const answer = await callApi<Told<R>>(BASE, session?.client_token ?? '', path, body);
    return answer.problem ? refused : (answer as R);
  } catch (error) {
    return error instanceof CallFailed && error.status === 401 ? refused : failed;
  }
}

function openPage(
  { instance_id, auto_finalize }: Options,
  categories: readonly string[],
  data: Data,
  callback: Callback<TryResult>,
): void {
  if (opened) {
    opened.callbacks.push(callback);
    opened.surface.focus();
    return;
  }
  const callbacks = [callback];
  const done = (result: TryResult, chosen?: Chosen) => {
    opened = undefined;
    if (result.approved && chosen) approved.set(String(categories), chosen);
    waitsForFinalize = result.finalize_required === true;
    for (const each of callbacks) each(result);
  };
  // The window has to be opened within the click, so before the server has answered.
  const client_token = session?.client_token ?? '';
  const { preferred_payment_method } = loaded.find((each) => each.instance_id === instance_id) ?? {};
  const show: Show = {
    kvitt: 'show',
    client_token,
    categories,
    auto_finalize: auto_finalize !== false,
    preferred_payment_method,
  };
  const begun = told<TryResult & { open?: boolean }>('/begin', { ...several(categories), data }, CLOSED, REFUSED);
  const surface = openSurface({
    base: BASE,
    show: begun.then(({ open }) => (open ? show : new Promise<Show>(() => {}))),
    ended: (result, chosen) => done(result ?? CLOSED, chosen),
    overlay: (shown) => emit(shown ? 'fullscreenOverlayShown' : 'fullscreenOverlayHidden'),
  });
  opened = { surface, callbacks };
  void begun.then(({ open, ...result }) => {
    if (open || opened?.surface !== surface) return;
    surface.close();
    done(result);
  });
}

/** The ways to pay, described in the shop's container. */
function describe(container: HTMLElement, client_token: string, categories: readonly string[]): void {
  const frame = document.createElement('iframe');
  frame.title = 'Klarna';
  Object.assign(frame.style, { width: '100%', height: '0', border: '0', display: 'block' });
  const show: Show = { kvitt: 'show', client_token, categories, auto_finalize: true };
  window.addEventListener('message', function listen(event: MessageEvent<PageMessage | HeightMessage | null>) {
    // Taken out of the page: nobody talks to us any more.
    if (!frame.isConnected) return window.removeEventListener('message', listen);
    if (event.source !== frame.contentWindow || event.origin !== BASE || !event.data) return;
    if (event.data.kvitt === 'ready') frame.contentWindow?.postMessage(show, BASE);
    if (event.data.kvitt !== 'height') return;
    frame.style.height = `${Number(event.data.height)}px`;
    emit('heightChanged', Number(event.data.height));
  });
  frame.src = `${BASE}/checkout/widget`;
  container.append(frame);
}

function handlersOf(event: string): Set<Handler> {
  if (!EVENTS.includes(event)) throw new KlarnaPaymentsError('EventNotSupportedError', `There is no event ${event}`);
  const known = handlers.get(event) ?? new Set();
  handlers.set(event, known);
  return known;
}

function emit(event: string, ...values: readonly number[]): void {
  for (const handler of handlersOf(event)) handler(...values);
}

/** Tells the shop that the SDK is there; a shop that says later what to call hears it once its page is read. */
function announce(): void {
  // Embedded twice: the first one knows the session.
  if (!window.Klarna?.Payments) window.Klarna = { ...window.Klarna, Payments };
  const tell = () => window.klarnaAsyncCallback?.();
  if (window.klarnaAsyncCallback) setTimeout(tell);
  else document.addEventListener('DOMContentLoaded', tell, { once: true });
}

announce();
