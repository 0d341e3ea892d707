// Backoff: how long to wait before the next try. Decorrelated jitter: each delay is drawn between the minimum and three
// times the one before, so that many clients of one broker do not come back in step; full jitter draws between the
// minimum and a bound that doubles. Neither exceeds the maximum, where it stays; it never gives up, and only a
// connection that stayed up for `stableMs` makes it begin anew.

/** The bounds of a back-off. */
export interface BackoffOptions {
  /** Shortest delay in ms. */
  readonly delayMsMin: number;
  /** Longest delay in ms. */
  readonly delayMsMax: number;
  /** How long a connection must last to count as a success, in ms. */
  readonly stableMs: number;
  /** How delays are drawn. Default decorrelated. */
  readonly jitter?: 'decorrelated' | 'full';
}

/** Delays between tries. */
export class Backoff {
  readonly #options: BackoffOptions;
  /** What the next delay is drawn from: the one before, or the bound of full jitter. */
  #delayMs: number;
  #connectedAt = Number.POSITIVE_INFINITY;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#delayMs = options.delayMsMin;
  }

  /** A try succeeded at `now`, in ms. */
  connected(now: number): void {
    this.#connectedAt = now;
  }

  /** The next failure is the first one again. */
  reset(): void {
    this.#delayMs = this.#options.delayMsMin;
    this.#connectedAt = Number.POSITIVE_INFINITY;
  }

  /**
   * The connection, or the try, failed at `now`. Returns the delay in ms; `unit` is a random number of 0 to below 1,
   * `leastMs` a cause that needs its time, within the maximum.
   */
  failed(now: number, unit: number, leastMs = 0): number {
    const { delayMsMin, delayMsMax, stableMs, jitter = 'decorrelated' } = this.#options;
    if (now - this.#connectedAt >= stableMs) this.#delayMs = delayMsMin;
    this.#connectedAt = Number.POSITIVE_INFINITY;
    const least = Math.max(delayMsMin, leastMs * (1 + unit / 4));
    const upper = Math.max(delayMsMin, jitter === 'full' ? this.#delayMs * 2 : this.#delayMs * 3);
    const drawn = Math.min(delayMsMax, Math.max(least, delayMsMin + unit * (upper - delayMsMin)));
    this.#delayMs = jitter === 'full' ? Math.min(delayMsMax, upper) : drawn;
    return drawn;
  }
}
