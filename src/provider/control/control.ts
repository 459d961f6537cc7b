/**
 * The control API: what a test, a developer or a demo needs and production has not. Only in local mode, and only for
 * programs on this machine: a page of another origin is refused, so that no web site can move the clock.
 */
import { catalogue, lookup, markets, suggest } from '../../catalogue/index.ts';
import type { Answer, Request } from '../../http/exchange.ts';
import { header, jsonObject } from '../../http/exchange.ts';
import { Router } from '../../http/router.ts';
import { type LogEntry, StoreUnavailable } from '../../store/store.ts';
import { redacted } from '../redact.ts';
import type { World } from '../world.ts';
import { ClockControl } from './clock.ts';
import { CustomerTokenControl } from './customer-tokens.ts';
import { CybersourceControl } from './cybersource.ts';
import { DisputeControl } from './disputes.ts';
import { FaultControl } from './faults.ts';
import { HostedControl } from './hosted.ts';
import { LOG_FILTERS, LogControl } from './log.ts';
import { MerchantControl } from './merchants.ts';
import { OrderControl } from './orders.ts';
import { PurseControl } from './purse.ts';
import { type About, type ControlHandler, type ControlOptions, type ControlReply, ok, problem } from './reply.ts';
import { ScenarioControl } from './scenarios.ts';
import { SettlementControl } from './settlements.ts';
import { ShopperControl } from './shopper.ts';
import { WebhookControl } from './webhooks.ts';

interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly about: string;
  readonly handle: ControlHandler;
}

export class ControlFace {
  readonly #routes: readonly ControlRoute[];
  readonly #router: Router<ControlRoute>;
  readonly #world: World;
  readonly #publicHost: string | undefined;

  constructor(options: ControlOptions) {
    this.#world = options.world;
    this.#publicHost = options.publicUrl && new URL(options.publicUrl).hostname;
    this.#routes = routes(options, () => this.#routes);
    this.#router = new Router(this.#routes.map((route) => ({ ...route, target: route })));
  }

  owns(path: string): boolean {
    return path === '/control' || path.startsWith('/control/');
  }

  /** Answers a request. Never rejects. */
  async answer(request: Request): Promise<Answer> {
    const correlation_id = this.#world.id();
    const reply = await this.#reply(request, correlation_id).catch((error: Error) =>
      failed(request, correlation_id, error),
    );
    const body = reply.status < 400 ? reply.body : { ...reply.body, correlation_id };
    if (reply.about) this.#world.store.note(logEntry(request, correlation_id, reply.status, body, reply.about));
    return {
      status: reply.status,
      headers: [
        ['Content-Type', 'application/json'],
        ['Klarna-Correlation-Id', correlation_id],
      ],
      body: `${JSON.stringify(body, null, 2)}\n`,
    };
  }

  async #reply(request: Request, correlation_id: string): Promise<ControlReply> {
    if (isForeign(request, this.#publicHost))
      return problem(403, 'FORBIDDEN', 'The control API answers programs and pages of this server only');
    const match = this.#router.match(request.method, request.path);
    if (!match) return problem(404, 'NOT_FOUND', `There is no ${request.path}; GET /control lists what there is`);
    if (!match.target) return problem(405, 'METHOD_NOT_ALLOWED', `${request.path} takes ${match.allowed.join(', ')}`);
    const body = jsonObject(request.body);
    if (body === undefined) return problem(400, 'BAD_REQUEST', 'The body must be a JSON object of at most 1 MB');
    return match.target.handle({ request, correlation_id, params: match.params, body });
  }
}

const HOSTED = '/hpp/sessions/{session_id}';
const PURSE = '/merchants/{merchant_id}/purse';
const TOKEN = '/customer-tokens/{token_id}';
const DISPUTE = '/disputes/{dispute_id}';
const WEBHOOKS = '/merchants/{merchant_id}/webhooks';
const KEYS = '/merchants/{merchant_id}/cybersource-keys';
const CYBERSOURCE = '/cybersource/{request_id}';

function routes(options: ControlOptions, all: () => readonly ControlRoute[]): ControlRoute[] {
  const merchants = new MerchantControl(options);
  const clock = new ClockControl(options, merchants);
  const shopper = new ShopperControl(options);
  const orders = new OrderControl(options);
  const hosted = new HostedControl(options);
  const tokens = new CustomerTokenControl(options);
  const disputes = new DisputeControl(options);
  const webhooks = new WebhookControl(options, merchants);
  const settlements = new SettlementControl(options);
  const cybersource = new CybersourceControl(options, hosted, shopper);
  const log = new LogControl(options);
  const faults = new FaultControl(options, merchants);
  const scenarios = new ScenarioControl(merchants, faults);
  const purse = new PurseControl(options);
  const route = (
    method: ControlRoute['method'],
    path: string,
    about: string,
    handle: ControlHandler,
  ): ControlRoute => ({
    method,
    path: `/control${path}`,
    about,
    handle,
  });
  return [
    route('GET', '', 'This list', () =>
      ok({ operations: all().map(({ method, path, about }) => ({ method, path, about })) }),
    ),
    route('GET', '/catalogue', 'Every status and error code', () => ok({ entries: catalogue })),
    route('GET', '/catalogue/{code}', 'One status or error code', ({ params }) => explainCode(params.code ?? '')),
    route('GET', '/markets', 'Countries, currencies, locales', () =>
      ok({ markets: markets.map(({ postal_code, ...market }) => ({ ...market, postal_code: postal_code.source })) }),
    ),
    route('GET', '/clock', "The merchant's time", (call) => clock.read(call)),
    route('POST', '/clock', 'Move the clock: {"advance":"P28D"} or {"now":"2027-01-01T00:00:00Z"}', (call) =>
      clock.move(call),
    ),
    route('GET', '/merchants', 'All merchants', (call) => merchants.list(call)),
    route('POST', '/merchants', 'A new merchant with credentials', (call) => merchants.create(call)),
    route('GET', '/merchants/{merchant_id}', 'One merchant', (call) => merchants.read(call)),
    route(
      'PATCH',
      '/merchants/{merchant_id}',
      'Change settings: status, region, categories, limits, risk rules, settlement',
      (call) => merchants.update(call),
    ),
    route('DELETE', '/merchants/{merchant_id}', 'Remove a merchant with its data', (call) => merchants.remove(call)),
    route('POST', '/merchants/{merchant_id}/credentials', 'Another credential; its secret is shown once', (call) =>
      merchants.addCredential(call),
    ),
    route('DELETE', '/merchants/{merchant_id}/credentials/{username}', 'Withdraw a credential', (call) =>
      merchants.removeCredential(call),
    ),
    route('GET', PURSE, 'The merchant’s account at Purse', (call) => purse.read(call)),
    route('POST', PURSE, 'An account at Purse; its client_secret is shown once', (call) => purse.create(call)),
    route('PATCH', PURSE, 'Set Klarna up at Purse: capture, integration_mode, save_token', (call) =>
      purse.update(call),
    ),
    route('POST', `${PURSE}/expire-tokens`, 'Every access token ends', (call) => purse.expireTokens(call)),
    route('GET', '/sessions/{session_id}', 'A session with its catalogue status', (call) => shopper.readSession(call)),
    route('POST', '/sessions/{session_id}/authorize', 'A shopper without a browser', (call) => shopper.authorize(call)),
    route('POST', '/sessions/{session_id}/finalize', 'The second step of a try with auto_finalize: false', (call) =>
      shopper.finalize(call),
    ),
    route('GET', HOSTED, 'A hosted session, and where its shopper is sent', (call) => hosted.read(call)),
    route('POST', `${HOSTED}/open`, 'The shopper opens the page', (call) => hosted.open(call)),
    route('POST', `${HOSTED}/complete`, 'The shopper pays; the body as for authorize', (call) => hosted.pay(call)),
    route('POST', `${HOSTED}/fail`, 'The shopper is declined', (call) => hosted.pay(call, 'decline')),
    route('POST', `${HOSTED}/error`, 'Something breaks on the page', (call) => hosted.pay(call, 'error')),
    route('POST', `${HOSTED}/back`, 'The shopper goes back to the shop', (call) => hosted.back(call)),
    route('POST', `${HOSTED}/cancel`, 'The shopper cancels; in e-commerce as back', (call) => hosted.cancel(call)),
    route('POST', `${HOSTED}/identify`, 'In store: the shopper’s papers are looked at', (call) =>
      hosted.identify(call),
    ),
    route('GET', KEYS, 'Keys of Cybersource’s API', (call) => cybersource.listKeys(call)),
    route('POST', KEYS, 'Another key: {"type":"shared_secret"} or {"type":"p12"}; shown once', (call) =>
      cybersource.addKey(call),
    ),
    route('DELETE', `${KEYS}/{key_id}`, 'Withdraw a key', (call) => cybersource.removeKey(call)),
    route('GET', CYBERSOURCE, 'What a 22-digit id of Cybersource’s API stands for', (call) => cybersource.read(call)),
    route('POST', `${CYBERSOURCE}/approve`, 'The shopper of a session pays; the body as for authorize', (call) =>
      cybersource.act('approve', call),
    ),
    route('POST', `${CYBERSOURCE}/decline`, 'The shopper of a session is declined', (call) =>
      cybersource.act('decline', call),
    ),
    route('POST', `${CYBERSOURCE}/abandon`, 'The shopper of a session gives up', (call) =>
      cybersource.act('abandon', call),
    ),
    route('POST', `${CYBERSOURCE}/chargeback`, 'The shopper disputes a capture and wins: {"amount":100}', (call) =>
      cybersource.chargeBack(call),
    ),
    route('GET', '/inbox', 'Messages that shoppers would have got, newest first: ?limit', (call) =>
      hosted.inbox(call, merchants),
    ),
    route('GET', '/orders', 'Orders of a merchant, oldest first', (call) => orders.list(call, merchants)),
    route('GET', '/orders/{order_id}', 'An order with its catalogue statuses', (call) => orders.read(call)),
    route('POST', '/orders/{order_id}/fraud-decision', 'Decide a pending order: {"decision":"accept"}', (call) =>
      orders.decide(call),
    ),
    route('POST', '/orders/{order_id}/close', 'Klarna closes a captured order', (call) => orders.close(call)),
    route('GET', '/customer-tokens', 'Customer tokens of a merchant, oldest first', (call) =>
      tokens.list(call, merchants),
    ),
    route('GET', TOKEN, 'A customer token, whoever’s it is', (call) => tokens.read(call)),
    route('POST', `${TOKEN}/suspend`, 'Klarna suspends a customer token', (call) => tokens.move(call, 'suspend')),
    route('POST', `${TOKEN}/activate`, 'Klarna lifts a suspension', (call) => tokens.move(call, 'activate')),
    route('POST', `${TOKEN}/cancel`, 'Klarna or the shopper ends a customer token', (call) =>
      tokens.move(call, 'cancel'),
    ),
    route('POST', `${TOKEN}/instrument`, 'What is charged fails, or works again: {"works":false}', (call) =>
      tokens.instrument(call),
    ),
    route('POST', '/orders/{order_id}/disputes', 'The shopper disputes what was captured', (call) =>
      disputes.open(call),
    ),
    route('GET', '/disputes', 'Disputes of a merchant, newest first: ?order_id, limit', (call) =>
      disputes.list(call, merchants),
    ),
    route('GET', DISPUTE, 'A dispute with its catalogue status and what it did to the money', (call) =>
      disputes.read(call),
    ),
    route('POST', `${DISPUTE}/decide`, 'Klarna decides: {"outcome":"WON"} or {"outcome":"LOST"}', (call) =>
      disputes.decide(call),
    ),
    route('POST', `${DISPUTE}/extend`, 'More time for evidence: {"until":"P7D"}', (call) => disputes.extend(call)),
    route('POST', `${DISPUTE}/ask`, 'Klarna asks something more: {"comment":"..."}', (call) => disputes.ask(call)),
    route('POST', `${DISPUTE}/withdraw`, 'The shopper lets it rest', (call) => disputes.withdraw(call)),
    route('GET', WEBHOOKS, 'Who is told of events', (call) => webhooks.list(call)),
    route('POST', WEBHOOKS, 'Another webhook: {"url":"..."}; its signing key is shown once', (call) =>
      webhooks.create(call),
    ),
    route('DELETE', `${WEBHOOKS}/{webhook_id}`, 'Remove a webhook', (call) => webhooks.remove(call)),
    route(
      'POST',
      '/orders/{order_id}/transactions',
      'Klarna books on an order: {"type":"CORRECTION","amount":100}',
      (call) => settlements.book(call),
    ),
    route('POST', '/payouts', 'Pay out now what the next payouts would contain', (call) =>
      settlements.payOut(call, merchants),
    ),
    route('GET', '/books', 'The books of a merchant, and whether they balance', (call) =>
      settlements.books(call, merchants),
    ),
    route('GET', '/log', `Requests and callbacks, newest first: ?${LOG_FILTERS.join(', ')}`, (call) => log.find(call)),
    route('GET', '/log/{correlation_id}', 'One exchange with its explanation', (call) => log.read(call)),
    route('GET', '/callbacks', 'How many callbacks wait', (call) => log.waiting(call, merchants)),
    route('GET', '/faults', 'Faults on order, and how often each has struck', (call) => faults.list(call)),
    route(
      'POST',
      '/faults',
      'Order a fault: {"on":{"operation":"createCapture"},"effect":"drop","when":"after"}',
      (call) => faults.create(call),
    ),
    route('DELETE', '/faults', 'Remove a merchant’s faults; ?all=true those for all merchants', (call) =>
      faults.clear(call),
    ),
    route('GET', '/faults/{fault_id}', 'One fault on order', (call) => faults.read(call)),
    route('DELETE', '/faults/{fault_id}', 'Remove one', (call) => faults.remove(call)),
    route('GET', '/scenarios', 'What goes wrong in production, by name', () => scenarios.list()),
    route('GET', '/scenarios/{name}', 'What happens in a scenario, and how a sound client behaves', (call) =>
      scenarios.read(call),
    ),
    route('POST', '/scenarios/{name}', 'Order the faults of a scenario', (call) => scenarios.start(call)),
    route('POST', '/reset', 'Remove data: of a merchant, or {"all":true}', (call) => merchants.reset(call)),
  ];
}

function explainCode(code: string): ControlReply {
  const entry = lookup(code);
  if (entry) return ok(entry);
  const near = suggest(code);
  return problem(
    404,
    'NOT_FOUND',
    `The catalogue has no ${code.slice(0, 80)}${near.length > 0 ? `; did you mean ${near.join(', ')}?` : ''}`,
  );
}

/**
 * A browser names the page's origin on every request that could change something. A page of this very origin is fine unless
 * its name is one of the open internet: whoever owns such a name can let it point to this machine.
 */
function isForeign(request: Request, publicHost: string | undefined): boolean {
  const host = header(request, 'host') ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (name.includes('.') && !PRIVATE_NAME.test(name) && name !== publicHost) return true;
  const origin = header(request, 'origin');
  if (origin === undefined) return header(request, 'sec-fetch-site') === 'cross-site';
  return origin.replace(/^https?:\/\//, '') !== host;
}

/** Addresses, and names that nobody can register. */
const PRIVATE_NAME = /^(?:[\d.]+|\[.*\]|.*\.(?:localhost|local|internal|test|home\.arpa))$/;

/** A shopper's try, Klarna's decision or the move of a clock belongs to the story that the log tells. */
function logEntry(
  { method, path, body: { text } }: Request,
  id: string,
  status: number,
  response: object,
  { merchant_id, at_ms, subject = '', ...note }: About,
): LogEntry {
  return {
    id,
    merchant_id,
    at_ms,
    direction: 'incoming',
    method,
    path,
    status,
    subject,
    request: redacted(text),
    response: JSON.stringify(response),
    note: Object.keys(note).length > 0 ? JSON.stringify(note) : '',
  };
}

function failed(request: Request, correlation_id: string, error: Error): ControlReply {
  if (error instanceof StoreUnavailable) return problem(503, 'TEMPORARILY_UNAVAILABLE', 'The store cannot be reached');
  process.stderr.write(`kvitt: ${request.method} ${request.path} (${correlation_id}): ${error.stack}\n`);
  return problem(500, 'INTERNAL_SERVER_ERROR', 'Internal error');
}
