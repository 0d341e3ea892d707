// TokenBucket: how often something may happen: `perSecond` on average, `burst` at once. Time is a parameter. A bucket
// can be overdrawn by what cannot be divided; it is filled again before anything else is let through, so that the
// average holds. Bounded: it holds two numbers.

/** A rate. */
export interface RateOptions {
  /** On average, over 0. */
  readonly perSecond: number;
  /** At once, at least 1. */
  readonly burst: number;
}

/** One budget of one rate. */
export class TokenBucket {
  readonly #options: RateOptions;
  #tokens: number;
  #filledAt: number;

  constructor(options: RateOptions, now: number) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAt = now;
  }

  /** Takes one if there is one. */
  take(now: number): boolean {
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes as many as were used, overdrawn or not. Returns how long, in ms, until it is not overdrawn any more. */
  spend(count: number, now: number): number {
    this.#fill(now);
    this.#tokens -= count;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#options.perSecond) * 1000;
  }

  /** How long, in ms, until it holds so many, no more than a burst; 0 if it does. */
  waitMs(least: number, now: number): number {
    this.#fill(now);
    return this.#tokens >= least ? 0 : ((least - this.#tokens) / this.#options.perSecond) * 1000;
  }

  #fill(now: number): void {
    const { perSecond, burst } = this.#options;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
  }
}
