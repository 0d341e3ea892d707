// hot path
// LogStream: messages in order, each known by its sequence, settled one by one. An entry holds one message, or many
// that came side by side. Appending and settling are synchronous and only tell the journal; what is safe when is the
// matter of `Journal.wait`. A settled message leaves at once; the record that says so follows with the next group.
//
// In memory: 20 bytes an entry, and the messages that were settled out of their order within one. Bounded by whoever
// appends: `count` and `byteLength` tell.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { assert } from '../base/errors.ts';
import { EntryIndex, type FoundEntry } from './entry-index.ts';
import { entryHeaderBytes, RecordType, rangeBytes } from './record.ts';
import type { RecordAppender } from './record-appender.ts';

/** What a stream needs of its journal. */
export interface StreamHost {
  readonly appender: RecordAppender;
  /** The stream has something to append when the next group is sealed. */
  isDirty(stream: LogStream): void;
}

/** The kinds of records that hold messages. */
export type EntryType = typeof RecordType.entry | typeof RecordType.run;

/** Messages of one entry at most. */
export const entryCountMax = 65_535;
/** Ranges in one settle record. */
const rangesMax = 1000;

/** One stream of messages. */
export class LogStream {
  readonly id: number;
  readonly name: string;
  readonly #host: StreamHost;
  readonly #index: EntryIndex;
  #nextSequence = 1;
  #count = 0;
  #bytes = 0;
  readonly #pending = { sequence: 0, count: 0, position: 0, size: 0, tag: 0 };
  /** First sequences and counts of messages that were settled since the last group. */
  #ranges: number[] = [];
  /** By the first sequence of an entry: which of its messages were settled ahead of others. */
  #ahead: Map<number, Set<number>> | undefined;

  constructor(host: StreamHost, id: number, name: string, restored?: RestoredLog) {
    this.#host = host;
    this.id = id;
    this.name = name;
    this.#index = restored?.index ?? new EntryIndex();
    if (restored === undefined) return;
    this.#nextSequence = restored.nextSequence;
    this.#ahead = restored.ahead.size === 0 ? undefined : restored.ahead;
    this.#index.forEach((entry) => {
      this.#count += entry.count - entry.settled - (restored.ahead.get(entry.sequence)?.size ?? 0);
      this.#bytes += entry.size;
    });
  }

  /** Messages that are not settled. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of records that hold messages which are not settled. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** The sequence of the next message. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Where in the bytes of `begin` the body is to be written. */
  get at(): number {
    return this.#host.appender.at + entryHeaderBytes;
  }

  /**
   * Begins an entry of `count` messages (1 to 65535) whose body takes up to `length` bytes, to be written from `at` on
   * into the bytes that it returns; `end` follows in the same call stack. `tag`: the owner's own number, 32
   * bits.
   */
  begin(count: number, length: number, tag = 0): Bytes {
    assert(count >= 1 && count <= entryCountMax, 'an entry holds 1 to 65535 messages');
    const { appender } = this.#host;
    const bytes = appender.begin(entryHeaderBytes + length);
    bytes.writeUIntBE(this.#nextSequence, appender.at, 6);
    bytes.writeUInt32BE(count, appender.at + 6);
    bytes.writeUInt32BE(tag, appender.at + 10);
    this.#pending.count = count;
    this.#pending.tag = tag;
    return bytes;
  }

  /**
   * Ends an entry whose body has `length` bytes. `type`: how the owner stores it. Returns the sequence of its first
   * message.
   */
  end(length: number, type: EntryType = RecordType.entry): number {
    const { appender } = this.#host;
    appender.end(type, this.id, entryHeaderBytes + length, true);
    const pending = this.#pending;
    pending.sequence = this.#nextSequence;
    pending.position = appender.position;
    pending.size = appender.size;
    this.#index.push(pending);
    this.#nextSequence += pending.count;
    this.#count += pending.count;
    this.#bytes += appender.size;
    return pending.sequence;
  }

  /** Whether a message is held: appended and not settled. */
  has(sequence: number): boolean {
    if (!this.#index.find(sequence)) return false;
    return !this.#isSettledIn(this.#index.found, sequence);
  }

  /** A message is settled. Returns whether it was held. */
  settle(sequence: number): boolean {
    if (!this.#index.find(sequence) || this.#isSettledIn(this.#index.found, sequence)) return false;
    this.#note(sequence);
    this.#count--;
    const { found } = this.#index;
    const at = sequence - found.sequence;
    if (at > found.settled) {
      this.#ahead ??= new Map();
      const ahead = this.#ahead.get(found.sequence) ?? new Set();
      this.#ahead.set(found.sequence, ahead.add(at));
      return true;
    }
    let settled = at + 1;
    const ahead = this.#ahead?.get(found.sequence);
    if (ahead) {
      while (ahead.delete(settled)) settled++;
      if (ahead.size === 0) this.#ahead?.delete(found.sequence);
    }
    if (settled === found.count) this.#drop(found);
    else this.#index.setSettled(settled);
    return true;
  }

  /** Messages that follow each other are settled, as far as they are held: where they are next in an entry, at once. */
  settleRun(first: number, count: number): void {
    const end = first + count;
    for (let at = first; at < end; ) {
      const isHeld = this.#index.find(at);
      const { sequence, settled, count: size } = this.#index.found;
      const isNext = isHeld && at === sequence + settled && this.#ahead?.get(sequence) === undefined;
      const taken = isNext ? Math.min(end, sequence + size) - at : 1;
      if (isNext) this.#settleNext(taken);
      else this.settle(at);
      at += taken;
    }
  }

  /** Messages of an entry that are not settled. */
  heldIn({ sequence, count, settled }: FoundEntry): number {
    return count - settled - (this.#ahead?.get(sequence)?.size ?? 0);
  }

  /** A stream without messages goes on at a sequence; a lower one than it has reached is ignored. */
  skipTo(sequence: number): void {
    assert(this.#count === 0, 'only an empty stream skips sequences');
    this.#nextSequence = Math.max(this.#nextSequence, sequence);
  }

  /** Settles all messages. */
  clear(): void {
    const { appender } = this.#host;
    this.#index.forEach(({ position, size }) => void appender.writer.release(position, size));
    this.#index.clear();
    this.#ahead = undefined;
    this.#ranges = [1, this.#nextSequence - 1];
    this.#count = 0;
    this.#bytes = 0;
    this.#host.isDirty(this);
  }

  /** The first message held of at least `sequence`; undefined if there is none. */
  firstFrom(sequence: number): number | undefined {
    let from = sequence;
    while (this.#index.findFrom(from)) {
      const { found } = this.#index;
      const end = found.sequence + found.count;
      for (from = Math.max(from, found.sequence + found.settled); from < end; from++) {
        if (!this.#isSettledIn(found, from)) return from;
      }
    }
    return undefined;
  }

  /** The entry that holds a message of at least `sequence`, borrowed; undefined if none does. */
  entryFrom(sequence: number): FoundEntry | undefined {
    return this.#index.findFrom(sequence) ? this.#index.found : undefined;
  }

  /** The entry that holds a message, borrowed; undefined if it is not held. */
  entryOf(sequence: number): FoundEntry | undefined {
    return this.has(sequence) ? this.#index.found : undefined;
  }

  /** Bytes of the record of the entry that holds a message, where it is the last of it; 0 otherwise. */
  sizeOf(sequence: number): number {
    const found = this.entryOf(sequence);
    if (found === undefined) return 0;
    return this.heldIn(found) === 1 ? found.size : 0;
  }

  /** Visits all entries, in order; borrowed. */
  forEach(visit: (entry: FoundEntry) => void): void {
    this.#index.forEach(visit);
  }

  /** For the cleaner: whether the record at a place is the one that holds the entry of a sequence. */
  isAt(sequence: number, position: number): boolean {
    return this.#index.find(sequence) && this.#index.found.position === position;
  }

  /**
   * For the cleaner: the entry that was found stands at the end of the journal now; its settled ones are told again.
   */
  movedToEnd(): void {
    const { appender } = this.#host;
    const { found } = this.#index;
    appender.writer.pending.replaced.push(found.position, found.size);
    this.#bytes += appender.size - found.size;
    this.#index.move(appender.position, appender.size);
    for (let at = 0; at < found.settled; at++) this.#note(found.sequence + at);
    for (const at of this.#ahead?.get(found.sequence) ?? []) this.#note(found.sequence + at);
  }

  /** A group is about to be sealed: what was settled is told. */
  sealing(): void {
    const { appender } = this.#host;
    for (let from = 0; from < this.#ranges.length; from += 2 * rangesMax) {
      const ranges = this.#ranges.slice(from, from + 2 * rangesMax);
      const length = 6 + (ranges.length / 2) * rangeBytes;
      const bytes = appender.begin(length);
      let { at } = appender;
      bytes.writeUIntBE(this.#nextSequence, at, 6);
      at += 6;
      for (let index = 0; index < ranges.length; index += 2, at += rangeBytes) {
        bytes.writeUIntBE(ranges[index] ?? 0, at, 6);
        bytes.writeUInt32BE(Math.min(ranges[index + 1] ?? 0, 0xffff_ffff), at + 6);
      }
      appender.end(RecordType.settle, this.id, length, false);
    }
    this.#ranges.length = 0;
  }

  #isSettledIn(found: FoundEntry, sequence: number): boolean {
    const at = sequence - found.sequence;
    return at < found.settled || this.#ahead?.get(found.sequence)?.has(at) === true;
  }

  /** The next messages of the entry that was found are settled, none of which was before. */
  #settleNext(count: number): void {
    const { found } = this.#index;
    this.#note(found.sequence + found.settled, count);
    this.#count -= count;
    if (found.settled + count === found.count) this.#drop(found);
    else this.#index.setSettled(found.settled + count);
  }

  #drop(found: FoundEntry): void {
    this.#bytes -= found.size;
    this.#host.appender.writer.release(found.position, found.size);
    this.#index.remove();
  }

  #note(sequence: number, count = 1): void {
    const ranges = this.#ranges;
    const last = ranges.length - 2;
    if (last >= 0 && (ranges[last] ?? 0) + (ranges[last + 1] ?? 0) === sequence)
      ranges[last + 1] = (ranges[last + 1] ?? 0) + count;
    else ranges.push(sequence, count);
    if (ranges.length === 2) this.#host.isDirty(this);
  }
}

/** A log stream as recovery found it. */
export interface RestoredLog {
  readonly index: EntryIndex;
  readonly nextSequence: number;
  /** See `LogStream`. */
  readonly ahead: Map<number, Set<number>>;
}
