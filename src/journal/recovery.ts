// Recovery: from the files of a journal to its state. Nothing is written here.
//
// All segments but the last are safe as a whole, and of the last one all groups up to the number that a later commit
// names. There, damage is damage: the record is put aside and everything else counts. Behind that, a group is as the
// crash has left it: whole, or it was promised to nobody and the journal ends before it. A last group whose damage
// does not look like a write that was cut off (zeros, a missing end) was whole once, and counts.
import { type Bytes, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { StorageError } from '../base/errors.ts';
import type { Disk, DiskFile } from '../ports/ports.ts';
import { type RecordCipher, RecordCiphers } from './cipher.ts';
import type { Damage, JournalListener } from './journal-status.ts';
import {
  clearBytesOf,
  commitBodyBytes,
  isKnownType,
  RecordType,
  recordHeaderBytes,
  streamOfRecord,
  typeOfRecord,
} from './record.ts';
import { Replay } from './replay.ts';
import {
  decodeSegmentHeader,
  numberOfSegment,
  type SegmentHeader,
  seedOf,
  segmentHeaderBytes,
  segmentName,
} from './segment-header.ts';
import { type Gap, isAllZero, type ReadGroup, SegmentReader } from './segment-reader.ts';
import { type Segment, Segments } from './segments.ts';

/** What recovery is to read. */
export interface RecoveryTerms {
  readonly disk: Disk;
  readonly directory: string;
  readonly key: Bytes | undefined;
  readonly listener: JournalListener;
  /** Open the files for reading only. */
  readonly isReadOnly: boolean;
}

/** What was found. */
export interface Recovered {
  readonly segments: Segments;
  readonly replay: Replay;
  readonly ciphers: RecordCiphers;
  /** Undefined: there was no journal. */
  readonly journalId: Bytes | undefined;
  readonly generation: number;
  readonly lastNumber: number;
  /** The place behind the last record that counts. */
  readonly end: number;
  readonly damaged: number;
  /** Records of groups that count. */
  readonly records: number;
  /** Files that hold nothing that counts. */
  readonly voidPaths: readonly string[];
  /**
   * Groups at the end that may be in the memory of the system only, after a sync that failed for good: the content of
   * the last segment, whose file is to be made. Empty when read only.
   */
  readonly tail: readonly Bytes[];
}

interface Found {
  readonly path: string;
  readonly file: DiskFile;
  readonly header: SegmentHeader;
}

/** Reads a journal; an empty directory is an empty journal. */
export function recover(terms: RecoveryTerms): Promise<Recovered> {
  return new Recovery(terms).run();
}

class Recovery {
  readonly #terms: RecoveryTerms;
  readonly #segments: Segments;
  readonly #replay: Replay;
  readonly #ciphers: RecordCiphers;
  readonly #voidPaths: string[] = [];
  readonly #tail: Bytes[] = [];
  #seed = 0;
  #damaged = 0;
  #records = 0;
  #bytesRead = 0;
  #bytesTotal = 0;
  #lastNumber = 0;

  constructor(terms: RecoveryTerms) {
    this.#terms = terms;
    this.#segments = new Segments(terms.disk, terms.directory);
    this.#replay = new Replay(this.#segments);
    this.#ciphers = new RecordCiphers(terms.key);
  }

  async run(): Promise<Recovered> {
    const found = await this.#findSegments();
    const [first] = found;
    this.#seed = first === undefined ? 0 : seedOf(first.header.journalId);
    let end = first?.header.start ?? 0;
    for (const [index, one] of found.entries()) {
      const limit = Math.min(...found.slice(index + 1).map(({ header }) => header.start));
      if (limit <= one.header.start) {
        // everything in it was written again elsewhere
        this.#voidPaths.push(one.path);
        await one.file.close();
        continue;
      }
      end = await this.#readSegment(one, limit);
    }
    return {
      segments: this.#segments,
      replay: this.#replay,
      ciphers: this.#ciphers,
      journalId: first?.header.journalId,
      generation: Math.max(0, ...found.map(({ header }) => header.generation)),
      lastNumber: this.#lastNumber,
      end,
      damaged: this.#damaged,
      records: this.#records,
      voidPaths: this.#voidPaths,
      tail: this.#tail,
    };
  }

  async #findSegments(): Promise<readonly Found[]> {
    const { disk, directory, isReadOnly } = this.#terms;
    const found: Found[] = [];
    const names = (await disk.list(directory)).map(({ name }) => name).filter((name) => numberOfSegment(name) > 0);
    for (const name of names) {
      this.#lastNumber = numberOfSegment(name);
      const path = `${directory}/${name}`;
      const file = await disk.open(path, isReadOnly ? 'read' : 'append');
      const header = decodeSegmentHeader(await file.read(0, segmentHeaderBytes), path);
      const isLast = name === names.at(-1);
      const previous = found.at(-1);
      if (header !== undefined) this.#checkHeader(header, path, previous);
      if (header === undefined && (isLast || previous === undefined || file.size <= segmentHeaderBytes)) {
        if (file.size > segmentHeaderBytes) this.#damage(path, 0, file.size, 'the header cannot be read');
        this.#voidPaths.push(path);
        await file.close();
        continue;
      }
      this.#bytesTotal += file.size;
      found.push({ path, file, header: header ?? (await this.#guessHeader(found, path, numberOfSegment(name))) });
    }
    return found;
  }

  /** A header is damaged: what it said follows from the segments around it. */
  async #guessHeader(found: readonly Found[], path: string, number: number): Promise<SegmentHeader> {
    this.#damage(path, 0, segmentHeaderBytes, 'the header cannot be read: it is concluded from the segment before');
    const before = found.at(-1);
    if (before === undefined) throw new StorageError('FORMAT', path, `${path} is no segment of a journal`);
    this.#seed = seedOf(before.header.journalId);
    const { end } = await this.#probe(before, Number.POSITIVE_INFINITY);
    return { ...before.header, number, start: end };
  }

  #checkHeader(header: SegmentHeader, path: string, previous: Found | undefined): void {
    if (previous && header.journalId.compare(previous.header.journalId) !== 0) {
      throw new StorageError('FORMAT', path, `${path} belongs to another journal than the files before it`);
    }
    const cipher = this.#ciphers.of(header.salt);
    if (header.keyCheck !== 0 && cipher === undefined) {
      throw new StorageError('KEY', path, `${path} is encrypted, and there is no key`);
    }
    if (header.keyCheck !== 0 && cipher?.check !== header.keyCheck) {
      throw new StorageError('KEY', path, `${path} is encrypted with another key`);
    }
  }

  /** Reads a segment and applies what counts. Returns the place behind it. */
  async #readSegment(found: Found, limit: number): Promise<number> {
    const isLast = limit === Number.POSITIVE_INFINITY;
    const safeNumber = isLast ? (await this.#probe(found, limit)).safeNumber : Number.POSITIVE_INFINITY;
    const { header, path, file } = found;
    let segment: Segment = { header, path, file, end: header.start, live: 0 };
    this.#segments.add(segment);
    const reader = this.#reader(found, limit, (bytes) => this.#progressed(bytes));
    for (let group = await reader.next(); group !== undefined; group = await reader.next()) {
      const isWhole = group.gaps.length === 0 && group.commit?.start === group.start;
      const isSafe = (group.commit?.number ?? Number.POSITIVE_INFINITY) <= safeNumber;
      if (!isWhole && !isSafe && isTorn(group)) {
        this.#cut(found, group);
        break;
      }
      if (isLast && !isSafe) segment = this.#tailOf(segment, group);
      segment.end = group.end;
      for (const gap of group.gaps) this.#quarantine(found, gap);
      this.#apply(found, segment, group);
    }
    return segment.end;
  }

  /** The segment to which a group is to be copied that is perhaps not on the disk, whatever can be read. */
  #tailOf(segment: Segment, group: ReadGroup): Segment {
    if (this.#terms.isReadOnly) return segment;
    this.#tail.push(copyOfBytes(group.bytes));
    if (this.#tail.length > 1) return segment;
    const number = ++this.#lastNumber;
    const path = `${this.#terms.directory}/${segmentName(number)}`;
    const tail = { ...segment, header: { ...segment.header, number, start: group.start }, path, live: 0 };
    this.#segments.add(tail);
    return tail;
  }

  #apply(found: Found, segment: Segment, group: ReadGroup): void {
    const { header } = found;
    const cipher = header.keyCheck === 0 ? undefined : this.#ciphers.of(header.salt);
    const { bytes, start } = group;
    let gapIndex = 0;
    for (let at = 0; at < bytes.length; ) {
      const gap = group.gaps[gapIndex];
      if (gap && start + at >= gap.from) {
        at = gap.to - start;
        gapIndex++;
        continue;
      }
      const length = recordHeaderBytes + bytes.readUInt32BE(at + 4);
      const type = typeOfRecord(bytes, at);
      const position = start + at;
      if (!isKnownType(type)) {
        const place = `${found.path} at ${segmentHeaderBytes + position - header.start}`;
        const text = `${place}: a record of type ${type}, which a newer version wrote: use that one`;
        throw new StorageError('FORMAT', found.path, text);
      }
      const body = bytes.subarray(at + recordHeaderBytes, at + length);
      const plain = type === RecordType.commit ? body : openBody(cipher, type, body, position);
      at += length;
      this.#records++;
      if (plain === undefined) this.#quarantine(found, { from: position, to: start + at });
      else
        this.#replay.apply(
          { type, stream: streamOfRecord(bytes, at - length), body: plain, position, size: length },
          segment,
        );
    }
  }

  /** Finds the number of the last group that is known to be safe, and the end. */
  async #probe(found: Found, limit: number): Promise<{ safeNumber: number; end: number }> {
    let safeNumber = 0;
    let end = found.header.start;
    const reader = this.#reader(found, limit, () => undefined);
    for (let group = await reader.next(); group !== undefined; group = await reader.next()) {
      end = group.end;
      if (group.commit) safeNumber = Math.max(safeNumber, group.commit.safeNumber);
    }
    return { safeNumber, end };
  }

  #reader({ file, header }: Found, limit: number, progressed: (bytes: number) => void): SegmentReader {
    const end = header.start + file.size - segmentHeaderBytes;
    return new SegmentReader({ file, start: header.start, limit: Math.min(limit, end), seed: this.#seed, progressed });
  }

  #progressed(bytes: number): void {
    this.#bytesRead += bytes;
    this.#terms.listener.progressed?.(this.#bytesRead, this.#bytesTotal);
  }

  #quarantine({ path, header }: Found, { from, to }: Gap): void {
    const offset = segmentHeaderBytes + from - header.start;
    this.#damage(path, offset, to - from, 'the record cannot be read');
  }

  #damage(path: string, offset: number, length: number, detail: string): void {
    this.#damaged++;
    this.#terms.listener.damaged?.({ path, offset, length, detail });
  }

  #cut({ path, file, header }: Found, group: ReadGroup): void {
    const offset = segmentHeaderBytes + group.start - header.start;
    const tail: Damage = { path, offset, length: file.size - offset, detail: 'a write that a crash cut off' };
    this.#terms.listener.tailCut?.(tail);
  }
}

/** Whether a group that is not whole looks as if its write had been cut off. */
function isTorn({ bytes, start, end, gaps, commit }: ReadGroup): boolean {
  const isMissingCommit = commit === undefined;
  for (const { from, to } of gaps) {
    if (isAllZero(bytes, Math.max(to - start - 4, from - start), to - start)) return true;
    if (to === end && isMissingCommit && !isDamagedCommit(bytes, from - start, to - start)) return true;
  }
  const [first] = gaps;
  if (isMissingCommit) return first === undefined || gaps.at(-1)?.to !== end;
  // a commit of another group, and no damage that hides its beginning
  return first === undefined;
}

/** Whether damaged bytes are a commit but for a few bits. */
function isDamagedCommit(bytes: Bytes, from: number, to: number): boolean {
  if (to - from !== recordHeaderBytes + commitBodyBytes) return false;
  return (
    bytes.readUInt32BE(from + 4) === commitBodyBytes && bytes.readUInt32BE(from + 12) === RecordType.commit * 0x100_0000
  );
}

/** The body of a record, decrypted; undefined if the key does not fit. */
export function openBody(
  cipher: RecordCipher | undefined,
  type: RecordType,
  body: Bytes,
  position: number,
): Bytes | undefined {
  const clear = clearBytesOf(type);
  if (cipher === undefined || clear < 0) return body;
  const plain = cipher.open(body.subarray(clear), position);
  if (plain === undefined || clear === 0) return plain;
  plain.copy(body, clear);
  return body.subarray(0, clear + plain.length);
}
