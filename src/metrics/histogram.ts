// Histogram: how often something took how long, in fixed buckets from half a millisecond to a day, so that those of
// several processes can be added up. A value costs one short walk over the bounds.
// Bounded: 20 buckets and one for what is longer.

/** Upper bounds of the buckets, in ms; a value that equals a bound belongs to its bucket. */
export const bucketBoundsMs: readonly number[] = [
  0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 1_800_000, 7_200_000,
  86_400_000,
];

/** A histogram at one moment. */
export interface HistogramView {
  /** Of each bucket alone, in the order of `bucketBoundsMs`; the last is what was longer than all bounds. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sumMs: number;
}

/** Spans of time, counted. */
export class Histogram {
  readonly #counts: number[] = Array.from({ length: bucketBoundsMs.length + 1 }, () => 0);
  #count = 0;
  #sumMs = 0;

  /** Counts a span, in ms; less than nothing is nothing. */
  add(ms: number): void {
    const span = Math.max(0, ms);
    const found = bucketBoundsMs.findIndex((bound) => span <= bound);
    const index = found === -1 ? bucketBoundsMs.length : found;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    this.#sumMs += span;
  }

  /** A copy that no longer changes. */
  get view(): HistogramView {
    return { counts: [...this.#counts], count: this.#count, sumMs: this.#sumMs };
  }
}

/**
 * The span that a share (0 to 1) of all values did not exceed, in ms, as the upper bound of its bucket; undefined
 * without values, infinite where it is beyond all bounds.
 */
export function quantileOf({ counts, count }: HistogramView, share: number): number | undefined {
  if (count === 0) return undefined;
  let seen = 0;
  for (const [index, one] of counts.entries()) {
    seen += one;
    if (seen >= share * count) return bucketBoundsMs[index] ?? Number.POSITIVE_INFINITY;
  }
  return Number.POSITIVE_INFINITY;
}
