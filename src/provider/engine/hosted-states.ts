/**
 * The states of a hosted session, as a table: what may happen in which state, and where it leads. Everything that asks whether
 * something is possible asks this table. Checked when the program starts. Source: tracking the status of a hosted session.
 */
import { HOSTED_STATUSES, type HostedStatus } from './state.ts';
import { checkTransitions } from './transitions.ts';

export const HOSTED_MOVES = ['open', 'identify', 'back', 'cancel', 'fail', 'error', 'complete', 'disable'] as const;
export type HostedMove = (typeof HOSTED_MOVES)[number];

type Row = Readonly<Partial<Record<HostedStatus, HostedStatus>>>;
type Table = Readonly<Record<HostedMove, Row>>;

/** Move → state it is possible in → state it leads to. A state that is missing refuses the move. */
export const HOSTED_TRANSITIONS: Table = {
  /** The shopper is on the page; however a try ended, the same link works again. */
  open: {
    WAITING: 'IN_PROGRESS',
    IN_PROGRESS: 'IN_PROGRESS',
    BACK: 'IN_PROGRESS',
    FAILED: 'IN_PROGRESS',
    ERROR: 'IN_PROGRESS',
    MANUAL_ID_CHECK: 'IN_PROGRESS',
  },
  /** In store: somebody looks at the shopper's papers. Klarna documents the state and not what leads to it. */
  identify: { IN_PROGRESS: 'MANUAL_ID_CHECK' },
  back: { IN_PROGRESS: 'BACK' },
  cancel: { IN_PROGRESS: 'CANCELLED' },
  fail: { IN_PROGRESS: 'FAILED' },
  error: { IN_PROGRESS: 'ERROR' },
  complete: { IN_PROGRESS: 'COMPLETED' },
  /** By the merchant, at any time before success; what has ended stays ended. */
  disable: {
    WAITING: 'DISABLED',
    IN_PROGRESS: 'DISABLED',
    BACK: 'DISABLED',
    FAILED: 'DISABLED',
    ERROR: 'DISABLED',
    MANUAL_ID_CHECK: 'DISABLED',
    CANCELLED: 'CANCELLED',
    DISABLED: 'DISABLED',
  },
};

/** The state after a move, or undefined when the state refuses it. */
export function hostedStep(move: HostedMove, from: HostedStatus): HostedStatus | undefined {
  return HOSTED_TRANSITIONS[move][from];
}

/** Whether the shopper can do nothing more. */
export function isFinal(status: HostedStatus): boolean {
  return hostedStep('open', status) === undefined;
}

/** Throws when the table names an unknown state, or leaves one that a hosted session can never be in. */
export function validateHostedTransitions(table: Table = HOSTED_TRANSITIONS): void {
  checkTransitions('hosted session', HOSTED_STATUSES, 'WAITING', table);
}

validateHostedTransitions();
