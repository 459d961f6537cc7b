/** How Purse's APIs behave here where a client can tell, and how we know. The compatibility page is made of it. */
import { type Behaviour, rows } from '../behaviours.ts';
import type { PspStatus } from './statuses.ts';

export const BEHAVIOURS: readonly Behaviour[] = [
  ...rows(
    'Access',
    [
      '`POST /oauth/token` with `Authorization: Basic` and `x-api-key`; `grant_type=client_credentials` in a form',
      'documented',
    ],
    ['The same with the grant in the query and an empty body, as the Magento plugin sends it', 'observed'],
    ['Access tokens last 3,600 seconds of real time, whatever the merchant’s clock does', 'documented'],
    ['Server calls take `Authorization: Bearer` and `x-api-key`, the widget’s calls the API key alone', 'documented'],
    ['Another merchant’s entity in the path is 403; its sessions and transactions do not exist (404)', 'inferred'],
    ['The widget’s calls are answered to pages of any origin; no domain has to be listed', 'different'],
  ),
  ...rows(
    'Amounts',
    ['v1: decimals of the major unit, as JSON numbers; texts are taken too', 'observed'],
    [
      'Amounts are read by their digits and never rounded: more than two decimals, or fifteen digits, are refused',
      'inferred',
    ],
    ['Rates are percent, `5.5`; Klarna counts them to a hundredth, and finer ones are rounded half up', 'inferred'],
    ['v2: whole minor units', 'documented'],
  ),
  ...rows(
    'v1 sessions',
    ['The list of a session is its transactions; 404 while there is none', 'observed'],
    [
      'A session takes any fields; what Klarna needs is asked for by INIT (and by APPLY, which begins what was not begun)',
      'inferred',
    ],
    [
      'What Klarna refuses is a transaction in state ERROR with its PSP status, answered 200; `status.description` names the field: `Bad value: order.currency_code`',
      'inferred',
    ],
    ['A session lives for 48 hours, as Klarna’s, whose id is the same', 'inferred'],
    [
      'Pop-in and redirection: `settings.merchant_specifics.integration_mode` tells the widget which; the address is the same. Klarna’s page cannot be framed here, so a pop-in is a window',
      'inferred',
    ],
    [
      '`plugin_result` (in v2 `partner_data`) names Klarna’s ids: `hpp_session_id`, on which the control API’s shopper acts, and `klarna_order_id`',
      'different',
    ],
    [
      'APPLY of the same begun page answers the same transaction, as long as it can still be paid on; once it was withdrawn, APPLY makes another page',
      'inferred',
    ],
    [
      'INIT and APPLY, which need no secret, may ask for less than the session’s amount, not for more; for 0 in an information request only',
      'inferred',
    ],
    ['A session takes 100 tries to pay; after that INIT and APPLY are 409', 'inferred'],
    [
      'An information request offers the methods that leave a token: with `save_token` switched off `protocols` is empty',
      'observed',
    ],
    [
      'The order is placed as soon as the shopper has approved, whether they come back or not. COMPLETED shows where there is no order to place: an information request',
      'inferred',
    ],
    ['ERROR and FAILED may still become SUCCESS while the page is open; CANCELLED and DISABLED never', 'inferred'],
    [
      'The shopper comes back by `GET` or `POST /purse/return/{session}`, which sends them on to `order.redirection`',
      'inferred',
    ],
    [
      '`payment_data.authorization_token` in APPLY: the shopper approved Klarna’s session on a page of the shop’s own',
      'inferred',
    ],
    [
      '`payment_preferences.save_token` or `payment_data.save_token`: the shopper agrees to be charged again',
      'inferred',
    ],
    [
      '`payment_data.integrated_token_id` in APPLY charges a token that the session offers its shopper; any other one is TOKEN_NOT_FOUND',
      'inferred',
    ],
    [
      'Plan simulation: the call and its answer; Klarna’s page shows the same instalments, which cost nothing. `/multi` answers a list of one',
      'observed',
    ],
    [
      'A token’s `expiration_date` is its card’s; of one without a card it is 9999-12-31, because Klarna’s tokens do not expire',
      'inferred',
    ],
    ['What the widget does in a wallet session: list, rename, mark as favourite, delete', 'not built'],
    [
      'One step: set up per account (`capture: AUTOMATIC`, shown as `settings.direct_debit`); the first transaction is a CAPTURE',
      'observed',
    ],
    ['Calls that do not fit a transaction’s action (to refund an authorization) are 409', 'inferred'],
    ['Error bodies are `application/problem+json`; v1’s own are not known', 'inferred'],
  ),
  ...rows(
    'v1 transactions',
    ['CAPTURE and VOID name the authorization as parent, REFUND the capture', 'observed'],
    ['The id of a CAPTURE or REFUND is the one that Klarna gave it', 'inferred'],
    [
      'Captures, refunds, cancellations, releases and expiry that came about elsewhere appear as transactions',
      'different',
    ],
    [
      'A void of all that is left cancels before any capture and releases after. A void of a part lowers the authorized amount, with a line “Voided” among the order’s; the rest can still be captured. More than is left is CANCEL_NOT_ALLOWED',
      'inferred',
    ],
    [
      'Voiding an authorization that is still WAITING withdraws Klarna’s page; a part of it cannot be voided yet',
      'inferred',
    ],
    [
      'A capture in error leaves the authorization as it is. A comment in the Magento plugin speaks of a void in its place',
      'different',
    ],
    [
      '`off_session_authorize` charges the token of an earlier transaction; its transaction joins the same session',
      'observed',
    ],
    [
      'A session in which something was ordered, or a token left, is kept with the order; one that came to nothing goes after seven days, with its transactions',
      'inferred',
    ],
    ['`POST /wallet/session` needs the header `x-merchant-id`', 'observed'],
  ),
  ...rows(
    'Notifications',
    ['v1: each change of a transaction is POSTed to `hook`, in the shape of a recorded one', 'observed'],
    [
      '`X-Signature`: SHA-256 of the body in hex, encoded as for OAEP (SHA-1), with the private exponent. Checked against a recorded one',
      'observed',
    ],
    ['v2: the payment is POSTed to `webhook.url` whenever it changes, with a rising `version`', 'documented'],
    ['v2’s notifications carry the same `X-Signature`', 'inferred'],
    ['Any 2xx ends a notification; otherwise every ten minutes for a day', 'inferred'],
  ),
  ...rows(
    'v2',
    ['`currency` is one of CHF, EUR, GBP, JPY, USD', 'documented'],
    ['An amount of 0 needs `allow_future_usage`; an amount above `order.net_amount` is refused', 'documented'],
    ['What was paid before under the same `order.reference` is not taken from what may be paid', 'different'],
    ['A client session is the same session as v1’s, so the widget’s INIT and APPLY work with its id', 'inferred'],
    ['`widget.js_url` is Klarna’s SDK: Purse’s own widget is not served here', 'different'],
    ['`links.hosted_page` leads to Klarna’s page at once: there is no other method to choose', 'different'],
    ['It sends a shopper whose session is paid or over back to the shop', 'inferred'],
    [
      'Order lines are read under `order.shipments[].item_lines`, as in v1; without any, the order is one line',
      'inferred',
    ],
    ['`split` has one part, klarna/installments', 'different'],
    [
      '`split[].wallet_token` takes a token of the wallet, or the id of a payment’s transaction that left one',
      'inferred',
    ],
    ['`capture_mode` AUTOMATIC captures with the order, or `capture_delay` after it', 'documented'],
    [
      'A repeat under the same `x-idempotency-key` is 409 `urn:eu.purse:write-conflict` with `payment_id` and `operation_id`',
      'documented',
    ],
    [
      'Keys hold for captures, refunds, voids, payments and payment links, as long as what was made under them; a call that made nothing leaves its key free',
      'inferred',
    ],
    ['`priority` is read; with one partner there is nothing to order', 'inferred'],
    ['Operations are SUCCESS or FAILURE: Klarna answers at once, and there is one partner', 'inferred'],
    ['An operation that Klarna refuses is 201 with status FAILURE', 'inferred'],
    [
      'Purse has no word for disputes. A lost one lowers `available_to_refund`; a refund settles an open one',
      'inferred',
    ],
    ['A refund without an amount is of what is left: of the capture in v1, of the payment in v2', 'inferred'],
    ['What Klarna rejected was never authorized: its void cancels the order, and is a VOID of 0', 'inferred'],
    ['A refund is booked on the oldest captures with room for it; v1’s on the capture that it names', 'inferred'],
    [
      'The shopper returns with `purse-redirection-data`, a JWS (RS256) that names its key in `signing-jwks`',
      'documented',
    ],
    ['Aborting is 303 to the shop; the authorization is ABORTED', 'documented'],
  ),
  ...rows(
    'Payment links',
    ['OPENED until one payment is AUTHORIZED, then PAID for good; a try that fails leaves it OPENED', 'documented'],
    ['Whoever opens a link that is paid is sent back to the shop', 'inferred'],
    ['PENDING while what was paid is in review; EXPIRED after 30 days', 'inferred'],
    [
      'It takes the fields of a client session; the answer has `status`, amount, currency, reference, `links.hosted_page` and `links.self`',
      'inferred',
    ],
    [
      '`webhook.url` is told of the link, when its status changes by a payment, and of each payment; the two have ids of their own',
      'documented',
    ],
    ['Each try is a payment of a client session, which the link names', 'inferred'],
  ),
  ...rows(
    'Wallet',
    ['The list of a customer’s tokens, under both paths that Purse’s documents write', 'documented'],
    ['Counting answers `{"count":1}`', 'inferred'],
    ['Deleting is 204 and cancels Klarna’s customer token, so that nothing is charged to it any more', 'inferred'],
    ['The merchant in the path may be any word; the API key says whose wallets these are', 'inferred'],
  ),
];

/** What brings each status about at Klarna; each is provoked by a test. */
export const CAUSES: Readonly<Record<PspStatus, string>> = {
  SUCCESS: 'an order was placed and accepted, captured, refunded, cancelled or released',
  COMPLETED: 'the shopper authorized an information request: a customer token was made, no order',
  CREATE: 'INIT made Klarna’s payment session and hosted page',
  BACK: 'the hosted page is BACK (in e-commerce cancelling is the same)',
  IN_PROGRESS: 'the hosted page is IN_PROGRESS',
  WAITING: 'the hosted page is WAITING, or the order is in review (`fraud_status` PENDING)',
  BAD_REQUEST: 'a mandatory field is missing',
  BAD_VALUE: 'Klarna’s 400 `BAD_VALUE`, 409 “Not matching fields”, or a word that Klarna has none for',
  CANCEL_NOT_ALLOWED:
    'Order Management’s 403: all was captured, expired or closed; or more was to be voided than is left',
  CANCELLED: 'the hosted page is CANCELLED (in store only)',
  CAPTURE_NOT_ALLOWED: 'Order Management’s 403: more than is left, in review, expired, cancelled',
  DISABLED: 'the hosted page was withdrawn, by Klarna’s API, a void or an abort',
  ERROR: 'the hosted page is ERROR',
  FAILED: 'the shopper was declined, the review rejected, or the charge of a token refused',
  NO_SUCH_CAPTURE: 'a capture that had failed is refunded',
  NO_SUCH_ORDER: 'nothing was ordered yet, or more than three years ago',
  NOT_ALLOWED: 'the customer token is cancelled, suspended or another merchant’s',
  NOT_FOUND: 'the authorization token is unknown, cancelled or over 60 minutes old',
  REFUND_NOT_ALLOWED: 'Order Management’s 403: more than was captured, or closed',
  TOKEN_NOT_FOUND: 'there is no customer token to charge',
  UNPROCESSABLE_ENTITY: 'Order Management’s 422: an amount out of bounds',
  UNKNOWN_RESPONSE: 'MANUAL_ID_CHECK, a page that has run out, or a refusal without a word of Purse’s',
};
