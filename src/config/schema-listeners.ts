// The section `listeners`: where devices connect. A listener may stand alone (`listeners.tcp { bind = ... }`) or under
// a name (`listeners.tcp.inside { bind = ... }`). Five kinds: `tcp`, `ssl`, `ws`, `wss` and `unix`; `wss` takes the
// files of `ssl` where it has none of its own. Keys are flat: an object inside a listener would be one with a name.
import * as v from 'valibot';
import { parseAddressRange } from '../base/address-range.ts';
import type { ListenerConfig } from './config-types.ts';
import { listenerDefaults } from './defaults.ts';
import { present } from './present.ts';
import { durability } from './schema-durability.ts';
import { certificateParts } from './schema-mqtt.ts';
import { byteRate, countRate } from './schema-rates.ts';
import {
  duration,
  flag,
  type Kind,
  kindOf,
  mapOf,
  oneOf,
  section,
  size,
  switchedOff,
  text,
  texts,
  whole,
} from './schema-values.ts';
import type { NamedCertificateConfig, TlsConfig } from './tls-config.ts';

/** Where to listen; the path is for WebSocket. */
interface Bind {
  readonly host: string;
  readonly port: number;
  readonly path: string | undefined;
  /** A socket of systemd, by its name; empty: the next one. */
  readonly inherited?: string;
}

/** `host:port`, `:port` or a port alone, which means every address; with a path where WebSocket is spoken. */
function bind(hasPath: boolean): Kind<Bind> {
  const expected = hasPath
    ? 'an address, as 0.0.0.0:8083/mqtt, [::]:8083/mqtt or 8083, or systemd:NAME'
    : 'an address, as 0.0.0.0:1883, [::]:1883 or 1883, or systemd:NAME';
  return kindOf(expected, (value) => {
    const inherited = /^systemd(?::([\w.-]{1,255}))?$/.exec(value);
    if (inherited !== null) return { host: 'systemd', port: 0, path: undefined, inherited: inherited[1] ?? '' };
    const match = /^(?:(\[[0-9a-f:.]+\]|[^:\s/]*):)?(\d+)(\/[^\s?#]*)?$/i.exec(value);
    const port = Number(match?.[2]);
    if (match === null || port > 65_535 || (match[3] !== undefined && !hasPath)) return undefined;
    const name = match[1]?.replace(/^\[|\]$/g, '') ?? '';
    const host = name === '' ? '*' : name === 'localhost' ? '127.0.0.1' : name;
    return { host, port, path: match[3] };
  });
}

const range: Kind<string> = kindOf('an address or a network, as 10.0.0.1 or 10.0.0.0/8', (value) =>
  parseAddressRange(value) === undefined ? undefined : value,
);

/** Permissions as chmod writes them. */
const socketMode: Kind<number> = kindOf('permissions, as 0660', (value) =>
  /^0?[0-7]{3}$/.test(value) ? Number.parseInt(value, 8) : undefined,
);

/** What every listener may say. */
const commonKeys = {
  enable: v.optional(flag, 'true'),
  max_connections: v.optional(whole(0, 10_000_000)),
  max_conn_rate: v.optional(countRate),
  max_conn_burst: v.optional(whole(1, 1_000_000)),
  messages_rate: v.optional(countRate),
  bytes_rate: v.optional(byteRate),
  max_packet_size: v.optional(size('128B', '256MB')),
  connect_timeout: v.optional(duration('100ms', '1h')),
  keepalive_max: v.optional(duration('1s', '65535s')),
  durability: v.optional(durability),
  session_durability: v.optional(durability),
  keepalive_min: v.optional(duration('1s', '65535s')),
  max_qos: v.optional(oneOf({ '0': 0, '1': 1, '2': 2 } as const)),
  max_topic_alias: v.optional(whole(0, 65_535)),
  allow_anonymous: v.optional(flag),
  // a proxy in front may have verified the certificate, and tell whose it is
  peer_cert_as_username: v.optional(certificateParts),
  versions: v.optional(v.array(oneOf({ '3': 3, '4': 4, '5': 5 } as const), 'expected an array, as [4, 5]')),
  proxy_protocol: v.optional(flag, 'false'),
  proxy_sources: v.optional(v.array(range, 'expected an array, as ["10.0.0.0/8"]')),
  handshake_timeout: v.optional(duration('100ms', '10m')),
  max_handshakes: v.optional(whole(1, 100_000)),
  backlog: v.optional(whole(1, 65_535)),
};

/** What listeners on addresses say beside it. */
const internetKeys = {
  nodelay: v.optional(flag),
  tcp_keepalive: v.optional(duration('1s', '1d')),
  ipv6_only: v.optional(flag),
};

const namedCertificate: Kind<NamedCertificateConfig> = v.pipe(
  section({ servername: text, certfile: text, keyfile: text, key_password: v.optional(text) }),
  v.transform((raw) =>
    present({
      serverName: raw.servername,
      certificateFile: raw.certfile,
      keyFile: raw.keyfile,
      keyPassphrase: raw.key_password,
    }),
  ),
);

/** What listeners with TLS say beside it. */
const tlsKeys = {
  keyfile: v.optional(text),
  certfile: v.optional(text),
  cacertfile: v.optional(text),
  crlfile: v.optional(text),
  key_password: v.optional(text),
  verify_peer: v.optional(flag, 'false'),
  fail_if_no_peer_cert: v.optional(flag, 'false'),
  tls_version_min: v.optional(oneOf({ '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const)),
  ciphers: v.optional(text),
  alpn: v.optional(texts(text)),
  certificates: v.optional(v.array(namedCertificate, 'expected an array of certificates')),
};

type Values<Keys extends v.ObjectEntries> = v.InferOutput<v.ObjectSchema<Keys, undefined>>;

/** A listener that is on needs certificate and key; one that is switched off needs no files. */
function needsFiles<Keys extends Values<typeof tlsKeys> & { readonly enable: boolean }>(kind: Kind<Keys>): Kind<Keys> {
  return v.pipe(
    kind,
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
}

/** Who sends PROXY headers must be named: anybody else could write any address. A Unix socket has its file for it. */
function needsSources<Keys extends Values<typeof commonKeys>>(kind: Kind<Keys>): Kind<Keys> {
  return v.pipe(
    kind,
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || !dataset.value.proxy_protocol || (dataset.value.proxy_sources ?? []).length > 0) return;
      addIssue({
        message: 'expected the addresses of the proxies, as ["10.0.0.0/8"]: this key is required with proxy_protocol',
        path: [{ type: 'object', origin: 'value', input: {}, key: 'proxy_sources', value: undefined }],
      });
    }),
  );
}

/** The keys of files, for those who take them over from another listener. */
function filesOf(keys: object): object {
  const names = ['keyfile', 'certfile', 'cacertfile', 'crlfile', 'key_password'];
  return Object.fromEntries(Object.entries(keys).filter(([key]) => names.includes(key)));
}

function wholeSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.ceil(ms / 1000);
}

/** What the common keys mean. */
function fromCommon(keys: Values<typeof commonKeys>): Omit<ListenerConfig, 'name' | 'host' | 'port'> {
  const limits = present({
    maximumPacketSize: keys.max_packet_size,
    connectTimeoutMs: keys.connect_timeout,
    keepAliveSMax: wholeSeconds(keys.keepalive_max),
    keepAliveSMin: wholeSeconds(keys.keepalive_min),
    maximumQos: keys.max_qos,
    topicAliasMaximum: keys.max_topic_alias,
    isAnonymousAllowed: keys.allow_anonymous,
    certificateName: keys.peer_cert_as_username,
    versions: keys.versions,
    publishDurability: keys.durability,
    durability: keys.session_durability ?? keys.durability,
  });
  const connections = keys.max_conn_rate;
  return present({
    connectionsMax: keys.max_connections,
    connectionRate: connections && { ...connections, burst: keys.max_conn_burst ?? connections.burst },
    messageRate: keys.messages_rate,
    byteRate: keys.bytes_rate,
    limits: Object.keys(limits).length === 0 ? undefined : limits,
    proxySources: keys.proxy_protocol ? (keys.proxy_sources ?? []) : undefined,
    handshakeTimeoutMs: keys.handshake_timeout,
    handshakesMax: keys.max_handshakes,
    backlog: keys.backlog,
  });
}

/** What an address and the keys of TCP mean. */
function fromInternet(
  keys: Values<typeof internetKeys> & { readonly bind: Bind },
): Pick<ListenerConfig, 'host' | 'port' | 'inherited' | 'isNoDelay' | 'keepAliveDelayMs' | 'isIpv6Only'> {
  return present({
    host: keys.bind.host,
    port: keys.bind.port,
    inherited: keys.bind.inherited,
    isNoDelay: keys.nodelay,
    keepAliveDelayMs: keys.tcp_keepalive,
    isIpv6Only: keys.ipv6_only,
  });
}

/** What the keys of TLS mean. */
function fromTls(keys: Values<typeof tlsKeys>): TlsConfig {
  return present({
    certificateFile: keys.certfile,
    keyFile: keys.keyfile,
    keyPassphrase: keys.key_password,
    authoritiesFile: keys.cacertfile,
    revocationsFile: keys.crlfile,
    isPeerVerified: keys.verify_peer,
    isCertificateRequired: keys.fail_if_no_peer_cert,
    versionMin: keys.tls_version_min,
    ciphers: keys.ciphers,
    alpnProtocols: keys.alpn,
    namedCertificates: keys.certificates,
  });
}

/** The path of `path`, of the address, or `/mqtt`; pages of which origins. */
function webSocketOf(keys: {
  readonly bind: Bind;
  readonly path?: string | undefined;
  readonly origins?: readonly string[] | undefined;
  readonly ping_interval: number;
}): NonNullable<ListenerConfig['webSocket']> {
  const path = keys.path ?? keys.bind.path ?? '/mqtt';
  return present({ path, origins: keys.origins?.map((one) => one.toLowerCase()), pingIntervalMs: keys.ping_interval });
}

/** The path that a request must ask for. */
const requestPath: Kind<string> = kindOf('a path, as /mqtt', (value) =>
  /^\/[^\s?#]*$/.test(value) ? value : undefined,
);

const webSocketKeys = {
  path: v.optional(requestPath),
  origins: v.optional(texts(text)),
  ping_interval: v.optional(duration('0s', '1h'), listenerDefaults.pingInterval),
};

const tcp = section({ ...commonKeys, ...internetKeys, bind: v.optional(bind(false), listenerDefaults.tcpBind) });
const ssl = needsFiles(
  section({ ...commonKeys, ...internetKeys, ...tlsKeys, bind: v.optional(bind(false), listenerDefaults.sslBind) }),
);
const ws = section({
  ...commonKeys,
  ...internetKeys,
  ...webSocketKeys,
  bind: v.optional(bind(true), listenerDefaults.wsBind),
});
const wss = needsFiles(
  section({
    ...commonKeys,
    ...internetKeys,
    ...tlsKeys,
    ...webSocketKeys,
    bind: v.optional(bind(true), listenerDefaults.wssBind),
  }),
);
const unix = section({
  ...commonKeys,
  path: v.optional(text, listenerDefaults.unixPath),
  mode: v.optional(socketMode),
});

/** Puts a listener that stands alone, or beside others that have names, under the name `default`. */
function named(value: object): object {
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const others = entries.filter(([, one]) => isObject(one));
  const own = entries.filter(([, one]) => !isObject(one));
  if (own.length === 0 && others.length > 0) return value;
  return Object.fromEntries([...others, ['default', Object.fromEntries(own)]]);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All listeners of one kind that are enabled, under their names. */
function kindOfListener<Keys extends { readonly enable: boolean }>(
  kind: string,
  keys: Kind<Keys>,
  configOf: (keys: Keys) => Omit<ListenerConfig, 'name'>,
): Kind<readonly ListenerConfig[]> {
  return v.pipe(
    v.unknown(),
    v.transform((value) => (isObject(value) ? named(value) : value)),
    mapOf(keys),
    v.transform((map) =>
      Object.entries(map)
        .filter(([, { enable }]) => enable)
        .map(([name, listener]) => ({ name: `${kind}.${name}`, ...configOf(listener) })),
    ),
  );
}

const kinds = {
  tcp: kindOfListener('tcp', needsSources(tcp), (keys) => present({ ...fromInternet(keys), ...fromCommon(keys) })),
  ssl: kindOfListener('ssl', needsSources(ssl), (keys) =>
    present({ ...fromInternet(keys), ...fromCommon(keys), tls: fromTls(keys) }),
  ),
  ws: kindOfListener('ws', needsSources(ws), (keys) =>
    present({ ...fromInternet(keys), ...fromCommon(keys), webSocket: webSocketOf(keys) }),
  ),
  wss: kindOfListener('wss', needsSources(wss), (keys) =>
    present({ ...fromInternet(keys), ...fromCommon(keys), webSocket: webSocketOf(keys), tls: fromTls(keys) }),
  ),
  unix: kindOfListener('unix', unix, (keys) =>
    present({ host: '', port: 0, socketPath: keys.path, socketMode: keys.mode, ...fromCommon(keys) }),
  ),
};

const defaultListener = v.parse(kinds.tcp, { default: {} });

/** Gives `wss` what `ssl` has of files. */
function withFilesOfSsl(value: unknown): unknown {
  if (!isObject(value) || !('ssl' in value && 'wss' in value) || !isObject(value.ssl) || !isObject(value.wss)) {
    return value;
  }
  const files = filesOf(value.ssl);
  const entries: readonly (readonly [string, unknown])[] = Object.entries(named(value.wss));
  const wssOnes = entries.map(([name, one]) => [name, isObject(one) ? { ...files, ...one } : one] as const);
  return { ...value, wss: Object.fromEntries(wssOnes) };
}

/** All listeners that are enabled; the default one when there is neither a plain one, on or off, nor any other. */
export const listenersKind: Kind<readonly ListenerConfig[]> = v.pipe(
  v.unknown(),
  v.transform(withFilesOfSsl),
  section({
    tcp: v.optional(kinds.tcp),
    ssl: v.optional(kinds.ssl),
    ws: v.optional(kinds.ws),
    wss: v.optional(kinds.wss),
    unix: v.optional(kinds.unix),
    quic: v.optional(switchedOff),
  }),
  v.transform(({ tcp: plain, ssl: secured = [], ws: web = [], wss: securedWeb = [], unix: local = [] }) => {
    const others = [...secured, ...web, ...securedWeb, ...local];
    return [...(plain ?? (others.length > 0 ? [] : defaultListener)), ...others];
  }),
);
