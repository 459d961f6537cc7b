/** The window that the page was opened from: the shop, through the SDK. */
import type { PageMessage, Show } from './protocol.ts';

export interface Host {
  /** What to show; asked again after a reload. Undefined: there is nobody to ask. */
  readonly show: Show | undefined;
  /** Whether somebody listens and will take the page away. */
  readonly attended: boolean;
  tell(message: PageMessage): void;
}

/** How long the shop's page may take to answer: it answers at once unless it is gone. */
const SHOP_PATIENCE_MS = 30_000;

const HOSTED_PAGE = /\/hpp\/payments\/([^/]+)/;

export async function findHost(): Promise<Host> {
  const link = HOSTED_PAGE.exec(location.pathname)?.[1];
  if (link) return alone({ client_token: link, hosted: true });
  const token = new URLSearchParams(location.hash.slice(1)).get('client_token');
  if (token) return alone({ client_token: token });
  const shop: Window | null = window.parent === window ? window.opener : window.parent;
  if (!shop || shop.closed) return { show: undefined, attended: false, tell: () => {} };
  const answer = await askShop(shop);
  if (!answer) return { show: undefined, attended: false, tell: () => {} };
  // Results carry a token: they go to the origin that sent the session, and to no other.
  const target = answer.origin === 'null' ? '*' : answer.origin;
  return { show: answer.show, attended: true, tell: (message) => shop.postMessage(message, target) };
}

/** The page by an address of its own, `#client_token=...` or a hosted session's link, without a shop's page behind it. */
function alone(what: Pick<Show, 'client_token' | 'hosted'>): Host {
  const show: Show = { kvitt: 'show', ...what, categories: [], auto_finalize: true };
  return { show, attended: false, tell: () => {} };
}

function askShop(shop: Window): Promise<{ show: Show; origin: string } | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), SHOP_PATIENCE_MS);
    window.addEventListener('message', function listen(event: MessageEvent<Partial<Show> | null>) {
      if (event.source !== shop || event.data?.kvitt !== 'show') return;
      window.removeEventListener('message', listen);
      clearTimeout(timer);
      resolve({ show: event.data as Show, origin: event.origin });
    });
    // Nothing secret in it, so whoever opened the page may know.
    const ready: PageMessage = { kvitt: 'ready' };
    shop.postMessage(ready, '*');
  });
}
