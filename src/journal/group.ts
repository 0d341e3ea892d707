// hot path
// Group: records that are written together, all of what one or more turns of the event loop appended. After a crash
// all of them are there or none, because the commit record at its end is: what one call stack appends is never torn
// apart.
//
//   gathering --seal (commit record)--> written --sync--> safe
//
// It keeps its bytes until they are safe: if a sync fails they are written again, elsewhere.
import { allocateBytes, type Bytes } from '../../protocol/wire/bytes.ts';
import { commitBodyBytes, RecordType, recordHeaderBytes, sealRecord } from './record.ts';

/** Somebody who waits until what was appended is written, or safe. Told once, never of a failure: that is a delay. */
export interface Waiter {
  stored(): void;
}

const firstBytes = 16_384;
/** The buffer of a larger group is not used again. */
const keptBytesMax = 1024 * 1024;

/** One group. */
export class Group {
  /** Records, the first of them at `start` of the journal. */
  bytes: Bytes = allocateBytes(firstBytes);
  length = 0;
  /** Where its first record stands in the journal. */
  start = 0;
  /** Records in it. */
  count = 0;
  /** Of its bytes, those that are still needed. */
  live = 0;
  /** Somebody waits for it. */
  isUrgent = false;
  /** Somebody waits until it is safe. */
  isSyncWanted = false;
  isWritten = false;
  readonly writtenWaiters: Waiter[] = [];
  readonly safeWaiters: Waiter[] = [];
  /** Places and sizes of older records that its records replace: needed until it is safe. */
  readonly replaced: number[] = [];

  /** Whether there is nothing in it and nobody waits for it. */
  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Makes room for `size` bytes behind what is there. */
  reserve(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    const larger = allocateBytes(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** Writes the commit record: nothing is added any more. */
  seal(number: number, safeNumber: number, seed: number): void {
    const size = recordHeaderBytes + commitBodyBytes;
    this.reserve(size);
    const at = this.length;
    this.bytes.writeUIntBE(number, at + recordHeaderBytes, 6);
    this.bytes.writeUIntBE(safeNumber, at + recordHeaderBytes + 6, 6);
    this.bytes.writeUInt32BE(at + size, at + recordHeaderBytes + 12);
    const head = { type: RecordType.commit, stream: 0, length: commitBodyBytes, position: this.start + at };
    sealRecord(this.bytes, at, head, seed);
    this.length += size;
  }

  /** Tells those who wait until it is written; once. */
  tellWritten(): void {
    for (const waiter of this.writtenWaiters.splice(0)) waiter.stored();
  }

  /** Tells everybody. */
  tellSafe(): void {
    this.tellWritten();
    for (const waiter of this.safeWaiters.splice(0)) waiter.stored();
  }

  /** Makes it an empty group again, behind what came before. */
  reset(start: number): void {
    this.start = start;
    this.length = 0;
    this.count = 0;
    this.live = 0;
    this.isUrgent = false;
    this.isSyncWanted = false;
    this.isWritten = false;
    this.replaced.length = 0;
    if (this.bytes.length > keptBytesMax) this.bytes = allocateBytes(firstBytes);
  }
}
