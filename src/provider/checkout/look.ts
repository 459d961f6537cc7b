/** How a merchant wants its hosted page to look, as far as the page can show it. Source: the options of an HPP session. */
import type { HostedOptions } from '../../wire/hosted-payment-page.ts';
import type { LookView } from './browser/protocol.ts';

/** Both end in a header of the page's, which has to stay small. */
const BACKGROUNDS_MOST = 8;
const ADDRESS_MOST = 500;

export function lookOf({ logo_url, background_images = [], ...options }: HostedOptions): LookView {
  const backgrounds = background_images.filter(({ url }) => isImageUrl(url)).slice(0, BACKGROUNDS_MOST);
  return {
    purchase_type: options.purchase_type ?? 'BUY',
    show_lines: options.show_subtotal_detail !== 'HIDE',
    ...(options.page_title && { page_title: options.page_title }),
    ...(logo_url && isImageUrl(logo_url) && { logo_url }),
    ...(backgrounds.length > 0 && { backgrounds }),
  };
}

/** The addresses of all images that such a page may load. */
export function imagesOf({ logo_url, backgrounds = [] }: LookView): string[] {
  return [...(logo_url ? [logo_url] : []), ...backgrounds.map(({ url }) => url)];
}

/** Hosts may hold letters that mean something in a policy; none does whose name is to be found. */
const HOST = /^[\w.-]+$/;

function isImageUrl(url: string): boolean {
  const parsed = url.length <= ADDRESS_MOST && URL.canParse(url) ? new URL(url) : undefined;
  return parsed !== undefined && /^https?:$/.test(parsed.protocol) && HOST.test(parsed.hostname);
}
