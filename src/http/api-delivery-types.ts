// ApiDeliveryTypes: the shapes of what waits at a bridge and of what it could not deliver, over
// `/api/v1/bridges/NAME`. Types only; the conventions stand in `api-types.ts`.
// Bounded: lists come in pages, payloads are cut.
import type { PayloadView } from './api-broker-types.ts';
import type { Page } from './api-types.ts';

/**
 * GET /bridges/NAME/queue?from=1&limit=50&topic=part: what waits for the remote, oldest first. `next` is the `from` of
 * the next page; it may come with fewer messages than asked for, where few topics have the part.
 */
export interface QueueReply {
  readonly messages: readonly QueuedMessage[];
  readonly next?: number;
  /** All that waits, what is underway included. */
  readonly depth: number;
  readonly bytes: number;
}

/** One message that waits. DELETE /bridges/NAME/queue/SEQUENCE drops it. */
export interface QueuedMessage {
  /** Its place in the queue: grows, with gaps. */
  readonly sequence: number;
  /** As the remote will get it. */
  readonly topic: string;
  /** The filter of the rule that queued it. */
  readonly rule: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Of the payload, in bytes. */
  readonly size: number;
  /** How long it has waited; of what an earlier process left, since the start. */
  readonly ageMs: number;
  /** Sent and not settled: it cannot be taken out. */
  readonly isUnderway: boolean;
  readonly expiresAt?: number;
}

/** GET /bridges/NAME/queue/SEQUENCE: one that waits, whole. */
export interface QueuedMessageReply extends QueuedMessage, MessageDetails {}

/** What a message carries. */
export interface MessageDetails {
  /** Cut at 256 KB. */
  readonly payload: PayloadView;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly userProperties?: readonly (readonly [name: string, value: string])[];
}

/** GET /bridges/NAME/dead-letters?page=1&limit=50&reason=&topic=part: oldest first. */
export type DeadLettersReply = Page<DeadLetterView>;

/** One message that could not be delivered. */
export interface DeadLetterView {
  readonly id: number;
  /** When it was given up. */
  readonly at: number;
  /** A reason code of the remote, as `not-authorized`, or `poison`, `too-large`, `operator`. */
  readonly reason: string;
  readonly rule: string;
  /** The local topic, where the rule says which one it was. */
  readonly originalTopic?: string;
  /** As the remote would have got it. */
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly size: number;
  readonly expiresAt?: number;
}

/** GET /bridges/NAME/dead-letters/ID: one of them, whole. */
export interface DeadLetterReply extends DeadLetterView, MessageDetails {}

/** PATCH /bridges/NAME/dead-letters/ID: another topic for the remote. */
export interface DeadLetterPatch {
  readonly topic: string;
}

/**
 * POST /bridges/NAME/dead-letters/requeue and /drop: those of `ids`, or all of a `reason`, or with neither of them all.
 * They are queued behind everything that waits.
 */
export interface DeadLetterChoice {
  readonly ids?: readonly number[];
  readonly reason?: string;
}

/** How many it were. `left`: those that the queue did not take, for want of room, and ids that were not there. */
export interface DeadLetterChange {
  readonly done: number;
  readonly left: number;
}
