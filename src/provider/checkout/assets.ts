/**
 * The files that browsers get. In a clone they are the TypeScript sources with their types taken out; in the published package
 * they are what the compiler made of them. Either way the modules of a script are joined into one file, so that a page
 * needs one request and the SDK is the one classic script that shops embed.
 */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { Coded } from './codings.ts';

export interface Asset {
  readonly type: string;
  readonly body: Coded;
  /** For pages: what they may load, and who may frame them. */
  readonly csp?: string;
}

/** Nothing from elsewhere, nothing inline, no forms sent. @param framing who may frame the page, and what it frames */
function policy(images: readonly string[], ...framing: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    `img-src ${["'self'", ...images].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    ...framing,
    "require-trusted-types-for 'script'",
  ].join('; ');
}

/** No images of order lines. Any shop may frame the page: that is what the in-page overlay is. */
export const PAGE_CSP = policy([], 'frame-ancestors *');

/** With the frame that the SDK opens. */
const SHOP_CSP = policy([], "frame-src 'self'", "frame-ancestors 'none'");

/** The inbox shows what nobody else is to see. */
const INBOX_CSP = policy([], "frame-ancestors 'none'");

/** A hosted session's page: nobody frames what shoppers are sent to, and of images there are those that its merchant named. */
export function hostedCsp(images: readonly string[]): string {
  return policy([...new Set(images.map(sourceOf))], "frame-ancestors 'none'");
}

/** An image's address as a policy can name it: policies know no queries, and take `;` and `,` for the end of an entry. */
function sourceOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/[;,]/g, encodeURIComponent)}`;
}

/** Where the demo shop keeps what it gives to browsers, as seen from here. */
const SHOP = '../../shop/browser';

/** The modules of each script, each after those that it needs. */
const PAGE_MODULES = ['texts', 'format', 'options', 'dom', 'calls', 'host', 'page'];
const WIDGET_MODULES = ['texts', 'format', 'options', 'dom', 'calls', 'widget'];
const INBOX_MODULES = ['dom', 'inbox'];
const SHOP_MODULES = ['format', 'dom', `${SHOP}/shop`];
const SDK_MODULES = ['sdk-errors', 'calls', 'sdk-window', 'sdk'];

const SCRIPT = 'text/javascript; charset=utf-8';
const html = (file: string, csp = PAGE_CSP) => ({ type: 'text/html; charset=utf-8', csp, make: () => source(file) });
const plainFile = (type: string, file: string) => ({ type, make: () => source(file) });
const picture = (file: string) => plainFile('image/svg+xml', file);
const styles = (...files: readonly string[]) => ({
  type: 'text/css; charset=utf-8',
  make: () => files.map(source).join(''),
});
const script = (modules: readonly string[]) => ({ type: SCRIPT, make: () => join(modules) });

const ASSETS: Readonly<Record<string, { type: string; csp?: string; make: () => string }>> = {
  '/checkout/pay': html('page.html'),
  '/checkout/widget': html('widget.html'),
  '/checkout/page.js': script(PAGE_MODULES),
  '/checkout/widget.js': script(WIDGET_MODULES),
  '/checkout/page.css': styles('base.css', 'page.css'),
  '/checkout/icon.svg': picture('icon.svg'),
  '/inbox': html('inbox.html', INBOX_CSP),
  '/inbox/inbox.js': script(INBOX_MODULES),
  '/shop': html(`${SHOP}/shop.html`, SHOP_CSP),
  '/shop/shop.js': script(SHOP_MODULES),
  '/shop/shop.css': styles('base.css', `${SHOP}/shop.css`),
  '/shop/mug.svg': picture(`${SHOP}/mug.svg`),
  '/shop/blanket.svg': picture(`${SHOP}/blanket.svg`),
  '/shop/lantern.svg': picture(`${SHOP}/lantern.svg`),
  '/kp/lib/v1/api.js': script(SDK_MODULES),
  '/kp/lib/v1/klarna-payments.d.ts': plainFile('text/plain; charset=utf-8', 'klarna-payments.d.ts'),
};

const made = new Map<string, Asset>();

/** The file at a path; made at its first request. */
export function assetAt(path: string): Asset | undefined {
  const known = made.get(path);
  if (known) return known;
  if (!Object.hasOwn(ASSETS, path)) return undefined;
  const { make, ...rest } = ASSETS[path] as (typeof ASSETS)[string];
  const asset = { ...rest, body: new Coded(make()) };
  made.set(path, asset);
  return asset;
}

const inClone = import.meta.url.endsWith('.ts');

function source(file: string): string {
  return readFileSync(new URL(`browser/${file}`, import.meta.url), 'utf8');
}

/** Modules as one classic script that leaves no names behind. */
function join(modules: readonly string[]): string {
  return `(()=>{'use strict';\n${modules.map(scriptOf).join('\n')}\n})();\n`;
}

function scriptOf(name: string): string {
  const code = inClone ? stripTypeScriptTypes(source(`${name}.ts`)) : source(`${name}.js`);
  return (
    code
      .replace(/^import\s[^;]*?from\s+'[^']+';$/gm, '')
      .replace(/^export \{\};$/gm, '')
      .replace(/^export (?=async |function |const |class )/gm, '')
      // Comments on lines of their own, and the blanks that the types left.
      .replace(/^\s*(?:\/\*\*?(?:[^*]|\*(?!\/))*\*\/|\/\/.*)\s*$/gm, '')
      .replace(/[ \t]+$/gm, '')
      .replace(/\n{2,}/g, '\n')
      .replace(/^ +/gm, (blanks) => '\t'.repeat(blanks.length >> 1))
  );
}
