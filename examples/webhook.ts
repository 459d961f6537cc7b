// A receiver of Klarna's signed webhooks: the signature is checked over the bytes as they came, before anything is parsed.
// Run `npm start` in one terminal and `node examples/webhook.ts` in another (Node 24 or newer), then open a dispute.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Signing keys by their id. Klarna shows each once; keep them where you keep other secrets. */
type Keys = ReadonlyMap<string, string>;

export function isFromKlarna(body: Buffer, headers: IncomingHttpHeaders, keys: Keys): boolean {
  const key = keys.get(String(headers['klarna-signing-key-id']));
  const sent = Buffer.from(String(headers['klarna-signature']), 'hex');
  const expected = createHmac('sha256', key ?? '')
    .update(body)
    .digest();
  return key !== undefined && sent.length === expected.length && timingSafeEqual(sent, expected);
}

/** Listens on a free port and tells of each event whose signature holds. Anything else is answered 400. */
export function receive(keys: Keys, onEvent: (event: { event_type: string }) => void) {
  return createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const genuine = isFromKlarna(body, incoming.headers, keys);
    if (genuine) onEvent(JSON.parse(body.toString()));
    outgoing.writeHead(genuine ? 204 : 400).end();
  }).listen(0, '127.0.0.1');
}

if (import.meta.main) {
  const KLARNA_URL = process.env.KLARNA_URL ?? 'http://127.0.0.1:4010';
  const keys = new Map<string, string>();
  const server = receive(keys, (event) => console.log(event.event_type));
  server.on('listening', async () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const response = await fetch(`${KLARNA_URL}/control/merchants/K000001/webhooks`, {
      method: 'POST',
      body: JSON.stringify({ url: `http://127.0.0.1:${port}/` }),
    });
    const webhook = (await response.json()) as { signing_key_id: string; signing_key: string };
    keys.set(webhook.signing_key_id, webhook.signing_key);
    console.log('listening');
  });
}
