/** The ways to pay in words: on the page, and in the description in the shop. */
import type { OptionView } from './protocol.ts';
import { fill, type Texts } from './texts.ts';

interface Words {
  readonly texts: Texts;
  readonly money: (amount_minor: number) => string;
  readonly date: (day: string) => string;
}

/** What a way to pay costs, and when: `6 monthly payments of 216,50 kr`. Of unequal payments all but the first are the last. */
export function optionText({ kind, payments }: OptionView, { texts, money, date }: Words): string {
  const last = payments.at(-1);
  const equal = payments.every(({ amount }) => amount === last?.amount);
  const text = equal ? texts[`${kind}_text`] : texts.pay_over_time_about;
  return fill(text, {
    amount: money(last?.amount ?? 0),
    date: date(last?.date ?? ''),
    count: String(payments.length),
  });
}
