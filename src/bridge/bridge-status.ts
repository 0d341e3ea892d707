// BridgeStatus: one moment of a bridge, the same for the API, the dashboard and the log.
//
//   connecting --CONNACK--> connected --lost--> waiting --> connecting ...        any --close--> closed
//
// The conservation law holds for each forward rule at every moment: received = delivered + dropped(reason) + queued.
import type { ConnackPacket } from '../../protocol/wire/packets.ts';
import { Counter, CounterByReason } from '../metrics/counter.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { DeadLetterStatus } from './dead-letter.ts';
import type { EnvelopeCounts } from './envelope-opener.ts';
import type { LinkPlanStatus } from './link-plan.ts';
import type { TroubleKind } from './link-trouble.ts';
import type { PropertyCounts } from './property-policy.ts';
import type { QueueForecast } from './queue-plan.ts';
import type { RateStatus } from './rate-gate.ts';
import type { RefusalStatus } from './reason-table.ts';
import type { ReplayStatus } from './replay-terms.ts';
import type { TargetStatus } from './service-targets.ts';

/** The state of the link, discriminated by `state`. Moments are ms of the monotonic clock. */
export type BridgeLinkState =
  | { readonly state: 'connecting'; readonly since: number }
  | { readonly state: 'connected'; readonly since: number; readonly sessionPresent: ConnackPacket['sessionPresent'] }
  | WaitingState
  | { readonly state: 'closed'; readonly since: number };

/** Not connected: why, what to do about it, and when it is tried again. */
export interface WaitingState {
  readonly state: 'waiting';
  readonly since: number;
  readonly retryAt: number;
  readonly error: string;
  readonly kind: TroubleKind;
  readonly remedy?: string;
}

/** One server in numbers. */
export interface RemoteStatus {
  /** `host:port`. */
  readonly address: string;
  readonly clientId: string;
  /** Whether it is the one in use, or being tried. */
  readonly isCurrent: boolean;
  readonly tries: number;
  readonly connects: number;
  readonly failures: number;
  /** How long it was connected to, all connections together, in ms. */
  readonly connectedMs: number;
  /** When the certificates end that it and we show, in ms since 1970. */
  readonly certificateEnd?: number;
  readonly ownCertificateEnd?: number;
  /** Present where SRV records name the servers: those of the last answer, in the order in which they are tried. */
  readonly targets?: readonly TargetStatus[];
  /** The last trouble since it was connected. */
  readonly error?: string;
  readonly kind?: TroubleKind;
  /** When it may be tried again, in ms of the monotonic clock. */
  readonly retryAt?: number;
}

/** What devices subscribe to, as far as a bridge asks for it. */
export interface InterestStatus {
  /** Filters that devices have. */
  readonly local: number;
  /** Filters that none has any more, and that are kept for a while. */
  readonly lingering: number;
  /** Filters that the remote is asked for: those that cover all others. */
  readonly asked: number;
  /** Filters that it is not asked for, because they are too many. */
  readonly leftOut: number;
}

/** One rule in numbers. */
export interface RuleStatus {
  /** The filter that messages match. */
  readonly from: string;
  /** The topic they get; empty keeps it. */
  readonly to: string;
  /** What the configuration says about the rule. */
  readonly note?: string;
  /** Filters that the remote refused, with its reasons; they are asked for again from time to time. */
  readonly refused?: Readonly<Record<string, string>>;
  /** Present on the rule of a transparent bridge. */
  readonly interest?: InterestStatus;
  /** What became of the properties of 5.0 messages at a remote of 3.x; present where the rule says what should. */
  readonly properties?: PropertyCounts;
  /** Envelopes from the remote that were opened, and that could not be; present where the rule opens them. */
  readonly envelopes?: EnvelopeCounts;
  /** Which of its rates holds back what it sends; absent while none does. */
  readonly limited?: RateStatus;
  /** Messages that matched. */
  readonly received: number;
  /** Messages that the other side has: acknowledged, or sent at QoS 0. */
  readonly delivered: number;
  readonly dropped: Partial<Record<DropReason, number>>;
  /** Messages that wait or are underway. */
  readonly queued: number;
  /** Payload bytes of the messages that it passed on: into the queue, or to the broker here. */
  readonly payloadBytes: number;
}

/** One connection of a bridge that has several, or its only one. */
export interface LaneStatus {
  /** From 1. */
  readonly lane: number;
  readonly clientId: string;
  readonly link: BridgeLinkState;
  /** `host:port` of the server in use, or being tried. */
  readonly remote: string;
  /** Messages waiting, those underway included. */
  readonly queueDepth: number;
  readonly queueBytes: number;
  readonly underway: number;
  /** Messages that the remote has, by this lane, since the process began. */
  readonly delivered: number;
  /** Bytes of MQTT over its connections since the process began. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** A bridge, now. */
export interface BridgeStatus {
  readonly name: string;
  /** `host:port` of the server in use, or being tried. */
  readonly remote: string;
  /** All servers, in their order. */
  readonly remotes: readonly RemoteStatus[];
  /** What the remote does not do that it was asked for, in words. */
  readonly degradations: readonly string[];
  /** That of the first lane that is not connected; connected when all of them are. */
  readonly link: BridgeLinkState;
  /** Its connections, in their order. */
  readonly lanes: readonly LaneStatus[];
  /** How many lanes there are to be, while they become more or fewer. */
  readonly lanesWanted?: number;
  /** How often MQTT came up. */
  readonly connects: number;
  /** Bytes of MQTT over all connections since the process began; TLS is not counted. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Messages waiting for the remote, those underway included. */
  readonly queueDepth: number;
  readonly queueBytes: number;
  /** How long the oldest of them has waited, in ms; absent where none waits, or since a restart. */
  readonly oldestMs?: number;
  /** Of these, sent and not settled. */
  readonly underway: number;
  /** Messages that were not delivered and wait for somebody to look at them. */
  readonly deadLetters: DeadLetterStatus;
  /** For how long the queue lasts, and how long it takes to drain; absent while little waits. */
  readonly forecast?: QueueForecast;
  /** Present where it is planned when the bridge is connected. */
  readonly plan?: LinkPlanStatus;
  /** Which rate of the bridge holds back what is sent; absent while none does. */
  readonly limited?: RateStatus;
  /** What the remote refused, and what waits or stands still for it. */
  readonly refusals: RefusalStatus;
  /** What is kept of delivered messages, and the replay of it; absent where nothing is kept. */
  readonly replay?: ReplayStatus;
  readonly forwards: readonly RuleStatus[];
  readonly subscriptions: readonly RuleStatus[];
  /** Messages that a 3.x remote sent back, and that went no further. */
  readonly echoes: number;
  /** Messages from the remote that matched no rule any more. */
  readonly unmatched: number;
}

/** What one rule counts. */
export class RuleCounters {
  readonly received: Counter = new Counter();
  readonly delivered: Counter = new Counter();
  readonly dropped: CounterByReason<DropReason> = new CounterByReason();
  readonly payloadBytes: Counter = new Counter();

  /** What was received and is neither delivered nor dropped. */
  get queued(): number {
    return this.received.value - this.delivered.value - this.dropped.total;
  }

  /** The counters as part of a status. */
  status(from: string, to: string, note: string | undefined): RuleStatus {
    return {
      from,
      to,
      ...(note === undefined ? {} : { note }),
      received: this.received.value,
      delivered: this.delivered.value,
      dropped: this.dropped.toJSON(),
      queued: this.queued,
      payloadBytes: this.payloadBytes.value,
    };
  }
}
