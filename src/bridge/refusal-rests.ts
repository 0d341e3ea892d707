// RefusalRests: what a bridge does not send for a while because the remote refused something: nothing at all, or
// nothing of some rules. It holds on all lanes: a quota is that of whoever is behind all of them, and what is not
// authorized is the rule, whichever lane or partition its messages take.
//
//   free --pause--> paused, twice as long each time --over--> free; once a message is delivered, a short time again
//   rule --park--> parked --over--> free
//
// One timer, for what is over next: all lanes go on then. Bounded by the rules of the bridge.
import type { Clock, Timer } from '../ports/ports.ts';
import type { ForwardSource } from './forward-source.ts';
import type { RefusalOptions, RefusalStatus } from './reason-table.ts';

interface Parked {
  readonly filter: string;
  readonly until: number;
}

/** What rests at one bridge. */
export class RefusalRests {
  readonly #options: RefusalOptions;
  readonly #clock: Clock;
  readonly #wakes = new Set<() => void>();
  /** By the key of the rule. */
  readonly #parked = new Map<number, Parked>();
  #pausedUntil = 0;
  #pauseMs: number;
  #timer: Timer | undefined;

  constructor(options: RefusalOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#pauseMs = options.pauseMs;
  }

  /** From now on somebody is woken when something is over. */
  join(wake: () => void): void {
    this.#wakes.add(wake);
  }

  /** Nobody is woken any more. */
  leave(wake: () => void): void {
    this.#wakes.delete(wake);
    if (this.#wakes.size === 0) this.#timer?.cancel();
  }

  /** Whether anything rests. */
  get isActive(): boolean {
    return this.#parked.size > 0 || this.isPaused;
  }

  /** Whether nothing at all is to be sent now. */
  get isPaused(): boolean {
    return this.#pausedUntil > 0 && this.#pausedUntil > this.#clock.now();
  }

  /** Whether nothing of a rule is to be sent now. */
  isParked({ ruleKey }: ForwardSource): boolean {
    return this.#parked.size > 0 && (this.#parked.get(ruleKey)?.until ?? 0) > this.#clock.now();
  }

  /** See `RefusalStatus`. */
  get status(): Pick<RefusalStatus, 'parked' | 'pausedUntil'> {
    const now = this.#clock.now();
    const parked = [...this.#parked.values()].filter(({ until }) => until > now).map(({ filter }) => filter);
    return { parked: [...new Set(parked)], ...(this.isPaused ? { pausedUntil: this.#pausedUntil } : {}) };
  }

  /** Nothing is sent for a while; what pauses already does so no longer. */
  pause(): void {
    if (this.isPaused) return;
    this.#pausedUntil = this.#clock.now() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, this.#options.pauseMsMax);
    this.#wakeLater();
  }

  /** Nothing of a rule is sent for a while. */
  park(source: ForwardSource): void {
    if (this.isParked(source)) return;
    this.#parked.set(source.ruleKey, { filter: source.filter, until: this.#clock.now() + this.#options.parkMs });
    this.#wakeLater();
  }

  /** The remote took a message: the next pause is a short one again. */
  delivered(): void {
    this.#pauseMs = this.#options.pauseMs;
  }

  #wakeLater(): void {
    this.#timer?.cancel();
    const now = this.#clock.now();
    const ends = [...this.#parked.values()].map(({ until }) => until);
    if (this.isPaused) ends.push(this.#pausedUntil);
    if (ends.length === 0) return;
    const next = ends.reduce((one, other) => Math.min(one, other));
    this.#timer = this.#clock.schedule(Math.max(next - now, 0), () => this.#wake());
  }

  #wake(): void {
    const now = this.#clock.now();
    for (const [key, { until }] of [...this.#parked]) if (until <= now) this.#parked.delete(key);
    this.#wakeLater();
    for (const wake of this.#wakes) wake();
  }
}
