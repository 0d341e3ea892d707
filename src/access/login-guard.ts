// LoginGuard: slows down whoever guesses. Each refused login makes the next ones from the same address wait, longer and
// longer; those who know their password wait as well, but get in, for a success takes nothing away and a wait is short.
// Failures are forgotten after a while.
//
//   wait = 0 for the first `freeCount` failures, then delayMsMin, twice as long each time, up to delayMsMax
//
// Bounded by `addressesMax`: the address that failed longest ago gives way.

/** The bounds of slowing down. */
export interface LoginGuardOptions {
  /** Failures that cost nothing. Default 5. */
  readonly freeCount: number;
  /** The first wait, in ms. Default 250. */
  readonly delayMsMin: number;
  /** The longest wait, in ms; 0 turns the guard off. Default 4000, which is less than the time for CONNECT. */
  readonly delayMsMax: number;
  /** How long after its last failure an address is as good as new, in ms. Default 300,000. */
  readonly memoryMs: number;
  /** Addresses that are remembered. Default 10,000. */
  readonly addressesMax: number;
}

/** The defaults. */
export const loginGuardDefaults: LoginGuardOptions = {
  freeCount: 5,
  delayMsMin: 250,
  delayMsMax: 4000,
  memoryMs: 300_000,
  addressesMax: 10_000,
};

interface Failures {
  readonly count: number;
  readonly at: number;
}

/** Remembers who failed. */
export class LoginGuard {
  readonly #options: LoginGuardOptions;
  readonly #failures = new Map<string, Failures>();

  constructor(options: Partial<LoginGuardOptions> = {}) {
    this.#options = { ...loginGuardDefaults, ...options };
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#failures.size;
  }

  /** How long a login from an address must wait, in ms. */
  delayOf(address: string, now: number): number {
    const { freeCount, delayMsMin, delayMsMax, memoryMs } = this.#options;
    const failures = this.#failures.get(address);
    if (failures === undefined) return 0;
    if (now - failures.at >= memoryMs) {
      this.#failures.delete(address);
      return 0;
    }
    if (failures.count < freeCount) return 0;
    return Math.min(delayMsMax, delayMsMin * 2 ** Math.min(failures.count - freeCount, 30));
  }

  /** A login from an address was refused. */
  failed(address: string, now: number): void {
    const before = this.#failures.get(address);
    const isFresh = before === undefined || now - before.at >= this.#options.memoryMs;
    this.#failures.delete(address);
    this.#failures.set(address, { count: isFresh ? 1 : before.count + 1, at: now });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= this.#options.addressesMax) break;
      this.#failures.delete(oldest);
    }
  }
}
