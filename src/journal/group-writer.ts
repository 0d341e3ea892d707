// GroupWriter: group commit. While one group is on its way to the disk the next one gathers. A write that fails, or a
// sync, is never tried again on the same file: the segment is given up from the first byte that is not known to be
// safe, and everything from there on, which is still in memory, goes to a new one.
//
//   idle --something is due--> storing --> idle
//   storing --fails--> waiting (back-off) --> storing into a new segment
//
// Bounded: what is not safe by `unsyncedBytesMax`, after which it is synced; while the disk fails by whoever appends,
// who is told to stop (`isAccepting`).
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { messageOf } from '../base/errors.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import { Group, type Waiter } from './group.ts';
import type { JournalOptions } from './journal-options.ts';
import { segmentHeaderBytes } from './segment-header.ts';
import type { Segment, Segments } from './segments.ts';

/** Buffers that are kept for groups to come. */
const sparesMax = 16;

/** What a writer works with. */
export interface WriterParts {
  readonly clock: Clock;
  readonly options: JournalOptions;
  readonly segments: Segments;
  /** The seed of checksums. */
  readonly seed: number;
  /** Where the first record will stand. */
  readonly start: number;
  /** Makes the segment that begins at a place with what is to be in it, all of it safe on the disk. */
  createSegment(start: number, content: readonly Bytes[]): Promise<Segment>;
  /** A group is about to be sealed: what waits for that is to be appended now. */
  sealing(): void;
  /** A group is safe: segments may have become free. Nothing is stored until it returns. */
  stored(): Promise<void>;
  /** The disk failed, perhaps for want of room: what can be freed is to be. */
  freeing(): Promise<void>;
  /** The disk failed; `undefined`: it works again. */
  failed(detail: string | undefined): void;
}

/** The end of a journal. */
export class GroupWriter {
  readonly #parts: WriterParts;
  #pending = new Group();
  /** Groups on their way, oldest first: being written, or written and not safe. */
  readonly #unsafe: Group[] = [];
  readonly #spare: Group[] = [];
  #segment: Segment | undefined;
  /** Holds groups that were told to be written and are not written anywhere else yet. */
  #givenUp: Segment | undefined;
  #groupNumber = 0;
  #safeNumber = 0;
  #isStoring = false;
  #isDeferred = false;
  #isSyncDue = false;
  #isFlushing = false;
  #isMoreExpected = false;
  #isSegmentDone = false;
  #isClosed = false;
  #attempts = 0;
  #timer: Timer | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #syncTimer: Timer | undefined;
  readonly #idle: (() => void)[] = [];
  groups = 0;
  records = 0;
  bytesWritten = 0;
  syncs = 0;
  abandoned = 0;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#pending.reset(parts.start);
  }

  /** The group that gathers. */
  get pending(): Group {
    return this.#pending;
  }

  /** Where the next record will stand. */
  get end(): number {
    return this.#pending.start + this.#pending.length;
  }

  /** Where the first record stands that is not in a file yet. */
  get writtenEnd(): number {
    for (const group of this.#unsafe) if (!group.isWritten) return group.start;
    return this.#pending.start;
  }

  /** Where the first record stands that is not known to be safe. */
  get safeEnd(): number {
    return this.#unsafe[0]?.start ?? this.#pending.start;
  }

  /** The segment that is written to, or the one that was given up until another stands for it: it is not freed. */
  get active(): Segment | undefined {
    return this.#segment ?? this.#givenUp;
  }

  /** A record was added to the pending group. */
  appended(): void {
    const { options } = this.#parts;
    const group = this.#pending;
    group.count++;
    if (this.#isStoring || this.#isDeferred) return;
    if (group.count >= options.batchCount || group.length >= options.batchBytes) this.#defer();
    else if (group.count === 1) this.#setTimer(options.lazyMs);
  }

  /** Something waits to be appended when the next group is sealed, which need not be soon. */
  expectMore(): void {
    if (!this.#isStoring && !this.#isDeferred) this.#setTimer(this.#parts.options.lazyMs);
    this.#isMoreExpected = true;
  }

  /** Calls `waiter.stored` when everything appended so far is written, or with `isSafe` when it is synced. */
  wait(waiter: Waiter, isSafe: boolean): void {
    const group = this.#pending;
    if (isSafe) {
      group.safeWaiters.push(waiter);
      group.isSyncWanted = true;
    } else {
      group.writtenWaiters.push(waiter);
    }
    if (group.isUrgent) return;
    group.isUrgent = true;
    if (!this.#isStoring && !this.#isDeferred) this.#setTimer(this.#parts.options.batchMs);
  }

  /** A record is needed no more. */
  release(position: number, size: number): void {
    const group = this.#groupOf(position);
    if (group) group.live -= size;
    else this.#parts.segments.release(position, size);
  }

  /** Bytes of the record at a place, if they are in memory. */
  recent(position: number): { readonly group: Group; readonly at: number } | undefined {
    const group = this.#groupOf(position);
    return group && { group, at: position - group.start };
  }

  /** Stores everything now; fulfilled when it is safe. */
  flush(): Promise<void> {
    this.#isFlushing = true;
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#defer();
    });
  }

  /** What is stored from now on goes to a new segment. */
  beginSegment(): void {
    this.#isSegmentDone = true;
  }

  /** Stores no more. What is not safe is lost; `flush` before. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#syncTimer?.cancel();
  }

  #groupOf(position: number): Group | undefined {
    if (position >= this.#pending.start) return this.#pending;
    const groups = this.#unsafe;
    for (let index = groups.length - 1; index >= 0; index--) {
      const group = groups[index];
      if (group && position >= group.start) return group;
    }
    return undefined;
  }

  #setTimer(delayMs: number): void {
    if (delayMs <= 0) {
      this.#defer();
      return;
    }
    const { clock } = this.#parts;
    const dueAt = clock.now() + delayMs;
    if (dueAt >= this.#dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = clock.schedule(delayMs, () => {
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.#begin();
    });
  }

  #defer(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#parts.clock.defer(() => {
      this.#isDeferred = false;
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#isStoring || this.#isClosed) return;
    this.#timer?.cancel();
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#isStoring = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    do {
      this.#seal();
      await this.#store();
      if (this.#isClosed) return;
      await this.#parts.stored();
    } while (!this.#isClosed && this.#isMoreDue());
    this.#isStoring = false;
    if (this.#unsafe.length === 0) this.#isSyncDue = false;
    if (this.#isMoreExpected || !this.#pending.isEmpty) this.#setTimer(this.#parts.options.lazyMs);
    this.#finishFlush();
  }

  #isMoreDue(): boolean {
    const group = this.#pending;
    if (this.#unsafe.length === 0) this.#isSyncDue = false;
    const isLarge = group.length >= this.#parts.options.batchBytes;
    return group.isUrgent || isLarge || this.#isSyncDue || (this.#isFlushing && !this.#isSafe);
  }

  get #isSafe(): boolean {
    return this.#pending.isEmpty && this.#unsafe.length === 0;
  }

  #finishFlush(): void {
    if (!this.#isFlushing || !this.#isSafe) return;
    this.#isFlushing = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #seal(): void {
    this.#isMoreExpected = false;
    this.#parts.sealing();
    const group = this.#pending;
    if (group.isEmpty) {
      // somebody may wait for what was appended before
      const last = this.#unsafe.at(-1);
      if (last && (group.isSyncWanted || this.#isFlushing || this.#isSyncDue)) last.isSyncWanted = true;
      if (last === undefined) group.tellSafe();
      else {
        last.safeWaiters.push(...group.safeWaiters.splice(0));
        last.writtenWaiters.push(...group.writtenWaiters.splice(0));
      }
      group.isUrgent = false;
      group.isSyncWanted = false;
      return;
    }
    group.seal(++this.#groupNumber, this.#safeNumber, this.#parts.seed);
    if (this.#isFlushing || this.#isSyncDue) group.isSyncWanted = true;
    this.#unsafe.push(group);
    this.#pending = this.#spare.pop() ?? new Group();
    this.#pending.reset(group.start + group.length);
  }

  async #store(): Promise<void> {
    while (this.#unsafe.length > 0 && !this.#isClosed) {
      try {
        await this.#write();
        if (this.#isSyncNeeded()) await this.#sync();
        else this.#syncLater();
        if (this.#attempts > 0) this.#parts.failed(undefined);
        this.#attempts = 0;
        return;
      } catch (error) {
        await this.#giveUp(error);
      }
    }
  }

  async #write(): Promise<void> {
    for (const group of [...this.#unsafe]) {
      if (!group.isWritten) await this.#writeGroup(group);
      group.tellWritten();
    }
  }

  async #writeGroup(group: Group): Promise<void> {
    const { options } = this.#parts;
    const active = this.#segment;
    const isFull = active !== undefined && active.end - active.header.start + group.length > options.segmentBytes;
    if (active !== undefined && (isFull || this.#isSegmentDone) && active.end > active.header.start) {
      this.#isSegmentDone = false;
      // all segments but the last are safe: recovery relies on it
      await this.#sync();
      this.#segment = undefined;
    }
    if (this.#segment === undefined) {
      // after a failure there are several: the new segment makes the old one void, so it must have them from the start
      const groups = this.#unsafe.filter(({ isWritten }) => !isWritten);
      this.#segment = await this.#parts.createSegment(group.start, groups.map(recordsOf));
      this.#parts.segments.add(this.#segment);
      this.#givenUp = undefined;
      for (const one of groups) this.#groupWritten(this.#segment, one);
      return;
    }
    const segment = this.#segment;
    const offset = segmentHeaderBytes + group.start - segment.header.start;
    await segment.file.write(offset, [recordsOf(group)]);
    this.#groupWritten(segment, group);
  }

  #groupWritten(segment: Segment, group: Group): void {
    segment.end = group.start + group.length;
    group.isWritten = true;
    this.groups++;
    this.records += group.count;
    this.bytesWritten += group.length;
  }

  #isSyncNeeded(): boolean {
    const { options } = this.#parts;
    let bytes = 0;
    for (const group of this.#unsafe) {
      if (group.isSyncWanted) return true;
      bytes += group.length;
    }
    return this.#isSyncDue || bytes >= options.unsyncedBytesMax;
  }

  async #sync(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    const count = this.#unsafe.filter(({ isWritten }) => isWritten).length;
    if (count === 0) return;
    await segment.file.sync();
    this.syncs++;
    this.#isSyncDue = false;
    this.#syncTimer?.cancel();
    this.#syncTimer = undefined;
    const safe = this.#unsafe.splice(0, count);
    this.#safeNumber += count;
    for (const group of safe) {
      segment.live += group.live;
      for (let index = 0; index < group.replaced.length; index += 2) {
        this.release(group.replaced[index] ?? 0, group.replaced[index + 1] ?? 0);
      }
      group.tellSafe();
      group.reset(0);
      if (this.#spare.length < sparesMax) this.#spare.push(group);
    }
  }

  #syncLater(): void {
    if (this.#syncTimer !== undefined || this.#unsafe.length === 0) return;
    this.#syncTimer = this.#parts.clock.schedule(this.#parts.options.syncMs, () => {
      this.#syncTimer = undefined;
      this.#isSyncDue = true;
      this.#begin();
    });
  }

  /** Gives the segment up from the first byte that is not safe, and waits before the next attempt. */
  async #giveUp(error: unknown): Promise<void> {
    const { options, segments, clock } = this.#parts;
    const [first] = this.#unsafe;
    const segment = this.#segment;
    this.#segment = undefined;
    for (const group of this.#unsafe) group.isWritten = false;
    const detail = messageOf(error);
    this.#parts.failed(detail);
    if (segment !== undefined && first !== undefined) {
      this.abandoned++;
      this.#givenUp = segment;
      segments.giveUp(segment, first.start);
    }
    const delayMs = Math.min(options.retryMsMax, options.retryMsMin * 2 ** Math.min(this.#attempts, 20));
    this.#attempts++;
    await new Promise<void>((resolve) => {
      this.#timer = clock.schedule(delayMs, resolve);
    });
    await this.#parts.freeing().catch((reason: unknown) => this.#parts.failed(messageOf(reason)));
  }
}

function recordsOf(group: Group): Bytes {
  return group.bytes.subarray(0, group.length);
}
