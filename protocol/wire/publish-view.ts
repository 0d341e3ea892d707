// hot path
// PublishView: reads one PUBLISH where it lies. It keeps offsets, not copies; text and payload are made when asked for.
// Everything the standard asks of a PUBLISH's form is checked in `read`: topic, packet id, properties.
// A view is reused for every PUBLISH of its connection; what it returns is borrowed until the next `read`.
import { type Bytes, emptyBytes, isUtf8Range, joinBytes, textOfBytes } from './bytes.ts';
import { Malformed } from './malformed.ts';
import { checkProperties, visitProperties } from './property-block.ts';
import { PropertyId, PropertyPlace } from './property-names.ts';
import { ProtocolVersion, type Qos } from './protocol-version.ts';
import { ReasonCode } from './reason-code.ts';
import { readVarint, varintSize } from './varint.ts';

/** One PUBLISH in place. */
export class PublishView {
  bytes: Bytes = emptyBytes;
  dup = false;
  qos: Qos = 0;
  retain = false;
  /** 1 to 65535; 0 for QoS 0. */
  packetId = 0;
  topicStart = 0;
  topicEnd = 0;
  payloadStart = 0;
  payloadEnd = 0;
  /** 1 to 65535; 0 for none. */
  topicAlias = 0;
  /** Seconds; -1 for none. */
  messageExpiryInterval = -1;
  /** What a server attached; undefined for none. */
  subscriptionIdentifiers: number[] | undefined;
  /** The property block as received, without its length prefix. */
  propertiesStart = 0;
  propertiesEnd = 0;

  /**
   * Reads the frame `bytes[start..end)` whose body starts at `bodyStart`. Returns what is wrong with it, if anything.
   */
  read(bytes: Bytes, start: number, bodyStart: number, end: number, version: ProtocolVersion): Malformed | undefined {
    const flags = bytes[start] ?? 0;
    this.bytes = bytes;
    this.dup = (flags & 8) !== 0;
    this.retain = (flags & 1) !== 0;
    this.qos = (flags & 4) !== 0 ? 2 : (flags & 2) !== 0 ? 1 : 0;
    this.topicAlias = 0;
    this.messageExpiryInterval = -1;
    this.subscriptionIdentifiers = undefined;
    this.packetId = 0;
    if (bodyStart + 2 > end) return tooShort;
    this.topicStart = bodyStart + 2;
    this.topicEnd = this.topicStart + (((bytes[bodyStart] ?? 0) << 8) | (bytes[bodyStart + 1] ?? 0));
    if (this.topicEnd > end) return tooShort;
    const fault = this.#checkTopic() ?? this.#readPacketId(end);
    if (fault) return fault;
    let position = this.topicEnd + (this.qos > 0 ? 2 : 0);
    this.propertiesStart = position;
    this.propertiesEnd = position;
    if (version === ProtocolVersion.v5) {
      const propertiesFault = this.#readProperties(position, end);
      if (propertiesFault) return propertiesFault;
      position = this.propertiesEnd;
    }
    this.payloadStart = position;
    this.payloadEnd = end;
    const isTopicMissing = this.topicEnd === this.topicStart && this.topicAlias === 0;
    return isTopicMissing ? noTopic : undefined; // [MQTT-4.7.3-1] [MQTT3-4.7.3-1]
  }

  /** The topic's bytes; empty when only an alias came. */
  topicBytes(): Bytes {
    return this.bytes.subarray(this.topicStart, this.topicEnd);
  }

  /** The topic; empty when only an alias came. */
  topic(): string {
    return textOfBytes(this.bytes, this.topicStart, this.topicEnd);
  }

  /** The payload. */
  payload(): Bytes {
    return this.payloadStart === this.payloadEnd ? emptyBytes : this.bytes.subarray(this.payloadStart, this.payloadEnd);
  }

  /** The property block to forward: without topic alias, expiry and subscription identifiers, order kept. */
  forwardProperties(): Bytes {
    const { bytes, propertiesStart, propertiesEnd } = this;
    if (propertiesStart === propertiesEnd) return emptyBytes;
    const isAsReceived =
      this.topicAlias === 0 && this.messageExpiryInterval < 0 && this.subscriptionIdentifiers === undefined;
    if (isAsReceived) return bytes.subarray(propertiesStart, propertiesEnd);
    const parts: Bytes[] = [];
    visitProperties(bytes, propertiesStart, propertiesEnd, (id, itemStart, _valueStart, itemEnd) => {
      if (!isPerReceiver(id)) parts.push(bytes.subarray(itemStart, itemEnd));
    });
    return joinBytes(parts);
  }

  /**
   * [MQTT-3.3.2-1] [MQTT3-3.3.2-1] [MQTT-3.3.2-2] [MQTT3-3.3.2-2] [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT3-1.5.3-1]
   * [MQTT3-1.5.3-2]
   */
  #checkTopic(): Malformed | undefined {
    const { bytes, topicStart, topicEnd } = this;
    let isAscii = true;
    let hasWildcard = false;
    for (let index = topicStart; index < topicEnd; index++) {
      const byte = bytes[index] ?? 0;
      if (byte === 0) return topicWithNul;
      if (byte === 0x23 || byte === 0x2b) hasWildcard = true;
      if (byte >= 0x80) isAscii = false;
    }
    if (!isAscii && !isUtf8Range(bytes, topicStart, topicEnd)) return topicNotUtf8;
    return hasWildcard ? topicWithWildcard : undefined;
  }

  /**
   * Behind the topic, for QoS 1 and 2 only [MQTT-2.2.1-2] [MQTT3-2.3.1-5], and not 0 [MQTT-2.2.1-3] [MQTT3-2.3.1-1].
   */
  #readPacketId(end: number): Malformed | undefined {
    if (this.qos === 0) return undefined;
    const { bytes, topicEnd } = this;
    if (topicEnd + 2 > end) return tooShort;
    this.packetId = ((bytes[topicEnd] ?? 0) << 8) | (bytes[topicEnd + 1] ?? 0);
    return this.packetId === 0 ? noPacketId : undefined;
  }

  #readProperties(position: number, end: number): Malformed | undefined {
    const { bytes } = this;
    const length = readVarint(bytes, position, end);
    if (length < 0) return noPropertyLength;
    this.propertiesStart = position + varintSize(length);
    this.propertiesEnd = this.propertiesStart + length;
    if (this.propertiesEnd > end) return tooShort;
    if (length === 0) return undefined;
    const fault = checkProperties(bytes, this.propertiesStart, this.propertiesEnd, PropertyPlace.publish);
    if (fault) return fault;
    visitProperties(bytes, this.propertiesStart, this.propertiesEnd, (id, _itemStart, valueStart, itemEnd) => {
      if (id === PropertyId.topicAlias) this.topicAlias = bytes.readUInt16BE(valueStart);
      else if (id === PropertyId.messageExpiryInterval) this.messageExpiryInterval = bytes.readUInt32BE(valueStart);
      else if (id === PropertyId.subscriptionIdentifier) {
        this.subscriptionIdentifiers ??= [];
        this.subscriptionIdentifiers.push(readVarint(bytes, valueStart, itemEnd));
      }
    });
    return undefined;
  }
}

function isPerReceiver(id: number): boolean {
  return (
    id === PropertyId.topicAlias || id === PropertyId.messageExpiryInterval || id === PropertyId.subscriptionIdentifier
  );
}

const R: typeof ReasonCode = ReasonCode;
const tooShort = new Malformed(R.malformedPacket, '', 'PUBLISH is shorter than its parts');
const noPacketId = new Malformed(R.protocolError, 'MQTT-2.2.1-3', 'PUBLISH with packet identifier 0');
const noTopic = new Malformed(R.protocolError, 'MQTT-4.7.3-1', 'PUBLISH with an empty topic');
const noPropertyLength = new Malformed(R.malformedPacket, 'MQTT-2.2.2-1', 'PUBLISH without a valid property length');
const topicWithNul = new Malformed(R.malformedPacket, 'MQTT-1.5.4-2', 'the topic holds a NUL character');
const topicNotUtf8 = new Malformed(R.malformedPacket, 'MQTT-1.5.4-1', 'the topic is not valid UTF-8');
const topicWithWildcard = new Malformed(R.protocolError, 'MQTT-3.3.2-2', 'the topic of a PUBLISH holds a wildcard');
