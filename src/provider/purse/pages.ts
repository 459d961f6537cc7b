/** Where Klarna's page sends the shopper: here first, so that the payment is up to date before the shop is asked about it. */
import { type Handler, type Operation, problem } from './operation.ts';
import { readSession } from './records.ts';
import { transactionsOf, UNKNOWN_SESSION } from './v1.ts';
import { shopperUrl } from './v2.ts';

const returnHandler: Handler = function* (call) {
  const session = yield* readSession(call.params.session ?? '');
  if (session?.merchant_id !== call.desk.context.merchant.merchant_id) return UNKNOWN_SESSION;
  const { payments, put, callbacks } = yield* transactionsOf(session, call);
  const payment = payments.at(-1);
  const subject = payment?.order_id ?? session.session_id;
  const url = shopperUrl(session, payment, call.desk);
  if (url === '') return { ...NOWHERE, subject, put, callbacks };
  return { status: 302, headers: [['Location', url]], subject, put, callbacks };
};

const NOWHERE = problem(
  404,
  'not-found',
  'Not found',
  'The session has no order.redirection, so there is nowhere to go back to.',
  'Send order.redirection when the session is created.',
);

const page = (method: Operation['method'], name: string): Operation => ({
  api: 'Pages',
  method,
  path: '/purse/return/{session}',
  name,
  access: 'shopper',
  handle: returnHandler,
});

export const PAGES: readonly Operation[] = [page('GET', 'shopperReturns'), page('POST', 'shopperReturnsByForm')];
