/** How Cybersource's API behaves here where a client can tell, and how we know. The compatibility page is made of it. */
import { type Behaviour, rows } from '../behaviours.ts';

export const BEHAVIOURS: readonly Behaviour[] = [
  ...rows(
    'Authentication',
    [
      'HTTP signature: HMAC-SHA256 with the decoded secret over the listed headers in the listed order; host, date, request-target, merchant id and, with a body, digest must be among them; the digest is that of the bytes that came',
      'documented',
    ],
    ['`request-target` and the older `(request-target)`; `v-c-date` in the place of `date`', 'documented'],
    [
      'JSON web tokens with a shared secret (HS256) and with a certificate (RS256), version 2, with digest, method, path, merchant and times',
      'observed',
    ],
    ['`request-host` in a token is not compared: with an intermediate host the SDKs send another `Host`', 'observed'],
    ['A date or token more than five minutes off is refused; real time counts, not the merchant’s clock', 'inferred'],
    [
      'A token is let in once (`jti`). A signed request has no such mark and can be sent again within its five minutes',
      'inferred',
    ],
    ['401 `{"response":{"rmsg":"Authentication Failed"}}`; the log says which check failed', 'inferred'],
    ['Meta keys (a portfolio’s key for its merchants), OAuth, mutual TLS and message-level encryption', 'not built'],
  ),
  ...rows(
    'Transport and errors',
    ['201 whenever an id was made, also for a transaction that failed', 'documented'],
    ['A wrong request is 400, flat, without id: `INVALID_REQUEST` with reason, message and `details`', 'documented'],
    ['The messages beside the reasons', 'inferred'],
    [
      'What is wrong with the request, its amount or its id is 400; what Klarna refuses (sums, market, token, risk, an order that cannot be captured) is 201 `FAILED` with `errorInformation`',
      'inferred',
    ],
    [
      'An unknown id: 400 `MISSING_AUTH` for captures and reversals, 400 `INVALID_DATA` for refunds, 404 for checks and updates',
      'inferred',
    ],
    ['When the store cannot be reached: 502 `SERVER_ERROR`, `SYSTEM_ERROR`', 'documented'],
    ['`v-c-correlation-id` on every answer; the same id finds the exchange in the log', 'observed'],
    ['Ids of 22 digits beginning with 7; `submitTimeUtc` without fractions; amounts as decimal texts', 'observed'],
    [
      'Amounts with more decimals than the currency has are refused, never rounded. a JSON number counts as the digits that were sent',
      'inferred',
    ],
    ['A body over 1 MB is 413, one that is not UTF-8 415, once its signature is known to be good', 'inferred'],
    ['`actionList` as a text and as a list of one', 'observed'],
    ['An action that other payment methods have is `NOT_SUPPORTED`, an unknown one `INVALID_DATA`', 'inferred'],
  ),
  ...rows(
    'Sessions',
    ['INITIATED, COMPLETED, FAILED, and ABANDONED when checked; no PENDING anywhere', 'documented'],
    [
      'HOP: `processorInformation.paymentUrl` leads to Klarna’s page; inline: `processorInformation.token` is for the widget',
      'documented',
    ],
    [
      'The token comes back on the success URL as the parameter `authorization_token`, or where the URL has `{{authorization_token}}`',
      'inferred',
    ],
    ['A COMPLETED check carries the token as well, so that a lost redirect loses no purchase', 'inferred'],
    ['An update is possible for 48 hours and keeps the session’s id', 'documented'],
    ['After an approval that was not used within the hour, or was cancelled, a session is FAILED', 'inferred'],
    ['A shopper who went back can open the page again: ABANDONED is INITIATED again from then on', 'inferred'],
    [
      '`pay_later` and the like in `paymentType.method.type` or `subTypeName` choose the method on Klarna’s page',
      'inferred',
    ],
    [
      'Without items an order is one line; where items do not add up to the amount, shipping, discount, surcharges and, in the US, tax are lines of their own',
      'inferred',
    ],
    ['A tax rate below one is a fraction, from one up per cent', 'inferred'],
    ['Sessions are kept for seven days, transactions that failed for 60 days of the merchant’s time', 'different'],
  ),
  ...rows(
    'Authorizations and reversals',
    [
      'The token in `processorInformation.preApprovalToken` links the authorization to its session; it is required',
      'documented',
    ],
    ['What the authorization does not repeat is as in the session; what it repeats must be equal', 'inferred'],
    [
      'A reference that an authorization succeeded under is refused for 15 minutes, a transaction id for 60 days (`DUPLICATE_REQUEST`). References can be freed: `cybersource_duplicates`',
      'inferred',
    ],
    ['References and transaction ids are forgotten when they can be used again', 'inferred'],
    [
      'A check of an authorization says AUTHORIZED also when it was captured or reversed; FAILED once it has expired or was rejected',
      'inferred',
    ],
    ['ABANDONED for an authorization that failed because its shopper gave up', 'inferred'],
    ['An order in review is AUTHORIZED; captures fail until it is accepted', 'inferred'],
    [
      'A follow-on authorization (`linkId`) changes the amount of the first; a raise needs what Klarna needs for it',
      'inferred',
    ],
    ['A reversal is of the whole, before any capture', 'documented'],
    ['`POST /pts/v2/reversals` undoes an authorization by its transaction id', 'documented'],
    [
      'Sales (`AP_SALE`), re-authorizations (`AP_REAUTH`), intents and voids (`/pts/v2/voids` too): not part of Klarna’s guide, refused with a reason',
      'documented',
    ],
    ['Klarna Network’s tokens (`authApprovalToken`) and the step-up that goes with them', 'not built'],
  ),
  ...rows(
    'Captures and refunds',
    [
      'Several, in parts, within 28 days and up to what was authorized; without an amount all that is left',
      'documented',
    ],
    ['`captureOptions.isFinal` lets go of the rest', 'documented'],
    ['A refund is of one capture, by the capture’s id on both paths, up to what is left of that capture', 'inferred'],
    [
      'A check of a capture says how much of it can still be refunded, whichever API refunded the rest; of one that was charged back, nothing',
      'inferred',
    ],
    [
      'CHARGEBACK when a dispute about the capture, or about the whole order, was lost; a refund of it is FAILED',
      'documented',
    ],
    ['Response codes of AUTH_REVERSED (00005) and CHARGEBACK (00007)', 'inferred'],
  ),
  ...rows(
    'Webhooks',
    [
      'Key, subscription, list, change, status, deletion, the products there are; headers and body of a delivery',
      'documented',
    ],
    [
      '`retryPolicy`: three repeats a minute apart, or as it says, arithmetic or geometric, in sequences. Up to ten repeats, ten more sequences and 30 days (the bounds are ours)',
      'documented',
    ],
    [
      '`deactivateFlag`: once all repeats of a call have failed, the subscription is SUSPENDED. What happens until `healthCheckUrl` answers 200 is kept, and sent then',
      'documented',
    ],
    [
      'Health is asked for with an empty POST, every ten minutes for a day, and only while a subscription is suspended. Without `healthCheckUrl`, or after the day, it waits for status ACTIVE or a sample delivery',
      'inferred',
    ],
    [
      'What waits for a subscription that is SUSPENDED or INACTIVE is kept for seven days, and comes as NEW',
      'inferred',
    ],
    ['A subscription is ACTIVE at once; Cybersource asks for its health first', 'different'],
    ['What is signed (`t`, a point, the body); a key signs also after its expiry date', 'inferred'],
    [
      'Told of: the result of each authorization, reversal, capture and refund; a session that is COMPLETED, ABANDONED or FAILED; the CHARGEBACK of a capture; an authorization that FAILED later, because it was rejected or has expired',
      'inferred',
    ],
    [
      'The payload is that of the answer, or that of a check with the id of the session or transaction itself. A session that is COMPLETED has its token there',
      'inferred',
    ],
    ['Who subscribes later is not told of sessions and authorizations that were made before', 'different'],
    [
      '`requestType` in the body stays NEW in repeats, so that the body and its trace id stay the same; the header says RETRY',
      'inferred',
    ],
    ['A sample delivery, in version 1 as in the SDKs; it makes a suspended subscription active again', 'documented'],
    ['The rest of version 1, replays, message-level encryption of deliveries', 'not built'],
  ),
];
