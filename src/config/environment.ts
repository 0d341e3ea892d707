// Environment: variables that stand in for keys of the configuration. `VIADUCT_` variables name any key, levels joined by two
// underscores (`VIADUCT_BRIDGES__MQTT__PLANT7__SERVER`); the `NANOMQ_` variables are those of the incumbent that mean something
// here. They win over the file. A fault in one names the variable.

import type { HoconObject, Position } from './hocon-node.ts';
import type { Environment } from './hocon-references.ts';

const nanomqKeys: Readonly<Record<string, string>> = {
  NANOMQ_BROKER_URL: 'listeners.tcp.default.bind',
  NANOMQ_TCP_ENABLE: 'listeners.tcp.default.enable',
  NANOMQ_MAX_PACKET_SIZE: 'mqtt.max_packet_size',
  NANOMQ_MSQ_LEN: 'mqtt.max_mqueue_len',
  NANOMQ_ALLOW_ANONYMOUS: 'auth.allow_anonymous',
  NANOMQ_TLS_URL: 'listeners.ssl.default.bind',
  NANOMQ_TLS_ENABLE: 'listeners.ssl.default.enable',
  NANOMQ_TLS_CA_CERT_PATH: 'listeners.ssl.default.cacertfile',
  NANOMQ_TLS_CERT_PATH: 'listeners.ssl.default.certfile',
  NANOMQ_TLS_KEY_PATH: 'listeners.ssl.default.keyfile',
  NANOMQ_TLS_KEY_PASSWORD: 'listeners.ssl.default.key_password',
  NANOMQ_TLS_VERIFY_PEER: 'listeners.ssl.default.verify_peer',
  NANOMQ_TLS_FAIL_IF_NO_PEER_CERT: 'listeners.ssl.default.fail_if_no_peer_cert',
  NANOMQ_LOG_LEVEL: 'log.level',
  NANOMQ_LOG_TO: 'log.to',
  NANOMQ_LOG_DIR: 'log.dir',
  NANOMQ_LOG_FILE: 'log.file',
};

const prefix = 'VIADUCT_';
/** Variables with our prefix that are not keys. */
const reserved = new Set(['VIADUCT_E2E', 'VIADUCT_CONFIG']);

/** Puts the variables into the tree. */
export function applyEnvironment(root: HoconObject, environment: Environment): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || reserved.has(name)) continue;
    const path = nanomqKeys[name] ?? (name.startsWith(prefix) ? keyOf(name) : undefined);
    if (path === undefined) continue;
    put(root, path.split('.'), {
      at: { file: `environment variable ${name}`, line: 0, column: 0 },
      text: name.endsWith('_URL') ? withoutScheme(value) : value,
    });
  }
}

function keyOf(name: string): string {
  return name.slice(prefix.length).toLowerCase().replaceAll('__', '.');
}

function put(root: HoconObject, path: readonly string[], { at, text }: { at: Position; text: string }): void {
  let parent = root;
  for (const key of path.slice(0, -1)) {
    const child = parent.entries.get(key)?.value;
    // a listener that stands alone in the file is the default one
    if (child === undefined && key === 'default' && parent.entries.size > 0 && hasScalar(parent)) continue;
    if (child?.kind === 'object') {
      parent = child;
    } else {
      const fresh: HoconObject = { kind: 'object', at, entries: new Map() };
      parent.entries.set(key, { at, value: fresh });
      parent = fresh;
    }
  }
  parent.entries.set(path.at(-1) ?? '', { at, value: { kind: 'scalar', at, parts: [{ kind: 'text', text }] } });
}

function hasScalar(object: HoconObject): boolean {
  return [...object.entries.values()].some(({ value }) => value.kind === 'scalar');
}

/** `nmq-tcp://0.0.0.0:1883` -> `0.0.0.0:1883` */
function withoutScheme(url: string): string {
  return url.replace(/^[a-z0-9+-]+:\/\//i, '');
}
