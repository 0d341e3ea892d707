// QueuePool: the bounds of a bridge's queue where several lanes have one each. Each may have all that the others do
// not use; when all of it is used, and messages give way by the policy of their rules, those of the longest queue do,
// so that a busy lane never pushes out what waits in a quiet one. A rule's own limits hold once, over all lanes: when
// they are reached, its oldest message in the lane gives way, or in the longest of the others. Bounded: all together by
// the bounds of the bridge.

import type { Message } from '../message/message.ts';
import type { AgeTerms } from '../queue/age-limit.ts';
import type { OverflowPolicy } from '../queue/overflow.ts';
import type { QueueLimits } from '../queue/queue.ts';
import type { ForwardSource } from './forward-source.ts';
import type { Intake } from './intake.ts';

/** A queue that shares the bounds. */
export interface PooledQueue {
  readonly depth: number;
  readonly byteLength: number;
  /** Drops a message that gives way for one of a source. Returns whether there was one. */
  dropFor(source: ForwardSource): boolean;
  /** The same, but only one of the source's own. */
  dropOwn(source: ForwardSource): boolean;
}

/** What a record of the journal has beside its message, at most, in bytes. */
const recordBytesMax = 128;

/** What all lanes share. */
export class QueuePool {
  readonly #whole: QueueLimits;
  readonly #queues = new Set<PooledQueue>();
  /** The ways into queues where anything waits for room. */
  readonly waiting: Set<Intake> = new Set();
  /** Messages are moved from queue to queue: no bound holds meanwhile. */
  isLifted = false;

  constructor(whole: QueueLimits) {
    this.#whole = whole;
  }

  /** What a full queue does. */
  get overflow(): OverflowPolicy {
    return this.#whole.overflow;
  }

  /** What all queues may hold together. */
  get bounds(): Pick<QueueLimits, 'countMax' | 'bytesMax'> {
    return this.#whole;
  }

  /** A queue shares in it. */
  add(queue: PooledQueue): void {
    this.#queues.add(queue);
  }

  /** A queue does so no more. */
  delete(queue: PooledQueue): void {
    this.#queues.delete(queue);
  }

  /** Messages that a queue may hold now; undefined: one that is being made, which has no share yet. */
  countMaxOf(queue: PooledQueue | undefined): number {
    if (this.isLifted || queue === undefined) return Number.POSITIVE_INFINITY;
    let left = this.#whole.countMax;
    if (this.#queues.size > 1) for (const other of this.#queues) if (other !== queue) left -= other.depth;
    return Math.max(0, left);
  }

  /** Bytes that a queue may hold now. */
  bytesMaxOf(queue: PooledQueue | undefined): number {
    if (this.isLifted || queue === undefined) return Number.POSITIVE_INFINITY;
    let left = this.#whole.bytesMax;
    if (this.#queues.size > 1) for (const other of this.#queues) if (other !== queue) left -= other.byteLength;
    return Math.max(0, left);
  }

  /** A message of so many bytes comes to a queue: in longer ones others give way. */
  makeRoom(queue: PooledQueue, bytes: number, source: ForwardSource): void {
    if (this.#queues.size < 2 || this.isLifted) return;
    this.#makeOwnRoom(queue, bytes + recordBytesMax, source);
    while (queue.depth + 1 > this.countMaxOf(queue) || queue.byteLength + bytes > this.bytesMaxOf(queue)) {
      const longest = this.#longest(queue.byteLength + bytes > this.bytesMaxOf(queue));
      if (longest === undefined || longest === queue || !longest.dropFor(source)) return;
    }
  }

  /** The limits of a rule may be used up by what it has in other lanes. */
  #makeOwnRoom(queue: PooledQueue, bytes: number, source: ForwardSource): void {
    const { share } = source;
    if (bytes > share.bytesMax) return;
    while (!share.hasRoomFor(bytes)) {
      if (queue.dropOwn(source)) continue;
      const others = [...this.#queues].sort((one, other) => other.depth - one.depth);
      if (!others.some((other) => other.dropOwn(source))) return;
    }
  }

  #longest(isByBytes: boolean): PooledQueue | undefined {
    let longest: PooledQueue | undefined;
    for (const queue of this.#queues) {
      const isLonger =
        longest === undefined || (isByBytes ? queue.byteLength > longest.byteLength : queue.depth > longest.depth);
      if (isLonger) longest = queue;
    }
    return longest;
  }
}

/** The bounds of one queue of a pool, as they are at each moment. */
export class PooledLimits implements QueueLimits {
  readonly #pool: QueuePool;
  /** Whose share it is, once that is there. */
  queue: PooledQueue | undefined;
  /** See `QueueLimits`: each rule says how long. */
  readonly age: AgeTerms;

  constructor(pool: QueuePool, clock: AgeTerms['clock']) {
    this.#pool = pool;
    this.age = { clock };
  }

  /** See `QueueLimits`. */
  get countMax(): number {
    return this.#pool.countMaxOf(this.queue);
  }

  /** See `QueueLimits`. */
  get bytesMax(): number {
    return this.#pool.bytesMaxOf(this.queue);
  }

  /** See `QueueLimits`. */
  get overflow(): OverflowPolicy {
    return this.#pool.overflow;
  }

  /** See `QueuePool`. */
  get waiting(): Set<Intake> {
    return this.#pool.waiting;
  }

  /** Whether a message of a source could ever be held: by queues with nothing else in them. */
  couldHold({ byteLength }: Message, { share }: ForwardSource): boolean {
    return byteLength + recordBytesMax <= Math.min(this.#pool.bounds.bytesMax, share.bytesMax);
  }

  /** QoS 0 waits for a slow link in a quarter of the queue, so that it never pushes out what was acknowledged. */
  hasRoomForQos0({ depth, byteLength }: { readonly depth: number; readonly byteLength: number }): boolean {
    return depth < this.countMax / 4 && byteLength < this.bytesMax / 4;
  }

  /** See `QueuePool`. */
  makeRoom(bytes: number, source: ForwardSource): void {
    if (this.queue) this.#pool.makeRoom(this.queue, bytes, source);
  }
}
