// MessageQueue: messages waiting for one receiver, in memory or in the journal: whoever sends need not
// know which. Entries are read in order, stay until they are acknowledged, and are read again after a
// `rewind`.
import type { Message } from '../message/message.ts';
import type { Hold } from './hold.ts';
import type { DropReason } from './overflow.ts';

/** One waiting message. */
export interface QueueEntry<Tag = number> {
  /** Position in the queue: 1, 2, 3 ... */
  readonly sequence: number;
  readonly message: Message;
  /** What the owner wants to know with it, for instance the rule that queued it. */
  readonly tag: Tag;
  /** When it came, in ms of the monotonic clock, where it may become too old; otherwise 0. */
  readonly queuedAt: number;
}

/** An entry as somebody looks at it who is not its receiver. */
export interface SeenEntry<Tag = number> extends Omit<QueueEntry<Tag>, 'queuedAt'> {
  /** It was read and is not acknowledged: it belongs to the receiver's window. */
  readonly isUnderway: boolean;
}

/** Told of every message that a queue in memory drops by itself. */
export type QueueDropped<Tag = number> = (entry: QueueEntry<Tag>, reason: DropReason) => void;

/** A bounded queue. */
export interface MessageQueue<Tag = number> {
  /** Messages held: unread, and read but not acknowledged. */
  readonly depth: number;
  /** Messages not read yet. */
  readonly unreadCount: number;
  /** Bytes held. */
  readonly byteLength: number;
  /** The sequence that was given last; 0 before the first. */
  readonly lastSequence: number;
  /** The sequence of the oldest message held, read or not; 0 if there is none. */
  readonly oldestSequence: number;
  /** An empty queue goes on at a sequence; a lower one than it has reached is ignored. */
  beginAt(sequence: number): void;
  /**
   * Takes a message to the end. Returns its sequence, or 0 when it was the one to give way. A queue that needs time to
   * have it safe takes a hold on `hold` first. `queuedAt`: when it came, if not now. What has become too old is dropped
   * before.
   */
  append(message: Message, tag: Tag, hold?: Hold, queuedAt?: number): number;
  /** Whether a message of a tag could be taken without any giving way. */
  hasRoomFor(message: Message, tag: Tag): boolean;
  /** Takes an unread entry out again. Undefined if it is read, or not held. */
  withdraw(sequence: number): QueueEntry<Tag> | undefined;
  /** Whether an entry has waited for longer than its owner allows. */
  isTooOld(entry: QueueEntry<Tag>): boolean;
  /** Drops what waits at the front and has become too old. */
  dropOld(): void;
  /**
   * The next unread entry without reading it, those that are too old dropped; undefined also while it is not at hand:
   * `readable` is told then.
   */
  peek(): QueueEntry<Tag> | undefined;
  /** Reads the next entry: it stays until it is acknowledged. */
  next(): QueueEntry<Tag> | undefined;
  /**
   * Reads the entry that was appended last, out of its turn: others that came before it stay unread. `message`, `tag`:
   * those that were appended. Undefined if it is read already, or not held.
   */
  readLast(message: Message, tag: Tag): QueueEntry<Tag> | undefined;
  /** The sequence of the first unread entry of at least a sequence whose tag is wanted; 0 if there is none. */
  findUnread(from: number, isWanted: (tag: Tag) => boolean): number;
  /** An unread entry, which stays unread; undefined also while it is not at hand: `readable` is told then. */
  peekAt(sequence: number): QueueEntry<Tag> | undefined;
  /** Reads an unread entry that `peekAt` has shown, in its turn or out of it: those before it stay unread. */
  readAt(sequence: number): QueueEntry<Tag> | undefined;
  /** An entry that was read and is not acknowledged; undefined for all others. */
  underway(sequence: number): QueueEntry<Tag> | undefined;
  /** Looks at `countMax` entries at most, from a sequence on, and changes nothing. Rejects with StorageError. */
  browse(from: number, countMax: number): Promise<readonly SeenEntry<Tag>[]>;
  /** Lets an entry go: delivered, or dropped by its owner. Undefined for unknown sequences. */
  acknowledge(sequence: number): QueueEntry<Tag> | undefined;
  /** Drops a message that gives way for one of a tag, where owners share the queue. Returns whether there was one. */
  dropFor(tag: Tag): boolean;
  /** The same, but only one of the owner's own. */
  dropOwn(tag: Tag): boolean;
  /** Reads again from the oldest entry held. */
  rewind(): void;
  /** Lets everything go that does not outlive its owner, for a reason. */
  clear(reason: DropReason): void;
}
