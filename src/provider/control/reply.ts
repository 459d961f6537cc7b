/** What the control API's handlers take and give. */
import type { Request } from '../../http/exchange.ts';
import { bracketPath, check, type Fault, type Rule } from '../../wire/shape.ts';
import type { Background } from '../background.ts';
import type { Explanation, Refusal } from '../engine/outcome.ts';
import { klarnaError } from '../klarna/errors.ts';
import type { Authenticator } from '../merchants.ts';
import type { World } from '../world.ts';

export interface ControlOptions {
  readonly world: World;
  readonly authenticator: Authenticator;
  readonly background: Background;
  /** The merchant that a call is about when it names none and carries no credentials. */
  readonly defaultMerchantId: string;
}

export interface ControlCall {
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  /** The parsed body; `{}` when there was none. */
  readonly body: unknown;
}

export interface ControlReply {
  readonly status: number;
  readonly body: object;
}

export type ControlHandler = (call: ControlCall) => Promise<ControlReply> | ControlReply;

export function ok(body: object, status = 200): ControlReply {
  return { status, body };
}

/** Errors have the shape of Klarna's, with the explanation beside it. */
export function problem(
  status: number,
  error_code: string,
  message: string,
  explanations: readonly Explanation[] = [],
): ControlReply {
  return { status, body: { error_code, error_messages: [message], explanations } };
}

/** A refusal of the engine. */
export function refusedBy(refusal: Refusal, operation: string): ControlReply {
  const { status, error_code, error_messages } = klarnaError(refusal, operation);
  return { status, body: { error_code, error_messages, explanations: refusal.explanations } };
}

/** The body as a rule reads it, or the reply that says what is wrong with it. */
export function readAs<T>(
  rule: Rule<T>,
  body: unknown,
): { value: T; refused?: never } | { value?: never; refused: ControlReply } {
  const { value, faults } = check(rule, body);
  return faults ? { refused: badBody(faults) } : { value: value as T };
}

function badBody(faults: readonly Fault[]): ControlReply {
  const error_messages = faults
    .slice(0, 100)
    .map(({ path, expected, got }) => `${bracketPath(path)} should be ${expected}; got ${got}`);
  return { status: 400, body: { error_code: 'BAD_VALUE', error_messages } };
}
