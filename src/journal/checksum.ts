// Checksum: CRC-32 of a range of bytes, by the implementation that comes with Node. It is a pure function, and the
// only thing that the journal takes from outside of the ports; the seed ties records to their journal, so that bytes
// of an older one that the file system leaves in a fresh file are never taken for its own.
import { crc32 } from 'node:zlib';
import type { Bytes } from '../../protocol/wire/bytes.ts';

/** The CRC-32 of `bytes[start..end)`, begun with a seed. */
export function checksum(bytes: Bytes, start: number, end: number, seed: number): number {
  return crc32(bytes.subarray(start, end), seed);
}
