/** The text messages and e-mails that shoppers would have got, for whoever tests. Read from the control API. */
import { button, el } from './dom.ts';

interface Message {
  readonly method: 'sms' | 'email' | 'token';
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly url: string;
  readonly sent_at: string;
}

interface Merchant {
  readonly merchant_id: string;
  readonly name: string;
}

const WAYS = { sms: 'Text message', email: 'E-mail', token: 'Message' } as const;
const MOST = 50;

const root = document.getElementById('page') as HTMLElement;
const merchant = el('select', { testid: 'merchant', attributes: { id: 'merchant' } });
const messages = el('div', { testid: 'messages', attributes: { 'aria-live': 'polite' } });

async function control<T>(path: string): Promise<T> {
  const answer = await fetch(`/control${path}`);
  if (!answer.ok) throw new Error(`The control API answered ${answer.status}.`);
  return (await answer.json()) as T;
}

async function start(): Promise<void> {
  root.replaceChildren(
    el(
      'main',
      {},
      el('h1', {}, 'Inbox'),
      el('p', {}, 'What shoppers would have got by text message or e-mail. Nothing was sent to anybody.'),
      el('div', { class: 'field' }, el('label', { attributes: { for: 'merchant' } }, 'Merchant'), merchant),
      messages,
      button('Look again', 'refresh', () => void refresh(), 'primary'),
    ),
  );
  merchant.addEventListener('change', () => void refresh());
  const { merchant_id } = await control<Merchant>(`/inbox${location.search}`);
  const { merchants } = await control<{ merchants: readonly Merchant[] }>('/merchants');
  merchant.append(
    ...merchants.map((each) =>
      el('option', { attributes: { value: each.merchant_id } }, `${each.name} (${each.merchant_id})`),
    ),
  );
  merchant.value = merchant_id;
  await show();
}

async function show(): Promise<void> {
  const query = new URLSearchParams({ merchant_id: merchant.value, limit: String(MOST) });
  const { messages: all } = await control<{ messages: readonly Message[] }>(`/inbox?${query}`);
  const nothing = el('p', { class: 'hint' }, 'Nothing yet. Send a hosted session’s link, and it appears here.');
  messages.replaceChildren(all.length > 0 ? el('ul', { class: 'messages' }, ...all.map(messageOf)) : nothing);
}

function messageOf({ method, to, subject, text, url, sent_at }: Message): HTMLElement {
  const sent = el('time', { class: 'hint', attributes: { datetime: sent_at } }, new Date(sent_at).toLocaleString());
  const link = el(
    'a',
    { testid: 'link', attributes: { href: url, target: '_blank', rel: 'noopener' } },
    'Open the page',
  );
  return el(
    'li',
    { testid: 'message' },
    el('p', { class: 'hint' }, `${WAYS[method]} to ${to}, `, sent),
    el('h2', {}, subject),
    el('p', {}, text),
    link,
  );
}

const refresh = () => show().catch(complain);

function complain({ message }: Error): void {
  messages.replaceChildren(el('p', { class: 'error', attributes: { role: 'alert' } }, message));
}

start().catch(complain);
