// Packets of Viaduct -> objects of mqtt-packet's generator, which trusts them blindly: everything that it
// would truncate, misread or choke on is refused here with a RangeError that names it. Properties are left
// out; the codec puts them in.
import type mqttPacket from 'mqtt-packet';
import { type Bytes, byteLengthOfText } from './bytes.ts';
import { returnCodeOf } from './older-codes.ts';
import { PacketType } from './packet-type.ts';
import type { ConnectPacket, Packet, SubscribePacket } from './packets.ts';
import { ProtocolVersion } from './protocol-version.ts';
import { isFailure, type ReasonCode } from './reason-code.ts';

/** The generator's object for a packet. Throws RangeError for what cannot be written. */
export function toCodec(packet: Packet, version: ProtocolVersion): mqttPacket.Packet {
  switch (packet.type) {
    case PacketType.connect:
      return connectObject(packet);
    case PacketType.connack:
      return version === ProtocolVersion.v5
        ? { cmd: 'connack', sessionPresent: packet.sessionPresent, reasonCode: packet.reasonCode, properties: {} }
        : {
            cmd: 'connack',
            sessionPresent: packet.sessionPresent && version !== ProtocolVersion.v31, // [MQTT31-7]
            returnCode: returnCodeOf(packet.reasonCode),
          };
    case PacketType.publish: {
      const { qos, retain, dup, payload } = packet;
      const topic = text('topic', packet.topic);
      if (topic === '' && packet.properties.topicAlias === undefined) throw new RangeError('the topic is empty');
      const alias = topic === '' ? { topicAlias: 1 } : {};
      return {
        cmd: 'publish',
        topic,
        payload,
        qos,
        retain,
        dup: dup && qos > 0, // [MQTT-3.3.1-2] [MQTT3-3.3.1-2]
        ...(qos > 0 ? { messageId: identifier(packet.packetId) } : {}),
        ...(version === ProtocolVersion.v5 ? { properties: alias } : {}),
      };
    }
    case PacketType.puback:
      return { cmd: 'puback', messageId: identifier(packet.packetId) };
    case PacketType.pubrec:
      return { cmd: 'pubrec', messageId: identifier(packet.packetId) };
    case PacketType.pubrel:
      return { cmd: 'pubrel', messageId: identifier(packet.packetId) };
    case PacketType.pubcomp:
      return { cmd: 'pubcomp', messageId: identifier(packet.packetId) };
    case PacketType.subscribe:
      return subscribeObject(packet, version);
    case PacketType.suback: {
      const granted = packet.reasonCodes.map((code) => grantedCode(code, version));
      return { cmd: 'suback', messageId: identifier(packet.packetId), granted, ...emptyProperties(version) };
    }
    case PacketType.unsubscribe: {
      if (packet.filters.length === 0) throw new RangeError('UNSUBSCRIBE needs a topic filter');
      const unsubscriptions = packet.filters.map((filter) => text('topic filter', filter));
      const messageId = identifier(packet.packetId);
      return { cmd: 'unsubscribe', messageId, unsubscriptions, ...emptyProperties(version) };
    }
    case PacketType.unsuback: {
      const granted = version === ProtocolVersion.v5 ? [...packet.reasonCodes] : [];
      return { cmd: 'unsuback', messageId: identifier(packet.packetId), granted, ...emptyProperties(version) };
    }
    case PacketType.pingreq:
      return { cmd: 'pingreq' };
    case PacketType.pingresp:
      return { cmd: 'pingresp' };
    case PacketType.disconnect:
      return { cmd: 'disconnect' };
    case PacketType.auth:
      if (version !== ProtocolVersion.v5) throw new RangeError('AUTH exists in 5.0 only');
      return { cmd: 'auth', reasonCode: packet.reasonCode };
    default: {
      const never: never = packet;
      return never;
    }
  }
}

function connectObject(packet: ConnectPacket): mqttPacket.IConnectPacket {
  const { version, will, username, password, keepAlive } = packet;
  if (!Number.isInteger(keepAlive) || keepAlive < 0 || keepAlive > 0xffff) {
    throw new RangeError(`the keep alive is ${keepAlive}, 0 to 65535 seconds are allowed`);
  }
  const isV5 = version === ProtocolVersion.v5;
  // [MQTT3-3.1.2-22]
  if (!isV5 && password !== undefined && username === undefined) throw new RangeError('a password needs a user name');
  const willObject = will && {
    topic: text('will topic', will.topic),
    payload: binary('will payload', will.payload),
    qos: will.qos,
    retain: will.retain,
    ...(isV5 ? { properties: {} } : {}),
  };
  const object = {
    cmd: 'connect' as const,
    protocolId: version === ProtocolVersion.v31 ? ('MQIsdp' as const) : ('MQTT' as const),
    protocolVersion: version,
    bridgeMode: packet.isBridge && !isV5,
    clientId: text('client identifier', packet.clientId),
    clean: packet.cleanStart || (isV5 && packet.clientId === ''), // see `amendConnect`
    keepalive: keepAlive,
    ...(willObject ? { will: willObject } : {}),
    ...(username === undefined && password === undefined ? {} : { username: text('user name', username ?? '') }),
    ...(password === undefined ? {} : { password: binary('password', password) }),
    ...(isV5 ? { properties: {} } : {}),
  };
  return object; // with `bridgeMode`, which the generator knows and its types do not
}

function subscribeObject(packet: SubscribePacket, version: ProtocolVersion): mqttPacket.ISubscribePacket {
  if (packet.entries.length === 0) throw new RangeError('SUBSCRIBE needs a topic filter');
  const subscriptions = packet.entries.map((entry) => ({
    topic: text('topic filter', entry.filter),
    qos: entry.qos,
    nl: entry.noLocal,
    rap: entry.retainAsPublished,
    rh: entry.retainHandling,
  }));
  return { cmd: 'subscribe', messageId: identifier(packet.packetId), subscriptions, ...emptyProperties(version) };
}

function emptyProperties(version: ProtocolVersion): { properties?: object } {
  return version === ProtocolVersion.v5 ? { properties: {} } : {};
}

/** 3.1.1 knows one failure, 0x80; 3.1 knows none, so the caller must not let one come here. */
function grantedCode(code: ReasonCode, version: ProtocolVersion): number {
  return version !== ProtocolVersion.v5 && isFailure(code) ? 0x80 : code;
}

function identifier(packetId: number): number {
  if (Number.isInteger(packetId) && packetId >= 1 && packetId <= 0xffff) return packetId;
  throw new RangeError(`the packet identifier is ${packetId}, 1 to 65535 are allowed`);
}

/** What has no UTF-8. */
const loneSurrogate = /\p{Surrogate}/u;

/** Strings as the standard wants them [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT3-1.5.3-1] [MQTT3-1.5.3-2]. */
function text(what: string, value: string): string {
  const length = byteLengthOfText(value);
  if (length > 0xffff) throw new RangeError(`the ${what} is ${length} bytes long, at most 65535 are allowed`);
  if (value.includes('\0')) throw new RangeError(`the ${what} holds a NUL character`);
  if (loneSurrogate.test(value)) throw new RangeError(`the ${what} holds half of a surrogate pair`);
  return value;
}

function binary(what: string, value: Bytes): Bytes {
  if (value.length > 0xffff)
    throw new RangeError(`the ${what} is ${value.length} bytes long, at most 65535 are allowed`);
  return value;
}
