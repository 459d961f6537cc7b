/**
 * The states of a customer token, as a table: what may be done in which state, and where it leads. Everything that asks whether
 * something is possible asks this table. Checked when the program starts. Source: customer token states.
 */
import { TOKEN_STATUSES, type TokenStatus } from './state.ts';
import { checkTransitions } from './transitions.ts';

export const TOKEN_MOVES = ['charge', 'relink', 'suspend', 'activate', 'cancel'] as const;
export type TokenMove = (typeof TOKEN_MOVES)[number];

type Row = Readonly<Partial<Record<TokenStatus, TokenStatus>>>;
type Table = Readonly<Record<TokenMove, Row>>;

/** Move → state it is possible in → state it leads to. A state that is missing refuses the move. */
export const TOKEN_TRANSITIONS: Table = {
  /** An order without the shopper. */
  charge: { ACTIVE: 'ACTIVE' },
  /** The shopper gives another method, after a charge that failed. What Klarna suspended stays so. */
  relink: { ACTIVE: 'ACTIVE', SUSPENDED: 'SUSPENDED' },
  /** By Klarna only, as is the way back. */
  suspend: { ACTIVE: 'SUSPENDED', SUSPENDED: 'SUSPENDED' },
  activate: { ACTIVE: 'ACTIVE', SUSPENDED: 'ACTIVE' },
  /** By the merchant or by Klarna; there is no way back. */
  cancel: { ACTIVE: 'CANCELLED', SUSPENDED: 'CANCELLED', CANCELLED: 'CANCELLED' },
};

/** The state after a move, or undefined when the state refuses it. */
export function tokenStep(move: TokenMove, from: TokenStatus): TokenStatus | undefined {
  return TOKEN_TRANSITIONS[move][from];
}

/** Throws when the table names an unknown state, or leaves one that a token can never be in. */
export function validateTokenTransitions(table: Table = TOKEN_TRANSITIONS): void {
  checkTransitions('customer token', TOKEN_STATUSES, 'ACTIVE', table);
}

validateTokenTransitions();
