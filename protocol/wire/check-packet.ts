// The strict form of every packet: what its body must look like in each version.
// `checkPacket` walks it once and says what is wrong, before the codec sees it. CONNECT and
// CONNACK have a file of their own.
import { checkConnack, checkConnect } from './check-connect.ts';
import type { FrameReader } from './frame-reader.ts';
import { PacketType } from './packet-type.ts';
import { noProperties } from './properties.ts';
import { PropertyPlace } from './property-names.ts';
import { ProtocolVersion } from './protocol-version.ts';
import { isReasonCodeOf, ReasonCode } from './reason-code.ts';

/**
 * Walks the body of a packet; the reader holds the fault and the property blocks afterwards. Returns CONNECT's version.
 */
export function checkPacket(
  type: PacketType,
  flags: number,
  reader: FrameReader,
  version: ProtocolVersion,
): ProtocolVersion | undefined {
  switch (type) {
    case PacketType.connect:
      return checkConnect(reader);
    case PacketType.connack:
      checkConnack(reader, version);
      break;
    case PacketType.publish:
      checkPublish(reader, flags, version);
      break;
    case PacketType.puback:
    case PacketType.pubrec:
    case PacketType.pubrel:
    case PacketType.pubcomp:
      reader.packetId();
      checkReason(type, reader, version, PropertyPlace.ack);
      break;
    case PacketType.subscribe:
      checkSubscribe(reader, version);
      break;
    case PacketType.unsubscribe:
      checkUnsubscribe(reader, version);
      break;
    case PacketType.suback:
    case PacketType.unsuback:
      checkSubscriptionAck(type, reader, version);
      break;
    case PacketType.pingreq:
    case PacketType.pingresp:
      reader.expect(reader.rest === 0, `${reader.rest} bytes too many`);
      break;
    case PacketType.disconnect:
      checkReason(type, reader, version, PropertyPlace.disconnect);
      break;
    case PacketType.auth:
      reader.expect(version === ProtocolVersion.v5, 'exists in 5.0 only', '', ReasonCode.protocolError);
      checkReason(type, reader, version, PropertyPlace.auth);
      break;
    default: {
      const never: never = type;
      return never;
    }
  }
  return undefined;
}

function checkPublish(reader: FrameReader, flags: number, version: ProtocolVersion): void {
  const qos = (flags >> 1) & 3;
  const topic = reader.topicName('topic', true);
  if (qos > 0) reader.packetId();
  const { topicAlias } = version === ProtocolVersion.v5 ? reader.properties(PropertyPlace.publish) : noProperties;
  const hasTopic = topic !== '' || topicAlias !== undefined;
  reader.expect(hasTopic, 'neither topic nor topic alias', 'MQTT-4.7.3-1', ReasonCode.protocolError);
  reader.skipRest();
}

/** Reason code and properties at the end: both may be missing in 5.0, and do not exist in 3.x. */
function checkReason(type: PacketType, reader: FrameReader, version: ProtocolVersion, place: PropertyPlace): void {
  if (version === ProtocolVersion.v5 && reader.rest > 0) {
    const code = reader.uint8('reason code');
    // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-3.14.2-1] [MQTT-3.15.2-1]
    reader.expect(isReasonCodeOf(type, code), `unknown reason code ${code}`, '', ReasonCode.protocolError);
    if (reader.rest > 0) reader.properties(place);
  }
  reader.expect(reader.rest === 0, `${reader.rest} bytes too many`);
}

function checkSubscribe(reader: FrameReader, version: ProtocolVersion): void {
  reader.packetId();
  if (version === ProtocolVersion.v5) reader.properties(PropertyPlace.subscribe);
  // [MQTT-3.8.3-2] [MQTT3-3.8.3-3]
  reader.expect(reader.rest > 0, 'no topic filter', 'MQTT-3.8.3-2', ReasonCode.protocolError);
  while (reader.rest > 0 && !reader.fault) {
    const filter = reader.text('topic filter'); // [MQTT-3.8.3-1] [MQTT3-3.8.3-1]
    reader.expect(filter !== '', 'an empty topic filter', 'MQTT-4.7.3-1');
    const options = reader.uint8('subscription options');
    checkOptions(reader, filter, options, version);
  }
}

function checkOptions(reader: FrameReader, filter: string, options: number, version: ProtocolVersion): void {
  const isV5 = version === ProtocolVersion.v5;
  reader.expect((options & 3) !== 3, 'QoS 3', 'MQTT-3.8.3-5', ReasonCode.protocolError);
  reader.expect(
    (options & (isV5 ? 0xc0 : 0xfc)) === 0,
    'reserved option bits',
    isV5 ? 'MQTT-3.8.3-5' : 'MQTT3-3.8.3-4',
  );
  if (!isV5) return;
  reader.expect((options & 0x30) !== 0x30, 'retain handling 3', '', ReasonCode.protocolError);
  const isSharedNoLocal = (options & 4) !== 0 && filter.startsWith('$share/');
  // [MQTT-3.8.3-4]
  reader.expect(!isSharedNoLocal, 'no-local on a shared subscription', 'MQTT-3.8.3-4', ReasonCode.protocolError);
}

function checkUnsubscribe(reader: FrameReader, version: ProtocolVersion): void {
  reader.packetId();
  if (version === ProtocolVersion.v5) reader.properties(PropertyPlace.unsubscribe);
  // [MQTT-3.10.3-2] [MQTT3-3.10.3-2]
  reader.expect(reader.rest > 0, 'no topic filter', 'MQTT-3.10.3-2', ReasonCode.protocolError);
  while (reader.rest > 0 && !reader.fault) {
    const filter = reader.text('topic filter'); // [MQTT-3.10.3-1] [MQTT3-3.10.3-1]
    reader.expect(filter !== '', 'an empty topic filter', 'MQTT-4.7.3-1');
  }
}

/**
 * SUBACK and UNSUBACK: at least one listed code [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT3-3.9.3-2]; 3.x UNSUBACK has none.
 */
function checkSubscriptionAck(type: PacketType, reader: FrameReader, version: ProtocolVersion): void {
  const isV5 = version === ProtocolVersion.v5;
  reader.packetId();
  if (isV5) reader.properties(PropertyPlace.suback);
  if (!isV5 && type === PacketType.unsuback) {
    reader.expect(reader.rest === 0, `${reader.rest} bytes too many`);
    return;
  }
  reader.expect(reader.rest > 0, 'no reason code', '', ReasonCode.protocolError);
  while (reader.rest > 0 && !reader.fault) {
    const code = reader.uint8('reason code');
    // 3.1 does not name it, but its servers send it
    const isKnown = isV5 ? isReasonCodeOf(type, code) : code <= 2 || code === 0x80;
    reader.expect(isKnown, `unknown reason code ${code}`, 'MQTT-3.9.3-2', ReasonCode.protocolError);
  }
}
