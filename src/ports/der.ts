// Der: what is needed of DER (X.690) to read a certificate and an answer of OCSP: elements with their tags, one after
// the other, and what stands in them. Lengths of up to four bytes; whatever does not fit is a RangeError.
// Bounded by the bytes that are given.

/** One element. */
export interface DerElement {
  readonly tag: number;
  /** What stands in it. */
  readonly value: Uint8Array;
  /** All of it, head included. */
  readonly whole: Uint8Array;
}

/** Tags that are met. */
export const DerTag = {
  integer: 0x02,
  bitString: 0x03,
  octets: 0x04,
  identifier: 0x06,
  enumerated: 0x0a,
  time: 0x18,
  sequence: 0x30,
} as const;

/** The elements that stand side by side in some bytes. Throws RangeError for what is no DER. */
export function derElements(bytes: Uint8Array): readonly DerElement[] {
  const found: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = byteAt(bytes, at);
    const first = byteAt(bytes, at + 1);
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    if (lengthBytes > 4 || first === 0x80) throw new RangeError('a length that DER does not have');
    let length = first < 0x80 ? first : 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + byteAt(bytes, at + 2 + index);
    const from = at + 2 + lengthBytes;
    if (from + length > bytes.length) throw new RangeError('an element is longer than what it stands in');
    found.push({ tag, value: bytes.subarray(from, from + length), whole: bytes.subarray(at, from + length) });
    at = from + length;
  }
  return found;
}

/** The elements in one of some elements, which must have a tag. Throws RangeError where it is not so. */
export function derInside(element: DerElement | undefined, tag: number = DerTag.sequence): readonly DerElement[] {
  if (element?.tag !== tag) throw new RangeError(`expected the tag ${tag}`);
  return derElements(element.value);
}

/** An object identifier as people write it: `1.2.840.10045.4.3.2`. */
export function derIdentifier(element: DerElement | undefined): string {
  if (element?.tag !== DerTag.identifier) throw new RangeError('expected an object identifier');
  const [first = 0, ...rest] = element.value;
  const parts = [Math.min(2, Math.floor(first / 40)), first - 40 * Math.min(2, Math.floor(first / 40))];
  let part = 0;
  for (const byte of rest) {
    part = part * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(part);
      part = 0;
    }
  }
  return parts.join('.');
}

/** A moment, in ms since 1970. */
export function derTime(element: DerElement | undefined): number {
  const text = element?.tag === DerTag.time ? String.fromCharCode(...element.value) : '';
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) throw new RangeError('expected a time');
  const [year = 0, month = 1, ...rest] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError('the bytes end within an element');
  return byte;
}
