// The section `listeners`: where devices connect. A listener may stand
// alone (`listeners.tcp { bind = ... }`) or under a name
// (`listeners.tcp.inside { bind = ... }`).
import * as v from 'valibot';
import type { ListenerConfig } from './config-types.ts';
import { listenerDefaults } from './defaults.ts';
import { flag, type Kind, kindOf, mapOf, present, section, switchedOff, text } from './schema-values.ts';

interface Bind {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `:port` or a port alone, which means every address. */
const bind: Kind<Bind> = kindOf('an address, as 0.0.0.0:1883, [::]:1883 or 1883', (value) => {
  const match = /^(?:(\[[0-9a-f:.]+\]|[^:\s]*):)?(\d+)$/i.exec(value);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) return undefined;
  const host = match[1]?.replace(/^\[|\]$/g, '') ?? '';
  return { host: host === '' || host === 'localhost' ? (host === '' ? '0.0.0.0' : '127.0.0.1') : host, port };
});

const tcp = section({ bind: v.optional(bind, listenerDefaults.tcpBind), enable: v.optional(flag, 'true') });

const sslKeys = section({
  bind: v.optional(bind, listenerDefaults.sslBind),
  enable: v.optional(flag, 'true'),
  keyfile: v.optional(text),
  certfile: v.optional(text),
  cacertfile: v.optional(text),
  key_password: v.optional(text),
  verify_peer: v.optional(flag, 'false'),
  fail_if_no_peer_cert: v.optional(flag, 'false'),
});

/** One that is switched off needs no files. */
const ssl = v.pipe(
  sslKeys,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || !dataset.value.enable) return;
    for (const key of ['keyfile', 'certfile'] as const) {
      if (dataset.value[key] !== undefined) continue;
      addIssue({
        message: 'expected a value: this key is required',
        path: [{ type: 'object', origin: 'value', input: { ...dataset.value }, key, value: undefined }],
      });
    }
  }),
);

/** Puts a listener that stands alone, or beside others that have names, under the name `default`. */
function named(kind: Kind<readonly ListenerConfig[]>): Kind<readonly ListenerConfig[]> {
  return v.pipe(
    v.unknown(),
    v.transform((value) => (isObject(value) ? withDefault(value) : value)),
    kind,
  );
}

function withDefault(value: object): object {
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const others = entries.filter(([, one]) => isObject(one));
  const own = entries.filter(([, one]) => !isObject(one));
  if (own.length === 0 && others.length > 0) return value;
  return Object.fromEntries([...others, ['default', Object.fromEntries(own)]]);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const tcpListeners: Kind<readonly ListenerConfig[]> = v.pipe(
  mapOf(tcp),
  v.transform((map) =>
    Object.entries(map)
      .filter(([, { enable }]) => enable)
      .map(([name, listener]) => ({ name: `tcp.${name}`, ...listener.bind })),
  ),
);

const sslListeners: Kind<readonly ListenerConfig[]> = v.pipe(
  mapOf(ssl),
  v.transform((map) =>
    Object.entries(map)
      .filter(([, { enable }]) => enable)
      .map(([name, listener]) => ({
        name: `ssl.${name}`,
        ...listener.bind,
        tls: present({
          certificateFile: listener.certfile,
          keyFile: listener.keyfile,
          keyPassphrase: listener.key_password,
          authoritiesFile: listener.cacertfile,
          isPeerVerified: listener.verify_peer,
          isCertificateRequired: listener.fail_if_no_peer_cert,
        }),
      })),
  ),
);

const defaultListener = v.parse(tcpListeners, { default: {} });

/** All listeners that are enabled; the default one when there is neither a plain one, on or off, nor any other. */
export const listenersKind: Kind<readonly ListenerConfig[]> = v.pipe(
  section({
    tcp: v.optional(named(tcpListeners)),
    ssl: v.optional(named(sslListeners)),
    ws: v.optional(switchedOff),
    wss: v.optional(switchedOff),
    quic: v.optional(switchedOff),
  }),
  v.transform(({ tcp: plain, ssl: encrypted = [] }) => {
    return [...(plain ?? (encrypted.length > 0 ? [] : defaultListener)), ...encrypted];
  }),
);
