// BridgeFields: the form of a bridge as data: which key of the configuration stands on which tab, and how it is asked
// for. Labels and hints are in the texts under the same names. What is not here is kept as it is when a bridge is
// saved. Bounded by the schema of the server, which has the last word on every value.

/** Where a field stands. Forwards and Subscriptions are lists of rules and have fields of their own. */
export type EditorTab = 'connector' | 'forwards' | 'subscriptions' | 'security' | 'advanced';

/** The tabs, in order. */
export const editorTabs: readonly EditorTab[] = ['connector', 'forwards', 'subscriptions', 'security', 'advanced'];

/** How a value is asked for. */
export type FieldKind = 'text' | 'secret' | 'topic' | 'number' | 'span' | 'size' | 'switch' | 'choice' | 'list';

/** One field. */
export interface BridgeField {
  /** The path of its key: `ssl.cacertfile`. */
  readonly key: string;
  readonly kind: FieldKind;
  /** What holds where nothing is written; shown as a placeholder. */
  readonly fallback?: string;
  /** The values of a choice. */
  readonly choices?: readonly string[];
  /** Only for addresses with TLS. */
  readonly needsTls?: boolean;
}

const connector = [
  { key: 'server', kind: 'text', fallback: 'mqtt-tcp://broker.example:1883' },
  { key: 'srv', kind: 'switch', fallback: 'false' },
  { key: 'proto_ver', kind: 'choice', choices: ['5', '4', '3'], fallback: '5' },
  { key: 'clientid', kind: 'text' },
  { key: 'username', kind: 'text' },
  { key: 'password', kind: 'secret' },
  { key: 'keepalive', kind: 'span', fallback: '60s' },
  { key: 'clean_start', kind: 'switch', fallback: 'false' },
] as const satisfies readonly BridgeField[];

const security = [
  { key: 'ssl.cacertfile', kind: 'text', fallback: '/etc/certs/ca.pem', needsTls: true },
  { key: 'ssl.certfile', kind: 'text', needsTls: true },
  { key: 'ssl.keyfile', kind: 'text', needsTls: true },
  { key: 'ssl.key_password', kind: 'secret', needsTls: true },
  { key: 'ssl.sni', kind: 'text', needsTls: true },
  { key: 'ssl.verify_peer', kind: 'switch', fallback: 'true', needsTls: true },
  { key: 'auth_method', kind: 'choice', choices: ['', 'scram-sha-256'], fallback: '' },
] as const satisfies readonly BridgeField[];

const advanced = [
  { key: 'max_send_queue_len', kind: 'number' },
  { key: 'max_send_queue_bytes', kind: 'size' },
  { key: 'max_send_queue_age', kind: 'span' },
  { key: 'messages_rate', kind: 'text' },
  { key: 'bytes_rate', kind: 'text' },
  { key: 'rate_burst', kind: 'span', fallback: '1s' },
  { key: 'live_share', kind: 'text' },
  { key: 'schedule.windows', kind: 'list' },
  { key: 'schedule.time_zone', kind: 'text' },
  { key: 'connect_when.messages', kind: 'number' },
  { key: 'connect_when.bytes', kind: 'size' },
  { key: 'connect_when.age', kind: 'span' },
  { key: 'connect_when.idle', kind: 'span', fallback: '30s' },
  { key: 'budget.bytes', kind: 'size' },
  { key: 'budget.per', kind: 'choice', choices: ['day', 'month'], fallback: 'day' },
  { key: 'budget.short_at', kind: 'text', fallback: '0.8' },
  { key: 'budget.short_priority', kind: 'text', fallback: 'high' },
  { key: 'overflow', kind: 'choice', choices: ['', 'oldest', 'newest', 'priority', 'latest', 'block'] },
  { key: 'retry_qos_0', kind: 'switch' },
  { key: 'backoff_max', kind: 'span' },
  { key: 'cancel_timeout', kind: 'span' },
  { key: 'no_local_v4', kind: 'switch' },
  { key: 'transparent', kind: 'switch' },
  { key: 'transparent_filters', kind: 'list' },
  { key: 'transparent_linger', kind: 'span' },
  { key: 'tcp.nodelay', kind: 'switch', fallback: 'true' },
  { key: 'tcp.keepalive', kind: 'switch', fallback: 'false' },
  { key: 'conn_properties.session_expiry_interval', kind: 'number' },
  { key: 'conn_properties.receive_maximum', kind: 'number', fallback: '65535' },
  { key: 'conn_properties.maximum_packet_size', kind: 'number' },
  { key: 'conn_properties.topic_alias_maximum', kind: 'number' },
  { key: 'will.topic', kind: 'topic' },
  { key: 'will.payload', kind: 'text' },
  { key: 'will.qos', kind: 'choice', choices: ['0', '1', '2'], fallback: '0' },
  { key: 'will.retain', kind: 'switch', fallback: 'false' },
] as const satisfies readonly BridgeField[];

/** The fields of each tab that is a plain form. */
export const bridgeFields: Readonly<Record<'connector' | 'security' | 'advanced', readonly BridgeField[]>> = {
  connector,
  security,
  advanced,
};

const ruleMore = [
  { key: 'qos_max', kind: 'choice', choices: ['', '0', '1', '2'] },
  { key: 'retain', kind: 'choice', choices: ['', '0', '1'] },
  { key: 'prefix', kind: 'text' },
  { key: 'suffix', kind: 'text' },
  { key: 'exclude', kind: 'list' },
  { key: 'sample', kind: 'number' },
  { key: 'min_interval', kind: 'span' },
  { key: 'change_only', kind: 'switch', fallback: 'false' },
  { key: 'flatten', kind: 'text' },
  { key: 'note', kind: 'text' },
] as const satisfies readonly BridgeField[];

const forwardOnly = [
  { key: 'qos', kind: 'choice', choices: ['', '0', '1', '2'] },
  { key: 'messages_rate', kind: 'text' },
  { key: 'bytes_rate', kind: 'text' },
  { key: 'rate_burst', kind: 'span', fallback: '1s' },
  { key: 'retained_sync', kind: 'switch' },
  { key: 'retain_here', kind: 'switch', fallback: 'false' },
  { key: 'properties_3x', kind: 'choice', choices: ['', 'drop', 'envelope', 'topic'] },
  { key: 'topic_properties', kind: 'list' },
  { key: 'qos_0', kind: 'choice', choices: ['', 'drop', 'buffer', 'persist'] },
  { key: 'qos_0_max_len', kind: 'number', fallback: '1000' },
  { key: 'qos_0_max_age', kind: 'span' },
] as const satisfies readonly BridgeField[];

const subscriptionOnly = [
  { key: 'qos', kind: 'choice', choices: ['0', '1', '2'], fallback: '0' },
  { key: 'retain_as_published', kind: 'switch', fallback: 'false' },
  { key: 'retain_handling', kind: 'choice', choices: ['0', '1', '2'], fallback: '0' },
  { key: 'nolocal', kind: 'switch', fallback: 'true' },
  { key: 'open_envelopes', kind: 'switch', fallback: 'false' },
] as const satisfies readonly BridgeField[];

/** The two kinds of rules: which key is the filter, which the target, and what else can be said. */
export const ruleForms = {
  forwards: { list: 'forwards', filter: 'local_topic', target: 'remote_topic', more: [...forwardOnly, ...ruleMore] },
  subscriptions: {
    list: 'subscription',
    filter: 'remote_topic',
    target: 'local_topic',
    more: [...subscriptionOnly, ...ruleMore],
  },
} as const satisfies Readonly<Record<'forwards' | 'subscriptions', RuleForm>>;

/** How one kind of rule is asked for. */
export interface RuleForm {
  /** The key of the list in the configuration. */
  readonly list: string;
  readonly filter: string;
  readonly target: string;
  readonly more: readonly BridgeField[];
}

/** The tab on which a fault at a path such as `bridges.mqtt.plant7.forwards.0.qos` is put right. */
export function tabOf(path: string): EditorTab {
  const key = path.replace(/^bridges\.mqtt\.[^.]+\.?/, '');
  if (/^forwards\b/.test(key)) return 'forwards';
  if (/^subscription\b/.test(key)) return 'subscriptions';
  if (/^(ssl|auth_method)\b/.test(key)) return 'security';
  return advanced.some((field) => field.key === key || field.key.startsWith(`${key}.`)) ? 'advanced' : 'connector';
}
