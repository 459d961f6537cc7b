/**
 * JSON of which no digit is lost. A double holds fifteen digits of whatever was sent; a number of more is handed on as its text, so that
 * whoever reads amounts sees what was meant, and refuses it, instead of what it was rounded to.
 */

/** Whether there may be such a number; most bodies have none, and are read the plain way. */
const MANY_DIGITS = /\d[\d.]{15,}/;
const DIGITS_MOST = 15;

/** @throws SyntaxError for what is no JSON */
export function parseExactly(text: string): unknown {
  // Typed without its third argument, which Node 24 has.
  return MANY_DIGITS.test(text)
    ? JSON.parse(text, exactly as (key: string, value: unknown) => unknown)
    : JSON.parse(text);
}

function exactly(_key: string, value: unknown, { source = '' }: { readonly source?: string }): unknown {
  const isLong = typeof value === 'number' && source.replace(/[^\d]/g, '').length > DIGITS_MOST;
  // As in a double, zeros at the end of a fraction say nothing.
  return isLong ? source.replace(/^(-?\d+)(?:(\.\d*[1-9])|\.)0*$/, '$1$2') : value;
}
