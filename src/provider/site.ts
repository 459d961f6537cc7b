/** One address, several faces: which of them answers a request, and the few pages that belong to none. */
import type { Answer, Request } from '../http/exchange.ts';
import { fillUrl } from './engine/authorize.ts';
import type { Order } from './engine/state.ts';
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
    if (request.path === '/') return json(200, WELCOME);
    if (request.path === '/health') return json(200, { status: 'ok', store: this.#world.store.name });
    const redirect = /^\/redirect\/([0-9a-f-]{36})$/.exec(request.path);
    if (redirect?.[1]) return this.#redirect(redirect[1]);
    return json(404, { error_code: 'NOT_FOUND', error_messages: [], correlation_id: this.#world.id() });
  }

  /** Where `redirect_url` of a placed order leads: on to the shop's confirmation page. */
  async #redirect(order_id: string): Promise<Answer> {
    const order = await this.#world.store.get<Order>('order', order_id).catch(() => undefined);
    const confirmation = order?.merchant_urls.confirmation;
    if (!order || !confirmation)
      return json(404, { error_code: 'NOT_FOUND', error_messages: [], correlation_id: this.#world.id() });
    return { status: 302, headers: [['Location', fillUrl(confirmation, order)]], body: '' };
  }
}

const WELCOME = {
  name: 'Kvitt',
  about: 'A stateful Klarna on your own machine. Point a Klarna client at this address.',
  apis: ['/payments/v1', '/ordermanagement/v1'],
  control: '/control',
};

function json(status: number, body: object): Answer {
  return { status, headers: [['Content-Type', 'application/json']], body: `${JSON.stringify(body)}\n` };
}
