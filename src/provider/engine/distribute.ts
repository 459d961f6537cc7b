/** The link to a hosted page is sent to the shopper. Here it goes to the merchant's inbox. Source: distribute an HPP session. */
import { marketOf } from '../../catalogue/markets.ts';
import type { Distribution } from '../../wire/hosted-payment-page.ts';
import { usableHosted } from './hosted.ts';
import { accept, type Outcome, type Refused, refuse } from './outcome.ts';
import { isBlocked } from './risk.ts';
import type { Context, HostedSession, Inbox, InboxMessage, Session } from './state.ts';

/** Messages that an inbox holds; beyond it the oldest go. */
export const INBOX_MOST = 200;

/** What each way of sending needs to know of the shopper. The first is where the message goes. */
const NEEDS: Readonly<Record<Distribution['method'], readonly (keyof Distribution['contact_information'])[]>> = {
  sms: ['phone', 'phone_country'],
  email: ['email'],
  token: ['access_id'],
};

/** @param url of the page */
export function distribute(
  hosted: HostedSession | undefined,
  session: Session | undefined,
  request: Distribution,
  url: string,
  context: Context,
): Outcome<InboxMessage> {
  const usable = usableHosted(hosted, session, context);
  if (!usable.ok) return usable;
  const refused = refuseContact(request) ?? refuseCountry(request, session) ?? refuseBlocked(request);
  if (refused) return refused;
  const { hosted_id, options } = usable.value;
  const subject = options.page_title || 'Complete your purchase';
  return accept({
    message_id: context.id(),
    sent_at_ms: context.now_ms,
    method: request.method,
    to: NEEDS[request.method].map((name) => request.contact_information[name])[0] ?? '',
    subject,
    text: `${context.merchant.name}: ${subject} with Klarna: ${url}`,
    url,
    hosted_id,
  });
}

/** The inbox with one message more. */
export function delivered(inbox: Inbox | undefined, message: InboxMessage): Inbox {
  return { messages: [message, ...(inbox?.messages ?? [])].slice(0, INBOX_MOST) };
}

function refuseContact({ method, contact_information }: Distribution): Refused | undefined {
  const missing = NEEDS[method].filter((name) => !contact_information[name]);
  if (missing.length === 0) return undefined;
  const fields = missing.map((name) => `contact_information.${name}`).join(', ');
  return refuse('contact_missing', {
    field: `contact_information.${missing[0]}`,
    message: `To send by ${method}, Klarna needs ${NEEDS[method].join(' and ')}.`,
    change: `Send ${fields}, or choose another method.`,
  });
}

/** Klarna sends text messages within the region of the account; here that is the region of the purchase. */
function refuseCountry(
  { method, contact_information }: Distribution,
  session: Session | undefined,
): Refused | undefined {
  const { phone_country = '' } = contact_information;
  const region = marketOf(session?.details.purchase_country ?? '')?.region;
  if (method !== 'sms' || marketOf(phone_country)?.region === region) return undefined;
  return refuse('contact_country', {
    field: 'contact_information.phone_country',
    got: phone_country,
    message: `${phone_country} is not in the region of the purchase (${region}).`,
    change: 'Correct phone_country, or send the link by e-mail.',
  });
}

/** A phone that Klarna sends nothing to, as 999999 is a code that it does not take. */
const BLOCKED_PHONE = /999999$/;

function refuseBlocked({ method, contact_information: { email, phone = '' } }: Distribution): Refused | undefined {
  const blocked =
    method === 'sms' ? BLOCKED_PHONE.test(phone.replace(/\D/g, '')) : method === 'email' && isBlocked(email);
  if (!blocked) return undefined;
  return refuse('contact_blocked', {
    field: method === 'sms' ? 'contact_information.phone' : 'contact_information.email',
    message:
      'This contact stands for one that is blocked: an e-mail address with +blocked, or a phone number that ends in 999999.',
    change: 'Send the link to another contact, or show the QR code.',
  });
}
