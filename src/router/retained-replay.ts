// RetainedReplay: the retained messages of one new subscription, handed out one at a time, as fast as their receiver
// takes them. It walks the store where it stands instead of copying what matches, so that a hundred thousand retained
// topics cost a slow subscriber no memory. What was kept after the subscription began is left out: it came, or comes,
// as a message of its own. Bounded by the depth of the topics.
import type { Message } from '../message/message.ts';

/** A retained message, and its place in the order in which messages were kept. */
export interface Kept {
  readonly message: Message;
  readonly order: number;
}

/** The store, as a replay needs it. */
export interface KeptSource {
  /** Whether a message is still the one that its topic retains. */
  isCurrent(message: Message): boolean;
  /** Takes a message out that has expired. */
  expire(message: Message): void;
}

/** The retained messages that one subscription is still to get. */
export class RetainedReplay {
  readonly #walk: Iterator<Kept>;
  readonly #orderMax: number;
  readonly #source: KeptSource;
  #next: Message | undefined;

  /** Made by `RetainedStore.replay`; messages kept after `orderMax` are left out. */
  constructor(walk: Iterator<Kept>, orderMax: number, source: KeptSource) {
    this.#walk = walk;
    this.#orderMax = orderMax;
    this.#source = source;
  }

  /** The next message; undefined when there is none left. It stays the next one until `taken`. */
  peek(): Message | undefined {
    if (this.#next && this.#source.isCurrent(this.#next)) return this.#next;
    this.#next = undefined;
    for (let step = this.#walk.next(); step.done !== true; step = this.#walk.next()) {
      if (step.value.order > this.#orderMax) continue;
      this.#next = step.value.message;
      break;
    }
    return this.#next;
  }

  /** The next message was sent, or had expired. */
  taken(hasExpired: boolean): void {
    if (hasExpired && this.#next) this.#source.expire(this.#next);
    this.#next = undefined;
  }
}
