/** `kvitt demo`: one purchase from session to refund against a Kvitt in memory, told step by step. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { formatMoney } from '../money/format.ts';
import { containedTax, sumOfLines } from '../money/lines.ts';
import { type Provider, startProvider } from '../provider/index.ts';

const CURRENCY = 'SEK';

/** A line as shops keep it; totals and tax follow. Amounts in minor units, tax rates in basis points. */
function line(type: string, reference: string, name: string, quantity: number, unit_price: number, tax_rate: number) {
  const total_amount = quantity * unit_price;
  const total_tax_amount = containedTax(total_amount, tax_rate);
  return { type, reference, name, quantity, unit_price, tax_rate, total_amount, total_tax_amount };
}
type Line = ReturnType<typeof line> & { total_discount_amount?: number };

function discounted(full: Line, total_discount_amount: number): Line {
  const total_amount = full.total_amount - total_discount_amount;
  const total_tax_amount = containedTax(total_amount, full.tax_rate);
  return { ...full, total_discount_amount, total_amount, total_tax_amount };
}

const LANTERN = line('physical', 'LAMP-2', 'Storm lantern', 2, 49_900, 2_500);
const BLANKET = discounted(line('physical', 'WOOL-1', 'Wool blanket', 1, 129_900, 2_500), 10_000);
const TEA = line('physical', 'TEA-100', 'Smoked tea, 100 g', 3, 6_900, 1_200);
const OFFER = line('discount', 'AUTUMN', 'Autumn offer', 1, -15_000, 2_500);
const SHIPPING = line('shipping_fee', 'DOOR', 'Parcel to the door', 1, 4_900, 2_500);
const LINES: readonly Line[] = [LANTERN, BLANKET, TEA, OFFER, SHIPPING];

function purchase(order_lines: readonly Line[]) {
  return {
    purchase_country: 'SE',
    purchase_currency: CURRENCY,
    locale: 'sv-SE',
    order_amount: sumOfLines(order_lines),
    order_tax_amount: order_lines.reduce((sum, { total_tax_amount }) => sum + total_tax_amount, 0),
    order_lines,
  };
}

const SHOPPER = {
  given_name: 'Alma',
  family_name: 'Ek',
  email: 'customer@email.se',
  street_address: 'Storgatan 1',
  postal_code: '123 45',
  city: 'Stockholm',
  phone: '+46701740615',
  country: 'SE',
};

/** A step that was not answered as it should be; ends the demo. */
class Unexpected extends Error {}

type Body = Readonly<Record<string, unknown>>;
interface Answer {
  readonly body: Body;
  readonly headers: Headers;
}

/** Runs the demo. Resolves with the exit code: 1 as soon as a step is not answered as it should be. */
export async function demo(
  start: () => Promise<Provider> = startProvider,
  write: (text: string) => void = (words) => void process.stdout.write(words),
): Promise<number> {
  const provider = await start();
  const shop = await openShop();
  try {
    await tell(new Story(provider, write), shop);
    return 0;
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    write(`\n${error.message}\n`);
    return 1;
  } finally {
    await provider.close();
    await shop.close();
  }
}

async function tell(story: Story, shop: Shop): Promise<void> {
  const { provider } = story;
  const basket = purchase(LINES);
  const merchant_urls = {
    confirmation: `${shop.url}/thanks?order={order.id}`,
    authorization: `${shop.url}/authorized`,
    push: `${shop.url}/push?order={order.id}`,
  };
  story.say(`A purchase from session to refund, on a Kvitt in memory at ${provider.url}\n\n${basketText(basket)}`);

  const session = await story.call('Open a session', 'POST', '/payments/v1/sessions', 200, {
    ...basket,
    merchant_urls,
  });
  const { session_id } = session.body;
  story.fields({ session_id, categories: categoriesOf(session.body) });

  const authorize = `/control/sessions/${session_id}/authorize`;
  const tried = await story.call('The shopper pays', 'POST', authorize, 200, { billing_address: SHOPPER });
  const { approved, authorization_token } = tried.body;
  story.fields({ approved, authorization_token });

  const place = `/payments/v1/authorizations/${authorization_token}/order`;
  const placed = await story.call('Place the order', 'POST', place, 200, { ...basket, merchant_urls });
  const { order_id, fraud_status } = placed.body;
  const order = `/ordermanagement/v1/orders/${order_id}`;
  story.fields({ order_id, fraud_status });
  await story.sums(order);

  await capture(story, order, 'The lanterns ship: capture them with the parcel', [LANTERN, SHIPPING]);
  await capture(story, order, 'The tea ships', [TEA]);

  const back = line('physical', LANTERN.reference, LANTERN.name, 1, LANTERN.unit_price, LANTERN.tax_rate);
  const refund = { refunded_amount: back.total_amount, order_lines: [back], description: 'One lantern came back' };
  const refunded = await story.call('One lantern comes back', 'POST', `${order}/refunds`, 201, refund);
  story.fields({ refund_id: refunded.headers.get('Refund-Id') });
  await story.sums(order);

  const moved = await story.call('28 days pass', 'POST', '/control/clock', 200, { advance: 'P28D' });
  story.fields({ now: moved.body.now });
  const read = await story.call('What became of the rest', 'GET', order, 200);
  const { status, expires_at: expired_at, order_amount, captured_amount } = read.body;
  story.expect('status', status, 'CAPTURED');
  story.fields({ status, expired_at, lapsed: money(Number(order_amount) - Number(captured_amount)) });
  await story.sums(order);

  const late = { captured_amount: BLANKET.total_amount };
  const refused = await story.call('The blanket ships too late', 'POST', `${order}/captures`, 403, late);
  await story.explain(refused);

  const off = LINES.map((each) => (each === BLANKET ? { ...each, total_amount: each.total_amount + 1 } : each));
  const title = 'A mistake on purpose: one line is one öre off';
  await story.explain(await story.call(title, 'POST', '/payments/v1/sessions', 400, purchase(off)));

  story.say(`\nMeanwhile the shop was called back:\n${shop.calls.map((call) => `    ${call}`).join('\n')}`);
  story.expect('callbacks', shop.calls.length, 2);
  story.say(`\nThat was a purchase. \`npm start\` keeps such a Klarna running for your own shop.\n`);
}

async function capture(story: Story, order: string, title: string, order_lines: readonly Line[]): Promise<void> {
  const body = { captured_amount: sumOfLines(order_lines), order_lines };
  const captured = await story.call(title, 'POST', `${order}/captures`, 201, body);
  story.fields({ capture_id: captured.headers.get('Capture-Id') });
  await story.sums(order);
}

/** The steps, as they are told. */
class Story {
  readonly provider: Provider;
  readonly #write: (text: string) => void;
  #steps = 0;

  constructor(provider: Provider, write: (text: string) => void) {
    this.provider = provider;
    this.#write = write;
  }

  say(words: string): void {
    this.#write(`${words}\n`);
  }

  /** One numbered step: the call and the status that it must have. */
  async call(title: string, method: string, path: string, expected: number, body?: object): Promise<Answer> {
    this.say(`\n${String(++this.#steps).padStart(2)}. ${title}`);
    const answer = await this.#send(method, path, body);
    this.say(`    ${method} ${shortened(path)}  ->  ${answer.status}`);
    if (answer.status !== expected)
      throw new Unexpected(`Expected ${expected}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  /** What is worth seeing of an answer. */
  fields(values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) this.say(`    ${name} ${String(value)}`);
  }

  expect(what: string, got: unknown, wanted: unknown): void {
    if (got !== wanted) throw new Unexpected(`Expected ${what} ${String(wanted)}, got ${String(got)}`);
  }

  /** Where the money stands, as Order Management tells it. */
  async sums(order: string): Promise<void> {
    const { body } = await this.#send('GET', order);
    const amounts = [
      ['authorised', body.order_amount],
      ['captured', body.captured_amount],
      ['refunded', body.refunded_amount],
      ['remaining', body.remaining_authorized_amount],
    ] as const;
    this.say(`    = ${amounts.map(([name, amount]) => `${name} ${money(Number(amount))}`).join(', ')}`);
  }

  /** A refusal in Klarna's words, and what Kvitt's log says of it. */
  async explain({ body }: Answer): Promise<void> {
    this.fields({ error_code: body.error_code, error_messages: JSON.stringify(body.error_messages) });
    const entry = await this.provider.control('GET', `/log/${body.correlation_id}`);
    const explanations = (entry.explanations ?? []) as readonly { message: string; change: string }[];
    this.expect('explanations', explanations.length, 1);
    for (const { message, change } of explanations) this.say(`    Kvitt explains: ${message}\n      ${change}`);
  }

  async #send(method: string, path: string, body?: object): Promise<Answer & { readonly status: number }> {
    const { username, password } = this.provider.credentials;
    const response = await fetch(this.provider.url + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    const { status, headers } = response;
    return { status, headers, body: answer === '' ? {} : (JSON.parse(answer) as Body) };
  }
}

interface Shop {
  readonly url: string;
  /** What was called, in words. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

/** The shop's own server, as far as it is called back. */
async function openShop(): Promise<Shop> {
  const calls: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const body = await text(incoming);
    calls.push(`${incoming.method} ${incoming.url}${body && ` ${body}`}`);
    outgoing.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, close };
}

function basketText({ order_lines, order_amount, order_tax_amount }: ReturnType<typeof purchase>): string {
  const rows = order_lines.map((each) => {
    const discount = each.total_discount_amount ? `, less ${money(each.total_discount_amount)}` : '';
    return [`${each.quantity} x ${each.name}${discount}`, money(each.total_amount)];
  });
  const totals = [
    ['Total', money(order_amount)],
    ['of which tax', money(order_tax_amount)],
  ];
  const all = [...rows, ...totals];
  const [left, right] = [0, 1].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map(([what = '', amount = '']) => `    ${what.padEnd(left ?? 0)}  ${amount.padStart(right ?? 0)}`)
    .join('\n');
}

function categoriesOf({ payment_method_categories }: Body): string {
  return (payment_method_categories as readonly { identifier: string }[])
    .map(({ identifier }) => identifier)
    .join(', ');
}

function money(amount_minor: number): string {
  return formatMoney(amount_minor, CURRENCY);
}

/** Ids begin with the time, so their ends tell them apart. */
function shortened(path: string): string {
  return path.replace(/[0-9a-f]{8}-[0-9a-f-]{21}([0-9a-f]{6})/g, '...$1');
}
