// SegmentHeader: the first 72 bytes of a segment file. They say of which journal and version it is, and from which
// place of the journal on it holds records. A segment that begins where an older one has already been written makes
// what is there void: so a failed sync and a torn tail are left behind without touching the old file.
//
//   'VIADUCT\n' | version u16 | flags u16 | number u32 | start f64 | journal id 16 | salt 16 | generation u32 |
//   key check u32 | reserved u32 | checksum u32
import { allocateBytes, type Bytes, bytesOfText, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { StorageError } from '../base/errors.ts';
import { checksum } from './checksum.ts';

/** The version that is written, and the latest that is read. */
export const formatVersion = 1;

/** Bytes of a header. */
export const segmentHeaderBytes = 72;

/** What a header says. */
export interface SegmentHeader {
  /** 1 and up, never used again. */
  readonly number: number;
  /** The place in the journal of the first record. */
  readonly start: number;
  /** 16 bytes of chance, the same in all segments of a journal. */
  readonly journalId: Bytes;
  /** 16 bytes of chance, anew for each time that the journal is opened. */
  readonly salt: Bytes;
  /** How often the journal has been opened. */
  readonly generation: number;
  /** Tells whether a key is the right one; 0 where nothing is encrypted. */
  readonly keyCheck: number;
}

const magic = bytesOfText('VIADUCT\n');
const encryptedFlag = 1;

/** The bytes of a header. */
export function encodeSegmentHeader(header: SegmentHeader): Bytes {
  const bytes = allocateBytes(segmentHeaderBytes).fill(0);
  magic.copy(bytes, 0);
  bytes.writeUInt16BE(formatVersion, 8);
  bytes.writeUInt16BE(header.keyCheck === 0 ? 0 : encryptedFlag, 10);
  bytes.writeUInt32BE(header.number, 12);
  bytes.writeDoubleBE(header.start, 16);
  header.journalId.copy(bytes, 24);
  header.salt.copy(bytes, 40);
  bytes.writeUInt32BE(header.generation, 56);
  bytes.writeUInt32BE(header.keyCheck, 60);
  bytes.writeUInt32BE(checksum(bytes, 0, 68, 0), 68);
  return bytes;
}

/**
 * Reads a header; undefined where it is damaged or was never written whole. Throws StorageError `FORMAT` for a version
 * that is not known here.
 */
export function decodeSegmentHeader(bytes: Bytes, path: string): SegmentHeader | undefined {
  if (bytes.length < segmentHeaderBytes || bytes.compare(magic, 0, magic.length, 0, magic.length) !== 0)
    return undefined;
  if (bytes.readUInt32BE(68) !== checksum(bytes, 0, 68, 0)) return undefined;
  const version = bytes.readUInt16BE(8);
  if (version > formatVersion) {
    const text = `${path} has version ${version} of the format, this program knows ${formatVersion}: use a newer one`;
    throw new StorageError('FORMAT', path, text);
  }
  return {
    number: bytes.readUInt32BE(12),
    start: bytes.readDoubleBE(16),
    journalId: copyOfBytes(bytes, 24, 40),
    salt: copyOfBytes(bytes, 40, 56),
    generation: bytes.readUInt32BE(56),
    keyCheck: bytes.readUInt32BE(60),
  };
}

/** The seed of the checksums of a journal's records. */
export function seedOf(journalId: Bytes): number {
  return checksum(journalId, 0, journalId.length, 0);
}

/** The name of a segment's file. */
export function segmentName(number: number): string {
  return `${String(number).padStart(10, '0')}.seg`;
}

/** The number in a segment's name; 0 for other files. */
export function numberOfSegment(name: string): number {
  return Number(/^(\d{10})\.seg$/.exec(name)?.[1] ?? 0);
}
