// Retained messages: the last message of each topic that was published with the retain flag. It belongs to no session
// [MQTT3-3.1.2-7] and is handed to whoever subscribes later. Bounded by `countMax` and `bytesMax`: beyond them a new
// topic's message is passed on but not kept, which is counted and told once, and what is already kept stays.
import { TopicTree } from '../../protocol/topic/topic-tree.ts';
import type { Message } from '../message/message.ts';
import type { Acceptance } from './acceptance.ts';
import { type Kept, type KeptSource, RetainedReplay } from './retained-replay.ts';

/** The bounds of the store. */
export interface RetainedLimits {
  /** Topics with a retained message. Default 1,000,000. */
  readonly countMax: number;
  /** Bytes of all retained messages together. Default 256 MiB. */
  readonly bytesMax: number;
}

/** The bounds that hold unless others are given. */
export const retainedDefaults: RetainedLimits = { countMax: 1_000_000, bytesMax: 256 * 1024 * 1024 };

/** Keeps retained messages beyond the process. */
export interface RetainedKeeper {
  /** A message is retained; it takes a hold where that needs time. */
  kept(message: Message, acceptance: Acceptance | undefined): void;
  /** A topic retains nothing any more; a hold is taken as in `kept`, where somebody waits. */
  removed(topic: string, acceptance?: Acceptance): void;
}

/** The retained messages of a broker. */
export class RetainedStore implements KeptSource {
  readonly #tree = new TopicTree<Kept>();
  readonly #limits: RetainedLimits;
  readonly #keeper: RetainedKeeper | undefined;
  #bytes = 0;
  #refusedCount = 0;
  #lastOrder = 0;

  /** `keeper`: keeps the messages beyond the process. */
  constructor(limits: RetainedLimits = retainedDefaults, keeper?: RetainedKeeper) {
    this.#limits = limits;
    this.#keeper = keeper;
  }

  /** Topics with a retained message, expired ones included until they are met. */
  get size(): number {
    return this.#tree.size;
  }

  /** Bytes that the retained messages hold. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** How many messages were not kept for want of room. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /**
   * Keeps a message as its topic's retained one, or removes that one if the payload is empty [MQTT-3.3.1-5]
   * [MQTT-3.3.1-6] [MQTT-3.3.1-7] [MQTT3-3.3.1-5] [MQTT3-3.3.1-7] [MQTT3-3.3.1-10] [MQTT3-3.3.1-11]. Returns false if
   * there was no room.
   */
  keep(message: Message, acceptance?: Acceptance): boolean {
    const before = message.payload.length === 0 ? this.#tree.delete(message.topic) : this.#tree.get(message.topic);
    if (message.payload.length === 0) {
      this.#bytes -= before?.message.byteLength ?? 0;
      if (before) this.#keeper?.removed(message.topic, message.qos > 0 ? acceptance : undefined);
      return true;
    }
    const bytes = this.#bytes + message.byteLength - (before?.message.byteLength ?? 0);
    const isFull = before === undefined && this.#tree.size >= this.#limits.countMax;
    if (isFull || bytes > this.#limits.bytesMax) {
      this.#refusedCount++;
      return false;
    }
    this.#tree.set(message.topic, { message: message.own(), order: ++this.#lastOrder });
    this.#bytes = bytes;
    this.#keeper?.kept(message, acceptance);
    return true;
  }

  /** The message that a topic retains. */
  get(topic: string): Message | undefined {
    return this.#tree.get(topic)?.message;
  }

  /** A message that an earlier process retained; the limits do not count here. */
  restore(message: Message): void {
    this.#bytes += message.byteLength - (this.#tree.get(message.topic)?.message.byteLength ?? 0);
    this.#tree.set(message.topic, { message: message.own(), order: ++this.#lastOrder });
  }

  /** The retained messages whose topic matches, as they are now, to be handed out one at a time. */
  replay(filter: string): RetainedReplay {
    return new RetainedReplay(this.#tree.matches(filter), this.#lastOrder, this);
  }

  /** See `KeptSource`. */
  isCurrent(message: Message): boolean {
    return this.#tree.get(message.topic)?.message === message;
  }

  /** See `KeptSource`. */
  expire(message: Message): void {
    if (!this.isCurrent(message)) return;
    this.#tree.delete(message.topic);
    this.#keeper?.removed(message.topic);
    this.#bytes -= message.byteLength;
  }
}
