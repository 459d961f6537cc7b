/** The payment page: sign in, code, choice, buy; or one of the ways in which it can end. */
import { CallFailed, callApi } from './calls.ts';
import { button, el, field, form } from './dom.ts';
import { dateIn, moneyIn } from './format.ts';
import { findHost, type Host } from './host.ts';
import { optionText } from './options.ts';
import type {
  HostedEnd,
  LookView,
  OptionView,
  Outcome,
  Problem,
  SessionView,
  Show,
  SignIn,
  Told,
  TryResult,
} from './protocol.ts';
import { fill, type Texts, textsFor } from './texts.ts';

/** Where the shopper stands, kept over a reload. */
interface Progress {
  step: 'sign_in' | 'code' | 'choose';
  contact: string;
  /** The server's proof that the contact's code was right. */
  signed_in?: string | undefined;
  kind?: string;
  date_of_birth?: string;
}

interface Page {
  readonly host: Host;
  readonly show: Show;
  readonly session: SessionView;
  readonly options: readonly OptionView[];
  readonly texts: Texts;
  readonly money: (amount_minor: number) => string;
  readonly date: (day: string) => string;
  readonly progress: Progress;
  /** What is said above the ways to pay. */
  readonly notice?: string | undefined;
}

/** Ways to end that a page may show. `texts` has a title and a text for each. */
type Ending =
  | 'declined'
  | 'error'
  | 'session_expired'
  | 'session_completed'
  | 'merchant_inactive'
  | 'link_ended'
  | 'details'
  | 'orphan'
  | 'approved'
  | 'ended';

const CANCELLED: TryResult = { approved: false, show_form: true };
const REFUSED: TryResult = { approved: false, show_form: false };

/** How long a page waits to be taken away. */
const STAY_MS = 2_000;

const root = document.getElementById('page') as HTMLElement;

void start();

async function start(): Promise<void> {
  const language = textsFor(navigator.language);
  speak(language.language);
  waiting(language.texts);
  const host = await findHost();
  if (!host.show) return ending(host, language.texts, 'orphan', REFUSED);
  await open(host, host.show, language.texts);
}

/** @param declined what was offered before was declined */
async function open(host: Host, show: Show, texts: Texts, declined = false): Promise<void> {
  const session = show.hosted
    ? await answerOf<SessionView>(show, '/open', {})
    : await answerOf<SessionView>(show, '/session');
  if (session.problem === 'error' || session.problem === 'signed_out')
    return ending(host, texts, 'error', CANCELLED, { retry: () => void open(host, show, texts) });
  if (session.problem) return closed(host, texts, session.problem, session.redirect_url);
  const { language, texts: spoken } = textsFor(session.locale);
  speak(language);
  const { locale, currency } = session;
  const asked = session.options.filter(
    ({ category }) => show.categories.length === 0 || show.categories.includes(category),
  );
  const page: Page = {
    host,
    show,
    session,
    options: asked,
    texts: spoken,
    money: moneyIn(locale, currency),
    date: dateIn(locale),
    progress: recall(session),
    notice: declined ? spoken.other_options : undefined,
  };
  showBackground(session.look?.backgrounds ?? []);
  if (asked.length === 0) return unpayable(page);
  STEPS[page.progress.step](page);
}

/** Nothing is offered. A hosted session hears of it, and says where the shopper goes. */
async function unpayable(page: Page): Promise<void> {
  if (!page.show.hosted) return ending(page.host, page.texts, 'declined', REFUSED);
  const result = await ask<HostedEnd>(page, '/authorize', {});
  if (result) finishHosted(page, result);
}

const STEPS: Readonly<Record<Progress['step'], (page: Page) => void>> = { sign_in: signIn, code: enterCode, choose };

function go(page: Page, step: Progress['step']): void {
  page.progress.step = step;
  remember(page);
  STEPS[step](page);
}

function signIn(page: Page): void {
  const { texts, progress } = page;
  const contact = field('contact', texts.contact_label, { type: 'text', autocomplete: 'username', maxlength: '99' });
  contact.input.value = progress.contact;
  const submit = () =>
    busy(async () => {
      contact.complain(undefined);
      progress.contact = contact.input.value.trim();
      progress.signed_in = undefined;
      const answer = await ask<SignIn>(page, '/sign-in', { contact: progress.contact });
      if (answer?.invalid) contact.complain(texts.contact_invalid);
      else if (answer) go(page, 'code');
    });
  const leave = () => tryToPay(page, { outcome: 'back' });
  draw(page, texts.sign_in_title, leave, form(submit, contact.element, primary(texts.continue, 'continue')));
  if (progress.contact === '') contact.input.focus();
}

function enterCode(page: Page): void {
  const { texts, progress } = page;
  const code = field('code', texts.code_label, { type: 'text', inputmode: 'numeric', autocomplete: 'one-time-code' });
  const submit = () =>
    busy(async () => {
      code.complain(undefined);
      const sent = { contact: progress.contact, code: code.input.value.replace(/\s/g, '') };
      const answer = await ask<SignIn>(page, '/sign-in', sent);
      if (answer?.invalid) return code.complain(texts.code_invalid);
      progress.signed_in = answer?.signed_in;
      if (answer) go(page, 'choose');
    });
  draw(
    page,
    texts.code_title,
    () => go(page, 'sign_in'),
    el('p', {}, fill(texts.code_sent, { contact: progress.contact })),
    el('p', { class: 'hint' }, texts.code_hint),
    form(submit, code.element, primary(texts.continue, 'continue')),
  );
  code.input.focus();
}

function choose(page: Page): void {
  const { texts, money, session, options, progress } = page;
  const chosen = chosenOf(page);
  const born = field('date_of_birth', texts.dob_label, { type: 'date', autocomplete: 'bday' });
  born.input.value = progress.date_of_birth ?? '';
  const details = el('div', { class: 'details' });
  const pick = (option: OptionView) => {
    progress.kind = option.kind;
    remember(page);
    details.replaceChildren(...planOf(page, option), ...(option.needs_date_of_birth ? [born.element] : []));
  };
  const submit = () =>
    busy(async () => {
      born.complain(undefined);
      progress.date_of_birth = born.input.value;
      remember(page);
      await buy(page, () => born.complain(texts.dob_invalid));
    });
  draw(
    page,
    texts.choose_title,
    () => go(page, 'sign_in'),
    ...(page.notice ? [el('p', { attributes: { role: 'alert' } }, page.notice)] : []),
    form(
      submit,
      el(
        'fieldset',
        {},
        el('legend', { class: 'hidden' }, texts.choose_title),
        ...options.map((option) => choiceOf(page, option, option === chosen, pick)),
      ),
      details,
      ...(session.recurring
        ? [el('p', { testid: 'recurring' }, fill(texts.recurring, { merchant: session.merchant_name }))]
        : []),
      el('p', { class: 'terms', testid: 'terms' }, fill(texts.terms, { merchant: session.merchant_name })),
      primary(fill(texts[session.look?.purchase_type ?? 'BUY'], { amount: money(session.order_amount) }), 'buy'),
    ),
  );
  pick(chosen);
}

/** What the shopper chose, else what the shop prefers, else the first. */
function chosenOf({ options, progress, show }: Page): OptionView {
  const preferred = options.find(({ payment_method }) => payment_method === show.preferred_payment_method);
  return options.find(({ kind }) => kind === progress.kind) ?? preferred ?? (options[0] as OptionView);
}

function choiceOf(page: Page, option: OptionView, checked: boolean, pick: (option: OptionView) => void): HTMLElement {
  const { kind } = option;
  const input = el('input', { testid: `option-${kind}`, attributes: { type: 'radio', name: 'kind', value: kind } });
  input.checked = checked;
  input.addEventListener('change', () => pick(option));
  return el(
    'label',
    { class: 'option' },
    input,
    el('span', {}, el('strong', {}, page.texts[kind]), el('span', { class: 'hint' }, optionText(option, page))),
  );
}

/** The instalments of a plan; a single payment needs no list. */
function planOf({ texts, money, date }: Page, { payments }: OptionView): HTMLElement[] {
  if (payments.length < 2) return [];
  const rows = payments.map((payment) =>
    el('li', {}, el('span', {}, date(payment.date)), el('span', {}, money(payment.amount))),
  );
  return [el('h2', {}, texts.plan_title), el('ol', { class: 'plan rows', testid: 'plan' }, ...rows)];
}

/** @param complain shows that the date of birth cannot be */
async function buy(page: Page, complain: () => void): Promise<void> {
  const option = chosenOf(page);
  // What is sent is kept for the next try, also for one with another way to pay, which has no field to correct it in.
  if (option.needs_date_of_birth && !isPast(page.progress.date_of_birth)) return complain();
  const result = await ask<TryResult>(page, '/authorize', requestOf(page, option));
  if (!result) return;
  if (result.error?.invalid_fields.includes('customer.date_of_birth') && option.needs_date_of_birth) return complain();
  finish(page, result);
}

function isPast(day: string | undefined): boolean {
  return Boolean(day) && new Date(`${day}T00:00:00Z`).getTime() < Date.now();
}

function requestOf({ show, progress }: Page, option: OptionView): object {
  const { date_of_birth, signed_in } = progress;
  return {
    payment_method_category: option.category,
    payment_method: option.payment_method,
    auto_finalize: show.auto_finalize,
    signed_in,
    ...(option.needs_date_of_birth && date_of_birth && { data: { customer: { date_of_birth } } }),
  };
}

/** A try whose end is chosen: by the shopper who goes back or gives up, or in the panel of a local server. */
function tryToPay(page: Page, { outcome }: { outcome: Outcome }): void {
  const { category: payment_method_category, payment_method } = chosenOf(page);
  void busy(async () => {
    const { auto_finalize } = page.show;
    const result = await ask<TryResult>(page, '/authorize', {
      payment_method_category,
      payment_method,
      auto_finalize,
      outcome,
    });
    if (!result) return;
    if (outcome === 'error' && !page.show.hosted) return failed(page);
    finish(page, result);
  });
}

/** The try is over: approved and abandoned ones lead back to the shop at once, a decline is told to the shopper first. */
function finish(page: Page, result: TryResult): void {
  const { host, texts, session, show, progress } = page;
  if (show.hosted) {
    finishHosted(page, result);
    return;
  }
  if (result.approved || result.show_form) {
    forget(session.session_id);
    const { category: payment_method_category, payment_method } = chosenOf(page);
    const { signed_in } = progress;
    const chosen = signed_in && { payment_method_category, payment_method, signed_in };
    host.tell({ kvitt: 'done', result, ...(chosen && { chosen }) });
    // Nobody takes the page away where no shop stands behind it, or where the shop has gone meanwhile.
    const stay = () => {
      if (result.error) uncorrectable(page, result);
      else ending({ ...host, attended: false }, texts, result.approved ? 'approved' : 'ended', result);
    };
    if (host.attended) setTimeout(stay, STAY_MS);
    else stay();
    return;
  }
  ending(host, texts, 'declined', result);
}

/** The hosted session has ended, or is for the shopper to go on with. */
function finishHosted(page: Page, result: HostedEnd): void {
  const { host, show, texts } = page;
  if (result.other_options) void open(host, show, texts, true);
  else if (result.error) uncorrectable(page, result);
  else leaveHosted(page, result);
}

/** What the shop said of the shopper cannot be. The shopper can do nothing about it here, and the shop can. */
function uncorrectable(page: Page, result: TryResult): void {
  const { host, texts, show } = page;
  const names = (result.error?.invalid_fields ?? []).map((path) => path.slice(path.lastIndexOf('.') + 1));
  const known = (name: string): name is keyof Texts => Object.hasOwn(texts, name);
  const fields = [...new Set(names)].map((name) => (known(name) ? texts[name] : name.replaceAll('_', ' '))).join(', ');
  const leave = show.hosted ? { leave: () => tryToPay(page, { outcome: 'back' }) } : {};
  ending({ ...host, attended: false }, texts, 'details', result, { values: { fields }, ...leave });
}

/** To the shop, or to a last word where it gave no address. */
function leaveHosted(page: Page, result: HostedEnd): void {
  const { host, texts, session } = page;
  forget(session.session_id);
  const stay = () => {
    if (result.failed) failed(page);
    else ending(host, texts, result.approved ? 'approved' : result.show_form ? 'ended' : 'declined', result);
  };
  if (result.redirect_url === undefined) stay();
  else depart(result.redirect_url, texts, stay);
}

/** Goes to the shop, in place of this page: the browser's back button leads to where the shopper came from. */
function depart(url: string, texts: Texts, stay: () => void): void {
  waiting(texts);
  location.replace(url);
  // The shop may be slow, or not run at all.
  setTimeout(stay, STAY_MS);
}

function waiting(texts: Texts): void {
  root.replaceChildren(el('main', { class: 'ending' }, el('p', { testid: 'loading' }, texts.loading)));
}

function failed(page: Page): void {
  const retry = () => STEPS[page.progress.step](page);
  ending(page.host, page.texts, 'error', CANCELLED, { retry });
}

/** The session is at its end, for whatever reason. */
function closed(host: Host, texts: Texts, kind: Exclude<Problem, 'signed_out'>, redirect_url?: string): void {
  const stay = () => ending(host, texts, kind, REFUSED);
  if (redirect_url === undefined) stay();
  else depart(redirect_url, texts, stay);
}

interface WaysOn {
  readonly retry?: () => void;
  readonly leave?: () => void;
  readonly values?: Readonly<Record<string, string>>;
}

/** What ended the page. @param result what the shop hears when the shopper leaves from here @param ways on from here, and values of the text */
function ending(host: Host, texts: Texts, kind: Ending, result: TryResult, ways: WaysOn = {}): void {
  host.tell({ kvitt: 'outcome', result });
  const title = el('h1', { attributes: { tabindex: '-1' } }, texts[`${kind}_title`]);
  const text = el('p', {}, fill(texts[`${kind}_text`], ways.values ?? {}));
  const said = el('div', { attributes: { role: 'alert' } }, title, text);
  const again = ways.retry && button(texts.retry, 'retry', ways.retry, 'primary');
  const done = ways.leave ?? (host.attended ? () => host.tell({ kvitt: 'done', result }) : undefined);
  const leave = done && button(texts.close, 'close', done, again ? 'quiet' : 'primary');
  root.replaceChildren(el('main', { class: 'ending', testid: `ending-${kind}` }, said, again, leave));
  document.title = title.textContent ?? '';
  title.focus();
}

/** One step, with everything that stands around it. */
function draw(page: Page, heading: string, back: () => void, ...content: readonly HTMLElement[]): void {
  const { texts, session } = page;
  const { look } = session;
  const title = el('h1', { attributes: { tabindex: '-1' } }, heading);
  const pageTitle = look && (look.page_title ?? texts.page_title);
  const cancel = el(
    'button',
    {
      class: 'icon',
      testid: 'cancel',
      attributes: { type: 'button', 'aria-label': texts.cancel, title: texts.cancel },
      onclick: () => tryToPay(page, { outcome: 'abandon' }),
    },
    '×',
  );
  root.replaceChildren(
    el(
      'header',
      {},
      button(`‹ ${texts.back}`, 'back', back),
      el('span', { class: 'merchant', testid: 'merchant-name' }, merchantOf(session.merchant_name, look)),
      cancel,
    ),
    el(
      'main',
      { testid: `step-${page.progress.step}` },
      pageTitle && el('p', { class: 'kicker', testid: 'page-title' }, pageTitle),
      title,
      ...content,
    ),
    orderOf(page),
    ...(session.local ? [panel(page)] : []),
  );
  document.title = [heading, pageTitle, session.merchant_name].filter(Boolean).join(' · ');
  title.focus();
}

/** The merchant's logo; its name where there is none, or where the link to it is broken. */
function merchantOf(name: string, look: LookView | undefined): HTMLElement | string {
  if (!look?.logo_url) return name;
  const logo = el('img', { class: 'logo', testid: 'logo', attributes: { alt: name } });
  logo.addEventListener('error', () => logo.replaceWith(name));
  logo.src = look.logo_url;
  return logo;
}

/** The narrowest picture that fills the window, else the widest. One that cannot be loaded is as good as none. */
function showBackground(backgrounds: NonNullable<LookView['backgrounds']>): void {
  const wanted = innerWidth * devicePixelRatio;
  const widest = backgrounds.toSorted((one, other) => (one.width ?? 0) - (other.width ?? 0));
  const picture = widest.find(({ width = 0 }) => width >= wanted) ?? widest.at(-1);
  document.querySelector('.background')?.remove();
  if (!picture) return;
  const image = el('img', { class: 'background', testid: 'background', attributes: { alt: '' } });
  image.addEventListener('error', () => image.remove());
  image.src = picture.url;
  document.body.prepend(image);
}

/** The order lines: open where there is room beside the step, folded on a phone. */
function orderOf({ texts, session, money }: Page): HTMLElement {
  const total = el('span', { testid: 'total' }, money(session.order_amount));
  const title = [el('span', {}, texts.order_title), el('span', {}, total)];
  if (session.look?.show_lines === false)
    return el('aside', { attributes: { 'aria-label': texts.order_title } }, el('p', { class: 'sum' }, ...title));
  const rows = session.order_lines.map(({ name, quantity, total_amount }) =>
    el(
      'li',
      {},
      el('span', {}, quantity === 1 ? name : fill(texts.quantity, { quantity: String(quantity), name })),
      el('span', {}, money(total_amount)),
    ),
  );
  const list = el(
    'ul',
    { class: 'rows', testid: 'order-lines', attributes: { tabindex: '0', 'aria-label': texts.order_title } },
    ...rows,
  );
  const details = el('details', {}, el('summary', {}, ...title), list);
  details.open = matchMedia('(min-width: 48rem)').matches;
  return el('aside', { attributes: { 'aria-label': texts.order_title } }, details);
}

/** For developers, so in English whatever the shopper speaks. */
const PANEL: readonly (readonly [string, Outcome | 'leave'])[] = [
  ['approve', 'approve'],
  ['review', 'review'],
  ['decline', 'decline'],
  ['error', 'error'],
  ['back', 'back'],
  ['cancel', 'abandon'],
  ['leave', 'leave'],
];

function panel(page: Page): HTMLElement {
  const buttons = PANEL.map(([name, outcome]) =>
    button(name, `outcome-${name}`, () =>
      outcome === 'leave' ? page.host.tell({ kvitt: 'leave' }) : tryToPay(page, { outcome }),
    ),
  );
  return el(
    'footer',
    { class: 'panel', testid: 'panel', attributes: { lang: 'en' } },
    el('span', {}, 'Local test mode. End with:'),
    el('div', {}, ...buttons),
  );
}

function primary(text: string, testid: string): HTMLButtonElement {
  return el('button', { class: 'primary', testid, attributes: { type: 'submit' } }, text);
}

/** The answer, or undefined once the page has shown why there is none. */
async function ask<T extends object>(page: Page, path: string, body: object): Promise<T | undefined> {
  const answer = await answerOf<T>(page.show, path, body);
  if (!('problem' in answer) || !answer.problem) return answer as T;
  if (answer.problem === 'error') failed(page);
  else if (answer.problem === 'signed_out') go(page, 'sign_in');
  else closed(page.host, page.texts, answer.problem, answer.redirect_url);
  return undefined;
}

/** As the server answers; `error` when it cannot. */
async function answerOf<T extends object>(
  { client_token, hosted }: Show,
  path: string,
  body?: object,
): Promise<Told<T> | { readonly problem: 'error' }> {
  try {
    return await callApi<Told<T>>(location.origin, client_token, hosted ? `/hosted${path}` : path, body);
  } catch (error) {
    if (error instanceof CallFailed && error.status === 401) return { problem: 'session_expired' };
    return { problem: 'error' };
  }
}

let working = false;

/** One thing at a time: a second click while the first is under way does nothing. */
async function busy(work: () => Promise<void>): Promise<void> {
  if (working) return;
  working = true;
  root.setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    working = false;
    root.removeAttribute('aria-busy');
  }
}

function speak(language: string): void {
  document.documentElement.lang = language;
}

const key = (session_id: string) => `kvitt:${session_id}`;

/** Browsers may refuse storage to a framed page; then a reload starts from the beginning. */
function remember({ session, progress }: Page): void {
  try {
    sessionStorage.setItem(key(session.session_id), JSON.stringify(progress));
  } catch {}
}

function recall({ session_id, contact }: SessionView): Progress {
  try {
    const kept = sessionStorage.getItem(key(session_id));
    if (kept) return JSON.parse(kept) as Progress;
  } catch {}
  return { step: 'sign_in', contact };
}

function forget(session_id: string): void {
  try {
    sessionStorage.removeItem(key(session_id));
  } catch {}
}
