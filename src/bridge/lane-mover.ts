// LaneMover: moves what waits from the queues of one layout into those of another, in order: a partition is in one
// queue before and in one queue after, so nothing overtakes. What comes meanwhile joins the old queues at their end,
// and is moved when it is its turn. Each message leaves one queue and enters the other in one turn, which is one group
// of the journal: after a crash it is in one of them.
//
// Bounded: `stepMax` messages a turn; where the disk takes nothing, or has to be read, it goes on later.
import type { Clock, Timer } from '../ports/ports.ts';
import type { Forwarder } from './forwarder.ts';
import type { MovingMessage } from './forwarder-parts.ts';
import { laneOf, partitionOf } from './lane-key.ts';
import type { QueuePool } from './queue-pool.ts';

/** What a mover works with. */
export interface LaneMoverParts {
  readonly clock: Clock;
  readonly pool: QueuePool;
  /** Whether the queues take messages: their disk does. */
  readonly isAccepting: () => boolean;
  /** Up to which sequence of each queue it moves now; undefined: all. `reached` is told when that is done. */
  readonly ends: () => readonly number[] | undefined;
  readonly reached: () => void;
  /** All is moved. */
  readonly done: () => void;
}

/** Queues before and after. */
export interface LaneMove {
  readonly from: readonly Forwarder[];
  readonly to: readonly Forwarder[];
}

const stepMax = 1000;
/** How long it waits for a disk that is full or has to be read, in ms, before it looks by itself. */
const retryMs = 500;

/** Moves messages for one bridge. */
export class LaneMover {
  readonly #parts: LaneMoverParts;
  readonly #move: LaneMove;
  #timer: Timer | undefined;
  #isOver = false;
  #isStepping = false;

  constructor(parts: LaneMoverParts, move: LaneMove) {
    this.#parts = parts;
    this.#move = move;
  }

  /** Begins. */
  start(): void {
    for (const queue of this.#move.from) queue.movable = () => this.#step();
    this.#step();
  }

  /** Moves nothing more. */
  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    for (const queue of this.#move.from) queue.movable = () => undefined;
  }

  #step(): void {
    if (this.#isOver || this.#isStepping) return;
    this.#isStepping = true;
    this.#timer?.cancel();
    const { from, to } = this.#move;
    const ends = this.#parts.ends();
    const moved = this.#parts.isAccepting() ? this.#moveSome() : 0;
    while (this.#isReached(this.#parts.ends())) this.#parts.reached();
    for (const queue of to) queue.pump();
    this.#isStepping = false;
    if (from.every(({ depth }) => depth === 0)) {
      this.stop();
      this.#parts.done();
    } else {
      const isMoreAtHand = moved >= stepMax || this.#parts.ends() !== ends;
      this.#timer = this.#parts.clock.schedule(isMoreAtHand ? 0 : retryMs, () => this.#step());
    }
  }

  #moveSome(): number {
    let moved = 0;
    const ends = this.#parts.ends();
    for (const [index, queue] of this.#move.from.entries()) {
      const until = ends?.[index] ?? Number.POSITIVE_INFINITY;
      for (let next = queue.moveOut(until); next !== undefined; next = queue.moveOut(until)) {
        this.#moveIn(next);
        moved++;
        if (moved >= stepMax) return moved;
      }
    }
    return moved;
  }

  #isReached(ends: readonly number[] | undefined): boolean {
    const isPast = ({ places: { oldestSequence } }: Forwarder, index: number): boolean =>
      oldestSequence === 0 || oldestSequence > (ends?.[index] ?? 0);
    return ends !== undefined && this.#move.from.every(isPast);
  }

  #moveIn(moving: MovingMessage): void {
    const { to } = this.#move;
    const partition = moving.rule.partition ?? partitionOf(moving.message.topic);
    const { pool } = this.#parts;
    // it was accepted before: no bound may drop it now
    const { share } = moving.rule;
    pool.isLifted = true;
    share.isLifted = true;
    to[laneOf(partition, to.length)]?.moveIn(moving);
    pool.isLifted = false;
    share.isLifted = false;
  }
}
