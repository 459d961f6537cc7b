/** The settlements API over HTTP: what a shop's bookkeeping reads, on every kind of store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALMA, assertRefused, type Json, PURCHASE, purchaseIn, type Shop, STORES, sharedProvider } from '../testing.ts';

/** Fees that are easy to count: 2.5 %, and 1.00 SEK or 0.10 EUR a capture. */
const TERMS = { fees: { rate: 250, fixed: { SEK: 100, EUR: 10 }, vat_rate: 0 } };
const FOREVER = 'start_date=2020-01-01&end_date=2099-01-01';

interface Payout extends Json {
  readonly payment_reference: string;
  readonly payout_date: string;
  readonly currency_code: string;
  readonly totals: Readonly<Record<string, number>>;
}
interface Transaction extends Json {
  readonly type: string;
  readonly detailed_type: string;
  readonly amount: number;
  readonly order_id: string;
}
interface Pagination {
  readonly count: number;
  readonly total?: number;
  readonly next?: string;
  readonly prev?: string;
  readonly offset: number;
}
type Payouts = Json & { readonly payouts: readonly Payout[]; readonly pagination: Pagination };
type Transactions = Json & { readonly transactions: readonly Transaction[]; readonly pagination: Pagination };

const settle = <T = Json>(shop: Shop, path: string) => shop.call<T>('GET', `/settlements/v1${path}`);

async function payoutsOf(shop: Shop, query = ''): Promise<readonly Payout[]> {
  const answer = await settle<Payouts>(shop, `/payouts?size=500${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.payouts;
}

async function transactionsOf(shop: Shop, query: string): Promise<readonly Transaction[]> {
  const answer = await settle<Transactions>(shop, `/transactions?size=500&${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.transactions;
}

/** A charge of a customer token, captured at once; returns the order's id. */
async function chargeToken(shop: Shop): Promise<string> {
  const { purchase_country, locale, ...charge } = PURCHASE;
  const { purchase_currency } = charge;
  const { token } = await shop.newToken({ ...PURCHASE, intent: 'tokenize', billing_address: ALMA });
  const wanted = { purchase_country, purchase_currency, locale, description: 'Shoes', intended_use: 'SUBSCRIPTION' };
  const made = await shop.call('POST', `/payments/v1/authorizations/${token}/customer-token`, wanted);
  const path = `/customer-token/v1/tokens/${String(made.body.token_id)}/order`;
  const answer = await shop.call('POST', path, { ...charge, auto_capture: true });
  assert.equal(answer.status, 200, answer.text);
  return String(answer.body.order_id);
}

/** An answer that is no JSON. */
async function report(shop: Shop, path: string): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
  const response = await fetch(`${shop.url}/settlements/v1/reports${path}`, {
    headers: { authorization: shop.authorization },
  });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

const brief = ({ type, detailed_type, amount }: Transaction) => `${type}/${detailed_type} ${amount}`;
/** The totals of a payout that are not zero. */
const what = ({ totals }: Payout) => Object.fromEntries(Object.entries(totals).filter(([, amount]) => amount !== 0));

for (const kind of STORES) {
  describe(kind.name, () => {
    const world = sharedProvider(kind);
    const books = async (shop: Shop) => world.provider.control('GET', `/books?merchant_id=${shop.merchant_id}`);

    test('a capture is in the payout of the next midnight, less its fees, and says which order it is of', async () => {
      const shop = await world.shop({ settlement: TERMS });
      const order_id = await shop.placeOrder({ ...PURCHASE, merchant_reference1: 'ON4711' });
      const capture_id = await shop.capture(order_id, 6_000, { reference: 'parcel 1' });
      assert.deepEqual(await payoutsOf(shop), [], 'nothing is paid before its date');
      await shop.advance('P1D');
      const [payout, ...others] = await payoutsOf(shop);
      assert.deepEqual(others, []);
      assert.ok(payout);
      assert.deepEqual(what(payout), { sale_amount: 6_000, fee_amount: 250, settlement_amount: 5_750 });
      assert.equal(Object.keys(payout.totals).length, 19, 'every total is there, zero or not');
      assert.match(payout.payout_date, /^\d{4}-\d\d-\d\dT00:00:00\.000Z$/);
      assert.equal(payout.currency_code, 'SEK');
      assert.equal(payout.merchant_settlement_type, 'NET');
      assert.equal(payout.merchant_id, shop.merchant_id);
      const { payment_reference } = payout;
      const link = `${shop.url}/settlements/v1/transactions?payment_reference=${payment_reference}`;
      assert.equal(payout.transactions, link);
      const [sale, ...fees] = await transactionsOf(shop, `payment_reference=${payment_reference}`);
      const order = await shop.read(order_id);
      assert.deepEqual(sale, {
        amount: 6_000,
        capture_id,
        merchant_reference1: 'ON4711',
        sale_date: order.created_at,
        type: 'SALE',
        capture_date: order.captures[0]?.captured_at,
        payment_reference,
        order_id,
        payout: `${shop.url}/settlements/v1/payouts/${payment_reference}`,
        short_order_id: order.klarna_reference,
        currency_code: 'SEK',
        purchase_country: 'SE',
        shipping_country: 'SE',
        initial_payment_method_type: 'invoice',
        merchant_capture_reference: 'parcel 1',
        detailed_type: 'PURCHASE',
      });
      assert.deepEqual(fees.map(brief), ['FEE/PURCHASE_FEE_PERCENTAGE 150', 'FEE/PURCHASE_FEE_FIXED 100']);
      assert.ok(fees.every((fee) => fee.capture_id === capture_id));
      const again = await settle<Payout>(shop, `/payouts/${payment_reference}`);
      assert.deepEqual(again.body, payout, 'one payout reads as in the list');
    });

    test('a refund is a return without a capture id, and shows in the order’s transactions at once', async () => {
      const shop = await world.shop({ settlement: TERMS });
      const order_id = await shop.placeOrder();
      await shop.capture(order_id, 10_000);
      const refund_id = await shop.refund(order_id, 2_500, { reference: 'RMA 7' });
      const transactions = await transactionsOf(shop, `order_id=${order_id}`);
      const [, , , returned] = transactions;
      assert.deepEqual(transactions.map(brief), [
        'SALE/PURCHASE 10000',
        'FEE/PURCHASE_FEE_PERCENTAGE 250',
        'FEE/PURCHASE_FEE_FIXED 100',
        'RETURN/PURCHASE_RETURN 2500',
      ]);
      assert.equal(returned?.capture_id, '');
      assert.equal(returned?.refund_id, refund_id);
      assert.equal(returned?.merchant_refund_reference, 'RMA 7');
      assert.equal(returned?.payment_reference, undefined, 'it is in no payout yet');
    });

    test('every way to a capture is booked: auto-capture, after a review, by the clock, on the hosted page, with a token', async () => {
      // A path that forgot the books would pay shops too little, and only an accountant would find out.
      const shop = await world.shop({ settlement: TERMS });
      const us = purchaseIn('US', 'USD', 'en-US');
      const atOnce = await shop.placeOrder(PURCHASE, {}, { auto_capture: true });
      const byClock = await shop.placeOrder(us, { outcome: 'review' }, { auto_capture: true });
      const decided = await shop.placeOrder(us, { outcome: 'review' }, { auto_capture: true });
      await world.provider.control('POST', `/orders/${decided}/fraud-decision`, { decision: 'accept' });
      const session_id = await shop.newSession();
      const hosted = await shop.call('POST', '/hpp/v1/sessions', {
        payment_session_url: `${shop.url}/payments/v1/sessions/${session_id}`,
        options: { place_order_mode: 'CAPTURE_ORDER' },
      });
      const paid = await world.provider.control('POST', `/hpp/sessions/${String(hosted.body.session_id)}/complete`, {});
      const charged = await chargeToken(shop);
      await shop.advance('P2D');
      for (const order_id of [atOnce, byClock, decided, String(paid.order_id), charged]) {
        const [sale] = await transactionsOf(shop, `order_id=${order_id}`);
        assert.equal(sale && brief(sale), 'SALE/PURCHASE 10000');
        assert.ok(sale?.payment_reference, 'and paid out');
      }
      assert.equal((await books(shop)).balanced, true);
    });

    test('a later due date costs its fee', async () => {
      const shop = await world.shop({ settlement: { fees: { rate: 0, fixed: {} } } });
      const order_id = await shop.placeOrder();
      const capture_id = await shop.capture(order_id, 10_000);
      await shop.manage('PATCH', order_id, `/captures/${capture_id}/extend-due-date`, { number_of_days: 10 });
      const [, fee] = await transactionsOf(shop, `order_id=${order_id}`);
      assert.equal(fee && brief(fee), 'FEE/EXTEND_DUE_DATE_FEE 1000');
      assert.equal(fee?.capture_id, capture_id);
    });

    test('a refund after the payout makes a debt, and the next payouts repay it first', async () => {
      const shop = await world.shop({ settlement: { fees: { rate: 0, fixed: {} } } });
      const first = await shop.placeOrder();
      await shop.capture(first, 10_000);
      await shop.advance('P1D');
      await shop.refund(first, 10_000);
      await shop.advance('P1D');
      for (const amount of [4_000, 6_500]) {
        await shop.capture(await shop.placeOrder(), amount);
        await shop.advance('P1D');
      }
      const payouts = [...(await payoutsOf(shop))].reverse();
      assert.deepEqual(payouts.map(what), [
        { sale_amount: 10_000, settlement_amount: 10_000 },
        { return_amount: 10_000, deposit_amount: 10_000, closing_debt_balance_amount: 10_000 },
        {
          sale_amount: 4_000,
          repay_amount: 4_000,
          opening_debt_balance_amount: 10_000,
          closing_debt_balance_amount: 6_000,
        },
        { sale_amount: 6_500, repay_amount: 6_000, opening_debt_balance_amount: 6_000, settlement_amount: 500 },
      ]);
      assert.equal((await books(shop)).balanced, true);
    });

    test('each currency has payouts of its own; lists and summaries can be kept to one', async () => {
      const shop = await world.shop({ settlement: TERMS });
      await shop.capture(await shop.placeOrder(), 10_000);
      await shop.capture(await shop.placeOrder(purchaseIn('DE', 'EUR', 'de-DE')), 8_000);
      await shop.advance('P1D');
      const payouts = await payoutsOf(shop);
      assert.deepEqual(payouts.map(({ currency_code }) => currency_code).sort(), ['EUR', 'SEK']);
      const [euro, ...others] = await payoutsOf(shop, '&currency_code=eur');
      assert.deepEqual(others, []);
      assert.deepEqual(euro && what(euro), { sale_amount: 8_000, fee_amount: 210, settlement_amount: 7_790 });
      const summaries = await settle<Json[]>(shop, `/payouts/summary?${FOREVER}`);
      assert.deepEqual(
        summaries.body.map((summary) => [
          summary.summary_settlement_currency,
          summary.summary_total_sale_amount,
          summary.summary_total_fee_amount,
          summary.summary_total_settlement_amount,
        ]),
        [
          ['EUR', 8_000, 210, 7_790],
          ['SEK', 10_000, 350, 9_650],
        ],
      );
      assert.equal(summaries.body[0]?.summary_payout_date_start, '2020-01-01T00:00:00.000Z');
      const one = await settle<Json[]>(shop, `/payouts/summary?${FOREVER}&currency_code=SEK`);
      assert.equal(one.body.length, 1);
    });

    test('schedules: a delay, weekly on Mondays, monthly on the first', async () => {
      const dates = async (settlement: object, start: string) => {
        const shop = await world.shop({ settlement });
        await shop.setClock(start);
        await shop.capture(await shop.placeOrder(), 10_000);
        await shop.advance('P60D');
        return (await payoutsOf(shop)).map(({ payout_date }) => payout_date.slice(0, 10));
      };
      const friday = '2030-03-15T10:00:00Z';
      assert.deepEqual(await dates({ interval: 'daily', delay_days: 14 }, friday), ['2030-03-30']);
      assert.deepEqual(await dates({ interval: 'weekly' }, friday), ['2030-03-18']);
      assert.deepEqual(await dates({ interval: 'monthly' }, friday), ['2030-04-01']);
    });

    test('dates: the first is in, the last is out, a date alone is its midnight', async () => {
      const shop = await world.shop();
      await shop.setClock('2030-03-15T10:00:00Z');
      await shop.capture(await shop.placeOrder(), 10_000);
      await shop.advance('P1D');
      const found = async (start: string, end: string) =>
        (await payoutsOf(shop, `&start_date=${encodeURIComponent(start)}&end_date=${encodeURIComponent(end)}`)).length;
      assert.equal(await found('2030-03-16', '2030-03-17'), 1);
      assert.equal(await found('2030-03-16', '2030-03-16'), 0, 'start = end selects nothing');
      assert.equal(await found('2030-03-15', '2030-03-16'), 0);
      assert.equal(await found('2030-03-16', '2030-03-16T23:59:59Z'), 1);
      assert.equal(await found('2030-03-16T00:00:00.001Z', '2030-03-17'), 0);
      assert.equal(await found('2030-03-16T02:00:00+02:00', '2030-03-17'), 1);
      assert.equal(await found('2030-03-16T00:00', '2030-03-17T00:00'), 1);
    });

    test('pages: absolute links forth and back that keep the filters, newest payouts first', async () => {
      const shop = await world.shop();
      for (let day = 0; day < 5; day++) {
        await shop.capture(await shop.placeOrder(), 1_000 + day);
        await shop.advance('P1D');
      }
      const first = await settle<Payouts>(shop, `/payouts?size=2&${FOREVER}&currency_code=SEK`);
      assert.deepEqual(
        { ...first.body.pagination, next: undefined },
        { count: 2, total: 5, offset: 0, next: undefined },
      );
      const seen: number[] = [];
      let next: string | undefined = `${shop.url}/settlements/v1/payouts?size=2&${FOREVER}&currency_code=SEK`;
      let last: Pagination | undefined;
      while (next) {
        const answer: { body: Payouts } = await shop.call<Payouts>('GET', next.slice(shop.url.length));
        seen.push(...answer.body.payouts.map(({ totals }) => totals.sale_amount ?? 0));
        last = answer.body.pagination;
        next = last.next;
      }
      assert.deepEqual(seen, [1_004, 1_003, 1_002, 1_001, 1_000]);
      const back = await shop.call<Payouts>('GET', (last?.prev ?? '').slice(shop.url.length));
      assert.deepEqual(
        back.body.payouts.map(({ totals }) => totals.sale_amount),
        [1_002, 1_001],
      );
    });

    test('the transactions of a payout come page by page, all of them once', async () => {
      const shop = await world.shop({ settlement: TERMS });
      for (let n = 0; n < 4; n++) await shop.capture(await shop.placeOrder(), 1_000 + n);
      await shop.advance('P1D');
      const [payout] = await payoutsOf(shop);
      const amounts: number[] = [];
      for (let offset = 0; offset < 14; offset += 5) {
        const path = `/transactions?payment_reference=${payout?.payment_reference}&size=5&offset=${offset}`;
        const { body } = await settle<Transactions>(shop, path);
        assert.equal(body.pagination.total, 12);
        amounts.push(...body.transactions.filter(({ type }) => type === 'SALE').map(({ amount }) => amount));
      }
      assert.deepEqual(amounts.sort(), [1_000, 1_001, 1_002, 1_003]);
      const all = await settle<Transactions>(shop, '/transactions?size=7');
      assert.equal(all.body.transactions.length, 7);
      const rest = await shop.call<Transactions>('GET', (all.body.pagination.next ?? '').slice(shop.url.length));
      assert.equal(rest.body.transactions.length, 5);
    });

    test('order and payout together: what of the order is in that payout', async () => {
      const shop = await world.shop({ settlement: { fees: { rate: 0, fixed: {} } } });
      const order_id = await shop.placeOrder();
      await shop.capture(order_id, 6_000);
      await shop.advance('P1D');
      await shop.capture(order_id, 4_000);
      await shop.advance('P1D');
      const [second, first] = await payoutsOf(shop);
      const inPayout = async (payout: Payout | undefined) =>
        (await transactionsOf(shop, `order_id=${order_id}&payment_reference=${payout?.payment_reference}`)).map(brief);
      assert.deepEqual(await inPayout(first), ['SALE/PURCHASE 6000']);
      assert.deepEqual(await inPayout(second), ['SALE/PURCHASE 4000']);
    });

    test('wrong parameters are named; what there is not is 404, and an empty list in a search', async () => {
      const shop = await world.shop();
      const bad: [path: string, field: string][] = [
        ['/payouts?size=501', 'size'],
        ['/payouts?size=0', 'size'],
        ['/payouts?size=many', 'size'],
        ['/payouts?offset=-1', 'offset'],
        ['/payouts?start_date=yesterday', 'start_date'],
        ['/payouts?start_date=2027-02-30', 'start_date'],
        ['/payouts?currency_code=EURO', 'currency_code'],
        ['/payouts?start_date=2027-02-01&end_date=2027-01-01', 'end_date'],
        ['/payouts/summary', 'start_date, end_date'],
        ['/payouts/summary?start_date=2027-01-01', 'end_date'],
        ['/transactions?order_id=1', 'order_id'],
        ['/reports/payout', 'payment_reference'],
        ['/reports/payout-with-transactions?payment_reference=', 'payment_reference'],
        ['/reports/payouts-summary?end_date=2027-01-01', 'start_date'],
        ['/reports/payouts-summary-with-transactions', 'start_date, end_date'],
      ];
      for (const [path, field] of bad)
        assertRefused(await settle(shop, path), 400, 'BAD_VALUE', [`Bad value: ${field}`]);
      for (const path of [
        '/payouts/NOSUCH01',
        '/reports/payout?payment_reference=NOSUCH01',
        '/reports/payout-with-transactions?payment_reference=NOSUCH01',
      ])
        assertRefused(await settle(shop, path), 404, 'NOT_FOUND', ['Payout NOSUCH01 cannot be found']);
      assert.deepEqual(await transactionsOf(shop, 'payment_reference=NOSUCH01'), []);
      assert.deepEqual(await transactionsOf(shop, 'order_id=00000000-0000-4000-8000-000000000000'), []);
      assert.deepEqual((await settle<Json[]>(shop, `/payouts/summary?${FOREVER}`)).body, []);
      assertRefused(await shop.call('POST', '/settlements/v1/payouts'), 405, 'METHOD_NOT_ALLOWED');
    });

    test('nobody sees another merchant’s payouts, transactions or books', async () => {
      const [mine, other] = [await world.shop(), await world.shop()];
      const order_id = await mine.placeOrder();
      await mine.capture(order_id, 10_000);
      await mine.advance('P1D');
      const [payout] = await payoutsOf(mine);
      const reference = payout?.payment_reference ?? '';
      assert.deepEqual(await payoutsOf(other), []);
      assertRefused(await settle(other, `/payouts/${reference}`), 404, 'NOT_FOUND');
      assertRefused(await settle(other, `/reports/payout?payment_reference=${reference}`), 404, 'NOT_FOUND');
      assert.deepEqual(await transactionsOf(other, `payment_reference=${reference}`), []);
      assert.deepEqual(await transactionsOf(other, `order_id=${order_id}`), []);
      assert.deepEqual(await transactionsOf(other, ''), []);
      assert.deepEqual((await books(other)).currencies, []);
    });

    test('the CSV report: a summary and the transactions, in decimals; formulas are only text', async () => {
      const shop = await world.shop({ settlement: TERMS });
      const dangerous = {
        merchant_reference1: '=HYPERLINK("http://evil.example","x")',
        merchant_reference2: '\'quoted, "twice"',
      };
      const order_id = await shop.placeOrder({ ...PURCHASE, ...dangerous });
      const capture_id = await shop.capture(order_id, 6_000, { reference: '@SUM(1)' });
      await shop.refund(order_id, 50, { reference: '-1' });
      await shop.advance('P1D');
      const [payout] = await payoutsOf(shop);
      const { status, headers, bytes } = await report(
        shop,
        `/payout-with-transactions?payment_reference=${payout?.payment_reference}`,
      );
      assert.equal(status, 200);
      assert.equal(headers.get('content-type'), 'text/csv;charset=utf-8');
      assert.match(headers.get('content-disposition') ?? '', /^attachment; filename="[A-Z0-9]{8}_\d{8}T\d{6}_0\.csv"$/);
      const [head = [], sums = [], columns = [], sale = [], ...others] = parseCsv(bytes.toString('utf8'));
      const at = (names: readonly string[], values: readonly string[], name: string) => values[names.indexOf(name)];
      assert.equal(at(head, sums, 'total_sale_amount'), '60.00');
      assert.equal(at(head, sums, 'total_fee_amount'), '2.50');
      assert.equal(at(head, sums, 'total_return_amount'), '0.50');
      assert.equal(at(head, sums, 'total_settlement_amount'), '57.00');
      assert.equal(at(head, sums, 'payment_reference'), payout?.payment_reference);
      assert.equal(at(columns, sale, 'type'), 'SALE');
      assert.equal(at(columns, sale, 'amount'), '60.00');
      assert.equal(at(columns, sale, 'order_id'), order_id);
      assert.equal(at(columns, sale, 'capture_id'), capture_id);
      // One apostrophe more than was sent, so that taking one off always gives the reference back.
      assert.equal(at(columns, sale, 'merchant_reference1'), `'${dangerous.merchant_reference1}`);
      assert.equal(at(columns, sale, 'merchant_reference2'), `'${dangerous.merchant_reference2}`);
      assert.equal(at(columns, sale, 'merchant_capture_reference'), "'@SUM(1)");
      assert.equal(at(columns, others.at(-1) ?? [], 'merchant_refund_reference'), "'-1");
      assert.ok([sums, sale, ...others].flat().every((cell) => !/^[=+\-@\t\r]/.test(cell)));
    });

    test('the CSV of a period holds every payout of it, one report after the other', async () => {
      const shop = await world.shop();
      for (let day = 0; day < 3; day++) {
        await shop.capture(await shop.placeOrder(), 1_000 + day);
        await shop.advance('P1D');
      }
      const { bytes } = await report(shop, `/payouts-summary-with-transactions?${FOREVER}`);
      const lines = parseCsv(bytes.toString('utf8'));
      assert.equal(lines.filter(([first]) => first === 'total_sale_amount').length, 3);
      const sales = lines.filter(([first]) => first === 'SALE').map((line) => line[8]);
      assert.deepEqual(sales, ['10.00', '10.01', '10.02']);
      const empty = await report(shop, '/payouts-summary-with-transactions?start_date=2020-01-01&end_date=2020-02-01');
      assert.equal(empty.status, 200);
      assert.equal(empty.bytes.length, 0);
    });

    test('the PDF reports are PDF, of a payout, of a period, and of a period without payouts', async () => {
      const shop = await world.shop({ name: 'Ströms Żółty Sklep', settlement: TERMS });
      await shop.capture(await shop.placeOrder(), 10_000);
      await shop.advance('P1D');
      const [payout] = await payoutsOf(shop);
      for (const path of [
        `/payout?payment_reference=${payout?.payment_reference}`,
        `/payouts-summary?${FOREVER}`,
        '/payouts-summary?start_date=2020-01-01&end_date=2020-02-01',
      ]) {
        const { status, headers, bytes } = await report(shop, path);
        assert.equal(status, 200);
        assert.equal(headers.get('content-type'), 'application/pdf');
        assert.equal(Number(headers.get('content-length')), bytes.length);
        assert.equal(bytes.subarray(0, 5).toString('latin1'), '%PDF-');
        assert.match(bytes.subarray(-8).toString('latin1'), /%%EOF/);
      }
    });

    test('a payout can be made now; what was paid is not paid again at midnight', async () => {
      const shop = await world.shop({ settlement: { fees: { rate: 0, fixed: {} }, delay_days: 30 } });
      await shop.capture(await shop.placeOrder(), 10_000);
      const payNow = () => world.provider.control('POST', '/payouts', { merchant_id: shop.merchant_id });
      const made = (await payNow()).payouts as Payout[];
      assert.deepEqual(made.map(what), [{ sale_amount: 10_000, settlement_amount: 10_000 }]);
      assert.deepEqual(await payNow(), { payouts: [] });
      await shop.advance('P60D');
      assert.equal((await payoutsOf(shop)).length, 1);
    });

    test('Klarna books corrections on an order and holds back; what is held back is released', async () => {
      const shop = await world.shop({ settlement: { fees: { rate: 0, fixed: {} } } });
      const order_id = await shop.placeOrder();
      await shop.capture(order_id, 10_000);
      const book = (body: object) => world.provider.control('POST', `/orders/${order_id}/transactions`, body);
      await book({ type: 'HOLDBACK', amount: 4_000, release_days: 10 });
      await book({ type: 'CREDIT', amount: 500, comment: 'Goodwill' });
      await book({ type: 'CHARGE', amount: 300 });
      await book({ type: 'CORRECTION', amount: 7 });
      await shop.advance('P1D');
      const [summary] = (await books(shop)).currencies as { summary: Json }[];
      assert.equal(summary?.summary.held_back, 4_000);
      await shop.advance('P10D');
      const payouts = [...(await payoutsOf(shop))].reverse();
      assert.deepEqual(payouts.map(what), [
        {
          sale_amount: 10_000,
          holdback_amount: 4_000,
          credit_amount: 500,
          charge_amount: 300,
          fee_correction_amount: 7,
          settlement_amount: 6_207,
        },
        { release_amount: 4_000, settlement_amount: 4_000 },
      ]);
      const credit = (await transactionsOf(shop, `order_id=${order_id}`)).find(({ type }) => type === 'CREDIT');
      assert.equal(credit?.klarna_comment, 'Goodwill');
      await assert.rejects(book({ type: 'SALE', amount: 1 }), / 400:/);
      await assert.rejects(book({ type: 'CREDIT', amount: 0 }), / 400:/);
      const nowhere = world.provider.control('POST', '/orders/none/transactions', { type: 'CREDIT', amount: 1 });
      await assert.rejects(nowhere, / 404:/);
      assert.equal((await books(shop)).balanced, true);
    });

    test('gross settlement pays the whole sale; its fees are in no payout', async () => {
      const shop = await world.shop({ settlement: { ...TERMS, type: 'GROSS' } });
      const order_id = await shop.placeOrder();
      await shop.capture(order_id, 10_000);
      await shop.advance('P1D');
      const [payout] = await payoutsOf(shop);
      assert.deepEqual(payout && what(payout), { sale_amount: 10_000, settlement_amount: 10_000 });
      assert.equal(payout?.merchant_settlement_type, 'GROSS');
      const transactions = await transactionsOf(shop, `order_id=${order_id}`);
      assert.deepEqual(
        transactions.map(({ type, payment_reference }) => [type, payment_reference !== undefined]),
        [
          ['SALE', true],
          ['FEE', false],
          ['FEE', false],
        ],
      );
      const [book] = (await books(shop)).currencies as { summary: Json }[];
      assert.equal(book?.summary.invoiced, 350);
    });

    test('settings: terms that are not named stay; nonsense is refused by name', async () => {
      const shop = await world.shop({ settlement: { fees: { rate: 100 } } });
      await shop.set({ settlement: { interval: 'weekly', fees: { vat_rate: 2_500 } } });
      const { settlement } = await world.provider.control('GET', `/merchants/${shop.merchant_id}`);
      assert.deepEqual(settlement, {
        type: 'NET',
        interval: 'weekly',
        delay_days: 0,
        fees: { rate: 100, fixed: {}, return: {}, vat_rate: 2_500 },
        reserve: { rate: 0, days: 90 },
      });
      for (const wrong of [
        { type: 'NETTO' },
        { interval: 'hourly' },
        { delay_days: -1 },
        { fees: { rate: 10_001 } },
        { fees: { fixed: { XXX: 1 } } },
        { fees: { fixed: { SEK: 0.5 } } },
        { reserve: { days: 0 } },
        { unknown: 1 },
      ])
        await assert.rejects(shop.set({ settlement: wrong }), / 400:/, JSON.stringify(wrong));
    });

    test('a reset forgets payouts and debt; the references of old payouts are gone', async () => {
      const shop = await world.shop();
      await shop.capture(await shop.placeOrder(), 10_000);
      await shop.advance('P1D');
      const [payout] = await payoutsOf(shop);
      await world.provider.control('POST', '/reset', { merchant_id: shop.merchant_id });
      assert.deepEqual(await payoutsOf(shop), []);
      assertRefused(await settle(shop, `/payouts/${payout?.payment_reference}`), 404, 'NOT_FOUND');
      assert.deepEqual((await books(shop)).currencies, []);
    });

    if (kind.durable) {
      test('a restart loses no payout, and the repeat of a capture under its key books nothing again', async () => {
        const shop = await world.shop({ settlement: TERMS });
        const order_id = await shop.placeOrder();
        const capture = () => shop.manage('POST', order_id, '/captures', { captured_amount: 6_000 }, 'key-1');
        const first = await capture();
        await world.restart();
        assert.equal((await capture()).headers.get('capture-id'), first.headers.get('capture-id'));
        assert.equal((await transactionsOf(shop, `order_id=${order_id}`)).length, 3);
        await shop.advance('P1D');
        const before = await payoutsOf(shop);
        assert.equal(before.length, 1);
        await world.restart();
        const withoutLink = (list: readonly Payout[]) => list.map(({ transactions, ...payout }) => payout);
        assert.deepEqual(withoutLink(await payoutsOf(shop)), withoutLink(before));
        const { currencies, balanced } = await books(shop);
        assert.equal(balanced, true);
        assert.equal((currencies as { summary: Json }[])[0]?.summary.captured, 6_000);
      });
    }
  });
}

/** RFC 4180, as short as it can be. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  for (const [, cell = '', end] of text.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n)/g)) {
    line.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === ',') continue;
    lines.push(line);
    line = [];
  }
  return lines;
}
