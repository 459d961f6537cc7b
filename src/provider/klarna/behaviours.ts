/** How Kvitt behaves where a client can tell, and how we know that Klarna does the same. The compatibility page is made of it. */
import { type Basis, type Behaviour, rows } from '../behaviours.ts';

export const BEHAVIOURS: readonly Behaviour<Exclude<Basis, 'not built'>>[] = [
  ...rows(
    'Transport',
    [
      'Header names travel in the case clients look them up by: `Capture-Id`, `Refund-Id`, `Location`, `Klarna-Correlation-Id`',
      'observed',
    ],
    [
      'Success codes: 200 for session and order creation, 201 with an empty body for captures and refunds, 204 for the rest',
      'documented',
    ],
    ['`Content-Type` is `application/json;charset=utf-8` in Payments and `application/json` elsewhere', 'observed'],
    [
      'A body over 1 MB is 413 where no file is taken, a header over 6 KB or headers over 20 KB are refused (as 431)',
      'documented',
    ],
    [
      'The 401 has a JSON body and `WWW-Authenticate`, and no `Klarna-Correlation-Id` header. Klarna was seen to send HTML, JSON without `error_code`, and documents `UNAUTHORIZED`',
      'inferred',
    ],
    ['Credentials are checked before anything else, so an unknown path without credentials is 401', 'observed'],
    ['Unknown paths are 404 `NOT_FOUND`, other methods 405, other content types 415', 'inferred'],
    [
      'Duplicate slashes in paths are accepted; bodies may be absent, empty or `{}` where nothing is needed',
      'observed',
    ],
    ['Credentials of one region are refused on another region’s host', 'documented'],
    ['Plain http on one’s own machine. Klarna takes https only', 'different'],
    ['Ids are UUIDs of version 7 (ordered by time). Klarna’s are random', 'different'],
    ['`Transaction-Id` on Order Management writes; the repeat of a call already done carries the same one', 'observed'],
  ),
  ...rows(
    'Limits and idempotency',
    [
      '`X-Ratelimit-*` on every answer; limits per merchant, class and second, live or playground, enforced when switched on',
      'documented',
    ],
    ['While they are off, the live limits are announced', 'different'],
    ['No `Retry-After` on 429; `X-Ratelimit-Reset` is always 1', 'documented'],
    [
      '`Klarna-Idempotency-Key` on Order Management writes: the key decides, for 24 hours, the body of the repeat does not matter',
      'documented',
    ],
    [
      'A key holds for merchant, operation and path; refusals are repeated too; a duplicate under way waits for the first answer',
      'inferred',
    ],
    [
      'The same create-order call gets the same order within the life of the token, another body 409, after that 403 `INVALID_OPERATION`',
      'observed',
    ],
  ),
  ...rows(
    'Sessions and authorizations',
    [
      'Sessions live for 48 hours, authorization tokens for 60 minutes; after that they are unknown (404)',
      'documented',
    ],
    ['A session that became an order can be read until its 48 hours are over', 'inferred'],
    [
      'Several authorizations a session; one becomes an order, the newest is shown when the session is read',
      'documented',
    ],
    ['All missing fields in one message, `Bad value: a, b`; every other fault in a message of its own', 'observed'],
    ['The billing country overrides `purchase_country` for the currency', 'documented'],
    [
      'A language alone passes as locale everywhere; a language with a country must be one of the market’s. The default locale is never refused',
      'inferred',
    ],
    ['An update replaces the top-level fields it names; `null` counts as absent', 'inferred'],
    [
      '`attachment.body` must be the text of a JSON object; the extra merchant data in it is not checked further',
      'inferred',
    ],
    ['Addresses and the date of birth are checked at authorize, not before', 'documented'],
    ['`client_token` is a signed JWT that names the session; its other claims are ours', 'inferred'],
    ['`merchant_urls` may be `http://` to one’s own machine (`localhost`, `127.0.0.1`, `*.localhost`)', 'different'],
  ),
  ...rows(
    'Payment page and SDK',
    [
      'Result shapes of `load`, `authorize`, `reauthorize`, `finalize`; exceptions by name, after the callback',
      'documented',
    ],
    [
      'Methods of two steps: `direct_bank_transfer`. An approval waits an hour for `finalize`, for its amount and not more',
      'inferred',
    ],
    ['`reauthorize` after an approval in the same page asks the server only; otherwise it opens the page', 'inferred'],
    ['`authorize` without `load` in a session with a `step_up_id`; the client token says that it has one', 'inferred'],
    ['`finalize` asks the server only. Klarna may show the bank’s page', 'different'],
    ['A known category that the session does not offer: `show_form: false`', 'inferred'],
    ['A session that has expired or was completed: `show_form: false`', 'inferred'],
    ['No answer from the server: `load` gives `show_form: false`, `authorize` lets the shopper try again', 'inferred'],
    [
      'Any six digits but 999999 as one-time code; `+denied` is declined on the page, `+red` already at `load`',
      'documented',
    ],
    [
      'Nobody pays on the page without having signed in to it: the server insists on the code. `reauthorize` after an approval takes the sign-in over',
      'inferred',
    ],
    ['A test person who signs in by e-mail counts where the billing address has no e-mail', 'different'],
    ['The date of birth is asked for where Klarna gives credit and does not know it', 'documented'],
    ['Pay over time is six monthly payments without interest or fee', 'different'],
    ['`design`, `options` (colours) and the images of order lines do not change the page', 'different'],
  ),
  ...rows(
    'Sums and tax',
    [
      '`order_amount` is the sum of the lines; a line’s tax within one minor unit; the order’s tax within one minor unit a line',
      'documented',
    ],
    [
      'A line’s total may be off by up to `quantity` minor units when `quantity` is above 1, and by none when it is 1',
      'observed',
    ],
    ['US orders with `sales_tax` lines: `order_tax_amount` is exactly their sum', 'inferred'],
    ['Tax figures that were not sent are not checked', 'inferred'],
    ['Sums of lines in captures, refunds and authorization updates are not checked', 'inferred'],
  ),
  ...rows(
    'Placing the order',
    [
      'Addresses, lines and amounts must be those of the session as it was last updated; what one side does not mention matches anything',
      'documented',
    ],
    ['An amount above the one that was authorized is 403 `REJECTED`', 'inferred'],
    ['A lower amount needs the setting `lower_amount_allowed`', 'documented'],
    ['`redirect_url` leads over this server to the confirmation URL, and is absent without one', 'documented'],
    ['`authorized_payment_method` is an object', 'documented'],
    ['Which payment method a category leads to; the shopper (control API) can name another', 'inferred'],
  ),
  ...rows(
    'Orders',
    ['The state table in [orders.md](../orders.md)', 'documented'],
    ['Orders can be read for three years', 'documented'],
    [
      'Authorizations end at midnight UTC of the 28th day (or the account’s period); extending counts from the day of the call',
      'documented',
    ],
    ['A part-captured order that expires becomes CAPTURED, its remainder is released', 'inferred'],
    ['Cancelling twice is 204 twice', 'observed'],
    ['An authorization updated down to what is captured becomes CAPTURED', 'inferred'],
    [
      'Customer details: shipping address only, field by field; an address that cannot be is 422 `INVALID_ADDRESS`',
      'documented',
    ],
    ['Values of a wrong type are 400 `BAD_REQUEST`, values out of bounds or missing 422', 'inferred'],
    ['An order becomes CLOSED only through the control API: Klarna names the state and not its cause', 'inferred'],
    [
      'Refunds with lines are booked against the capture whose lines they are; without lines against the oldest captures with room',
      'inferred',
    ],
    ['A return fee needs its market, one whole capture, and lines that add up', 'documented'],
    [
      'Due-date options and prices by market and order size; one extension a capture, the free one once an order',
      'documented',
    ],
    ['Sending a capture’s confirmation to the shopper again answers 204 and sends nothing', 'different'],
    ['Order lines, addresses and lists come back normalised', 'observed'],
  ),
  ...rows(
    'Fraud review',
    [
      'PENDING cannot be captured; REJECTED can for four hours, then Klarna cancels; ACCEPTED can be cancelled',
      'documented',
    ],
    ['After an override the order shows ACCEPTED', 'inferred'],
    ['A review that nobody decides is accepted after 24 hours', 'inferred'],
    ['`auto_capture` waits for a review', 'inferred'],
    ['Test people by e-mail: `+denied`, `+red`, `+pend-accept-NN`, `+pend-reject-NN` (US and GB)', 'documented'],
  ),
  ...rows(
    'Customer tokens',
    [
      'Made of an authorization whose session has the intent `tokenize` or `buy_and_tokenize`; any other is 403 `INVALID_OPERATION`',
      'documented',
    ],
    [
      'With `buy_and_tokenize` one authorization becomes a token and an order, in either order, within its 60 minutes',
      'observed',
    ],
    [
      'An order can be placed from a session with the intent `tokenize` too; making the token does not complete the session',
      'inferred',
    ],
    [
      'The same call gets the same token within the life of the authorization; another body, or a later call, is 403 `Authorization token already consumed`',
      'inferred',
    ],
    [
      'Country and currency must be those of the session: 409 `BAD_VALUE`. `billing_address` is ignored where the shopper gave one',
      'documented',
    ],
    [
      'What is charged: the Pay Now variant of the funding source (cards, direct debit), else Pay Later in 30 days',
      'documented',
    ],
    [
      'No token can be made of `direct_bank_transfer`, `b2b_invoice`, `fixed_sum_credit`, `alternative_payment_method`: 400 `BAD_REQUEST`',
      'inferred',
    ],
    [
      'The card is a test card that is good until December two years on; charges after that fail. `payment_method_type` is Order Management’s name of the method',
      'inferred',
    ],
    ['The state table in [customer-tokens.md](../customer-tokens.md); a suspended token can be cancelled', 'inferred'],
    ['Setting the status to CANCELLED is 202, again and again; a read shows it at once', 'inferred'],
    [
      'Charges in the shape of orders: limits of their own, country and billing address from the token, `TOKEN_NOT_FOUND`, `TOKEN_SUSPENDED`, `TOKEN_CANCELED`, `UNAVAILABLE_PAYMENT_METHOD`, `PAYMENT_METHOD_FAILED`',
      'documented',
    ],
    [
      'Another merchant’s token: to charge it is 403 `TOKEN_CANCELED`, to read or cancel it 404. Nothing else of it is seen',
      'documented',
    ],
    ['A charge on a cancelled token is 403 `TOKEN_CANCELED`', 'inferred'],
    ['A charge in another currency than the token’s is 403 `UNAVAILABLE_PAYMENT_METHOD`', 'inferred'],
    ['Charges never answer 409: there is no session to compare them with', 'inferred'],
    [
      'A refused charge has `fraud_status`, `authorized_payment_method` and, with `step_up: SUPPORTED`, `step_up_id`',
      'documented',
    ],
    ['Its `reason` repeats the code; codes without a documented text have none', 'inferred'],
    ['`Klarna-Idempotency-Key` on charges, in the scope of the token; making a token has no such header', 'documented'],
    [
      'A `step_up_id` is good for 48 hours and until the token is recovered; a session with another one, or without `customer.customer_token`, is 400 `BAD_VALUE`',
      'inferred',
    ],
    [
      'The order of a session with a `step_up_id` gives the same token the method that was chosen there; a suspension stays',
      'documented',
    ],
    ['Making a token in such a session recovers the old one and answers its id', 'inferred'],
    [
      '`merchant_urls` of a charge may have any of `confirmation`, `push`, `notification`; without the last one the session’s is used',
      'inferred',
    ],
    ['Test people of a token’s billing address decide its charges as they decide authorizations', 'inferred'],
  ),
  ...rows(
    'Hosted payment page',
    [
      'Creating answers 201 with absolute links; reading 200; disabling 204, and 400 once the purchase is completed',
      'documented',
    ],
    [
      'Sending the link answers 201 with an empty body. Klarna documents 201 and 204, deployed clients take 200 and 201',
      'observed',
    ],
    ['A hosted session ends an hour before its payment session, and is unknown (404) after that', 'documented'],
    ['A payment session with an hour or less left cannot be hosted any more (404)', 'inferred'],
    ['The state table in [hosted-payment-page.md](../hosted-payment-page.md)', 'documented'],
    [
      '`payment_session_url` names a session of this server, by any name of one’s own machine; otherwise 400 `BAD_VALUE`',
      'inferred',
    ],
    ['A category or a list of categories, not both; in upper or lower case', 'documented'],
    ['Modes `NONE`, `PLACE_ORDER`, `CAPTURE_ORDER`: what the order is made of is the payment session', 'documented'],
    [
      'An order that is refused although the shopper was approved: FAILED for a new risk decision, ERROR for anything else; the token stays usable',
      'inferred',
    ],
    [
      '`payment_fallback`: the first decline in the chosen categories changes nothing but the offer, the second is FAILED; after that the other categories stay',
      'inferred',
    ],
    [
      'Redirects: `error` falls back to `failure`, `back` to `cancel` in e-commerce, no URL keeps the shopper',
      'documented',
    ],
    [
      'In e-commerce cancelling is going back: state BACK, URL `back`, else `cancel`. Elsewhere it is CANCELLED',
      'documented',
    ],
    [
      'Opening or reloading the page makes it IN_PROGRESS; a link that has ended, run out or never was is told on a page with status 200',
      'inferred',
    ],
    ['The link of a purchase that was paid leads to `success` again', 'inferred'],
    ['On the hosted page no method has a second step', 'inferred'],
    [
      'Data of the shop’s that cannot be (an address, an e-mail) is told to the shopper on the page, with the way back; the state changes with that step only',
      'inferred',
    ],
    ['`page_title`, `logo_url`, `background_images` and `purchase_type` show on the page', 'documented'],
    [
      'Of `background_images` the narrowest that fills the window is shown. The page says `Complete your purchase` without a title, `Buy` without a type, the merchant’s name where the logo is broken',
      'inferred',
    ],
    ['`show_subtotal_detail` HIDE shows the total without the lines', 'inferred'],
    [
      'Images are shown from http and https addresses of up to 500 characters, at most eight backgrounds; the page’s policy allows these and no other',
      'different',
    ],
    ['The hosted page cannot be framed', 'inferred'],
    ['Placeholders `{{session_id}}`, `{{authorization_token}}`, `{{order_id}}`, also percent-encoded', 'documented'],
    ['A placeholder whose value there is not stays as it is', 'inferred'],
    ['Status callbacks: any 2xx within three seconds ends it, four calls in all, one `event_id`', 'documented'],
    [
      'The repeats of a status callback come five seconds after a failure; `TIMEOUT` is sent when the hosted session ends',
      'inferred',
    ],
    ['No status callback for DISABLED', 'inferred'],
    ['Once an order is placed from the payment session, its other hosted sessions are DISABLED', 'inferred'],
    ['Disabling twice, or after CANCELLED, is 204 and changes nothing', 'inferred'],
    [
      'In store, creating answers `manual_identification_check_url`; the call behind it is not documented and answers 501',
      'inferred',
    ],
    [
      'MANUAL_ID_CHECK is entered through the control API only, in store. Meanwhile a read shows `manual_identification` with a challenge of three characters and the customer, also with all but the first letters hidden',
      'inferred',
    ],
    ['`customer` is read back in store only', 'documented'],
    [
      'Text messages go to countries of the region of the purchase; a hosted session that has ended is 400 `UNKNOWN`',
      'inferred',
    ],
    ['Messages go to `GET /control/inbox` and to nobody else', 'different'],
    [
      'A blocked contact is 400 with a code of which only `BLAC` is known; here it is `BLACKLISTED_CONTACT`. Blocked are e-mail addresses with `+blocked` and phone numbers that end in 999999',
      'inferred',
    ],
    [
      '`distribution_module`: a signed token that names the hosted session, the page’s link, and the address of its QR code',
      'inferred',
    ],
    ['The QR code is an SVG image', 'inferred'],
    ['There are no profiles: any `profile_id` is accepted and without effect', 'different'],
    ['`template` is without effect, as at Klarna', 'documented'],
    ['Any `access_id` is known', 'inferred'],
    ['Error codes besides those of distribution: Klarna documents the statuses only', 'inferred'],
  ),
  ...rows(
    'Settlements',
    [
      'A sale enters settlement when it is captured, a refund is a RETURN dated at the refund with an empty `capture_id`',
      'documented',
    ],
    ['Amounts are positive, the type implies the sign', 'inferred'],
    [
      'Payouts at midnight UTC, daily, weekly (Mondays) or monthly, a payout a currency, after an agreed delay',
      'inferred',
    ],
    ['A payout is made only where there is something to settle', 'inferred'],
    [
      'A payout that would be negative pays nothing: the shortfall is `deposit`, later payouts `repay` it first; closing debt = opening − repay + deposit',
      'documented',
    ],
    [
      'The fee is 2.99 % of a capture until told otherwise, halves of a minor unit rounded up. Klarna’s prices are the merchant’s contract',
      'different',
    ],
    ['A fee contains its VAT (`vat_rate`, `vat_amount`); TAX and COMMISSION transactions do not occur', 'inferred'],
    ['A refund does not give the fees of its capture back', 'inferred'],
    ['A return fee lowers the refund, and so the RETURN; it is no transaction of its own', 'inferred'],
    ['Protection (REVERSAL_MERCHANT_PROTECTION) lowers `reversal_amount`', 'inferred'],
    [
      'NET takes fees off payouts; GROSS charges all of them on an invoice, GROSS_FEE those of captures. What is on an invoice is in no payout',
      'inferred',
    ],
    ['References in a transaction are those that the order had at the capture or refund', 'inferred'],
    ['`start_date` is included and `end_date` is not; a date without a time is its midnight UTC', 'documented'],
    ['`end_date` before `start_date` is 400', 'inferred'],
    ['Up to 500 results a page, 20 unless asked; `next` and `prev` are absolute', 'documented'],
    ['Payouts are listed newest first', 'inferred'],
    [
      '`/transactions` without `payment_reference` and `order_id` lists all of the merchant’s, without `total`',
      'inferred',
    ],
    ['An unknown payout is 404 where it is read, and an empty list in `/transactions`', 'documented'],
    ['Texts of 400 and 404, and that errors of reports are JSON', 'inferred'],
    [
      'CSV: the columns and units are documented; their order, the comma, a header above each section, and several payouts one after the other are not',
      'inferred',
    ],
    [
      'CSV: a reference that begins like a formula (`=`, `+`, `-`, `@`) or with an apostrophe gets an apostrophe in front',
      'different',
    ],
    ['PDF reports show sums and no single transactions', 'inferred'],
    ['No amounts in the currency of the country of registration', 'different'],
  ),
  ...rows(
    'Disputes',
    ['The state table, deadlines and answers in [disputes.md](../disputes.md)', 'documented'],
    ['Errors of version 4: type, code, message, `error_id`, and `validation_errors` by parameter', 'documented'],
    [
      'Version 4 outside its operations: 405 `METHOD_NOT_ALLOWED`, a JSON body over 1 MB 413 `VALIDATION_ERROR`, 501 and 503 as `TECHNICAL_ERROR`; texts of all errors',
      'inferred',
    ],
    [
      'Version 2 has the documented error shape; its 27 codes are unknown, so those of the other APIs stand in',
      'inferred',
    ],
    ['Filters, sort orders, limits of the list of version 4; starts are inclusive, ends exclusive', 'documented'],
    [
      'The list: newest first, 20 a page and 500 at most, lists in a query repeated or with commas, `ending_before` to step back; what has no closing time comes last',
      'inferred',
    ],
    ['`pagination` has `total`; `last_item` only when there are more', 'documented'],
    [
      'A closed dispute always shows `arbitration`, as the SDK’s models demand, with the outcome if there was none before',
      'inferred',
    ],
    ['Detailed outcomes are in lower case, as the models list them. The samples have upper case', 'documented'],
    [
      '`payment_capture_reference` is the capture’s reference, else its id; references are those when the dispute was opened',
      'inferred',
    ],
    ['`customer_evidences` is always empty, `product_id` and `payment_account_reference` absent', 'different'],
    ['Files: PDF, JPEG, PNG, DOCX of up to 7 MB, in version 2 of 7.3 MB', 'documented'],
    [
      'The bytes of a file must be what the extension says; a dispute takes 30 files; evidence names ten at most; files of other disputes are 400',
      'inferred',
    ],
    [
      'Uploads in REPRESENTMENT, ARBITRATION and CLOSED are 409; in PRE_ARBITRATION they are taken, for the appeal',
      'inferred',
    ],
    [
      'Enrolling answers 204, also twice; for another merchant 403. Disputes of who is not enrolled are handled too',
      'inferred',
    ],
    ['Hold policy: amount and fee are taken at once and given back with a win, or taken with the loss', 'documented'],
    [
      'The default policy is `ON_DISPUTE_INITIATED`, the fee 15.00 of the purchase currency. Klarna names neither',
      'inferred',
    ],
    [
      'Settlement types of a dispute: HOLDBACK and RELEASE `UNDER_REVIEW`, REVERSAL (`FRAUD_POLICY_CHARGE` for unauthorized and high-risk purchases), `DISPUTE_FEE`, `DISPUTE_FEE_REFUND`',
      'inferred',
    ],
    ['A dispute below the merchant’s threshold is lost at once, with its fee', 'inferred'],
    [
      'A refund takes from what is disputed only what is needed for no more to be disputed than can be; a dispute of which nothing is left is won',
      'inferred',
    ],
    ['What was charged back cannot be refunded as well', 'inferred'],
    ['A capture can be disputed for 180 days', 'observed'],
    [
      'Klarna decides only when told to (control API) or by a test person’s word, a minute after evidence or appeal',
      'different',
    ],
    ['Test people: `+disputed-…` and `+dispute_…`; each capture opens a dispute', 'documented'],
    ['`+dispute_pre_arb_win_after_arbitration`: the documented list is incomplete', 'inferred'],
    [
      '`base_framework` is `FRAMEWORK_2026` for disputes opened from 1 November 2026 on the merchant’s clock',
      'documented',
    ],
    ['Deadlines are those of version 4 for clients of version 2 too', 'different'],
    [
      'Version 2: `status` open or closed, `closing_reason` won or lost, `opened` does not occur, `pandemic_impact` neither; lines are disputed when a capture is disputed whole',
      'inferred',
    ],
    ['Version 2: answers can be amended for an hour, at most five requests, a follow-up has seven days', 'documented'],
    ['Version 2: a follow-up that is not answered leaves the decision to what is there', 'inferred'],
    ['Version 2: accepting a loss answers 204; `x-klarna-basic-mid` is not looked at', 'inferred'],
    ['`Klarna-Integration-Metadata` and `Partner-Correlation-Id` are accepted and without effect', 'inferred'],
    ['Version 1, version 3 and the merchant portal: not built', 'different'],
  ),
  ...rows(
    'Webhooks',
    ['`Klarna-Signature`: HMAC-SHA256 of the bytes in lower-case hex; `Klarna-Signing-Key-Id`', 'documented'],
    [
      'Acknowledged by 200, 201, 202, 204; repeated after 10 s, 2 min, 15 min, 3 h, 6 h, 12 h, with the same `event_id`',
      'documented',
    ],
    ['Two seconds to connect and five to answer', 'inferred'],
    ['Each wait of the ladder counts from the try before', 'inferred'],
    [
      '`correlation_id` is the event’s id; the account ids are KRNs of the merchant; there is no `product_instance_id`',
      'inferred',
    ],
    ['Webhooks and keys are made through the control API. Klarna has an API for it, on a host of its own', 'different'],
    ['A webhook that was removed gets no more repeats', 'inferred'],
    [
      'Targets may be `http://` to one’s own machine, and https on any port. Klarna takes https on 443 or 8443',
      'different',
    ],
  ),
  ...rows(
    'Callbacks',
    ['Authorization: 2 s to connect, 2 s to answer, three attempts, any 2xx ends it', 'documented'],
    ['Fraud notification: every ten minutes for a day until exactly 200', 'documented'],
    ['Push: an empty POST when the order is placed; repeated like the authorization callback', 'inferred'],
    ['Placeholders `{session.id}` and `{order.id}`, also percent-encoded', 'documented'],
    ['Redirects are not followed', 'inferred'],
  ),
  ...rows(
    'Faults on order',
    ['Errors that only a fault causes come with the status, code and text of Klarna’s tables', 'documented'],
    ['500 is `Internal error` in Payments and `Unexpected server error` in Order Management', 'documented'],
    [
      '502, 503 and 504 are JSON `TEMPORARILY_UNAVAILABLE`, or on order a gateway’s HTML, plain text or nothing',
      'inferred',
    ],
    ['`TIMEOUT` is 500 without a message, `SERVICE_UNAVAILABLE` 503 without one', 'inferred'],
    ['Texts of ordered errors whose real text names an id leave the id out', 'different'],
    ['Ordered refusals of customer tokens have the error body without the facts of a charge', 'different'],
  ),
];
