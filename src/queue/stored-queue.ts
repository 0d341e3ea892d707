// StoredQueue: messages in the journal, waiting for one receiver. In memory are their places, and of the messages
// themselves the front. While the receiver keeps up, nothing is ever read from the disk; of a backlog the next piece
// is read ahead.
//
//   [acknowledged: gone] | underway | front: in memory, unread | on the disk only, unread | end
//
// Of runs that pass by (see `StoredPassage`) each is one entry of the journal, and nothing of it is in memory here.
// Bounded by its limits; what is in memory as `StoredFront` is.

import type { LogStream } from '../journal/log-stream.ts';
import type { Message } from '../message/message.ts';
import { AgeLimit } from './age-limit.ts';
import { type Hold, holdUntilSafe } from './hold.ts';
import type { MessageQueue, QueueEntry, SeenEntry } from './message-queue.ts';
import { type DropReason, givesWayOldest } from './overflow.ts';
import type { QueueLimits } from './queue.ts';
import type { SharedRoom } from './share.ts';
import { StoredAside } from './stored-aside.ts';
import { browseStored, reachOf, standInFor } from './stored-browse.ts';
import { StoredFront } from './stored-front.ts';
import { storedBytesOf, writeMessage } from './stored-message.ts';
import { StoredPassage } from './stored-passage.ts';
import { type PieceTerms, readPiece } from './stored-piece.ts';
import type { StoredQueueParts } from './stored-queue-parts.ts';

const noNumbers: readonly number[] = [];

/** A bounded queue in the journal. */
export class StoredQueue<Tag> implements MessageQueue<Tag>, SharedRoom<Tag> {
  readonly #parts: StoredQueueParts<Tag>;
  readonly #stream: LogStream;
  readonly #age: AgeLimit<Tag> | undefined;
  /** What tells messages of earlier processes, and when those of them came that do not tell. */
  readonly #times: Omit<PieceTerms, 'from'>;
  readonly #front: StoredFront<Tag>;
  /** The way of runs past it. */
  readonly passage: StoredPassage<Tag>;
  /** The first sequence that no earlier process had. */
  readonly newFrom: number;
  readonly #aside: StoredAside<Tag>;
  readonly #isUnderway = (at: number): boolean => this.#front.underway.has(at) || this.passage.mayHave(at);
  #isWaiting = false;
  #isClosed = false;

  constructor(parts: StoredQueueParts<Tag>) {
    this.#parts = parts;
    this.#age = AgeLimit.of(parts.limits.age, parts.shares);
    this.#stream = parts.storage.journal.log(parts.name);
    this.newFrom = this.#stream.nextSequence;
    this.#times = { newFrom: this.newFrom, openedAt: Math.ceil(parts.storage.clock.now()) || 1 };
    this.#aside = new StoredAside(parts, this.#stream);
    this.#front = new StoredFront(this.#stream.firstFrom(1) ?? this.#stream.nextSequence, parts.budget);
    this.passage = new StoredPassage({ parts, stream: this.#stream, front: this.#front, queue: this });
  }

  /** See `MessageQueue`. */
  get depth(): number {
    return this.#stream.count;
  }

  /** See `MessageQueue`. */
  get unreadCount(): number {
    return this.#stream.count - this.#front.underway.size - this.passage.count;
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
    return this.oldestFrom(1);
  }

  /** The sequence of the oldest message held from one on, read or not; 0 if there is none. */
  oldestFrom(sequence: number): number {
    return this.#stream.firstFrom(sequence) ?? 0;
  }

  /** Tells whose messages an earlier process left, and how many. */
  forEachTag(visit: (tag: Tag, count: number) => void): void {
    const { form, shares } = this.#parts;
    this.#stream.forEach((entry) => {
      const tag = form.tagOf(entry.tag, undefined);
      const count = this.#stream.heldIn(entry);
      visit(tag, count);
      shares?.restored(tag, count, entry.size);
    });
  }

  /** Messages that the receiver owns are as if they had been read: they are not sent again. */
  skip(sequence: number): void {
    const entry = standInFor(this.#parts, this.#stream, sequence);
    if (entry) this.#front.underway.set(sequence, entry);
  }

  /** See `MessageQueue`. */
  beginAt(sequence: number): void {
    this.#stream.skipTo(sequence);
    this.#front.end = Math.max(this.#front.end, this.#stream.nextSequence);
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
      dropped(0, tag, 'disk-full', message.qos);
      return 0;
    }
    if (!this.#makeRoom(bytesMax, limits, tag)) {
      dropped(0, tag, 'queue-full', message.qos);
      return 0;
    }
    const stream = this.#stream;
    const bytes = stream.begin(1, bytesMax, form.keyOf(tag));
    const { at } = stream;
    const length = writeMessage(bytes, at, { message, tags: numbers, queuedAt }, storage.clock) - at;
    const sequence = stream.end(length);
    if (this.#front.hasRoomFor(sequence, length)) {
      this.#front.end = sequence + 1;
      this.#front.push({ sequence, message: message.own(), tag, queuedAt });
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
    const found = this.#front.find(from, isWanted);
    if (found) return found.sequence;
    const { form } = this.#parts;
    const stream = this.#stream;
    let sequence = stream.firstFrom(Math.max(from, this.#front.end));
    while (sequence !== undefined) {
      const key = stream.entryOf(sequence)?.tag;
      const isFree = !this.#front.underway.has(sequence);
      if (key !== undefined && isFree && isWanted(form.tagOf(key, undefined))) return sequence;
      sequence = stream.firstFrom(sequence + 1);
    }
    return 0;
  }

  /** See `MessageQueue`. */
  withdraw(sequence: number): QueueEntry<Tag> | undefined {
    if (this.#front.underway.has(sequence)) return undefined;
    const isOnDisk = sequence >= this.#front.end;
    const entry = isOnDisk ? standInFor(this.#parts, this.#stream, sequence) : this.#front.takeOut(sequence);
    if (entry) this.#settle(sequence, entry.tag);
    return entry;
  }

  /** See `MessageQueue`. */
  isTooOld(entry: QueueEntry<Tag>): boolean {
    return this.#age?.isTooOld(entry) === true;
  }

  /** See `MessageQueue`. */
  dropOld(): void {
    const age = this.#age;
    for (let { first } = this.#front; age && first && age.isTooOld(first); first = this.#front.first) {
      this.#dropAt(first.sequence, 'too-old');
    }
    if (age?.isUsed && this.#front.first === undefined) this.#read();
  }

  /** See `MessageQueue`. A message of QoS 2 leaves when its place, from which its identifier follows, is stored. */
  peek(): QueueEntry<Tag> | undefined {
    this.dropOld();
    const entry = this.#front.first;
    if (entry === undefined) {
      this.#read();
      return undefined;
    }
    return this.#mayLeave(entry) ? entry : undefined;
  }

  #mayLeave({ message, sequence, tag }: QueueEntry<Tag>): boolean {
    const { storage, durabilityOf } = this.#parts;
    const isSafe = durabilityOf(tag) === 'synced';
    if (message.qos < 2 || storage.journal.isStored(this.#stream, sequence, isSafe)) return true;
    this.#awaitStored(isSafe);
    return false;
  }

  /** See `MessageQueue`. */
  peekAt(sequence: number): QueueEntry<Tag> | undefined {
    if (!this.#stream.has(sequence) || this.#front.underway.has(sequence)) return undefined;
    const entry = this.#front.at(sequence) ?? this.#aside.get(sequence);
    if (entry === undefined) this.#readAside(sequence);
    return entry && this.#mayLeave(entry) ? entry : undefined;
  }

  /** See `MessageQueue`. */
  readAt(sequence: number): QueueEntry<Tag> | undefined {
    if (this.#front.underway.has(sequence)) return undefined;
    const entry = this.#front.at(sequence) ?? this.#aside.get(sequence);
    return entry && this.#front.readAhead(entry);
  }

  /** See `MessageQueue`. */
  next(): QueueEntry<Tag> | undefined {
    const entry = this.#front.next();
    if (entry && this.#front.isLow) this.#read();
    return entry;
  }

  /** See `MessageQueue`. */
  readLast(message: Message, tag: Tag): QueueEntry<Tag> | undefined {
    const { lastSequence: sequence } = this;
    if (!this.#stream.has(sequence) || this.#front.underway.has(sequence)) return undefined;
    return this.#front.readAhead({ sequence, message: message.own(), tag, queuedAt: this.#age?.stampOf(tag) ?? 0 });
  }

  /** See `MessageQueue`. */
  underway(sequence: number): QueueEntry<Tag> | undefined {
    return this.#front.underway.get(sequence);
  }

  /** See `MessageQueue`: everything is read from the disk, and nothing of it stays in memory. */
  browse(from: number, countMax: number): Promise<readonly SeenEntry<Tag>[]> {
    return browseStored(this.#parts, this.#stream, { from, countMax, isUnderway: this.#isUnderway });
  }

  /** See `MessageQueue`. */
  acknowledge(sequence: number): QueueEntry<Tag> | undefined {
    const entry = this.#front.settle(sequence) ?? this.#front.takeOut(sequence);
    if (entry) this.#settle(sequence, entry.tag);
    return entry;
  }

  /** See `MessageQueue`. */
  dropFor(tag: Tag): boolean {
    const { shares } = this.#parts;
    return shares !== undefined && this.#dropAt(shares.victimFor(shares.of(tag), this));
  }

  /** See `MessageQueue`. */
  dropOwn(tag: Tag): boolean {
    const { shares } = this.#parts;
    return shares !== undefined && this.#dropAt(shares.ownVictim(shares.of(tag), this));
  }

  /** See `MessageQueue`. */
  rewind(): void {
    this.#front.rewind();
    this.#parts.shares?.rewound();
  }

  /** See `MessageQueue`: what is stored outlives its owner. */
  clear(): void {
    this.#isClosed = true;
    this.passage.close();
    this.#front.clear();
  }

  /** Makes room for a message, by the policy. Returns whether there is. */
  #makeRoom(bytes: number, limits: QueueLimits, tag: Tag): boolean {
    const { bytesMax, overflow } = limits;
    const { shares } = this.#parts;
    if (shares) return bytes <= bytesMax && shares.makeRoom(bytes, tag, this);
    while (this.isFullFor(bytes)) {
      if (!givesWayOldest(overflow) || bytes > bytesMax || !this.#dropAt(this.findUnread(0, () => true))) return false;
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
    if (entry) this.#parts.dropped(sequence, entry.tag, reason, entry.message.qos);
    return entry !== undefined;
  }

  #settle(sequence: number, tag: Tag): boolean {
    const { shares } = this.#parts;
    const bytes = shares === undefined ? 0 : this.#stream.sizeOf(sequence);
    const wasHeld = this.#stream.settle(sequence);
    if (wasHeld) shares?.left(tag, bytes);
    return wasHeld;
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
    if (this.#front.isReading || this.#isClosed || this.#front.end >= this.#stream.nextSequence) return;
    this.#front.isReading = true;
    this.#tell(this.#readPiece());
  }

  /** The disk did not read: it is asked again in a while, and not at once. */
  #readAgain(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#parts.storage.journal.retry(() => {
      this.#isWaiting = false;
      if (!this.#isClosed) this.#parts.readable();
    });
  }

  /** Reads a message that is wanted before those that come first. */
  #readAside(from: number): void {
    if (this.#aside.isReading || this.#isClosed) return;
    this.#tell(this.#aside.read({ from, ...this.#times }).then((lost) => this.#dropLost(lost)));
  }

  #tell(read: Promise<void>): void {
    read.then(
      () => this.#parts.readable(),
      () => this.#readAgain(),
    );
  }

  async #readPiece(): Promise<void> {
    const front = this.#front;
    try {
      const { found, lost, end } = await readPiece(this.#parts, this.#stream, { from: front.end, ...this.#times });
      for (const entry of found) {
        const isWanted = entry.sequence >= front.end && !front.underway.has(entry.sequence);
        if (isWanted && this.#stream.has(entry.sequence)) front.push(entry);
      }
      this.#dropLost(lost);
      front.end = Math.max(front.end, end);
    } finally {
      front.isReading = false;
    }
  }

  #dropLost(lost: ReadonlySet<number>): void {
    const { form, dropped } = this.#parts;
    for (const sequence of lost) {
      // of a run that is read again, some may be underway: whoever sends has them
      const key = this.#isUnderway(sequence) ? undefined : this.#stream.entryOf(sequence)?.tag;
      if (key === undefined) continue;
      const tag = form.tagOf(key, undefined);
      if (this.#settle(sequence, tag)) dropped(sequence, tag, 'damaged', 2);
    }
  }
}
