// What the API tells of a message that waits or was given up: its payload as people can read it, and its properties.
// Bounded: payloads are cut at `payloadBytesMax`.
// Deadlines are told in ms since 1970.
import { decodePublishProperties } from '../../../protocol/wire/property-block.ts';
import type { MessageDetails } from '../../http/api-delivery-types.ts';
import { payloadView } from '../../http/payload-view.ts';
import type { Message } from '../../message/message.ts';
import type { Clock } from '../../ports/ports.ts';

const payloadBytesMax = 256 * 1024;

/** What a message carries. */
export function detailsOf(message: Message): MessageDetails {
  const { contentType, responseTopic, userProperties } = decodePublishProperties(message.properties);
  return {
    payload: payloadView(message.payload, payloadBytesMax),
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(userProperties === undefined ? {} : { userProperties }),
  };
}

/** What lists tell of a message. */
export interface MessageFacts {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly size: number;
  readonly expiresAt?: number;
}

/** A message in a list; its deadline in ms since 1970. */
export function messageFacts(message: Message, clock: Clock): MessageFacts {
  const { topic, qos, retain, payload, expiresAt } = message;
  const deadline = Math.round(clock.wallMs() + expiresAt - clock.now());
  return { topic, qos, retain, size: payload.length, ...(expiresAt === 0 ? {} : { expiresAt: deadline }) };
}
