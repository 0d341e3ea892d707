// LinkPlan: whether a bridge is to be connected now, where that is planned: in time windows, when enough waits, within
// a budget of bytes. It looks once a second, on the wall clock as it is then, so that a clock that jumps is followed.
//
//   open --window closes | budget spent | nothing to do for `idleMs`--> closed
//   closed --window open, budget left, and enough waits (or nothing said of that)--> open
//
// Every change is told in words. Bounded: one timer.
import type { Clock, Timer } from '../ports/ports.ts';
import { type BudgetOptions, type BudgetStatus, ByteBudget } from './byte-budget.ts';
import { type TimeWindow, TimeWindows, ZoneClock } from './time-windows.ts';

/** When the bridge connects by what waits: one of them is enough. */
export interface ConnectWhen {
  readonly countMin?: number;
  readonly bytesMin?: number;
  /** How long something waits at most, in ms. */
  readonly ageMsMax?: number;
  /** Connected without anything to do for so long, in ms, it disconnects. */
  readonly idleMs: number;
}

/** What is planned. */
export interface LinkPlanOptions {
  /** Default always. */
  readonly windows?: readonly TimeWindow[];
  /** Of windows and budget; default that of the system. */
  readonly timeZone?: string;
  readonly connectWhen?: ConnectWhen;
  readonly budget?: BudgetOptions;
}

/** What waits, those underway included. */
export interface Waiting {
  readonly count: number;
  readonly bytes: number;
}

/** The bridge as a plan sees it. */
export interface PlannedBridge {
  /** What waits of a class and higher ones: there is nothing to do for what is not sent. */
  waiting(priorityMin: number): Waiting;
  /** Changes whenever a message goes either way. */
  readonly messageCount: number;
  /** Bytes both ways since the process began. */
  readonly linkBytes: number;
  /** Connects no more, for a reason. `untilMs`: for so long at least, if that is known. */
  hold(text: string, untilMs: number | undefined): void;
  release(): void;
  /** What is sent has changed, or what is told. */
  changed(): void;
  /** Keeps a text over restarts. */
  keep(text: string): void;
}

/** The plan, now. */
export interface LinkPlanStatus {
  readonly isOpen: boolean;
  /** In words. */
  readonly text: string;
  /** When the time windows open or close next, in ms since 1970. */
  readonly changesAt?: number;
  readonly budget?: BudgetStatus;
}

const lookMs = 1000;
const keepMs = 60_000;

/** The plan of one bridge. */
export class LinkPlan {
  readonly #options: LinkPlanOptions;
  readonly #clock: Clock;
  readonly #bridge: PlannedBridge;
  readonly #zone: ZoneClock;
  readonly #windows: TimeWindows | undefined;
  readonly #budget: ByteBudget | undefined;
  #timer: Timer | undefined;
  #text = '';
  #isOpen = true;
  /** Since when something waits, and since when there is nothing to do. */
  #waitingSince: number | undefined;
  #busyAt: number;
  #messageCount = 0;
  #keptAt: number;

  /** `kept`: see `PlannedBridge.keep`. Throws RangeError for a time zone that does not exist. */
  constructor(options: LinkPlanOptions, bridge: PlannedBridge, clock: Clock, kept: string | undefined) {
    const { windows, timeZone, budget } = options;
    this.#options = options;
    this.#bridge = bridge;
    this.#clock = clock;
    this.#zone = new ZoneClock(timeZone);
    this.#windows = windows && new TimeWindows(windows, this.#zone);
    this.#budget = budget && new ByteBudget(budget, this.#zone, kept);
    this.#busyAt = clock.now();
    this.#keptAt = clock.now();
  }

  /** Begins. */
  start(): void {
    this.#isOpen = this.#options.connectWhen === undefined;
    this.#look();
  }

  /** Plans no more; what is used of the budget is kept. */
  stop(): void {
    this.#timer?.cancel();
    if (this.#budget) this.#bridge.keep(this.#budget.text);
  }

  /** The lowest class that is sent now. */
  get priorityMin(): number {
    return this.#budget?.priorityMin ?? 0;
  }

  /** How long so many bytes take by the plan alone, in ms: windows that are closed, and what is left of the budget. */
  delayMs(bytes: number): number {
    const wallMs = this.#clock.wallMs();
    const opensAt = this.#windows?.isOpen(wallMs) === false ? this.#windows.changesAt(wallMs) : undefined;
    const closedMs = opensAt === undefined ? 0 : Math.max(0, opensAt - wallMs);
    return Math.max(closedMs, this.#budget?.delayMs(bytes, wallMs) ?? 0);
  }

  /** The plan, now. */
  get status(): LinkPlanStatus {
    const changesAt = this.#windows?.changesAt(this.#clock.wallMs());
    return {
      isOpen: this.#isOpen,
      text: this.#text,
      ...(changesAt === undefined ? {} : { changesAt }),
      ...(this.#budget === undefined ? {} : { budget: this.#budget.status }),
    };
  }

  #look(): void {
    const now = this.#clock.now();
    const wallMs = this.#clock.wallMs();
    const priorityBefore = this.priorityMin;
    this.#budget?.look(this.#bridge.linkBytes, wallMs);
    if (this.#budget && now - this.#keptAt >= keepMs) {
      this.#keptAt = now;
      this.#bridge.keep(this.#budget.text);
    }
    const [isOpen, text] = this.#verdict(now, wallMs);
    const isNew = text !== this.#text;
    this.#text = text;
    if (isOpen !== this.#isOpen || (isNew && !isOpen)) this.#turn(isOpen, wallMs);
    if (isNew || priorityBefore !== this.priorityMin) this.#bridge.changed();
    this.#timer = this.#clock.schedule(lookMs, () => this.#look());
  }

  #turn(isOpen: boolean, wallMs: number): void {
    this.#isOpen = isOpen;
    this.#busyAt = this.#clock.now();
    const changesAt = this.#windows?.isOpen(wallMs) === false ? this.#windows.changesAt(wallMs) : undefined;
    if (isOpen) this.#bridge.release();
    else this.#bridge.hold(this.#text, changesAt === undefined ? undefined : changesAt - wallMs);
  }

  #verdict(now: number, wallMs: number): readonly [isOpen: boolean, text: string] {
    const changesAt = this.#windows?.changesAt(wallMs);
    const when = changesAt === undefined ? '' : this.#zone.momentOf(changesAt);
    if (this.#windows?.isOpen(wallMs) === false) return [false, `outside its time windows, the next opens ${when}`];
    const budget = this.#budget?.status;
    if (budget?.state === 'spent') return [false, `its budget of bytes is used up for this ${budget.period}`];
    const lazy = this.#lazyVerdict(now);
    if (lazy !== undefined && !lazy[0]) return lazy;
    const window = when === '' ? 'connected as planned' : `its time window is open until ${when}`;
    const short = `, its budget is short: only classes from ${this.priorityMin} on are sent`;
    return [true, `${lazy?.[1] ?? window}${budget?.state === 'short' ? short : ''}`];
  }

  #lazyVerdict(now: number): readonly [isOpen: boolean, text: string] | undefined {
    const { connectWhen } = this.#options;
    if (connectWhen === undefined) return undefined;
    const { countMin, bytesMin, ageMsMax, idleMs } = connectWhen;
    const { messageCount } = this.#bridge;
    const { count, bytes } = this.#bridge.waiting(this.priorityMin);
    this.#waitingSince = count === 0 ? undefined : (this.#waitingSince ?? now);
    if (count > 0 || messageCount !== this.#messageCount) this.#busyAt = now;
    this.#messageCount = messageCount;
    if (this.#isOpen) {
      const isIdle = now - this.#busyAt >= idleMs;
      return [
        !isIdle,
        isIdle ? 'nothing to do: it connects when enough waits' : 'connected while there is something to do',
      ];
    }
    const age = this.#waitingSince === undefined ? 0 : now - this.#waitingSince;
    const isDue =
      (countMin !== undefined && count >= countMin) ||
      (bytesMin !== undefined && bytes >= bytesMin && count > 0) ||
      (ageMsMax !== undefined && count > 0 && age >= ageMsMax);
    return [isDue, isDue ? 'connected while there is something to do' : 'nothing to do: it connects when enough waits'];
  }
}
