// FittedPacket: a packet as its receiver can take it. What explains a packet to people, reason string and user
// properties, is left out where it would make the packet larger than the receiver takes; what is too large without it
// cannot be sent at all. Bounded by the receiver's maximum packet size.
import type { Bytes } from '../wire/bytes.ts';
import { encodePacket } from '../wire/codec.ts';
import type { Packet } from '../wire/packets.ts';
import { noProperties, type Properties } from '../wire/properties.ts';
import type { ProtocolVersion } from '../wire/protocol-version.ts';

/** Longest reason string, in UTF-16 units: a detail may quote what a peer sent. */
const reasonLengthMax = 1000;

/**
 * The bytes of a packet, at most `sizeMax`; undefined if it is larger whatever is left out of it [MQTT-3.1.2-24]
 * [MQTT-3.2.2-15] [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1] [MQTT-3.11.2-2]
 * [MQTT-3.14.2-3] [MQTT-3.14.2-4] [MQTT-3.15.2-2] [MQTT-3.15.2-3].
 */
export function fitPacket(packet: Packet, version: ProtocolVersion, sizeMax: number): Bytes | undefined {
  const whole = encodePacket(packet, version);
  if (whole.length <= sizeMax) return whole;
  if (!('properties' in packet)) return undefined;
  const { reasonString: _reason, userProperties: _pairs, ...properties } = packet.properties;
  const bare = encodePacket({ ...packet, properties }, version);
  return bare.length <= sizeMax ? bare : undefined;
}

/** The properties that explain a packet; none where there is nothing to say or the receiver does not want to know. */
export function explanation(detail: string, isWanted: boolean): Properties {
  return isWanted && detail !== '' ? { reasonString: detail.slice(0, reasonLengthMax) } : noProperties;
}

/** What a server says in parting: why, and which server to go to, if there is one. */
export function farewell(detail: string, isWanted: boolean, serverReference: string | undefined): Properties {
  const why = explanation(detail, isWanted);
  return serverReference === undefined ? why : { ...why, serverReference };
}
