// StoredFront: what a queue in the journal has of its messages in memory: the next ones to be sent, in order, and those
// underway. Everything behind `end` is on the disk only.
//
//   underway | read: carried along | unread: `head` ... | end
//
// Bounded by `frontBytesMax` of unread messages and the receiver's window; both together by a budget of many queues,
// for which the end of the front is let go.
import { HeldMemory } from './held-memory.ts';
import type { QueueEntry } from './message-queue.ts';
import type { QueueBudget } from './queue-budget.ts';
import { placeIn } from './stored-browse.ts';

const frontBytesMax = 1024 * 1024;
/** Read entries at the beginning that are carried along before the rest is moved up. */
const slackMax = 1024;

/** The messages of one queue that are at hand. */
export class StoredFront<Tag> {
  /** By sequence, what was read and is not acknowledged. */
  readonly underway: Map<number, QueueEntry<Tag>> = new Map();
  /** The first sequence that is not here, nor before. */
  end: number;
  /** Whether messages behind the end are being read: meanwhile nothing is let go, since their order counts. */
  isReading = false;
  /** In order; those before `#head` are read. */
  #unread: QueueEntry<Tag>[] = [];
  #head = 0;
  #bytes = 0;
  readonly #held: HeldMemory;

  constructor(end: number, budget: QueueBudget | undefined) {
    this.end = end;
    this.#held = new HeldMemory(budget, (bytesMax) => this.#forgetEnd(bytesMax));
  }

  /** The next entry to be read. */
  get first(): QueueEntry<Tag> | undefined {
    return this.#unread[this.#head];
  }

  /** Whether so few are left that more are to be read. */
  get isLow(): boolean {
    return this.#bytes < frontBytesMax / 2;
  }

  /** Whether a message of a sequence that comes now has room, with nothing on the disk before it. */
  hasRoomFor(sequence: number, bytes: number): boolean {
    return this.end === sequence && this.#bytes + bytes <= frontBytesMax;
  }

  /** Puts an entry behind all others. */
  push(entry: QueueEntry<Tag>): void {
    const bytes = entry.message.byteLength;
    this.#unread.push(entry);
    this.#bytes += bytes;
    this.#held.grew(bytes);
  }

  /** Reads the first entry: it is underway. */
  next(): QueueEntry<Tag> | undefined {
    const entry = this.first;
    if (entry === undefined) return undefined;
    this.#head++;
    this.#bytes -= entry.message.byteLength;
    this.underway.set(entry.sequence, entry);
    if (this.#head >= slackMax || this.#head === this.#unread.length) {
      this.#unread = this.#unread.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Reads an entry that has come last, out of its turn. It need not be here: its place may be behind `end`. */
  readAhead(entry: QueueEntry<Tag>): QueueEntry<Tag> {
    const known = this.takeOut(entry.sequence) ?? entry;
    this.restore(known);
    return known;
  }

  /** The first unread entry from a sequence on whose tag is wanted. */
  find(from: number, isWanted: (tag: Tag) => boolean): QueueEntry<Tag> | undefined {
    for (let index = placeIn(this.#unread, this.#head, from); index < this.#unread.length; index++) {
      const entry = this.#unread[index];
      if (entry && isWanted(entry.tag)) return entry;
    }
    return undefined;
  }

  /** The unread entry of a sequence. */
  at(sequence: number): QueueEntry<Tag> | undefined {
    const entry = this.#unread[placeIn(this.#unread, this.#head, sequence)];
    return entry?.sequence === sequence ? entry : undefined;
  }

  /** Takes an unread entry out. */
  takeOut(sequence: number): QueueEntry<Tag> | undefined {
    if (!this.hasUnread(sequence)) return undefined;
    const [entry] = this.#unread.splice(placeIn(this.#unread, this.#head, sequence), 1);
    const bytes = entry?.message.byteLength ?? 0;
    this.#bytes -= bytes;
    this.#held.shrank(bytes);
    return entry;
  }

  /** Whether a message is here and unread. */
  hasUnread(sequence: number): boolean {
    return this.#unread[placeIn(this.#unread, this.#head, sequence)]?.sequence === sequence;
  }

  /** A message that passed by, or was read out of its turn, is underway. */
  restore(entry: QueueEntry<Tag>): void {
    this.underway.set(entry.sequence, entry);
    this.#held.grew(entry.message.byteLength);
  }

  /** Takes out an entry that is underway. */
  settle(sequence: number): QueueEntry<Tag> | undefined {
    const entry = this.underway.get(sequence);
    if (entry && this.underway.delete(sequence)) this.#held.shrank(entry.message.byteLength);
    return entry;
  }

  /** What is underway is unread again; what was read out of its turn, from behind `end`, is read there. */
  rewind(): void {
    const again = [...this.underway.values()].sort((one, other) => one.sequence - other.sequence);
    this.underway.clear();
    for (let last = again.at(-1); last && last.sequence >= this.end; last = again.at(-1)) {
      again.pop();
      this.#held.shrank(last.message.byteLength);
    }
    const isInOrder = (again.at(-1)?.sequence ?? 0) < (this.first?.sequence ?? Number.POSITIVE_INFINITY);
    this.#unread = [...again, ...this.#unread.slice(this.#head)];
    if (!isInOrder) this.#unread.sort((one, other) => one.sequence - other.sequence);
    this.#head = 0;
    this.#bytes = this.#unread.reduce((sum, { message }) => sum + message.byteLength, 0);
  }

  /** Lets go of everything. */
  clear(): void {
    this.#unread = [];
    this.#head = 0;
    this.underway.clear();
    this.#held.shrank(this.#held.byteLength);
  }

  /** What is furthest from being sent is read again when its turn comes. */
  #forgetEnd(bytesMax: number): void {
    if (this.isReading) return;
    while (this.#held.byteLength > bytesMax && this.#unread.length > this.#head + 1) {
      const last = this.#unread.pop();
      if (last === undefined) return;
      this.end = last.sequence;
      this.#bytes -= last.message.byteLength;
      this.#held.shrank(last.message.byteLength);
    }
  }
}
