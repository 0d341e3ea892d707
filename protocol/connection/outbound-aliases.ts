// hot path
// OutboundAliases: the topic aliases that we use on one connection, for the topics where they save most bytes. While
// there are free numbers every topic gets one. After that topics without a number are counted, by the bytes that one
// would have saved; who passes the topic that saved least takes its number over.
//
// Bounded by the maximum that the peer stated, and by `candidatesMax` topics that are counted.
import type { Bytes } from '../wire/bytes.ts';

/** How a topic is written: with which alias, and whether the topic itself is left out. */
export interface AliasUse {
  /** 1 to 65535; 0 for none. */
  readonly alias: number;
  readonly isTopicOmitted: boolean;
}

class Slot implements AliasUse {
  readonly alias: number;
  readonly isTopicOmitted = true;
  /** Bytes. */
  saved: number;

  constructor(alias: number, saved: number) {
    this.alias = alias;
    this.saved = saved;
  }
}

const noAlias: AliasUse = { alias: 0, isTopicOmitted: false };
/** Bytes that the property takes. */
const aliasBytes = 3;
const candidatesMax = 1000;

/** Aliases that we use. */
export class OutboundAliases {
  readonly #maximum: number;
  #slots: Map<string, Slot> | undefined;
  /** Topics without alias: what one would have saved. */
  readonly #candidates = new Map<string, number>();
  /** No slot has saved less. */
  #savedMin = 0;

  /**
   * `maximum`: the topic alias maximum that the peer stated, 0 to 65535 [MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.2.2-17]
   * [MQTT-3.2.2-18].
   */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** How the next PUBLISH of this topic would be written. Nothing is remembered before `used`. */
  useFor(topicBytes: Bytes): AliasUse {
    if (this.#maximum === 0 || topicBytes.length < aliasBytes) return noAlias;
    this.#slots ??= new Map();
    const key = topicBytes.toString('latin1');
    const slot = this.#slots.get(key);
    if (slot) return slot;
    const alias = this.#slots.size < this.#maximum ? this.#slots.size + 1 : this.#aliasWorthLessThan(key);
    return alias === 0 ? noAlias : { alias, isTopicOmitted: false };
  }

  /** The PUBLISH was written: the peer knows the alias from now on. */
  used(topicBytes: Bytes, use: AliasUse): void {
    if (use instanceof Slot) {
      use.saved += topicBytes.length - aliasBytes;
      return;
    }
    if (this.#slots === undefined || topicBytes.length < aliasBytes) return;
    const key = topicBytes.toString('latin1');
    if (use.alias > 0) this.#give(key, use.alias);
    else this.#count(key, topicBytes.length - aliasBytes);
  }

  #give(key: string, alias: number): void {
    if (this.#slots?.size === this.#maximum) {
      for (const [topic, slot] of this.#slots) {
        if (slot.alias !== alias) continue;
        this.#slots.delete(topic);
        break;
      }
    }
    this.#slots?.set(key, new Slot(alias, this.#candidates.get(key) ?? 0));
    this.#candidates.delete(key);
    this.#savedMin = 0;
  }

  #count(key: string, saved: number): void {
    if (this.#candidates.size >= candidatesMax && !this.#candidates.has(key)) this.#candidates.clear();
    this.#candidates.set(key, (this.#candidates.get(key) ?? 0) + saved);
  }

  /** The alias that has saved least, if that is less than a topic without one would have; 0 otherwise. */
  #aliasWorthLessThan(key: string): number {
    const saved = this.#candidates.get(key) ?? 0;
    if (this.#slots === undefined || saved <= this.#savedMin) return 0;
    let least: Slot | undefined;
    for (const slot of this.#slots.values()) if (least === undefined || slot.saved < least.saved) least = slot;
    this.#savedMin = least?.saved ?? 0;
    return least && least.saved < saved ? least.alias : 0;
  }
}
