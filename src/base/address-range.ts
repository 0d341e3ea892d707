// AddressRange: networks as people write them, `10.0.0.0/8`, `fd00::/8` or one
// address, and whether an address lies in one. An IPv4 address that came over a
// dual-stack socket (`::ffff:10.1.2.3`) is the same as the IPv4 address.

/** A network. */
export interface AddressRange {
  /** 4 or 16 bytes. */
  readonly bytes: readonly number[];
  /** How many bits of them count. */
  readonly bits: number;
}

/** The network that `text` means; undefined when it means none. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const match = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text.trim());
  const bytes = match?.[1] === undefined ? undefined : addressBytes(match[1]);
  if (bytes === undefined) return undefined;
  const bits = match?.[2] === undefined ? bytes.length * 8 : Number(match[2]);
  return bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

/** Whether an address lies in one of several networks; what is no address lies in none. */
export function isInRanges(address: string, ranges: readonly AddressRange[]): boolean {
  const bytes = addressBytes(plainAddress(address));
  return bytes !== undefined && ranges.some((range) => isIn(bytes, range));
}

/** An address as it is shown: IPv4 without the IPv6 around it. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** The 4 or 16 bytes of an address; undefined when it is none. */
export function addressBytes(text: string): readonly number[] | undefined {
  return text.includes(':') ? bytesOfIpv6(text) : bytesOfIpv4(text);
}

function isIn(bytes: readonly number[], range: AddressRange): boolean {
  if (bytes.length !== range.bytes.length) return false;
  return range.bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, range.bits - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((bytes[index] ?? 0) & mask);
  });
}

function bytesOfIpv4(text: string): readonly number[] | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** Groups of 16 bits, of which `::` once leaves out those that are 0; the last two may be an IPv4 address. */
function bytesOfIpv6(text: string): readonly number[] | undefined {
  const last = text.slice(text.lastIndexOf(':') + 1);
  const tail = last.includes('.') ? bytesOfIpv4(last) : [];
  if (tail === undefined) return undefined;
  const rest = last.includes('.') ? text.slice(0, text.lastIndexOf(':') + 1).replace(/([^:]):$/, '$1') : text;
  const halves = rest.split('::');
  const [before, behind = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (halves.length > 2 || before === undefined) return undefined;
  const groups = [...before, ...behind];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const missing = 16 - tail.length - 2 * groups.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  const bytesOf = (some: readonly string[]): readonly number[] =>
    some.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
  return [...bytesOf(before), ...Array.from({ length: missing }, () => 0), ...bytesOf(behind), ...tail];
}
