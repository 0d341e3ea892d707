// Publishable: what an outgoing PUBLISH is made of. The bytes are those that came in: topic,
// payload and properties are never re-encoded on the way through, only the head around them is
// written anew for each receiver.
import type { Bytes } from './bytes.ts';
import type { Qos } from './protocol-version.ts';

/** The parts of a message that are the same for every receiver. */
export interface Publishable {
  /** The topic name in UTF-8, 1 to 65535 bytes. */
  readonly topicBytes: Bytes;
  readonly payload: Bytes;
  /**
   * The 5.0 property block without its length prefix and without topic alias, message expiry interval and subscription
   * identifiers, which are written anew for each receiver; empty for messages that came from 3.x.
   */
  readonly properties: Bytes;
  /** When the message expires, in ms of the monotonic clock; 0 means never. */
  readonly expiresAt: number;
}

/** How one receiver gets a message. */
export interface Delivery {
  readonly message: Publishable;
  readonly qos: Qos;
  readonly retain: boolean;
  /** Identifiers of the receiver's subscriptions that matched; 5.0 servers only. */
  readonly subscriptionIdentifiers: readonly number[] | undefined;
}
