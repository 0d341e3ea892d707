// The control packets as plain data, one interface a packet, discriminated by `type`. These are for the control path
// (CONNECT, SUBSCRIBE, DISCONNECT ...) and for tests. PUBLISH and its acknowledgements travel as bytes: see
// `publish-view.ts`, `publish-head.ts` and `ack-frame.ts`; the interfaces here are their slow, readable twins.
import type { Bytes } from './bytes.ts';
import type { PacketType } from './packet-type.ts';
import type { Properties } from './properties.ts';
import type { ProtocolVersion, Qos } from './protocol-version.ts';
import type { ReasonCode } from './reason-code.ts';

/** The message that the broker publishes when a client vanishes (5.0 section 3.1.2.5). */
export interface Will {
  readonly topic: string;
  readonly payload: Bytes;
  readonly qos: Qos;
  readonly retain: boolean;
  /** Will properties, the will delay interval among them; empty for 3.x. */
  readonly properties: Properties;
}

/** Client to server, first on every connection. */
export interface ConnectPacket {
  readonly type: typeof PacketType.connect;
  readonly version: ProtocolVersion;
  /** The bridge bit (0x80) of the level byte, a convention of 3.x bridges. */
  readonly isBridge: boolean;
  readonly clientId: string;
  /** Clean start in 5.0, clean session in 3.x. */
  readonly cleanStart: boolean;
  /** Seconds, 0 to 65535; 0 turns keep-alive off. */
  readonly keepAlive: number;
  readonly username?: string;
  readonly password?: Bytes;
  readonly will?: Will;
  readonly properties: Properties;
}

/** Server to client, the answer to CONNECT. In 3.x the reason code stands for the return code. */
export interface ConnackPacket {
  readonly type: typeof PacketType.connack;
  readonly sessionPresent: boolean;
  readonly reasonCode: ReasonCode;
  readonly properties: Properties;
}

/** A message, either way. */
export interface PublishPacket {
  readonly type: typeof PacketType.publish;
  /** Empty only in 5.0 with a topic alias. */
  readonly topic: string;
  readonly payload: Bytes;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 1 to 65535 for QoS 1 and 2; 0 for QoS 0, which has none. */
  readonly packetId: number;
  readonly properties: Properties;
}

/** The four packets that acknowledge a PUBLISH. 3.x has no reason code: it is `success` there. */
export interface AckPacket {
  readonly type:
    | typeof PacketType.puback
    | typeof PacketType.pubrec
    | typeof PacketType.pubrel
    | typeof PacketType.pubcomp;
  readonly packetId: number;
  readonly reasonCode: ReasonCode;
  readonly properties: Properties;
}

/** One entry of SUBSCRIBE. The three options behind `qos` exist in 5.0 only; 3.x reads as false, false, 0. */
export interface SubscribeEntry {
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
}

/** Client to server. */
export interface SubscribePacket {
  readonly type: typeof PacketType.subscribe;
  readonly packetId: number;
  /** At least one. */
  readonly entries: readonly SubscribeEntry[];
  readonly properties: Properties;
}

/** Server to client: one reason code for each entry, in the same order. 3.1 has no failure code. */
export interface SubackPacket {
  readonly type: typeof PacketType.suback;
  readonly packetId: number;
  readonly reasonCodes: readonly ReasonCode[];
  readonly properties: Properties;
}

/** Client to server. */
export interface UnsubscribePacket {
  readonly type: typeof PacketType.unsubscribe;
  readonly packetId: number;
  /** At least one. */
  readonly filters: readonly string[];
  readonly properties: Properties;
}

/** Server to client. 3.x carries no reason codes: the list is empty there. */
export interface UnsubackPacket {
  readonly type: typeof PacketType.unsuback;
  readonly packetId: number;
  readonly reasonCodes: readonly ReasonCode[];
  readonly properties: Properties;
}

/** Client to server: are you there? */
export interface PingreqPacket {
  readonly type: typeof PacketType.pingreq;
}

/** Server to client: yes. */
export interface PingrespPacket {
  readonly type: typeof PacketType.pingresp;
}

/** Client to server in all versions, server to client in 5.0. 3.x has no reason code: it is `success` there. */
export interface DisconnectPacket {
  readonly type: typeof PacketType.disconnect;
  readonly reasonCode: ReasonCode;
  readonly properties: Properties;
}

/** Either way, 5.0 only. */
export interface AuthPacket {
  readonly type: typeof PacketType.auth;
  readonly reasonCode: ReasonCode;
  readonly properties: Properties;
}

/** Any control packet. */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AckPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingreqPacket
  | PingrespPacket
  | DisconnectPacket
  | AuthPacket;
