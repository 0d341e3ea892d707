// Fixed header: the one byte of type and flags and the remaining length that
// open every packet. Bounded by the standard: at most five bytes, for bodies of
// up to 268,435,455 bytes.
import { allocateBytes, type Bytes } from './bytes.ts';
import { readVarint, varintMax, varintSize, writeVarint } from './varint.ts';

/** Length of the fixed header of `frame`; -1 if the frame is not exactly one whole packet. */
export function headerLength(frame: Bytes): number {
  const length = readVarint(frame, 1, frame.length);
  if (length < 0) return -1;
  const header = 1 + varintSize(length);
  return header + length === frame.length ? header : -1;
}

/** A fixed header with `first` as its first byte, for a body of `length` bytes. Throws RangeError beyond 268435455. */
export function allocateHeader(first: number, length: number): Bytes {
  if (length > varintMax) throw new RangeError(`a packet of ${length} bytes cannot be written, at most ${varintMax}`);
  const header = allocateBytes(1 + varintSize(length));
  header[0] = first;
  writeVarint(header, 1, length);
  return header;
}
