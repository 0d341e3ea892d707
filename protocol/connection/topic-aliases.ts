// Topic aliases (5.0 section 3.3.2.3.4): numbers that stand for topics on one connection, a table for each direction,
// gone with the connection [MQTT-3.3.2-7]. Here are the inbound ones, where the peer decides; ours are in
// `outbound-aliases.ts`. Bounded by the maximum that we stated.
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
