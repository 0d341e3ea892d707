// BrokerStatus: the broker in numbers, for the log, the API and `$SYS`. Counters only grow.
//
// The conservation law holds at every moment, each copy for a subscriber being one message:
// matched = delivered + dropped(reason) + held.
import type { RefusalReason } from '../access/login.ts';
import { Counter, CounterByReason } from '../metrics/counter.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { StorageStatus } from '../queue/storage.ts';
import type { RefusalCause } from './refusals.ts';
import { Traffic, type TrafficCounts } from './traffic.ts';

/** What the broker counts. */
export class BrokerCounters {
  /** Connections accepted. */
  readonly connections: Counter = new Counter();
  /** Connections that never became devices: turned away by a limit, or not through their entry. */
  readonly turnedAway: Counter = new Counter();
  /** CONNECTs accepted. */
  readonly connects: Counter = new Counter();
  /** Sessions that ended because their time was over. */
  readonly sessionsExpired: Counter = new Counter();
  /** Times that a rate of its listener paused the reading of a device. */
  readonly readPauses: Counter = new Counter();
  /** PUBLISH packets taken from devices. */
  readonly received: Counter = new Counter();
  /** Logins refused, by reason. */
  readonly refusedLogins: CounterByReason<RefusalReason> = new CounterByReason();
  /** Publishes refused by access rules. */
  readonly denied: Counter = new Counter();
  /** Copies that subscriptions called for, one for each receiver. */
  readonly matched: Counter = new Counter();
  /** PUBLISH packets sent to devices for the first time. */
  readonly sent: Counter = new Counter();
  /** Of these, those at QoS 0: nothing more is heard of them. */
  readonly sentOnce: Counter = new Counter();
  /** QoS 1 and 2 messages that devices acknowledged for good. */
  readonly settled: Counter = new Counter();
  /** Copies that never reached their device, by reason. */
  readonly dropped: CounterByReason<DropReason> = new CounterByReason();
  /** Wills published. */
  readonly wills: Counter = new Counter();
  /** Bytes of the payloads of those taken from devices. */
  readonly payloadBytesReceived: Counter = new Counter();
  /** Bytes of the payloads of those sent to devices. */
  readonly payloadBytesSent: Counter = new Counter();
  /** What the connections carried that are gone. */
  readonly traffic: Traffic = new Traffic();
}

/** One moment of a broker. */
export interface BrokerStatus extends TrafficCounts {
  readonly state: 'open' | 'closing' | 'closed';
  /** Milliseconds since the broker was opened. */
  readonly uptimeMs: number;
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly connectionsTurnedAway: number;
  /** CONNECTs accepted since the broker was opened. */
  readonly connectsTotal: number;
  /** The same by reason. */
  readonly refused: Partial<Record<RefusalCause, number>>;
  /** Times that a rate of its listener paused the reading of a device. */
  readonly readPauses: number;
  /** Where what outlives the process is kept; absent: nothing does. */
  readonly storage?: StorageStatus;
  readonly sessions: number;
  /** Sessions with a device connected now. */
  readonly connected: number;
  /** Sessions that ended because their time was over. */
  readonly sessionsExpired: number;
  readonly subscriptions: number;
  /** Of these, shared ones. */
  readonly sharedSubscriptions: number;
  readonly retained: number;
  readonly retainedBytes: number;
  /** Messages waiting for devices. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** QoS 1 and 2 messages that were sent to devices and are not settled. */
  readonly underway: number;
  readonly received: number;
  /** Logins refused, by reason. */
  readonly refusedLogins: Partial<Record<RefusalReason, number>>;
  readonly denied: number;
  readonly matched: number;
  readonly sent: number;
  readonly settled: number;
  /** Copies that devices have: acknowledged, or sent at QoS 0. */
  readonly delivered: number;
  /** Copies that wait in queues or are underway. */
  readonly held: number;
  readonly dropped: Partial<Record<DropReason, number>>;
  /** Bytes of the payloads of received messages. */
  readonly payloadBytesReceived: number;
  /** Bytes of the payloads of sent messages. */
  readonly payloadBytesSent: number;
}
