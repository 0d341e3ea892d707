// Segments: the files of a journal, oldest first. Places of the journal count on through all of them, so a place
// tells the file, and moving the end of the journal to another file changes no place.
//
// Only the oldest segment is ever freed, when nothing in it is needed: so whatever says that an older record is void
// (settled, replaced, deleted) outlives that record. What is needed for long is moved to the end (see `Cleaner`).
import { type Bytes, joinBytes } from '../../protocol/wire/bytes.ts';
import { assert, messageOf, StorageError } from '../base/errors.ts';
import type { Disk, DiskFile } from '../ports/ports.ts';
import { type SegmentHeader, segmentHeaderBytes } from './segment-header.ts';

/** One file of records. */
export interface Segment {
  readonly header: SegmentHeader;
  readonly path: string;
  file: DiskFile;
  /** The place in the journal behind its last record. */
  end: number;
  /** Bytes of records that are needed. */
  live: number;
}

/** The files of one journal. */
export class Segments {
  readonly #disk: Disk;
  readonly #directory: string;
  #list: Segment[] = [];
  readonly #void: Segment[] = [];

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** All of them, oldest first. */
  get list(): readonly Segment[] {
    return this.#list;
  }

  /** Bytes of records in all of them. */
  get byteLength(): number {
    let sum = 0;
    for (const { header, end } of this.#list) sum += end - header.start;
    return sum;
  }

  /** Bytes of records that are needed. */
  get liveBytes(): number {
    let sum = 0;
    for (const { live } of this.#list) sum += live;
    return sum;
  }

  /** Adds the one that comes next. */
  add(segment: Segment): void {
    this.#list.push(segment);
  }

  /** The segment in which a place lies; undefined if it is freed, or not there yet. */
  find(position: number): Segment | undefined {
    const list = this.#list;
    let low = 0;
    let high = list.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if ((list[middle]?.header.start ?? 0) <= position) low = middle + 1;
      else high = middle - 1;
    }
    const segment = list[high];
    return segment !== undefined && position < segment.end ? segment : undefined;
  }

  /** A record is needed no more. */
  release(position: number, size: number): void {
    const segment = this.find(position);
    if (segment === undefined) return;
    segment.live -= size;
    assert(segment.live >= 0, 'a record is released once');
  }

  /** Whether the oldest can be freed. `active` is being written to and stays. */
  isOldestFree(active: Segment | undefined): boolean {
    const [oldest] = this.#list;
    return oldest !== undefined && oldest !== active && oldest.live === 0;
  }

  /** Frees the oldest for good: its removal is safe when this returns. */
  async freeOldest(): Promise<void> {
    const [oldest] = this.#list;
    if (oldest === undefined) return;
    await this.#disk.remove(oldest.path);
    await this.#disk.syncDirectory(this.#directory);
    this.#list.shift();
    await oldest.file.close();
  }

  /**
   * A segment is given up from a place on; without a record it is forgotten. Its file stays until the segment is safe
   * that stands for it (`removeVoid`).
   */
  giveUp(segment: Segment, from: number): void {
    segment.end = from;
    if (from > segment.header.start) return;
    this.#list = this.#list.filter((one) => one !== segment);
    this.#void.push(segment);
  }

  /** Removes files that were given up. */
  async removeVoid(): Promise<void> {
    for (let [segment] = this.#void; segment !== undefined; [segment] = this.#void) {
      await this.#disk.remove(segment.path);
      this.#void.shift();
      await segment.file.close();
    }
  }

  /** Reads what stands from one place to another, both of which were written. */
  async read(from: number, to: number): Promise<Bytes> {
    const parts: Bytes[] = [];
    for (let at = from; at < to; ) {
      const segment = this.find(at);
      assert(segment !== undefined, 'what is read has been written and is not freed');
      const end = Math.min(to, segment.end);
      const offset = segmentHeaderBytes + at - segment.header.start;
      parts.push(await segment.file.read(offset, end - at).catch((error: unknown) => rejectAt(segment, offset, error)));
      at = end;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : joinBytes(parts);
  }

  /** Closes all files. */
  async close(): Promise<void> {
    for (const { file } of [...this.#list.splice(0), ...this.#void.splice(0)]) await file.close();
  }
}

/** A disk that fails says in which file; this is where in it. */
function rejectAt({ path }: Segment, offset: number, error: unknown): never {
  const code = error instanceof StorageError ? error.code.replace('ERR_STORAGE_', '') : 'READ';
  throw new StorageError(code, path, `${path} cannot be read at byte ${offset}: ${messageOf(error)}`, error);
}
