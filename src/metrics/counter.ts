// Counters: numbers that only grow. They count by reason where a
// reason exists, so that sums can be checked: in = delivered +
// dropped(reason) + queued.

/** A count that only grows. */
export class Counter {
  #value = 0;

  /** What was counted so far. */
  get value(): number {
    return this.#value;
  }

  /** Counts `amount` more, 1 unless told. */
  add(amount = 1): void {
    this.#value += amount;
  }
}

/** A count for each of a fixed set of reasons. */
export class CounterByReason<Reason extends string> {
  readonly #values = new Map<Reason, number>();

  /** All of them together. */
  get total(): number {
    let total = 0;
    for (const value of this.#values.values()) total += value;
    return total;
  }

  /** Counts `amount` more for a reason. */
  add(reason: Reason, amount = 1): void {
    this.#values.set(reason, (this.#values.get(reason) ?? 0) + amount);
  }

  /** What was counted for a reason. */
  of(reason: Reason): number {
    return this.#values.get(reason) ?? 0;
  }

  /** The reasons that occurred, with their counts. */
  toJSON(): Partial<Record<Reason, number>> {
    const counts: Partial<Record<Reason, number>> = {};
    for (const [reason, value] of this.#values) counts[reason] = value;
    return counts;
  }
}
