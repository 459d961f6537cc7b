/** What a transaction that failed says: a status, Purse's words for it, and the explanation for the log. */
import { bracketPath, type Fault } from '../../wire/shape.ts';
import type { Explanation, Refusal } from '../engine/outcome.ts';
import { explainFaults } from '../klarna/faults.ts';
import { purseField } from './fields.ts';
import { PSP_STATUSES, type PspStatus, pspOf } from './statuses.ts';

export interface Failure {
  readonly psp_status: PspStatus;
  /** `Bad value: order.currency_code` */
  readonly description: string;
  readonly explanations: readonly Explanation[];
}

/** What of a purchase Klarna would not take, by the names that Purse's fields have. */
function namedFields(words: 'Bad format' | 'Bad value', fields: readonly string[]): string {
  return `${words}: ${[...new Set(fields)].slice(0, 20).join(', ')}`;
}

/** Fields that Klarna needs and Purse's page says are mandatory. */
export function missingFields(fields: readonly { readonly purse: string; readonly path: string }[]): Failure {
  const names = fields.map(({ purse }) => purse);
  return {
    psp_status: 'BAD_REQUEST',
    description: namedFields('Bad format', names),
    explanations: fields.map(({ purse, path }) => ({
      field: path,
      message: `Klarna needs ${purse}; ${path} was not sent when the session was created.`,
      change: `Send ${path} in the session.`,
    })),
  };
}

export function badField(purse: string, got: string, expected: string): Failure {
  const message = `${purse} should be ${expected}; got ${got.slice(0, 60)}.`;
  return {
    psp_status: 'BAD_VALUE',
    description: namedFields('Bad value', [purse]),
    explanations: [{ field: purse, expected, got: got.slice(0, 60), message, change: `Send ${purse} as ${expected}.` }],
  };
}

/** What Klarna's own limits say about the fields as Klarna has them. */
export function failureOfFaults(faults: readonly Fault[]): Failure {
  const isMissing = faults.every(({ rule }) => rule === 'missing');
  const fields = faults.map(({ path }) => purseField(bracketPath(path)));
  return {
    psp_status: isMissing ? 'BAD_REQUEST' : 'BAD_VALUE',
    description: namedFields(isMissing ? 'Bad format' : 'Bad value', fields),
    explanations: explainFaults(faults),
  };
}

/** A refusal of Klarna's. */
export function failureOf({ reason, explanations }: Refusal): Failure {
  const psp_status = pspOf(reason);
  const fields = explanations.flatMap(({ field }) => (field === undefined ? [] : [purseField(field)]));
  const description =
    psp_status === 'BAD_VALUE' && fields.length > 0 ? namedFields('Bad value', fields) : PSP_STATUSES[psp_status].about;
  return { psp_status, description, explanations: explanations.map(byPurseNames) };
}

/** Klarna's explanation for somebody who sent Purse's fields. Lines keep Klarna's names, which count them over all shipments. */
function byPurseNames(explanation: Explanation): Explanation {
  const { field = '', message, change } = explanation;
  const name = purseField(field);
  if (field === '' || name === field || field.includes('[')) return explanation;
  return {
    ...explanation,
    field: name,
    message: message.replaceAll(field, name),
    change: change.replaceAll(field, name),
  };
}
