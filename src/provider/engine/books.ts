/**
 * Double-entry books over what moved: every transaction and every payout is a posting from one account to another, so the books
 * balance by construction, and what the merchant is owed can be read off them. They are kept from Klarna's side of the counter:
 * what is owed to the merchant stands on the credit side.
 */
import type { MovementType } from './movements.ts';
import type { Entry, Payout, Transaction } from './settlement-state.ts';

/** Each account and the side on which it normally stands. */
export const ACCOUNTS = {
  /** What shoppers were charged, less what was returned to them. */
  purchases: 'debit',
  /** What the merchant pays for the service. */
  fees: 'credit',
  /** What disputes took from the merchant, less what protection gave back. */
  disputes: 'credit',
  /** Corrections, credits and charges of Klarna's. */
  corrections: 'debit',
  /** Kept back for a while. */
  reserve: 'credit',
  /** Earned and in no payout yet. */
  to_be_paid: 'credit',
  /** Fees that are charged on an invoice beside the payouts. */
  invoiced: 'debit',
  /** What the merchant owes from payouts that came out negative. */
  debt: 'debit',
  /** Paid out. */
  bank: 'credit',
} as const;
export type Account = keyof typeof ACCOUNTS;

interface Posting {
  readonly debit: Account;
  readonly credit: Account;
  readonly amount: number;
}

interface Balance {
  readonly debit: number;
  readonly credit: number;
}
export type TrialBalance = Readonly<Record<Account, Balance>>;

/** Where each type of transaction is posted. */
const POSTINGS: Readonly<Record<MovementType, Omit<Posting, 'amount'>>> = {
  SALE: { debit: 'purchases', credit: 'to_be_paid' },
  RETURN: { debit: 'to_be_paid', credit: 'purchases' },
  FEE: { debit: 'to_be_paid', credit: 'fees' },
  FEE_REFUND: { debit: 'fees', credit: 'to_be_paid' },
  REVERSAL: { debit: 'to_be_paid', credit: 'disputes' },
  REVERSAL_MERCHANT_PROTECTION: { debit: 'disputes', credit: 'to_be_paid' },
  CREDIT: { debit: 'corrections', credit: 'to_be_paid' },
  CHARGE: { debit: 'to_be_paid', credit: 'corrections' },
  CORRECTION: { debit: 'corrections', credit: 'to_be_paid' },
  HOLDBACK: { debit: 'to_be_paid', credit: 'reserve' },
  RELEASE: { debit: 'reserve', credit: 'to_be_paid' },
};

/** +1 for what a type adds to what the merchant is owed, -1 for what it takes away. */
export function signOf(type: MovementType): 1 | -1 {
  return POSTINGS[type].credit === 'to_be_paid' ? 1 : -1;
}

function transactionPosting({ type, amount, invoiced }: Transaction): Posting {
  const side = (account: Account) => (invoiced && account === 'to_be_paid' ? 'invoiced' : account);
  const { debit, credit } = POSTINGS[type];
  return { debit: side(debit), credit: side(credit), amount };
}

/** A payout empties `to_be_paid` into the bank and the debt, or fills it from the debt when it came out negative. */
function payoutPostings({ settlement_amount, repay_amount, deposit_amount }: Payout): Posting[] {
  return [
    { debit: 'to_be_paid', credit: 'bank', amount: settlement_amount },
    { debit: 'to_be_paid', credit: 'debt', amount: repay_amount },
    { debit: 'debt', credit: 'to_be_paid', amount: deposit_amount },
  ];
}

/** Adds up postings, a little at a time: what is in the books may be more than fits into memory. */
export class Books {
  readonly #accounts = new Map<Account, { debit: number; credit: number }>();

  add({ transactions }: Pick<Entry, 'transactions'>): void {
    for (const transaction of transactions) this.#post(transactionPosting(transaction));
  }

  addPayout(payout: Payout): void {
    for (const posting of payoutPostings(payout)) this.#post(posting);
  }

  get trialBalance(): TrialBalance {
    const accounts = Object.keys(ACCOUNTS) as Account[];
    return Object.fromEntries(accounts.map((account) => [account, { ...this.#of(account) }])) as Record<
      Account,
      Balance
    >;
  }

  #post({ debit, credit, amount }: Posting): void {
    this.#of(debit).debit += amount;
    this.#of(credit).credit += amount;
  }

  #of(account: Account): { debit: number; credit: number } {
    const known = this.#accounts.get(account) ?? { debit: 0, credit: 0 };
    this.#accounts.set(account, known);
    return known;
  }
}

/** What stands on an account, on its normal side; negative when it stands on the other. */
export function balanceOf(trial: TrialBalance, account: Account): number {
  const { debit, credit } = trial[account];
  return ACCOUNTS[account] === 'debit' ? debit - credit : credit - debit;
}

/**
 * What is wrong with the books; empty when nothing is. Debits equal credits; what the merchant earned (sales less returns, fees and
 * disputes, with corrections) is what was paid, is still to be paid or is kept back, less what the merchant owes; and no account
 * stands on a side that it cannot stand on.
 */
export function booksFaults(trial: TrialBalance): string[] {
  const on = (account: Account) => balanceOf(trial, account);
  const sum = (side: keyof Balance) => Object.values(trial).reduce((total, balance) => total + balance[side], 0);
  const earned = on('purchases') - on('fees') - on('disputes') + on('corrections');
  const accounted = on('bank') + on('to_be_paid') + on('reserve') - on('debt') - on('invoiced');
  return [
    ...(sum('debit') === sum('credit') ? [] : [`debits are ${sum('debit')}, credits ${sum('credit')}`]),
    ...(earned === accounted ? [] : [`${earned} were earned, ${accounted} are accounted for`]),
    ...NEVER_NEGATIVE.filter((account) => on(account) < 0).map((account) => `${account} stands at ${on(account)}`),
  ];
}

const NEVER_NEGATIVE: readonly Account[] = ['reserve', 'debt', 'bank'];
