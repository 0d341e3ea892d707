// The sections `mqtt`, `auth` and `log`: limits, access and logging of the broker. Keys of
// the incumbent that mean nothing here are accepted and explained by a note; what changes
// nothing is never silent.
import * as v from 'valibot';
import { topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import { topicTextFault } from '../../protocol/topic/topic-name.ts';
import type { AuthConfig, LogConfig, MqttConfig, RuleConfig, SubjectConfig } from './config-types.ts';
import { mqttDefaults as defaults } from './defaults.ts';
import {
  checkedText,
  decimal,
  duration,
  flag,
  ignored,
  type Kind,
  oneOf,
  section,
  size,
  switchedOff,
  text,
  textMap,
  texts,
  whole,
} from './schema-values.ts';

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

interface RawSubject {
  readonly username?: string | undefined;
  readonly clientid?: string | undefined;
  readonly and?: readonly RawSubject[] | undefined;
  readonly or?: readonly RawSubject[] | undefined;
}

const rawSubject: Kind<RawSubject> = v.lazy(() => section(subjectKeys));
const subjectKeys = {
  username: v.optional(text),
  clientid: v.optional(text),
  and: v.optional(v.array(rawSubject, 'expected an array of conditions')),
  or: v.optional(v.array(rawSubject, 'expected an array of conditions')),
};

/** Several conditions side by side must all hold. */
function subjectOf(raw: RawSubject): SubjectConfig {
  const parts: SubjectConfig[] = [];
  if (raw.username !== undefined) parts.push({ kind: 'username', name: raw.username });
  if (raw.clientid !== undefined) parts.push({ kind: 'clientId', name: raw.clientid });
  if (raw.and !== undefined) parts.push({ kind: 'and', parts: raw.and.map(subjectOf) });
  if (raw.or !== undefined) parts.push({ kind: 'or', parts: raw.or.map(subjectOf) });
  const [only] = parts;
  if (only === undefined) return { kind: 'everybody' };
  return parts.length === 1 ? only : { kind: 'and', parts };
}

/** A filter in which `${clientid}` and `${username}` may stand, or `@` and a topic word for word. */
const ruleTopic: Kind<string> = checkedText((value) =>
  value.startsWith('@')
    ? topicTextFault(value.slice(1))
    : topicFilterFault(value.replaceAll(/\$\{(clientid|username)\}/g, 'x')),
);

const rule: Kind<RuleConfig> = v.pipe(
  section({
    permit: oneOf({ allow: true, deny: false }),
    action: v.optional(oneOf({ publish: 'publish', subscribe: 'subscribe', pubsub: 'pubsub' } as const), 'pubsub'),
    topics: v.optional(texts(ruleTopic), []),
    ...subjectKeys,
  }),
  v.transform(({ permit, action, topics, ...raw }) => ({
    isAllowed: permit,
    action,
    topics,
    subject: subjectOf(raw),
  })),
);

/** `auth`. */
export const authKind: Kind<AuthConfig> = v.pipe(
  section({
    allow_anonymous: v.optional(flag, 'true'),
    no_match: v.optional(oneOf({ allow: true, deny: false }), 'allow'),
    deny_action: v.optional(oneOf({ ignore: false, disconnect: true }), 'ignore'),
    password: v.optional(textMap, {}),
    acl: v.optional(section({ rules: v.optional(v.array(rule, 'expected an array of rules'), []) }), {}),
    cache: v.optional(ignored),
    http_auth: v.optional(switchedOff),
  }),
  v.transform((raw) => ({
    isAnonymousAllowed: raw.allow_anonymous,
    users: raw.password.map(([username, password]) => ({ username, password })),
    rules: raw.acl.rules,
    isAllowedWithoutMatch: raw.no_match,
    isDenialDisconnecting: raw.deny_action,
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
