// LegalPackets: which packet may arrive at whom, and when. A table instead of questions all over the machines.
//
//   server  before CONNECT: CONNECT only     connected: all a client may send, but no second CONNECT
//   client  before CONNACK: CONNACK only     connected: all a server may send, but no second CONNACK
import { Malformed } from '../wire/malformed.ts';
import { PacketType, packetName } from '../wire/packet-type.ts';
import { ProtocolVersion } from '../wire/protocol-version.ts';
import { ReasonCode } from '../wire/reason-code.ts';

const both: readonly number[] = [
  PacketType.publish,
  PacketType.puback,
  PacketType.pubrec,
  PacketType.pubrel,
  PacketType.pubcomp,
];

const fromClient: ReadonlySet<number> = new Set([
  ...both,
  PacketType.subscribe,
  PacketType.unsubscribe,
  PacketType.pingreq,
  PacketType.disconnect,
]);

const fromServer: ReadonlySet<number> = new Set([
  ...both,
  PacketType.suback,
  PacketType.unsuback,
  PacketType.pingresp,
  PacketType.disconnect,
]);

/** What is wrong with a packet of `type` arriving at a server. */
export function faultAtServer(type: number, isConnected: boolean): Malformed | undefined {
  if (!isConnected) {
    if (type === PacketType.connect) return undefined;
    return wrong('MQTT-3.1.0-1', `${packetName(type)} came before CONNECT`); // [MQTT-3.1.0-1] [MQTT3-3.1.0-1]
  }
  if (type === PacketType.connect) return wrong('MQTT-3.1.0-2', 'a second CONNECT came'); // [MQTT3-3.1.0-2]
  return fromClient.has(type) ? undefined : wrong('', `${packetName(type)} is not for clients to send here`);
}

/** What is wrong with a packet of `type` arriving at a client. */
export function faultAtClient(type: number, isConnected: boolean, version: ProtocolVersion): Malformed | undefined {
  if (!isConnected) {
    if (type === PacketType.connack) return undefined;
    return wrong('MQTT-3.2.0-1', `${packetName(type)} came before CONNACK`); // [MQTT3-3.2.0-1]
  }
  if (type === PacketType.connack) return wrong('MQTT-3.2.0-2', 'a second CONNACK came');
  const isLegal = fromServer.has(type) && (type !== PacketType.disconnect || version === ProtocolVersion.v5);
  return isLegal ? undefined : wrong('', `${packetName(type)} is not for servers to send here`);
}

function wrong(statement: string, detail: string): Malformed {
  return new Malformed(ReasonCode.protocolError, statement, detail);
}
