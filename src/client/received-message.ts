// ReceivedMessage: a message as an application gets it. Its bytes are its own: it may be kept. Copied
// once, when it is handed over, however many subscriptions it matches. Properties are decoded when
// somebody asks for them.
import type { ReceivedPublish } from '../../protocol/connection/received-publish.ts';
import { type Bytes, copyOfBytes, textOfBytes } from '../../protocol/wire/bytes.ts';
import type { Properties } from '../../protocol/wire/properties.ts';
import { decodePublishProperties } from '../../protocol/wire/property-block.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';

const none: readonly number[] = [];

/** One message that came in. */
export class ReceivedMessage {
  readonly topic: string;
  readonly payload: Bytes;
  readonly qos: Qos;
  readonly retain: boolean;
  /** The sender may have sent it before. */
  readonly dup: boolean;
  /** Seconds that are left; undefined for no expiry. */
  readonly messageExpiryInterval: number | undefined;
  /** 5.0: those of the subscriptions that matched, as far as they have one; empty for none. */
  readonly subscriptionIdentifiers: readonly number[];
  readonly #block: Bytes;

  /** Copies what was borrowed. */
  constructor(publish: ReceivedPublish) {
    this.topic = publish.topic;
    this.payload = copyOfBytes(publish.payload);
    this.qos = publish.qos;
    this.retain = publish.retain;
    this.dup = publish.dup;
    this.messageExpiryInterval = publish.messageExpiryInterval < 0 ? undefined : publish.messageExpiryInterval;
    this.subscriptionIdentifiers = publish.subscriptionIdentifiers ?? none;
    this.#block = copyOfBytes(publish.properties);
  }

  /** The payload as UTF-8 text. */
  get text(): string {
    return textOfBytes(this.payload);
  }

  /** More properties of the PUBLISH, decoded when asked for; empty in 3.x. */
  get properties(): Properties {
    return decodePublishProperties(this.#block);
  }
}
