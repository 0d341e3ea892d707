// ForwardRuleContext: what a forward rule works with: the
// queues of the lanes, as it sees them, and what it has to
// do with each message. Types without state.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { Hold, RunHold } from '../queue/hold.ts';
import type { DropReason, OverflowPolicy } from '../queue/overflow.ts';
import type { DeliveryLedger } from './delivery-ledger.ts';
import type { ForwardSource } from './forward-source.ts';
import type { LocalRights } from './local-rights.ts';
import type { PathGuard } from './loop-guard.ts';
import type { RateGate, RateLimits } from './rate-gate.ts';
import type { RetainedSync } from './retained-sync.ts';
import type { ResponseMapping } from './rule-properties.ts';
import type { TraceStarter } from './trace-context.ts';

/** Where a rule puts what it forwards. */
export interface ForwardQueue {
  /** Whether the link to the remote is up. */
  readonly isReady: boolean;
  /**
   * Takes a message. Returns why not, if it did not. `mayWait`: it may wait in memory for room, unacknowledged: it was
   * published at QoS 1.
   */
  append(message: Message, source: ForwardSource, hold?: Hold, mayWait?: boolean): DropReason | undefined;
  /** Whether a message of a rule that blocks would be taken now, or could never be. */
  hasRoomFor(message: Message, source: ForwardSource): boolean;
  /** Whether a run can be passed on at a QoS now, ahead of nothing that waits. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean;
  /** Passes a run on; `mayTakeRun` has said that it can. `hold`: who waits for it to be safe. */
  takeRun(forms: RunForms, qos: Qos, source: ForwardSource, hold: RunHold): void;
}

/** The queues of all lanes, as one: a message takes that of its partition. */
export interface ForwardLanes extends ForwardQueue {
  /** Whether publishers are told of a full disk; otherwise what has no room there is only dropped. */
  readonly isRefusingWhenFull: boolean;
  /** Lanes, 1 and more. */
  readonly count: number;
  /** The queue of a partition; another one when the rule is attached anew. */
  queueOf(partition: number): ForwardQueue;
}

/** What a rule needs besides its options. */
export interface ForwardRuleContext {
  readonly origin: Origin;
  readonly queue: ForwardLanes;
  /** What keeps messages in order on several lanes; see `BridgeOptions`. */
  readonly laneOrder: string;
  /** Of the bridge: that of rules which say nothing. */
  readonly overflow: OverflowPolicy;
  /** How long messages of rules that do not say may wait, in ms; absent: for ever. */
  readonly ageMsMax?: number | undefined;
  /** Tells rules with the same topics apart, from 0. */
  readonly copy?: number;
  /** The remote name of a local response topic. */
  readonly responseMapping: ResponseMapping;
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number;
  /** Makes the gate of a rate; absent where nothing is sent. */
  readonly gateOf?: (limits: RateLimits) => RateGate;
  /** Writes the way of messages that may come back; undefined for a rule whose messages cannot. */
  readonly paths?: PathGuard | undefined;
  /** Begins a trace for messages that have none. */
  readonly trace?: TraceStarter | undefined;
  /** What the bridge may take from here; absent: everything. */
  readonly rights?: LocalRights | undefined;
  /** Told of retained messages. */
  readonly retained?: RetainedSync | undefined;
  /** Told what becomes of each message. */
  readonly ledger?: DeliveryLedger | undefined;
  /** Whether what is delivered is kept, so that each message has to be at hand then. Default false. */
  readonly isKeeping?: boolean | undefined;
}
