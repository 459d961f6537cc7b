/**
 * From the error that Klarna sends to the entry that explains it best.
 *
 * On the wire a few broad codes cover many causes, and the message tells them apart: `BAD_VALUE` with
 * "Bad value: locale" is the entry `BAD_VALUE:locale`.
 */
import type { CatalogueCode } from './entries.ts';
import { lookup } from './lookup.ts';

interface WireRule {
  readonly error_code: string;
  /** Matched against one fault: a message, without its "Bad value:" and taken apart where it lists several fields. */
  readonly fault: RegExp;
  readonly entry: CatalogueCode;
}

/** Source: the error tables of Klarna Payments (messages) and Customer Token (its two ways of saying that a token is unknown). */
const wireRules: readonly WireRule[] = [
  { error_code: 'BAD_VALUE', fault: /^locale$/, entry: 'BAD_VALUE:locale' },
  { error_code: 'BAD_VALUE', fault: /^purchase_currency$/, entry: 'BAD_VALUE:purchase_currency' },
  {
    error_code: 'BAD_VALUE',
    fault: /^order_lines\[\d+\]\.(?:tax_rate|total_tax_amount)$/,
    entry: 'BAD_VALUE:order_lines_tax',
  },
  { error_code: 'BAD_VALUE', fault: /^order_tax_amount$/, entry: 'BAD_VALUE:order_lines_tax' },
  { error_code: 'BAD_VALUE', fault: /^(?:billing|shipping)_address(?:\.|$)/, entry: 'BAD_VALUE:billing_address' },
  { error_code: 'BAD_VALUE', fault: /^order_lines$/, entry: 'NO_INVOICE_LINES' },
  { error_code: 'NOT_FOUND', fault: /^invalid session id/i, entry: 'NOT_FOUND:session' },
  { error_code: 'NOT_FOUND', fault: /^invalid authorization token/i, entry: 'INVALID_AUTH_TOKEN' },
  { error_code: 'NOT_FOUND', fault: /^invalid (?:customer-)?token id/i, entry: 'TOKEN_NOT_FOUND' },
];

/**
 * The most specific entry for an error of Klarna's, or undefined if the catalogue does not know its code.
 *
 * If the messages report several faults that belong to different entries, the answer is the broad entry of the code:
 * a specific one would hide the other faults.
 *
 * @param error_code as on the wire, such as `BAD_VALUE`
 * @param error_messages as on the wire; may be empty
 */
export function catalogueCodeFor(error_code: string, error_messages: readonly string[]): CatalogueCode | undefined {
  const broad = lookup(error_code)?.code;
  const found = new Set(error_messages.flatMap(faultsIn).map((fault) => entryOf(error_code, fault) ?? broad));
  const [only] = found;
  return found.size === 1 ? only : broad;
}

function entryOf(error_code: string, fault: string): CatalogueCode | undefined {
  return wireRules.find((rule) => rule.error_code === error_code && rule.fault.test(fault))?.entry;
}

/**
 * A message may name several fields ("Bad value: a, b") and explain one in brackets, which can hold commas of its own.
 * Messages of another form list no fields and stay whole.
 */
function faultsIn(message: string): string[] {
  if (!/^bad value:/i.test(message)) return [message.trim()];
  return message
    .replaceAll(/\([^()]*\)/g, '')
    .split(',')
    .map((part) => part.replace(/^\s*bad value:/i, '').trim());
}
