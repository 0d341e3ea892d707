// ByteBudget: how many bytes a bridge may use in a day or a month of its time zone, both ways, TLS not counted. From a
// share on it is short: then only higher classes are sent. When it is used up, the bridge is not connected until the
// next period.
//
//   ample --short share used--> short --all used--> spent        a new period: ample
//
// A period never goes back: a clock that jumps back, or was never set, goes on with the one that was reached. What is
// used outlives the process where there is a storage. Bounded: one number and one name.
import { isClockSet } from '../base/wall-clock.ts';
import type { ZoneClock } from './time-windows.ts';

/** A budget. */
export interface BudgetOptions {
  /** In each period, 1 and more. */
  readonly bytesMax: number;
  readonly period: 'day' | 'month';
  /** From this share on it is short, over 0 up to 1. */
  readonly shortShare: number;
  /** While it is short, rules of this class and higher ones are sent, 0 to 9. */
  readonly priorityMin: number;
}

/** Where it stands. */
export interface BudgetStatus {
  readonly state: 'ample' | 'short' | 'spent';
  readonly bytesMax: number;
  readonly bytesUsed: number;
  readonly period: BudgetOptions['period'];
}

const dayMs = 86_400_000;

/** The budget of one bridge. */
export class ByteBudget {
  readonly #options: BudgetOptions;
  readonly #clock: ZoneClock;
  #used = 0;
  #period = '';
  #countedBefore = 0;

  /** `kept`: what `text` said in an earlier process. */
  constructor(options: BudgetOptions, clock: ZoneClock, kept: string | undefined) {
    this.#options = options;
    this.#clock = clock;
    const [period = '', used = ''] = (kept ?? '').split(' ');
    this.#period = period;
    this.#used = Number(used) || 0;
  }

  /** `counted`: bytes that went over the link since the process began. */
  look(counted: number, wallMs: number): void {
    const day = isClockSet(wallMs) ? this.#clock.dayOf(wallMs) : '';
    const period = this.#options.period === 'day' ? day : day.slice(0, 7);
    if (period > this.#period) {
      // a clock that is set only now begins no other day
      if (this.#period !== '') this.#used = 0;
      this.#period = period;
    }
    this.#used += counted - this.#countedBefore;
    this.#countedBefore = counted;
  }

  /** Where it stands. */
  get status(): BudgetStatus {
    const { bytesMax, shortShare, period } = this.#options;
    const state = this.#used >= bytesMax ? 'spent' : this.#used >= bytesMax * shortShare ? 'short' : 'ample';
    return { state, bytesMax, bytesUsed: this.#used, period };
  }

  /** How long it takes, at the least, until so many bytes more may have been used, in ms; 0 where they fit in. */
  delayMs(bytes: number, wallMs: number): number {
    const { bytesMax, period } = this.#options;
    const over = bytes - Math.max(0, bytesMax - this.#used);
    if (over <= 0 || !isClockSet(wallMs)) return 0;
    const [first, length] = [this.#clock.leftMs(period, wallMs), period === 'day' ? dayMs : 30 * dayMs];
    return first + Math.floor(over / bytesMax) * length;
  }

  /** The lowest class that is sent now. */
  get priorityMin(): number {
    return this.status.state === 'ample' ? 0 : this.#options.priorityMin;
  }

  /** What the next process has to know. */
  get text(): string {
    return `${this.#period} ${this.#used}`;
  }
}
