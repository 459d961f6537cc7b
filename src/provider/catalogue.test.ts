/**
 * The catalogue against the provider: every entry that says it can be reached is reached, by its own steps, over HTTP. Who
 * reads the steps in the terminal or in docs/catalogue.md can rely on them.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CatalogueEntry, catalogue, catalogueCodeFor } from '../catalogue/index.ts';
import { PURCHASE } from '../catalogue/provoke.ts';
import { type Answered, type Json, type Shop, STORES, sharedProvider } from './testing.ts';

/** A step as `catalogue/provoke.ts` describes it, taken apart. */
const STEP =
  /^(GET|POST|PUT|PATCH|DELETE) (\S+)(?: (with )?(\{.*))?(?: (without Authorization|as text\/plain|[\w-]+ times within a second))?$/;

const TIMES: Readonly<Record<string, number>> = { six: 6, 'fifty-one': 51 };

/** Runs the steps of an entry; returns the answer to the last one. */
async function provoke(steps: string, shop: Shop): Promise<Answered> {
  const known = new Map<string, string>([
    ['merchant_id', shop.merchant_id],
    ['server', shop.url],
  ]);
  let answer: Answered | undefined;
  for (const step of steps.split('\n')) {
    answer = await take(step, shop, known);
    for (const name of ['session_id', 'authorization_token', 'token_id', 'order_id', 'payment_dispute_id'])
      if (typeof answer.body[name] === 'string') known.set(name, answer.body[name]);
  }
  return answer ?? assert.fail('no steps');
}

async function take(step: string, shop: Shop, known: ReadonlyMap<string, string>): Promise<Answered> {
  const [, method = '', pattern = '', replaced, json, manner] = STEP.exec(step) ?? assert.fail(`not a step: ${step}`);
  const filled = (named: string) =>
    named.replace(/\{(\w+)\}/g, (_, name: string) => known.get(name) ?? assert.fail(`${step}: no ${name}`));
  const path = filled(pattern);
  const text = json && filled(json).replace('<1 MB of text>', 'x'.repeat(1024 * 1024));
  const body = replaced ? { ...PURCHASE, ...(JSON.parse(text ?? '') as object) } : (text ?? bodyOf(method, path));
  const headers = {
    ...(manner === 'without Authorization' && { authorization: '' }),
    ...(manner === 'as text/plain' && { 'content-type': 'text/plain' }),
  };
  const call = () => shop.call(method, path, body, headers);
  const [, times = ''] = /^([\w-]+) times/.exec(manner ?? '') ?? [];
  if (!times) return call();
  const least = TIMES[times] ?? assert.fail(`not a number: ${times}`);
  // Six of any eleven calls that span a second's boundary at most once fall into one second; more, should it be slow.
  for (let i = 0; i < 500; i++) {
    const answers = await Promise.all(Array.from({ length: 2 * least - 1 }, call));
    const refused = answers.find(({ status }) => status === 429);
    if (refused) return refused;
  }
  return assert.fail('the limit was never met');
}

function bodyOf(method: string, path: string): object | undefined {
  return method === 'POST' &&
    /^\/(?:payments\/v1\/(?:sessions|authorizations\/[^/]+\/order)|customer-token\/v1\/tokens\/[^/]+\/order)$/.test(
      path,
    )
    ? PURCHASE
    : undefined;
}

/** Every code that an answer shows, as a client would read it: error, states, and the control API's `code` and `codes`. */
function codesIn({ body }: Answered): string[] {
  const { error_code, error_messages, status, fraud_status, code, codes } = body;
  const error = typeof error_code === 'string' && catalogueCodeFor(error_code, (error_messages ?? []) as string[]);
  return [error, status, fraud_status, code, ...((codes ?? []) as Json[])].filter((each) => typeof each === 'string');
}

const reachable = catalogue.filter(({ provoke }) => provoke.reachable);

describe('provoking the catalogue', () => {
  const [memory] = STORES;
  assert.ok(memory);
  const world = sharedProvider(memory);
  const reached: string[] = [];

  for (const { code, http, kind, provoke: how } of reachable) {
    // Protects: the promise "to see it on a local Kvitt".
    test(code, async () => {
      const shop = await world.shop();
      const answer = await provoke(how.reachable ? how.request : '', shop);
      assert.ok(codesIn(answer).includes(code), `${answer.status} ${answer.text}`);
      // A status that the catalogue gives is the one that comes; control's own answers carry none of Klarna's.
      if (kind === 'error' && answer.body.error_code !== undefined)
        assert.ok(http.includes(answer.status), answer.text);
      const logged = answer.body.correlation_id ?? answer.body.error_id;
      if (logged) {
        const entry = await world.provider.control('GET', `/log/${logged}`);
        assert.equal(entry.code, code);
        assert.ok(Array.isArray(entry.explanations) && entry.explanations.length > 0);
      }
      reached.push(code);
    });
  }

  // Protects: nothing is called reachable without having been reached.
  test('all that is marked reachable was reached', () => {
    assert.deepEqual(
      reached,
      reachable.map(({ code }) => code),
    );
  });
});

// Protects: what cannot be shown yet is known by name; building a part moves its codes from this list.
test('the rest is listed by name', () => {
  const rest = catalogue.filter(({ provoke }: CatalogueEntry) => !provoke.reachable).map(({ code }) => code);
  assert.deepEqual(rest, ['MISSING_RETURN_URL']);
});
