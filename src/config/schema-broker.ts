// The sections `mqtt` and `log`: limits and logging of the broker. Keys of
// the incumbent that mean nothing here are accepted and explained by a note; what changes
// nothing is never silent.
import * as v from 'valibot';
import type { LogConfig, MqttConfig } from './config-types.ts';
import { mqttDefaults as defaults } from './defaults.ts';
import { decimal, duration, ignored, type Kind, oneOf, section, size, text, texts, whole } from './schema-values.ts';

/** `mqtt`. */
export const mqttKind: Kind<MqttConfig> = v.pipe(
  section({
    max_packet_size: v.optional(size('128B', '256MB'), defaults.max_packet_size),
    max_mqueue_len: v.optional(whole(1, 100_000_000), defaults.max_mqueue_len),
    max_mqueue_bytes: v.optional(size('1KB', '1024GB'), defaults.max_mqueue_bytes),
    max_inflight_window: v.optional(whole(1, 65_535), defaults.max_inflight_window),
    receive_maximum: v.optional(whole(1, 65_535), defaults.receive_maximum),
    max_topic_alias: v.optional(whole(0, 65_535), defaults.max_topic_alias),
    keepalive_multiplier: v.optional(decimal(1, 10), defaults.keepalive_multiplier),
    max_session_expiry: v.optional(duration('0s', '49710d'), defaults.max_session_expiry),
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
    sendWindowMax: raw.max_inflight_window,
    receiveMaximum: raw.receive_maximum,
    topicAliasMaximum: raw.max_topic_alias,
    keepAliveMultiplier: raw.keepalive_multiplier,
    sessionExpiryMaxS: Math.round(raw.max_session_expiry / 1000),
  })),
);

/** Where log lines go. */
const targets: Kind<{ readonly isFile: boolean }> = v.pipe(
  texts(text),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const wrong = dataset.value.find((one) => one !== 'file' && one !== 'console');
    if (wrong === undefined) return { isFile: dataset.value.includes('file') };
    addIssue({ message: `${wrong} is not available in this version; expected file or console` });
    return NEVER;
  }),
);

/** `log`. */
export const logKind: Kind<LogConfig> = v.pipe(
  section({
    to: v.optional(targets, 'console'),
    level: v.optional(
      oneOf({ trace: 'trace', debug: 'debug', info: 'info', warn: 'warn', error: 'error', fatal: 'fatal' } as const),
      'info',
    ),
    format: v.optional(oneOf({ json: 'json', text: 'text', auto: 'auto' } as const), 'auto'),
    dir: v.optional(text, '.'),
    file: v.optional(text, 'viaduct.log'),
    rotation: v.optional(ignored),
  }),
  v.transform(({ to, level, format, dir, file }) => ({
    level,
    format,
    ...(to.isFile ? { file: `${dir}/${file}` } : {}),
  })),
);
