/**
 * Error codes of taking a payment: values Klarna Payments refuses, sessions and tokens that are gone, and what payment
 * platforms in front of Klarna refuse themselves. A colon qualifies a code by the field or object it is about; on
 * Klarna's wire the part before the colon is the `error_code` and the rest stands in the message (see `from-wire.ts`).
 *
 * Source of codes, levels, frequencies and tiers: the status catalogue. HTTP statuses: the Klarna Payments error table,
 * for the codes that table has; the others arise at platforms and carry no status of Klarna's.
 */
import type { EntryRow } from './entry.ts';
import { AUTHORIZE, by, PLACE_ORDER, riskRule, SESSION, unreachable } from './provoke.ts';

export const requestErrorCodes = [
  {
    code: 'BAD_VALUE',
    title: 'A field has a wrong value',
    levels: ['error'],
    frequency: 'common',
    tier: 'T0',
    http: [400, 409],
    happened:
      'At least one field is missing, malformed or does not add up; each message names the field. With 409 nothing is malformed: create-order sent data that differ from what was authorised.',
    actor: 'integration',
    action:
      'Correct the named fields. For sums, recompute line by line in minor units: quantity times unit_price less discount, then the total. For 409, place the order with exactly the authorised data.',
    retry: 'after-fixing-the-request',
    retry_note: "Klarna never says by how much a sum is off; Kvitt's log does, under the same correlation id.",
    provoke: by(`${SESSION} with {"order_amount":9999}`),
  },
  {
    code: 'BAD_VALUE:locale',
    title: 'Locale not supported',
    levels: ['error'],
    frequency: 'occasional',
    tier: 'T0',
    http: [400],
    happened: 'The locale is unknown to Klarna or is not one of those for the purchase country.',
    actor: 'integration',
    action:
      'Take the locale from the table of markets: language, hyphen, country, such as sv-SE. English is there for every market.',
    retry: 'after-fixing-the-request',
    provoke: by(`${SESSION} with {"locale":"ja-JP"}`),
  },
  {
    code: 'BAD_VALUE:purchase_currency',
    title: 'Currency does not fit',
    levels: ['error'],
    frequency: 'occasional',
    tier: 'T0',
    http: [400],
    happened:
      'The currency is no three-letter code, or is not the local currency of the market. The country of the billing address counts before purchase_country, so a foreign billing address is enough.',
    actor: 'integration',
    action: 'Charge in the currency of the billing country, or hide Klarna for that address.',
    retry: 'after-fixing-the-request',
    provoke: by(`${SESSION} with {"purchase_currency":"EUR"}`),
  },
  {
    code: 'BAD_VALUE:order_lines_tax',
    title: 'Tax does not add up',
    levels: ['error'],
    frequency: 'occasional',
    tier: 'T0',
    http: [400],
    happened:
      'The tax of a line differs by more than one minor unit from what tax_rate makes of its total, or order_tax_amount is further from the sum of the line taxes than one minor unit a line.',
    actor: 'integration',
    action:
      "Compute each line's tax from its gross total: total - total * 10000 / (10000 + tax_rate), with the rate in basis points, then add up. In the US send tax as a sales_tax line and leave the others without.",
    retry: 'after-fixing-the-request',
    provoke: by(
      `${SESSION} with {"order_lines":[{"name":"Mug","quantity":1,"unit_price":10000,"total_amount":10000,"tax_rate":2500,"total_tax_amount":1900}]}`,
    ),
  },
  {
    code: 'BAD_VALUE:billing_address',
    title: 'Address field not acceptable',
    levels: ['error'],
    frequency: 'occasional',
    tier: 'T0',
    http: [400],
    happened:
      'A field of the billing or the shipping address, often postal code, phone or a name, is too long, garbled or not what its country uses.',
    actor: 'integration',
    action:
      'Send UTF-8, keep to the length limits and let the shopper correct the named field. Leave out what you do not know: Klarna asks for it.',
    retry: 'after-fixing-the-request',
    provoke: by(`${SESSION} with {"billing_address":{"postal_code":"12345678901"}}`),
  },
  {
    code: 'NOT_FOUND:session',
    title: 'Session unknown or lapsed',
    levels: ['error', 'decline'],
    frequency: 'occasional',
    tier: 'T0',
    http: [404],
    happened:
      'No live session has this id. Sessions end 48 hours after they were created, even if the shopper still has the checkout open.',
    actor: 'integration',
    action:
      'Create a session from the present basket and load the widget with its client_token. Do not keep session ids beyond 48 hours.',
    retry: 'new-session',
    provoke: by(SESSION, 'POST /control/clock {"advance":"P2D"}', 'GET /payments/v1/sessions/{session_id}'),
  },
  {
    code: 'PAYMENT_METHOD_NOT_AVAILABLE',
    title: 'Klarna, or this category, is not enabled',
    levels: ['error', 'decline'],
    frequency: 'occasional',
    tier: 'T1',
    http: [],
    happened:
      'The account is not set up for the payment method that was asked for, at Klarna or at the payment platform in between.',
    actor: 'merchant-operations',
    action:
      "Check in the platform's dashboard, and in Klarna's contract, that Klarna is enabled for this account, market and category. Offer only categories that the session lists.",
    retry: 'other-method',
    provoke: by(SESSION, 'POST /control/sessions/{session_id}/authorize {"payment_method_category":"direct_debit"}'),
  },
  {
    code: 'MISSING_RETURN_URL',
    title: 'No return URL',
    levels: ['error'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened:
      'A payment platform in front of Klarna was not told where to send the shopper afterwards: returnUrl is missing.',
    actor: 'integration',
    action: 'Set returnUrl to a page that can pick up the payment by its id, even without a browser session.',
    retry: 'after-fixing-the-request',
    provoke: unreachable(
      "It arises on the merchant's side of Klarna: a payment platform in between has this parameter, Klarna's own APIs have not.",
    ),
  },
  {
    code: 'NO_INVOICE_LINES',
    title: 'No order lines',
    levels: ['error'],
    frequency: 'occasional',
    tier: 'T0',
    http: [400],
    happened:
      'The payment came with an amount only. Klarna wants to know what is bought, because the lines are what the shopper sees on the bill.',
    actor: 'integration',
    action:
      'Send at least one line with name, quantity, unit_price and total_amount; shipping and discounts are lines too.',
    retry: 'after-fixing-the-request',
    retry_note: 'Klarna itself says BAD_VALUE and names order_lines; platforms use this code.',
    provoke: by(`${SESSION} with {"order_lines":null}`),
  },
  {
    code: 'ALLOWED_CATEGORY_EMPTY',
    title: 'No category left to offer',
    levels: ['error'],
    frequency: 'rare',
    tier: 'T0',
    http: [],
    happened:
      'After market, amount and address had their say, no Klarna category remained for this purchase; a country that contradicts the billing address is the classic cause.',
    actor: 'integration',
    action:
      'Compare country, currency, locale and billing address of the request with each other. If they agree, hide Klarna for this basket.',
    retry: 'after-fixing-the-request',
    provoke: by(riskRule('{"on":"session","decision":"refuse"}'), SESSION, 'GET /control/sessions/{session_id}'),
  },
  {
    code: 'INVALID_AUTH_TOKEN',
    title: 'Authorization token unknown or lapsed',
    levels: ['error'],
    frequency: 'occasional',
    tier: 'T0',
    http: [404],
    happened:
      "The authorization token is not one of this merchant's, was cancelled, or is older than the 60 minutes it lives.",
    actor: 'integration',
    action:
      'Let the shopper authorise again and place the order at once. Better: place it from the authorization callback, which arrives even if the browser does not.',
    retry: 'new-session',
    retry_note: 'While the session is alive, a new authorization in it is enough.',
    provoke: by(SESSION, AUTHORIZE, 'POST /control/clock {"advance":"PT61M"}', PLACE_ORDER),
  },
] as const satisfies readonly EntryRow[];
