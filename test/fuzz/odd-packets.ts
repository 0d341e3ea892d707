// OddPackets: the packet level. Packets of any type that the codec agrees to write, in the direction that is theirs,
// with values that are usual, at the edge, or odd. What it does not agree to write is left to the byte level.
import { type Bytes, bytesOfText } from '../../protocol/wire/bytes.ts';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { ConnectPacket, Packet, PublishPacket, SubscribeEntry } from '../../protocol/wire/packets.ts';
import type { Properties } from '../../protocol/wire/properties.ts';
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import { type ReasonCode, ReasonCode as Reasons } from '../../protocol/wire/reason-code.ts';
import type { Chance } from '../kit/chance.ts';

const topics = ['a', 'a/b', 'a/b/c', 'a//b', '/', 'b', '$SYS/x', 'ä/ö', 'x'.repeat(300), 'up/1', 'down/1'];
const filters = ['#', 'a/#', '+', '+/b', 'a/+/c', '$share/g/a/#', '$share/g/#', 'a', '$SYS/#', '/', 'down/#'];
const clientIds = ['a', 'b', 'c', '', 'x'.repeat(40)];
const reasons = Object.values(Reasons);

const qosOf = (chance: Chance): Qos => chance.pick([0, 1, 2]);
const idOf = (chance: Chance): number => (chance.isTrue(0.9) ? chance.int(1, 5) : chance.pick([1, 1000, 65_535]));

/** Some properties of a packet, of those that it may carry. */
function some(chance: Chance, all: Properties): Properties {
  return Object.fromEntries(Object.entries(all).filter(() => chance.isTrue(0.25)));
}

function publishProperties(chance: Chance): Properties {
  return some(chance, {
    payloadFormatIndicator: chance.pick([0, 1]),
    messageExpiryInterval: chance.pick([0, 1, 3600, 0xffff_ffff]),
    topicAlias: chance.pick([1, 2, 3, 100, 65_535]),
    responseTopic: chance.pick(topics),
    correlationData: chance.bytes(4),
    contentType: 'text',
    userProperties: [['k', 'v']],
  });
}

function connectOf(chance: Chance, version: ProtocolVersion): ConnectPacket {
  const isV5 = version === ProtocolVersion.v5;
  const properties = some(chance, {
    sessionExpiryInterval: chance.pick([0, 1, 30, 0xffff_ffff]),
    receiveMaximum: chance.pick([1, 2, 10, 65_535]),
    maximumPacketSize: chance.pick([1, 20, 100, 268_435_460]),
    topicAliasMaximum: chance.pick([0, 1, 5, 65_535]),
    requestProblemInformation: chance.isTrue(0.5),
    requestResponseInformation: chance.isTrue(0.5),
    userProperties: [['k', 'v']],
    ...(chance.isTrue(0.1) ? { authenticationMethod: 'odd' } : {}),
  });
  const willProperties = some(chance, { willDelayInterval: chance.pick([0, 1, 100]), messageExpiryInterval: 1 });
  const will = {
    topic: chance.pick(topics),
    payload: chance.bytes(chance.int(0, 20)),
    qos: qosOf(chance),
    retain: chance.isTrue(0.3),
    properties: isV5 ? willProperties : {},
  };
  return {
    type: PacketType.connect,
    version,
    isBridge: !isV5 && chance.isTrue(0.1),
    clientId: chance.pick(clientIds),
    cleanStart: chance.isTrue(0.5),
    keepAlive: chance.pick([0, 0, 1, 10, 65_535]),
    ...(chance.isTrue(0.2) ? { username: 'u', password: bytesOfText('p') } : {}),
    ...(chance.isTrue(0.3) ? { will } : {}),
    properties: isV5 ? properties : {},
  };
}

function publishOf(chance: Chance, version: ProtocolVersion): PublishPacket {
  const qos = qosOf(chance);
  const properties = version === ProtocolVersion.v5 && chance.isTrue(0.4) ? publishProperties(chance) : {};
  return {
    type: PacketType.publish,
    topic: properties.topicAlias !== undefined && chance.isTrue(0.4) ? '' : chance.pick(topics),
    payload: chance.bytes(chance.isTrue(0.95) ? chance.int(0, 30) : chance.int(1000, 9000)),
    qos,
    retain: chance.isTrue(0.2),
    dup: qos > 0 && chance.isTrue(0.2),
    packetId: qos === 0 ? 0 : idOf(chance),
    properties,
  };
}

function ackOf(chance: Chance, version: ProtocolVersion): Packet {
  const isV5 = version === ProtocolVersion.v5;
  const reasonCode: ReasonCode = isV5 && chance.isTrue(0.3) ? chance.pick([0x10, 0x80, 0x87, 0x92, 0x97]) : 0;
  const type = chance.pick([PacketType.puback, PacketType.pubrec, PacketType.pubrel, PacketType.pubcomp]);
  return { type, packetId: idOf(chance), reasonCode, properties: {} };
}

function entryOf(chance: Chance, version: ProtocolVersion): SubscribeEntry {
  const isV5 = version === ProtocolVersion.v5;
  return {
    filter: chance.pick(filters),
    qos: qosOf(chance),
    noLocal: isV5 && chance.isTrue(0.2),
    retainAsPublished: isV5 && chance.isTrue(0.3),
    retainHandling: isV5 ? chance.pick([0, 1, 2]) : 0,
  };
}

function disconnectOf(chance: Chance, version: ProtocolVersion): Packet {
  const isV5 = version === ProtocolVersion.v5;
  const properties = isV5 ? some(chance, { sessionExpiryInterval: chance.pick([0, 10]), reasonString: 'r' }) : {};
  return {
    type: PacketType.disconnect,
    reasonCode: isV5 ? chance.pick(reasons) : 0,
    properties,
  };
}

type Maker = (chance: Chance, version: ProtocolVersion) => Packet;

const toServer: readonly Maker[] = [
  publishOf,
  publishOf,
  publishOf,
  ackOf,
  ackOf,
  connectOf,
  disconnectOf,
  () => ({ type: PacketType.pingreq }),
  (chance, version) => {
    const isNamed = version === ProtocolVersion.v5 && chance.isTrue(0.3);
    const properties = isNamed ? { subscriptionIdentifiers: [chance.pick([1, 7, 268_435_455])] } : {};
    const entries = Array.from({ length: chance.int(1, 3) }, () => entryOf(chance, version));
    return { type: PacketType.subscribe, packetId: idOf(chance), entries, properties };
  },
  (chance) => ({
    type: PacketType.unsubscribe,
    packetId: idOf(chance),
    filters: [chance.pick(filters), chance.pick(filters)],
    properties: {},
  }),
  (chance) => ({ type: PacketType.auth, reasonCode: chance.pick([0, 0x18, 0x19]), properties: {} }),
];

const toClient: readonly Maker[] = [
  publishOf,
  publishOf,
  ackOf,
  ackOf,
  disconnectOf,
  connackOf,
  () => ({ type: PacketType.pingresp }),
  (chance) => ({
    type: PacketType.suback,
    packetId: idOf(chance),
    reasonCodes: Array.from({ length: chance.int(1, 3) }, () => chance.pick<ReasonCode>([0, 1, 2, 0x80])),
    properties: {},
  }),
  (chance, version) => ({
    type: PacketType.unsuback,
    packetId: idOf(chance),
    reasonCodes: version === ProtocolVersion.v5 ? [chance.pick<ReasonCode>([0, 0x11, 0x80])] : [],
    properties: {},
  }),
  (chance) => ({ type: PacketType.auth, reasonCode: chance.pick([0, 0x18]), properties: {} }),
];

function connackOf(chance: Chance, version: ProtocolVersion): Packet {
  const isV5 = version === ProtocolVersion.v5;
  const reasonCode: ReasonCode = chance.isTrue(0.8) ? 0 : isV5 ? chance.pick([0x85, 0x87, 0x88, 0x9f]) : 0x84;
  const properties = some(chance, {
    sessionExpiryInterval: chance.pick([0, 10]),
    receiveMaximum: chance.pick([1, 2, 65_535]),
    maximumQos: chance.pick([0, 1]),
    retainAvailable: chance.isTrue(0.5),
    maximumPacketSize: chance.pick([1, 30, 1000]),
    topicAliasMaximum: chance.pick([0, 1, 10, 65_535]),
    serverKeepAlive: chance.pick([0, 1, 100]),
    assignedClientIdentifier: 'assigned',
    wildcardSubscriptionAvailable: chance.isTrue(0.5),
  });
  return {
    type: PacketType.connack,
    sessionPresent: reasonCode === 0 && chance.isTrue(0.3),
    reasonCode,
    properties: isV5 ? properties : {},
  };
}

/** What opens a conversation: CONNECT to a server, CONNACK to a client. */
export function openingPacket(to: 'server' | 'client', chance: Chance, version: ProtocolVersion): Bytes {
  return written(to === 'server' ? connectOf : connackOf, chance, version);
}

/** Any packet. */
export function oddPacket(to: 'server' | 'client', chance: Chance, version: ProtocolVersion): Bytes {
  return written(chance.pick(to === 'server' ? toServer : toClient), chance, version);
}

/** The bytes of a packet; another one if the codec does not write it. */
function written(maker: Maker, chance: Chance, version: ProtocolVersion): Bytes {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      return encodePacket(maker(chance, version), version);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return encodePacket({ type: to(maker) }, version);
}

/** Packets that can always be written. */
function to(maker: Maker): typeof PacketType.pingreq | typeof PacketType.pingresp {
  return toServer.includes(maker) ? PacketType.pingreq : PacketType.pingresp;
}
