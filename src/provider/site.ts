/** One address, several faces: which of them answers a request, and the few pages that belong to none. */
import type { Answer, Request } from '../http/exchange.ts';
import { fillUrl } from './engine/authorize.ts';
import type { CustomerToken, Order } from './engine/state.ts';
import type { World } from './world.ts';

/** A group of APIs under paths of its own. */
export interface Face {
  owns(path: string): boolean;
  /** Must not reject. */
  answer(request: Request): Promise<Answer>;
}

export class Site {
  readonly #faces: readonly Face[];
  readonly #world: World;

  constructor(faces: readonly Face[], world: World) {
    this.#faces = faces;
    this.#world = world;
  }

  answer(request: Request): Promise<Answer> {
    const face = this.#faces.find((candidate) => candidate.owns(request.path));
    return face ? face.answer(request) : this.#elsewhere(request);
  }

  async #elsewhere(request: Request): Promise<Answer> {
    if (request.path === '/') return json(200, this.#welcome());
    if (request.path === '/health') return json(200, { status: 'ok', store: this.#world.store.name });
    const redirect = /^\/redirect\/([0-9a-f-]{36})$/.exec(request.path);
    if (redirect?.[1]) return this.#redirect(redirect[1]);
    const message = request.path.startsWith('/control')
      ? 'The control API is switched off on this server'
      : `Nothing is at ${request.path.slice(0, 200)}`;
    return this.#notFound([message]);
  }

  #welcome(): object {
    const local = ['control', 'shop', 'inbox'].filter((name) => this.#faces.some((face) => face.owns(`/${name}`)));
    return { ...WELCOME, ...Object.fromEntries(local.map((name) => [name, `/${name}`])) };
  }

  /** Where `redirect_url` of an order or a customer token leads: on to the shop's confirmation page. */
  async #redirect(id: string): Promise<Answer> {
    const { store } = this.#world;
    const find = async () =>
      (await store.get<Order>('order', id)) ?? (await store.get<CustomerToken>('customer_token', id));
    const made = await find().catch(() => undefined);
    const confirmation = made?.merchant_urls.confirmation;
    if (!made || !confirmation) return this.#notFound([]);
    return { status: 302, headers: [['Location', ascii(fillUrl(confirmation, made))]], body: '' };
  }

  #notFound(error_messages: readonly string[]): Answer {
    const correlation_id = this.#world.id();
    const { headers, ...answer } = json(404, { error_code: 'NOT_FOUND', error_messages, correlation_id });
    return { ...answer, headers: [...headers, ['Klarna-Correlation-Id', correlation_id]] };
  }
}

/** A shop's URL as a header can carry it. */
function ascii(url: string): string {
  return url.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

const WELCOME = {
  name: 'Kvitt',
  about: 'A stateful Klarna on your own machine. Point a Klarna client at this address.',
  apis: [
    '/payments/v1',
    '/hpp/v1',
    '/customer-token/v1',
    '/ordermanagement/v1',
    '/v4/payment/disputes',
    '/disputes/v2',
    '/settlements/v1',
    '/pts/v2',
    '/oauth/token',
    '/payment/v2',
  ],
  sdk: '/kp/lib/v1/api.js',
};

function json(status: number, body: object): Answer {
  return { status, headers: [['Content-Type', 'application/json']], body: `${JSON.stringify(body)}\n` };
}
