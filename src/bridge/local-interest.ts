// LocalInterest: which filters a transparent bridge asks its remote for: what devices subscribe to here, as far as the
// configuration allows it, each once however many have it, without those that others cover. A filter that nobody wants
// any more is kept for `lingerMs`: devices come back, and their subscriptions with them.
//
//   a device subscribes --> wanted --last one gone--> lingering --lingerMs--> forgotten
//                              ^------- wanted again ------'
//
// Changes are gathered for `gatherMs`. Bounded by `filtersMax` filters at the remote, and as many that linger; filters
// beyond that are left out, which is counted.
import { coverOf } from '../../protocol/topic/filter-cover.ts';
import { filterIntersection } from '../../protocol/topic/filter-relations.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { InterestListener, Interests } from '../router/interests.ts';
import type { TransparentOptions } from './bridge-options.ts';
import type { InterestStatus } from './bridge-status.ts';

/** What it works with. */
export interface LocalInterestParts {
  readonly interests: Interests;
  readonly clock: Clock;
  /** Something else is to be asked for. */
  readonly changed: () => void;
}

/** A local filter, as it is asked for. */
interface Wanted {
  readonly qos: Qos;
  /** It, as far as it is allowed. */
  readonly filters: readonly string[];
}

/** One that nobody wants any more, and when it is forgotten, in ms. */
interface Lingering extends Wanted {
  readonly until: number;
}

/** How long changes are gathered, in ms. */
const gatherMs = 20;

/** What one bridge asks for on behalf of devices. */
export class LocalInterest implements InterestListener {
  readonly #parts: LocalInterestParts;
  #options: TransparentOptions | undefined;
  /** By local filter. */
  readonly #wanted = new Map<string, Wanted>();
  /** In the order in which they went. */
  readonly #lingering = new Map<string, Lingering>();
  #asked: ReadonlyMap<string, Qos> = new Map();
  #leftOut = 0;
  #stop: (() => void) | undefined;
  #gathering: Timer | undefined;
  #forgetting: Timer | undefined;

  constructor(parts: LocalInterestParts) {
    this.#parts = parts;
  }

  /** How it listens; undefined: not at all. */
  get options(): TransparentOptions | undefined {
    return this.#options;
  }

  /** What is to be asked for, and at which QoS. */
  get asked(): ReadonlyMap<string, Qos> {
    return this.#asked;
  }

  /** It in numbers. */
  get status(): InterestStatus {
    return {
      local: this.#wanted.size,
      lingering: this.#lingering.size,
      asked: this.#asked.size,
      leftOut: this.#leftOut,
    };
  }

  /** From now on it listens so, or not at all; `changed` is not told of that. */
  use(options: TransparentOptions | undefined): void {
    if (JSON.stringify(options) === JSON.stringify(this.#options)) return;
    const { clock } = this.#parts;
    // devices that are away may come back all the same
    const lingering = [...this.#lingering];
    const asked = this.#asked;
    this.stop();
    this.#options = options;
    if (options === undefined) return;
    this.#asked = asked;
    this.#stop = this.#parts.interests.listen(this);
    for (const [filter, { qos, until }] of lingering) {
      const leftMs = Math.min(until - clock.now(), options.lingerMs);
      const filters = this.#allowed(filter);
      if (leftMs > 0 && filters.length > 0 && !this.#wanted.has(filter)) this.#linger(filter, { qos, filters }, leftMs);
    }
    this.#gather();
  }

  /** Listens no more; nothing is asked for. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#options = undefined;
    this.#gathering?.cancel();
    this.#gathering = undefined;
    this.#forgetting?.cancel();
    this.#forgetting = undefined;
    this.#wanted.clear();
    this.#lingering.clear();
    this.#asked = new Map();
    this.#leftOut = 0;
  }

  /** See `InterestListener`. */
  interestChanged(filter: string, qos: Qos | undefined): void {
    if (this.#options === undefined) return;
    const { lingerMs } = this.#options;
    const before = this.#wanted.get(filter) ?? this.#lingering.get(filter);
    this.#wanted.delete(filter);
    this.#lingering.delete(filter);
    if (qos !== undefined) {
      const filters = before?.filters ?? this.#allowed(filter);
      this.#wanted.set(filter, { qos, filters });
    } else if (before !== undefined && lingerMs > 0) this.#linger(filter, before, lingerMs);
    this.#gathering ??= this.#parts.clock.schedule(gatherMs, () => this.#gathered());
  }

  #allowed(filter: string): readonly string[] {
    return this.#options?.allowed.flatMap((one) => filterIntersection(one, filter) ?? []) ?? [];
  }

  #gathered(): void {
    this.#gathering = undefined;
    const before = this.#asked;
    this.#gather();
    const isSame =
      before.size === this.#asked.size && [...before].every(([filter, qos]) => this.#asked.get(filter) === qos);
    if (!isSame) this.#parts.changed();
  }

  #gather(): void {
    const { filtersMax = 0 } = this.#options ?? {};
    const levels = new Map<string, Qos>();
    for (const { qos, filters } of [...this.#wanted.values(), ...this.#lingering.values()]) {
      for (const filter of filters) levels.set(filter, higher(levels.get(filter), qos));
    }
    const asked = new Map<string, Qos>();
    for (const [filter, top] of coverOf(levels.keys())) {
      asked.set(top, higher(asked.get(top), levels.get(filter) ?? 0));
    }
    // who is asked for already stays
    const order = [...asked.keys()].sort((one, other) => Number(this.#asked.has(other)) - Number(this.#asked.has(one)));
    const kept = order.slice(0, filtersMax);
    this.#leftOut = order.length - kept.length;
    this.#asked = new Map(kept.map((filter) => [filter, asked.get(filter) ?? 0]));
  }

  #linger(filter: string, { qos, filters }: Wanted, lingerMs: number): void {
    const { clock } = this.#parts;
    this.#lingering.set(filter, { qos, filters, until: clock.now() + lingerMs });
    const [oldest] = this.#lingering.keys();
    if (oldest !== undefined && this.#lingering.size > (this.#options?.filtersMax ?? 0)) this.#lingering.delete(oldest);
    this.#forgetting ??= clock.schedule(lingerMs, () => this.#forget());
  }

  #forget(): void {
    this.#forgetting = undefined;
    const { clock } = this.#parts;
    const now = clock.now();
    for (const [filter, { until }] of this.#lingering) {
      if (until > now) {
        this.#forgetting = clock.schedule(until - now, () => this.#forget());
        break;
      }
      this.#lingering.delete(filter);
    }
    this.#gathering ??= clock.schedule(gatherMs, () => this.#gathered());
  }
}

function higher(one: Qos | undefined, other: Qos): Qos {
  return one !== undefined && one > other ? one : other;
}
