// ReceivedPublish: a message as a connection hands it over. Its bytes are views into the chunk that brought
// them, and the object itself is used again for the next message: whoever keeps anything of it copies.
// One for each connection, filled anew for each message.
import { type Bytes, emptyBytes } from '../wire/bytes.ts';
import type { Qos } from '../wire/protocol-version.ts';

/** A message that came in. Borrowed: valid during the call only. */
export interface ReceivedPublish {
  readonly topic: string;
  readonly topicBytes: Bytes;
  readonly payload: Bytes;
  /** The 5.0 property block as `Publishable.properties` has it. */
  readonly properties: Bytes;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly dup: boolean;
  /** Seconds; -1 for none. */
  readonly messageExpiryInterval: number;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
}

/** The one that a connection fills and hands over. */
export class IncomingPublish implements ReceivedPublish {
  topic = '';
  topicBytes: Bytes = emptyBytes;
  payload: Bytes = emptyBytes;
  properties: Bytes = emptyBytes;
  qos: Qos = 0;
  retain = false;
  dup = false;
  messageExpiryInterval = -1;
  subscriptionIdentifiers: readonly number[] | undefined;
}
