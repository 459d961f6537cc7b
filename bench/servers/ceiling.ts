/** The ceiling: what node:http alone can do with the same request and an answer of the same shape and size. */
import { createServer } from 'node:http';

const ANSWER = JSON.stringify({
  session_id: '0b1d9815-165e-42e2-8867-35bc03789e00',
  client_token: 'x'.repeat(380),
  payment_method_categories: [
    {
      identifier: 'klarna',
      name: 'Pay with Klarna',
      asset_urls: { descriptive: 'https://asset.example/klarna.svg', standard: 'https://asset.example/klarna.svg' },
    },
  ],
});
const HEADERS = { 'Content-Type': 'application/json;charset=utf-8', 'Content-Length': Buffer.byteLength(ANSWER) };

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { order_lines?: unknown };
    response.writeHead(request.method === 'GET' || body.order_lines ? 200 : 400, HEADERS);
    response.end(ANSWER);
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
