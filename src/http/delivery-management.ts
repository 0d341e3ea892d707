// DeliveryManagement: messages of bridges as the API acts on them: what waits, what could not be delivered. A part of
// `Management`. Every method throws HttpRefusal for a bridge that does not run.
// Bounded: lists come in pages.
import type {
  DeadLetterChange,
  DeadLetterChoice,
  DeadLetterReply,
  DeadLettersReply,
  QueuedMessageReply,
  QueueReply,
} from './api-delivery-types.ts';
import type { ReplayReply, ReplayRequest, ReplayStarted } from './api-replay-types.ts';

/** Which messages of a queue. */
export interface QueueQuery {
  readonly from: number;
  readonly limit: number;
  /** A part of the topic; empty: all. */
  readonly topic: string;
}

/** Which dead letters; empty texts: all. */
export interface DeadLetterQuery {
  readonly page: number;
  readonly limit: number;
  readonly reason: string;
  readonly topic: string;
}

/** Messages of bridges. */
export interface DeliveryManagement {
  queue(name: string, query: QueueQuery): Promise<QueueReply>;
  queued(name: string, sequence: number): Promise<QueuedMessageReply>;
  /** Drops one for good. */
  dropQueued(name: string, sequence: number): Promise<void>;
  /** Moves one to the dead letters. */
  setAside(name: string, sequence: number): Promise<{ readonly id: number }>;
  deadLetters(name: string, query: DeadLetterQuery): DeadLettersReply;
  deadLetter(name: string, id: number): DeadLetterReply;
  changeTopic(name: string, id: number, topic: string): DeadLetterReply;
  requeue(name: string, choice: DeadLetterChoice): DeadLetterChange;
  drop(name: string, choice: DeadLetterChoice): DeadLetterChange;
  /** What is kept of delivered messages, and their replay. */
  replay(name: string): ReplayReply;
  /** Begins a replay, or counts what it would deliver. */
  startReplay(name: string, request: ReplayRequest): Promise<ReplayStarted>;
  cancelReplay(name: string): void;
}
