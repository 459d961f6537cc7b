/**
 * Purse's Wallet API: the tokens that a shopper left behind, for the merchant's server. Purse's documents write its path in two ways, and
 * say of counting and deleting no more than that they exist.
 */
import { type Call, type Handler, INFERRED, notFound, type Operation, ok, operationsOf } from './operation.ts';
import { deleted, tokenView, walletOf } from './tokens.ts';
import { KLARNA } from './views.ts';

const listHandler: Handler = function* (call) {
  const reference = referenceOf(call);
  const { merchant_id } = call.desk.context.merchant;
  const found = yield* walletOf(merchant_id, reference);
  const tokens = found.map((token) => {
    const { id, value, expiration_date, description, source } = tokenView(token, reference);
    const scope = { ...KLARNA, origin: 'EXTERNAL' };
    const about = {
      fingerprint: token.payment_method_reference,
      customer_reference: reference,
      merchant_id,
      expiration_date,
    };
    return { id, ...about, status: token.status, description, scope, value, favorite: false, source };
  });
  return ok({ tokens, shared_wallet_user: false, total_elements: tokens.length });
};

const countHandler: Handler = function* (call) {
  const { merchant_id } = call.desk.context.merchant;
  const found = yield* walletOf(merchant_id, referenceOf(call));
  return ok({ count: found.length });
};

const deleteHandler: Handler = function* (call) {
  const token_id = (call.params.token ?? '').toLowerCase();
  const put = yield* deleted(referenceOf(call), token_id, call.desk.context);
  return put ? { status: 204, put, subject: token_id } : UNKNOWN_TOKEN;
};

const UNKNOWN_TOKEN = notFound('token', 'Use an id from the list of the customer’s tokens.');

const referenceOf = ({ params }: Call): string => params.customer_reference ?? '';

const TOKENS = '/merchants/{merchant}/customers/{customer_reference}/tokens';

const wallet = operationsOf('Wallet API', '/wallet/v3');

export const WALLET: readonly Operation[] = [
  wallet('GET', TOKENS, 'listTokens', 'client', listHandler),
  wallet('GET', `/wallet${TOKENS}`, 'listTokensElsewhere', 'client', listHandler),
  wallet('GET', `${TOKENS}/count`, 'countTokens', 'client', countHandler, INFERRED),
  wallet('DELETE', `${TOKENS}/{token}`, 'deleteToken', 'client', deleteHandler, INFERRED),
];
