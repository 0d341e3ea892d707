// Cleaner: moves what is still needed out of the oldest segment to the end of the journal, so that the segment can be
// freed. It works when too large a share of the journal is needed by nobody, or there are many small segments: one
// piece of `cleanBytes` after each group, so that appending never waits long for it.
//
// Writing again what is needed costs at most as much as was written since: with half of the journal void, each byte
// that is freed costs one that is moved.
import { type Bytes, textOfBytes } from '../../protocol/wire/bytes.ts';
import type { RecordCiphers } from './cipher.ts';
import type { JournalOptions } from './journal-options.ts';
import type { KeyedStream } from './keyed-stream.ts';
import type { LogStream } from './log-stream.ts';
import { isEntryType, isKnownType, RecordType, recordHeaderBytes, streamOfRecord, typeOfRecord } from './record.ts';
import type { RecordAppender } from './record-appender.ts';
import { openBody } from './recovery.ts';
import { type ReadGroup, SegmentReader } from './segment-reader.ts';
import type { Segment, Segments } from './segments.ts';

/** What a cleaner works on. */
export interface CleanerParts {
  readonly options: JournalOptions;
  readonly segments: Segments;
  readonly appender: RecordAppender;
  readonly ciphers: RecordCiphers;
  readonly seed: number;
  log(id: number): LogStream | undefined;
  keyed(id: number): KeyedStream | undefined;
}

const smallSegmentsMax = 16;
/** The share of a journal that is void at which it is cleaned when there is no room. */
const tightGarbageShare = 0.1;

/** Moves records. */
export class Cleaner {
  readonly #parts: CleanerParts;
  #segment: Segment | undefined;
  #reader: SegmentReader | undefined;
  /** Segments up to this number are cleaned whatever they hold. */
  #until = 0;
  bytesMoved = 0;

  constructor(parts: CleanerParts) {
    this.#parts = parts;
  }

  /** Everything up to a segment is to be moved. */
  cleanUntil(number: number): void {
    this.#until = number;
  }

  /**
   * Moves what is needed in one piece of the oldest segment, if that is worth it. Returns whether it moved anything.
   */
  async step(active: Segment | undefined, isTight: boolean): Promise<boolean> {
    const [oldest] = this.#parts.segments.list;
    if (oldest === undefined || oldest === active || !(this.#isUnderway(oldest) || this.#isWorthIt(oldest, isTight))) {
      return false;
    }
    if (this.#segment !== oldest) {
      this.#segment = oldest;
      this.#reader = this.#readerOf(oldest);
    }
    const movedBefore = this.bytesMoved;
    for (let bytes = 0; bytes < this.#parts.options.cleanBytes; ) {
      const group = await this.#reader?.next();
      if (group === undefined) {
        this.#reader = undefined;
        break;
      }
      bytes += group.bytes.length;
      this.#moveGroup(oldest, group);
    }
    return this.bytesMoved > movedBefore;
  }

  #isUnderway(oldest: Segment): boolean {
    return this.#segment === oldest && this.#reader !== undefined;
  }

  #isWorthIt(oldest: Segment, isTight: boolean): boolean {
    if (this.#segment === oldest) return false; // all of it is moved: it will be free when that is safe
    if (oldest.header.number <= this.#until) return true;
    const { segments, options } = this.#parts;
    const { byteLength, list } = segments;
    if (list.length > smallSegmentsMax + (4 * byteLength) / options.segmentBytes) return true;
    const share = isTight ? tightGarbageShare : options.garbageShareMax;
    return byteLength > 2 * options.segmentBytes && byteLength - segments.liveBytes > share * byteLength;
  }

  #readerOf({ file, header, end }: Segment): SegmentReader {
    const progressed = (): void => undefined;
    return new SegmentReader({ file, start: header.start, limit: end, seed: this.#parts.seed, progressed });
  }

  #moveGroup(segment: Segment, { bytes, start, gaps }: ReadGroup): void {
    let gapIndex = 0;
    for (let at = 0; at < bytes.length; ) {
      const gap = gaps[gapIndex];
      if (gap && start + at >= gap.from) {
        at = gap.to - start;
        gapIndex++;
        continue;
      }
      const length = recordHeaderBytes + bytes.readUInt32BE(at + 4);
      this.#move(segment, bytes.subarray(at, at + length), start + at);
      at += length;
    }
  }

  #move(segment: Segment, record: Bytes, position: number): void {
    const type = typeOfRecord(record, 0);
    if (!isKnownType(type)) return;
    const id = streamOfRecord(record, 0);
    const body = record.subarray(recordHeaderBytes);
    if (isEntryType(type)) {
      const log = this.#parts.log(id);
      if (!log?.isAt(body.readUIntBE(0, 6), position)) return;
      if (this.#append(segment, { type, id, body, position })) log.movedToEnd();
    } else if (type === RecordType.put) {
      const keyed = this.#parts.keyed(id);
      const plain = keyed && this.#plain(segment, { type, id, body, position });
      const key = plain && textOfBytes(plain, 2, 2 + plain.readUInt16BE(0));
      if (keyed === undefined || key === undefined || keyed.placeOf(key)?.position !== position) return;
      if (this.#append(segment, { type, id, body, position })) keyed.movedToEnd(key);
    }
  }

  #append(segment: Segment, record: MovedRecord): boolean {
    const plain = this.#plain(segment, record);
    if (plain === undefined) return false;
    const { appender } = this.#parts;
    const bytes = appender.begin(plain.length);
    plain.copy(bytes, appender.at);
    appender.end(record.type, record.id, plain.length, true);
    this.bytesMoved += appender.size;
    return true;
  }

  #plain({ header }: Segment, { type, body, position }: MovedRecord): Bytes | undefined {
    const cipher = header.keyCheck === 0 ? undefined : this.#parts.ciphers.of(header.salt);
    return openBody(cipher, type, body, position);
  }
}

interface MovedRecord {
  readonly type: RecordType;
  readonly id: number;
  readonly body: Bytes;
  readonly position: number;
}
