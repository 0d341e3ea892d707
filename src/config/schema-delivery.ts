// What a bridge does with messages that it cannot deliver: the keys of our own in `bridges.mqtt.NAME` that have no
// counterpart in EMQX Edge.
// Every bound has its unit and its default here.
import * as v from 'valibot';
import type { DeliveryConfig } from './delivery-config.ts';
import { duration, type Kind, present, section, size, whole } from './schema-values.ts';

/** `dead_letters { }` */
const deadLetters: Kind<NonNullable<DeliveryConfig['deadLetters']>> = v.pipe(
  section({
    max_len: v.optional(whole(0, 1_000_000), '1000'),
    max_bytes: v.optional(size('1KB', '64GB'), '16MB'),
    max_age: v.optional(duration('1s', '3650d'), '7d'),
  }),
  v.transform((raw) => ({ countMax: raw.max_len, bytesMax: raw.max_bytes, ageMsMax: raw.max_age })),
);

/** The keys. */
export const deliveryKeys: {
  readonly max_blocked_len: v.OptionalSchema<Kind<number>, undefined>;
  readonly dead_letters: v.OptionalSchema<typeof deadLetters, undefined>;
} = {
  max_blocked_len: v.optional(whole(0, 1_000_000)),
  dead_letters: v.optional(deadLetters),
};

/** What they say. */
export function deliveryConfigOf(raw: v.InferOutput<v.ObjectSchema<typeof deliveryKeys, undefined>>): DeliveryConfig {
  return present({ blockedCountMax: raw.max_blocked_len, deadLetters: raw.dead_letters });
}
