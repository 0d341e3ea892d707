// hot path
// StoredPassage: the way of runs past a queue in the journal. A run is one entry there: its frames are copied once,
// into the group that gathers, and all that is in memory is its place. While its messages are underway nothing of
// them is held here; the window of whoever sends has them.
//
// Bounded by the limits of the queue and the receiver's window.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { LogStream } from '../journal/log-stream.ts';
import { RecordType } from '../journal/record.ts';
import type { Message } from '../message/message.ts';
import { holdRunUntilSafe, type RunHold } from './hold.ts';
import type { RunPassage } from './run-passage.ts';
import type { SharedRoom } from './share.ts';
import type { StoredFront } from './stored-front.ts';
import type { StoredQueueParts } from './stored-queue-parts.ts';
import { storedRunBytesOf, writeStoredRun } from './stored-run.ts';

/** What it is a part of. */
export interface PassageParts<Tag> {
  readonly parts: StoredQueueParts<Tag>;
  readonly stream: LogStream;
  readonly front: StoredFront<Tag>;
  readonly queue: SharedRoom<Tag>;
}

const noNumbers: readonly number[] = [];
/** What a record takes besides what is stored in it, with the numbers of its owner, in bytes. */
const entryBytesMax = 128;

/** The way past one queue. */
export class StoredPassage<Tag> implements RunPassage<Tag> {
  /** Messages that passed by and are not settled. */
  count = 0;
  readonly #own: PassageParts<Tag>;
  #isClosed = false;

  constructor(own: PassageParts<Tag>) {
    this.#own = own;
  }

  /** See `RunPassage`: they are in the journal. */
  passedBytesOf(): number {
    return 0;
  }

  /**
   * See `RunPassage`. QoS 2 goes message by message, since each of its steps is stored; what may not wait cannot be
   * stored first.
   */
  mayPass(qos: Qos, run: PublishRun): boolean {
    if (qos !== 1 || !run.mayWait || this.#isClosed) return false;
    const { stream, front, queue, parts } = this.#own;
    if (front.end !== stream.nextSequence || stream.count > front.underway.size + this.count) return false;
    const { limits, storage } = parts;
    // where all of them may become too old each has its own moment
    if (limits.age?.msMax !== undefined || stream.count + run.count > limits.countMax) return false;
    const bytes = entryBytesMax + storedRunBytesOf(run.end - run.start, noNumbers);
    return storage.journal.isAccepting && !queue.isFullFor(bytes);
  }

  /** See `RunPassage`. */
  pass({ run, version, count }: RunForms, qos: Qos, tag: Tag, hold: RunHold): number {
    const { stream, front, parts } = this.#own;
    const { storage, form, shares, durabilityOf } = parts;
    const before = stream.byteLength;
    const tags = form.numbersOf(tag);
    const bytes = stream.begin(count, storedRunBytesOf(run.end - run.start, tags), form.keyOf(tag));
    const { at } = stream;
    const end = writeStoredRun(bytes, at, { frames: run.frames(), version, qos, tags });
    const first = stream.end(end - at, RecordType.run);
    front.end = first + count;
    this.count += count;
    shares?.came(tag, stream.byteLength - before, count);
    holdRunUntilSafe(hold, storage.journal, durabilityOf(tag));
    return first;
  }

  /** See `RunPassage`. */
  passed(first: number, count: number, tag: Tag): void {
    const { stream, parts } = this.#own;
    const before = stream.byteLength;
    stream.settleRun(first, count);
    this.count -= count;
    parts.shares?.left(tag, before - stream.byteLength, count);
  }

  /** A message is settled by itself, if it is one that passed by. */
  passedAlone(sequence: number, tag: Tag): void {
    if (this.mayHave(sequence) && this.#own.stream.has(sequence)) this.passed(sequence, 1, tag);
  }

  /** See `RunPassage`. */
  restore(sequence: number, message: Message, tag: Tag): void {
    this.count--;
    this.#own.front.restore({ sequence, message: message.own(), tag, queuedAt: 0 });
  }

  /** Whether a message, if it is held, is one that passed by: it was not read, and is not to be read any more. */
  mayHave(sequence: number): boolean {
    const { front } = this.#own;
    const isBefore = this.count > 0 && sequence < front.end;
    return isBefore && !front.underway.has(sequence) && !front.hasUnread(sequence);
  }

  /** No run passes any more. */
  close(): void {
    this.#isClosed = true;
    this.count = 0;
  }
}
