// LegalPackets: which packet may arrive at whom, and when. A table instead of questions all over the machines.
//
//   server  before CONNECT: CONNECT only    challenged: AUTH, DISCONNECT    connected: all but a second CONNECT
//   client  before CONNACK: CONNACK, AUTH                                   connected: all but a second CONNACK
//
// Whether AUTH fits to what was agreed on is judged by the authentication of either side.
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
  PacketType.auth,
]);

const fromServer: ReadonlySet<number> = new Set([
  ...both,
  PacketType.suback,
  PacketType.unsuback,
  PacketType.pingresp,
  PacketType.disconnect,
  PacketType.auth,
]);

/** How far a connection at a server is. */
export type ServerPhase = 'awaiting' | 'challenged' | 'connected';

/** What is wrong with a packet of `type` arriving at a server. */
export function faultAtServer(type: number, phase: ServerPhase): Malformed | undefined {
  if (phase === 'awaiting') {
    if (type === PacketType.connect) return undefined;
    return wrong('MQTT-3.1.0-1', `${packetName(type)} came before CONNECT`); // [MQTT-3.1.0-1] [MQTT3-3.1.0-1]
  }
  if (phase === 'challenged') {
    if (type === PacketType.auth || type === PacketType.disconnect) return undefined;
    return wrong('MQTT-3.1.2-30', `${packetName(type)} came before authentication was over`); // [MQTT-3.1.2-30]
  }
  if (type === PacketType.connect) return wrong('MQTT-3.1.0-2', 'a second CONNECT came'); // [MQTT3-3.1.0-2]
  return fromClient.has(type) ? undefined : wrong('', `${packetName(type)} is not for clients to send here`);
}

/** What is wrong with a packet of `type` arriving at a client. */
export function faultAtClient(type: number, isConnected: boolean, version: ProtocolVersion): Malformed | undefined {
  if (!isConnected) {
    if (type === PacketType.connack || (type === PacketType.auth && version === ProtocolVersion.v5)) return undefined;
    return wrong('MQTT-3.2.0-1', `${packetName(type)} came before CONNACK`); // [MQTT3-3.2.0-1]
  }
  if (type === PacketType.connack) return wrong('MQTT-3.2.0-2', 'a second CONNACK came');
  const isOfV5 = type === PacketType.disconnect || type === PacketType.auth;
  const isLegal = fromServer.has(type) && (!isOfV5 || version === ProtocolVersion.v5);
  return isLegal ? undefined : wrong('', `${packetName(type)} is not for servers to send here`);
}

function wrong(statement: string, detail: string): Malformed {
  return new Malformed(ReasonCode.protocolError, statement, detail);
}
