/** What Purse shows of sessions, transactions and payments, and sends to the merchant. */
import { decimalFromMinor } from '../../money/decimal.ts';
import type { Callback, Context, PurseAccount } from '../engine/state.ts';
import { amountsOf, overviewOf } from './ledger.ts';
import type { Signer } from './signing.ts';
import type { Action, LinkMark, PursePayment, PurseSession, Transaction } from './state.ts';
import { authorizationStatus, PSP_STATUSES, type PspStatus } from './statuses.ts';

/** Klarna as Purse's page names it. */
export const KLARNA = { partner: 'klarna', method: 'installments' } as const;

/** An amount as v1 writes it: a JSON number of the major unit. Two decimals of a double are exact far beyond what Klarna takes. */
export function major(amount_minor: number): number {
  return Number(decimalFromMinor(amount_minor));
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** A date as v1 writes it: without a zone. */
function localDate(ms: number): string {
  return iso(ms).slice(0, -1);
}

export interface Status {
  readonly action: Action;
  readonly psp_status: PspStatus;
  readonly amount: number;
  readonly at_ms: number;
  readonly description?: string | undefined;
}

/** What INIT, APPLY and every transaction have in common. */
export function resultView({ action, psp_status, amount, at_ms, description }: Status, more: object = {}): object {
  const { state, code, about } = PSP_STATUSES[psp_status];
  return {
    ...KLARNA,
    status: { action, state, code, description: description ?? about },
    date: localDate(at_ms),
    plugin_result: { status: psp_status, amount: major(amount), ...more },
  };
}

/** A transaction as v1 shows it. */
export function transactionView(transaction: Transaction, payment: PursePayment): object {
  const { id, parent } = transaction;
  return {
    id,
    session_id: payment.session_id,
    ...(parent !== undefined && { parent_transaction_id: parent }),
    ...resultView(transaction, klarnaIds(payment)),
  };
}

/** What the payment is known as at Klarna. */
function klarnaIds({ hosted_id, order_id }: PursePayment): object {
  return { ...(hosted_id && { hpp_session_id: hosted_id }), ...(order_id && { klarna_order_id: order_id }) };
}

/** As in a recorded notification: without the session. */
function hookBody(transaction: Transaction): string {
  const { id, parent } = transaction;
  return JSON.stringify({
    id,
    ...(parent !== undefined && { parent_transaction_id: parent }),
    ...resultView(transaction),
  });
}

/** The merchant's session as v1 answers its creation. @param tokens that the shopper left behind earlier */
export function sessionView(session: PurseSession, account: PurseAccount, tokens: readonly object[]): object {
  const { session_id, order, expires_at_ms } = session;
  const amount = session.amount ?? order.amount;
  const installments = { configurations: configurations(session, account), integrated_tokens: tokens };
  return {
    id: session_id,
    ...(amount !== undefined && { amount: major(amount) }),
    ...(order.currency_code && { currency_code: order.currency_code }),
    expiration_date: iso(expires_at_ms),
    information_request: isInformationRequest(session),
    ...(order.redirection && { redirection: order.redirection }),
    protocols: isOffered(session, account) ? { [KLARNA.partner]: { [KLARNA.method]: installments } } : {},
    wallet: { shared_wallet_user: false },
  };
}

/** Nothing is paid: the shopper is asked to be charged later. */
function isInformationRequest({ amount, order }: PurseSession): boolean {
  return (amount ?? order.amount) === 0;
}

/** Whether Klarna can be paid with in the session: an information request is for methods that leave a token. */
export function isOffered(session: PurseSession, { save_token }: PurseAccount): boolean {
  return save_token || !isInformationRequest(session);
}

function configurations({ capture }: PurseSession, account: PurseAccount): object {
  return {
    stable: true,
    template: 'klarna-installments',
    labels: ['primary'],
    position: 1,
    settings: {
      ...(account.save_token && { registration_mode: 'OFF_SESSION' }),
      save_token: account.save_token,
      direct_debit: capture === 'AUTOMATIC',
      merchant_specifics: { integration_mode: account.integration_mode },
    },
  };
}

/** v2's Get Payment, which is also what its webhook carries. */
export function paymentView(payment: PursePayment, base: string): object {
  const { payment_id, version, created_at_ms, entity_id, currency, session_id, transactions } = payment;
  const [root] = transactions;
  const self = `${base}/payment/v2/payments/${payment_id}`;
  const amounts = amountsOf(payment);
  return {
    id: payment_id,
    version,
    created_at: iso(created_at_ms),
    entity_id,
    amount: root.amount,
    currency,
    client_session_id: session_id,
    ...(payment.order_reference !== undefined && { order: { reference: payment.order_reference } }),
    split: [{ ...KLARNA, amount: root.amount }],
    amounts,
    overview: overviewOf(payment),
    authorization: {
      status: authorizationStatus(root.psp_status),
      partner_transactions: [{ ...partnerTransaction(root), partner_data: klarnaIds(payment) }],
    },
    operations: transactions.slice(1).map(operationView),
    links: links(self, amounts),
  };
}

function partnerTransaction({ id, psp_status, amount, description }: Transaction): object {
  return {
    id,
    ...KLARNA,
    status: authorizationStatus(psp_status),
    amount,
    partner_status: psp_status,
    description: description ?? PSP_STATUSES[psp_status].about,
  };
}

const OPERATION_STATUSES = { SUCCESS: 'SUCCESS', WAITING: 'PENDING', ERROR: 'FAILURE' } as const;

/** A capture, refund or void as v2 shows it. */
export function operationView({ id, action, psp_status, amount, at_ms, parent, description }: Transaction): object {
  return {
    id,
    type: action,
    status: OPERATION_STATUSES[PSP_STATUSES[psp_status].state],
    amount,
    created_at: iso(at_ms),
    partner_transactions: [
      {
        id,
        ...KLARNA,
        amount,
        partner_status: psp_status,
        ...(parent !== undefined && { parent_id: parent }),
        description: description ?? PSP_STATUSES[psp_status].about,
      },
    ],
  };
}

/** What can be done next. */
function links(
  self: string,
  { available_to_capture = 0, available_to_refund = 0 }: ReturnType<typeof amountsOf>,
): object {
  return {
    self: { href: self },
    ...(available_to_capture > 0 && { capture: { href: `${self}/captures` }, void: { href: `${self}/voids` } }),
    ...(available_to_refund > 0 && { refund: { href: `${self}/refunds` } }),
  };
}

/** Where v2 sends the shopper: the merchant's address with what came of it, signed. */
export function returnData(session: PurseSession, payment: PursePayment | undefined, now_ms: number): object {
  const [root] = payment?.transactions ?? [];
  return {
    client_session_id: session.session_id,
    ...(payment && { payment_id: payment.payment_id }),
    ...(root && { authorization_status: authorizationStatus(root.psp_status) }),
    client_session_status: clientSessionStatus(session, now_ms),
  };
}

/** Purse's documents show SUBMITTED only; the others are inferred. */
export function clientSessionStatus({ payments, aborted, expires_at_ms }: PurseSession, now_ms: number): string {
  if (aborted) return 'ABORTED';
  if (payments.length > 0) return 'SUBMITTED';
  return now_ms < expires_at_ms ? 'CREATED' : 'EXPIRED';
}

/** PENDING and EXPIRED are inferred. PENDING: what was paid is in review; it is PAID or OPENED again when that is decided. */
export type LinkStatus = 'OPENED' | 'PENDING' | 'PAID' | 'EXPIRED';

/** Where a payment leaves the link that it was made by; OPENED: the link can be paid. */
export function linkStatus(payment: PursePayment | undefined): Exclude<LinkStatus, 'EXPIRED'> {
  const status = payment && authorizationStatus(payment.transactions[0].psp_status);
  if (status === 'AUTHORIZED') return 'PAID';
  return status === 'PENDING' && payment?.order_id !== undefined ? 'PENDING' : 'OPENED';
}

export interface LinkShown extends LinkMark {
  readonly status: LinkStatus;
  readonly entity_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly reference: string;
  readonly session_id?: string | undefined;
  readonly payment_id?: string | undefined;
}

/** A payment link as v2 shows it, and as its notifications carry it. */
export function linkView({ link_id: id, reference, session_id, payment_id, ...link }: LinkShown, base: string): object {
  const { status, entity_id, amount, currency, created_at_ms, expires_at_ms } = link;
  return {
    id,
    status,
    created_at: iso(created_at_ms),
    expiration_date: iso(expires_at_ms),
    entity_id,
    amount,
    currency,
    order: { reference },
    ...(session_id !== undefined && { client_session_id: session_id }),
    ...(payment_id !== undefined && { payment_id }),
    links: {
      self: { href: `${base}/payment/v2/payment-links/${id}` },
      hosted_page: `${base}/entities/${entity_id}/payment-links/${id}`,
    },
  };
}

/** The payment's link, when the payment leaves it in another status than before. */
function linkTold(before: PursePayment | undefined, after: PursePayment, base: string): string[] {
  const { link, entity_id, currency, order_reference: reference = '', session_id, payment_id, transactions } = after;
  const status = linkStatus(after);
  if (!link || status === linkStatus(before)) return [];
  const { amount } = transactions[0];
  return [
    JSON.stringify(linkView({ ...link, status, entity_id, amount, currency, reference, session_id, payment_id }, base)),
  ];
}

/** Tells the merchant what changed: v1 each transaction, v2 the payment, and the link that it was made by. */
export function notifications(
  before: PursePayment | undefined,
  after: PursePayment,
  { now_ms }: Pick<Context, 'now_ms'>,
  signer: Signer,
  base: string,
): Callback[] {
  const { hook, order_id, session_id } = after;
  if (!hook || before === after) return [];
  const changed = after.transactions.filter((each) => !before?.transactions.includes(each));
  const bodies =
    after.generation === 'v1'
      ? changed.map(hookBody)
      : [JSON.stringify(paymentView(after, base)), ...linkTold(before, after, base)];
  return bodies.map((body) => ({
    rule: 'purse_hook',
    url: hook,
    headers: { 'X-Signature': signer.hook(body) },
    body,
    due_at_ms: now_ms,
    subject: order_id ?? session_id,
  }));
}
