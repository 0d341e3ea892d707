// DeadLetter: a message that a bridge could not deliver, with the reason and where it came from.
// Types without state; `DeadLetters` keeps them.
// Bounded: by the limits that stand here.
import type { Message } from '../message/message.ts';

/** The bounds of the dead letters of one bridge. */
export interface DeadLetterLimits {
  /** Messages; 0 keeps none. */
  readonly countMax: number;
  /** Bytes of topics, payloads and properties together. */
  readonly bytesMax: number;
  /** How long one is kept, in ms. */
  readonly ageMsMax: number;
}

/** Why a message is here, and where it came from. */
export interface DeadLetterFacts {
  /** A reason code of the remote in words with dashes, or `poison`, `too-large`, `operator`. */
  readonly reason: string;
  /** The filter of the rule that queued it. */
  readonly rule: string;
  /** See `ForwardRule.key`. */
  readonly ruleKey: number;
  /** The local topic, where the rule says which one it was. */
  readonly originalTopic?: string;
}

/** One message that was not delivered. */
export interface DeadLetter extends DeadLetterFacts {
  /** 1, 2, 3 ... */
  readonly id: number;
  /** When it came here, in ms since 1970. */
  readonly at: number;
  /** As it was for the remote. */
  readonly message: Message;
}

/** The dead letters in numbers. */
export interface DeadLetterStatus {
  readonly count: number;
  readonly bytes: number;
  /** Since the start: those that came, and those that went because there were too many or they were too old. */
  readonly added: number;
  readonly forgotten: number;
}
