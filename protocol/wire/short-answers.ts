// ShortAnswer: what a server of 3.x says most often, CONNACK, SUBACK, UNSUBACK and PINGRESP, written here: of two to a
// few bytes each, of which a generator makes objects, a stream and a second look at its own work. Only what is right
// beyond doubt is written; everything else is left to the codec, which says what is wrong with it.
//
// Bounded: SUBACK of at most `codesMax` codes, so that its length takes one byte.
import { allocateBytes, type Bytes } from './bytes.ts';
import { returnCodeOf } from './older-codes.ts';
import { PacketType } from './packet-type.ts';
import type { Packet } from './packets.ts';
import { ProtocolVersion } from './protocol-version.ts';

const codesMax = 125;

/** The bytes of a short answer; undefined for everything that the codec has to look at. */
export function shortAnswer(packet: Packet, version: ProtocolVersion): Bytes | undefined {
  if (version === ProtocolVersion.v5) return undefined;
  switch (packet.type) {
    case PacketType.connack: {
      const isPresent = packet.sessionPresent && version === ProtocolVersion.v311; // [MQTT31-7]
      const returnCode = returnCodeOf(packet.reasonCode);
      if (isPresent && returnCode !== 0) return undefined;
      return frame(packet.type, isPresent ? 1 : 0, returnCode);
    }
    case PacketType.suback:
      return isIdentifier(packet.packetId) ? suback(packet.packetId, packet.reasonCodes, version) : undefined;
    case PacketType.unsuback:
      return isIdentifier(packet.packetId)
        ? frame(packet.type, packet.packetId >> 8, packet.packetId & 0xff)
        : undefined;
    case PacketType.pingresp:
      return frame(packet.type);
    default:
      return undefined;
  }
}

function suback(packetId: number, codes: readonly number[], version: ProtocolVersion): Bytes | undefined {
  const codeMax = 2;
  const failure = 0x80; // 3.1 has none
  const isKnown = (code: number): boolean =>
    (code >= 0 && code <= codeMax) || (code === failure && version === ProtocolVersion.v311);
  if (codes.length === 0 || codes.length > codesMax || !codes.every(isKnown)) return undefined;
  return frame(PacketType.suback, packetId >> 8, packetId & 0xff, ...codes);
}

function frame(type: PacketType, ...body: readonly number[]): Bytes {
  const bytes = allocateBytes(2 + body.length);
  bytes[0] = type << 4;
  bytes[1] = body.length;
  for (const [index, byte] of body.entries()) bytes[2 + index] = byte;
  return bytes;
}

function isIdentifier(packetId: number): boolean {
  return Number.isInteger(packetId) && packetId >= 1 && packetId <= 0xffff;
}
