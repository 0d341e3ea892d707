// hot path
// PublishHead: writes an outgoing PUBLISH. The head (fixed header, topic, packet id, properties) goes straight into the
// outbox's memory; the payload is handed over as it is and never touched. For 5.0 the message's own property block is
// copied as it came, behind what is written anew for this receiver: topic alias, expiry, subscription identifiers.
import type { Bytes } from './bytes.ts';
import type { Outbox } from './outbox.ts';
import { PropertyId } from './property-names.ts';
import { ProtocolVersion } from './protocol-version.ts';
import type { Delivery } from './publishable.ts';
import { varintSize, writeVarint } from './varint.ts';

/** What differs from one receiver, and one sending, to the next. */
export interface PublishTarget {
  readonly version: ProtocolVersion;
  /** 1 to 65535; not used for QoS 0. */
  readonly packetId: number;
  readonly dup: boolean;
  /** 1 to 65535; 0 for none. */
  readonly topicAlias: number;
  /** The receiver knows the alias: the topic itself is left out. */
  readonly isTopicOmitted: boolean;
  /** Monotonic time in ms, for what is left of the expiry interval. */
  readonly now: number;
}

/** Size of the whole packet in bytes. */
export function publishSize(delivery: Delivery, target: PublishTarget): number {
  const body = bodySize(delivery, target);
  return 1 + varintSize(body) + body;
}

/** Writes the packet. */
export function writePublish(outbox: Outbox, delivery: Delivery, target: PublishTarget): void {
  const { message, qos } = delivery;
  const { payload } = message;
  const body = bodySize(delivery, target);
  const bytes = outbox.reserve(5 + body - payload.length);
  let position = outbox.position;
  // [MQTT-3.3.1-1] [MQTT-3.3.1-2] [MQTT3-3.3.1-1] [MQTT3-3.3.1-2] DUP is for repeats of QoS 1 and 2 only
  const dup = target.dup && qos > 0 ? 8 : 0;
  bytes[position++] = 0x30 | dup | (qos << 1) | (delivery.retain ? 1 : 0);
  position = writeVarint(bytes, position, body);
  position = writeTopic(bytes, position, message.topicBytes, target.isTopicOmitted);
  if (qos > 0) {
    bytes[position++] = target.packetId >> 8;
    bytes[position++] = target.packetId & 0xff;
  }
  if (target.version === ProtocolVersion.v5) position = writeBlock(bytes, position, delivery, target);
  outbox.position = position;
  outbox.packets++;
  if (payload.length > 0) outbox.append(payload);
}

function bodySize(delivery: Delivery, target: PublishTarget): number {
  const { message, qos } = delivery;
  const topicLength = target.isTopicOmitted ? 0 : message.topicBytes.length;
  const size = 2 + topicLength + (qos > 0 ? 2 : 0) + message.payload.length;
  if (target.version !== ProtocolVersion.v5) return size;
  const block = blockSize(delivery, target);
  return size + varintSize(block) + block;
}

function blockSize(delivery: Delivery, target: PublishTarget): number {
  const { message, subscriptionIdentifiers } = delivery;
  let size = message.properties.length;
  if (target.topicAlias > 0) size += 3;
  if (message.expiresAt > 0) size += 5;
  if (subscriptionIdentifiers === undefined) return size;
  for (let index = 0; index < subscriptionIdentifiers.length; index++) {
    size += 1 + varintSize(subscriptionIdentifiers[index] ?? 0);
  }
  return size;
}

function writeTopic(bytes: Bytes, position: number, topic: Bytes, isOmitted: boolean): number {
  const length = isOmitted ? 0 : topic.length;
  bytes[position] = length >> 8;
  bytes[position + 1] = length & 0xff;
  if (length > 0) topic.copy(bytes, position + 2);
  return position + 2 + length;
}

function writeBlock(bytes: Bytes, start: number, delivery: Delivery, target: PublishTarget): number {
  const { message, subscriptionIdentifiers } = delivery;
  let position = writeVarint(bytes, start, blockSize(delivery, target));
  if (target.topicAlias > 0) {
    bytes[position++] = PropertyId.topicAlias;
    position = bytes.writeUInt16BE(target.topicAlias, position);
  }
  if (message.expiresAt > 0) {
    // [MQTT-3.3.2-6] less the time spent waiting
    bytes[position++] = PropertyId.messageExpiryInterval;
    // `now` is in whole ms, and a fraction is no second more
    const seconds = Math.max(0, Math.ceil((Math.floor(message.expiresAt) - target.now) / 1000));
    position = bytes.writeUInt32BE(Math.min(seconds, 0xffffffff), position);
  }
  if (subscriptionIdentifiers !== undefined) {
    // [MQTT-3.3.4-3] [MQTT-3.3.4-4]
    for (let index = 0; index < subscriptionIdentifiers.length; index++) {
      bytes[position++] = PropertyId.subscriptionIdentifier;
      position = writeVarint(bytes, position, subscriptionIdentifiers[index] ?? 0);
    }
  }
  // [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20] unaltered, in order
  message.properties.copy(bytes, position);
  return position + message.properties.length;
}
