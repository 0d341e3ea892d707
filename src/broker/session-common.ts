// SessionCommon: what all sessions of one broker work with.
// Types without state.
// Bounded: one for each broker.
import type { Clock } from '../ports/ports.ts';
import type { QueueBudget } from '../queue/queue-budget.ts';
import type { BrokerOptions } from './broker-options.ts';
import type { BrokerCounters } from './broker-status.ts';
import type { DropLog } from './drop-log.ts';

/** What the sessions of a broker have in common. */
export interface SessionCommon {
  readonly options: BrokerOptions;
  readonly counters: BrokerCounters;
  /** For what waits in memory. */
  readonly budget: QueueBudget;
  readonly drops: DropLog;
  readonly clock: Pick<Clock, 'now'>;
}
