// RefusedConnect: in which version a client is answered whose CONNECT could not be read. The level byte
// is looked for where it would be; a client above 5.0 is expected to understand the answer of 5.0, all
// others that of 3.1.1.
import type { Bytes } from '../wire/bytes.ts';
import { headerLength } from '../wire/fixed-header.ts';
import { ProtocolVersion } from '../wire/protocol-version.ts';

/** The version in which a CONNACK answers the CONNECT in `frame`. */
export function connackVersion(frame: Bytes): ProtocolVersion {
  const bodyStart = headerLength(frame);
  if (bodyStart < 0 || bodyStart + 2 > frame.length) return ProtocolVersion.v311;
  const level = frame[bodyStart + 2 + frame.readUInt16BE(bodyStart)] ?? 0;
  return level >= ProtocolVersion.v5 && level < 0x80 ? ProtocolVersion.v5 : ProtocolVersion.v311;
}
