// StoredQueue: messages in the journal, waiting for one receiver. In memory are their places, the next ones to be
// sent (at most `frontBytesMax`), and those underway. While the receiver keeps up, nothing is ever read from the
// disk; of a backlog the next piece is read ahead.
//
//   [acknowledged: gone] | underway | front: in memory, unread | on the disk only, unread | end
//
// Bounded by its limits; what is underway by the receiver's window; both together by a budget that it may share, for
// which it lets go of the end of the front.

import type { LogStream } from '../journal/log-stream.ts';
import type { Message } from '../message/message.ts';
import { AgeLimit } from './age-limit.ts';
import { HeldMemory } from './held-memory.ts';
import { type Hold, holdUntilSafe } from './hold.ts';
import type { MessageQueue, QueueEntry, SeenEntry } from './message-queue.ts';
import { type DropReason, givesWayOldest } from './overflow.ts';
import type { QueueLimits } from './queue.ts';
import type { SharedRoom } from './share.ts';
import { browseStored, placeIn, reachOf, standInFor } from './stored-browse.ts';
import { storedBytesOf, writeMessage } from './stored-message.ts';
import { readPiece } from './stored-piece.ts';
import type { StoredQueueParts } from './stored-queue-parts.ts';

const noNumbers: readonly number[] = [];
const frontBytesMax = 1024 * 1024;
/** Acknowledged entries at the beginning of the front that are carried along before the rest is moved up. */
const slackMax = 1024;

/** A bounded queue in the journal. */
export class StoredQueue<Tag> implements MessageQueue<Tag>, SharedRoom<Tag> {
  readonly #parts: StoredQueueParts<Tag>;
  readonly #stream: LogStream;
  readonly #age: AgeLimit<Tag> | undefined;
  /** When messages of earlier processes came that do not tell. */
  readonly #openedAt: number;
  /** Unread entries in memory, in order; those before `#head` are read. */
  #front: QueueEntry<Tag>[] = [];
  #head = 0;
  #frontBytes = 0;
  /** Of the front, and of what is underway. */
  readonly #held: HeldMemory;
  /** The first sequence that is not in the front, nor before it. */
  #frontEnd: number;
  readonly #underway = new Map<number, QueueEntry<Tag>>();
  /** The first sequence that no earlier process had. */
  readonly newFrom: number;
  #isReading = false;
  #isWaiting = false;
  #isClosed = false;

  constructor(parts: StoredQueueParts<Tag>) {
    this.#parts = parts;
    this.#held = new HeldMemory(parts.budget, (bytesMax) => this.#forgetEnd(bytesMax));
    this.#age = AgeLimit.of(parts.limits.age, parts.shares);
    this.#stream = parts.storage.journal.log(parts.name);
    this.newFrom = this.#stream.nextSequence;
    this.#openedAt = Math.ceil(parts.storage.clock.now()) || 1;
    this.#frontEnd = this.#stream.firstFrom(1) ?? this.#stream.nextSequence;
  }

  /** See `MessageQueue`. */
  get depth(): number {
    return this.#stream.count;
  }

  /** See `MessageQueue`. */
  get unreadCount(): number {
    return this.#stream.count - this.#underway.size;
  }

  /** See `MessageQueue`. */
  get byteLength(): number {
    return this.#stream.byteLength;
  }

  /** See `MessageQueue`. */
  get lastSequence(): number {
    return this.#stream.nextSequence - 1;
  }

  /** See `MessageQueue`. */
  get oldestSequence(): number {
    return this.#stream.firstFrom(1) ?? 0;
  }

  /** Tells whose messages an earlier process left, and how many. */
  forEachTag(visit: (tag: Tag, count: number) => void): void {
    const { form, shares } = this.#parts;
    this.#stream.forEach(({ tag: key, count, settled, size }) => {
      const tag = form.tagOf(key, undefined);
      visit(tag, count - settled);
      shares?.restored(tag, count - settled, size);
    });
  }

  /** Messages that the receiver owns are as if they had been read: they are not sent again. */
  skip(sequence: number): void {
    const entry = standInFor(this.#parts, this.#stream, sequence);
    if (entry) this.#underway.set(sequence, entry);
  }

  /** An empty queue goes on at a sequence; a lower one than it has reached is ignored. */
  beginAt(sequence: number): void {
    this.#stream.skipTo(sequence);
    this.#frontEnd = Math.max(this.#frontEnd, this.#stream.nextSequence);
  }

  /** See `reachOf`. */
  reach(count: number): number {
    return reachOf(this.#stream, count);
  }

  /** See `MessageQueue`. */
  append(message: Message, tag: Tag, hold?: Hold, queuedAt: number = this.#age?.stampOf(tag) ?? 0): number {
    this.dropOld();
    const { storage, form, dropped, durabilityOf, limits } = this.#parts;
    const { journal } = storage;
    const numbers = form.numbersOf(tag);
    const bytesMax = storedBytesOf(message, numbers, queuedAt);
    if (!journal.isAccepting && !this.#displace(bytesMax, tag)) {
      dropped(0, tag, 'disk-full');
      return 0;
    }
    if (!this.#makeRoom(bytesMax, limits, tag)) {
      dropped(0, tag, 'queue-full');
      return 0;
    }
    const stream = this.#stream;
    const bytes = stream.begin(1, bytesMax, form.keyOf(tag));
    const { at } = stream;
    const length = writeMessage(bytes, at, { message, tags: numbers, queuedAt }, storage.clock) - at;
    const sequence = stream.end(length);
    if (this.#frontEnd === sequence && this.#frontBytes + length <= frontBytesMax) {
      this.#frontEnd = sequence + 1;
      this.#push({ sequence, message: message.own(), tag, queuedAt });
    }
    this.#parts.shares?.came(tag, this.#stream.sizeOf(sequence));
    if (hold && message.qos > 0) holdUntilSafe(hold, journal, durabilityOf(tag));
    return sequence;
  }

  /** See `MessageQueue`. */
  hasRoomFor(message: Message, tag: Tag): boolean {
    const { shares, storage } = this.#parts;
    const bytes = storedBytesOf(message, noNumbers);
    const isOwnRoom = shares === undefined || shares.of(tag).hasRoomFor(bytes);
    return isOwnRoom && !this.isFullFor(bytes) && storage.journal.isAccepting;
  }

  /** See `UnreadEntries`. */
  get nextSequence(): number {
    return this.#stream.nextSequence;
  }

  /** See `UnreadEntries`. */
  findUnread(from: number, isWanted: (tag: Tag) => boolean): number {
    for (let index = placeIn(this.#front, this.#head, from); index < this.#front.length; index++) {
      const entry = this.#front[index];
      if (entry && isWanted(entry.tag)) return entry.sequence;
    }
    const { form } = this.#parts;
    const stream = this.#stream;
    let sequence = stream.firstFrom(Math.max(from, this.#frontEnd));
    while (sequence !== undefined) {
      const key = stream.entryOf(sequence)?.tag;
      const isFree = !this.#underway.has(sequence);
      if (key !== undefined && isFree && isWanted(form.tagOf(key, undefined))) return sequence;
      sequence = stream.firstFrom(sequence + 1);
    }
    return 0;
  }

  /** See `MessageQueue`. */
  withdraw(sequence: number): QueueEntry<Tag> | undefined {
    if (this.#underway.has(sequence)) return undefined;
    const isOnDisk = sequence >= this.#frontEnd;
    const entry = isOnDisk ? standInFor(this.#parts, this.#stream, sequence) : this.#takeUnread(sequence);
    if (entry) this.#settle(sequence, entry.tag);
    return entry;
  }

  /** See `MessageQueue`. */
  dropOld(): void {
    const age = this.#age;
    for (let first = this.#front[this.#head]; age && first && age.isTooOld(first); first = this.#front[this.#head]) {
      this.#dropAt(first.sequence, 'too-old');
    }
    if (age?.isUsed && this.#front.length === this.#head) this.#read();
  }

  /** See `MessageQueue`. A message of QoS 2 leaves when its place, from which its identifier follows, is stored. */
  peek(): QueueEntry<Tag> | undefined {
    this.dropOld();
    const entry = this.#front[this.#head];
    if (entry === undefined) {
      this.#read();
      return undefined;
    }
    const { storage, durabilityOf } = this.#parts;
    const isSafe = durabilityOf(entry.tag) === 'synced';
    if (entry.message.qos < 2 || storage.journal.isStored(this.#stream, entry.sequence, isSafe)) return entry;
    this.#awaitStored(isSafe);
    return undefined;
  }

  /** See `MessageQueue`. */
  next(): QueueEntry<Tag> | undefined {
    const entry = this.#front[this.#head];
    if (entry === undefined) return undefined;
    this.#head++;
    this.#frontBytes -= entry.message.byteLength;
    this.#underway.set(entry.sequence, entry);
    if (this.#head >= slackMax || this.#head === this.#front.length) {
      this.#front = this.#front.slice(this.#head);
      this.#head = 0;
    }
    if (this.#frontBytes < frontBytesMax / 2) this.#read();
    return entry;
  }

  /** See `MessageQueue`. */
  underway(sequence: number): QueueEntry<Tag> | undefined {
    return this.#underway.get(sequence);
  }

  /** See `MessageQueue`: everything is read from the disk, and nothing of it stays in memory. */
  browse(from: number, countMax: number): Promise<readonly SeenEntry<Tag>[]> {
    return browseStored(this.#parts, this.#stream, { from, countMax, underway: this.#underway });
  }

  /** See `MessageQueue`. */
  acknowledge(sequence: number): QueueEntry<Tag> | undefined {
    const entry = this.#underway.get(sequence) ?? this.#takeUnread(sequence);
    if (entry === undefined) return undefined;
    if (this.#underway.delete(sequence)) this.#held.shrank(entry.message.byteLength);
    this.#settle(sequence, entry.tag);
    return entry;
  }

  /** See `MessageQueue`. */
  dropFor(tag: Tag): boolean {
    const { shares } = this.#parts;
    return shares !== undefined && this.#dropAt(shares.victimFor(shares.of(tag), this));
  }

  /** See `MessageQueue`. */
  rewind(): void {
    const again = [...this.#underway.values()].sort((one, other) => one.sequence - other.sequence);
    this.#underway.clear();
    this.#front = [...again, ...this.#front.slice(this.#head)];
    this.#head = 0;
    this.#frontBytes = this.#front.reduce((sum, { message }) => sum + message.byteLength, 0);
    this.#parts.shares?.rewound();
  }

  /** See `MessageQueue`: what is stored outlives its owner. */
  clear(): void {
    this.#isClosed = true;
    this.#front = [];
    this.#head = 0;
    this.#underway.clear();
    this.#held.shrank(this.#held.byteLength);
  }

  /** What is furthest from being sent is read again when its turn comes; while something is read, its order counts. */
  #forgetEnd(bytesMax: number): void {
    if (this.#isReading) return;
    while (this.#held.byteLength > bytesMax && this.#front.length > this.#head + 1) {
      const last = this.#front.pop();
      if (last === undefined) return;
      this.#frontEnd = last.sequence;
      this.#frontBytes -= last.message.byteLength;
      this.#held.shrank(last.message.byteLength);
    }
  }

  #push(entry: QueueEntry<Tag>): void {
    this.#front.push(entry);
    this.#frontBytes += entry.message.byteLength;
    this.#held.grew(entry.message.byteLength);
  }

  /** Makes room for a message, by the policy. Returns whether there is. */
  #makeRoom(bytes: number, limits: QueueLimits, tag: Tag): boolean {
    const { bytesMax, overflow } = limits;
    const { shares } = this.#parts;
    if (shares) return bytes <= bytesMax && shares.makeRoom(bytes, tag, this);
    while (this.isFullFor(bytes)) {
      if (!givesWayOldest(overflow) || bytes > bytesMax || !this.#dropOldest()) return false;
    }
    return true;
  }

  /** See `SharedRoom`. */
  isFullFor(bytes: number): boolean {
    const { countMax, bytesMax } = this.#parts.limits;
    return this.depth >= countMax || this.byteLength + bytes > bytesMax;
  }

  /** See `SharedRoom`. */
  giveUp(sequence: number): boolean {
    return this.#dropAt(sequence);
  }

  /** Without room on the disk, a message may take that of others which give way for it. Returns whether it has. */
  #displace(bytes: number, tag: Tag): boolean {
    const { storage, shares, limits } = this.#parts;
    if (storage.whenFull === 'refuse' || !storage.journal.isFull) return false;
    const before = this.byteLength;
    while (before - this.byteLength < bytes) {
      const victim = shares ? shares.victimFor(shares.of(tag), this) : this.findUnread(0, () => true);
      if (!givesWayOldest(limits.overflow) && shares === undefined) return false;
      if (!this.#dropAt(victim, 'disk-full')) return false;
    }
    return true;
  }

  #dropAt(sequence: number, reason: DropReason = 'queue-full'): boolean {
    const entry = sequence === 0 ? undefined : this.withdraw(sequence);
    if (entry) this.#parts.dropped(sequence, entry.tag, reason);
    return entry !== undefined;
  }

  #settle(sequence: number, tag: Tag): boolean {
    const { shares } = this.#parts;
    const bytes = shares === undefined ? 0 : this.#stream.sizeOf(sequence);
    const wasHeld = this.#stream.settle(sequence);
    if (wasHeld) shares?.left(tag, bytes);
    return wasHeld;
  }

  #dropOldest(): boolean {
    const { form, dropped } = this.#parts;
    const first = this.#front[this.#head];
    const sequence = first?.sequence ?? this.#stream.firstFrom(this.#frontEnd);
    const entry = sequence === undefined ? undefined : this.#stream.entryOf(sequence);
    if (sequence === undefined || entry === undefined) return false;
    const tag = first?.tag ?? form.tagOf(entry.tag, undefined);
    this.#stream.settle(sequence);
    if (first) {
      this.#frontBytes -= first.message.byteLength;
      this.#held.shrank(first.message.byteLength);
      this.#front.splice(this.#head, 1);
    } else this.#frontEnd = sequence + 1;
    dropped(sequence, tag, 'queue-full');
    return true;
  }

  #takeUnread(sequence: number): QueueEntry<Tag> | undefined {
    const index = placeIn(this.#front, this.#head, sequence);
    if (this.#front[index]?.sequence !== sequence) return undefined;
    const [entry] = this.#front.splice(index, 1);
    const bytes = entry?.message.byteLength ?? 0;
    this.#frontBytes -= bytes;
    this.#held.shrank(bytes);
    return entry;
  }

  #awaitStored(isSafe: boolean): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const { storage, readable } = this.#parts;
    const stored = (): void => {
      this.#isWaiting = false;
      if (!this.#isClosed) readable();
    };
    storage.journal.wait({ stored }, isSafe);
  }

  #read(): void {
    if (this.#isReading || this.#isClosed || this.#frontEnd >= this.#stream.nextSequence) return;
    this.#isReading = true;
    this.#readPiece().then(
      () => this.#parts.readable(),
      () => this.#awaitStored(false), // the disk failed: tried again when it works
    );
  }

  async #readPiece(): Promise<void> {
    const { form, dropped } = this.#parts;
    const terms = { from: this.#frontEnd, newFrom: this.newFrom, openedAt: this.#openedAt };
    try {
      const { found, lost, end } = await readPiece(this.#parts, this.#stream, terms);
      for (const entry of found) {
        const isWanted = entry.sequence >= this.#frontEnd && !this.#underway.has(entry.sequence);
        if (isWanted && this.#stream.has(entry.sequence)) this.#push(entry);
      }
      for (const sequence of lost) {
        const key = this.#stream.entryOf(sequence)?.tag;
        if (key === undefined) continue;
        const tag = form.tagOf(key, undefined);
        if (this.#settle(sequence, tag)) dropped(sequence, tag, 'damaged');
      }
      this.#frontEnd = Math.max(this.#frontEnd, end);
    } finally {
      this.#isReading = false;
    }
  }
}
