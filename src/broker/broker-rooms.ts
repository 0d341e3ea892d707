// BrokerRooms: what every device connection needs of its broker, handed over as
// one object. It holds no state of its own: the rooms are made once, by the
// broker, and live as long as it.

import type { Access } from '../access/access.ts';
import type { Log } from '../base/log.ts';
import type { Turn } from '../link/turn.ts';
import type { OpenHttp } from '../ports/http.ts';
import type { Ports } from '../ports/ports.ts';
import type { QueueBudget } from '../queue/queue-budget.ts';
import type { Storage } from '../queue/storage.ts';
import type { Router } from '../router/router.ts';
import type { AccessReviews } from './access-reviews.ts';
import type { BrokerOptions } from './broker-options.ts';
import type { BrokerCounters } from './broker-status.ts';
import type { SessionTable } from './session-table.ts';
import type { Wills } from './wills.ts';

/** What the composition root gives to a broker. */
export interface BrokerContext {
  readonly ports: Ports;
  readonly log: Log;
  /** Shared with the bridges: there they meet. */
  readonly router: Router;
  readonly turn: Turn;
  /** Bytes that the process holds, for `$SYS`; default not told. */
  readonly heapBytes?: () => number;
  /** Asks web servers about access; absent: nobody can. */
  readonly http?: OpenHttp;
  /** For what waits in memory, shared with the bridges; default one of its own, of `queueMemoryMax`. */
  readonly budget?: QueueBudget;
  /** Where what must outlive the process is kept; without it, everything lives in memory. */
  readonly storage?: Storage;
  /** Told of every device that comes or goes; absent: nobody wants to know. */
  readonly onDevice?: (event: 'connected' | 'disconnected', clientId: string) => void;
}

/** The broker as its device connections see it. */
export interface BrokerRooms extends BrokerContext {
  readonly options: BrokerOptions;
  readonly access: Access;
  readonly sessions: SessionTable;
  readonly wills: Wills;
  readonly counters: BrokerCounters;
  readonly reviews: AccessReviews;
}
