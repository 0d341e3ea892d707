// Session classes, `mqtt.session_classes.NAME`: sessions that are alike by
// client id or user name, and what holds for them instead of what `mqtt`
// says. The first class that fits counts, in the order in which they stand.
import * as v from 'valibot';
import type { SessionClassConfig } from './config-types.ts';
import { present } from './present.ts';
import { durability } from './schema-durability.ts';
import { type Kind, mapOf, oneOf, queueAge, section, size, text, texts, whole } from './schema-values.ts';

/** What gives way when a device's queue is full. */
export const sessionOverflow: Kind<'oldest' | 'newest'> = oneOf({ oldest: 'oldest', newest: 'newest' } as const);

const sessionClass: Kind<Omit<SessionClassConfig, 'name'>> = v.pipe(
  section({
    clientid: v.optional(texts(text)),
    username: v.optional(texts(text)),
    durability: v.optional(durability),
    max_mqueue_len: v.optional(whole(1, 100_000_000)),
    max_mqueue_bytes: v.optional(size('1KB', '1024GB')),
    max_mqueue_age: v.optional(queueAge),
    mqueue_overflow: v.optional(sessionOverflow),
  }),
  v.rawTransform(({ dataset, addIssue }) => {
    const raw = dataset.value;
    if (raw.clientid === undefined && raw.username === undefined) {
      addIssue({ message: 'expected clientid or username, as clientid = "sensor-*": who belongs to the class' });
    }
    return present({
      clientIds: raw.clientid,
      usernames: raw.username,
      durability: raw.durability,
      queueCountMax: raw.max_mqueue_len,
      queueBytesMax: raw.max_mqueue_bytes,
      queueAgeMsMax: raw.max_mqueue_age,
      queueOverflow: raw.mqueue_overflow,
    });
  }),
);

/** All classes. */
export const sessionClasses: Kind<readonly SessionClassConfig[]> = v.pipe(
  mapOf(sessionClass),
  v.transform((map) => Object.entries(map).map(([name, one]) => ({ name, ...one }))),
);
