// The sections `bridges.mqtt.<name>`: one bridge each, under the key names of EMQX Edge,
// misspelled ones included. What two keys say together is checked too: TLS against the
// address.
import * as v from 'valibot';
import { topicNameFault } from '../../protocol/topic/topic-name.ts';
import { addressBytes } from '../base/address-range.ts';
import type { BridgeConfig, WillConfig } from './bridge-config.ts';
import { faultsOfBridge } from './bridge-faults.ts';
import { bridgeConfigDefaults as defaults } from './defaults.ts';
import { present } from './present.ts';
import { deliveryConfigOf, deliveryKeys } from './schema-delivery.ts';
import { durability } from './schema-durability.ts';
import { planConfigOf, planFault, planKeys } from './schema-plan.ts';
import { liveShare, rateFault, rateKeys, sendRateOf } from './schema-rates.ts';
import { address, backupConfigOf, backups, proxy, type ServerExtras, serverConfigOf, ssl } from './schema-remote.ts';
import { enabled, forwardKind, overflow, overflowOf, subscriptionKind } from './schema-rules.ts';
import { ledger, trace } from './schema-trail.ts';
import { transparentConfigOf, transparentKeys } from './schema-transparent.ts';
import {
  checkedText,
  duration,
  flag,
  type Kind,
  keyPath,
  kindOf,
  milliseconds,
  oneOf,
  qos,
  queueAge,
  section,
  size,
  switchedOff,
  text,
  textMap,
  texts,
  unused,
  whole,
} from './schema-values.ts';

/** A bridge that has no name yet, and whether it is to run. */
export interface BridgeDraft {
  readonly isEnabled: boolean;
  readonly config: Omit<BridgeConfig, 'name'>;
}

const uint32 = whole(0, 0xffff_ffff);

const localAddress = kindOf('an IP address of this machine', (value) =>
  addressBytes(value) === undefined ? undefined : value,
);

/** A count; the incumbent wants a unit behind it, which means nothing. */
const keepCount = kindOf('a count, as 4', (value) => (/^\d{1,5}[smhd]?$/.test(value) ? value : undefined));

const tcp = section({
  nodelay: v.optional(flag, 'true'),
  keepalive: v.optional(flag, 'false'),
  keepidle: v.optional(milliseconds('1s', '1d'), '60s'),
  keepintvl: v.optional(unused(milliseconds('0ms', '365d'))),
  keepcnt: v.optional(unused(keepCount)),
  quickack: v.optional(unused(flag)),
  sendtimeo: v.optional(unused(milliseconds('0ms', '365d'))),
  recvtimeo: v.optional(unused(milliseconds('0ms', '365d'))),
  bind_interface: v.optional(text),
  bind_address: v.optional(localAddress),
});

const connectProperties: Kind<BridgeConfig['connectProperties']> = v.pipe(
  section({
    maximum_packet_size: v.optional(whole(1, 0xffff_ffff)),
    receive_maximum: v.optional(whole(1, 65_535)),
    topic_alias_maximum: v.optional(whole(0, 65_535)),
    request_problem_infomation: v.optional(flag),
    request_problem_information: v.optional(flag),
    request_response_infomation: v.optional(flag),
    request_response_information: v.optional(flag),
    session_expiry_interval: v.optional(uint32),
    user_property: v.optional(textMap),
  }),
  v.transform((raw) =>
    present({
      maximumPacketSize: raw.maximum_packet_size,
      receiveMaximum: raw.receive_maximum,
      topicAliasMaximum: raw.topic_alias_maximum,
      requestProblemInformation: raw.request_problem_information ?? raw.request_problem_infomation,
      requestResponseInformation: raw.request_response_information ?? raw.request_response_infomation,
      sessionExpiryInterval: raw.session_expiry_interval,
      userProperties: raw.user_property,
    }),
  ),
);

/** A topic, not a filter. */
const topicName: Kind<string> = checkedText(topicNameFault);

const will: Kind<WillConfig> = v.pipe(
  section({
    topic: topicName,
    payload: text,
    qos: v.optional(qos, '0'),
    retain: v.optional(flag, 'false'),
    properties: v.optional(
      section({
        payload_format_indicator: v.optional(oneOf({ '0': 0, '1': 1 } as const)),
        message_expiry_interval: v.optional(uint32),
        content_type: v.optional(text),
        response_topic: v.optional(topicName),
        correlation_data: v.optional(text),
        will_delay_interval: v.optional(uint32),
        user_property: v.optional(textMap),
      }),
      {},
    ),
  }),
  v.transform(({ topic, payload, qos: level, retain, properties: raw }) => ({
    topic,
    payload,
    qos: level,
    retain,
    properties: present({
      payloadFormatIndicator: raw.payload_format_indicator,
      messageExpiryInterval: raw.message_expiry_interval,
      contentType: raw.content_type,
      responseTopic: raw.response_topic,
      correlationData: raw.correlation_data,
      willDelayInterval: raw.will_delay_interval,
      userProperties: raw.user_property,
    }),
  })),
);

/** A program with its arguments. */
const programText = v.pipe(
  texts(text),
  v.check(([program = '']) => program !== '', 'expected a program and its arguments, as [ "/bin/token", "gw" ]'),
);

/** Headers of HTTP, as they may stand in a request. */
const headerMap: Kind<readonly (readonly [string, string])[]> = v.pipe(
  textMap,
  v.check(
    (headers) => headers.every(([name, value]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(value)),
    'expected headers of HTTP: names without spaces, values of printable ASCII',
  ),
);

const bridgeKeys = {
  enable: v.optional(flag, 'true'),
  server: address,
  srv: v.optional(flag, 'false'),
  ws_headers: v.optional(headerMap),
  proto_ver: v.optional(oneOf({ '3': 3, '4': 4, '5': 5 } as const), defaults.proto_ver),
  clientid: v.optional(text, ''),
  keepalive: v.optional(duration('0s', '65535s'), defaults.keepalive),
  backoff_min: v.optional(duration('100ms', '1d'), defaults.backoff_min),
  backoff_max: v.optional(duration('500ms', '1d'), defaults.backoff_max),
  backoff_jitter: v.optional(oneOf({ decorrelated: 'decorrelated', full: 'full' } as const), defaults.backoff_jitter),
  stable_after: v.optional(duration('0s', '1d'), defaults.stable_after),
  connect_timeout: v.optional(duration('1s', '1h'), defaults.connect_timeout),
  answer_timeout: v.optional(duration('1s', '1h'), defaults.answer_timeout),
  loop_guard: v.optional(oneOf({ auto: 'auto', on: 'on', off: 'off' } as const), defaults.loop_guard),
  loop_property: v.optional(v.pipe(text, v.nonEmpty('expected the name of a user property')), defaults.loop_property),
  loop_hops: v.optional(whole(1, 255), defaults.loop_hops),
  notifications: v.optional(flag, defaults.notifications),
  notification_topic: v.optional(topicName),
  notifications_local_only: v.optional(flag, defaults.notifications_local_only),
  step_down: v.optional(flag, defaults.step_down),
  clean_start: v.optional(flag, defaults.clean_start),
  local_clientid: v.optional(text),
  local_username: v.optional(text),
  username: v.optional(text),
  password: v.optional(text),
  password_file: v.optional(text),
  password_command: v.optional(programText),
  password_timeout: v.optional(duration('100ms', '5m'), defaults.password_timeout),
  token_renew_before: v.optional(duration('1s', '1d'), defaults.token_renew_before),
  proxy: v.optional(proxy),
  auth_method: v.optional(oneOf({ 'scram-sha-256': 'scram-sha-256' } as const)),
  password_encrypted: v.optional(switchedOff),
  no_local_v4: v.optional(flag, defaults.no_local_v4),
  retry_qos_0: v.optional(flag, defaults.retry_qos_0),
  ...transparentKeys,
  retained_sync: v.optional(flag, defaults.retained_sync),
  hybrid_bridging: v.optional(flag, defaults.hybrid_bridging),
  hybrid_servers: v.optional(backups, []),
  hybrid_order: v.optional(
    oneOf({ ordered: 'ordered', round_robin: 'round-robin', weighted: 'weighted' } as const),
    defaults.hybrid_order,
  ),
  hybrid_shared_session: v.optional(flag, defaults.hybrid_shared_session),
  failback: v.optional(duration('0s', '1d'), defaults.failback),
  ssl: v.optional(ssl),
  tcp: v.optional(tcp, {}),
  conn_properties: v.optional(connectProperties, {}),
  will: v.optional(will),
  forwards: v.optional(v.array(forwardKind, 'expected an array of rules: [ { local_topic = ... } ]'), []),
  subscription: v.optional(v.array(subscriptionKind, 'expected an array of rules: [ { remote_topic = ... } ]'), []),
  sub_properties: v.optional(
    section({ identifier: v.optional(whole(1, 268_435_455)), user_property: v.optional(textMap) }),
    {},
  ),
  max_parallel_processes: v.optional(whole(1, 64), defaults.max_parallel_processes),
  lane_order: v.optional(text, defaults.lane_order),
  lane_subscriptions: v.optional(
    oneOf({ auto: 'auto', all: 'all', none: 'none' } as const),
    defaults.lane_subscriptions,
  ),
  max_send_queue_len: v.optional(whole(1, 100_000_000), defaults.max_send_queue_len),
  max_send_queue_bytes: v.optional(size('1KB', '1024GB'), defaults.max_send_queue_bytes),
  max_send_queue_age: v.optional(queueAge),
  ...rateKeys,
  live_share: v.optional(liveShare),
  ...planKeys,
  durability: v.optional(durability),
  end_to_end_timeout: v.optional(duration('1s', '1h')),
  ...deliveryKeys,
  overflow: v.optional(overflow),
  ledger: v.optional(ledger),
  trace: v.optional(trace, {}),
  max_recv_queue_len: v.optional(unused(whole(0, 0xffff_ffff))),
  resend_interval: v.optional(unused(milliseconds('0ms', '365d'))),
  resend_wait: v.optional(unused(milliseconds('0ms', '365d'))),
  cancel_timeout: v.optional(milliseconds('0ms', '1d'), defaults.cancel_timeout),
  quic_keepalive: v.optional(switchedOff),
  quic_idle_timeout: v.optional(switchedOff),
  quic_discon_timeout: v.optional(switchedOff),
  quic_handshake_timeout: v.optional(switchedOff),
  quic_send_idle_timeout: v.optional(switchedOff),
  quic_initial_rtt_ms: v.optional(switchedOff),
  quic_max_ack_delay_ms: v.optional(switchedOff),
  quic_multi_stream: v.optional(switchedOff),
  quic_qos_priority: v.optional(switchedOff),
  quic_0rtt: v.optional(switchedOff),
};

/** The properties of SUBSCRIBE. */
function subscribePropertiesOf(raw: {
  readonly identifier?: number | undefined;
  readonly user_property?: readonly (readonly [string, string])[] | undefined;
}) {
  return present({
    subscriptionIdentifiers: raw.identifier === undefined ? undefined : [raw.identifier],
    userProperties: raw.user_property,
  });
}

/** How many connections there are, and what goes by which. */
function laneConfigOf(raw: {
  readonly max_parallel_processes: number;
  readonly lane_order: string;
  readonly lane_subscriptions: 'auto' | 'all' | 'none';
}) {
  const { max_parallel_processes: laneCount, lane_order: laneOrder, lane_subscriptions: laneSubscriptions } = raw;
  return { laneCount, laneOrder, laneSubscriptions };
}

/** Which servers there are besides the first, and when each is used. */
function hybridConfigOf(
  raw: {
    readonly hybrid_bridging: boolean;
    readonly hybrid_servers: v.InferOutput<typeof backups>;
    readonly hybrid_order: BridgeConfig['remoteOrder'];
    readonly hybrid_shared_session: boolean;
    readonly failback: number;
  },
  extras: ServerExtras,
) {
  return {
    backups: raw.hybrid_bridging ? raw.hybrid_servers.map((one) => backupConfigOf(one, extras)) : [],
    remoteOrder: raw.hybrid_order,
    failbackMs: raw.failback,
    isSessionShared: raw.hybrid_shared_session,
  };
}

/** Who the bridge is for the access rules here; undefined where it has no name. */
function principalOf(raw: {
  readonly clientid: string;
  readonly local_clientid?: string | undefined;
  readonly local_username?: string | undefined;
}): BridgeConfig['principal'] {
  if (raw.local_clientid === undefined && raw.local_username === undefined) return undefined;
  return present({ clientId: raw.local_clientid ?? `local.${raw.clientid}`, username: raw.local_username });
}

function tcpConfigOf(raw: v.InferOutput<typeof tcp>) {
  return {
    localAddress: raw.bind_address,
    localInterface: raw.bind_interface,
    isNoDelay: raw.nodelay,
    tcpKeepAliveMs: raw.keepalive ? raw.keepidle : 0,
  };
}

/** `bridges.mqtt.<name>`. */
export const bridgeKind: Kind<BridgeDraft> = v.pipe(
  section(bridgeKeys),
  v.rawTransform(({ dataset, addIssue }) => {
    const raw = dataset.value;
    const { ws_headers: headers, ssl: draft, proxy: way } = raw;
    const extras = { headers, ssl: draft, proxy: way };
    const { password_command: command, password_timeout: timeoutMs } = raw;
    for (const { key, message } of faultsOfBridge(raw)) addIssue({ message, path: [keyPath(raw, key)] });
    const rate = rateFault(raw);
    if (rate !== undefined) addIssue({ message: rate, path: [keyPath(raw, 'rate_burst')] });
    const plan = planFault(raw);
    if (plan !== undefined) addIssue({ message: plan, path: [keyPath(raw, 'schedule')] });
    const config = present({
      ...raw.ledger,
      ...raw.trace,
      ...serverConfigOf(raw.server, { ...extras, isService: raw.srv }),
      ...hybridConfigOf(raw, extras),
      principal: principalOf(raw),
      transparent: transparentConfigOf(raw),
      isRetainedSynced: raw.retained_sync,
      isSteppingDown: raw.step_down,
      loopGuard: raw.loop_guard,
      loopProperty: raw.loop_property,
      loopHopsMax: raw.loop_hops,
      isNotifying: raw.notifications,
      notificationTopic: raw.notification_topic,
      isNotifyingHereOnly: raw.notifications_local_only,
      ...laneConfigOf(raw),
      connectTimeoutMs: raw.connect_timeout,
      answerTimeoutMs: raw.answer_timeout,
      version: raw.proto_ver,
      clientId: raw.clientid,
      keepAliveS: Math.ceil(raw.keepalive / 1000),
      backoffMsMin: raw.backoff_min,
      backoffMsMax: raw.backoff_max,
      backoffJitter: raw.backoff_jitter,
      stableMs: raw.stable_after,
      cleanStart: raw.clean_start,
      username: raw.username,
      password: raw.password,
      passwordFile: raw.password_file,
      passwordCommand: command && { command, timeoutMs },
      renewBeforeMs: raw.token_renew_before,
      authentication: raw.auth_method,
      isBridgeBitSet: raw.no_local_v4,
      isQos0Queued: raw.retry_qos_0,
      ...tcpConfigOf(raw.tcp),
      connectProperties: raw.conn_properties,
      subscribeProperties: subscribePropertiesOf(raw.sub_properties),
      will: raw.will,
      forwards: enabled(raw.forwards),
      subscriptions: enabled(raw.subscription),
      queueCountMax: raw.max_send_queue_len,
      queueBytesMax: raw.max_send_queue_bytes,
      queueAgeMsMax: raw.max_send_queue_age,
      rate: sendRateOf(raw),
      liveShare: raw.live_share,
      plan: planConfigOf(raw),
      overflow: raw.overflow ?? overflowOf(raw.forwards),
      durability: raw.durability,
      endToEndMsMax: raw.end_to_end_timeout,
      ...deliveryConfigOf(raw),
      acknowledgeTimeoutMs: raw.cancel_timeout,
    });
    return { isEnabled: raw.enable, config };
  }),
);
