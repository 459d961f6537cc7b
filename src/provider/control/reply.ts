/** What the control API's handlers take and give. */
import { catalogueCodeFor } from '../../catalogue/index.ts';
import type { Request } from '../../http/exchange.ts';
import { bracketPath, check, type Fault, object, type Rule } from '../../wire/shape.ts';
import type { Background } from '../background.ts';
import type { Explanation, Outcome, Refusal } from '../engine/outcome.ts';
import type { HostedPages } from '../hosted.ts';
import { klarnaError } from '../klarna/errors.ts';
import type { Authenticator } from '../merchants.ts';
import type { Signer } from '../purse/signing.ts';
import type { World } from '../world.ts';

export interface ControlOptions {
  readonly world: World;
  readonly authenticator: Authenticator;
  readonly background: Background;
  readonly hosted: HostedPages;
  /** What Purse signs with. */
  readonly signer: () => Promise<Signer>;
  /** The merchant that a call is about when it names none and carries no credentials. */
  readonly defaultMerchantId: string;
  /** The address that clients know this server by, when it was configured. */
  readonly publicUrl?: string | undefined;
}

export interface ControlCall {
  readonly request: Request;
  /** Under which the answer, and its entry in the log if it has one, are found. */
  readonly correlation_id: string;
  readonly params: Readonly<Record<string, string>>;
  /** The parsed body; `{}` when there was none. */
  readonly body: unknown;
}

export interface ControlReply {
  readonly status: number;
  readonly body: object;
  /** Present when the call belongs in the merchant's log: it did what Klarna or a shopper would have done. */
  readonly about?: About;
}

export interface About {
  readonly merchant_id: string;
  /** The merchant's time. */
  readonly at_ms: number;
  /** The session or order. */
  readonly subject?: string;
  /** The catalogue's code for how it ended. */
  readonly code?: string;
  readonly explanations?: readonly Explanation[];
}

export type ControlHandler = (call: ControlCall) => Promise<ControlReply> | ControlReply;

export function ok(body: object, status = 200): ControlReply {
  return { status, body };
}

/** What a command came to, and whose log it belongs in. */
export interface Came<T> {
  readonly outcome: Outcome<T>;
  readonly about?: About;
}

/** How many entries of a list are asked for: 20 when nothing sensible is said. */
export function limitOf({ request }: ControlCall, most: number): number {
  return Math.min(Math.max(Math.floor(Number(request.query.get('limit'))) || 20, 1), most);
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

/** A refusal of the engine. @param about whose log it belongs in, when the merchant is known */
export function refusedBy({ explanations, ...rest }: Refusal, operation: string, about?: About): ControlReply {
  const { status, error_code, error_messages } = klarnaError({ explanations, ...rest }, operation);
  const code = catalogueCodeFor(error_code, error_messages);
  return {
    status,
    body: { error_code, error_messages, explanations },
    ...(about && { about: { ...about, explanations, ...(code && { code }) } }),
  };
}

type Fields = Parameters<typeof object>[0];

/**
 * An object of these fields and no others. A client of Klarna's may send what it likes; here an unknown name is a typing
 * error, and leaving it out of account would leave its sender in the dark.
 */
export function closed<const F extends Fields>(fields: F): ReturnType<typeof object<F>> {
  const rule = object(fields);
  return (value, scan) => {
    const read = rule(value, scan);
    for (const name of Object.keys(read === undefined ? {} : (value as object)).filter(
      (each) => !Object.hasOwn(fields, each),
    )) {
      const expected = `one of ${Object.keys(fields).join(', ')}`;
      scan.faults.push({ path: [...scan.path, name.slice(0, 60)], rule: 'pattern', expected, got: 'an unknown name' });
    }
    return read;
  };
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
