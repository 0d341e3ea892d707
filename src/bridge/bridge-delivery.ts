// BridgeDelivery: what people do with the messages of a bridge: look at what waits without disturbing it, take single
// messages out, read dead letters, and queue them again. Whoever delivers goes on meanwhile: a message that is underway
// belongs to it and cannot be taken.
// Bounded: a look by `scanMax` entries.
import type { Message } from '../message/message.ts';
import type { SeenEntry } from '../queue/message-queue.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { DeadLetter, DeadLetterFacts } from './dead-letter.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { ForwardRule } from './forward-rules.ts';
import type { ForwardSource } from './forward-source.ts';

/** The queue of a bridge as people look at it. */
export interface Waiting {
  /** Takes a message again. Returns why not, if it did not. */
  append(message: Message, rule: ForwardRule): DropReason | undefined;
  /** Looks at entries from a sequence on. Rejects with StorageError. */
  browse(from: number, countMax: number): Promise<readonly SeenEntry<ForwardRule>[]>;
  /** Takes an unread message out, which its rule counts under a reason. Returns whether it was there. */
  withdraw(sequence: number, reason: DropReason): boolean;
  /** How long a message has waited, in ms. */
  ageOf(sequence: number): number;
  /** Where to go on behind a message. */
  after(sequence: number): number;
}

/** Messages to look at. */
export interface QueueView {
  readonly entries: readonly SeenEntry<ForwardRule>[];
  /** Where to go on; undefined at the end. */
  readonly next: number | undefined;
}

/** What it works with. */
export interface BridgeDeliveryParts {
  readonly queue: Waiting;
  readonly deadLetters: DeadLetters;
  /** The rule of a key; one that stands for it where it is not there any more. */
  readonly ruleOf: (key: number) => ForwardRule;
}

/** Entries that one look passes at most. */
const scanMax = 20_000;
const pieceMax = 1000;

/** The messages of one bridge. */
export class BridgeDelivery {
  readonly deadLetters: DeadLetters;
  readonly #parts: BridgeDeliveryParts;

  constructor(parts: BridgeDeliveryParts) {
    this.#parts = parts;
    this.deadLetters = parts.deadLetters;
  }

  /** See `Waiting`. */
  ageOf(sequence: number): number {
    return this.#parts.queue.ageOf(sequence);
  }

  /**
   * Up to `countMax` messages that wait, from a sequence on, whose topic has a part. Rejects with StorageError when
   * they cannot be read.
   */
  async browse(from: number, countMax: number, part = ''): Promise<QueueView> {
    const entries: SeenEntry<ForwardRule>[] = [];
    let at = from;
    for (let scanned = 0; scanned < scanMax; ) {
      const piece = await this.#parts.queue.browse(at, pieceMax);
      for (const entry of piece) {
        at = this.#parts.queue.after(entry.sequence);
        if (entry.message.topic.includes(part)) entries.push(entry);
        if (entries.length === countMax) return { entries, next: at };
      }
      if (piece.length < pieceMax) return { entries, next: undefined };
      scanned += piece.length;
    }
    return { entries, next: at };
  }

  /** One message that waits; undefined if it is not there. */
  async entryOf(sequence: number): Promise<SeenEntry<ForwardRule> | undefined> {
    const [entry] = await this.#parts.queue.browse(sequence, 1);
    return entry?.sequence === sequence ? entry : undefined;
  }

  /** Drops a message that waits, for good. Returns whether it could: it is there, and not underway. */
  drop(sequence: number): boolean {
    return this.#parts.queue.withdraw(sequence, 'removed');
  }

  /** Moves a message that waits to the dead letters. Resolves with its letter; undefined if it could not be taken. */
  async setAside(sequence: number): Promise<DeadLetter | undefined> {
    const entry = await this.entryOf(sequence);
    if (entry === undefined || !this.deadLetters.mayAdd(entry.message)) return undefined;
    if (!this.#parts.queue.withdraw(sequence, 'dead-letter')) return undefined;
    return this.deadLetters.add(entry.message, factsOf(entry.tag, entry.message.topic, 'operator'));
  }

  /**
   * Queues a dead letter again, behind everything that waits, and lets the letter go. Returns why not, if the queue did
   * not take it.
   */
  requeue({ id, message, ruleKey }: DeadLetter): DropReason | undefined {
    const { queue, ruleOf } = this.#parts;
    const rule = ruleOf(ruleKey);
    rule.counters.received.add();
    const reason = queue.append(message, rule);
    if (reason === undefined) this.deadLetters.remove(id);
    else rule.counters.dropped.add(reason);
    return reason;
  }
}

/** What a dead letter says of its message. */
export function factsOf(rule: ForwardSource, topic: string, reason: string): DeadLetterFacts {
  const originalTopic = rule.inverse(topic);
  const facts = { reason, rule: rule.filter, ruleKey: rule.key };
  return originalTopic === undefined ? facts : { ...facts, originalTopic };
}
