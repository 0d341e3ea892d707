// QueueBudget: the memory of many queues together. Each has bounds of its own; when all of them are too much, first
// those let go what stands in the journal as well, which loses nothing; then the largest give way, each by its own
// policy, until they are all of one height and there is room again. So a device that reads nothing pays for it, and not
// its neighbours. A queue that drops nothing (`block`) keeps what it has, and its publishers wait (`hasRoomFor`).
//
// Bounded: `bytesMax`, up to what is in flight and cannot give way. Room is made for some time ahead (1/64 of it), so
// that the queues are looked through once in many messages; where nothing gave way, after `patience` messages more.

/** A queue that shares a budget. */
export interface Budgeted {
  readonly byteLength: number;
  /** What it lets go of is read again from the journal. */
  readonly isStored?: boolean;
  /** It drops next to nothing: it is asked last. */
  readonly isKeeping?: boolean;
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

  /** Whether so many bytes could ever be held. */
  couldHold(bytes: number): boolean {
    return bytes <= this.#bytesMax;
  }

  /** Whether there is room for so many bytes, once everybody has given way who may. */
  hasRoomFor(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) this.#reclaim(bytes);
    return this.#bytes + bytes <= this.#bytesMax;
  }

  /** A queue has shrunk by so many bytes. */
  shrank(queue: Budgeted, bytes: number): void {
    this.#bytes -= bytes;
    if (queue.byteLength === 0) this.#queues.delete(queue);
  }

  #reclaim(wanted = 0): void {
    const goal = this.#bytesMax - wanted - Math.floor(this.#bytesMax / slackShare);
    const queues = [...this.#queues].sort((one, other) => other.byteLength - one.byteLength);
    for (const queue of queues) if (queue.isStored && this.#bytes > goal) queue.giveWay(0);
    const others = queues.filter(({ isStored, isKeeping }) => isStored !== true && isKeeping !== true);
    const level = levelFor(others, this.#bytes - goal);
    for (const queue of others) if (queue.byteLength > level) queue.giveWay(level);
    for (const queue of queues) {
      const excess = this.#bytes - this.#bytesMax;
      if (queue.isKeeping && excess > 0) queue.giveWay(queue.byteLength - excess);
    }
  }
}

/** The height to which the largest are to be cut so that all together lose `bytes`; the largest stand first. */
function levelFor(queues: readonly Budgeted[], bytes: number): number {
  if (bytes <= 0) return Number.POSITIVE_INFINITY;
  let sum = 0;
  for (const [index, { byteLength }] of queues.entries()) {
    sum += byteLength;
    const next = queues[index + 1]?.byteLength ?? 0;
    if (sum - (index + 1) * next >= bytes) return Math.max(0, Math.floor((sum - bytes) / (index + 1)));
  }
  return 0;
}
