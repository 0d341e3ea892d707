// Codec: control packets <-> bytes, through mqtt-packet, which this file alone knows. What mqtt-packet lets through is
// refused before it sees it (check-packet.ts); what it loses (order of user properties) or gets wrong (short forms,
// sizes) is done here. Decoding never throws; encoding throws RangeError for what the caller did wrong, and never
// truncates.
import mqttPacket from 'mqtt-packet';
import { allocateBytes, type Bytes, copyOfBytes, joinBytes } from './bytes.ts';
import { checkPacket } from './check-packet.ts';
import { toCodec } from './codec-objects.ts';
import { fromCodec } from './codec-packets.ts';
import { allocateHeader, headerLength } from './fixed-header.ts';
import { type BlockRead, FrameReader } from './frame-reader.ts';
import { Malformed } from './malformed.ts';
import { PacketType, packetName, requiredFlags } from './packet-type.ts';
import type { AckPacket, AuthPacket, ConnectPacket, DisconnectPacket, Packet } from './packets.ts';
import { noProperties } from './properties.ts';
import { writeProperties } from './property-block.ts';
import { PropertyPlace } from './property-names.ts';
import { ProtocolVersion } from './protocol-version.ts';
import { ReasonCode } from './reason-code.ts';
import { shortAnswer } from './short-answers.ts';

// Its cache of 65,536 packet ids costs 11 to 17 MB and is never needed here.
mqttPacket.writeToStream.cacheNumbers = false;

/**
 * The packet in `frame`, exactly one frame with its fixed header, or what is wrong with it. CONNECT decides its own
 * version.
 */
export function decodePacket(frame: Bytes, version: ProtocolVersion): Packet | Malformed {
  const first = frame[0] ?? 0;
  const bodyStart = headerLength(frame);
  if (bodyStart < 0 || first >> 4 === 0) return new Malformed(ReasonCode.malformedPacket, '', 'not one whole packet');
  // 1 to 15 are all of PacketType
  const type = (first >> 4) as PacketType;
  const reader = new FrameReader(frame, bodyStart, frame.length, packetName(type));
  const connectVersion = checkPacket(type, first & 0x0f, reader, version);
  if (reader.fault) return reader.fault;
  const properties = reader.blocks.at(0)?.properties ?? noProperties;
  const willProperties = reader.blocks.find((block) => block.place === PropertyPlace.will)?.properties ?? noProperties;
  if (type === PacketType.disconnect || type === PacketType.auth) {
    // mqtt-packet refuses or misreads legal forms: without a reason code, and with some of them. This one is listed.
    const reasonCode = frame.length === bodyStart ? ReasonCode.success : (frame[bodyStart] as ReasonCode);
    return { type, reasonCode, properties };
  }
  const plain = (connectVersion ?? version) === ProtocolVersion.v31 ? plainV31(frame, type, reader.absentFlags) : frame;
  const parsed = parsers[connectVersion ?? version].parse(plain);
  if (parsed instanceof Malformed) return parsed;
  return fromCodec(parsed, { type, version: connectVersion ?? version, properties, willProperties });
}

/** The bytes of a packet. Throws RangeError if it cannot be written: too long, out of bounds, not in this version. */
export function encodePacket(packet: Packet, version: ProtocolVersion): Bytes {
  const written = packet.type === PacketType.connect ? packet.version : version;
  if (written === ProtocolVersion.v5 && isTailed(packet)) return encodeTailed(packet);
  const short = shortAnswer(packet, written);
  if (short !== undefined) return short;
  const generated = generate(toCodec(packet, written), written);
  const isAmended = packet.type === PacketType.connect && written === ProtocolVersion.v5;
  const bare = isAmended ? amendConnect(generated, packet) : generated;
  const blocks = checkWritten(bare, written);
  return written === ProtocolVersion.v5 ? withProperties(bare, blocks, packet) : bare;
}

/**
 * What mqtt-packet does not know of 3.1: user name and password that were announced and are missing [MQTT31-4], and a
 * CONNACK whose first byte means nothing [MQTT31-8]. A copy without them, or the frame itself.
 */
function plainV31(frame: Bytes, type: PacketType, absentFlags: number): Bytes {
  const isConnack = type === PacketType.connack;
  if (absentFlags === 0 && !isConnack) return frame;
  const plain = copyOfBytes(frame);
  const flags = headerLength(frame) + (isConnack ? 0 : 9); // CONNECT: behind MQIsdp and its level
  plain[flags] = isConnack ? 0 : (plain[flags] ?? 0) & ~absentFlags;
  return plain;
}

/**
 * A parser of mqtt-packet, which is used again while it is at the beginning of a packet: to make one costs more than to
 * parse a packet with it.
 */
class PlainParser {
  readonly #settings: { readonly protocolVersion: number };
  #parser: mqttPacket.Parser;
  #packet: mqttPacket.Packet | undefined;
  #error: Error | undefined;

  constructor(version: ProtocolVersion) {
    this.#settings = { protocolVersion: version };
    this.#parser = this.#made();
  }

  /** The packet of a frame, or what was wrong. Nothing of it is left here then. */
  parse(frame: Bytes): mqttPacket.Packet | Malformed {
    let left = 0;
    try {
      left = this.#parser.parse(frame);
    } catch (reason) {
      this.#error ??= reason instanceof Error ? reason : new Error(String(reason));
    }
    const [packet, error] = [this.#packet, this.#error];
    this.#packet = undefined;
    this.#error = undefined;
    if (packet === undefined || error !== undefined || left > 0) {
      this.#parser = this.#made();
      return new Malformed(ReasonCode.malformedPacket, '', error?.message ?? 'not one whole packet');
    }
    // a CONNECT becomes the settings for what follows on its connection, which is another one here
    if (packet.cmd === 'connect') Reflect.set(this.#parser, 'settings', this.#settings);
    return packet;
  }

  #made(): mqttPacket.Parser {
    const parser = mqttPacket.parser(this.#settings);
    parser.on('packet', (packet: mqttPacket.Packet) => {
      this.#packet = packet;
    });
    parser.on('error', (reason: Error) => {
      this.#error ??= reason;
    });
    return parser;
  }
}

/** One for each version there is; between two calls there is nothing of a packet in them. */
const parsers = {
  [ProtocolVersion.v31]: new PlainParser(ProtocolVersion.v31),
  [ProtocolVersion.v311]: new PlainParser(ProtocolVersion.v311),
  [ProtocolVersion.v5]: new PlainParser(ProtocolVersion.v5),
} as const;

function generate(object: mqttPacket.Packet, version: ProtocolVersion): Bytes {
  try {
    return mqttPacket.generate(object, { protocolVersion: version });
  } catch (reason) {
    const detail = reason instanceof Error ? reason.message : String(reason);
    throw new RangeError(`${object.cmd} cannot be written: ${detail}`, { cause: reason });
  }
}

/**
 * Reads what mqtt-packet wrote as strictly as what a peer sends: it writes much that it may not. Returns the blocks.
 */
function checkWritten(frame: Bytes, version: ProtocolVersion): readonly BlockRead[] {
  const first = frame[0] ?? 0;
  // it wrote one of the types that it was given
  const type = (first >> 4) as PacketType;
  const reader = new FrameReader(frame, headerLength(frame), frame.length, packetName(type));
  checkPacket(type, first & 0x0f, reader, version);
  const { fault, blocks } = reader;
  if (fault) throw new RangeError(fault.detail);
  return blocks;
}

/** Puts the packet's properties in place of the empty blocks that mqtt-packet wrote: every property, in its order. */
function withProperties(bare: Bytes, blocks: readonly BlockRead[], packet: Packet): Bytes {
  const parts: Bytes[] = [];
  const bodyStart = headerLength(bare);
  let position = bodyStart;
  for (const block of blocks) {
    const isWill = block.place === PropertyPlace.will;
    const properties = isWill && 'will' in packet ? packet.will?.properties : propertiesOf(packet);
    parts.push(bare.subarray(position, block.start), writeProperties(properties ?? noProperties, block.place));
    position = block.end;
  }
  parts.push(bare.subarray(position));
  const body = joinBytes(parts);
  return joinBytes([allocateHeader(bare[0] ?? 0, body.length), body]);
}

/**
 * Two legal forms of CONNECT 5.0 that mqtt-packet does not write: clean start 0 with an empty client id, and a password
 * without user name [MQTT-3.1.2-19]. It was given clean start 1 and an empty user name instead; this takes both back.
 */
function amendConnect(bare: Bytes, packet: ConnectPacket): Bytes {
  const { cleanStart, username, password } = packet;
  const bodyStart = headerLength(bare);
  const flags = bodyStart + 7; // behind the protocol's name and level
  if (!cleanStart) bare[flags] = (bare[flags] ?? 0) & ~0x02;
  if (password === undefined || username !== undefined) return bare;
  bare[flags] = (bare[flags] ?? 0) & ~0x80;
  // two bytes of an empty name, then the password behind its length
  const nameStart = bare.length - password.length - 4;
  const body = joinBytes([bare.subarray(bodyStart, nameStart), bare.subarray(nameStart + 2)]);
  return joinBytes([allocateHeader(bare[0] ?? 0, body.length), body]);
}

type Tailed = AckPacket | DisconnectPacket | AuthPacket;

function isTailed(packet: Packet): packet is Tailed {
  return 'reasonCode' in packet && packet.type !== PacketType.connack;
}

/**
 * The 5.0 packets that end in a reason code and properties, both left out when there is nothing to say: mqtt-packet
 * writes only the long form, and deletes properties from the caller's object when it finds the packet too large.
 */
function encodeTailed(packet: Tailed): Bytes {
  const hasProperties = Object.keys(packet.properties).length > 0;
  const tail = allocateBytes(1);
  tail[0] = packet.reasonCode;
  const parts: Bytes[] = [];
  if ('packetId' in packet) parts.push(packetIdBytes(packet.packetId));
  if (hasProperties || packet.reasonCode !== ReasonCode.success) parts.push(tail);
  if (hasProperties) parts.push(writeProperties(packet.properties, placeOf(packet)));
  const body = joinBytes(parts);
  return joinBytes([allocateHeader((packet.type << 4) | requiredFlags(packet.type), body.length), body]);
}

function placeOf(packet: Tailed): PropertyPlace {
  if (packet.type === PacketType.disconnect) return PropertyPlace.disconnect;
  return packet.type === PacketType.auth ? PropertyPlace.auth : PropertyPlace.ack;
}

function packetIdBytes(packetId: number): Bytes {
  if (!Number.isInteger(packetId) || packetId < 1 || packetId > 0xffff) {
    throw new RangeError(`the packet identifier is ${packetId}, 1 to 65535 are allowed`);
  }
  const bytes = allocateBytes(2);
  bytes.writeUInt16BE(packetId, 0);
  return bytes;
}

function propertiesOf(packet: Packet): Parameters<typeof writeProperties>[0] {
  return 'properties' in packet ? packet.properties : noProperties;
}
