/** A request as every face begins with it. */
import type { Request } from '../http/exchange.ts';
import type { FaultNote } from './ordered-faults.ts';

/** A request with what is known of it so far; the log entry is made from it. */
export interface Arrival {
  readonly request: Request;
  readonly correlation_id: string;
  readonly real_now_ms: number;
  /** The fault on order that struck it. */
  readonly fault?: FaultNote;
}
