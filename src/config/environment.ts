// Environment: variables that stand in for keys of the configuration. `VIADUCT_` variables name any key, levels
// joined by two underscores (`VIADUCT_BRIDGES__MQTT__PLANT7__SERVER`); the `NANOMQ_` variables are those of the
// incumbent that mean something here. They win over the file. A fault in one names the variable.

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
const sections = ['listeners', 'mqtt', 'auth', 'log', 'bridges'];

/** Puts the variables into the tree. */
export function applyEnvironment(root: HoconObject, environment: Environment): void {
  const hasListeners = root.entries.has('listeners');
  for (const [name, value] of Object.entries(environment)) {
    const path = pathOf(name);
    if (value === undefined || path === undefined) continue;
    put(root, path, {
      at: { file: `environment variable ${name}`, line: 0, column: 0 },
      text: name.startsWith('NANOMQ_') && name.endsWith('_URL') ? withoutScheme(value) : value,
    });
  }
  if (!hasListeners) keepDefaultListener(root);
}

/** The key that a variable stands in for. `VIADUCT_SERVICE_HOST`, as container platforms set them, is none. */
function pathOf(name: string): readonly string[] | undefined {
  if (Object.hasOwn(nanomqKeys, name)) return nanomqKeys[name]?.split('.');
  if (!name.startsWith(prefix)) return undefined;
  const rest = name.slice(prefix.length).toLowerCase();
  const isMeant = rest.includes('__') || sections.some((one) => rest === one || rest.startsWith(`${one}_`));
  return isMeant ? rest.split('__') : undefined;
}

function put(root: HoconObject, path: readonly string[], { at, text }: { at: Position; text: string }): void {
  let parent = root;
  for (const word of path.slice(0, -1)) {
    const key = keyFor(parent, word);
    const child = parent.entries.get(key)?.value;
    // a listener that stands alone in the file is the default one
    if (child === undefined && key === 'default' && hasScalar(parent)) continue;
    if (child?.kind === 'object') {
      parent = child;
    } else {
      const fresh: HoconObject = { kind: 'object', at, entries: new Map() };
      parent.entries.set(key, { at, value: fresh });
      parent = fresh;
    }
  }
  const key = keyFor(parent, path.at(-1) ?? '');
  parent.entries.set(key, { at, value: { kind: 'scalar', at, parts: [{ kind: 'text', text }] } });
}

/** The key that is there, if it differs only in what a variable's name cannot say: case, and `-` or `.` for `_`. */
function keyFor(object: HoconObject, word: string): string {
  if (object.entries.has(word)) return word;
  return [...object.entries.keys()].find((key) => key.toLowerCase().replaceAll(/[-.]/g, '_') === word) ?? word;
}

function hasScalar(object: HoconObject): boolean {
  return [...object.entries.values()].some(({ value }) => value.kind === 'scalar');
}

/** Variables that change one listener do not take away the default one. */
function keepDefaultListener(root: HoconObject): void {
  const listeners = root.entries.get('listeners');
  if (listeners?.value.kind !== 'object' || listeners.value.entries.has('tcp')) return;
  const { at } = listeners;
  listeners.value.entries.set('tcp', { at, value: { kind: 'object', at, entries: new Map() } });
}

/** `nmq-tcp://0.0.0.0:1883` -> `0.0.0.0:1883` */
function withoutScheme(url: string): string {
  return url.replace(/^[a-z0-9+-]+:\/\//i, '');
}
