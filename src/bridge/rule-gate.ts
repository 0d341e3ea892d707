// RuleGate: which of the messages of a topic a rule lets pass: each n-th, only changed ones, not more often than so.
// Each topic is looked at by itself. What is held back is dropped, with its reason.
// Bounded by `topicsMax` remembered topics: the one unseen for longest is forgotten, and begins anew.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { Message } from '../message/message.ts';
import type { DropReason } from '../queue/overflow.ts';

/** What a rule lets pass. */
export interface RuleGateOptions {
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

  private constructor(options: RuleGateOptions) {
    this.#options = options;
  }

  /** The gate that options ask for; undefined where everything passes. */
  static of(options: RuleGateOptions): RuleGate | undefined {
    const { sampleOf = 1, isChangeOnly = false, intervalMsMin = 0 } = options;
    return sampleOf > 1 || isChangeOnly || intervalMsMin > 0 ? new RuleGate(options) : undefined;
  }

  /** Why a message is held back; undefined if it passes. */
  refuse(message: Message, now: number): DropReason | undefined {
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
    this.#remember(message.topic, { skipped: 0, passedAt: now, digest });
    return undefined;
  }

  #remember(topic: string, seen: Seen): void {
    this.#topics.delete(topic);
    this.#topics.set(topic, seen);
    if (this.#topics.size <= topicsMax) return;
    const [oldest] = this.#topics.keys();
    if (oldest !== undefined) this.#topics.delete(oldest);
  }
}

/** Length and two hashes (FNV-1a and a multiplicative one) of 32 bits: one in 2^64 that a change is not seen. */
function digestOf(payload: Bytes): string {
  let one = 0x811c9dc5;
  let other = 0x9e3779b9;
  for (let index = 0; index < payload.length; index++) {
    const byte = payload[index] ?? 0;
    one = Math.imul(one ^ byte, 0x01000193);
    other = Math.imul(other + byte, 0x85ebca6b) ^ (other >>> 13);
  }
  return `${payload.length}:${one >>> 0}:${other >>> 0}`;
}
