/** What the probes of Klarna Payments share. */
import { operation, refused } from '../../probe.ts';
import { PURCHASE } from '../../purchases.ts';

export const API = 'Klarna Payments';
export const READ = 'GET /payments/v1/sessions/{session_id}';
export const ORDER = 'GET /ordermanagement/v1/orders/{order_id}';

/** What must be there when a session or an order is created. */
export const REQUIRED = ['purchase_country', 'purchase_currency', 'order_amount', 'order_lines'] as const;

export const CREATED = { status: 200, fields: { session_id: { is: 'uuid' } } } as const;
export const UPDATED = { status: 204, empty: true } as const;

/** Refused with one message a field, in Klarna's words. */
export const bad = (...fields: readonly string[]) =>
  refused(400, 'BAD_VALUE', ...fields.map((field) => `Bad value: ${field}`));

/** Refused with one message that lists all that is missing. */
export const missing = (...fields: readonly string[]) => ({ status: 400, code: 'BAD_VALUE', bad: fields });

/** Refused, and the first message names the field somewhere. */
export const names = (field: string) => ({
  status: 400,
  code: 'BAD_VALUE',
  fields: { 'error_messages[0]': new RegExp(field.replace(/[[\].]/g, '\\$&')) },
});

export const create = operation(API, 'payments/create-session', 'POST /payments/v1/sessions', { body: PURCHASE });
