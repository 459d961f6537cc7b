/** What a step takes from its answer for the steps that follow. */
import type { Step } from 'autocannon';

/**
 * Keeps the field `field` of an answer as `name`.
 * @param collect is told each value
 */
export function keep(field: string, name = field, collect?: (value: string) => void): NonNullable<Step['onResponse']> {
  const pattern = new RegExp(`"${field}": ?"([^"]+)"`);
  return (_status, body, context) => {
    const value = pattern.exec(body)?.[1];
    if (value === undefined) return;
    context[name] = value;
    collect?.(value);
  };
}
