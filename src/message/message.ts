// Message: a topic, a payload and what goes with them, on its way from a publisher to its destinations.
// Bytes are borrowed until owned: payload, topic and properties of a borrowed message are views into a socket's chunk
// and must not outlive the call that brought them. `own()` copies them, once, however many destinations ask.
import { type Bytes, bytesOfText, copyOfBytes, emptyBytes } from '../../protocol/wire/bytes.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { Publishable } from '../../protocol/wire/publishable.ts';
import type { Origin } from './origin.ts';

/** What a message is made of; see the fields of `Message`. */
export interface MessageParts {
  readonly topic: string;
  /** The same topic in UTF-8, if it is at hand. */
  readonly topicBytes?: Bytes;
  readonly payload: Bytes;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties?: Bytes;
  readonly expiresAt?: number;
  readonly origin: Origin;
  /** Default true: the bytes belong to the message. */
  readonly isOwned?: boolean;
}

/** One published message. Immutable; a rewritten one (`withTopic`) shares payload and properties. */
export class Message implements Publishable {
  readonly topic: string;
  readonly payload: Bytes;
  readonly qos: Qos;
  /** The retain flag as it was published. */
  readonly retain: boolean;
  /** See `Publishable.properties`. */
  readonly properties: Bytes;
  /** In ms of the monotonic clock; 0 means never. */
  readonly expiresAt: number;
  readonly origin: Origin;
  /** Whether the bytes belong to the message and may be kept. */
  readonly isOwned: boolean;
  #topicBytes: Bytes | undefined;
  #owned: Message | undefined;

  constructor(parts: MessageParts) {
    this.topic = parts.topic;
    this.#topicBytes = parts.topicBytes;
    this.payload = parts.payload;
    this.qos = parts.qos;
    this.retain = parts.retain;
    this.properties = parts.properties ?? emptyBytes;
    this.expiresAt = parts.expiresAt ?? 0;
    this.origin = parts.origin;
    this.isOwned = parts.isOwned ?? true;
  }

  /** The topic in UTF-8, encoded when first asked for. */
  get topicBytes(): Bytes {
    this.#topicBytes ??= bytesOfText(this.topic);
    return this.#topicBytes;
  }

  /** Bytes that this message holds in memory once owned: what limits of queues count. */
  get byteLength(): number {
    return this.topic.length + this.payload.length + this.properties.length;
  }

  /** This message with bytes of its own, free to keep; itself if it has them already. Copies at most once. */
  own(): Message {
    if (this.isOwned) return this;
    this.#owned ??= new Message({
      topic: this.topic,
      payload: this.payload.length === 0 ? emptyBytes : copyOfBytes(this.payload),
      qos: this.qos,
      retain: this.retain,
      properties: this.properties.length === 0 ? emptyBytes : copyOfBytes(this.properties),
      expiresAt: this.expiresAt,
      origin: this.origin,
    });
    return this.#owned;
  }

  /** An owned message under another topic, QoS and retain flag; the payload is shared, not copied again. */
  withTopic(topic: string, qos: Qos = this.qos, retain: boolean = this.retain): Message {
    const owned = this.own();
    if (topic === owned.topic && qos === owned.qos && retain === owned.retain) return owned;
    const { payload, properties, expiresAt, origin } = owned;
    return new Message({ topic, payload, qos, retain, properties, expiresAt, origin });
  }
  /** An owned message under another topic, with other properties, QoS and retain flag; the payload is shared. */
  rewritten(topic: string, properties: Bytes, qos: Qos, retain: boolean): Message {
    if (properties === this.properties) return this.withTopic(topic, qos, retain);
    const { payload, expiresAt, origin } = this.own();
    return new Message({ topic, payload, qos, retain, properties, expiresAt, origin });
  }
  /** This message changed, its payload as borrowed as before. */
  borrowedAs(changed: Pick<MessageParts, 'topic' | 'qos' | 'retain'> & { readonly properties: Bytes }): Message {
    const { payload, expiresAt, origin, isOwned } = this;
    return new Message({ payload, expiresAt, origin, isOwned, ...changed });
  }
}
