// BacklogSlots: which messages must wait behind others in a bridge's queue. What has one key (the topic at the remote,
// or what `laneOrder` says) has one slot, and of each slot the last message in the queue is remembered: a message whose
// slot has nothing unread before it may be sent ahead of the queue, and no order that counts is broken.
//
// Two keys may share a slot: then one waits although it need not. What an earlier process left is looked through once,
// piece by piece, and until then everything waits. Bounded: `slotCount` numbers, 128 KiB.
import { textHash } from '../base/text-hash.ts';
import type { Message } from '../message/message.ts';
import type { MessageQueue, QueueEntry } from '../queue/message-queue.ts';
import type { ForwardSource } from './forward-source.ts';

const slotCount = 16_384;
const lookCount = 1000;

type Entry = QueueEntry<ForwardSource>;
type Looked = Pick<MessageQueue<ForwardSource>, 'browse'>;

/** The slots of one queue. */
export class BacklogSlots {
  readonly #last = new Float64Array(slotCount);
  /** All up to this sequence have been read. */
  #readUpTo = 0;
  #isLooking = false;
  #looks = 0;
  #isOver = false;

  /** Whether nothing of a slot is unread in the queue. */
  isFree(slot: number): boolean {
    return !this.#isLooking && (this.#last[slot] ?? 0) <= this.#readUpTo;
  }

  /** A message of a slot waits in the queue. */
  came(slot: number, sequence: number): void {
    this.#last[slot] = Math.max(this.#last[slot] ?? 0, sequence);
  }

  /** The queue was read up to a sequence. */
  read(sequence: number): void {
    this.#readUpTo = sequence;
  }

  /** Everything is unread again. */
  rewound(): void {
    this.#readUpTo = 0;
  }

  /** Looks through what is in the queue already, before a sequence. On a disk that fails, all keep waiting. */
  look(queue: Looked, before: number, asOfNow: (entry: Entry) => Entry): void {
    if (before <= 1) return;
    const look = ++this.#looks;
    this.#isLooking = true;
    this.#lookThrough(queue, before, asOfNow).then(
      () => {
        if (look === this.#looks) this.#isLooking = false;
      },
      () => undefined,
    );
  }

  /** The queue is gone. */
  stop(): void {
    this.#isOver = true;
  }

  async #lookThrough(queue: Looked, before: number, asOfNow: (entry: Entry) => Entry): Promise<void> {
    for (let from = 1; from < before; ) {
      const seen = await queue.browse(from, lookCount);
      if (this.#isOver) return;
      for (const entry of seen) {
        const { sequence, tag } = entry;
        this.came(slotOf(asOfNow({ ...entry, queuedAt: 0 }).message, tag), sequence);
      }
      from = (seen.at(-1)?.sequence ?? before) + 1;
    }
  }
}

/** The slot of what a message must stay in order with. */
export function slotOf({ topic }: Pick<Message, 'topic'>, { partition }: Pick<ForwardSource, 'partition'>): number {
  if (partition !== undefined) return partition;
  const hash = textHash(topic);
  return (hash ^ (hash >>> 15)) & (slotCount - 1);
}
