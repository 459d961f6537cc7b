/**
 * The provider side: a Klarna of one's own, in this process.
 *
 * ```ts
 * import { startProvider } from 'kvitt/provider'
 *
 * const klarna = await startProvider()
 * // point any Klarna client at klarna.url with klarna.credentials
 * const { authorization_token } = await klarna.authorize(session_id)
 * await klarna.clock.advance('P28D')
 * await klarna.close()
 * ```
 */
import { listen } from '../http/server.ts';
import { openStore, type StoreOptions } from '../store/open.ts';
import { Background } from './background.ts';
import { CheckoutFace } from './checkout/face.ts';
import { ControlFace } from './control/control.ts';
import type { WantedFault } from './control/faults.ts';
import { CybersourceFace } from './cybersource/face.ts';
import { CybersourceFollower } from './cybersource/follower.ts';
import { localSecret } from './cybersource/keys.ts';
import type { Region } from './engine/state.ts';
import { HostedPages } from './hosted.ts';
import { QrCodes } from './hosted-links.ts';
import { ensureMerchant, ensurePurseAccount, installationKey, sealWebhooks } from './installation.ts';
import { KlarnaFace } from './klarna/face.ts';
import { Authenticator } from './merchants.ts';
import { LOCAL_CREDENTIALS } from './purse/account.ts';
import { PurseFace } from './purse/face.ts';
import { PurseFollower } from './purse/follower.ts';
import { sweep } from './purse/keeping.ts';
import type { PursePaths } from './purse/paths.ts';
import { signerFrom } from './purse/signing.ts';
import { ShopFace } from './shop/face.ts';
import { Site } from './site.ts';
import { realWorld, type World } from './world.ts';

export interface ProviderOptions {
  /** 0, the default, picks a free port. */
  readonly port?: number;
  /** Default: this machine only. */
  readonly host?: string;
  /** Where state is kept. Default: in memory, gone with the process. */
  readonly store?: StoreOptions;
  /** The default merchant's credentials. */
  readonly username?: string;
  readonly password?: string;
  /** Whether /control answers. Default: yes. */
  readonly control?: boolean;
  /** Host names that stand for Klarna's regional hosts. Default: api.localhost, api-na.localhost, api-oc.localhost. */
  readonly regions?: Readonly<Record<string, Exclude<Region, 'any'>>>;
  /** The address clients know this server by, when it is not the one they send as Host. */
  readonly publicUrl?: string | undefined;
  /** Paths of Purse's API that its documents do not show, see docs/purse.md. */
  readonly pursePaths?: PursePaths | undefined;
}

/** What a shopper's try came to: the JavaScript SDK's answer, and the catalogue's code. */
export interface AuthorizeResult {
  readonly approved: boolean;
  readonly show_form: boolean;
  readonly authorization_token?: string;
  /** Approved with `auto_finalize: false`: no token until `control('POST', '/sessions/…/finalize')`. */
  readonly finalize_required?: boolean;
  readonly error?: { readonly invalid_fields: readonly string[] };
  readonly code: string;
}

export interface Provider {
  /** `http://127.0.0.1:port`: what a client takes for https://api.klarna.com. */
  readonly url: string;
  readonly credentials: { readonly username: string; readonly password: string };
  /** The default merchant's key of Cybersource's API; the url is its host too. */
  readonly cybersource: { readonly merchant_id: string; readonly key_id: string; readonly shared_secret: string };
  /** What a client of Purse's APIs needs for the default merchant; its client_secret is the password. */
  readonly purse: { readonly entity_id: string; readonly api_key: string; readonly client_id: string };
  /** The default merchant's clock. */
  readonly clock: {
    now(): Promise<Date>;
    /** @param duration ISO 8601, `P28D`; everything due happens before this resolves */
    advance(duration: string): Promise<Date>;
    /** @param time not before the clock's present time */
    set(time: Date | string): Promise<Date>;
  };
  /** A shopper without a browser. @param data the SDK's authorize data, and `outcome`, `payment_method_category`, `payment_method` */
  authorize(session_id: string, data?: Readonly<Record<string, unknown>>): Promise<AuthorizeResult>;
  /** What is to go wrong, see docs/faults.md. */
  readonly faults: {
    /** Orders a fault, for the default merchant unless it names one; resolves with its id. */
    add(fault: FaultOrder): Promise<string>;
    /** Orders the faults of a scenario of docs/scenarios.md; resolves with their ids. */
    scenario(name: string, merchant_id?: string): Promise<readonly string[]>;
    /** Removes a merchant's faults, by default the default merchant's. */
    clear(merchant_id?: string): Promise<void>;
  };
  /** Any call of the control API, `control('POST', '/orders/…/close')`. Rejects with the API's message when it is refused. */
  control(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Removes the default merchant's data and sets its clock and settings back. */
  reset(): Promise<void>;
  /** Finishes what has begun and releases port and store. */
  close(): Promise<void>;
}

/** What `POST /control/faults` takes. */
export type FaultOrder = WantedFault & { readonly merchant_id?: string; readonly all?: boolean };

const DEFAULT_REGIONS = { 'api.localhost': 'eu', 'api-na.localhost': 'na', 'api-oc.localhost': 'oc' } as const;

/** Starts a provider. Rejects with StoreUnusable, or the system's error when the port cannot be had. */
export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const { username = 'K000001_local', password = 'local' } = options;
  const world = realWorld(await openStore(options.store ?? {}));
  try {
    return await startOn(world, { ...options, username, password });
  } catch (error) {
    await world.store.close();
    throw error;
  }
}

async function startOn(
  world: World,
  options: ProviderOptions & { username: string; password: string },
): Promise<Provider> {
  const { username, password, port = 0, host = '127.0.0.1' } = options;
  const { publicUrl } = options;
  const secret = await installationKey(world.store);
  await sealWebhooks(world.store);
  const defaultMerchantId = await ensureMerchant(world.store, username, password);
  await ensurePurseAccount(world.store, defaultMerchantId, password);
  const authenticator = new Authenticator(world.store);
  const onCallbacks = (merchant_id: string) => background.kick(merchant_id);
  const signer = signerFrom(world.store);
  // Requests come only once the server listens, and messages only after requests.
  const base = () => publicUrl ?? server.url;
  const followers = {
    purse: new PurseFollower({ world, signer, base, onCallbacks }),
    cybersource: new CybersourceFollower({ world, onCallbacks }),
  };
  const background = new Background(
    world,
    (address) => followers[address.startsWith('cybersource/') ? 'cybersource' : 'purse'].follow(address),
    (before_ms, limit) => sweep(world.store, before_ms, limit),
  );
  const regions = options.regions ?? DEFAULT_REGIONS;
  const klarna = new KlarnaFace({
    world,
    authenticator,
    faults: background.faults,
    secret,
    regions,
    publicUrl,
    onCallbacks,
    settle: (id) => background.settle(id),
  });
  const { faults } = background;
  const purse = new PurseFace({ world, secret, signer, faults, publicUrl, paths: options.pursePaths, onCallbacks });
  const local = options.control !== false;
  const hosted = new HostedPages({ world, onCallbacks });
  const checkout = new CheckoutFace({ world, secret, local, hosted, faults: background.faults, onCallbacks });
  const control = new ControlFace({ world, authenticator, background, hosted, signer, defaultMerchantId, publicUrl });
  const cybersource = new CybersourceFace({
    world,
    faults: background.faults,
    secret,
    publicUrl,
    onCallbacks,
    ownUrl: () => server.url,
  });
  const open = [klarna, cybersource, checkout, new QrCodes(world, publicUrl)];
  // As above: the shop calls Klarna only on request.
  const shop = new ShopFace({ klarna: () => server.url, credentials: { username, password } });
  const site = new Site(local ? [...open, control, shop, purse] : [...open, purse], world);
  const server = await listen(
    { port, host },
    {
      answer: (request) => site.answer(request),
      fileLimit: (method, path) => klarna.fileLimit(method, path),
      unreadable: (status) => klarna.unreadable(status),
    },
  );
  background.start();
  const call = localControl(control);
  return {
    url: server.url,
    credentials: { username, password },
    cybersource: { merchant_id: defaultMerchantId, key_id: username, shared_secret: localSecret(password) },
    purse: LOCAL_CREDENTIALS,
    clock: localClock(call),
    authorize: async (session_id, data = {}) =>
      (await call('POST', `/sessions/${session_id}/authorize`, data)) as unknown as AuthorizeResult,
    faults: localFaults(call),
    control: call,
    reset: async () => void (await call('POST', '/reset', { merchant_id: defaultMerchantId })),
    close: async () => {
      background.faults.stop();
      await server.close();
      await background.stop();
      await world.store.close();
    },
  };
}

type ControlCall = Provider['control'];

/** The control API without a detour over the network. */
function localControl(face: ControlFace): ControlCall {
  return async (method, path, body) => {
    const [pathname = '', query = ''] = `/control${path}`.split('?');
    const text = body === undefined ? '' : JSON.stringify(body);
    const answer = await face.answer({
      method,
      path: pathname,
      query: new URLSearchParams(query),
      headers: {},
      body: { text },
    });
    const value = JSON.parse(String(answer.body)) as Record<string, unknown>;
    if (answer.status >= 400)
      throw new Error(`${method} /control${path} answered ${answer.status}: ${String(value.error_messages)}`);
    return value;
  };
}

function localFaults(call: ControlCall): Provider['faults'] {
  return {
    add: async (fault) => String((await call('POST', '/faults', fault)).fault_id),
    scenario: async (name, merchant_id) => {
      const { faults } = await call('POST', `/scenarios/${name}`, merchant_id === undefined ? {} : { merchant_id });
      return (faults as { fault_id: string }[]).map(({ fault_id }) => fault_id);
    },
    clear: async (merchant_id) =>
      void (await call('DELETE', merchant_id === undefined ? '/faults' : `/faults?merchant_id=${merchant_id}`)),
  };
}

function localClock(call: ControlCall): Provider['clock'] {
  const time = (value: Record<string, unknown>) => new Date(String(value.now));
  return {
    now: async () => time(await call('GET', '/clock')),
    advance: async (advance) => time(await call('POST', '/clock', { advance })),
    set: async (to) => time(await call('POST', '/clock', { now: new Date(to).toISOString() })),
  };
}
