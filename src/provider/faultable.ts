/**
 * What faults on order can name: every operation of every face. Klarna's go by their own names, `createCapture`; those of the APIs over
 * Klarna begin with the face, `cybersource.capture`, because two APIs may call theirs the same.
 */
import { OPERATIONS as CYBERSOURCE } from './cybersource/operations.ts';
import { OPERATIONS as KLARNA } from './klarna/operations.ts';
import { OPERATIONS as PURSE } from './purse/paths.ts';

const namesOf = (operations: readonly { readonly name: string }[], face = '') =>
  operations.map(({ name }) => `${face}${name}`);

/** By the API whose operations they are. Purse's keys are for anybody: who asks for them is no merchant, and has no faults on order. */
const BY_API = {
  Klarna: namesOf(KLARNA),
  Cybersource: namesOf(CYBERSOURCE, 'cybersource.'),
  Purse: namesOf(
    PURSE.filter(({ access }) => access !== 'public'),
    'purse.',
  ),
};
const FAULTABLE: readonly string[] = Object.values(BY_API).flat();

const NEAR_MOST = 5;

/** Why there is no such operation, and which are like it; undefined where there is one. */
export function unknownOperation(wanted: string): string | undefined {
  if (FAULTABLE.includes(wanted)) return undefined;
  const [, face = '', name = wanted] = /^(?:(\w+)[.])?(.*)$/s.exec(wanted) ?? [];
  const start = name.toLowerCase().slice(0, 6);
  const near = FAULTABLE.filter((each) => each.startsWith(face) && each.toLowerCase().includes(start));
  return `There is no operation ${wanted}${near.length > 0 ? `; did you mean ${near.slice(0, NEAR_MOST).join(', ')}?` : ''}`;
}

/** docs/faults.md with the names in it. @param page as it is; the rest of it is written by hand */
export function renderFaultable(page: string): string {
  const rows = Object.entries(BY_API).map(
    ([api, names]) => `| ${api} | ${names.map((name) => `\`${name}\``).join(', ')} |`,
  );
  const table = ['| API | operations |', '| --- | --- |', ...rows].join('\n');
  return page.replace(/(<!-- operations: .*-->\n)[\s\S]*(<!-- \/operations -->)/, `$1\n${table}\n\n$2`);
}
