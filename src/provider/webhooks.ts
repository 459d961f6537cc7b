/**
 * Webhooks: endpoints that are told of events with a signature, and how they are signed.
 *
 * ```ts
 * const { 'Klarna-Signature': expected } = webhookHeaders(webhook, body, sealer)
 * ```
 */
import { createHmac } from 'node:crypto';
import type { Webhook } from './engine/state.ts';
import { newSecret } from './merchants.ts';
import type { Sealer } from './sealing.ts';

/** Endpoints of a merchant, each with a signing key; Klarna has at most fifty keys. */
export const WEBHOOKS_MOST = 50;

/** A new endpoint with a signing key of its own, which is shown now and never again. @param id a fresh id for each */
export function newWebhook(
  url: string,
  event_types: readonly string[],
  id: () => string,
  sealer: Sealer,
): { readonly webhook: Webhook; readonly signing_key: string } {
  const signing_key = newSecret();
  const sealed_secret = sealer.seal(Buffer.from(signing_key));
  return { webhook: { webhook_id: id(), url, event_types, signing_key_id: id(), sealed_secret }, signing_key };
}

/** The headers that prove where a body comes from: HMAC-SHA256 over its bytes, in lower-case hex. Source: signed webhooks. */
export function webhookHeaders(
  { signing_key_id, sealed_secret }: Pick<Webhook, 'signing_key_id' | 'sealed_secret'>,
  body: string,
  sealer: Sealer,
): Readonly<Record<'Klarna-Signature' | 'Klarna-Signing-Key-Id', string>> {
  const signature = createHmac('sha256', sealer.open(sealed_secret)).update(body).digest('hex');
  return { 'Klarna-Signature': signature, 'Klarna-Signing-Key-Id': signing_key_id };
}
