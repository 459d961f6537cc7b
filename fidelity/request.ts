/** What is sent, as data: the requests of probes and of the steps before them. */

/** JSON, in which a text may name what an earlier step kept: `$order_id`. */
export type Body = object | string;

/** Which of the account's credentials a request carries. Default: the right ones. */
type Credentials = 'none' | 'wrong';

/** One file of a multipart form, and its other fields. */
export interface Form {
  readonly file?: { readonly name: string; readonly type: string; readonly bytes: number };
  readonly fields?: Readonly<Record<string, string>>;
}

export interface Request {
  /** Method and path as Klarna's documents write them. `{order_id}` is filled with what the steps before kept. */
  readonly call: string;
  readonly body?: Body;
  readonly form?: Form;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values for the path instead of those that were kept: an id that is unknown. */
  readonly vars?: Readonly<Record<string, string>>;
  /** The path as it is sent, when that is not the operation's own: doubled slashes, a query. */
  readonly path?: string;
  readonly credentials?: Credentials;
  /** Spaces are added to the body up to this many bytes. */
  readonly pad?: number;
  /** Sent this many times at once; looked at is the first answer with the expected status. */
  readonly burst?: number;
}

/** Names for what an answer holds: a path in its body, or the exact name of a header. */
export type Keep = Readonly<Record<string, { readonly field: string } | { readonly header: string }>>;

/** What differs from the purchase that every probe begins with. */
export interface Variation {
  readonly purchase?: object;
  /** What the shopper does: the control API's authorize. */
  readonly shopper?: object;
  /** What the order says beside the purchase. */
  readonly order?: object;
  /** What the hosted session says beside the payment session's URL. */
  readonly hosted?: object;
  /** Settings of the merchant, from just before the probe. */
  readonly settings?: object;
}
