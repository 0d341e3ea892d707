// RefusedConnect: whether and in which version a client is answered whose CONNECT could not be read. The level byte
// is looked for where it would be; a client above 5.0 is expected to understand the answer of 5.0, all
// others that of 3.1.1.
import type { Bytes } from '../wire/bytes.ts';
import { headerLength } from '../wire/fixed-header.ts';
import type { Malformed } from '../wire/malformed.ts';
import { ProtocolVersion } from '../wire/protocol-version.ts';
import { ReasonCode } from '../wire/reason-code.ts';

/**
 * The version in which a CONNACK tells a client what is wrong with the CONNECT in `frame`: always in 5.0, of levels and
 * identifiers also in 3.x; undefined when it hears nothing [MQTT3-3.1.4-1] [MQTT3-3.2.2-6], as when the protocol's name
 * is none of MQTT [MQTT3-3.1.2-1].
 */
export function answerVersion(fault: Malformed, frame: Bytes): ProtocolVersion | undefined {
  const version = connackVersion(frame);
  const isTold =
    version === ProtocolVersion.v5 ||
    fault.statement === 'MQTT-3.1.2-2' || // [MQTT3-3.1.2-2]: MQTT, but of an unknown level
    fault.reasonCode === ReasonCode.clientIdentifierNotValid; // [MQTT3-3.1.3-8] [MQTT3-3.1.3-9]
  return isTold ? version : undefined;
}

function connackVersion(frame: Bytes): ProtocolVersion {
  const bodyStart = headerLength(frame);
  if (bodyStart < 0 || bodyStart + 2 > frame.length) return ProtocolVersion.v311;
  const level = frame[bodyStart + 2 + frame.readUInt16BE(bodyStart)] ?? 0;
  return level >= ProtocolVersion.v5 && level < 0x80 ? ProtocolVersion.v5 : ProtocolVersion.v311;
}
