// QueueBudget: the memory of many queues together. Each has bounds of its own; when all of them are too much, the
// largest give way, each by its own policy, until they are all of one height and there is room again. So a device that
// reads nothing pays for it, and not its neighbours.
//
// Bounded: `bytesMax`, up to what is in flight and cannot give way. Room is made for some time ahead (1/64 of it), so
// that the queues are looked through once in many messages; where nothing gave way, after `patience` messages more.

/** A queue that shares a budget. */
export interface Budgeted {
  readonly byteLength: number;
  /** Drops messages, as its policy says, until it has at most so many bytes or nothing more may be dropped. */
  giveWay(bytesMax: number): void;
}

const slackShare = 64;
const patience = 1000;

/** A budget in bytes. A message that waits in several queues counts in each. */
export class QueueBudget {
  readonly #bytesMax: number;
  readonly #queues = new Set<Budgeted>();
  #bytes = 0;
  #waits = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes in all queues. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** A queue has grown by so many bytes. Returns whether it, or another, had to give way. */
  grew(queue: Budgeted, bytes: number): boolean {
    this.#bytes += bytes;
    this.#queues.add(queue);
    if (this.#bytes <= this.#bytesMax) return false;
    if (this.#waits > 0) this.#waits--;
    else this.#reclaim();
    if (this.#bytes <= this.#bytesMax) return true;
    if (this.#waits === 0) this.#waits = patience;
    queue.giveWay(queue.byteLength - bytes);
    return true;
  }

  /** A queue has shrunk by so many bytes. */
  shrank(queue: Budgeted, bytes: number): void {
    this.#bytes -= bytes;
    if (queue.byteLength === 0) this.#queues.delete(queue);
  }

  #reclaim(): void {
    const queues = [...this.#queues].sort((one, other) => other.byteLength - one.byteLength);
    const level = levelFor(queues, this.#bytes - this.#bytesMax + Math.floor(this.#bytesMax / slackShare));
    for (const queue of queues) {
      if (queue.byteLength <= level) return;
      queue.giveWay(level);
    }
  }
}

/** The height to which the largest are to be cut so that all together lose `bytes`; the largest stand first. */
function levelFor(queues: readonly Budgeted[], bytes: number): number {
  let sum = 0;
  for (const [index, { byteLength }] of queues.entries()) {
    sum += byteLength;
    const next = queues[index + 1]?.byteLength ?? 0;
    if (sum - (index + 1) * next >= bytes) return Math.max(0, Math.floor((sum - bytes) / (index + 1)));
  }
  return 0;
}
