// SegmentReader: reads a segment from one end to the other, group by group, and finds its way behind damage. What is
// wrong is told, not decided: a group comes with the damaged places that lie in it or before it.
//
// Bounded: it holds the bytes of one group, and reads `pieceBytes` at a time; behind damage at most the rest of the
// file.
import { type Bytes, emptyBytes, joinBytes } from '../../protocol/wire/bytes.ts';
import type { DiskFile } from '../ports/ports.ts';
import { RecordType, recordHeaderBytes, recordLength, typeOfRecord } from './record.ts';
import { segmentHeaderBytes } from './segment-header.ts';

/** Bytes that make no record. Places are those of the journal. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Records up to a commit, or up to the end of the file without one. */
export interface ReadGroup {
  /** Place of the first byte. */
  readonly start: number;
  /** Place behind the commit. */
  readonly end: number;
  /** All of it, damaged places included. */
  readonly bytes: Bytes;
  readonly gaps: readonly Gap[];
  /** Undefined: there is no commit. */
  readonly commit: Commit | undefined;
}

/** What a commit record says. */
export interface Commit {
  readonly number: number;
  /** The last group that was known to be safe. */
  readonly safeNumber: number;
  /** Where the group begins. */
  readonly start: number;
}

/** What is read. */
export interface ReadTerms {
  readonly file: DiskFile;
  /** Place of the first record. */
  readonly start: number;
  /** Place at which nothing counts any more: a later segment begins there. */
  readonly limit: number;
  readonly seed: number;
  /** Bytes that were read. */
  progressed(bytes: number): void;
}

const pieceBytes = 1024 * 1024;

/** One segment, read once. */
export class SegmentReader {
  readonly #terms: ReadTerms;
  /** Bytes from the place `#base` on. */
  #bytes: Bytes = emptyBytes;
  #base: number;
  #isAtEnd = false;

  constructor(terms: ReadTerms) {
    this.#terms = terms;
    this.#base = terms.start;
  }

  /** The next group; undefined at the end. */
  async next(): Promise<ReadGroup | undefined> {
    const gaps: Gap[] = [];
    for (let at = 0; ; ) {
      const length = await this.#lengthAt(at);
      if (length > 0) {
        const commit = this.#commitAt(at);
        at += length;
        if (commit) return this.#take(at, gaps, commit);
        continue;
      }
      const end = at === this.#bytes.length ? at : await this.#findRecord(at);
      // the end, or the room that was given to the file before it is used
      const isOver = end === this.#bytes.length && isAllZero(this.#bytes, at, end);
      if (isOver) return at === 0 ? undefined : this.#take(at, gaps, undefined);
      gaps.push({ from: this.#base + at, to: this.#base + end });
      at = end;
    }
  }

  /** Bytes of the record at an index; 0 or less if there is none. */
  async #lengthAt(at: number): Promise<number> {
    const terms = { position: this.#base + at, seed: this.#terms.seed };
    for (;;) {
      const length = recordLength(this.#bytes, at, this.#bytes.length, terms);
      if (length >= 0 || !(await this.#readMore())) return length;
    }
  }

  #take(length: number, gaps: readonly Gap[], commit: Commit | undefined): ReadGroup {
    const bytes = this.#bytes.subarray(0, length);
    const start = this.#base;
    this.#bytes = this.#bytes.subarray(length);
    this.#base += length;
    return { start, end: start + length, bytes, gaps, commit };
  }

  #commitAt(at: number): Commit | undefined {
    if (typeOfRecord(this.#bytes, at) !== RecordType.commit) return undefined;
    const body = at + recordHeaderBytes;
    const size = this.#bytes.readUInt32BE(body + 12);
    return {
      number: this.#bytes.readUIntBE(body, 6),
      safeNumber: this.#bytes.readUIntBE(body + 6, 6),
      start: this.#base + at + commitBytes - size,
    };
  }

  /** The next place behind `at` at which a record stands; the end if there is none. */
  async #findRecord(at: number): Promise<number> {
    const { seed } = this.#terms;
    for (let from = at + 1; ; from++) {
      if (this.#bytes.length - from < recordHeaderBytes) {
        if (await this.#readMore()) from--;
        else return this.#bytes.length;
        continue;
      }
      const position = this.#base + from;
      // most places are none: look at the number first
      if (this.#bytes.readUInt32BE(from + 8) !== position % 0x1_0000_0000) continue;
      const length = recordLength(this.#bytes, from, this.#bytes.length, { position, seed });
      if (length > 0) return from;
      if (length < 0 && (await this.#readMore())) from--;
    }
  }

  async #readMore(): Promise<boolean> {
    if (this.#isAtEnd) return false;
    const { file, start, limit } = this.#terms;
    const from = this.#base + this.#bytes.length;
    const size = Math.min(pieceBytes, limit - from);
    const piece = size > 0 ? await file.read(segmentHeaderBytes + from - start, size) : emptyBytes;
    if (piece.length === 0) {
      this.#isAtEnd = true;
      return false;
    }
    this.#terms.progressed(piece.length);
    this.#bytes = this.#bytes.length === 0 ? piece : joinBytes([this.#bytes, piece]);
    return true;
  }
}

const commitBytes = recordHeaderBytes + 16;

/** Whether bytes are as a file system leaves what was never written. */
export function isAllZero(bytes: Bytes, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}
