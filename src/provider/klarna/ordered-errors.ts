/** Errors that somebody ordered, as Klarna would word them: from the catalogue's code to status, code and text. */
import { type CatalogueCode, lookup } from '../../catalogue/index.ts';
import type { KlarnaError } from './errors.ts';

/** The texts that travel with a code. `*` stands for every API that has none of its own. Source: Klarna's error tables. */
const TEXTS: Readonly<
  Partial<Record<CatalogueCode, { readonly code?: string; readonly '*': string; readonly om?: string }>>
> = {
  'BAD_VALUE:locale': { code: 'BAD_VALUE', '*': 'Bad value: locale' },
  'BAD_VALUE:purchase_currency': { code: 'BAD_VALUE', '*': 'Bad value: purchase_currency' },
  'BAD_VALUE:order_lines_tax': { code: 'BAD_VALUE', '*': 'Bad value: order_tax_amount' },
  'BAD_VALUE:billing_address': { code: 'BAD_VALUE', '*': 'Bad value: billing_address' },
  'NOT_FOUND:session': { code: 'NOT_FOUND', '*': 'Invalid session id' },
  NO_INVOICE_LINES: { code: 'BAD_VALUE', '*': 'Bad value: order_lines' },
  INVALID_AUTH_TOKEN: { code: 'NOT_FOUND', '*': 'Invalid authorization token' },
  BAD_VALUE: { '*': 'Bad value: order_amount' },
  SESSION_COMPLETED: { '*': 'Session has already been completed' },
  REJECTED: { '*': 'Rejected' },
  UNAVAILABLE_PAYMENT_METHOD: { '*': 'Purchase for payment method failed' },
  CAPTURE_NOT_ALLOWED: { '*': 'Capture not allowed' },
  CANCEL_NOT_ALLOWED: { '*': 'Cancel not possible.' },
  REFUND_NOT_ALLOWED: { '*': 'Refund not allowed' },
  NOT_ALLOWED: { '*': 'Update not allowed.' },
  NO_SUCH_ORDER: { '*': 'Order cannot be found' },
  NO_SUCH_CAPTURE: { '*': 'Capture could not be found' },
  INVALID_ORDER_ID: { '*': 'Order ID must be a valid UUID.' },
  INVALID_ADDRESS: { '*': 'The shipping and/or billing address is invalid' },
  REQUEST_TOO_LARGE: { '*': 'Request is too large' },
  TOO_MANY_REQUESTS: { '*': 'Too many requests' },
  INTERNAL_SERVER_ERROR: { '*': 'Internal error', om: 'Unexpected server error' },
  UNEXPECTED_ERROR: { '*': 'Unexpected server error' },
  TEMPORARILY_UNAVAILABLE: { '*': 'Temporarily unavailable' },
};

/** Whether a code can be ordered: it is an error that travels with a status. */
export function isOrderable(code: string): boolean {
  const entry = lookup(code);
  return entry?.kind === 'error' && entry.http.length > 0;
}

/** @param code one that `isOrderable`, in any case @param status one of the entry's; absent: its first */
export function orderedError(code: string, status: number | undefined, path: string): KlarnaError {
  const entry = lookup(code);
  if (!entry) throw new Error(`the catalogue has no ${code}`);
  const texts = TEXTS[entry.code];
  const text = path.startsWith('/ordermanagement/') ? (texts?.om ?? texts?.['*']) : texts?.['*'];
  return {
    status: status ?? entry.http[0] ?? 500,
    error_code: texts?.code ?? entry.code,
    error_messages: text === undefined ? [] : [text],
  };
}
