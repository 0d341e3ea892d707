// MosquittoKeys: the keys of mosquitto.conf and what they are here, as data. A conversion names our
// key, what becomes of the value, and what changes in meaning; or says why the key is not carried.
// Keys that stand in no table have no counterpart.

/** What becomes of a key. */
export type Conversion =
  | {
      /** Our keys, below the section that is being read; mostly one. */
      readonly path: readonly (readonly string[])[];
      /** It belongs to the whole broker, wherever it stands. */
      readonly isGlobal?: boolean;
      /** Its presence means TLS. */
      readonly isTls?: boolean;
      /** The value of the key at this place of `path`. */
      readonly value?: (text: string, index: number) => string;
      readonly changed?: string;
      /** The value at which it means something else; absent: any. */
      readonly changedAt?: string;
    }
  | {
      /** Why it is not carried. */
      readonly dropped: string;
      readonly isTls?: boolean;
    };

const seconds = (text: string): string => `${text}s`;
const byJournal = 'what has to be kept is kept by the journal (data.dir), not in a file of its own';
const bySystem = 'left to the system or the service manager';

/** Keys of the broker. */
export const brokerKeys: Readonly<Record<string, Conversion>> = {
  allow_anonymous: { path: [['auth', 'allow_anonymous']], isGlobal: true },
  password_file: { path: [['auth', 'password_file']], isGlobal: true },
  acl_file: { dropped: 'rules have another form here: auth.acl' },
  max_packet_size: { path: [['mqtt', 'max_packet_size']], isGlobal: true },
  max_inflight_messages: { path: [['mqtt', 'max_inflight_window']], isGlobal: true },
  max_queued_messages: { path: [['mqtt', 'max_mqueue_len']], isGlobal: true },
  max_queued_bytes: { path: [['mqtt', 'max_mqueue_bytes']], isGlobal: true },
  max_keepalive: { path: [['mqtt', 'keepalive_max']], isGlobal: true, value: seconds },
  persistent_client_expiration: { path: [['mqtt', 'max_session_expiry']], isGlobal: true },
  retain_available: { path: [['mqtt', 'retain_available']], isGlobal: true },
  max_topic_alias: { path: [['mqtt', 'max_topic_alias']], isGlobal: true },
  persistence: { dropped: byJournal },
  persistence_location: { path: [['data', 'dir']], isGlobal: true },
  persistence_file: { dropped: byJournal },
  autosave_interval: { dropped: byJournal },
  autosave_on_changes: { dropped: byJournal },
  sys_interval: { path: [['mqtt', 'sys_interval']], isGlobal: true, value: seconds },
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
  max_connections: { path: [['max_connections']] },
  certfile: { path: [['certfile']], isTls: true },
  keyfile: { path: [['keyfile']], isTls: true },
  cafile: { path: [['cacertfile']], isTls: true },
  require_certificate: { path: [['verify_peer']] },
  use_identity_as_username: {
    path: [['peer_cert_as_username']],
    value: (text) => (text === 'true' ? 'cn' : 'disabled'),
  },
  use_subject_as_username: {
    path: [['peer_cert_as_username']],
    value: (text) => (text === 'true' ? 'dn' : 'disabled'),
  },
  max_qos: { path: [['max_qos']] },
  maximum_qos: { path: [['max_qos']] },
  tls_version: { dropped: 'TLS 1.2 and 1.3 are spoken' },
};

/** Keys of a listener where `per_listener_settings` is on. */
export const ownListenerKeys: Readonly<Record<string, Conversion>> = {
  allow_anonymous: { path: [['allow_anonymous']] },
};
