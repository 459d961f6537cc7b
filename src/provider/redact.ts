/** What the request log must not hold. */

/**
 * A request's body as it may be logged. Clients send the client token back with their updates, along with all else that they
 * read; it lets a browser act, so it is not kept.
 */
export function redacted(text: string): string {
  if (!text.includes('client_token')) return text;
  return text.replace(/("client_token"\s*:\s*")(?:[^"\\]|\\.)*/g, '$1(not logged)');
}
