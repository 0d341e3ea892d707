// hot path
// AckFrame: PUBACK, PUBREC, PUBREL and PUBCOMP, read in place and written into the outbox.
// Most are four bytes: 3.x has no other form, and 5.0 leaves reason code and properties
// out when all went well.
import { type Bytes, emptyBytes } from './bytes.ts';
import { Malformed } from './malformed.ts';
import type { Outbox } from './outbox.ts';
import { PacketType, packetName } from './packet-type.ts';
import type { Properties } from './properties.ts';
import { checkProperties, readProperties } from './property-block.ts';
import { PropertyPlace } from './property-names.ts';
import { ProtocolVersion } from './protocol-version.ts';
import { isReasonCodeOf, ReasonCode } from './reason-code.ts';
import { readVarint, varintSize } from './varint.ts';

/** The four packets that acknowledge a PUBLISH. */
export type AckType =
  | typeof PacketType.puback
  | typeof PacketType.pubrec
  | typeof PacketType.pubrel
  | typeof PacketType.pubcomp;

/**
 * Writes an acknowledgement without properties, so that none makes it too large [MQTT-3.4.2-2] [MQTT-3.4.2-3]
 * [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3]. 3.x has no reason code: it
 * is left out there.
 */
export function writeAck(
  outbox: Outbox,
  type: AckType,
  packetId: number,
  reasonCode: ReasonCode,
  version: ProtocolVersion,
): void {
  const hasReason = reasonCode !== ReasonCode.success && version === ProtocolVersion.v5;
  const bytes = outbox.reserve(5);
  let position = outbox.position;
  bytes[position++] = (type << 4) | (type === PacketType.pubrel ? 2 : 0); // [MQTT-3.6.1-1] [MQTT3-3.6.1-1]
  bytes[position++] = hasReason ? 3 : 2;
  bytes[position++] = packetId >> 8;
  bytes[position++] = packetId & 0xff;
  if (hasReason) bytes[position++] = reasonCode;
  outbox.position = position;
  outbox.packets++;
}

/** Writes acknowledgements of the first `count` identifiers, in order, without reason code or properties. */
export function writeAckRun(outbox: Outbox, type: AckType, packetIds: Uint16Array, count: number): void {
  const bytes = outbox.reserve(4 * count);
  const first = (type << 4) | (type === PacketType.pubrel ? 2 : 0);
  let position = outbox.position;
  for (let index = 0; index < count; index++) {
    const packetId = packetIds[index] ?? 0;
    bytes[position++] = first;
    bytes[position++] = 2;
    bytes[position++] = packetId >> 8;
    bytes[position++] = packetId & 0xff;
  }
  outbox.position = position;
  outbox.packets += count;
}

/** The same for `count` identifiers from `firstId` on. */
export function writeAckRange(outbox: Outbox, type: AckType, firstId: number, count: number): void {
  const bytes = outbox.reserve(4 * count);
  const first = (type << 4) | (type === PacketType.pubrel ? 2 : 0); // [MQTT-3.6.1-1] [MQTT3-3.6.1-1]
  let position = outbox.position;
  for (let packetId = firstId; packetId < firstId + count; packetId++) {
    bytes[position++] = first;
    bytes[position++] = 2;
    bytes[position++] = packetId >> 8;
    bytes[position++] = packetId & 0xff;
  }
  outbox.position = position;
  outbox.packets += count;
}

/** The type of the acknowledgement at `start`. */
export function ackTypeAt(bytes: Bytes, start: number): AckType {
  // The caller dispatched on the type, so it is one of the four.
  return ((bytes[start] ?? 0) >> 4) as AckType;
}

/** One acknowledgement in place; reused for every one of its connection. */
export class AckView {
  type: AckType = PacketType.puback;
  packetId = 0;
  reasonCode: ReasonCode = ReasonCode.success;
  #bytes: Bytes = emptyBytes;
  #propertiesStart = 0;
  #propertiesEnd = 0;

  /** Reads the frame `bytes[start..end)` of one of the four types. Returns what is wrong with it, if anything. */
  read(bytes: Bytes, start: number, bodyStart: number, end: number, version: ProtocolVersion): Malformed | undefined {
    this.type = ackTypeAt(bytes, start);
    this.reasonCode = ReasonCode.success;
    this.#bytes = bytes;
    this.#propertiesStart = end;
    this.#propertiesEnd = end;
    const length = end - bodyStart;
    if (length < 2) return this.#wrong(`is ${length} bytes long`);
    this.packetId = ((bytes[bodyStart] ?? 0) << 8) | (bytes[bodyStart + 1] ?? 0);
    if (this.packetId === 0) return this.#wrong('has packet identifier 0', ReasonCode.protocolError);
    if (length > 2 && version !== ProtocolVersion.v5) return this.#wrong(`is ${length} bytes long`);
    return length === 2 ? undefined : this.#readReason(bytes, bodyStart + 2, end);
  }

  /** Reason string and user properties; empty for 3.x and short forms. */
  properties(): Properties {
    const properties = readProperties(this.#bytes, this.#propertiesStart, this.#propertiesEnd, PropertyPlace.ack);
    return properties instanceof Malformed ? {} : properties;
  }

  #readReason(bytes: Bytes, position: number, end: number): Malformed | undefined {
    const reasonCode = bytes[position] ?? 0;
    // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
    if (!isReasonCodeOf(this.type, reasonCode)) {
      return this.#wrong(`has unknown reason code ${reasonCode}`, ReasonCode.protocolError);
    }
    this.reasonCode = reasonCode;
    if (position + 1 === end) return undefined;
    const length = readVarint(bytes, position + 1, end);
    if (length < 0) return this.#wrong('has no valid property length');
    this.#propertiesStart = position + 1 + varintSize(length);
    this.#propertiesEnd = this.#propertiesStart + length;
    if (this.#propertiesEnd !== end) return this.#wrong('is not as long as its parts');
    return checkProperties(bytes, this.#propertiesStart, end, PropertyPlace.ack);
  }

  #wrong(what: string, reasonCode: ReasonCode = ReasonCode.malformedPacket): Malformed {
    return new Malformed(reasonCode, '', `${packetName(this.type)} ${what}`);
  }
}
