// Queue: messages in order, waiting for one receiver. Reading moves a position on; an entry leaves only when it is
// acknowledged (or dropped), so after a lost link reading starts again at the oldest unacknowledged one (`rewind`).
//
//   [acknowledged: gone] | low-water mark: read, not acknowledged ... | read position: unread ... | end
//
// Bounded by `countMax` messages and `bytesMax` bytes, unacknowledged ones included, and by a budget
// that it may share. What was read is in flight and is never dropped by overflow: it belongs to the receiver's window
// until that settles it.
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import { assert } from '../base/errors.ts';
import type { Message } from '../message/message.ts';
import { AgeLimit, type AgeTerms } from './age-limit.ts';
import type { Hold } from './hold.ts';
import type { MessageQueue, QueueDropped, QueueEntry, SeenEntry } from './message-queue.ts';
import { type DropReason, givesWayOldest, type OverflowPolicy } from './overflow.ts';
import type { Budgeted, QueueBudget } from './queue-budget.ts';
import type { RunPassage } from './run-passage.ts';
import type { QueueSharing, SharedRoom, Shares } from './share.ts';

/** The bounds of a queue. */
export interface QueueLimits {
  /** Messages, at least 1. */
  readonly countMax: number;
  /** Bytes of topics, payloads and properties together. */
  readonly bytesMax: number;
  readonly overflow: OverflowPolicy;
  /** How long messages may wait. Default for ever. */
  readonly age?: AgeTerms;
}

interface Node<Tag> {
  readonly entry: QueueEntry<Tag>;
  /** Read out of its turn. */
  isAhead: boolean;
  previous: Node<Tag> | undefined;
  next: Node<Tag> | undefined;
}

/** A bounded queue in memory. */
export class Queue<Tag = number> implements MessageQueue<Tag>, RunPassage<Tag>, Budgeted, SharedRoom<Tag> {
  readonly #limits: QueueLimits;
  readonly #dropped: QueueDropped<Tag>;
  readonly #budget: QueueBudget | undefined;
  /** The message that is being appended, until it is known to have room; 0 for none. */
  #appending = 0;
  readonly #shares: Shares<Tag> | undefined;
  readonly #age: AgeLimit<Tag> | undefined;
  /** By sequence; made with the first message. */
  #nodes: Map<number, Node<Tag>> | undefined;
  #head: Node<Tag> | undefined;
  #tail: Node<Tag> | undefined;
  #unread: Node<Tag> | undefined;
  #unreadCount = 0;
  #bytes = 0;
  #lastSequence = 0;
  /** Whether any message was read out of its turn since the last rewind. */
  #hasAhead = false;
  /** Messages that passed the queue by and are not settled. */
  #leftOut = 0;

  constructor(limits: QueueLimits, dropped: QueueDropped<Tag>, { budget, shares }: QueueSharing<Tag> = {}) {
    assert(limits.countMax >= 1, 'a queue holds at least one message');
    this.#limits = limits;
    this.#dropped = dropped;
    this.#budget = budget;
    this.#shares = shares;
    this.#age = AgeLimit.of(limits.age, shares);
  }

  /** Messages held: unread, and read or left out but not acknowledged. */
  get depth(): number {
    return this.#size + this.#leftOut;
  }

  /** Messages not read yet. */
  get unreadCount(): number {
    return this.#unreadCount;
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** See `MessageQueue`. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** See `MessageQueue`. */
  get oldestSequence(): number {
    return this.#head?.entry.sequence ?? 0;
  }

  /**
   * Takes a message to the end and owns its bytes. Returns its sequence, or 0 when it was the one to give way. Older
   * messages may have been dropped for it; each drop has been told.
   */
  append(message: Message, tag: Tag, _hold?: Hold, queuedAt: number = this.#age?.stampOf(tag) ?? 0): number {
    this.dropOld();
    const bytes = message.byteLength;
    if (!this.#makeRoom(bytes, tag)) {
      this.#dropped({ sequence: 0, message, tag, queuedAt }, 'queue-full');
      return 0;
    }
    const entry = { sequence: ++this.#lastSequence, message: message.own(), tag, queuedAt };
    const node: Node<Tag> = { entry, isAhead: false, previous: this.#tail, next: undefined };
    if (this.#tail) this.#tail.next = node;
    else this.#head = node;
    this.#tail = node;
    this.#unread ??= node;
    this.#unreadCount++;
    this.#bytes += bytes;
    this.#shares?.came(tag, bytes);
    this.#nodes ??= new Map();
    this.#nodes.set(entry.sequence, node);
    this.#appending = entry.sequence;
    const isCut = this.#budget?.grew(this, bytes) === true;
    this.#appending = 0;
    return isCut && !this.#nodes.has(entry.sequence) ? 0 : entry.sequence;
  }

  /** See `Budgeted`. */
  get isKeeping(): boolean {
    return this.#limits.overflow === 'block' && this.#shares === undefined;
  }

  /** See `Budgeted`: what is in flight stays, and where nothing may be dropped all but QoS 0 does. */
  giveWay(bytesMax: number): void {
    const isFromOldest = this.#shares !== undefined || givesWayOldest(this.#limits.overflow);
    let node = isFromOldest ? this.#unread : this.#unread && this.#tail;
    while (node && this.#bytes > bytesMax) {
      const { entry, isAhead } = node;
      const next: Node<Tag> | undefined = isFromOldest ? node.next : node.previous;
      const mayDrop = !isAhead && (this.#policyOf(entry.tag) !== 'block' || entry.message.qos === 0);
      if (mayDrop) {
        this.#remove(node);
        // as the one that was not taken, which its owner counts once
        this.#dropped(entry.sequence === this.#appending ? { ...entry, sequence: 0 } : entry, 'memory-full');
      }
      // whoever was told may have taken it out
      const isThere = next !== undefined && this.#nodes?.has(next.entry.sequence) === true;
      node = isThere && (next.isAhead || this.#isUnread(next)) ? next : undefined;
    }
  }

  #policyOf(tag: Tag): OverflowPolicy {
    return this.#shares?.of(tag).terms.overflow ?? this.#limits.overflow;
  }

  /** See `MessageQueue`. */
  hasRoomFor(message: Message, tag: Tag): boolean {
    const { countMax, bytesMax } = this.#limits;
    const bytes = message.byteLength;
    const isOwnRoom = this.#shares === undefined || this.#shares.of(tag).hasRoomFor(bytes);
    if (!isOwnRoom || this.depth >= countMax || this.#bytes + bytes > bytesMax) return false;
    return this.#budget === undefined || this.#budget.hasRoomFor(bytes);
  }

  /** See `UnreadEntries`. */
  get nextSequence(): number {
    return this.#lastSequence + 1;
  }

  /** See `UnreadEntries`. */
  findUnread(from: number, isWanted: (tag: Tag) => boolean): number {
    const known = this.#nodes?.get(from);
    let node = known && this.#isUnread(known) ? known : this.#unread;
    while (node && (node.isAhead || node.entry.sequence < from || !isWanted(node.entry.tag))) node = node.next;
    return node?.entry.sequence ?? 0;
  }

  /** See `MessageQueue`. */
  withdraw(sequence: number): QueueEntry<Tag> | undefined {
    const node = this.#nodes?.get(sequence);
    if (node === undefined || !this.#isUnread(node)) return undefined;
    this.#remove(node);
    return node.entry;
  }

  /** See `MessageQueue`. */
  beginAt(sequence: number): void {
    this.#lastSequence = Math.max(this.#lastSequence, sequence - 1);
  }

  /** See `RunPassage`. */
  passedBytesOf(run: PublishRun): number {
    return run.end - run.start;
  }

  /** See `RunPassage`. */
  mayPass(): boolean {
    return this.#unreadCount === 0;
  }

  /** See `RunPassage`. */
  pass({ count }: Pick<RunForms, 'count'>): number {
    const first = this.#lastSequence + 1;
    this.#lastSequence += count;
    this.#leftOut += count;
    return first;
  }

  /** See `RunPassage`. */
  passed(_first: number, count: number): void {
    this.#leftOut -= count;
  }

  /** See `RunPassage`. */
  restore(sequence: number, message: Message, tag: Tag): void {
    this.#leftOut--;
    let next = this.#head;
    while (next && next.entry.sequence < sequence) next = next.next;
    const previous = next === undefined ? this.#tail : next.previous;
    const entry = { sequence, message: message.own(), tag, queuedAt: 0 };
    const node: Node<Tag> = { entry, isAhead: false, previous, next };
    if (previous) previous.next = node;
    else this.#head = node;
    if (next) next.previous = node;
    else this.#tail = node;
    this.#bytes += message.byteLength;
    this.#shares?.came(tag, message.byteLength);
    this.#nodes ??= new Map();
    this.#nodes.set(sequence, node);
    this.#budget?.grew(this, message.byteLength);
  }

  /** See `MessageQueue`. */
  isTooOld(entry: QueueEntry<Tag>): boolean {
    return this.#age?.isTooOld(entry) === true;
  }

  /** See `MessageQueue`. */
  dropOld(): void {
    const age = this.#age;
    for (let first = this.#unread; age && first && age.isTooOld(first.entry); first = this.#unread) {
      this.#dropAt(first.entry.sequence, 'too-old');
    }
  }

  /** See `MessageQueue`. */
  peek(): QueueEntry<Tag> | undefined {
    this.dropOld();
    return this.#unread?.entry;
  }

  /** Reads the next entry: it stays until it is acknowledged. */
  next(): QueueEntry<Tag> | undefined {
    const node = this.#unread;
    if (node === undefined) return undefined;
    this.#unread = unreadFrom(node.next);
    this.#unreadCount--;
    return node.entry;
  }

  /** See `MessageQueue`. */
  readLast(): QueueEntry<Tag> | undefined {
    return this.readAt(this.#tail?.entry.sequence ?? 0);
  }

  /** See `MessageQueue`. */
  peekAt(sequence: number): QueueEntry<Tag> | undefined {
    const node = this.#nodes?.get(sequence);
    return node && this.#isUnread(node) ? node.entry : undefined;
  }

  /** See `MessageQueue`. */
  readAt(sequence: number): QueueEntry<Tag> | undefined {
    const node = this.#nodes?.get(sequence);
    if (node === undefined || !this.#isUnread(node)) return undefined;
    if (this.#unread === node) return this.next();
    node.isAhead = true;
    this.#hasAhead = true;
    this.#unreadCount--;
    return node.entry;
  }

  /** See `MessageQueue`. */
  underway(sequence: number): QueueEntry<Tag> | undefined {
    const node = this.#nodes?.get(sequence);
    return node === undefined || this.#isUnread(node) ? undefined : node.entry;
  }

  /** See `MessageQueue`. */
  browse(from: number, countMax: number): Promise<readonly SeenEntry<Tag>[]> {
    const seen: SeenEntry<Tag>[] = [];
    let node = this.#nodes?.get(from) ?? this.#head;
    while (node && node.entry.sequence < from) node = node.next;
    for (; node && seen.length < countMax; node = node.next) {
      seen.push({ ...node.entry, isUnderway: !this.#isUnread(node) });
    }
    return Promise.resolve(seen);
  }

  /** Lets an entry go: delivered, or dropped by its owner. Unknown sequences are ignored. Returns the entry. */
  acknowledge(sequence: number): QueueEntry<Tag> | undefined {
    const node = this.#nodes?.get(sequence);
    if (node === undefined) return undefined;
    this.#remove(node);
    return node.entry;
  }

  /** See `MessageQueue`. */
  dropFor(tag: Tag): boolean {
    return this.#shares !== undefined && this.#dropAt(this.#shares.victimFor(this.#shares.of(tag), this));
  }

  /** See `MessageQueue`. */
  dropOwn(tag: Tag): boolean {
    return this.#shares !== undefined && this.#dropAt(this.#shares.ownVictim(this.#shares.of(tag), this));
  }

  /** Reads again from the oldest entry held. */
  rewind(): void {
    if (this.#hasAhead) for (let node = this.#head; node; node = node.next) node.isAhead = false;
    this.#hasAhead = false;
    this.#unread = this.#head;
    this.#unreadCount = this.#size;
    this.#shares?.rewound();
  }

  /** Drops everything for a reason. */
  clear(reason: DropReason): void {
    for (let node = this.#head; node; node = node.next) {
      this.#dropped(node.entry, reason);
      this.#shares?.left(node.entry.tag, node.entry.message.byteLength);
    }
    this.#nodes = undefined;
    this.#head = undefined;
    this.#tail = undefined;
    this.#unread = undefined;
    this.#unreadCount = 0;
    this.#leftOut = 0;
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (bytes > 0) this.#budget?.shrank(this, bytes);
  }

  /** Makes room for a message, by the policy. Returns whether there is. */
  #makeRoom(bytes: number, tag: Tag): boolean {
    const { countMax, bytesMax, overflow } = this.#limits;
    if (this.#shares) return bytes <= bytesMax && this.#shares.makeRoom(bytes, tag, this);
    while (this.depth >= countMax || this.#bytes + bytes > bytesMax) {
      const victim = givesWayOldest(overflow) ? this.#unread : undefined;
      if (victim === undefined || bytes > bytesMax) return false;
      this.#remove(victim);
      this.#dropped(victim.entry, 'queue-full');
    }
    return true;
  }

  /** See `SharedRoom`. */
  isFullFor(bytes: number): boolean {
    return this.depth >= this.#limits.countMax || this.#bytes + bytes > this.#limits.bytesMax;
  }

  /** See `SharedRoom`. */
  giveUp(sequence: number): boolean {
    return this.#dropAt(sequence);
  }

  #dropAt(sequence: number, reason: DropReason = 'queue-full'): boolean {
    const entry = sequence === 0 ? undefined : this.withdraw(sequence);
    if (entry) this.#dropped(entry, reason);
    return entry !== undefined;
  }

  #remove(node: Node<Tag>): void {
    if (this.#isUnread(node)) this.#unreadCount--;
    if (this.#unread === node) this.#unread = unreadFrom(node.next);
    if (node.previous) node.previous.next = node.next;
    else this.#head = node.next;
    if (node.next) node.next.previous = node.previous;
    else this.#tail = node.previous;
    this.#nodes?.delete(node.entry.sequence);
    const bytes = node.entry.message.byteLength;
    this.#bytes -= bytes;
    this.#shares?.left(node.entry.tag, bytes);
    this.#budget?.shrank(this, bytes);
  }

  get #size(): number {
    return this.#nodes?.size ?? 0;
  }

  #isUnread(node: Node<Tag>): boolean {
    return !node.isAhead && this.#unread !== undefined && node.entry.sequence >= this.#unread.entry.sequence;
  }
}

/** The first node from one on that was not read out of its turn. */
function unreadFrom<Tag>(node: Node<Tag> | undefined): Node<Tag> | undefined {
  let first = node;
  while (first?.isAhead) first = first.next;
  return first;
}
