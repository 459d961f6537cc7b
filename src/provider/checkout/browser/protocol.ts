/** What the server, the payment page and the SDK say to each other. Types only: it leaves no trace in what is served. */

/** How a try to pay ended, as the SDK tells it to the shop. */
export interface TryResult {
  readonly approved: boolean;
  readonly show_form: boolean;
  readonly authorization_token?: string;
  readonly finalize_required?: true;
  readonly error?: { readonly invalid_fields: readonly string[] };
}

/** How a try ended on the hosted page. */
export interface HostedEnd extends TryResult {
  /** Where the shopper goes now; absent: they stay. */
  readonly redirect_url?: string;
  /** What the page offered was declined, and it offers something else now. */
  readonly other_options?: true;
  /** A technical error. */
  readonly failed?: true;
}

/** How `load` ended. */
export interface LoadResult {
  readonly show_form: boolean;
  readonly error?: { readonly invalid_fields: readonly string[] };
}

/** Why a session cannot go on. Told with status 200: shoppers get here by ordinary acts, and a browser reports other statuses as errors. */
export type Problem = 'session_expired' | 'session_completed' | 'merchant_inactive' | 'link_ended' | 'signed_out';
interface Trouble {
  readonly problem: Problem;
  /** On a hosted page that was paid on: where the purchase had left the shopper. */
  readonly redirect_url?: string;
}
export type Told<T> = (T & { readonly problem?: never }) | Trouble;

/** How a step of the sign-in went: what was wrong, and after the right code the proof of it. */
export interface SignIn {
  readonly invalid?: 'contact' | 'code';
  readonly signed_in?: string;
}

interface Payment {
  /** yyyy-mm-dd */
  readonly date: string;
  /** Minor units. */
  readonly amount: number;
}

type OptionKind = 'pay_later' | 'pay_now' | 'pay_over_time' | 'direct_bank_transfer' | 'direct_debit';

export interface OptionView {
  readonly category: string;
  readonly kind: OptionKind;
  readonly payment_method: string;
  readonly payments: readonly Payment[];
  /** Klarna gives credit here, and asks for the date of birth unless it knows it. */
  readonly needs_date_of_birth: boolean;
}

interface LineView {
  readonly name: string;
  readonly quantity: number;
  readonly total_amount: number;
}

/** How the merchant wants its hosted page. */
export interface LookView {
  readonly purchase_type: 'BUY' | 'RENT' | 'BOOK' | 'SUBSCRIBE' | 'DOWNLOAD' | 'ORDER' | 'CONTINUE' | 'PAY';
  /** False: the total only. */
  readonly show_lines: boolean;
  readonly page_title?: string;
  readonly logo_url?: string;
  /** One picture in several widths (pixels), the narrowest that fills the window to be taken. */
  readonly backgrounds?: readonly { readonly url: string; readonly width?: number }[];
}

/** What the page shows of a session. Amounts in minor units. */
export interface SessionView {
  readonly session_id: string;
  readonly merchant_name: string;
  readonly locale: string;
  readonly currency: string;
  readonly order_amount: number;
  readonly order_lines: readonly LineView[];
  readonly options: readonly OptionView[];
  /** What the shop knows of the shopper: the sign-in starts with it. */
  readonly contact: string;
  /** Whether the shopper agrees to be charged again later. */
  readonly recurring: boolean;
  /** Whether outcomes can be chosen by name. */
  readonly local: boolean;
  /** On the hosted page. */
  readonly look?: LookView;
}

export type Outcome = 'approve' | 'review' | 'decline' | 'error' | 'back' | 'abandon';

/** What the SDK asks the page to do. */
export interface Show {
  readonly kvitt: 'show';
  /** On the hosted page: the end of its link. */
  readonly client_token: string;
  readonly hosted?: true;
  readonly categories: readonly string[];
  readonly auto_finalize: boolean;
  /** The payment method to begin with, where it is offered. */
  readonly preferred_payment_method?: string | undefined;
}

/** The way to pay that a signed-in shopper chose: said again when the shop authorizes anew without the page. */
export interface Chosen {
  readonly payment_method_category: string;
  readonly payment_method: string;
  readonly signed_in: string;
}

/** What the page tells the window that opened it. */
export type PageMessage =
  | { readonly kvitt: 'ready' }
  /** How it would end if the shopper closed the window now. */
  | { readonly kvitt: 'outcome'; readonly result: TryResult }
  | { readonly kvitt: 'done'; readonly result: TryResult; readonly chosen?: Chosen }
  /** The shopper walks away without a word to anybody. */
  | { readonly kvitt: 'leave' };

/** What the description in the shop's page tells the SDK. */
export interface HeightMessage {
  readonly kvitt: 'height';
  readonly height: number;
}
