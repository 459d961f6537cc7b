/** Where the payment page is shown: a window of its own while the shopper's click allows one, else over the shop's page. */
import type { Chosen, PageMessage, Show, TryResult } from './protocol.ts';

export interface Surface {
  /** Brings it to the front. */
  focus(): void;
  close(): void;
}

interface SurfaceOptions {
  /** `https://host:port` of the page. */
  readonly base: string;
  /** What the page is to show; resolved once that is known. */
  readonly show: Promise<Show>;
  /** The shopper is done, or gone: undefined without a word from the page. */
  ended(result: TryResult | undefined, chosen?: Chosen): void;
  /** The overlay appeared or disappeared. */
  overlay(shown: boolean): void;
}

const WIDTH = 480;
const HEIGHT = 780;
const LOOK_MS = 200;

export function openSurface(options: SurfaceOptions): Surface {
  // Without a click of the shopper a browser would block the window; older ones cannot say.
  const clicked = navigator.userActivation?.isActive ?? true;
  const popup = clicked ? window.open(`${options.base}/checkout/pay`, '', features()) : null;
  return popup ? inWindow(popup, options) : overShop(options);
}

function features(): string {
  const left = Math.max(0, Math.round(window.screenX + (window.outerWidth - WIDTH) / 2));
  const top = Math.max(0, Math.round(window.screenY + (window.outerHeight - HEIGHT) / 2));
  return `popup,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`;
}

function inWindow(popup: Window, options: SurfaceOptions): Surface {
  const talk = listenTo(popup, options, () => surface.close());
  let instead: Surface | undefined;
  const timer = setInterval(() => {
    if (!popup.closed) return;
    clearInterval(timer);
    talk.stop();
    // A shop under `Cross-Origin-Opener-Policy: same-origin` loses the window before it says a word.
    if (talk.heard()) options.ended(talk.outcome());
    else instead = overShop(options);
  }, LOOK_MS);
  const surface: Surface = {
    focus: () => (instead ? instead.focus() : popup.focus()),
    close: () => {
      clearInterval(timer);
      talk.stop();
      popup.close();
      instead?.close();
    },
  };
  return surface;
}

/** A modal dialog: the browser keeps the focus in it, and gives it back afterwards. */
function overShop(options: SurfaceOptions): Surface {
  const frame = document.createElement('iframe');
  frame.title = 'Klarna';
  frame.src = `${options.base}/checkout/pay`;
  const overlay = document.createElement('dialog');
  overlay.id = 'klarna-payments-overlay';
  overlay.setAttribute('aria-label', 'Klarna');
  // Set one by one: a shop's Content-Security-Policy forbids style attributes, not this.
  Object.assign(overlay.style, { ...WHOLE, maxWidth: 'none', maxHeight: 'none', background: 'rgba(20,33,29,.6)' });
  Object.assign(frame.style, WHOLE);
  overlay.append(frame);
  document.body.append(overlay);
  overlay.showModal();
  const surface: Surface = {
    focus: () => frame.focus(),
    close: () => {
      if (!overlay.isConnected) return;
      talk.stop();
      overlay.close();
      overlay.remove();
      options.overlay(false);
    },
  };
  const talk = listenTo(frame.contentWindow as Window, options, surface.close);
  // The Escape key, pressed outside the frame.
  overlay.addEventListener('cancel', (event) => {
    event.preventDefault();
    surface.close();
    options.ended(talk.outcome());
  });
  frame.focus();
  options.overlay(true);
  return surface;
}

const WHOLE = { width: '100%', height: '100%', border: '0', padding: '0', margin: '0' };

interface Talk {
  /** Whether the page has said anything. */
  heard(): boolean;
  /** How it would end if the shopper left now. */
  outcome(): TryResult | undefined;
  stop(): void;
}

/** The conversation with the page: only with that window, only while it shows our origin. */
function listenTo(page: Window, { base, show, ended }: SurfaceOptions, close: () => void): Talk {
  let heard = false;
  let outcome: TryResult | undefined;
  const end = (result: TryResult | undefined, chosen?: Chosen) => {
    close();
    ended(result, chosen);
  };
  const take = (message: PageMessage) => {
    heard = true;
    if (message.kvitt === 'ready') void show.then((answer) => page.postMessage(answer, base));
    if (message.kvitt === 'outcome') outcome = message.result;
    if (message.kvitt === 'done') end(message.result, message.chosen);
    if (message.kvitt === 'leave') end(undefined);
  };
  const listen = (event: MessageEvent<PageMessage | null>) => {
    if (event.source !== page || event.origin !== base) return;
    if (event.data) take(event.data);
  };
  window.addEventListener('message', listen);
  return {
    heard: () => heard,
    outcome: () => outcome,
    stop: () => window.removeEventListener('message', listen),
  };
}
