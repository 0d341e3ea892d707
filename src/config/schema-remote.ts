// SchemaRemote: the servers of a bridge: their addresses, TLS and WebSocket, and those to which the
// bridge goes when the first one cannot be had. TLS is checked against the address: what is written
// must be what happens.
import * as v from 'valibot';
import { addressBytes } from '../base/address-range.ts';
import { parseProxyAddress, proxyExpected } from '../base/proxy-address.ts';
import { parseRemoteAddress, type RemoteAddress } from '../base/remote-address.ts';
import type { ProxyConfig, ServerConfig } from './bridge-config.ts';
import { present } from './present.ts';
import { checkedText, flag, type Kind, keyPath, kindOf, oneOf, section, text, texts, whole } from './schema-values.ts';
import type { TlsConfig } from './tls-config.ts';

/** The address of a broker. */
export const address: Kind<RemoteAddress> = v.pipe(
  text,
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const found = parseRemoteAddress(dataset.value);
    if (typeof found !== 'string') return found;
    addIssue({ message: found });
    return NEVER;
  }),
);

/** A text of ASCII letters as ALPN has them, 1 to 255 bytes. */
const alpnName = checkedText((value) => (/^[\x21-\x7e]{1,255}$/.test(value) ? undefined : 'is no name for ALPN'));

const psk = kindOf('a key of 16 to 64 bytes in hexadecimal', (value) =>
  /^([0-9a-f]{2}){16,64}$/i.test(value) ? value.toLowerCase() : undefined,
);

const fingerprint = kindOf('the SHA-256 of a certificate, as AB:CD:... (32 bytes)', (value) => {
  const digits = value.replaceAll(':', '').toUpperCase();
  return /^[0-9A-F]{64}$/.test(digits) ? (digits.match(/../g) ?? []).join(':') : undefined;
});

/** `proxy = "socks5://user:password@host:port"`, or `http://`. */
export const proxy: Kind<ProxyConfig> = kindOf(proxyExpected, parseProxyAddress);

/** `ssl { ... }` of a bridge, or of one of its servers. */
export interface SslDraft {
  readonly isOn: boolean;
  readonly tls: TlsConfig;
}

/** See `SslDraft`. */
export const ssl: Kind<SslDraft> = v.pipe(
  section({
    enable: v.optional(flag, 'true'),
    keyfile: v.optional(text),
    certfile: v.optional(text),
    cacertfile: v.optional(text),
    key_password: v.optional(text),
    verify_peer: v.optional(flag, 'true'),
    sni: v.optional(text),
    tls_version_min: v.optional(oneOf({ '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const)),
    alpn: v.optional(texts(alpnName)),
    ciphers: v.optional(text),
    crlfile: v.optional(text),
    fingerprint: v.optional(fingerprint),
    ocsp: v.optional(oneOf({ off: 'off', check: 'check', require: 'require' } as const), 'off'),
    psk_identity: v.optional(text),
    psk: v.optional(psk),
  }),
  v.rawTransform(({ dataset, addIssue }) => {
    const raw = dataset.value;
    if ((raw.psk === undefined) !== (raw.psk_identity === undefined)) {
      const key = raw.psk === undefined ? 'psk_identity' : 'psk';
      addIssue({ message: 'expected psk_identity and psk together', path: [keyPath(raw, key)] });
    }
    if (raw.psk !== undefined && raw.tls_version_min === 'TLSv1.3') {
      const message = 'expected 1.2 beside psk: pre-shared keys are spoken in TLS 1.2';
      addIssue({ message, path: [keyPath(raw, 'tls_version_min')] });
    }
    if ((raw.keyfile === undefined) !== (raw.certfile === undefined)) {
      const key = raw.keyfile === undefined ? 'certfile' : 'keyfile';
      addIssue({ message: 'expected certfile and keyfile together', path: [keyPath(raw, key)] });
    }
    const { psk: key, psk_identity: identity } = raw;
    const tls = present({
      certificateFile: raw.certfile,
      keyFile: raw.keyfile,
      keyPassphrase: raw.key_password,
      authoritiesFile: raw.cacertfile,
      revocationsFile: raw.crlfile,
      isPeerVerified: raw.verify_peer,
      isCertificateRequired: false,
      serverName: raw.sni,
      versionMin: raw.tls_version_min,
      alpnProtocols: raw.alpn,
      ciphers: raw.ciphers,
      fingerprint: raw.fingerprint,
      ocsp: raw.ocsp === 'off' ? undefined : raw.ocsp,
      preSharedKey: key === undefined || identity === undefined ? undefined : { identity, key },
    });
    return { isOn: raw.enable, tls };
  }),
);

/** What is wrong between an address and TLS; undefined where they agree. */
export function tlsFault({ isEncrypted }: RemoteAddress, draft: SslDraft | undefined): string | undefined {
  if (draft === undefined || draft.isOn === isEncrypted) return undefined;
  return isEncrypted
    ? 'the address asks for TLS but ssl is switched off; use mqtt-tcp:// or enable ssl'
    : 'ssl is on but the address is not encrypted; use tls+mqtt-tcp:// or switch ssl off';
}

/** What is wrong between an address and `srv`; undefined where they agree. */
export function serviceFault(where: RemoteAddress, isService: boolean | undefined): string | undefined {
  if (isService !== true) return undefined;
  const isName = where.socketPath === undefined && addressBytes(where.host) === undefined;
  if (where.webSocket === undefined && isName) return undefined;
  return 'srv needs a domain, as mqtt-tcp://example.com: SRV records name servers of MQTT over TCP and TLS';
}

/** TLS to an address; undefined where it is not encrypted. */
export function tlsOf({ isEncrypted }: RemoteAddress, draft: SslDraft | undefined): TlsConfig | undefined {
  if (!isEncrypted) return undefined;
  return draft?.tls ?? { isPeerVerified: true, isCertificateRequired: false };
}

/** One of `hybrid_servers`: an address, or an object with what is different there. */
export interface BackupDraft {
  readonly address: RemoteAddress;
  readonly isService: boolean | undefined;
  readonly ssl: SslDraft | undefined;
  readonly proxy: ProxyConfig | undefined;
  readonly clientId: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly weight: number | undefined;
}

const backupObject: Kind<BackupDraft> = v.pipe(
  section({
    server: address,
    srv: v.optional(flag),
    ssl: v.optional(ssl),
    proxy: v.optional(proxy),
    clientid: v.optional(text),
    username: v.optional(text),
    password: v.optional(text),
    weight: v.optional(whole(1, 65_535)),
  }),
  v.rawTransform(({ dataset, addIssue }) => {
    const raw = dataset.value;
    const fault = tlsFault(raw.server, raw.ssl);
    if (fault !== undefined) addIssue({ message: fault, path: [keyPath(raw, 'server')] });
    const service = serviceFault(raw.server, raw.srv);
    if (service !== undefined) addIssue({ message: service, path: [keyPath(raw, 'srv')] });
    const { clientid: clientId, username, password, weight } = raw;
    return {
      address: raw.server,
      isService: raw.srv,
      ssl: raw.ssl,
      proxy: raw.proxy,
      clientId,
      username,
      password,
      weight,
    };
  }),
);

/** `hybrid_servers`. */
export const backups: Kind<readonly BackupDraft[]> = v.array(
  v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === 'string' ? { server: value } : value)),
    backupObject,
  ),
  'expected an array of servers: [ "mqtt-tcp://host:1883", { server = ... } ]',
);

/** What the addresses of a bridge have in common. */
export interface ServerExtras {
  readonly isService?: boolean | undefined;
  readonly headers: readonly (readonly [string, string])[] | undefined;
  readonly ssl: SslDraft | undefined;
  readonly proxy: ProxyConfig | undefined;
}

/** A server as it is configured. */
export function serverConfigOf(where: RemoteAddress, extras: ServerExtras): ServerConfig {
  const { isService, headers, ssl: draft, proxy: way } = extras;
  const { host, port, socketPath, webSocket } = where;
  return present({
    host,
    port,
    socketPath,
    isService: isService || undefined,
    webSocket: webSocket && {
      ...webSocket,
      ...(headers === undefined ? {} : { headers: Object.fromEntries(headers) }),
    },
    tls: tlsOf(where, draft),
    proxy: way,
  });
}

/** One of the others; what it does not say about TLS is as the bridge has it. */
export function backupConfigOf(draft: BackupDraft, bridge: ServerExtras): ServerConfig {
  const { address: where, ssl: own = bridge.ssl, proxy: way = bridge.proxy, ...more } = draft;
  const { isService, clientId, username, password, weight } = more;
  const server = serverConfigOf(where, { ...bridge, isService, ssl: own, proxy: way });
  return { ...server, ...present({ clientId, username, password, weight }) };
}
