/** Elements without markup: whatever a shop or a shopper wrote ends as text. */

type Child = Node | string | undefined;

interface Parts {
  readonly class?: string;
  readonly testid?: string;
  /** Attributes; undefined leaves one out. */
  readonly attributes?: Readonly<Record<string, string | undefined>>;
  readonly onclick?: () => void;
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  parts: Parts = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (parts.class) element.className = parts.class;
  if (parts.testid) element.dataset.testid = parts.testid;
  for (const [name, value] of Object.entries(parts.attributes ?? {}))
    if (value !== undefined) element.setAttribute(name, value);
  if (parts.onclick) element.addEventListener('click', parts.onclick);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function button(text: string, testid: string, onclick: () => void, look = 'quiet'): HTMLButtonElement {
  return el('button', { class: look, testid, attributes: { type: 'button' }, onclick }, text);
}

/** A form that nobody sends: its button and the Enter key call `submit`. */
export function form(submit: () => void, ...children: readonly Child[]): HTMLFormElement {
  const element = el('form', { attributes: { novalidate: '' } }, ...children);
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  return element;
}

export interface Field {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  /** Shows what is wrong and goes there; undefined takes it back. */
  complain(text: string | undefined): void;
}

/** A labelled input with room for what is wrong with it, read out when it appears. */
export function field(name: string, label: string, attributes: Readonly<Record<string, string>>): Field {
  const input = el('input', { testid: name, attributes: { id: name, name, ...attributes } });
  const error = el('p', {
    class: 'error',
    testid: `${name}-error`,
    attributes: { id: `${name}-error`, 'aria-live': 'assertive' },
  });
  const element = el('div', { class: 'field' }, el('label', { attributes: { for: name } }, label), input, error);
  const complain = (text: string | undefined) => {
    error.textContent = text ?? '';
    input.setAttribute('aria-invalid', String(text !== undefined));
    if (text === undefined) return input.removeAttribute('aria-describedby');
    input.setAttribute('aria-describedby', error.id);
    input.focus();
  };
  return { element, input, complain };
}
