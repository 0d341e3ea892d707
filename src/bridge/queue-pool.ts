// QueuePool: the bounds of a bridge's queue where several lanes have one each. Each may have all that the others do
// not use; when all of it is used, and messages give way by the policy of their rules, those of the longest queue do,
// so that a busy lane never pushes out what waits in a quiet one. Bounded: all together by the bounds of the bridge.
import type { AgeTerms } from '../queue/age-limit.ts';
import type { OverflowPolicy } from '../queue/overflow.ts';
import type { QueueLimits } from '../queue/queue.ts';
import type { ForwardSource } from './forward-source.ts';

/** A queue that shares the bounds. */
export interface PooledQueue {
  readonly depth: number;
  readonly byteLength: number;
  /** Drops a message that gives way for one of a source. Returns whether there was one. */
  dropFor(source: ForwardSource): boolean;
}

/** What all lanes share. */
export class QueuePool {
  readonly #whole: QueueLimits;
  readonly #queues = new Set<PooledQueue>();
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

  /** Messages that a queue may hold now. */
  countMaxOf(queue: PooledQueue | undefined): number {
    if (this.isLifted) return Number.POSITIVE_INFINITY;
    let left = this.#whole.countMax;
    if (this.#queues.size > 1) for (const other of this.#queues) if (other !== queue) left -= other.depth;
    return Math.max(0, left);
  }

  /** Bytes that a queue may hold now. */
  bytesMaxOf(queue: PooledQueue | undefined): number {
    if (this.isLifted) return Number.POSITIVE_INFINITY;
    let left = this.#whole.bytesMax;
    if (this.#queues.size > 1) for (const other of this.#queues) if (other !== queue) left -= other.byteLength;
    return Math.max(0, left);
  }

  /** A message of so many bytes comes to a queue: in longer ones others give way. */
  makeRoom(queue: PooledQueue, bytes: number, source: ForwardSource): void {
    if (this.#queues.size < 2 || this.isLifted) return;
    while (queue.depth + 1 > this.countMaxOf(queue) || queue.byteLength + bytes > this.bytesMaxOf(queue)) {
      const longest = this.#longest(queue.byteLength + bytes > this.bytesMaxOf(queue));
      if (longest === undefined || longest === queue || !longest.dropFor(source)) return;
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
  makeRoom(bytes: number, source: ForwardSource): void {
    if (this.queue) this.#pool.makeRoom(this.queue, bytes, source);
  }
}
