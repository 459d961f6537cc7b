/**
 * The bodies of Cybersource's Payments API as far as Klarna is concerned, and of its webhook subscriptions. Amounts travel as
 * decimal texts and come out in minor units. Required is what Klarna cannot do without; the rest may be absent, as in the models
 * of the official SDKs. Unknown fields are dropped.
 */
import { minorFromDecimal } from '../money/decimal.ts';
import { callbackUrl, country, currency, MAX_AMOUNT, MAX_LINES, orEmpty } from './common.ts';
import { choice, decimal, type Infer, list, object, type Rule, required, text } from './shape.ts';

/** The steps that Cybersource's documents and SDKs name for alternative payments, whether or not Klarna has them. */
export const ACTIONS = [
  'AP_SESSIONS',
  'AP_SESSION_STATUS',
  'AP_STATUS',
  'AP_AUTH',
  'AP_AUTH_STATUS',
  'AP_AUTH_REVERSAL',
  'AP_REAUTH',
  'AP_SALE',
  'AP_CAPTURE',
  'AP_CAPTURE_STATUS',
  'AP_REFUND',
  'AP_REFUND_STATUS',
  'AP_ORDER',
  'AP_CANCEL',
  'AP_INITIATE',
] as const;
export type Action = (typeof ACTIONS)[number];

/** `"12.50"` → 1250. A JSON number counts as the digits it was written with. @param min in minor units */
const amount = ({ min = -MAX_AMOUNT }: { min?: number } = {}) => decimal({ min, max: MAX_AMOUNT });

/**
 * A tax rate in basis points: `"25.00"` → 2500. Below one it is taken for a fraction, `"0.25"` → 2500, because
 * Cybersource's documents have both and Klarna's markets have no rate below one per cent (inferred).
 */
const taxRate: Rule<number> = (value, scan) => {
  const { amount_minor = -1 } = minorFromDecimal(String(value), /^0?[.]/.test(String(value)) ? 4 : 2);
  if (amount_minor >= 0 && amount_minor <= 10_000) return amount_minor;
  scan.faults.push({
    path: [...scan.path],
    rule: 'pattern',
    expected: 'a rate in per cent such as "25.00"',
    got: shortened(value),
  });
  return undefined;
};

/** A whole number within these bounds, as a number or in digits. */
function whole(min: number, max: number): Rule<number> {
  return (value, scan) => {
    const number = /^\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    const expected = `a whole number from ${min} to ${max}`;
    scan.faults.push({ path: [...scan.path], rule: 'type', expected, got: shortened(value) });
    return undefined;
  };
}

function shortened(value: unknown): string {
  return (typeof value === 'object' ? 'an object' : String(value)).slice(0, 60);
}

/** One of these steps, as a text or as a list that holds nothing else: the documents show both. */
function action<const A extends Action>(...accepted: readonly A[]): Rule<A> {
  return (value, scan) => {
    const words: unknown[] = Array.isArray(value) ? value : [value];
    const word = accepted.find((each) => words.length === 1 && each === words[0]);
    if (word) return word;
    const got = words.map(shortened).join(', ').slice(0, 100);
    scan.faults.push({ path: [...scan.path], rule: 'pattern', expected: accepted.join(' or '), got });
    return undefined;
  };
}

/** A company is a text in some models and an object with a name in others. */
const company: Rule<string> = (value, scan) =>
  text({ max: 99 })(
    typeof value === 'object' && value !== null ? ((value as { name?: unknown }).name ?? '') : value,
    scan,
  );

const name = () => text({ max: 99 });
const addressFields = {
  firstName: name(),
  lastName: name(),
  title: text({ max: 20 }),
  company,
  address1: name(),
  address2: name(),
  locality: name(),
  administrativeArea: name(),
  postalCode: text({ max: 10 }),
  country: country(),
  email: name(),
  phoneNumber: name(),
};
const address = object(addressFields);
const address_with_country = object({ ...addressFields, country: required(country()) });

const lineItem = object({
  productCode: text({ max: 255 }),
  productSku: text({ max: 255 }),
  productName: required(text({ min: 1, max: 255 })),
  quantity: required(whole(0, 999_999_999)),
  unitPrice: required(amount()),
  totalAmount: amount(),
  discountAmount: amount({ min: 0 }),
  taxAmount: amount(),
  taxRate,
});

const amountDetails = {
  currency: required(currency()),
  taxAmount: amount({ min: 0 }),
  discountAmount: amount({ min: 0 }),
  shippingAmount: amount({ min: 0 }),
  shippingDiscountAmount: amount({ min: 0 }),
  handlingAmount: amount({ min: 0 }),
  giftwrapAmount: amount({ min: 0 }),
  dutyAmount: amount({ min: 0 }),
  insuranceAmount: amount({ min: 0 }),
};
const whole_amount = object({ ...amountDetails, totalAmount: required(amount({ min: 0 })) });
const part_amount = object({ currency: currency(), totalAmount: amount({ min: 1 }) });

const reference = object({ code: required(text({ min: 1, max: 50 })), transactionId: text({ min: 1, max: 50 }) });
const optional_reference = object({ code: text({ max: 50 }), transactionId: text({ min: 1, max: 50 }) });

/** Klarna and nothing else; the name of the type is `INVOICE` in every example. */
const paymentInformation = required(
  object({
    paymentType: required(
      object({
        name: text({ max: 50 }),
        method: required(object({ name: required(choice(['KLARNA'], { anyCase: true })), type: text({ max: 50 }) })),
        subTypeName: text({ max: 50 }),
      }),
    ),
  }),
);

const lineItems = list(lineItem, { min: 1, max: MAX_LINES });
const shippingDetails = object({
  trackingNumber: text({ max: 100 }),
  trackingUrl: text({ max: 1024 }),
  shippingCarrier: text({ max: 100 }),
  shippingMethod: text({ max: 50 }),
});

const merchantInformation = object({
  successUrl: callbackUrl(),
  cancelUrl: callbackUrl(),
  failureUrl: callbackUrl(),
});
const buyerInformation = object({
  language: text({ pattern: /^[A-Za-z]{2}(?:[-_][A-Za-z]{2})?$/, like: 'a language such as "en" or "en-US"' }),
  dateOfBirth: text({ pattern: /^\d{4}-?\d{2}-?\d{2}$/, like: 'a date, yyyy-mm-dd' }),
});

const sessionProcessing = <const T extends 'N' | 'U'>(sessionType: T) =>
  required(
    object({
      actionList: required(action('AP_SESSIONS')),
      sessionType: choice([sessionType]),
      paymentFlowMode: choice(['HOP', 'inline'], { anyCase: true }),
    }),
  );
const sessionOrder = {
  amountDetails: required(whole_amount),
  billTo: address,
  shipTo: address,
  lineItems,
  invoiceDetails: object({ purchaseOrderNumber: text({ max: 255 }) }),
};
const sessionFields = {
  clientReferenceInformation: required(reference),
  paymentInformation,
  buyerInformation,
  merchantInformation,
};

export const createSession = object({
  ...sessionFields,
  processingInformation: sessionProcessing('N'),
  orderInformation: required(object({ ...sessionOrder, billTo: required(address_with_country) })),
});
export const updateSession = object({
  ...sessionFields,
  processingInformation: sessionProcessing('U'),
  orderInformation: required(object(sessionOrder)),
});

export const authorization = object({
  clientReferenceInformation: required(reference),
  processingInformation: required(object({ actionList: required(action('AP_AUTH')), linkId: text({ max: 30 }) })),
  paymentInformation,
  processorInformation: object({ preApprovalToken: text({ min: 1, max: 4096 }) }),
  orderInformation: required(object(sessionOrder)),
  buyerInformation,
});

export const reversal = object({
  clientReferenceInformation: optional_reference,
  processingInformation: required(object({ actionList: required(action('AP_AUTH_REVERSAL')) })),
  paymentInformation,
  orderInformation: object({ amountDetails: part_amount }),
  reversalInformation: object({ amountDetails: part_amount, reason: text({ max: 255 }) }),
});

/** Undoes a call whose answer was lost, which only its transaction id is known of. */
export const timeoutReversal = object({
  clientReferenceInformation: required(
    object({ code: text({ max: 50 }), transactionId: required(text({ min: 1, max: 50 })) }),
  ),
});

export const capture = object({
  clientReferenceInformation: optional_reference,
  processingInformation: required(
    object({
      actionList: required(action('AP_CAPTURE')),
      captureOptions: object({
        isFinal: choice(['true', 'false'], { anyCase: true }),
        notes: text({ max: 255 }),
      }),
    }),
  ),
  paymentInformation,
  orderInformation: object({ amountDetails: part_amount, lineItems, shippingDetails }),
});

export const refund = object({
  clientReferenceInformation: optional_reference,
  processingInformation: required(object({ actionList: required(action('AP_REFUND')) })),
  paymentInformation,
  orderInformation: object({ amountDetails: part_amount, lineItems }),
});

export const STATUS_ACTIONS = [
  'AP_STATUS',
  'AP_SESSION_STATUS',
  'AP_AUTH_STATUS',
  'AP_CAPTURE_STATUS',
  'AP_REFUND_STATUS',
] as const satisfies readonly Action[];
export const checkStatus = object({
  clientReferenceInformation: optional_reference,
  processingInformation: required(object({ actionList: required(action(...STATUS_ACTIONS)) })),
  paymentInformation,
});

/** A key with which deliveries of webhooks are signed. */
export const createWebhookKey = object({
  clientRequestAction: required(choice(['CREATE'])),
  keyInformation: required(
    object({
      provider: text({ max: 50 }),
      tenant: text({ max: 100 }),
      keyType: required(choice(['sharedSecret'])),
      organizationId: required(text({ min: 1, max: 64 })),
      /** Days. */
      expiryDuration: whole(1, 3_650),
    }),
  ),
});

/** A flag that the models have as a text, and people send as what it is. */
const flag: Rule<boolean> = (value, scan) => {
  const word = choice(['true', 'false'], { anyCase: true })(typeof value === 'boolean' ? String(value) : value, scan);
  return word === undefined ? undefined : word === 'true';
};

/** When a delivery that failed is tried again. Times are minutes. */
const retryPolicy = object({
  algorithm: choice(['ARITHMETIC', 'GEOMETRIC'], { anyCase: true }),
  firstRetry: whole(0, 1_440),
  interval: whole(0, 1_440),
  numberOfRetries: whole(0, 10),
  deactivateFlag: flag,
  repeatSequenceCount: whole(0, 10),
  repeatSequenceWaitTime: whole(0, 10_080),
});

const subscription = {
  name: text({ max: 255 }),
  description: text({ max: 1000 }),
  healthCheckUrl: orEmpty(callbackUrl()),
  notificationScope: choice(['SELF', 'DESCENDANTS']),
  retryPolicy,
  securityPolicy: object({ securityType: choice(['KEY'], { anyCase: true }) }),
};
const products = list(
  object({
    productId: required(text({ min: 1, max: 100 })),
    eventTypes: required(list(text({ min: 1, max: 200 }), { min: 1, max: 50 })),
  }),
  { min: 1, max: 20 },
);

export const createWebhook = object({
  ...subscription,
  organizationId: required(text({ min: 1, max: 64 })),
  products: required(products),
  webhookUrl: required(callbackUrl()),
});

/** What is not sent stays as it is. */
export const updateWebhook = object({
  ...subscription,
  organizationId: text({ min: 1, max: 64 }),
  products,
  webhookUrl: callbackUrl(),
});

export const updateWebhookStatus = object({ status: required(choice(['ACTIVE', 'INACTIVE'])) });

export type CreateSession = Infer<typeof createSession>;
export type UpdateSession = Infer<typeof updateSession>;
export type AuthorizationRequest = Infer<typeof authorization>;
export type ReversalRequest = Infer<typeof reversal>;
export type TimeoutReversal = Infer<typeof timeoutReversal>;
export type CaptureRequest = Infer<typeof capture>;
export type RefundRequest = Infer<typeof refund>;
export type CheckStatus = Infer<typeof checkStatus>;
export type CreateWebhookKey = Infer<typeof createWebhookKey>;
export type CreateWebhook = Infer<typeof createWebhook>;
export type UpdateWebhook = Infer<typeof updateWebhook>;
export type UpdateWebhookStatus = Infer<typeof updateWebhookStatus>;
export type RetryPolicy = Infer<typeof retryPolicy>;
export type BillTo = Infer<typeof address>;
export type LineItem = Infer<typeof lineItem>;
export type AmountDetails = Infer<typeof whole_amount>;
