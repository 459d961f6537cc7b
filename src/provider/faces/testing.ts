/**
 * One merchant with all faces, for tests: purchases are begun through any of them, and an order is worked on through every face that can
 * name it. What each face said about a change is boiled down to whether the change was made.
 */
import assert from 'node:assert/strict';
import { decimalFromMinor } from '../../money/decimal.ts';
import { CybersourceShop, KLARNA, partBody, URLS } from '../cybersource/testing.ts';
import { PurseShop, type TransactionRead } from '../purse/testing.ts';
import type { Json, SharedProvider, Shop } from '../testing.ts';

/** How a purchase comes about: the face that opens it, and where it is another one, the face that makes an order of it. */
export const BEGINNINGS = [
  'klarna',
  'klarna, auto_capture',
  'cybersource HOP',
  'cybersource inline',
  'klarna, then cybersource',
  'cybersource, then klarna',
  'purse v1',
  'purse v1, one step',
  'purse v1, own page',
  'purse v1, off session',
  'purse v2',
] as const;
type Beginning = (typeof BEGINNINGS)[number];

const MARKETS = {
  FR: { country: 'FR', currency: 'EUR', locale: 'fr-FR' },
  US: { country: 'US', currency: 'USD', locale: 'en-US' },
} as const;
export type Market = keyof typeof MARKETS;

export interface Purchase {
  readonly begun: Beginning;
  readonly market: Market;
  /** Minor units. */
  readonly amount: number;
  /** Klarna has to think about it first. */
  readonly review: boolean;
}

/** By which names the faces know an order. */
export interface Named {
  readonly order_id: string;
  readonly currency: string;
  /** Request ids at Cybersource. */
  readonly authorization?: string;
  readonly captures: Map<string, string>;
  readonly refunds: Map<string, string>;
  readonly reversals: string[];
  readonly purse?: { readonly session_id: string; readonly payment_id: string };
}

/** A change of an order's money. */
export type Change =
  | { readonly do: 'capture'; readonly amount: number; readonly final?: boolean }
  | { readonly do: 'refund'; readonly amount: number; readonly capture_id?: string; readonly unmatched?: boolean }
  | { readonly do: 'cancel' | 'release' }
  | { readonly do: 'update'; readonly amount: number };

export const FACES = ['klarna', 'cybersource', 'purse v1', 'purse v2'] as const;
export type Face = (typeof FACES)[number];

/** What came of a change: `asked` is false where the face has no such call. */
export interface Came {
  readonly asked: boolean;
  readonly done: boolean;
  /** For the message of an assertion. */
  readonly told: string;
}
const NOT_ASKED: Came = { asked: false, done: false, told: '' };

/** A call that named an order, for comparison with the log. */
export interface Trail {
  readonly order_id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface PaymentRead extends Json {
  readonly id: string;
  readonly currency: string;
  readonly overview: string;
  readonly amounts: Readonly<Record<string, number>>;
  readonly authorization: {
    readonly status: string;
    readonly partner_transactions: readonly { readonly partner_data: { readonly klarna_order_id?: string } }[];
  };
  readonly operations: readonly { readonly id: string; readonly type: string; readonly amount: number }[];
}

const SHOP_URL = 'https://shop.example/done';

export class ManyFaces {
  readonly klarna: Shop;
  readonly cybersource: CybersourceShop;
  readonly purse: PurseShop;
  readonly world: SharedProvider;
  readonly trail: Trail[] = [];

  private constructor(world: SharedProvider, purse: PurseShop, cybersource: CybersourceShop) {
    this.world = world;
    this.purse = purse;
    this.klarna = purse.klarna;
    this.cybersource = cybersource;
  }

  static async open(world: SharedProvider, settings: object = {}): Promise<ManyFaces> {
    const purse = await PurseShop.open(world, {}, { cybersource_duplicates: 'accepted', ...settings });
    const cybersource = await CybersourceShop.of(() => world.provider, purse.klarna.merchant_id);
    return new ManyFaces(world, purse, cybersource);
  }

  control(method: string, path: string, body?: object): Promise<Json> {
    return this.world.provider.control(method, path, body);
  }

  // ---- Purchases -----------------------------------------------------------------------------------------

  async place(purchase: Purchase): Promise<Named> {
    const { begun } = purchase;
    if (begun.startsWith('purse')) return this.#throughPurse(purchase);
    const { token, session } = begun.startsWith('cybersource')
      ? await this.#approvedAtCybersource(purchase)
      : await this.#approvedAtKlarna(purchase);
    if (begun === 'klarna, then cybersource' || begun === 'cybersource HOP' || begun === 'cybersource inline')
      return this.#authorized(token, purchase);
    const body = { ...klarnaPurchase(purchase), auto_capture: begun === 'klarna, auto_capture' };
    const answer = await this.klarna.order(token, body);
    assert.equal(answer.status, 200, answer.text);
    if (session) assert.equal((await this.cybersource.check(session)).status, 'COMPLETED');
    return this.#named(String(answer.body.order_id), purchase);
  }

  #named(order_id: string, { market }: Purchase, more: Partial<Named> = {}): Named {
    const { currency } = MARKETS[market];
    return { order_id, currency, captures: new Map(), refunds: new Map(), reversals: [], ...more };
  }

  async #approvedAtKlarna(purchase: Purchase): Promise<{ token: string; session?: string }> {
    return this.klarna.newToken(klarnaPurchase(purchase), outcomeOf(purchase)).then(({ token }) => ({ token }));
  }

  async #approvedAtCybersource(purchase: Purchase): Promise<{ token: string; session?: string }> {
    const flow = purchase.begun === 'cybersource HOP' ? 'HOP' : 'inline';
    const { id } = await this.cybersource.expect('INITIATED', 'POST', '/pts/v2/payment-references', {
      ...cybersourcePurchase(purchase),
      processingInformation: { actionList: ['AP_SESSIONS'], sessionType: 'N', paymentFlowMode: flow },
      merchantInformation: URLS,
    });
    if (!purchase.review) return { token: await this.cybersource.approve(id), session: id };
    const { session_id, hosted_id } = await this.control('GET', `/cybersource/${id}`);
    const where = hosted_id ? `/hpp/sessions/${hosted_id}/complete` : `/sessions/${session_id}/authorize`;
    await this.control('POST', where, outcomeOf(purchase));
    return { token: (await this.cybersource.check(id)).processorInformation.token ?? '', session: id };
  }

  async #authorized(preApprovalToken: string, purchase: Purchase): Promise<Named> {
    const { id, processorInformation } = await this.cybersource.expect('AUTHORIZED', 'POST', '/pts/v2/payments', {
      ...cybersourcePurchase(purchase),
      processingInformation: { actionList: ['AP_AUTH'] },
      processorInformation: { preApprovalToken },
    });
    const named = this.#named(processorInformation.transactionId, purchase, { authorization: id });
    this.#noted(named, 'POST', '/pts/v2/payments', 201);
    return named;
  }

  async #throughPurse(purchase: Purchase): Promise<Named> {
    const begun = await (purchase.begun === 'purse v2' ? this.#begunInV2(purchase) : this.#begunInV1(purchase));
    const { hosted_id, payment_id } = begun;
    if (hosted_id) await this.control('POST', `/hpp/sessions/${hosted_id}/complete`, outcomeOf(purchase));
    const { client_session_id, authorization } = await this.payment(payment_id);
    const order_id = authorization.partner_transactions[0]?.partner_data.klarna_order_id;
    assert.ok(order_id, 'Purse placed the order');
    return this.#named(order_id, purchase, { purse: { session_id: String(client_session_id), payment_id } });
  }

  /** A charge without the shopper, of a token that an information request left behind. */
  async #chargedInV1(purchase: Purchase): Promise<{ payment_id: string }> {
    const session = await this.purse.session(pursePurchase({ ...purchase, amount: 0 }));
    const { id } = await this.purse.pay(session);
    const { redirection: _nobody, ...order } = pursePurchase(purchase);
    const charge = await this.purse.about(id, 'off_session_authorize', { order });
    assert.equal(charge.body.status.state, 'SUCCESS', charge.text);
    return { payment_id: charge.body.id };
  }

  async #begunInV1(purchase: Purchase): Promise<{ hosted_id?: string; payment_id: string }> {
    if (purchase.begun === 'purse v1, off session') return this.#chargedInV1(purchase);
    const account = (capture: string) =>
      this.control('PATCH', `/merchants/${this.klarna.merchant_id}/purse`, { capture });
    const isOneStep = purchase.begun === 'purse v1, one step';
    if (isOneStep) await account('AUTOMATIC');
    const session = await this.purse.session(pursePurchase(purchase));
    if (isOneStep) await account('MANUAL');
    if (purchase.begun !== 'purse v1, own page') {
      const { hosted_id, transaction_id } = await this.purse.begin(session);
      return { hosted_id, payment_id: transaction_id };
    }
    await this.purse.init(session);
    const authorization_token = await this.klarna.approve(session, outcomeOf(purchase));
    const { results } = await this.purse.apply(session, { payment_data: { authorization_token } });
    return { payment_id: results[0]?.transaction_id ?? '' };
  }

  async #begunInV2({ market, amount }: Purchase): Promise<{ hosted_id: string; payment_id: string }> {
    const { country, currency } = MARKETS[market];
    const made = await this.purse.call<PaymentRead>('POST', '/payment/v2/payments', {
      entity_id: this.purse.entity_id,
      amount,
      currency,
      order: { reference: 'cart', net_amount: amount, billing_address: { country_code: country } },
      shopper_redirection_url: SHOP_URL,
      split: [{ partner: 'klarna', method: 'installments', amount }],
    });
    assert.equal(made.status, 201, made.text);
    const [{ partner_data } = { partner_data: {} }] = made.body.authorization.partner_transactions;
    const { hpp_session_id } = partner_data as { hpp_session_id?: string };
    return { hosted_id: hpp_session_id ?? '', payment_id: made.body.id };
  }

  /** A payment as v2 shows it, whichever generation made it. */
  async payment(payment_id: string): Promise<PaymentRead> {
    const answer = await this.purse.call<PaymentRead>('GET', `/payment/v2/payments/${payment_id}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  /** The transactions of one payment, oldest first; a session may have several. */
  async transactions({ session_id, payment_id }: NonNullable<Named['purse']>): Promise<readonly TransactionRead[]> {
    const ids = new Set([payment_id]);
    const all = await this.purse.list(session_id);
    return all.filter(
      ({ id, parent_transaction_id = '' }) => id === payment_id || (ids.has(parent_transaction_id) && ids.add(id)),
    );
  }

  // ---- Changes -------------------------------------------------------------------------------------------

  /** Makes a change through a face, or does not where that face cannot name the order or has no such call. */
  async change(face: Face, change: Change, named: Named): Promise<Came> {
    if (face === 'klarna') return this.#atKlarna(change, named);
    if (face === 'cybersource') return this.#atCybersource(change, named);
    return this.#atPurse(face, change, named);
  }

  #noted(named: Named, method: string, path: string, status: number): void {
    this.trail.push({ order_id: named.order_id, method, path, status });
  }

  async #atKlarna(change: Change, named: Named): Promise<Came> {
    const { method, path, body } = klarnaCall(change);
    const answer = await this.klarna.manage(method, named.order_id, path, body);
    this.#noted(named, method, `/ordermanagement/v1/orders/${named.order_id}${path}`, answer.status);
    return { asked: true, done: answer.status < 300, told: `${method} ${path}: ${answer.status} ${answer.text}` };
  }

  async #atCybersource(change: Change, named: Named): Promise<Came> {
    const call = cybersourceCall(change, named);
    if (!call) return NOT_ASKED;
    const { status, body, text } = await this.cybersource.call('POST', call.path, call.body);
    // To capture or refund nothing is wrong in itself: it is refused before anybody looks which order it is about.
    const isNothing = (change.do === 'capture' || change.do === 'refund') && change.amount === 0;
    if (!isNothing) this.#noted(named, 'POST', call.path, status);
    const done = status === 201 && body.status !== 'FAILED';
    if (done && change.do === 'capture') named.captures.set(body.processorInformation.transactionId, body.id);
    if (done && change.do === 'refund') named.refunds.set(body.processorInformation.transactionId, body.id);
    if (done && change.do === 'cancel') named.reversals.push(body.id);
    return { asked: true, done, told: `POST ${call.path}: ${status} ${text}` };
  }

  async #atPurse(face: 'purse v1' | 'purse v2', change: Change, named: Named): Promise<Came> {
    const call = face === 'purse v1' ? await this.#v1Call(change, named) : v2Call(change, named);
    if (!call) return NOT_ASKED;
    const { status, body, text } = await this.purse.call<TransactionRead>('POST', call.path, call.body);
    this.#noted(named, 'POST', call.path, status);
    const state = typeof body.status === 'object' ? body.status.state : body.status;
    return { asked: true, done: status < 300 && state === 'SUCCESS', told: `POST ${call.path}: ${status} ${text}` };
  }

  /** v1 names a transaction: the authorization, or for a refund the capture. */
  async #v1Call(change: Change, { purse }: Named): Promise<{ path: string; body: object } | undefined> {
    const act = PURSE_ACTS[change.do];
    if (!purse || !act) return undefined;
    const amount = 'amount' in change ? { amount: Number(decimalFromMinor(change.amount)) } : {};
    const of = change.do === 'refund' ? await this.#captureTransaction(change.capture_id, purse) : purse.payment_id;
    if (of === undefined) return undefined;
    return { path: `/${this.purse.entity_id}/transactions/${of}/${act.v1}`, body: amount };
  }

  async #captureTransaction(
    capture_id: string | undefined,
    purse: NonNullable<Named['purse']>,
  ): Promise<string | undefined> {
    const captures = (await this.transactions(purse)).filter(({ status }) => status.action === 'CAPTURE');
    // In one step the first capture is the payment's own transaction, so Klarna's id is not among Purse's.
    return (captures.find(({ id }) => id === capture_id) ?? captures[0])?.id;
  }
}

const PURSE_ACTS: Readonly<Partial<Record<Change['do'], { v1: string; v2: string }>>> = {
  capture: { v1: 'capture', v2: 'captures' },
  refund: { v1: 'refund', v2: 'refunds' },
  cancel: { v1: 'void', v2: 'voids' },
  release: { v1: 'void', v2: 'voids' },
};

/** v2's refunds name no capture. */
function v2Call(change: Change, { purse }: Named): { path: string; body: object } | undefined {
  const act = PURSE_ACTS[change.do];
  if (!purse || !act) return undefined;
  const body = 'amount' in change ? { amount: change.amount } : {};
  return { path: `/payment/v2/payments/${purse.payment_id}/${act.v2}`, body };
}

function klarnaCall(change: Change): { method: string; path: string; body?: object } {
  switch (change.do) {
    case 'capture':
      return { method: 'POST', path: '/captures', body: { captured_amount: change.amount } };
    case 'refund': {
      // Lines of no capture: Klarna books the refund against none.
      const order_lines = [{ name: 'x', quantity: 1, unit_price: change.amount, total_amount: change.amount }];
      const lines = change.unmatched && change.amount > 0 ? { order_lines } : {};
      return { method: 'POST', path: '/refunds', body: { refunded_amount: change.amount, ...lines } };
    }
    case 'cancel':
      return { method: 'POST', path: '/cancel' };
    case 'release':
      return { method: 'POST', path: '/release-remaining-authorization' };
    case 'update':
      return { method: 'PATCH', path: '/authorization', body: { order_amount: change.amount } };
  }
}

function cybersourceCall(change: Change, named: Named): { path: string; body: object } | undefined {
  const { authorization, currency } = named;
  if (!authorization) return undefined;
  const part = (action: string, amount?: number, more: object = {}) => {
    const amountDetails = amount !== undefined && { totalAmount: decimalFromMinor(amount), currency };
    return { ...partBody(action), ...(amountDetails && { orderInformation: { amountDetails } }), ...more };
  };
  switch (change.do) {
    case 'capture': {
      const captureOptions = { isFinal: change.final ? 'true' : 'false' };
      const more = { processingInformation: { actionList: ['AP_CAPTURE'], captureOptions } };
      return { path: `/pts/v2/payments/${authorization}/captures`, body: part('AP_CAPTURE', change.amount, more) };
    }
    case 'refund': {
      const capture = named.captures.get(change.capture_id ?? '');
      if (capture === undefined) return undefined;
      // The SDK has two ways to refund; both name the capture.
      const of = change.unmatched ? 'payments' : 'captures';
      return { path: `/pts/v2/${of}/${capture}/refunds`, body: part('AP_REFUND', change.amount) };
    }
    case 'cancel':
      return { path: `/pts/v2/payments/${authorization}/reversals`, body: part('AP_AUTH_REVERSAL') };
    case 'release':
      return undefined;
    case 'update': {
      const more = { processingInformation: { actionList: ['AP_AUTH'], linkId: authorization } };
      return { path: '/pts/v2/payments', body: part('AP_AUTH', change.amount, more) };
    }
  }
}

// ---- The same purchase in each face's words -----------------------------------------------------------------

const outcomeOf = ({ review }: Purchase) => (review ? { outcome: 'review' } : {});

function klarnaPurchase({ market, amount }: Purchase): Json {
  const { country, currency, locale } = MARKETS[market];
  const line = { name: 'Shoe', reference: 'shoe', quantity: 1, unit_price: amount, total_amount: amount };
  return {
    purchase_country: country,
    purchase_currency: currency,
    locale,
    order_amount: amount,
    order_lines: [line],
  };
}

function cybersourcePurchase({ market, amount }: Purchase): object {
  const { country, currency, locale } = MARKETS[market];
  const totalAmount = decimalFromMinor(amount);
  return {
    clientReferenceInformation: { code: 'cart' },
    paymentInformation: KLARNA,
    orderInformation: {
      amountDetails: { totalAmount, currency },
      billTo: { firstName: 'Anne', lastName: 'Petit', country },
      lineItems: [{ productSku: 'shoe', productName: 'Shoe', quantity: 1, unitPrice: totalAmount, totalAmount }],
    },
    buyerInformation: { language: locale },
  };
}

function pursePurchase({ market, amount }: Purchase): Json {
  const { country, currency } = MARKETS[market];
  const major = Number(decimalFromMinor(amount));
  return {
    redirection: SHOP_URL,
    reference: 'cart',
    amount: major,
    currency_code: currency,
    customer: { billing_address: { country_code: country } },
    shipments: [{ item_lines: [{ name: 'Shoe', price: major, quantity: 1, amount: major }] }],
  };
}
