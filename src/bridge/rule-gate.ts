// RuleGate: which of the messages of a topic a rule lets pass: each n-th, only changed ones, not more often than so.
// Each topic is looked at by itself. What is held back is dropped, with its reason.
// Bounded by `topicsMax` remembered topics: the one unseen for longest is forgotten, and begins anew.
import type { Message } from '../message/message.ts';
import type { DropReason } from '../queue/overflow.ts';
import { DuplicateFilter, type DuplicateOptions } from './duplicate-filter.ts';
import { digestOf } from './payload-digest.ts';

/** What a rule lets pass. */
export interface RuleGateOptions extends DuplicateOptions {
  /** Lets the first of this many messages of a topic pass, 1 and more. Absent: all. */
  readonly sampleOf?: number;
  /** Lets a message pass only if its payload differs from the last that passed. Default false. */
  readonly isChangeOnly?: boolean;
  /** An unchanged message passes all the same when the last one is so old, in ms. Absent: never. */
  readonly unchangedAgeMsMax?: number;
  /** Shortest time between two messages of a topic, in ms. Absent: none. */
  readonly intervalMsMin?: number;
}

interface Seen {
  /** Messages since the last one that sampling let pass. */
  skipped: number;
  passedAt: number;
  digest: string;
}

const topicsMax = 10_000;

/** The gate of one rule. */
export class RuleGate {
  readonly #options: RuleGateOptions;
  readonly #topics = new Map<string, Seen>();
  readonly #duplicates: DuplicateFilter | undefined;
  /** What was known of the topic of the message that passed last. */
  #before: Seen | undefined;

  private constructor(options: RuleGateOptions) {
    this.#options = options;
    const { duplicateWindowMs, duplicateProperty } = options;
    if (duplicateWindowMs !== undefined) this.#duplicates = new DuplicateFilter(duplicateWindowMs, duplicateProperty);
  }

  /** The gate that options ask for; undefined where everything passes. */
  static of(options: RuleGateOptions): RuleGate | undefined {
    const { sampleOf = 1, isChangeOnly = false, intervalMsMin = 0, duplicateWindowMs = 0 } = options;
    const isAsked = sampleOf > 1 || isChangeOnly || intervalMsMin > 0 || duplicateWindowMs > 0;
    return isAsked ? new RuleGate(options) : undefined;
  }

  /** Why a message is held back; undefined if it passes. */
  refuse(message: Message, now: number): DropReason | undefined {
    if (this.#duplicates?.isRepeat(message, now) === true) return 'duplicate';
    const { sampleOf = 1, isChangeOnly = false, intervalMsMin = 0, unchangedAgeMsMax } = this.#options;
    const before = this.#topics.get(message.topic);
    const digest = isChangeOnly ? digestOf(message.payload) : '';
    const age = before === undefined ? Number.POSITIVE_INFINITY : now - before.passedAt;
    if (before !== undefined) {
      const isStale = unchangedAgeMsMax !== undefined && age >= unchangedAgeMsMax;
      if (isChangeOnly && digest === before.digest && !isStale) return 'unchanged';
      if (age < intervalMsMin) return 'too-soon';
      if (before.skipped + 1 < sampleOf) {
        before.skipped++;
        return 'sampled';
      }
    }
    this.#before = before;
    this.#remember(message.topic, { skipped: 0, passedAt: now, digest });
    return undefined;
  }

  /** The message that passed last was not taken after all: it may come again. */
  undo(message: Message): void {
    this.#duplicates?.forget(message);
    if (this.#before === undefined) this.#topics.delete(message.topic);
    else this.#topics.set(message.topic, this.#before);
  }

  #remember(topic: string, seen: Seen): void {
    this.#topics.delete(topic);
    this.#topics.set(topic, seen);
    if (this.#topics.size <= topicsMax) return;
    const [oldest] = this.#topics.keys();
    if (oldest !== undefined) this.#topics.delete(oldest);
  }
}
