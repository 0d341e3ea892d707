// Bytes: the one name for binary data in Viaduct, and the only file of `protocol/` that knows Node's Buffer.
// Everything that needs allocation, text conversion or comparison of bytes goes through these functions, so that
// another runtime needs one file changed. Reads and writes of numbers use the methods of Bytes itself.
import { Buffer, isUtf8 } from 'node:buffer';

/** Binary data: a chunk from a socket, a frame, a payload, or a part (a view) of one of these. */
export type Bytes = Buffer;

/** No bytes at all, shared; its length is 0 so nobody can write to it. */
export const emptyBytes: Bytes = Buffer.alloc(0);

/** New bytes of `size`, in memory of their own, with undefined content: the caller writes every one of them. */
export function allocateBytes(size: number): Bytes {
  return Buffer.allocUnsafeSlow(size);
}

/** The UTF-8 form of `text`, in new bytes. A lone surrogate becomes U+FFFD, as in every encoder. */
export function bytesOfText(text: string): Bytes {
  return Buffer.from(text, 'utf8');
}

/** How many bytes `text` takes in UTF-8, without encoding it. */
export function byteLengthOfText(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** The text of a range of valid UTF-8 bytes; call `isUtf8Range` first on anything that came from a peer. */
export function textOfBytes(bytes: Bytes, start = 0, end: number = bytes.length): string {
  return bytes.toString('utf8', start, end);
}

/** Whether a range of bytes is valid UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. */
export function isUtf8Range(bytes: Bytes, start: number, end: number): boolean {
  return isUtf8(bytes.subarray(start, end));
}

/** The base64 form of bytes. */
export function base64OfBytes(bytes: Bytes): string {
  return bytes.toString('base64');
}

/** The bytes of a text in base64, padded, without line ends; undefined where it is none. */
export function bytesOfBase64(text: string): Bytes | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** The same memory as `source`, as Bytes: nothing is copied. */
export function bytesOf(source: Uint8Array): Bytes {
  return Buffer.isBuffer(source) ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
}

/** A copy of a range of bytes in memory of its own: it pins nothing of the source. */
export function copyOfBytes(source: Bytes, start = 0, end: number = source.length): Bytes {
  const copy = allocateBytes(end - start);
  source.copy(copy, 0, start, end);
  return copy;
}

/** All parts one after the other, in new bytes. */
export function joinBytes(parts: readonly Bytes[]): Bytes {
  return Buffer.concat(parts);
}
