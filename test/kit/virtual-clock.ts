// VirtualClock: time that passes only when a test says so. Everything that was deferred runs before time moves on,
// timers run in the order of their deadlines; promises are given the chance to settle in between.
import type { Clock, Timer } from '../../src/ports/ports.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that stands still. */
export class VirtualClock implements Clock {
  #now = 1000;
  #order = 0;
  readonly #timers = new Set<Pending>();
  #deferred: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#now;
  }

  schedule(delayMs: number, run: () => void): Timer {
    const pending = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    this.#timers.add(pending);
    return { cancel: () => this.#timers.delete(pending) };
  }

  defer(run: () => void): void {
    this.#deferred.push(run);
  }

  /** Timers that are set. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Runs everything that can run without time passing. */
  async settle(): Promise<void> {
    for (let round = 0; round < 100_000; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      const deferred = this.#deferred;
      if (deferred.length === 0) return;
      this.#deferred = [];
      for (const run of deferred) run();
    }
    throw new Error('what is deferred never comes to an end');
  }

  /** Lets `ms` pass. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (;;) {
      const due = [...this.#timers]
        .filter(({ at }) => at <= end)
        .sort((one, other) => one.at - other.at || one.order - other.order);
      const [next] = due;
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await this.settle();
    }
    this.#now = end;
    await this.settle();
  }
}
