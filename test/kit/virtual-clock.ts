// VirtualClock: time that passes only when a test says so. Everything that was deferred runs before time moves on,
// timers run in the order of their deadlines; promises are given the chance to settle in between: a few turns of the
// microtask queue after each event, and all of it after an event in which a port settled a promise (`promised`).
//
// Bounded: deferred work by `roundsMax` rounds without time passing; timers by who sets them (`timerCount`).
import type { Clock, Timer } from '../../src/ports/ports.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

const roundsMax = 100_000;

/** A clock that stands still. */
export class VirtualClock implements Clock {
  #now = 1000;
  #order = 0;
  /** A heap, the earliest first; what was called off stays until its time has come. */
  readonly #timers: Pending[] = [];
  #timerCount = 0;
  #deferred: (() => void)[] = [];
  #isPromised = false;
  readonly #turnsAfterEvent: number;

  /** `turnsAfterEvent`: turns of the microtask queue after an event while time advances. */
  constructor(turnsAfterEvent = 16) {
    this.#turnsAfterEvent = turnsAfterEvent;
  }

  now(): number {
    return this.#now;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#now;
  }

  schedule(delayMs: number, run: () => void): Timer {
    const pending: Pending = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(pending);
    this.#timerCount++;
    return {
      cancel: () => {
        if (pending.run === undefined) return;
        pending.run = undefined;
        this.#timerCount--;
      },
    };
  }

  defer(run: () => void): void {
    this.#deferred.push(run);
  }

  /** A port is about to settle a promise: whatever waits for it is to run before anything else. */
  promised(): void {
    this.#isPromised = true;
  }

  /** Timers that are set. */
  get timerCount(): number {
    return this.#timerCount;
  }

  /** Runs everything that can run without time passing. */
  async settle(): Promise<void> {
    for (let round = 0; round < roundsMax; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#deferred.length === 0) return;
      this.#runDeferred();
    }
    throw new Error('what is deferred never comes to an end');
  }

  /** Lets `ms` pass. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      this.#now = Math.max(this.#now, next.at);
      const { run } = next;
      next.run = undefined;
      this.#timerCount--;
      run?.();
      await this.#drain();
    }
    this.#now = end;
    await this.settle();
  }

  async #drain(): Promise<void> {
    for (let round = 0; round < roundsMax; round++) {
      if (this.#isPromised) {
        this.#isPromised = false;
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let turn = 0; turn < this.#turnsAfterEvent; turn++) await undefined;
      if (this.#deferred.length > 0) this.#runDeferred();
      else if (!this.#isPromised) return;
    }
    throw new Error('what is deferred never comes to an end');
  }

  #runDeferred(): void {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const run of deferred) run();
  }

  /** Takes out the earliest timer that is due until `end`. */
  #nextDue(end: number): Pending | undefined {
    for (let first = this.#timers[0]; first !== undefined && first.at <= end; first = this.#timers[0]) {
      this.#pop();
      if (first.run !== undefined) return first;
    }
    return undefined;
  }

  #push(pending: Pending): void {
    const heap = this.#timers;
    let index = heap.length;
    heap.push(pending);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(pending, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = pending;
  }

  #pop(): void {
    const heap = this.#timers;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      const left = heap[child];
      const right = heap[child + 1];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const below = isRight ? right : left;
      if (below === undefined || !isBefore(below, last)) break;
      heap[index] = below;
      index = isRight ? child + 1 : child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Pending, other: Pending): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
