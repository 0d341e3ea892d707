// A digest of a payload, short enough to be remembered for each topic: its length and two hashes (FNV-1a and a
// multiplicative one) of 32 bits: one in 2^64 that a change is not seen. No protection against whoever means harm.
// Bounded: a text of at most 30 characters.
import type { Bytes } from '../../protocol/wire/bytes.ts';

/** The digest of a payload. */
export function digestOf(payload: Bytes): string {
  let one = 0x811c9dc5;
  let other = 0x9e3779b9;
  for (let index = 0; index < payload.length; index++) {
    const byte = payload[index] ?? 0;
    one = Math.imul(one ^ byte, 0x01000193);
    other = Math.imul(other + byte, 0x85ebca6b) ^ (other >>> 13);
  }
  return `${payload.length}:${one >>> 0}:${other >>> 0}`;
}
