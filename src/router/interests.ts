// Interests: what devices subscribe to here, for those who have to ask for it elsewhere. Each filter is counted by the
// subscriptions that have it, without the names under which they are shared, and told when its first one comes, when
// the highest QoS among them changes, and when its last one goes. What the broker says of itself (`$...`) is nobody
// else's. Nothing is counted while nobody listens. Bounded by the subscriptions, which their owners bound.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { Destination } from './destination.ts';

/** Who hears what is wanted here. */
export interface InterestListener {
  /** The highest QoS at which a filter is wanted now; undefined: not at all any more. */
  interestChanged(filter: string, qos: Qos | undefined): void;
}

/** One subscription, as interests see it. */
export interface Interest {
  readonly destination: Destination;
  /** Without share name. */
  readonly filter: string;
  readonly qos: Qos;
}

type Counts = [number, number, number];

/** What is wanted here. */
export class Interests {
  readonly #all: () => Iterable<Interest>;
  readonly #counts = new Map<string, Counts>();
  readonly #listeners = new Set<InterestListener>();

  /** `all`: the subscriptions that there are. */
  constructor(all: () => Iterable<Interest>) {
    this.#all = all;
  }

  /** Whether anybody listens. */
  get areHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells a listener of all that is wanted, and from now on of every change. Returns how to stop that. */
  listen(listener: InterestListener): () => void {
    if (!this.areHeard) for (const interest of this.#all()) this.#count(interest, 1);
    this.#listeners.add(listener);
    for (const [filter, counts] of this.#counts) listener.interestChanged(filter, highestOf(counts));
    return () => {
      this.#listeners.delete(listener);
      if (!this.areHeard) this.#counts.clear();
    };
  }

  /** A subscription is new, has another QoS, or is gone; only while anybody listens. */
  changed(interest: Omit<Interest, 'qos'>, before: Qos | undefined, after: Qos | undefined): void {
    const { filter } = interest;
    const highestBefore = highestOf(this.#counts.get(filter));
    if (before !== undefined) this.#count({ ...interest, qos: before }, -1);
    if (after !== undefined) this.#count({ ...interest, qos: after }, 1);
    const highest = highestOf(this.#counts.get(filter));
    if (highest === highestBefore) return;
    for (const listener of this.#listeners) listener.interestChanged(filter, highest);
  }

  #count({ destination, filter, qos }: Interest, step: 1 | -1): void {
    if (destination.origin.kind !== 'device' || filter.startsWith('$')) return;
    const counts: Counts = this.#counts.get(filter) ?? [0, 0, 0];
    counts[qos] += step;
    if (highestOf(counts) === undefined) this.#counts.delete(filter);
    else this.#counts.set(filter, counts);
  }
}

function highestOf(counts: Counts | undefined): Qos | undefined {
  if (counts === undefined) return undefined;
  if (counts[2] > 0) return 2;
  if (counts[1] > 0) return 1;
  return counts[0] > 0 ? 0 : undefined;
}
