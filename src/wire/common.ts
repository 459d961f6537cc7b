/** Rules that several of Klarna's APIs share. */
import { type Rule, text } from './shape.ts';

/** Ids are UUIDs of any version, in either case. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function upperCase(rule: Rule<string>): Rule<string> {
  return (value, scan) => rule(value, scan)?.toUpperCase();
}

/** ISO 3166 alpha-2 in either case, returned in upper case. */
export const country = () => upperCase(text({ pattern: /^[A-Za-z]{2}$/, like: 'a two-letter country code' }));

/** ISO 4217 in either case, returned in upper case. */
export const currency = () => upperCase(text({ pattern: /^[A-Za-z]{3}$/, like: 'a three-letter currency code' }));

export const locale = () =>
  text({ pattern: /^[A-Za-z]{2}(?:-[A-Za-z]{2})*$/, like: 'a language, or language-country' });

/**
 * A URL that Klarna calls or sends the shopper to. The real API takes https only; here plain http to one's own machine
 * is allowed too, because that is where the shop under development runs.
 */
export const callbackUrl = () =>
  text({ max: 2000, pattern: CALLBACK_URL, like: 'an https:// URL (or http://localhost)' });
const CALLBACK_URL =
  /^(?:https:\/\/.|http:\/\/(?:localhost|[a-z0-9-]+\.localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal)(?:[:/?#]|$))/i;
