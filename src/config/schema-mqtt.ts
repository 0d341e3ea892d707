// The sections `mqtt` and `drain`: what the broker serves, its limits, and how it says
// goodbye. Keys of the incumbent that mean nothing here are accepted and explained by a
// note; every limit passes its bounds here, with its default.
import * as v from 'valibot';
import type { DrainConfig, MqttConfig, SharedStrategyConfig } from './config-types.ts';
import { mqttDefaults as defaults } from './defaults.ts';
import { present } from './present.ts';
import { durability } from './schema-durability.ts';
import { sessionClasses, sessionOverflow } from './schema-sessions.ts';
import {
  decimal,
  duration,
  flag,
  ignored,
  type Kind,
  noArray,
  objectExpected,
  oneOf,
  queueAge,
  section,
  size,
  text,
  whole,
} from './schema-values.ts';

const strategy: Kind<SharedStrategyConfig> = oneOf({
  round_robin: 'round-robin',
  sticky: 'sticky',
  random: 'random',
  hash_clientid: 'hash-client-id',
  hash_topic: 'hash-topic',
  local: 'local',
} as const);

/** Strategies by the share names for which they hold. */
const strategies: Kind<MqttConfig['sharedStrategies']> = v.pipe(
  noArray,
  v.record(text, strategy, objectExpected),
  v.transform((named) => Object.entries(named)),
);

/** The words of EMQX, and `san` for the first alternative name. */
export const certificateParts: Kind<MqttConfig['certificateName']> = oneOf({
  disabled: 'none',
  cn: 'common-name',
  dn: 'subject',
  san: 'alternative-name',
} as const);

/** `mqtt`. */
export const mqttKind: Kind<MqttConfig> = v.pipe(
  section({
    max_packet_size: v.optional(size('128B', '256MB'), defaults.max_packet_size),
    max_mqueue_len: v.optional(whole(1, 100_000_000), defaults.max_mqueue_len),
    max_mqueue_bytes: v.optional(size('1KB', '1024GB'), defaults.max_mqueue_bytes),
    max_mqueue_age: v.optional(queueAge),
    mqueue_overflow: v.optional(sessionOverflow, defaults.mqueue_overflow),
    durability: v.optional(durability),
    session_classes: v.optional(sessionClasses, {}),
    queue_memory_max: v.optional(size('1KB', '1024GB'), defaults.queue_memory_max),
    max_inflight_bytes: v.optional(size('1KB', '1024GB'), defaults.max_inflight_bytes),
    max_inflight_window: v.optional(whole(1, 65_535), defaults.max_inflight_window),
    receive_maximum: v.optional(whole(1, 65_535), defaults.receive_maximum),
    receive_maximum_short: v.optional(whole(1, 65_535), defaults.receive_maximum_short),
    max_topic_alias: v.optional(whole(0, 65_535), defaults.max_topic_alias),
    keepalive_multiplier: v.optional(decimal(1, 10), defaults.keepalive_multiplier),
    max_session_expiry: v.optional(duration('0s', '49710d'), defaults.max_session_expiry),
    shared_subscription_strategy: v.optional(strategy, defaults.shared_subscription_strategy),
    shared_subscription_group: v.optional(strategies, {}),
    max_retained_count: v.optional(whole(0, 100_000_000), defaults.max_retained_count),
    max_retained_bytes: v.optional(size('0B', '1024GB'), defaults.max_retained_bytes),
    max_qos: v.optional(oneOf({ '0': 0, '1': 1, '2': 2 } as const), defaults.max_qos),
    retain_available: v.optional(flag, defaults.retain_available),
    wildcard_subscription: v.optional(flag, defaults.wildcard_subscription),
    shared_subscription: v.optional(flag, defaults.shared_subscription),
    subscription_identifiers: v.optional(flag, defaults.subscription_identifiers),
    max_topic_levels: v.optional(whole(1, 65_535), defaults.max_topic_levels),
    max_clientid_len: v.optional(whole(1, 65_535), defaults.max_clientid_len),
    strict_31_clientid: v.optional(flag, defaults.strict_31_clientid),
    validate_payload_format: v.optional(flag, defaults.validate_payload_format),
    server_keepalive: v.optional(duration('0s', '65535s'), defaults.server_keepalive),
    keepalive_max: v.optional(duration('0s', '65535s'), defaults.keepalive_max),
    keepalive_min: v.optional(duration('0s', '65535s'), defaults.keepalive_min),
    response_information: v.optional(text, defaults.response_information),
    sys_topics: v.optional(oneOf({ off: 'off', local: 'local', all: 'all' } as const), defaults.sys_topics),
    sys_interval: v.optional(duration('1s', '24h'), defaults.sys_interval),
    peer_cert_as_username: v.optional(certificateParts, defaults.peer_cert_as_username),
    property_size: v.optional(ignored),
    retry_interval: v.optional(ignored),
    batch_resend: v.optional(ignored),
    max_awaiting_rel: v.optional(ignored),
    await_rel_timeout: v.optional(ignored),
  }),
  v.transform((raw) => ({
    maximumPacketSize: raw.max_packet_size,
    queueCountMax: raw.max_mqueue_len,
    queueBytesMax: raw.max_mqueue_bytes,
    queueOverflow: raw.mqueue_overflow,
    sessionClasses: raw.session_classes,
    ...present({ durability: raw.durability, queueAgeMsMax: raw.max_mqueue_age }),
    queueMemoryMax: raw.queue_memory_max,
    underwayBytesMax: raw.max_inflight_bytes,
    sendWindowMax: raw.max_inflight_window,
    receiveMaximum: raw.receive_maximum,
    receiveMaximumWhenShort: raw.receive_maximum_short,
    topicAliasMaximum: raw.max_topic_alias,
    keepAliveMultiplier: raw.keepalive_multiplier,
    sessionExpiryMaxS: Math.round(raw.max_session_expiry / 1000),
    sharedStrategy: raw.shared_subscription_strategy,
    sharedStrategies: raw.shared_subscription_group,
    retainedCountMax: raw.max_retained_count,
    retainedBytesMax: raw.max_retained_bytes,
    maximumQos: raw.max_qos,
    isRetainAvailable: raw.retain_available,
    isWildcardAvailable: raw.wildcard_subscription,
    isSharedAvailable: raw.shared_subscription,
    isSubscriptionIdentifierAvailable: raw.subscription_identifiers,
    topicLevelsMax: raw.max_topic_levels,
    clientIdLengthMax: raw.max_clientid_len,
    isV31ClientIdShort: raw.strict_31_clientid,
    isPayloadFormatValidated: raw.validate_payload_format,
    serverKeepAliveS: Math.ceil(raw.server_keepalive / 1000),
    keepAliveSMax: Math.ceil(raw.keepalive_max / 1000),
    keepAliveSMin: Math.ceil(raw.keepalive_min / 1000),
    responseInformation: raw.response_information,
    systemTopics: raw.sys_topics,
    systemTopicsIntervalMs: raw.sys_interval,
    certificateName: raw.peer_cert_as_username,
  })),
);

/** `drain`. */
export const drainKind: Kind<DrainConfig> = v.pipe(
  section({ server_reference: v.optional(text), server_moved: v.optional(flag, 'false') }),
  v.transform(({ server_reference: serverReference, server_moved: isServerMoved }) => ({
    isServerMoved,
    ...(serverReference === undefined ? {} : { serverReference }),
  })),
);
