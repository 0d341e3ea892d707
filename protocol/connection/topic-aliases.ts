// Topic aliases (5.0 section 3.3.2.3.4): numbers that stand for topics on one connection, a table for each direction,
// gone with the connection [MQTT-3.3.2-7]. Inbound the peer decides; outbound the first topics that come get the
// numbers there are. Bounded by the maximum that the receiver of the aliases stated.
import { type Bytes, copyOfBytes, textOfBytes } from '../wire/bytes.ts';
import { Malformed } from '../wire/malformed.ts';
import { ReasonCode } from '../wire/reason-code.ts';

/** A topic in both forms. */
export interface KnownTopic {
  readonly topic: string;
  readonly topicBytes: Bytes;
}

/** Aliases that the peer uses. */
export class InboundAliases {
  readonly #maximum: number;
  readonly #topics = new Map<number, KnownTopic>();

  /** `maximum`: the topic alias maximum that we stated, 0 to 65535. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /**
   * The topic of a PUBLISH with an alias: the one in the packet, which the alias means from now on, or, if that is
   * empty, the one that it meant already.
   */
  resolve(alias: number, topicBytes: Bytes): KnownTopic | Malformed {
    if (alias > this.#maximum) {
      const detail = `topic alias ${alias}, at most ${this.#maximum} is allowed`;
      return new Malformed(ReasonCode.topicAliasInvalid, 'MQTT-3.3.2-9', detail); // [MQTT-3.3.2-9] [MQTT-3.3.2-11]
    }
    if (topicBytes.length > 0) {
      const known = { topic: textOfBytes(topicBytes), topicBytes: copyOfBytes(topicBytes) };
      this.#topics.set(alias, known); // [MQTT-3.3.2-10] [MQTT-3.3.2-12]
      return known;
    }
    const known = this.#topics.get(alias);
    return known ?? new Malformed(ReasonCode.protocolError, '', `topic alias ${alias} stands for no topic yet`);
  }
}

/** How a topic is written: with which alias, and whether the topic itself is left out. */
export interface AliasUse {
  /** 1 to 65535; 0 for none. */
  readonly alias: number;
  readonly isTopicOmitted: boolean;
}

const noAlias: AliasUse = { alias: 0, isTopicOmitted: false };

/** Aliases that we use. */
export class OutboundAliases {
  readonly #maximum: number;
  #aliases: Map<string, number> | undefined;

  /**
   * `maximum`: the topic alias maximum that the peer stated, 0 to 65535 [MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.2.2-17]
   * [MQTT-3.2.2-18].
   */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** How the next PUBLISH of this topic would be written. Nothing is remembered before `used`. */
  useFor(topicBytes: Bytes): AliasUse {
    if (this.#maximum === 0 || topicBytes.length < 3) return noAlias;
    this.#aliases ??= new Map();
    const alias = this.#aliases.get(topicBytes.toString('latin1'));
    if (alias !== undefined) return { alias, isTopicOmitted: true };
    return this.#aliases.size < this.#maximum ? { alias: this.#aliases.size + 1, isTopicOmitted: false } : noAlias;
  }

  /** The PUBLISH was written: the peer knows the alias from now on. */
  used(topicBytes: Bytes, use: AliasUse): void {
    if (use.alias > 0 && !use.isTopicOmitted) this.#aliases?.set(topicBytes.toString('latin1'), use.alias);
  }
}
