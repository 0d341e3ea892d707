// What a bridge does with messages that it cannot deliver: the keys of our own in `bridges.mqtt.NAME` that have no
// counterpart in EMQX Edge.
// Every bound has its unit and its default here.
import * as v from 'valibot';
import type { DeliveryConfig, LinkRefusalConfig, RefusalConfig, ReplayConfig } from './delivery-config.ts';
import { present } from './present.ts';
import { duration, flag, type Kind, oneOf, section, size, text, whole } from './schema-values.ts';

/** `dead_letters { }` */
const deadLetters: Kind<NonNullable<DeliveryConfig['deadLetters']>> = v.pipe(
  section({
    max_len: v.optional(whole(0, 1_000_000), '1000'),
    max_bytes: v.optional(size('1KB', '64GB'), '16MB'),
    max_age: v.optional(duration('1s', '3650d'), '7d'),
  }),
  v.transform((raw) => ({ countMax: raw.max_len, bytesMax: raw.max_bytes, ageMsMax: raw.max_age })),
);

const action = oneOf({
  retry: 'retry',
  pause: 'pause',
  park: 'park',
  'dead-letter': 'dead-letter',
  drop: 'drop',
} as const);

/** `on_refusal { }` */
const refusals: Kind<RefusalConfig> = v.pipe(
  section({
    unspecified_error: v.optional(action),
    implementation_specific_error: v.optional(action),
    not_authorized: v.optional(action),
    topic_name_invalid: v.optional(action),
    packet_identifier_in_use: v.optional(action),
    quota_exceeded: v.optional(action),
    payload_format_invalid: v.optional(action),
    max_tries: v.optional(whole(1, 1000), '5'),
    retry_after: v.optional(duration('10ms', '1d'), '1s'),
    pause: v.optional(duration('10ms', '1d'), '10s'),
    max_pause: v.optional(duration('10ms', '30d'), '10m'),
    park: v.optional(duration('10ms', '30d'), '5m'),
  }),
  v.check((raw) => raw.pause <= raw.max_pause, 'expected pause to be at most max_pause'),
  v.transform(({ max_tries, retry_after, pause, max_pause, park, ...actions }) => ({
    actions: present(actions),
    triesMax: max_tries,
    retryMs: retry_after,
    pauseMs: pause,
    pauseMsMax: max_pause,
    parkMs: park,
  })),
);

const linkAction = oneOf({ retry: 'retry', wait: 'wait', pause: 'pause' } as const);
const referral = oneOf({ retry: 'retry', wait: 'wait', pause: 'pause', follow: 'follow' } as const);

/** `on_link_refusal { }` */
const linkRefusals: Kind<LinkRefusalConfig> = v.pipe(
  section({
    bad_user_name_or_password: v.optional(linkAction),
    not_authorized: v.optional(linkAction),
    bad_authentication_method: v.optional(linkAction),
    banned: v.optional(linkAction),
    client_identifier_not_valid: v.optional(linkAction),
    quota_exceeded: v.optional(linkAction),
    connection_rate_exceeded: v.optional(linkAction),
    message_rate_too_high: v.optional(linkAction),
    server_unavailable: v.optional(linkAction),
    server_busy: v.optional(linkAction),
    server_shutting_down: v.optional(linkAction),
    session_taken_over: v.optional(linkAction),
    administrative_action: v.optional(linkAction),
    use_another_server: v.optional(referral),
    server_moved: v.optional(referral),
    maximum_connect_time: v.optional(linkAction),
    keep_alive_timeout: v.optional(linkAction),
    pause: v.optional(duration('1s', '30d'), '1h'),
  }),
  v.transform(({ pause, ...actions }) => ({ actions: present(actions), pauseMs: pause })),
);

/** `replay { }`: on where the section is there. */
const replay: Kind<ReplayConfig | undefined> = v.pipe(
  section({
    enable: v.optional(flag, 'true'),
    keep: v.optional(duration('1s', '3650d'), '24h'),
    keep_bytes: v.optional(size('64KB', '1024GB'), '256MB'),
    property: v.optional(v.pipe(text, v.nonEmpty('expected the name of a user property'))),
  }),
  v.transform(({ enable, keep, keep_bytes, property }) =>
    enable ? { ageMsMax: keep, bytesMax: keep_bytes, ...(property === undefined ? {} : { property }) } : undefined,
  ),
);

/** The keys. */
export const deliveryKeys: {
  readonly max_blocked_len: v.OptionalSchema<Kind<number>, undefined>;
  readonly on_refusal: v.OptionalSchema<typeof refusals, undefined>;
  readonly on_link_refusal: v.OptionalSchema<typeof linkRefusals, undefined>;
  readonly poison_losses: v.OptionalSchema<Kind<number>, undefined>;
  readonly replay: v.OptionalSchema<typeof replay, undefined>;
  readonly dead_letters: v.OptionalSchema<typeof deadLetters, undefined>;
} = {
  max_blocked_len: v.optional(whole(0, 1_000_000)),
  on_refusal: v.optional(refusals),
  on_link_refusal: v.optional(linkRefusals),
  poison_losses: v.optional(whole(0, 100)),
  replay: v.optional(replay),
  dead_letters: v.optional(deadLetters),
};

/** What they say. */
export function deliveryConfigOf(raw: v.InferOutput<v.ObjectSchema<typeof deliveryKeys, undefined>>): DeliveryConfig {
  return present({
    blockedCountMax: raw.max_blocked_len,
    refusals: raw.on_refusal,
    linkRefusals: raw.on_link_refusal,
    poisonLossesMax: raw.poison_losses,
    replay: raw.replay,
    deadLetters: raw.dead_letters,
  });
}
