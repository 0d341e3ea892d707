// MosquittoKeys: the keys of mosquitto.conf and what they are here, as data. A conversion names our
// key, what becomes of the value, and what changes in meaning; or says why the key is not carried.
// Keys that stand in no table have no counterpart.

/** What becomes of a key. */
export type Conversion =
  | {
      /** Our key, below the section that is being read. */
      readonly path: readonly string[];
      /** It belongs to the whole broker, wherever it stands. */
      readonly isGlobal?: boolean;
      /** Its presence means TLS. */
      readonly isTls?: boolean;
      readonly value?: (text: string) => string;
      readonly changed?: string;
    }
  | { readonly dropped: string };

const seconds = (text: string): string => `${text}s`;
const negated = (text: string): string => (text === 'true' ? 'false' : 'true');
const byJournal = 'what has to be kept is kept by the journal (data.dir), not in a file of its own';
const bySystem = 'left to the system or the service manager';

/** Keys of the broker. */
export const brokerKeys: Readonly<Record<string, Conversion>> = {
  allow_anonymous: { path: ['auth', 'allow_anonymous'], isGlobal: true },
  password_file: { path: ['auth', 'password_file'], isGlobal: true },
  acl_file: { dropped: 'rules have another form here: auth.acl' },
  max_packet_size: { path: ['mqtt', 'max_packet_size'], isGlobal: true },
  max_inflight_messages: { path: ['mqtt', 'max_inflight_window'], isGlobal: true },
  max_queued_messages: { path: ['mqtt', 'max_mqueue_len'], isGlobal: true },
  max_queued_bytes: { path: ['mqtt', 'max_mqueue_bytes'], isGlobal: true },
  max_keepalive: { path: ['mqtt', 'keepalive_max'], isGlobal: true, value: seconds },
  persistent_client_expiration: { path: ['mqtt', 'max_session_expiry'], isGlobal: true },
  retain_available: { path: ['mqtt', 'retain_available'], isGlobal: true },
  max_topic_alias: { path: ['mqtt', 'max_topic_alias'], isGlobal: true },
  persistence: { dropped: byJournal },
  persistence_location: { path: ['data', 'dir'], isGlobal: true },
  persistence_file: { dropped: byJournal },
  autosave_interval: { dropped: byJournal },
  autosave_on_changes: { dropped: byJournal },
  sys_interval: { path: ['mqtt', 'sys_interval'], isGlobal: true, value: seconds },
  log_dest: { dropped: 'the log has other keys here: log.to, log.dir, log.file' },
  log_type: { dropped: 'the log has one level here: log.level' },
  log_timestamp: { dropped: 'lines of the log always have their time' },
  connection_messages: { dropped: 'connections are told at the level debug' },
  pid_file: { dropped: bySystem },
  user: { dropped: bySystem },
  per_listener_settings: {
    dropped: 'who may come without a name is said for each listener; users and rules hold for all',
  },
  include_dir: { dropped: 'import the files of the directory one by one' },
};

/** Keys of a listener. */
export const listenerKeys: Readonly<Record<string, Conversion>> = {
  max_connections: { path: ['max_connections'] },
  certfile: { path: ['certfile'], isTls: true },
  keyfile: { path: ['keyfile'], isTls: true },
  cafile: { path: ['cacertfile'], isTls: true },
  require_certificate: { path: ['verify_peer'] },
  use_identity_as_username: { path: ['peer_cert_as_username'], value: (text) => (text === 'true' ? 'cn' : 'disabled') },
  use_subject_as_username: { path: ['peer_cert_as_username'], value: (text) => (text === 'true' ? 'dn' : 'disabled') },
  max_qos: { path: ['max_qos'] },
  maximum_qos: { path: ['max_qos'] },
  tls_version: { dropped: 'TLS 1.2 and 1.3 are spoken' },
};

/** Keys of a listener where `per_listener_settings` is on. */
export const ownListenerKeys: Readonly<Record<string, Conversion>> = {
  allow_anonymous: { path: ['allow_anonymous'] },
};

/** Keys of a bridge. */
export const bridgeKeys: Readonly<Record<string, Conversion>> = {
  remote_clientid: { path: ['clientid'] },
  clientid: { path: ['clientid'] },
  local_clientid: { dropped: 'a bridge is no client of the local broker here' },
  remote_username: { path: ['username'] },
  username: { path: ['username'] },
  remote_password: { path: ['password'] },
  password: { path: ['password'] },
  keepalive_interval: { path: ['keepalive'], value: seconds },
  cleansession: { path: ['clean_start'] },
  local_cleansession: { dropped: 'the queue of a bridge is kept in any case' },
  bridge_protocol_version: { path: ['proto_ver'], value: versionOf },
  try_private: { path: ['no_local_v4'] },
  restart_timeout: {
    path: ['backoff_max'],
    value: (text) => seconds(text.split(/\s+/).at(-1) ?? text),
    changed: 'the longest wait; the waits before it grow with jitter',
  },
  start_type: { dropped: 'bridges start with the broker' },
  round_robin: { dropped: 'the order of addresses is kept' },
  idle_timeout: { dropped: 'a bridge stays connected' },
  threshold: { dropped: 'a bridge stays connected' },
  notifications: { path: ['notifications'] },
  notification_topic: { path: ['notification_topic'] },
  notifications_local_only: { path: ['notifications_local_only'] },
  bridge_cafile: { path: ['ssl', 'cacertfile'], isTls: true },
  bridge_certfile: { path: ['ssl', 'certfile'], isTls: true },
  bridge_keyfile: { path: ['ssl', 'keyfile'], isTls: true },
  bridge_insecure: { path: ['ssl', 'verify_peer'], value: negated },
  bridge_alpn: { path: ['ssl', 'alpn'], isTls: true },
  bridge_identity: { path: ['ssl', 'psk_identity'], isTls: true },
  bridge_psk: { path: ['ssl', 'psk'], isTls: true },
  bridge_tls_version: { path: ['ssl', 'version_min'], changed: 'the lowest version, not the only one' },
  bridge_bind_address: { path: ['tcp', 'bind_address'] },
  bridge_max_packet_size: { path: ['conn_properties', 'maximum_packet_size'] },
  bridge_max_topic_alias: { path: ['conn_properties', 'topic_alias_maximum'] },
  bridge_receive_maximum: { path: ['conn_properties', 'receive_maximum'] },
  bridge_session_expiry_interval: { path: ['conn_properties', 'session_expiry_interval'] },
  bridge_attempt_unsubscribe: { dropped: 'only what was subscribed to is unsubscribed from' },
  bridge_outgoing_retain: { dropped: 'retain = 0 in a rule clears the flag' },
  bridge_tcp_keepalive: { path: ['tcp', 'keepalive'] },
};

function versionOf(text: string): string {
  const versions: Readonly<Record<string, string>> = { mqttv31: '3', mqttv311: '4', mqttv50: '5' };
  return versions[text] ?? text;
}
