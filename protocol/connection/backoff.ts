// Backoff: how long to wait before the next try. Decorrelated jitter: each delay is drawn between the minimum and three
// times the one before, so that many clients of one broker do not come back in step. It never exceeds the maximum, it
// never gives up, and only a connection that stayed up for `stableMs` makes it begin anew.

/** The bounds of a back-off. */
export interface BackoffOptions {
  /** Shortest delay in ms. */
  readonly delayMsMin: number;
  /** Longest delay in ms. */
  readonly delayMsMax: number;
  /** How long a connection must last to count as a success, in ms. */
  readonly stableMs: number;
}

/** Delays between tries. */
export class Backoff {
  readonly #options: BackoffOptions;
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

  /**
   * The connection, or the try, failed at `now`. Returns the delay in ms; `unit` is a random number of 0 to below 1.
   */
  failed(now: number, unit: number): number {
    const { delayMsMin, delayMsMax, stableMs } = this.#options;
    if (now - this.#connectedAt >= stableMs) this.#delayMs = delayMsMin;
    this.#connectedAt = Number.POSITIVE_INFINITY;
    const upper = Math.max(delayMsMin, this.#delayMs * 3);
    this.#delayMs = Math.min(delayMsMax, delayMsMin + unit * (upper - delayMsMin));
    return this.#delayMs;
  }
}
