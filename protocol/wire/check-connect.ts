// The strict form of CONNECT and CONNACK: what the standard forbids and the codec would let through. A fault
// is remembered by the reader, the first one counts; nothing is thrown and nothing is allocated for a fault
// that does not occur.
import type { FrameReader } from './frame-reader.ts';
import { reasonOfReturnCode } from './older-codes.ts';
import { PacketType } from './packet-type.ts';
import { PropertyPlace } from './property-names.ts';
import { ProtocolVersion } from './protocol-version.ts';
import { isReasonCodeOf, ReasonCode } from './reason-code.ts';

/**
 * Checks the body of a CONNECT, part by part in their order [MQTT-3.1.3-1]. Returns its version, or undefined when it
 * is none that exists.
 */
export function checkConnect(reader: FrameReader): ProtocolVersion | undefined {
  const version = checkProtocol(reader);
  if (version === undefined) return undefined;
  const flags = reader.uint8('connect flags');
  checkFlags(reader, flags, version);
  // what follows stands in this order [MQTT3-3.1.3-1]
  reader.uint16('keep alive');
  if (version === ProtocolVersion.v5) reader.properties(PropertyPlace.connect);
  // [MQTT-3.1.3-3] [MQTT-3.1.3-4] [MQTT3-3.1.3-3] [MQTT3-3.1.3-4]; of any length and letters [MQTT-3.1.3-5]
  const clientId = reader.text('client identifier');
  checkClientId(reader, clientId, (flags & 2) !== 0, version);
  if ((flags & 4) !== 0) {
    // [MQTT-3.1.2-9] [MQTT-3.1.3-11] [MQTT3-3.1.2-9] [MQTT3-3.1.3-10]
    if (version === ProtocolVersion.v5) reader.properties(PropertyPlace.will);
    reader.topicName('will topic', false);
    reader.binary('will payload');
  }
  // [MQTT-3.1.2-17] [MQTT-3.1.3-12] [MQTT3-3.1.2-19] [MQTT3-3.1.3-11]
  if (isThere(reader, flags & 0x80, version)) reader.text('user name'); // [MQTT31-5] of any length
  if (isThere(reader, flags & 0x40, version)) reader.binary('password'); // [MQTT-3.1.2-19] [MQTT3-3.1.2-21]
  // [MQTT-3.1.2-16] [MQTT-3.1.2-18] [MQTT3-3.1.2-18] [MQTT3-3.1.2-20] [MQTT3-3.1.2-11] nothing that no flag announced
  reader.expect(reader.rest === 0, `${reader.rest} bytes too many`);
  return version;
}

/** Whether what a flag announced is to be read: in 3.1 the end of the packet goes before the flag [MQTT31-4]. */
function isThere(reader: FrameReader, flag: number, version: ProtocolVersion): boolean {
  const isAbsent = version === ProtocolVersion.v31 && reader.rest === 0;
  if (isAbsent) reader.absentFlags |= flag;
  return flag !== 0 && !isAbsent;
}

/**
 * Protocol name and level: MQIsdp with 3, MQTT with 4 or 5 [MQTT31-1] [MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT3-3.1.2-1]
 * [MQTT3-3.1.2-2].
 */
function checkProtocol(reader: FrameReader): ProtocolVersion | undefined {
  const name = reader.text('protocol name');
  const level = reader.uint8('protocol level');
  const unsupported = ReasonCode.unsupportedProtocolVersion;
  // The detail goes back to the peer as a reason string: a name of any length has no place in it.
  const shown = name.length <= 10 ? `'${name}'` : `of ${name.length} characters`;
  reader.expect(name === 'MQTT' || name === 'MQIsdp', `protocol name ${shown}`, 'MQTT-3.1.2-1', unsupported);
  if (reader.fault) return undefined;
  const plain = level === 0x83 || level === 0x84 ? level & 0x7f : level;
  if (name === 'MQIsdp' && plain === ProtocolVersion.v31) return ProtocolVersion.v31;
  if (name === 'MQTT' && plain === ProtocolVersion.v311) return ProtocolVersion.v311;
  if (name === 'MQTT' && level === ProtocolVersion.v5) return ProtocolVersion.v5;
  reader.expect(false, `protocol '${name}' with level ${level}`, 'MQTT-3.1.2-2', unsupported);
  return undefined;
}

function checkFlags(reader: FrameReader, flags: number, version: ProtocolVersion): void {
  const hasWill = (flags & 4) !== 0;
  const willQos = (flags >> 3) & 3;
  reader.expect((flags & 1) === 0, 'the reserved connect flag is set', 'MQTT-3.1.2-3'); // [MQTT3-3.1.2-3]
  reader.expect(willQos < 3, 'will QoS 3', 'MQTT-3.1.2-12'); // [MQTT3-3.1.2-14]
  reader.expect(hasWill || willQos === 0, 'a will QoS without a will', 'MQTT-3.1.2-11'); // [MQTT3-3.1.2-13]
  reader.expect(hasWill || (flags & 0x20) === 0, 'will retain without a will', 'MQTT-3.1.2-13'); // [MQTT3-3.1.2-15]
  const isPasswordAlone = (flags & 0xc0) === 0x40;
  // [MQTT3-3.1.2-22]
  reader.expect(version === ProtocolVersion.v5 || !isPasswordAlone, 'a password without user name', 'MQTT3-3.1.2-22');
}

/** From 3.1.1 on every client id is taken that has a character [MQTT3-3.1.3-5]. */
function checkClientId(reader: FrameReader, clientId: string, isClean: boolean, version: ProtocolVersion): void {
  const refused = ReasonCode.clientIdentifierNotValid;
  if (version === ProtocolVersion.v31) {
    reader.expect(clientId !== '', 'MQTT 3.1 needs a client identifier', 'MQTT31-3', refused);
  }
  if (version === ProtocolVersion.v311) {
    // [MQTT3-3.1.3-7] [MQTT3-3.1.3-8]
    reader.expect(
      clientId !== '' || isClean,
      'an empty client identifier needs clean session 1',
      'MQTT3-3.1.3-8',
      refused,
    );
  }
}

/** Checks the body of a CONNACK [MQTT-3.2.2-1] [MQTT-3.2.2-6] [MQTT-3.2.2-8] [MQTT3-3.2.2-4]. */
export function checkConnack(reader: FrameReader, version: ProtocolVersion): void {
  // In 3.1 the byte of the flags is reserved: a value there means nothing [MQTT31-8].
  const flags = reader.uint8('acknowledge flags') & (version === ProtocolVersion.v31 ? 0 : 0xff);
  reader.expect(flags <= 1, `acknowledge flags ${flags}`, 'MQTT-3.2.2-1');
  const code = reader.uint8('reason code');
  const isKnown =
    version === ProtocolVersion.v5 ? isReasonCodeOf(PacketType.connack, code) : reasonOfReturnCode(code) !== undefined;
  reader.expect(isKnown, `unknown code ${code}`, 'MQTT-3.2.2-8');
  const isSound = flags === 0 || code === 0;
  reader.expect(isSound, 'a refusal with session present', 'MQTT-3.2.2-6', ReasonCode.protocolError);
  if (version === ProtocolVersion.v5) reader.properties(PropertyPlace.connack);
  reader.expect(reader.rest === 0, `${reader.rest} bytes too many`);
}
