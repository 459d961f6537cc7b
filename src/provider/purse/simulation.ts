/**
 * What the shopper would pay and when, for the widget to show beside the method. The call and its answer are those of Purse's published
 * types; its path is not known. The plan is the one that Klarna's page shows for paying over time, which costs nothing here.
 */
import { currencies } from '../../catalogue/index.ts';
import type * as wire from '../../wire/purse.ts';
import { loanProduct } from '../../wire/purse.ts';
import { paymentOptions } from '../engine/instalments.ts';
import {
  badField,
  type Call,
  type Handler,
  INFERRED,
  type Operation,
  ok,
  operationsOf,
  type Reply,
} from './operation.ts';
import { KLARNA, major } from './views.ts';

const oneHandler: Handler = function* (call) {
  const simulated = simulate(call);
  return 'status' in simulated ? simulated : ok(simulated);
};

const severalHandler: Handler = function* (call) {
  const simulated = simulate(call);
  return 'status' in simulated ? simulated : ok([simulated]);
};

function simulate({ params, body, desk }: Call): Simulation | Reply {
  const { partner, method } = params;
  const { amount, currency_code } = body as wire.LoanProduct;
  const { merchant, now_ms } = desk.context;
  if (amount === 0) return badField('amount', 'INVALID_LOAN_SIMULATION: the amount is 0.', 'Send what is to be paid.');
  if (!Object.hasOwn(currencies, currency_code)) {
    const detail = `INVALID_LOAN_SIMULATION: Klarna takes no ${currency_code}.`;
    return badField('currency_code', detail, `Send one of ${Object.keys(currencies).join(', ')}.`);
  }
  const options = paymentOptions(merchant.payment_method_categories, amount, now_ms);
  const plan = options.find(({ kind }) => kind === 'pay_over_time');
  if (partner === KLARNA.partner && method === KLARNA.method && plan) return simulationView(plan.payments, amount);
  const detail = `METHOD_IS_NOT_SIMULABLE: there are no instalments for ${partner}/${method}.`;
  return badField(
    'method',
    detail.slice(0, 300),
    `Ask for ${KLARNA.partner}/${KLARNA.method}, and offer pay_over_time.`,
  );
}

type Simulation = ReturnType<typeof simulationView>;

/** Amounts of the major unit. */
function simulationView(payments: readonly { readonly amount: number }[], amount: number) {
  const of = (index: number) => major(payments.at(index)?.amount ?? amount);
  return {
    initialInstallmentAmount: of(0),
    installmentAmount: of(-1),
    finalInstallmentAmount: of(-1),
    installmentCount: payments.length,
    totalCost: 0,
    totalAmount: major(amount),
    aprc: 0,
  };
}

const simulation = operationsOf('Payment API v1', '/{entity}/simulations/{partner}/{method}');
const REST = { ...INFERRED, body: loanProduct } as const;

export const SIMULATION: readonly Operation[] = [
  simulation('POST', '', 'simulate', 'browser', oneHandler, REST),
  simulation('POST', '/multi', 'simulateSeveral', 'browser', severalHandler, REST),
];
