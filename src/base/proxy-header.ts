// ProxyHeader: the line (version 1) or block (version 2) with which a load balancer begins a connection, to say whose
// it is. Pure: bytes in, facts out. It never throws, and asks for more only as long as what came can still become one.
//
// Bounded: `proxyHeaderBytesMax` for the whole header; version 1 by its own limit of 107 bytes.
import { type Bytes, isUtf8Range, textOfBytes } from '../../protocol/wire/bytes.ts';
import { addressBytes, plainAddress } from './address-range.ts';

/** Longest header taken, in bytes; one with a certificate in it would not fit, names and addresses do. */
export const proxyHeaderBytesMax = 4096;

/** What a header says. */
export interface ProxyHeader {
  /** Bytes of the header; what follows is the client's. */
  readonly length: number;
  /** The client; undefined when the balancer speaks for itself (health checks) or does not know. */
  readonly source: { readonly address: string; readonly port: number } | undefined;
  /** The client speaks TLS with the balancer. */
  readonly isEncrypted: boolean;
  /** The common name in the client's certificate, if the balancer has verified one. */
  readonly commonName: string | undefined;
}

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const lineBytesMax = 107;
const headBytes = 16;
/** By family (none, IPv4, IPv6, Unix): bytes of an address that is shown, and of all addresses and ports together. */
const sizesOfFamily: readonly (readonly [number, number])[] = [
  [0, 0],
  [4, 12],
  [16, 36],
  [0, 216],
];

/** The header that `bytes` begin with; undefined when more is needed; words when it is none. */
export function parseProxyHeader(bytes: Bytes): ProxyHeader | string | undefined {
  const isBlock = signature.every((byte, index) => index >= bytes.length || bytes[index] === byte);
  if (isBlock && bytes.length > 0) return bytes.length < headBytes ? undefined : parseBlock(bytes);
  return parseLine(bytes);
}

/** `PROXY TCP4 192.0.2.1 192.0.2.2 5000 1883\r\n` or `PROXY UNKNOWN ...\r\n`. */
function parseLine(bytes: Bytes): ProxyHeader | string | undefined {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, lineBytesMax));
  const begin = 'PROXY ';
  if (!begin.startsWith(text.slice(0, begin.length))) return 'no PROXY header came';
  const end = text.indexOf('\r\n');
  if (end < 0) return bytes.length < lineBytesMax ? undefined : `a PROXY line of more than ${lineBytesMax} bytes`;
  const length = end + 2;
  const [, family, address = '', , port = '', , ...more] = text.slice(0, end).split(' ');
  const nobody = { length, source: undefined, isEncrypted: false, commonName: undefined };
  if (family === 'UNKNOWN') return nobody;
  const sizes: Readonly<Record<string, number>> = { TCP4: 4, TCP6: 16 };
  const isAddress = addressBytes(address)?.length === (sizes[family ?? ''] ?? 0);
  if (!isAddress || !/^\d{1,5}$/.test(port) || Number(port) > 65_535 || more.length > 0) {
    return 'a PROXY line that cannot be read';
  }
  return { ...nobody, source: { address: plainAddress(address), port: Number(port) } };
}

/** 12 bytes of signature, version and command, family, length of the rest; addresses; values with type and length. */
function parseBlock(bytes: Bytes): ProxyHeader | string | undefined {
  const [version, command] = [(bytes[12] ?? 0) >> 4, (bytes[12] ?? 0) & 0x0f];
  const length = headBytes + bytes.readUInt16BE(14);
  if (version !== 2 || command > 1) return `a PROXY header of version ${version}, command ${command}`;
  if (length > proxyHeaderBytesMax)
    return `a PROXY header of ${length} bytes, at most ${proxyHeaderBytesMax} are taken`;
  if (bytes.length < length) return undefined;
  const nobody = { length, source: undefined, isEncrypted: false, commonName: undefined };
  if (command === 0) return nobody;
  const [addressSize, addressesSize] = sizesOfFamily[(bytes[13] ?? 0) >> 4] ?? [0, 0];
  const valuesAt = headBytes + addressesSize;
  if (valuesAt > length) return 'a PROXY header without the addresses that it promises';
  const source =
    addressSize > 0
      ? {
          address: textOfAddress(bytes.subarray(headBytes, headBytes + addressSize)),
          port: bytes.readUInt16BE(headBytes + 2 * addressSize),
        }
      : undefined;
  const tls = tlsOf(bytes.subarray(valuesAt, length));
  return typeof tls === 'string' ? tls : { length, source, ...tls };
}

const valueTls = 0x20;
const valueCommonName = 0x22;
const clientSpeaksTls = 1;
const clientShowedCertificate = 6;

function tlsOf(values: Bytes): Pick<ProxyHeader, 'isEncrypted' | 'commonName'> | string {
  const found = valuesOf(values);
  if (found === undefined) return 'a PROXY header whose values are cut off';
  const tls = found.get(valueTls);
  if (tls === undefined) return { isEncrypted: false, commonName: undefined };
  if (tls.length < 5) return 'a PROXY header whose TLS values are cut off';
  const inner = valuesOf(tls.subarray(5));
  if (inner === undefined) return 'a PROXY header whose TLS values are cut off';
  const client = tls[0] ?? 0;
  const isVerified = tls.readUInt32BE(1) === 0 && (client & clientShowedCertificate) !== 0;
  const name = isVerified ? inner.get(valueCommonName) : undefined;
  return {
    isEncrypted: (client & clientSpeaksTls) !== 0,
    commonName: name && isUtf8Range(name, 0, name.length) ? textOfBytes(name) : undefined,
  };
}

/** Values by their type, the last one of each; undefined when one is cut off. */
function valuesOf(bytes: Bytes): ReadonlyMap<number, Bytes> | undefined {
  const found = new Map<number, Bytes>();
  let at = 0;
  while (at < bytes.length) {
    if (at + 3 > bytes.length) return undefined;
    const end = at + 3 + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) return undefined;
    found.set(bytes[at] ?? 0, bytes.subarray(at + 3, end));
    at = end;
  }
  return found;
}

function textOfAddress(bytes: Bytes): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
  if (groups.startsWith('0:0:0:0:0:ffff:')) return [...bytes.subarray(12)].join('.');
  // the longest run of zeros is left out, as everybody writes it
  const runs = [...groups.matchAll(/\b0(?::0)+\b/g)].map(([run]) => run);
  const longest = runs.sort((one, two) => two.length - one.length)[0] ?? 'none';
  const [before = '', behind] = groups.split(longest, 2);
  return behind === undefined ? groups : `${before.replace(/:$/, '')}::${behind.replace(/^:/, '')}`;
}
