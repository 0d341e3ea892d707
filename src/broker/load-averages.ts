// LoadAverages: how much of something happened a minute, averaged over the last 1, 5 and 15 minutes, as load averages
// of a machine are: each round moves an average towards what the round brought, the shorter its time the further.
// The rounds may be of any length. Three numbers for each name, bounded by the names that its owner counts.

const spans = [
  ['1min', 60_000],
  ['5min', 300_000],
  ['15min', 900_000],
] as const;

interface Load {
  count: number;
  readonly averages: number[];
}

/** Averages of counts that only grow. */
export class LoadAverages {
  readonly #loads = new Map<string, Load>();
  #updatedAt: number;

  /** `now` in ms. */
  constructor(now: number) {
    this.#updatedAt = now;
  }

  /** A round is over. Returns the averages as `name/1min` and so on, in events a minute with two decimals. */
  update(counts: Readonly<Record<string, number>>, now: number): Record<string, string> {
    const elapsedMs = now - this.#updatedAt;
    this.#updatedAt = now;
    const shown: Record<string, string> = {};
    for (const [name, count] of Object.entries(counts)) {
      const load = this.#loads.get(name) ?? { count: 0, averages: [0, 0, 0] };
      this.#loads.set(name, load);
      const rate = elapsedMs > 0 ? ((count - load.count) * 60_000) / elapsedMs : 0;
      load.count = count;
      for (const [index, [span, spanMs]] of spans.entries()) {
        const before = load.averages[index] ?? 0;
        const average = elapsedMs > 0 ? rate + Math.exp(-elapsedMs / spanMs) * (before - rate) : before;
        load.averages[index] = average;
        shown[`${name}/${span}`] = average.toFixed(2);
      }
    }
    return shown;
  }
}
