// Deadlines: one timer for the deadlines of all connections. Time is cut into slots; whoever has a deadline stands in
// the slot in which it falls, and is looked at when that is over. A deadline that has moved on meanwhile, as keep-alive
// does with every packet, costs a move to another slot only then. One that comes closer is told by `watch`.
//
// Invariant: a deadline is never seen early, and `slotMs` and 1 ms late at most. Bounded by those who are watched; no
// timer runs when there are none.
import type { Clock, Timer } from '../ports/ports.ts';

/** Somebody with a deadline. */
export interface Watched {
  /** The slot that it stands in, 0 for none, and its place there; `Deadlines` alone sets both. */
  slot: number;
  slotPlace: number;
  /** When `tick` has something to do, in ms of the monotonic clock; Infinity if never. */
  nextDeadline(): number;
  /** The deadline has passed. */
  tick(now: number): void;
}

const slotMs = 100;

/** The deadlines of one event loop. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Watched[]>();
  #timer: Timer | undefined;
  /** The slot at whose end the timer fires; Infinity without a timer. */
  #timerSlot = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks for a deadline: it is new, or has come closer. */
  watch(one: Watched): void {
    const deadline = one.nextDeadline();
    const slot = deadline === Number.POSITIVE_INFINITY ? 0 : this.#slotOf(deadline);
    if (slot === one.slot) return;
    this.#take(one);
    if (slot > 0) this.#put(one, slot);
    else this.#rest();
  }

  /** Does not look any more. */
  unwatch(one: Watched): void {
    this.#take(one);
    this.#rest();
  }

  /** The slot of a deadline; the next one for a deadline that has passed. */
  #slotOf(deadline: number): number {
    return Math.max(Math.floor(this.#clock.now() / slotMs) + 1, Math.ceil(deadline / slotMs));
  }

  #put(one: Watched, slot: number): void {
    let waiting = this.#slots.get(slot);
    if (waiting === undefined) {
      waiting = [];
      this.#slots.set(slot, waiting);
    }
    one.slot = slot;
    one.slotPlace = waiting.length;
    waiting.push(one);
    if (slot < this.#timerSlot) this.#fireAfter(slot);
  }

  /** The last one of the slot takes the place of the one that goes. */
  #take(one: Watched): void {
    const { slot, slotPlace } = one;
    one.slot = 0;
    const waiting = this.#slots.get(slot);
    const last = waiting?.pop();
    if (waiting === undefined || last === undefined) return;
    if (last !== one) {
      waiting[slotPlace] = last;
      last.slotPlace = slotPlace;
    }
    if (waiting.length === 0) this.#slots.delete(slot);
  }

  #rest(): void {
    if (this.#slots.size > 0) return;
    this.#timer?.cancel();
    this.#timerSlot = Number.POSITIVE_INFINITY;
  }

  #fireAfter(slot: number): void {
    this.#timer?.cancel();
    this.#timerSlot = slot;
    this.#timer = this.#clock.schedule(Math.max(1, Math.ceil(slot * slotMs - this.#clock.now())), () => this.#fire());
  }

  #fire(): void {
    this.#timerSlot = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (const [slot, waiting] of this.#slots) {
      if (slot * slotMs <= now) this.#look(slot, waiting, now);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots.keys()) next = Math.min(next, slot);
    if (next < this.#timerSlot) this.#fireAfter(next);
  }

  /** All of a slot that is over; who still has a deadline goes to another one. */
  #look(slot: number, waiting: readonly Watched[], now: number): void {
    this.#slots.delete(slot);
    for (const one of waiting) one.slot = 0;
    for (const one of waiting) {
      if (one.nextDeadline() <= now) one.tick(now);
      // it may be watched again already, or have ended the wait of another one here
      this.watch(one);
    }
  }
}
