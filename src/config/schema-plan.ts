// When a bridge is connected, and how many bytes it may use: `schedule`, `connect_when` and `budget` of
// `bridges.mqtt.NAME`.
// Every bound has its unit and its default here.
import * as v from 'valibot';
import type { LinkPlanConfig, TimeWindowConfig } from './bridge-config.ts';
import { present } from './present.ts';
import { priority } from './schema-rules.ts';
import { decimal, duration, type Kind, kindOf, oneOf, section, size, texts, whole } from './schema-values.ts';

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** `mon-fri 08:00-18:00`, `sat,sun 22:00-06:00`, `12:00-13:00`. */
const timeWindow: Kind<TimeWindowConfig> = kindOf(
  'a time window, as "mon-fri 08:00-18:00", "sat,sun 22:00-06:00" or "12:00-13:00"',
  (value) => {
    const match = /^(?:([a-z,-]+)\s+)?(\d\d):(\d\d)-(\d\d):(\d\d)$/i.exec(value);
    if (match === null) return undefined;
    const [, dayText = 'sun-sat', ...clock] = match;
    const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = clock.map(Number);
    const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
    const isTime = fromMinute < 60 && toMinute < 60 && from < 1440 && to <= 1440;
    const found = daysOf(dayText.toLowerCase());
    return isTime && from !== to && found !== undefined ? { days: found, from, to } : undefined;
  },
);

function daysOf(text: string): readonly number[] | undefined {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const [from, to] = [days.indexOf(first), days.indexOf(last)];
    if (from < 0 || to < 0 || more.length > 0) return undefined;
    for (let day = from; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === to) break;
    }
  }
  return [...found].sort();
}

const timeZone: Kind<string> = kindOf('a time zone, as Europe/Berlin or UTC', (value) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone === '' ? undefined : value;
  } catch {
    // it does not exist: the kind says what was expected
    return undefined;
  }
});

const schedule = section({
  windows: v.optional(
    v.pipe(texts(timeWindow), v.minLength(1, 'expected a time window at least, as "mon-fri 08:00-18:00"')),
  ),
  time_zone: v.optional(timeZone),
});

const connectWhen = v.pipe(
  section({
    messages: v.optional(whole(1, 100_000_000)),
    bytes: v.optional(size('1B', '1024GB')),
    age: v.optional(duration('1s', '365d')),
    idle: v.optional(duration('1s', '1d'), '30s'),
  }),
  v.check(
    ({ messages, bytes, age }) => messages !== undefined || bytes !== undefined || age !== undefined,
    'expected messages, bytes or age: how much has to wait until it connects',
  ),
  v.transform((raw) => present({ countMin: raw.messages, bytesMin: raw.bytes, ageMsMax: raw.age, idleMs: raw.idle })),
);

const budget = v.pipe(
  section({
    bytes: size('1KB', '1024GB'),
    per: v.optional(oneOf({ day: 'day', month: 'month' } as const), 'day'),
    short_at: v.optional(decimal(0.001, 1), '0.8'),
    short_priority: v.optional(
      v.pipe(priority, v.minValue(1, 'expected low, normal, high, or 1 to 9: no class is below 0')),
      'high',
    ),
  }),
  v.transform((raw) => ({
    bytesMax: raw.bytes,
    period: raw.per,
    shortShare: raw.short_at,
    priorityMin: raw.short_priority,
  })),
);

interface RawSchedule {
  readonly windows?: readonly TimeWindowConfig[] | undefined;
  readonly time_zone?: string | undefined;
}

/** The keys. */
export const planKeys: {
  readonly schedule: v.OptionalSchema<Kind<RawSchedule>, undefined>;
  readonly connect_when: v.OptionalSchema<Kind<NonNullable<LinkPlanConfig['connectWhen']>>, undefined>;
  readonly budget: v.OptionalSchema<Kind<NonNullable<LinkPlanConfig['budget']>>, undefined>;
} = {
  schedule: v.optional(schedule),
  connect_when: v.optional(connectWhen),
  budget: v.optional(budget),
};

interface RawPlan {
  readonly schedule?: RawSchedule | undefined;
  readonly connect_when?: LinkPlanConfig['connectWhen'] | undefined;
  readonly budget?: LinkPlanConfig['budget'] | undefined;
}

/** The plan; undefined where nothing is planned. */
export function planConfigOf({ schedule: when, connect_when, budget: bytes }: RawPlan): LinkPlanConfig | undefined {
  const windows = when?.windows;
  if (windows === undefined && connect_when === undefined && bytes === undefined) return undefined;
  return present({ windows, timeZone: when?.time_zone, connectWhen: connect_when, budget: bytes });
}

/** A time zone of nothing. */
export function planFault({ schedule: when, budget: bytes }: RawPlan): string | undefined {
  if (when?.time_zone === undefined || when.windows !== undefined || bytes !== undefined) return undefined;
  const expected = 'expected schedule.windows, as "mon-fri 08:00-18:00"';
  return `${expected}: time_zone says in which zone those, or a budget, are meant`;
}
