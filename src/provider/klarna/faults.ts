/** Faults of a body in the words of each of Klarna's APIs: same checks, different status, code and path notation. */
import { bracketPath, type Fault, slashPath } from '../../wire/shape.ts';
import type { Explanation } from '../engine/outcome.ts';
import type { KlarnaError } from './errors.ts';

const MESSAGES_MOST = 100;

/** How an API answers a body that does not fit. */
export type FaultDialect = (faults: readonly Fault[]) => KlarnaError;

/** Klarna Payments: 400 BAD_VALUE; what is missing in one message, everything else in one message each. */
export const paymentsFaults: FaultDialect = (faults) => {
  const missing = faults
    .filter(({ rule }) => rule === 'missing')
    .slice(0, MESSAGES_MOST)
    .map(({ path }) => bracketPath(path));
  const wrong = faults.filter(({ rule }) => rule !== 'missing').map(({ path }) => `Bad value: ${bracketPath(path)}`);
  const messages = missing.length > 0 ? [`Bad value: ${missing.join(', ')}`, ...wrong] : wrong;
  return { status: 400, error_code: 'BAD_VALUE', error_messages: messages.slice(0, MESSAGES_MOST) };
};

/** Order Management: 422 for values out of bounds or missing; 400 when a value is of another type (inferred). */
export const orderManagementFaults: FaultDialect = (faults) => {
  const typed = faults.filter(({ rule }) => rule === 'type');
  if (typed.length > 0) {
    return {
      status: 400,
      error_code: 'BAD_REQUEST',
      error_messages: typed.slice(0, MESSAGES_MOST).map(({ path }) => `Bad value: ${slashPath(path)}`),
    };
  }
  return {
    status: 422,
    error_code: 'UNPROCESSABLE_ENTITY',
    error_messages: faults.slice(0, MESSAGES_MOST).map(boundsMessage),
  };
};

/** Distribution of a hosted page's link: one code for whatever does not fit. */
export const distributionFaults: FaultDialect = (faults) => ({
  status: 400,
  error_code: 'CONSTRAINT_VIOLATION',
  error_messages: faults
    .slice(0, MESSAGES_MOST)
    .map(({ path, rule }) => `${bracketPath(path)} ${rule === 'missing' ? 'is missing' : 'is not valid'}`),
});

/** Disputes: one message, and each parameter with what is wrong with it. */
export const disputeFaults: FaultDialect = (faults) => {
  const validation_errors = faults.slice(0, MESSAGES_MOST).map(({ path, rule, expected }) => ({
    parameter: bracketPath(path),
    reason: rule === 'missing' ? 'is required' : `must be ${expected}`,
  }));
  const error_messages = validation_errors.map(({ parameter, reason }) => `${parameter} ${reason}`);
  return { status: 400, error_code: 'VALIDATION_ERROR', error_messages, validation_errors };
};

function boundsMessage({ path, rule, min, max }: Fault): string {
  const field = slashPath(path);
  if (rule === 'missing') return `'${field}' must not be null`;
  if (rule === 'size') return `The size of the ${field} value must be between ${min ?? 0} and ${max}`;
  if (rule === 'range') return `The ${field} value must be between ${min ?? Number.MIN_SAFE_INTEGER} and ${max}`;
  return `The ${field} value is not valid`;
}

/** The faults in plain words, for the log. */
export function explainFaults(faults: readonly Fault[]): Explanation[] {
  return faults.slice(0, MESSAGES_MOST).map(({ path, expected, got }) => {
    const field = bracketPath(path);
    const line = path[0] === 'order_lines' && typeof path[1] === 'number' ? { line: path[1] } : {};
    return {
      field,
      ...line,
      expected,
      got,
      message: `${field} should be ${expected}; got ${got}.`,
      change: `Send ${field} as ${expected}.`,
    };
  });
}
