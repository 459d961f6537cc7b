/** Types of the JavaScript SDK that `/kp/lib/v1/api.js` puts on the page as `Klarna.Payments`. */

export type PaymentMethodCategory =
  | 'klarna'
  | 'pay_later'
  | 'pay_now'
  | 'pay_over_time'
  | 'direct_bank_transfer'
  | 'direct_debit';

/** Fields of the session that the shopper has changed since; they follow the rules of the session. */
export type SessionUpdate = Readonly<Record<string, unknown>>;

interface Categories {
  readonly payment_method_category?: PaymentMethodCategory;
  readonly payment_method_categories?: readonly PaymentMethodCategory[];
  /** Names one of several containers on a page. */
  readonly instance_id?: string;
}

export interface LoadOptions extends Categories {
  /** An element of the page, or its selector. */
  readonly container: string | HTMLElement;
  readonly preferred_payment_method?: string;
}

export interface AuthorizeOptions extends Categories {
  /** False: a method of two steps is approved without a token, and waits for `finalize`. */
  readonly auto_finalize?: boolean;
}

export interface LoadResult {
  /** False: hide Klarna. */
  readonly show_form: boolean;
  readonly error?: { readonly invalid_fields: readonly string[] };
}

export interface AuthorizeResult {
  readonly approved: boolean;
  /** False: hide Klarna. True without approval: the shopper may try again. */
  readonly show_form: boolean;
  readonly authorization_token?: string;
  readonly finalize_required?: true;
  /** What to correct before the next try. */
  readonly error?: { readonly invalid_fields: readonly string[] };
}

/** The `name` of what is thrown; the callback has run before. */
export type KlarnaPaymentsErrorName =
  | 'InvalidClientTokenError'
  | 'ApplicationNotInitializedError'
  | 'ApplicationNotLoadedError'
  | 'InvalidContainerSelectorError'
  | 'PaymentMethodCategoryNotProvidedError'
  | 'PaymentMethodCategoryNotSupportedError'
  | 'PreferredPaymentMethodNotSupportedError'
  | 'OperationNotSupportedError'
  | 'EventNotSupportedError';

export interface KlarnaPayments {
  init(options: { readonly client_token: string }): void;
  load(options: LoadOptions, callback?: (result: LoadResult) => void): void;
  load(options: LoadOptions, data: SessionUpdate, callback?: (result: LoadResult) => void): void;
  /** In the US only. */
  loadPaymentReview(
    options: { readonly container: string | HTMLElement },
    callback?: (result: LoadResult) => void,
  ): void;
  authorize(options: AuthorizeOptions, callback?: (result: AuthorizeResult) => void): void;
  authorize(options: AuthorizeOptions, data: SessionUpdate, callback?: (result: AuthorizeResult) => void): void;
  reauthorize(options: Categories, callback?: (result: AuthorizeResult) => void): void;
  reauthorize(options: Categories, data: SessionUpdate, callback?: (result: AuthorizeResult) => void): void;
  finalize(options: Categories, callback?: (result: AuthorizeResult) => void): void;
  finalize(options: Categories, data: SessionUpdate, callback?: (result: AuthorizeResult) => void): void;
  on(event: 'heightChanged', handler: (height: number) => void): void;
  on(event: 'fullscreenOverlayShown' | 'fullscreenOverlayHidden', handler: () => void): void;
  off(
    event: 'heightChanged' | 'fullscreenOverlayShown' | 'fullscreenOverlayHidden',
    handler: (height: number) => void,
  ): void;
}

declare global {
  interface Window {
    Klarna?: { readonly Payments: KlarnaPayments };
    /** Called once the SDK is there. */
    klarnaAsyncCallback?: () => void;
  }
  const Klarna: { readonly Payments: KlarnaPayments };
}
