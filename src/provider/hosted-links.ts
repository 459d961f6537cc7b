/** The public addresses of a hosted session: its page, which belongs to whoever has the link, and the QR code of that link. */
import { marketOf } from '../catalogue/index.ts';
import { type Answer, baseOf, type Request } from '../http/exchange.ts';
import type { HostedSession, Session } from './engine/state.ts';
import type { Face } from './site.ts';
import type { World } from './world.ts';

/** `http://host:port/eu/hpp/payments/AaH4URs_cH6PqLpis_KNWg`: as Klarna's, with the id in fewer letters. */
export function pageUrl(base: string, { hosted_id }: HostedSession, session: Session): string {
  const region = marketOf(session.details.purchase_country)?.region ?? 'eu';
  return `${base}/${region}/hpp/payments/${shortened(hosted_id)}`;
}

export function qrCodeUrl(base: string, hosted: HostedSession, session: Session): string {
  return `${pageUrl(base, hosted, session)}/qr`;
}

const PAGE = /^\/(?:eu|na|oc)\/hpp\/payments\/([\w-]{22})\/?$/;
const ANY_PAGE = /^\/(?:eu|na|oc)\/hpp\/payments\/[^/]+\/?$/;
const SHORT = /^[\w-]{22}$/;
const QR_CODE = /^(\/(?:eu|na|oc)\/hpp\/payments\/[\w-]{22})\/qr\/?$/;

/** The hosted session whose page is at a path; undefined when that is no page's path. */
export function hostedIdAt(path: string): string | undefined {
  return hostedIdOf(PAGE.exec(path)?.[1] ?? '');
}

/** Whether a path looks like a hosted page's, be it one that was cut short or mistyped. */
export function isPagePath(path: string): boolean {
  return ANY_PAGE.test(path);
}

/** The hosted session that the end of a link stands for; undefined when it is no such end. */
export function hostedIdOf(short: string): string | undefined {
  if (!SHORT.test(short)) return undefined;
  const hex = Buffer.from(short, 'base64url').toString('hex');
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return shortened(id) === short ? id : undefined;
}

/** A UUID in 22 letters instead of 36, for links that people see and QR codes that stay coarse. */
function shortened(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

/** Serves the QR codes. */
export class QrCodes implements Face {
  readonly #world: World;
  readonly #publicUrl: string | undefined;

  constructor(world: World, publicUrl: string | undefined) {
    this.#world = world;
    this.#publicUrl = publicUrl;
  }

  owns(path: string): boolean {
    return QR_CODE.test(path);
  }

  async answer(request: Request): Promise<Answer> {
    const [, page = ''] = QR_CODE.exec(request.path) ?? [];
    const hosted_id = hostedIdAt(page) ?? '';
    const hosted = await this.#world.store.get<HostedSession>('hosted', hosted_id).catch(() => undefined);
    if (request.method !== 'GET' || !hosted) return NO_CODE;
    const body = await drawn(`${baseOf(request, this.#publicUrl)}${page}`).catch(() => undefined);
    return body ? { status: 200, headers: [['Content-Type', 'image/svg+xml']], body } : NO_CODE;
  }
}

/** Rejects when the link is longer than a code can hold, which only a made-up Host header brings about. */
async function drawn(url: string): Promise<string> {
  // Loaded for the first code: most installations never draw one.
  const { default: qr } = await import('qrcode');
  return qr.toString(url, { type: 'svg' });
}

const NO_CODE: Answer = { status: 404, headers: [['Content-Type', 'text/plain']], body: 'There is no such QR code.\n' };
