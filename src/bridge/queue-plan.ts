// QueuePlan: for how long the queue of a bridge lasts at the rate of the last minute, and how long it takes until it is
// empty. While the link is down nothing leaves: the fastest second that was ever seen stands for what it can do then.
// Bounded by `samplesMax` looks; an estimate needs at least `spanMsMin`.

/** Where a queue is going. Rates are messages per second, over the last minute at most. */
export interface QueueForecast {
  readonly inPerS: number;
  readonly outPerS: number;
  /** Until it is full, in ms; absent where it does not grow. */
  readonly lastsMs?: number;
  /** Until it is empty, in ms, once the link is up; absent where that cannot be told yet, or would never be. */
  readonly drainMs?: number;
}

/** A queue at one moment. */
export interface QueueLook {
  readonly at: number;
  /** Messages that ever came. */
  readonly came: number;
  readonly depth: number;
  readonly bytes: number;
}

/** When it is full. */
export interface QueueBounds {
  readonly countMax: number;
  readonly bytesMax: number;
}

const samplesMax = 61;
const spanMsMin = 3000;

/** Plans for one queue. */
export class QueuePlan {
  readonly #bounds: QueueBounds;
  #looks: QueueLook[] = [];
  /** The most that left in one second. */
  #outPerSMax = 0;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  /** The queue, now; about once a second. */
  look(now: QueueLook): void {
    const last = this.#looks.at(-1);
    if (last && now.at > last.at)
      this.#outPerSMax = Math.max(this.#outPerSMax, perS(left(now) - left(last), last, now));
    this.#looks.push(now);
    if (this.#looks.length > samplesMax) this.#looks.shift();
  }

  /** Nothing waits: what was is no measure for what comes. */
  clear(): void {
    this.#looks = [];
  }

  /** Where it is going; undefined before there is enough to tell. */
  get forecast(): QueueForecast | undefined {
    const first = this.#looks[0];
    const now = this.#looks.at(-1);
    if (first === undefined || now === undefined || now.at - first.at < spanMsMin || now.depth === 0) return undefined;
    const inPerS = perS(now.came - first.came, first, now);
    const outPerS = perS(left(now) - left(first), first, now);
    const growth = inPerS - outPerS;
    const rates = { inPerS: rounded(inPerS), outPerS: rounded(outPerS) };
    const lasts = growth > 0 ? { lastsMs: Math.round((1000 * roomOf(now, this.#bounds)) / growth) } : {};
    const drain = Math.max(outPerS, this.#outPerSMax) - inPerS;
    const drains = drain > 0 ? { drainMs: Math.round((1000 * now.depth) / drain) } : {};
    return { ...rates, ...lasts, ...drains };
  }
}

/** Messages that still find room, of the size of those that wait. */
function roomOf({ depth, bytes }: Pick<QueueLook, 'depth' | 'bytes'>, { countMax, bytesMax }: QueueBounds): number {
  const byBytes = bytes === 0 ? Number.POSITIVE_INFINITY : ((bytesMax - bytes) * depth) / bytes;
  return Math.max(Math.min(countMax - depth, byBytes), 0);
}

/** Messages that ever left. */
function left({ came, depth }: QueueLook): number {
  return came - depth;
}

function perS(count: number, from: QueueLook, to: QueueLook): number {
  return (1000 * Math.max(count, 0)) / (to.at - from.at);
}

function rounded(rate: number): number {
  return Math.round(rate * 100) / 100;
}

/** What several queues hold together, and may hold. */
export interface SharedRoom extends QueueBounds {
  readonly depth: number;
  readonly bytes: number;
}

/** Several queues of one bridge: they fill one room together, and the last that is empty is told. */
export function mergedForecasts(queues: readonly QueueForecast[], shared: SharedRoom): QueueForecast | undefined {
  const [first, ...others] = queues;
  if (first === undefined || others.length === 0) return first;
  const inPerS = rounded(queues.reduce((sum, one) => sum + one.inPerS, 0));
  const outPerS = rounded(queues.reduce((sum, one) => sum + one.outPerS, 0));
  const growth = inPerS - outPerS;
  const drains = queues.flatMap(({ drainMs }) => drainMs ?? []);
  return {
    inPerS,
    outPerS,
    ...(growth > 0 ? { lastsMs: Math.round((1000 * roomOf(shared, shared)) / growth) } : {}),
    ...(drains.length < queues.length ? {} : { drainMs: Math.max(...drains) }),
  };
}
