// Variable byte integers (5.0 section 1.5.5): 1 to 4 bytes, 7 bits
// each, least significant first, as few bytes as can hold the
// value [MQTT-1.5.5-1].
import type { Bytes } from './bytes.ts';

/** Largest value: four bytes. */
export const varintMax = 268_435_455;

/** How many bytes a value of 0 to 268435455 takes. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x20_0000 ? 3 : 4;
}

/** The value at `start`; -1 if it is not whole before `end`, longer than four bytes, or longer than needed. */
export function readVarint(bytes: Bytes, start: number, end: number): number {
  let value = 0;
  for (let index = 0; index < 4; index++) {
    const byte = bytes[start + index];
    if (byte === undefined || start + index >= end) return -1;
    value += (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return byte === 0 && index > 0 ? -1 : value;
  }
  return -1;
}

/** Writes a value of 0 to 268435455 at `position`. Returns the position behind it. */
export function writeVarint(bytes: Bytes, position: number, value: number): number {
  let rest = value;
  let at = position;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}
