/** A purchase in Cybersource's fields as one in Klarna's, and the names of Klarna's fields back in Cybersource's. */
import { sumOfLines } from '../../money/lines.ts';
import type {
  AmountDetails,
  AuthorizationRequest,
  BillTo,
  CreateSession,
  LineItem,
  UpdateSession,
} from '../../wire/cybersource.ts';
import type { Address, OrderCreate, OrderLine, SessionCreate, SessionUpdate } from '../../wire/klarna-payments.ts';

/** Leaves out what is not given. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) present[name] = fields[name];
  return present as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** The payment session that a session request asks for. */
export function sessionOf(body: CreateSession): SessionCreate {
  const { billTo } = body.orderInformation;
  const purchase_country = billTo.country;
  return { ...details(body), ...wholeOf(body, purchase_country), purchase_country };
}

/** What a session request changes of a payment session. @param country of the session, where the request names none */
export function sessionChanges(body: CreateSession | UpdateSession, country: string): SessionUpdate {
  return { ...details(body), ...wholeOf(body, country) };
}

/**
 * The order that an authorization asks for: what it does not repeat is as in the session.
 * @param session as its shopper authorized it
 */
export function orderOf(body: AuthorizationRequest, session: SessionCreate | undefined): OrderCreate {
  const country = body.orderInformation.billTo?.country ?? session?.purchase_country ?? '';
  const whole = wholeOf(body, country);
  const order_lines = body.orderInformation.lineItems === undefined ? session?.order_lines : undefined;
  return {
    ...details(body),
    purchase_country: session?.purchase_country ?? country,
    ...whole,
    order_lines: order_lines ?? whole.order_lines,
  };
}

type Purchase = CreateSession | UpdateSession | AuthorizationRequest;

/** Currency, amounts and lines. */
function wholeOf(
  { orderInformation: { amountDetails, lineItems } }: Purchase,
  country: string,
): Pick<OrderCreate, 'purchase_currency' | 'order_amount' | 'order_lines' | 'order_tax_amount'> {
  const order_lines = linesOf(lineItems, amountDetails, country);
  // Cybersource's tax is of the order and Klarna's the sum of the lines': where no line names one, there is nothing to compare it with.
  const taxed = order_lines.some(
    ({ type, total_tax_amount }) => total_tax_amount !== undefined || type === 'sales_tax',
  );
  return {
    purchase_currency: amountDetails.currency,
    order_amount: amountDetails.totalAmount,
    order_lines,
    ...(taxed && amountDetails.taxAmount !== undefined && { order_tax_amount: amountDetails.taxAmount }),
  };
}

function details(body: Purchase): SessionUpdate {
  const { clientReferenceInformation, buyerInformation, orderInformation } = body;
  const { billTo, shipTo, invoiceDetails } = orderInformation;
  return given({
    locale: buyerInformation?.language?.replace('_', '-'),
    billing_address: billTo && addressOf(billTo),
    shipping_address: shipTo && addressOf(shipTo),
    customer: buyerInformation?.dateOfBirth && { date_of_birth: dateOf(buyerInformation.dateOfBirth) },
    merchant_reference1: clientReferenceInformation.code,
    merchant_reference2: invoiceDetails?.purchaseOrderNumber,
  }) as SessionUpdate;
}

/** `19700131` → `1970-01-31` */
function dateOf(text: string): string {
  return text.replace(/^(\d{4})-?(\d{2})-?(\d{2})$/, '$1-$2-$3');
}

function addressOf(address: BillTo): Address {
  return given({
    given_name: address.firstName,
    family_name: address.lastName,
    title: address.title,
    organization_name: address.company,
    street_address: address.address1,
    street_address2: address.address2,
    city: address.locality,
    region: address.administrativeArea,
    postal_code: address.postalCode,
    country: address.country,
    email: address.email,
    phone: address.phoneNumber,
  });
}

/** Cybersource's product codes for what Klarna has a type of line for; everything else is goods. */
const LINE_TYPES: Readonly<Record<string, OrderLine['type']>> = {
  digital: 'digital',
  electronic_good: 'digital',
  electronic_software: 'digital',
  coupon: 'discount',
  discount: 'discount',
  shipping: 'shipping_fee',
  shipping_only: 'shipping_fee',
  shipping_and_handling: 'shipping_fee',
  shipping_fee: 'shipping_fee',
  handling_only: 'surcharge',
  surcharge: 'surcharge',
  gift_card: 'gift_card',
  gift_certificate: 'gift_card',
  store_credit: 'store_credit',
  sales_tax: 'sales_tax',
};
/** Klarna has these below zero; a coupon is sent with either sign. */
const NEGATIVE: readonly OrderLine['type'][] = ['discount', 'gift_card', 'store_credit'];

export function lineOf(item: LineItem): OrderLine {
  const type = LINE_TYPES[item.productCode?.toLowerCase() ?? ''] ?? 'physical';
  const { quantity, discountAmount = 0 } = item;
  const total = item.totalAmount ?? quantity * item.unitPrice - discountAmount;
  const signed = (amount: number) => (NEGATIVE.includes(type) ? 0 - Math.abs(amount) : amount);
  return {
    type,
    name: item.productName,
    quantity,
    unit_price: signed(item.unitPrice),
    total_amount: signed(total),
    ...given({
      reference: item.productSku,
      total_discount_amount: item.discountAmount,
      tax_rate: item.taxRate,
      total_tax_amount: item.taxAmount,
    }),
  };
}

/** What the order's amount may be made of beside its items, as lines of Klarna's. */
const EXTRAS: readonly {
  field: keyof AmountDetails;
  type: NonNullable<OrderLine['type']>;
  name: string;
  sign: 1 | -1;
  /** Where it is a line of its own; absent: everywhere. */
  country?: string;
}[] = [
  { field: 'shippingAmount', type: 'shipping_fee', name: 'Shipping', sign: 1 },
  { field: 'shippingDiscountAmount', type: 'discount', name: 'Shipping discount', sign: -1 },
  { field: 'handlingAmount', type: 'surcharge', name: 'Handling', sign: 1 },
  { field: 'giftwrapAmount', type: 'surcharge', name: 'Gift wrap', sign: 1 },
  { field: 'insuranceAmount', type: 'surcharge', name: 'Insurance', sign: 1 },
  { field: 'dutyAmount', type: 'surcharge', name: 'Duty', sign: 1 },
  { field: 'discountAmount', type: 'discount', name: 'Discount', sign: -1 },
  // In the US, tax is added to the prices; elsewhere it is part of them.
  { field: 'taxAmount', type: 'sales_tax', name: 'Tax', sign: 1, country: 'US' },
];

/**
 * Klarna's lines have to add up to the amount. Where the items do so alone, they are the lines; otherwise the order's shipping, discount
 * and the like are lines too. An order without items is one line.
 */
function linesOf(items: readonly LineItem[] | undefined, amounts: AmountDetails, country: string): OrderLine[] {
  const { totalAmount } = amounts;
  if (!items) return [{ name: 'Order', quantity: 1, unit_price: totalAmount, total_amount: totalAmount }];
  const lines = items.map(lineOf);
  if (sumOfLines(lines) === totalAmount) return lines;
  const extras = EXTRAS.flatMap(({ field, type, name, sign, country: only }) => {
    const amount = amounts[field];
    if (typeof amount !== 'number' || amount === 0 || (only !== undefined && only !== country)) return [];
    return [{ type, name, quantity: 1, unit_price: sign * amount, total_amount: sign * amount }];
  });
  return [...lines, ...extras];
}

/** Klarna's field → Cybersource's. */
const FIELDS: readonly (readonly [RegExp, string])[] = [
  [/^order_lines\[(\d+)\]\.total_amount$/, 'orderInformation.lineItems[$1].totalAmount'],
  [/^order_lines\[(\d+)\]\.total_tax_amount$/, 'orderInformation.lineItems[$1].taxAmount'],
  [/^order_lines\[(\d+)\]\.tax_rate$/, 'orderInformation.lineItems[$1].taxRate'],
  [/^order_lines\[(\d+)\]\.unit_price$/, 'orderInformation.lineItems[$1].unitPrice'],
  [/^order_lines\[(\d+)\]\.quantity$/, 'orderInformation.lineItems[$1].quantity'],
  [/^order_lines\[(\d+)\].*$/, 'orderInformation.lineItems[$1]'],
  [/^Incorrect number of items.*$/, 'orderInformation.lineItems'],
  [/^(?:order_amount|captured_amount|refunded_amount)$/, 'orderInformation.amountDetails.totalAmount'],
  [/^order_tax_amount$/, 'orderInformation.amountDetails.taxAmount'],
  [/^purchase_currency$/, 'orderInformation.amountDetails.currency'],
  [/^purchase_country$/, 'orderInformation.billTo.country'],
  [/^locale$/, 'buyerInformation.language'],
  [/^billing_address(?:\..*)?$/, 'orderInformation.billTo'],
  [/^shipping_address(?:\..*)?$/, 'orderInformation.shipTo'],
];

/** The name that a field has here; what has no counterpart keeps its own. */
export function fieldName(field: string): string {
  const [pattern, name] = FIELDS.find(([candidate]) => candidate.test(field)) ?? [];
  return pattern && name ? field.replace(pattern, name) : field;
}
