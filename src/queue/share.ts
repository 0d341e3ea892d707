// QueueShare: what one owner (a rule of a bridge) has in a queue that several share, what it may have, and what its
// messages do when there is no room. Shares finds who gives way:
//
//   oldest, latest   of the messages of its own class and lower ones the oldest
//   priority         of the lowest class that has any, its own at most, the oldest
//   newest, block    none: the message that comes is dropped, or waits
//
// Nothing pushes out what is of a higher class, or of an owner whose policy keeps what it has (newest, block); and what
// was read is in flight and stays. Looking for the oldest goes on where it ended, so each message is looked at once.
import { givesWayOldest, type OverflowPolicy } from './overflow.ts';
import type { QueueBudget } from './queue-budget.ts';

/** What an owner may have. */
export interface ShareTerms {
  readonly overflow: OverflowPolicy;
  /** Its class: lower ones give way first. */
  readonly priority: number;
  /** Messages, besides the limit of the queue. Default no limit. */
  readonly countMax?: number;
  /** Bytes, besides the limit of the queue. Default no limit. */
  readonly bytesMax?: number;
  /** How long its messages may wait, in ms. Default for ever. */
  readonly ageMsMax?: number;
}

/** One owner's part. */
export class QueueShare {
  readonly terms: ShareTerms;
  /** Messages and bytes that it has: unread, and read but not acknowledged. */
  count = 0;
  bytes = 0;

  constructor(terms: ShareTerms) {
    this.terms = terms;
  }

  /** Messages go from one queue to another: no limit holds meanwhile. */
  isLifted = false;

  /** Bytes that it may have at most. */
  get bytesMax(): number {
    return (this.isLifted ? undefined : this.terms.bytesMax) ?? Number.POSITIVE_INFINITY;
  }

  /** Whether its own limits leave room. */
  hasRoomFor(bytes: number): boolean {
    const { countMax = Number.POSITIVE_INFINITY } = this.terms;
    return this.isLifted || (this.count < countMax && this.bytes + bytes <= this.bytesMax);
  }

  /** A message came to it, or, with a count of -1, has left. */
  add(count: number, bytes: number): void {
    this.count += count;
    this.bytes += bytes;
  }

  /** Takes over what another one has. */
  adopt(other: QueueShare): void {
    this.add(other.count, other.bytes);
    other.count = 0;
    other.bytes = 0;
  }
}

/** A queue as it is searched. */
export interface UnreadEntries<Tag> {
  /** The first unread message of at least a sequence whose tag is wanted; 0 if there is none. */
  findUnread(from: number, isWanted: (tag: Tag) => boolean): number;
  /** The sequence of the next message. */
  readonly nextSequence: number;
}

/** A queue that makes room. */
export interface SharedRoom<Tag> extends UnreadEntries<Tag> {
  /** Whether its limits leave no room for a message more. */
  isFullFor(bytes: number): boolean;
  /** Drops the message of a sequence, if there is one. Returns whether there was. */
  giveUp(sequence: number): boolean;
}

/** All shares of one queue. */
export class Shares<Tag> {
  readonly #shareOf: (tag: Tag) => QueueShare;
  /** By share, the sequence before which it has nothing unread. */
  readonly #from = new Map<QueueShare, number>();

  constructor(shareOf: (tag: Tag) => QueueShare) {
    this.#shareOf = shareOf;
  }

  /** The share of a tag. */
  of(tag: Tag): QueueShare {
    return this.#shareOf(tag);
  }

  /** A message came to the queue, or several. */
  came(tag: Tag, bytes: number, count = 1): void {
    const share = this.#shareOf(tag);
    share.add(count, bytes);
    if (!this.#from.has(share)) this.#from.set(share, 0);
  }

  /** A message has left the queue, or several. */
  left(tag: Tag, bytes: number, count = 1): void {
    this.#shareOf(tag).add(-count, -bytes);
  }

  /** Everything held is unread again, or belongs to others. */
  rewound(): void {
    for (const share of this.#from.keys()) this.#from.set(share, 0);
  }

  /** Messages of a tag are there from an earlier process. */
  restored(tag: Tag, count: number, bytes: number): void {
    const share = this.#shareOf(tag);
    share.add(count, bytes);
    this.#from.set(share, 0);
  }

  /** The sequence of the message of one share that gives way for another of its own; 0 if none may. */
  ownVictim(share: QueueShare, entries: UnreadEntries<Tag>): number {
    return givesWayOldest(share.terms.overflow) ? this.#oldestOf(share, entries) : 0;
  }

  /** The sequence of the message that gives way for one of a share; 0 if none may. */
  victimFor(share: QueueShare, entries: UnreadEntries<Tag>): number {
    const { overflow, priority } = share.terms;
    if (!givesWayOldest(overflow)) return 0;
    let [victim, victimPriority] = [0, Number.POSITIVE_INFINITY];
    for (const other of this.#from.keys()) {
      const { terms, count } = other;
      if (count <= 0 || terms.priority > priority || !givesWayOldest(terms.overflow)) continue;
      const isLower = overflow === 'priority' && terms.priority < victimPriority;
      if (overflow === 'priority' && terms.priority > victimPriority) continue;
      const oldest = this.#oldestOf(other, entries);
      if (oldest === 0 || !(victim === 0 || isLower || oldest < victim)) continue;
      [victim, victimPriority] = [oldest, terms.priority];
    }
    return victim;
  }

  /** Makes room for a message that a queue of no bytes could take. Returns whether there is. */
  makeRoom(bytes: number, tag: Tag, queue: SharedRoom<Tag>): boolean {
    const share = this.#shareOf(tag);
    if (bytes > share.bytesMax) return false;
    while (!share.hasRoomFor(bytes)) if (!queue.giveUp(this.ownVictim(share, queue))) return false;
    while (queue.isFullFor(bytes)) if (!queue.giveUp(this.victimFor(share, queue))) return false;
    return true;
  }

  #oldestOf(share: QueueShare, entries: UnreadEntries<Tag>): number {
    const found = entries.findUnread(this.#from.get(share) ?? 0, (tag) => this.#shareOf(tag) === share);
    this.#from.set(share, found === 0 ? entries.nextSequence : found);
    return found;
  }
}

/** What a queue may share. */
export interface QueueSharing<Tag> {
  /** The memory of many queues; default none. */
  readonly budget?: QueueBudget | undefined;
  /** Owners that share the queue; default one. */
  readonly shares?: Shares<Tag>;
}
