// MosquittoBridgeKeys: the keys of a `connection` of mosquitto.conf (2.0 and 2.1) and what they are here, as data. Keys
// that count only beside others (`start_type`, `threshold`, `idle_timeout`, `bridge_outgoing_retain`) stand in
// `MosquittoBridge`; `topic` and `addresses` are read by the importer.
import type { Conversion } from './mosquitto-keys.ts';

const seconds = (text: string): string => `${text}s`;
const versions: Readonly<Record<string, string>> = { mqttv31: '3', mqttv311: '4', mqttv50: '5' };
const tlsVersions: Readonly<Record<string, string>> = { 'tlsv1.2': '1.2', 'tlsv1.3': '1.3' };
const [first, last] = [
  (text: string) => text.split(/\s+/)[0] ?? text,
  (text: string) => text.split(/\s+/).at(-1) ?? text,
];

/** What becomes of each key. */
export const bridgeKeys: Readonly<Record<string, Conversion>> = {
  remote_clientid: { path: [['clientid']] },
  clientid: { path: [['clientid']] },
  local_clientid: { path: [['local_clientid']], changed: 'access rules hold for it; it does not connect here' },
  local_username: { path: [['local_username']], changed: 'access rules hold for it; it does not log in here' },
  local_password: { dropped: 'a bridge is no client of the local broker here, and does not log in' },
  remote_username: { path: [['username']] },
  username: { path: [['username']] },
  remote_password: { path: [['password']] },
  password: { path: [['password']] },
  keepalive_interval: { path: [['keepalive']], value: seconds },
  cleansession: { path: [['clean_start']] },
  local_cleansession: { dropped: 'the queue of a bridge is kept in any case' },
  bridge_protocol_version: { path: [['proto_ver']], value: (text) => versions[text] ?? text },
  try_private: { path: [['no_local_v4']] },
  restart_timeout: {
    path: [['backoff_min'], ['backoff_max']],
    value: (text, index) => seconds(index === 0 ? first(text) : last(text)),
    changed: 'the shortest and the longest wait; those between grow with jitter',
  },
  round_robin: {
    path: [['hybrid_order']],
    value: (text) => (text === 'true' ? 'round_robin' : 'ordered'),
    changed: 'the way back to the first address is taken when it has answered for a while, not at once (failback)',
  },
  notifications: {
    path: [['notifications']],
    changed: 'the state stands here at $SYS/broker/connection/NAME/state; at the remote where notification_topic says',
  },
  notification_topic: { path: [['notification_topic']] },
  notifications_local_only: { path: [['notifications_local_only']] },
  bridge_cafile: { path: [['ssl', 'cacertfile']], isTls: true },
  bridge_capath: {
    dropped: 'authorities stand in one file here: put those of the directory together, as ssl.cacertfile',
    isTls: true,
  },
  bridge_tls_use_os_certs: {
    path: [['ssl', 'enable']],
    isTls: true,
    changed: 'the authorities that come with Node are trusted; with --use-openssl-ca, those of the system',
  },
  bridge_certfile: { path: [['ssl', 'certfile']], isTls: true },
  bridge_keyfile: { path: [['ssl', 'keyfile']], isTls: true },
  bridge_insecure: {
    path: [['ssl', 'verify_peer']],
    value: (text) => (text === 'true' ? 'false' : 'true'),
    changed: 'switches off all verification here, there only that of the name: name the right one as ssl.sni',
    changedAt: 'true',
  },
  bridge_alpn: { path: [['ssl', 'alpn']], isTls: true },
  bridge_identity: { path: [['ssl', 'psk_identity']], isTls: true },
  bridge_psk: { path: [['ssl', 'psk']], isTls: true },
  bridge_tls_version: {
    path: [['ssl', 'tls_version_min']],
    value: (text) => tlsVersions[text] ?? text,
    changed: 'the lowest version, not the only one',
  },
  bridge_ciphers: { path: [['ssl', 'ciphers']] },
  'bridge_ciphers_tls1.3': { dropped: 'ssl.ciphers takes the suites of all versions: add them there' },
  bridge_require_ocsp: {
    path: [['ssl', 'ocsp']],
    value: (text) => (text === 'true' ? 'require' : 'off'),
    changed: 'the answer must come stapled to the handshake: no responder is asked',
    changedAt: 'true',
  },
  bridge_bind_address: { path: [['tcp', 'bind_address']] },
  bridge_dscp: { dropped: 'left to the system' },
  bridge_max_packet_size: { path: [['conn_properties', 'maximum_packet_size']] },
  bridge_max_topic_alias: { path: [['conn_properties', 'topic_alias_maximum']] },
  bridge_receive_maximum: { path: [['conn_properties', 'receive_maximum']] },
  bridge_session_expiry_interval: { path: [['conn_properties', 'session_expiry_interval']] },
  bridge_attempt_unsubscribe: { dropped: 'only what was subscribed to is unsubscribed from' },
  bridge_reload_type: { dropped: 'a change reconnects where the remote has to be told, and nowhere else' },
  bridge_tcp_keepalive: {
    path: [
      ['tcp', 'keepalive'],
      ['tcp', 'keepidle'],
    ],
    value: (text, index) => (index === 0 ? 'true' : seconds(first(text))),
    changed: 'the time until the first probe; their interval and count are left to the system',
  },
  bridge_tcp_user_timeout: { dropped: 'keepalive and cancel_timeout find out a dead link here' },
};
