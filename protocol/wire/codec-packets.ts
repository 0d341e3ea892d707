// Objects of mqtt-packet's parser -> packets of Viaduct. The frame was checked
// before, so the objects are complete; the properties come from our own reader,
// which keeps their order.
import type mqttPacket from 'mqtt-packet';
import { bytesOf, bytesOfText, emptyBytes } from './bytes.ts';
import { Malformed } from './malformed.ts';
import { reasonOfReturnCode } from './older-codes.ts';
import { PacketType } from './packet-type.ts';
import type { ConnectPacket, Packet, SubscribeEntry } from './packets.ts';
import type { Properties } from './properties.ts';
import { ProtocolVersion, type Qos } from './protocol-version.ts';
import { ReasonCode } from './reason-code.ts';

/** What the strict check found out about a frame. */
export interface Checked {
  readonly type: PacketType;
  readonly version: ProtocolVersion;
  readonly properties: Properties;
  readonly willProperties: Properties;
}

/** The packet that a parsed object stands for. */
export function fromCodec(object: mqttPacket.Packet, checked: Checked): Packet | Malformed {
  const { properties, version } = checked;
  switch (object.cmd) {
    case 'connect':
      return connectOf(object, checked);
    case 'connack': {
      const code = version === ProtocolVersion.v5 ? object.reasonCode : reasonOfReturnCode(object.returnCode ?? 0);
      return {
        type: PacketType.connack,
        sessionPresent: object.sessionPresent,
        reasonCode: reasonOf(code),
        properties,
      };
    }
    case 'publish': {
      const payload = typeof object.payload === 'string' ? bytesOfText(object.payload) : bytesOf(object.payload);
      const { topic, qos, retain, dup, messageId = 0 } = object;
      return {
        type: PacketType.publish,
        topic,
        payload,
        qos,
        retain,
        dup,
        packetId: qos > 0 ? messageId : 0,
        properties,
      };
    }
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return {
        type: PacketType[object.cmd],
        packetId: idOf(object),
        reasonCode: reasonOf(object.reasonCode),
        properties,
      };
    case 'subscribe':
      return {
        type: PacketType.subscribe,
        packetId: idOf(object),
        entries: object.subscriptions.map(entryOf),
        properties,
      };
    case 'suback': {
      const granted = object.granted.map((code) => reasonOf(Number(code)));
      return { type: PacketType.suback, packetId: idOf(object), reasonCodes: granted, properties };
    }
    case 'unsubscribe':
      return { type: PacketType.unsubscribe, packetId: idOf(object), filters: object.unsubscriptions, properties };
    case 'unsuback': {
      const granted = version === ProtocolVersion.v5 ? (object.granted ?? []).map((code) => reasonOf(code)) : [];
      return { type: PacketType.unsuback, packetId: idOf(object), reasonCodes: granted, properties };
    }
    case 'pingreq':
      return { type: PacketType.pingreq };
    case 'pingresp':
      return { type: PacketType.pingresp };
    default:
      return new Malformed(ReasonCode.malformedPacket, '', 'an unknown packet');
  }
}

function connectOf(object: mqttPacket.IConnectPacket, checked: Checked): ConnectPacket {
  const { will, username, password } = object;
  const payload = will === undefined || typeof will.payload === 'string' ? emptyBytes : bytesOf(will.payload);
  const willPacket = will && {
    topic: will.topic,
    payload,
    qos: will.qos ?? 0,
    retain: will.retain ?? false,
    properties: checked.willProperties,
  };
  return {
    type: PacketType.connect,
    version: checked.version,
    isBridge: 'bridgeMode' in object && object.bridgeMode === true,
    clientId: object.clientId,
    cleanStart: object.clean ?? false,
    keepAlive: object.keepalive ?? 0,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined || password === null ? {} : { password: bytesOf(password) }),
    ...(willPacket ? { will: willPacket } : {}),
    properties: checked.properties,
  };
}

function entryOf(subscription: mqttPacket.ISubscription): SubscribeEntry {
  const handling = subscription.rh;
  return {
    filter: subscription.topic,
    qos: qosOf(subscription.qos),
    noLocal: subscription.nl ?? false,
    retainAsPublished: subscription.rap ?? false,
    retainHandling: handling === 1 || handling === 2 ? handling : 0,
  };
}

function qosOf(qos: number): Qos {
  return qos === 1 || qos === 2 ? qos : 0;
}

function idOf(object: mqttPacket.Packet): number {
  return object.messageId ?? 0;
}

/** The strict check let only listed codes pass; a missing one means success. */
function reasonOf(code: number | undefined): ReasonCode {
  return (code ?? ReasonCode.success) as ReasonCode; // listed: see above
}
