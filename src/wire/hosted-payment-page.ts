/** The bodies of the Hosted Payment Page v1. Where Klarna's OpenAPI document gives no limit, the one of Klarna Payments is used. */
import { callbackUrl, country, orEmpty } from './common.ts';
import { boolean, choice, type Infer, integer, list, object, required, text } from './shape.ts';

/** Klarna's document has them in upper case, its samples in lower case: both are taken, and Klarna Payments' own names come out. */
const category = () =>
  choice(['klarna', 'pay_later', 'pay_now', 'pay_over_time', 'direct_bank_transfer', 'direct_debit'], {
    anyCase: true,
  });
const link = () => text({ max: 2000 });

const options = object({
  background_images: list(object({ url: required(link()), width: integer({ min: 0 }) }), { max: 100 }),
  logo_url: link(),
  page_title: text({ max: 255 }),
  payment_method_category: category(),
  payment_method_categories: list(category(), { max: 20 }),
  payment_fallback: boolean(),
  place_order_mode: choice(['NONE', 'PLACE_ORDER', 'CAPTURE_ORDER'], { anyCase: true }),
  purchase_type: choice(['BUY', 'RENT', 'BOOK', 'SUBSCRIBE', 'DOWNLOAD', 'ORDER', 'CONTINUE', 'PAY'], {
    anyCase: true,
  }),
  show_subtotal_detail: choice(['HIDE'], { anyCase: true }),
});

/** An empty URL is no URL: the shopper stays on Klarna's page. */
const merchantUrls = object({
  success: orEmpty(callbackUrl()),
  cancel: orEmpty(callbackUrl()),
  back: orEmpty(callbackUrl()),
  failure: orEmpty(callbackUrl()),
  error: orEmpty(callbackUrl()),
  status_update: orEmpty(callbackUrl()),
});

export const hostedCreate = object({
  payment_session_url: required(callbackUrl()),
  profile_id: text({ max: 255 }),
  merchant_urls: merchantUrls,
  options,
});

export const distribution = object({
  method: required(choice(['sms', 'email', 'token'], { anyCase: true })),
  contact_information: required(
    object({
      email: orEmpty(text({ max: 254, pattern: /^[^\s@]+@[^\s@]+$/, like: 'an e-mail address' })),
      phone: orEmpty(text({ max: 40, pattern: /^[+(]?\d[\d ()/.-]+$/, like: 'a phone number' })),
      phone_country: orEmpty(country()),
      access_id: text({ max: 255 }),
    }),
  ),
  template: choice(['INSTORE_PURCHASE'], { anyCase: true }),
});

export type HostedCreate = Infer<typeof hostedCreate>;
export type HostedUrls = Infer<typeof merchantUrls>;
export type HostedOptions = Infer<typeof options>;
export type Distribution = Infer<typeof distribution>;
