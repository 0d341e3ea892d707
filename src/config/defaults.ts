// Defaults: every value that holds when a configuration says nothing, in one place, as it would be
// written there. They pass through the same checks as written values, so that a default can never be one
// that would be refused.

/** Defaults of the listeners. */
export const listenerDefaults = {
  tcpBind: '0.0.0.0:1883',
  sslBind: '0.0.0.0:8883',
  wsBind: '0.0.0.0:8083/mqtt',
  wssBind: '0.0.0.0:8084/mqtt',
  unixPath: '/run/viaduct.sock',
  pingInterval: '30s',
} as const;

/** Defaults of the section `mqtt`. */
export const mqttDefaults = {
  max_packet_size: '10MB',
  max_mqueue_len: '10000',
  max_mqueue_bytes: '64MB',
  mqueue_overflow: 'oldest',
  queue_memory_max: '256MB',
  max_inflight_bytes: '16MB',
  max_inflight_window: '1000',
  receive_maximum: '1000',
  receive_maximum_short: '20',
  max_topic_alias: '100',
  keepalive_multiplier: '1.5',
  max_session_expiry: '7d',
  shared_subscription_strategy: 'round_robin',
  max_retained_count: '1000000',
  max_retained_bytes: '256MB',
  max_qos: '2',
  retain_available: 'true',
  wildcard_subscription: 'true',
  shared_subscription: 'true',
  subscription_identifiers: 'true',
  max_topic_levels: '256',
  max_clientid_len: '65535',
  strict_31_clientid: 'false',
  validate_payload_format: 'false',
  server_keepalive: '0s',
  keepalive_max: '0s',
  keepalive_min: '0s',
  peer_cert_as_username: 'disabled',
  response_information: '',
  sys_topics: 'all',
  sys_interval: '10s',
} as const;

/** Defaults of the section `auth`. */
export const authDefaults = {
  cache_ttl: '60s',
} as const;

/** Defaults of `auth.login_guard`. */
export const loginGuardDefaults = {
  free_failures: '5',
  delay_min: '250ms',
  delay_max: '4s',
  memory: '5m',
  addresses: '10000',
} as const;

/** Defaults of `auth.http_auth`. */
export const httpAuthDefaults = {
  timeout: '5s',
  connect_timeout: '5s',
  pool_size: '32',
  cache_ttl: '10s',
} as const;

/** Defaults of `auth.jwt`. */
export const tokenDefaults = {
  from: 'password',
  leeway: '30s',
  acl_claim_name: 'acl',
} as const;

/** Defaults of the section `data`. */
export const dataDefaults = {
  durability: 'synced',
  max_size: '4GB',
  reserve: '64MB',
  segment_size: '16MB',
  batch_count: 100,
  batch_bytes: '256KB',
  batch_time: '2ms',
  preallocate: 'false',
  when_full: 'refuse',
  quarantine_size: '1MB',
  sync_time: '1s',
  compact_share: '0.5',
} as const;

/** Defaults of a bridge. */
export const bridgeConfigDefaults = {
  proto_ver: '5',
  keepalive: '60s',
  password_timeout: '10s',
  token_renew_before: '60s',
  backoff_min: '500ms',
  backoff_max: '60s',
  backoff_jitter: 'decorrelated',
  stable_after: '10s',
  connect_timeout: '20s',
  answer_timeout: '10s',
  step_down: 'true',
  loop_guard: 'auto',
  loop_property: 'viaduct-path',
  loop_hops: '8',
  notifications: 'true',
  notifications_local_only: 'false',
  max_parallel_processes: '1',
  lane_order: 'topic',
  lane_subscriptions: 'auto',
  hybrid_bridging: 'false',
  hybrid_order: 'ordered',
  hybrid_shared_session: 'false',
  failback: '5m',
  clean_start: 'false',
  no_local_v4: 'false',
  retained_sync: 'true',
  retry_qos_0: 'false',
  max_send_queue_len: '100000',
  max_send_queue_bytes: '128MB',
  cancel_timeout: '20s',
} as const;
