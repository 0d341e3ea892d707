// LockOut: ends guessing. Failed logins are counted by address and by user; after `freeCount` of an address, or
// `freeCountOfUser` of a user from anywhere, nobody gets in there for a while, twice as long with each further
// failure. A success forgives its address, not the user.
// Bounded by `entriesMax`: the one that failed longest ago gives way.

const freeCount = 5;
/** Higher, so that nobody can easily lock others out. */
const freeCountOfUser = 50;
const lockMsMin = 30_000;
const lockMsMax = 900_000;
const memoryMs = 3_600_000;
const entriesMax = 10_000;

interface Entry {
  count: number;
  failedAt: number;
}

/** Who may not try now. */
export class LockOut {
  readonly #entries = new Map<string, Entry>();

  /** How long, in ms, somebody has to wait before the next attempt; 0: not at all. */
  waitMs(address: string, username: string, now: number): number {
    return Math.max(
      this.#waitOf(`address ${address}`, freeCount, now),
      this.#waitOf(`user ${username}`, freeCountOfUser, now),
    );
  }

  /** A login failed. */
  failed(address: string, username: string, now: number): void {
    for (const key of [`address ${address}`, `user ${username}`]) {
      const entry = this.#entries.get(key);
      const count = entry === undefined || now - entry.failedAt > memoryMs ? 1 : entry.count + 1;
      this.#entries.delete(key);
      this.#entries.set(key, { count, failedAt: now });
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= entriesMax) return;
      this.#entries.delete(key);
    }
  }

  /** A login succeeded. */
  succeeded(address: string): void {
    this.#entries.delete(`address ${address}`);
  }

  #waitOf(key: string, free: number, now: number): number {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.count < free) return 0;
    const lockMs = Math.min(lockMsMax, lockMsMin * 2 ** Math.min(10, entry.count - free));
    return Math.max(0, entry.failedAt + lockMs - now);
  }
}
