/** What stands in the shop's own page after `load`: the ways to pay, in words. */
import { callApi } from './calls.ts';
import { el } from './dom.ts';
import { dateIn, moneyIn } from './format.ts';
import { optionText } from './options.ts';
import type { HeightMessage, PageMessage, SessionView, Show, Told } from './protocol.ts';
import { textsFor } from './texts.ts';

const root = document.getElementById('page') as HTMLElement;
const shop = window.parent;

window.addEventListener('message', (event: MessageEvent<Partial<Show> | null>) => {
  if (event.source === shop && event.data?.kvitt === 'show') void draw(event.data as Show, event.origin);
});
const ready: PageMessage = { kvitt: 'ready' };
shop.postMessage(ready, '*');

async function draw(show: Show, origin: string): Promise<void> {
  const session = await callApi<Told<SessionView>>(location.origin, show.client_token, '/session').catch(
    () => undefined,
  );
  if (!session || session.problem) return;
  const { language, texts } = textsFor(session.locale);
  document.documentElement.lang = language;
  const money = moneyIn(session.locale, session.currency);
  const date = dateIn(session.locale);
  const rows = session.options
    .filter(({ category }) => show.categories.length === 0 || show.categories.includes(category))
    .map((option) =>
      el(
        'li',
        {},
        el('strong', {}, texts[option.kind]),
        el('span', { class: 'hint' }, optionText(option, { texts, money, date })),
      ),
    );
  root.replaceChildren(el('ul', { class: 'widget', testid: 'widget' }, ...rows));
  const tell = () => {
    const height: HeightMessage = { kvitt: 'height', height: Math.ceil(root.getBoundingClientRect().height) };
    shop.postMessage(height, origin === 'null' ? '*' : origin);
  };
  new ResizeObserver(tell).observe(root);
}
