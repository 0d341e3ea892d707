// TimeWindows: when a bridge may be connected, as windows of a week on the wall clock of a time zone. A window whose
// end is not after its beginning goes over midnight and belongs to the day on which it begins. Pure: the moment is
// given, so a clock that jumps is only another moment.
//
// A clock that shows a time before 2020 was never set: nothing is known of the hour, and the windows count as open, or
// a gateway without a battery would never get to ask for the time. Bounded by the windows.
import { isClockSet } from '../base/wall-clock.ts';

/** One window. */
export interface TimeWindow {
  /** 0 is Sunday, 6 is Saturday; one at least. */
  readonly days: readonly number[];
  /** Minutes of the day, 0 to 1439; `to` up to 1440. */
  readonly from: number;
  readonly to: number;
}

const dayMinutes = 1440;
const weekMinutes = 7 * dayMinutes;
const minuteMs = 60_000;

/** The wall clock of a time zone. */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat;

  /** `zone`: of the IANA database; undefined: that of the system. Throws RangeError for one that does not exist. */
  constructor(zone: string | undefined) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      ...(zone === undefined ? {} : { timeZone: zone }),
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  }

  /** A day, as 2026-11-25. */
  dayOf(wallMs: number): string {
    const { year, month, day } = this.#partsOf(wallMs);
    return `${year}-${month}-${day}`;
  }

  /** How long a day or month goes on, in ms; on the night of a change of the clock an hour more or less. */
  leftMs(period: 'day' | 'month', wallMs: number): number {
    const { year, month, day, hour, minute } = this.#partsOf(wallMs);
    const ofDay = (dayMinutes - Number(hour) * 60 - Number(minute)) * minuteMs - (wallMs % minuteMs);
    const daysOfMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
    return period === 'day' ? ofDay : ofDay + (daysOfMonth - Number(day)) * dayMinutes * minuteMs;
  }

  /** A moment as people write it: `Wed 18:00`. */
  momentOf(wallMs: number): string {
    const { weekday, hour, minute } = this.#partsOf(wallMs);
    return `${weekday} ${hour}:${minute}`;
  }

  /** Minutes since Sunday began. */
  minuteOfWeek(wallMs: number): number {
    const { weekday, hour, minute } = this.#partsOf(wallMs);
    return dayNames.indexOf(weekday) * dayMinutes + Number(hour) * 60 + Number(minute);
  }

  #partsOf(wallMs: number): Readonly<Record<Part, string>> {
    const parts = { weekday: '', year: '', month: '', day: '', hour: '', minute: '' };
    for (const { type, value } of this.#format.formatToParts(wallMs)) if (isPart(type)) parts[type] = value;
    return parts;
  }
}

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

type Part = 'weekday' | 'year' | 'month' | 'day' | 'hour' | 'minute';

function isPart(type: string): type is Part {
  return ['weekday', 'year', 'month', 'day', 'hour', 'minute'].includes(type);
}

/** The windows of one bridge. */
export class TimeWindows {
  readonly #clock: ZoneClock;
  /** Minutes of the week at which one begins or ends. */
  readonly #edges: readonly number[];
  readonly #windows: readonly TimeWindow[];

  constructor(windows: readonly TimeWindow[], clock: ZoneClock) {
    this.#windows = windows;
    this.#clock = clock;
    const edges = windows.flatMap(({ days, from, to }) =>
      days.flatMap((day) => [day * dayMinutes + from, day * dayMinutes + (to > from ? to : to + dayMinutes)]),
    );
    this.#edges = [...new Set(edges.map((edge) => edge % weekMinutes))];
  }

  /** Whether one is open. */
  isOpen(wallMs: number): boolean {
    if (!isClockSet(wallMs)) return true;
    const minute = this.#clock.minuteOfWeek(wallMs);
    return this.#windows.some(({ days, from, to }) => {
      const length = to > from ? to - from : to + dayMinutes - from;
      return days.some((day) => (minute - day * dayMinutes - from + 2 * weekMinutes) % weekMinutes < length);
    });
  }

  /** When that changes next, in ms since 1970; undefined where it never does, or the clock is not set. */
  changesAt(wallMs: number): number | undefined {
    if (!isClockSet(wallMs)) return undefined;
    const isOpen = this.isOpen(wallMs);
    const now = Math.floor(wallMs / minuteMs) * minuteMs;
    const minute = this.#clock.minuteOfWeek(wallMs);
    const moments = this.#edges.map((edge) => {
      const guess = now + ((edge - minute + weekMinutes) % weekMinutes || weekMinutes) * minuteMs;
      // the clock may have been changed for summer in between
      const off = (this.#clock.minuteOfWeek(guess) - edge + weekMinutes) % weekMinutes;
      return guess - (off > weekMinutes / 2 ? off - weekMinutes : off) * minuteMs;
    });
    const found = moments.filter((at) => at > wallMs && this.isOpen(at) !== isOpen);
    return found.length === 0 ? undefined : Math.min(...found);
  }
}
