// Format: numbers, sizes, spans and moments as people read them, in the language of the page. Everything is
// short enough for a table cell, and exact values go into titles. Pure; the formatters of a language are made
// once.

/** Writes values in one language. */
export interface Format {
  /** `12,345`; large ones short: `1.23M`. */
  count(value: number): string;
  /** Every digit: `1,234,567`. */
  exact(value: number): string;
  /** Per second, with a digit where it is small: `0.4`, `12`, `3.4k`. */
  rate(value: number): string;
  /** `1.5 MB`, powers of 1000. */
  bytes(value: number): string;
  /** 0 to 1 as `42 %`. */
  share(value: number): string;
  /** ms as `350 ms`, `4.2 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
  span(ms: number): string;
  /** A moment seen from another, both ms: `5 seconds ago`, `in 3 minutes`. */
  relative(at: number, now: number): string;
  /** A moment in full: date and time with seconds. */
  moment(at: number): string;
  /** The time of day with milliseconds. */
  clock(at: number): string;
  /** The date. */
  day(at: number): string;
}

const relativeSteps: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** The formatters of a language: `en`, `zh`. */
export function formatOf(locale: string): Format {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumSignificantDigits: 3 });
  const fine = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const relativeTime = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  return {
    count: (value) => (Math.abs(value) < 100_000 ? whole.format(value) : short.format(value)),
    exact: (value) => whole.format(value),
    rate: (value) => {
      if (value !== 0 && Math.abs(value) < 10) return fine.format(value);
      return Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);
    },
    bytes: (value) => bytesText(value, locale),
    share: (value) => percent.format(value),
    span: (ms) => spanText(ms, locale === 'zh' ? chineseUnits : englishUnits),
    relative: (at, now) => {
      const distance = at - now;
      const [unit, ms] = relativeSteps.find(([, size]) => Math.abs(distance) >= size) ?? ['second', 1000];
      return relativeTime.format(Math.trunc(distance / ms), unit);
    },
    moment: (at) => full.format(at),
    clock: clockText,
    day: (at) => date.format(at),
  };
}

const sizeUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function bytesText(value: number, locale: string): string {
  let [rest, at] = [value, 0];
  while (rest >= 1000 && at < sizeUnits.length - 1) {
    rest /= 1000;
    at++;
  }
  const digits = at === 0 || rest >= 100 ? 0 : 1;
  const text = new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(rest);
  return `${text} ${sizeUnits[at]}`;
}

type SpanUnits = readonly [day: string, hour: string, minute: string, second: string, milli: string];
const englishUnits: SpanUnits = ['d', 'h', 'min', 's', 'ms'];
const chineseUnits: SpanUnits = ['天', '小时', '分', '秒', '毫秒'];

/** Spans: the two largest units that say something. */
function spanText(ms: number, [day, hour, minute, second, milli]: SpanUnits): string {
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ${milli}`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} ${second}`;
  const seconds = Math.floor(ms / 1000);
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3600)];
  const [minutes, left] = [Math.floor((seconds % 3600) / 60), seconds % 60];
  const parts: readonly (readonly [number, string])[] = [
    [days, day],
    [hours, hour],
    [minutes, minute],
    [left, second],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

function clockText(at: number): string {
  const moment = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const ms = String(moment.getMilliseconds()).padStart(3, '0');
  return `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}.${ms}`;
}
