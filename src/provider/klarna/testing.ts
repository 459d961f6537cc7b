/** A merchant with a dispute, for tests: what it uploads, and what it gets back byte by byte. */
import assert from 'node:assert/strict';
import type { Provider } from '../index.ts';
import type { Json, Shop } from '../testing.ts';

/** The smallest files of the types that are taken, as far as anybody looks. */
export const FILES = {
  'proof.pdf': Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF', 'latin1'),
  'photo.jpg': Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 13, 10, 45, 45, 0xff, 0xd9]),
  'photo.jpeg': Buffer.from([0xff, 0xd8, 0xff, 0xdb, 0, 1, 2, 3]),
  'scan.png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]),
  'letter.docx': Buffer.concat([
    Buffer.from([0x50, 0x4b, 3, 4, 20, 0]),
    Buffer.from('[Content_Types].xml…word/document.xml'),
  ]),
} as const;

export interface Sent {
  readonly status: number;
  readonly body: Json;
  readonly text: string;
}

/** Uploads a file as browsers and most libraries do. */
export async function upload(
  shop: Shop,
  path: string,
  name: string,
  content: Uint8Array,
  fields: Readonly<Record<string, string>> = {},
): Promise<Sent> {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set('file', new Blob([new Uint8Array(content)]), name);
  return sent(
    await fetch(shop.url + path, { method: 'POST', headers: { authorization: shop.authorization }, body: form }),
  );
}

/** Sends a body as it is. */
export async function post(shop: Shop, path: string, body: Uint8Array | string, type: string): Promise<Sent> {
  const headers = { authorization: shop.authorization, 'content-type': type };
  const bytes = typeof body === 'string' ? body : new Uint8Array(body);
  return sent(await fetch(shop.url + path, { method: 'POST', headers, body: bytes }));
}

async function sent(response: Response): Promise<Sent> {
  const text = await response.text();
  return { status: response.status, text, body: text === '' ? {} : (JSON.parse(text) as Json) };
}

export async function download(shop: Shop, path: string): Promise<{ status: number; bytes: Buffer; headers: Headers }> {
  const response = await fetch(shop.url + path, { headers: { authorization: shop.authorization } });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers };
}

/** What tests look at of a dispute as the control API shows it. */
export interface DisputeRead extends Json {
  readonly dispute_id: string;
  readonly payment_dispute_id: string;
  readonly dispute_krn: string;
  readonly order_id: string;
  readonly state: string;
  readonly code: string;
  readonly held_amount: number;
  readonly charged_back_amount: number;
  readonly movements: readonly { readonly type: string; readonly detailed_type: string; readonly amount: number }[];
}

/** A disputed order: captured whole, and contested. */
export async function disputed(provider: Provider, shop: Shop, opening: object = {}): Promise<DisputeRead> {
  const order_id = await shop.placeOrder();
  await shop.capture(order_id, 10_000);
  const dispute = await provider.control('POST', `/orders/${order_id}/disputes`, opening);
  assert.equal(dispute.state, 'INITIATED');
  return dispute as unknown as DisputeRead;
}

/** A file of the dispute; returns its id. */
export async function uploaded(shop: Shop, { payment_dispute_id }: DisputeRead): Promise<string> {
  const path = `/v4/payment/disputes/${payment_dispute_id}/attachments`;
  const answer = await upload(shop, path, 'proof.pdf', FILES['proof.pdf']);
  assert.equal(answer.status, 201, answer.text);
  return String(answer.body.payment_dispute_attachment_id);
}

/** The dispute with evidence, so that Klarna has to decide. */
export async function represented(provider: Provider, shop: Shop, opening: object = {}): Promise<DisputeRead> {
  const dispute = await disputed(provider, shop, opening);
  const attachments = [{ payment_dispute_attachment_id: await uploaded(shop, dispute) }];
  const answer = await shop.call('POST', `/v4/payment/disputes/${dispute.payment_dispute_id}/represent`, {
    attachments,
  });
  assert.equal(answer.status, 201, answer.text);
  return dispute;
}
