/** The demo shop in the browser: shelves, checkout with Klarna's SDK, and the order. */
import { button, el, form } from '../../checkout/browser/dom.ts';
import { moneyIn } from '../../checkout/browser/format.ts';

interface Line {
  readonly name: string;
  readonly quantity: number;
  readonly total_amount: number;
}

interface Catalogue {
  readonly products: readonly { id: string; name: string; prices: Readonly<Record<string, number>> }[];
  readonly countries: Readonly<Record<string, { name: string; currency: string; locale: string }>>;
  readonly max_quantity: number;
}

interface Basket {
  readonly country: string;
  readonly items: readonly { id: string; quantity: number }[];
}

interface Purchase {
  readonly locale: string;
  readonly purchase_currency: string;
  readonly order_amount: number;
  readonly order_lines: readonly Line[];
}

interface Checkout {
  readonly client_token: string;
  readonly purchase: Purchase;
  readonly billing_address: Readonly<Record<string, string>>;
}

interface Order extends Purchase {
  readonly order_id: string;
  readonly status: string;
  readonly klarna_reference: string;
  readonly captured_amount: number;
  readonly refunded_amount: number;
  readonly remaining_authorized_amount: number;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly status?: number;
  readonly sent: object;
  readonly received: object;
}

const main = document.querySelector('#page') as HTMLElement;
const list = document.querySelector('#calls') as HTMLOListElement;

/** What went wrong, read out as soon as it is there. */
const told = el('p', { class: 'told', testid: 'told', attributes: { role: 'alert' } });
const tell = (text: string) => {
  told.textContent = text;
};

function note({ method, path, status, sent, received }: Call): void {
  const fields = (way: string, values: object) =>
    Object.entries(values).map(([name, value]) => `${way} ${name}: ${Array.isArray(value) ? value.join(' ') : value}`);
  const lines = [...fields('sent', sent), ...fields('got', received)];
  const title = el('code', {}, `${method} ${path}${status === undefined ? '' : ` ${status}`}`);
  list.append(el('li', { testid: 'call' }, title, lines.length > 0 ? el('pre', {}, lines.join('\n')) : undefined));
}

const noteSdk = (call: string, sent: object, received: object) =>
  note({ method: 'SDK', path: `Klarna.Payments.${call}`, sent, received });

/** Asks the shop's server. Rejects with its message when it refuses. */
async function ask<T>(path: string, body?: object): Promise<T> {
  const answer = await fetch(`/shop/api${path}`, {
    method: body ? 'POST' : 'GET',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Error('The shop cannot be reached.');
  });
  const { calls, message, ...rest } = (await answer.json()) as T & { calls: readonly Call[]; message?: string };
  for (const call of calls) note(call);
  if (!answer.ok) throw new Error(message);
  return rest as T;
}

/** Shows a step, tells screen readers by going to its title. */
function show(step: string, title: string, ...content: readonly (Node | undefined)[]): void {
  tell('');
  const heading = el('h1', { attributes: { tabindex: '-1' } }, title);
  main.dataset.testid = `step-${step}`;
  main.replaceChildren(heading, told, ...content.filter((part) => part !== undefined));
  heading.focus();
}

/** Does what a button is for, once at a time, and tells what went wrong. */
async function busy(work: () => Promise<void>): Promise<void> {
  const buttons = [...main.querySelectorAll('button')];
  for (const each of buttons) each.disabled = true;
  tell('');
  await work().catch((error: Error) => tell(error.message));
  for (const each of buttons) each.disabled = false;
}

function rows({ locale, purchase_currency, order_amount, order_lines }: Purchase): HTMLElement {
  const money = moneyIn(locale, purchase_currency);
  const row = (name: string, amount: number, look = '') =>
    el('li', { class: look }, el('span', {}, name), el('span', {}, money(amount)));
  return el(
    'ul',
    { class: 'rows', testid: 'lines' },
    ...order_lines.map(({ name, quantity, total_amount }) =>
      row(quantity === 1 ? name : `${quantity} × ${name}`, total_amount),
    ),
    row('Total', order_amount, 'total'),
  );
}

function showShelves({ products, countries, max_quantity }: Catalogue): void {
  const names = Object.entries(countries);
  const country = el(
    'select',
    { testid: 'country', attributes: { id: 'country' } },
    ...names.map(([code, { name, currency }]) =>
      el('option', { attributes: { value: code } }, `${name} (${currency})`),
    ),
  );
  const shelves = products.map(({ id, name, prices }, index) => {
    const attributes = { id, type: 'number', min: '0', max: String(max_quantity), value: index === 0 ? '1' : '0' };
    const quantity = el('input', { testid: `quantity-${id}`, attributes });
    const price = el('span');
    const picture = el('img', { attributes: { src: `/shop/${id.toLowerCase()}.svg`, alt: '' } });
    const element = el('li', {}, picture, el('label', { attributes: { for: id } }, name), price, quantity);
    return { id, prices, quantity, price, element };
  });
  const showPrices = () => {
    const { locale = 'en', currency = 'EUR' } = countries[country.value] ?? {};
    for (const { price, prices } of shelves) price.textContent = moneyIn(locale, currency)(prices[country.value] ?? 0);
  };
  country.addEventListener('change', showPrices);
  showPrices();
  const chosen = () => shelves.map(({ id, quantity }) => ({ id, quantity: Number(quantity.value) }));
  const toCheckout = () =>
    busy(() => checkout({ country: country.value, items: chosen().filter(({ quantity }) => quantity !== 0) }));
  const go = el('button', { class: 'primary', testid: 'checkout', attributes: { type: 'submit' } }, 'To checkout');
  const choice = el('ul', { class: 'goods' }, ...shelves.map(({ element }) => element));
  const label = el('label', { attributes: { for: 'country' } }, 'Ship to');
  show('shelves', 'What would you like?', form(toCheckout, label, country, choice, go));
}

async function checkout(basket: Basket): Promise<void> {
  const { client_token, purchase, billing_address } = await ask<Checkout>('/checkout', basket);
  const { given_name, family_name, street_address, postal_code, city } = billing_address;
  const address = `${given_name} ${family_name}, ${street_address}, ${postal_code} ${city}`;
  const pay = button('Pay with Klarna', 'pay', () => busy(() => authorize(basket, billing_address, pay)), 'primary');
  pay.hidden = true;
  const container = el('div', { attributes: { id: 'klarna' } });
  show('checkout', 'Checkout', el('p', {}, `You are ${address}.`), rows(purchase), container, pay);
  Klarna.Payments.init({ client_token });
  noteSdk('init', { client_token: `${client_token.slice(0, 12)}…` }, {});
  Klarna.Payments.load({ container: '#klarna' }, {}, (result) => {
    noteSdk('load', {}, result);
    pay.hidden = !result.show_form;
    if (!result.show_form) tell('Klarna is not there for this purchase.');
  });
}

async function authorize(basket: Basket, billing_address: object, pay: HTMLElement): Promise<void> {
  const result = await new Promise<{ authorization_token?: string; show_form: boolean }>((resolve) =>
    Klarna.Payments.authorize({}, { billing_address }, resolve),
  );
  noteSdk('authorize', { billing_address: '…' }, result);
  const { authorization_token, show_form } = result;
  if (authorization_token) {
    const { order } = await ask<{ order: Order }>('/orders', { ...basket, authorization_token });
    history.replaceState(null, '', `/shop?order=${order.order_id}`);
    return showOrder(order);
  }
  pay.hidden = !show_form;
  tell(show_form ? 'The payment was not completed. Try again.' : 'Klarna does not offer this payment.');
}

function showOrder(order: Order): void {
  const { order_id, status, captured_amount, refunded_amount, remaining_authorized_amount } = order;
  const money = moneyIn(order.locale, order.purchase_currency);
  const act = (name: string) => () =>
    busy(async () => showOrder((await ask<{ order: Order }>(`/orders/${order_id}/${name}`, {})).order));
  const state = el(
    'p',
    { testid: 'status', attributes: { 'data-status': status } },
    `Your order ${order.klarna_reference} is `,
    el('span', { class: 'state' }, status),
  );
  const moved = el('p', { class: 'hint' }, `${money(captured_amount)} captured, ${money(refunded_amount)} refunded.`);
  show(
    'order',
    'Thank you!',
    state,
    moved,
    rows(order),
    remaining_authorized_amount > 0 ? button('Ship it', 'ship', act('ship'), 'primary') : undefined,
    captured_amount > refunded_amount ? button('Refund', 'refund', act('refund'), 'primary') : undefined,
    el('p', {}, el('a', { attributes: { href: '/shop' } }, 'Buy something else')),
  );
}

async function open(): Promise<void> {
  const order_id = new URLSearchParams(location.search).get('order');
  if (order_id === null) return showShelves(await ask<Catalogue>('/catalogue'));
  const { order } = await ask<{ order: Order }>(`/orders/${encodeURIComponent(order_id)}`);
  showOrder(order);
}

show('loading', 'One moment');
open().catch((error: Error) => {
  show('failed', 'Sorry', el('p', {}, el('a', { attributes: { href: '/shop' } }, 'To the shop')));
  tell(error.message);
});
