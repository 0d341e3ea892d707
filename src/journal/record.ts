// hot path
// Record: what the journal is made of.
//
//   checksum u32 | length u32 | position u32 | type u8, stream u24 | body (length bytes)
//
// The checksum covers everything behind it. `position` is the low half of the place in the journal where the record
// stands, so that a record can be told from bytes that look like one, and found again behind damage. Numbers are
// big-endian. Records of one group end with a commit: without it none of them counts (see `Group`).
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { checksum } from './checksum.ts';

/** Kinds of records. A version that does not know one refuses the journal. */
export const RecordType = {
  /** Ends a group: its number, the last group known to be synced, and the bytes of this one. */
  commit: 1,
  /** Messages of a log stream: first sequence, count, and whatever the owner stores. */
  entry: 2,
  /** Messages of a log stream that are settled: the next sequence, then ranges. */
  settle: 3,
  /** A value of a keyed stream. */
  put: 4,
  /** A key that has no value any more. */
  delete: 5,
  /** The same as an entry, of messages that stand there as the frames in which they came. */
  run: 6,
} as const;

/** One of the kinds. */
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/** Bytes before the body. */
export const recordHeaderBytes = 16;

/** Bytes before what the owner of an entry stores: first sequence u48, count u32, tag u32. */
export const entryHeaderBytes = 14;

/** Bytes of the body of a commit. */
export const commitBodyBytes = 16;

/** Bytes of a range in the body of a settle record. */
export const rangeBytes = 10;

/** The largest body: a message of the largest size that MQTT knows, and what goes with it. */
export const bodyBytesMax = 300_000_000;

/** Writes the header in front of a body that is complete. `start`: where the record begins in `bytes`. */
export function sealRecord(bytes: Bytes, start: number, head: RecordHead, seed: number): void {
  bytes.writeUInt32BE(head.length, start + 4);
  bytes.writeUInt32BE(head.position % 0x1_0000_0000, start + 8);
  bytes.writeUInt32BE(head.type * 0x100_0000 + head.stream, start + 12);
  bytes.writeUInt32BE(checksum(bytes, start + 4, start + recordHeaderBytes + head.length, seed), start);
}

/** The parts of a header. */
export interface RecordHead {
  readonly type: RecordType;
  /** 0 to 16,777,215. */
  readonly stream: number;
  /** Bytes of the body. */
  readonly length: number;
  /** Where the record stands in the journal. */
  readonly position: number;
}

/**
 * Bytes of the record that stands at `start`; 0 if none does, -1 if there may be one but bytes are missing behind
 * `end`.
 */
export function recordLength(bytes: Bytes, start: number, end: number, at: { position: number; seed: number }): number {
  if (end - start < recordHeaderBytes) return -1;
  if (bytes.readUInt32BE(start + 8) !== at.position % 0x1_0000_0000) return 0;
  const length = bytes.readUInt32BE(start + 4);
  if (length > bodyBytesMax) return 0;
  const whole = recordHeaderBytes + length;
  if (start + whole > end) return -1;
  return bytes.readUInt32BE(start) === checksum(bytes, start + 4, start + whole, at.seed) ? whole : 0;
}

/** The kind of the record at `start`: a number that is perhaps none of `RecordType`. */
export function typeOfRecord(bytes: Bytes, start: number): number {
  return bytes[start + 12] ?? 0;
}

/** The stream of the record at `start`. */
export function streamOfRecord(bytes: Bytes, start: number): number {
  return bytes.readUIntBE(start + 13, 3);
}

/**
 * Bytes at the beginning of a body that are never encrypted, so that a journal can be read through quickly; -1 where
 * nothing is.
 */
export function clearBytesOf(type: RecordType): number {
  if (isEntryType(type)) return entryHeaderBytes;
  return type === RecordType.put || type === RecordType.delete ? 0 : -1;
}

/** Whether a record of a kind that is known stands at `start`. */
export function isKnownType(type: number): type is RecordType {
  return type >= RecordType.commit && type <= RecordType.run;
}

/** Whether records of a kind hold messages of a log stream. */
export function isEntryType(type: RecordType): boolean {
  return type === RecordType.entry || type === RecordType.run;
}
