// Rates as keys: `messages_rate = 100/s`, `bytes_rate = 64KB/s` of a listener, a bridge or a rule, and how much of
// a bridge's may go at once.
// Every value has its unit, and says what was expected.
import * as v from 'valibot';
import type { SendRateConfig } from './bridge-config.ts';
import type { RateConfig } from './config-types.ts';
import { present } from './present.ts';
import { decimal, duration, type Kind, kindOf } from './schema-values.ts';
import { parseSize } from './units.ts';

/** `100/s`, or `1MB/s` where bytes are counted; at once, as much as in a second. */
function rate(expected: string, amountOf: (value: string) => number | undefined): Kind<RateConfig> {
  return kindOf(expected, (value) => {
    const amount = amountOf(/^(.*)\/s$/.exec(value)?.[1]?.trim() ?? '');
    return amount === undefined || amount < 1 ? undefined : { perSecond: amount, burst: amount };
  });
}

/** So many in a second. */
export const countRate: Kind<RateConfig> = rate('a rate, as 100/s', (value) =>
  /^\d{1,9}$/.test(value) ? Number(value) : undefined,
);

/** So many bytes in a second. */
export const byteRate: Kind<RateConfig> = rate('a rate, as 64KB/s', (value) =>
  value === '' ? undefined : parseSize(value),
);

/** The keys of bridges and of rules. */
export const rateKeys: {
  readonly messages_rate: v.OptionalSchema<Kind<RateConfig>, undefined>;
  readonly bytes_rate: v.OptionalSchema<Kind<RateConfig>, undefined>;
  readonly rate_burst: v.OptionalSchema<Kind<number>, undefined>;
} = {
  messages_rate: v.optional(countRate),
  bytes_rate: v.optional(byteRate),
  rate_burst: v.optional(duration('10ms', '1h')),
};

/** What part of what is sent live messages get; of the other part a backlog always has some. */
export const liveShare: Kind<number> = decimal(0, 0.99);

interface RawRates {
  readonly messages_rate?: RateConfig | undefined;
  readonly bytes_rate?: RateConfig | undefined;
  readonly rate_burst?: number | undefined;
}

/** What the keys say; nothing where there is no rate. */
export function sendRateOf({ messages_rate, bytes_rate, rate_burst }: RawRates): SendRateConfig | undefined {
  if (messages_rate === undefined && bytes_rate === undefined) return undefined;
  return present({ messagesPerS: messages_rate?.perSecond, bytesPerS: bytes_rate?.perSecond, burstMs: rate_burst });
}

/** A burst of nothing. */
export function rateFault({ messages_rate, bytes_rate, rate_burst }: RawRates): string | undefined {
  if (rate_burst === undefined || messages_rate !== undefined || bytes_rate !== undefined) return undefined;
  return 'expected messages_rate or bytes_rate beside rate_burst, which says how much of it may go at once';
}
