// SchemaRemote: the servers of a bridge: their addresses, TLS and WebSocket, and those to which the
// bridge goes when the first one cannot be had. TLS is checked against the address: what is written
// must be what happens.
import * as v from 'valibot';
import { parseRemoteAddress, type RemoteAddress } from '../base/remote-address.ts';
import type { ServerConfig, TlsConfig } from './config-types.ts';
import { checkedText, flag, type Kind, oneOf, present, section, text, texts, whole } from './schema-values.ts';

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
  }),
  v.transform((raw) => ({
    isOn: raw.enable,
    tls: present({
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
    }),
  })),
);

/** What is wrong between an address and TLS; undefined where they agree. */
export function tlsFault({ isEncrypted }: RemoteAddress, draft: SslDraft | undefined): string | undefined {
  if (draft === undefined || draft.isOn === isEncrypted) return undefined;
  return isEncrypted
    ? 'the address asks for TLS but ssl is switched off; use mqtt-tcp:// or enable ssl'
    : 'ssl is on but the address is not encrypted; use tls+mqtt-tcp:// or switch ssl off';
}

/** TLS to an address; undefined where it is not encrypted. */
export function tlsOf({ isEncrypted }: RemoteAddress, draft: SslDraft | undefined): TlsConfig | undefined {
  if (!isEncrypted) return undefined;
  return draft?.tls ?? { isPeerVerified: true, isCertificateRequired: false };
}

/** One of `hybrid_servers`: an address, or an object with what is different there. */
export interface BackupDraft {
  readonly address: RemoteAddress;
  readonly ssl: SslDraft | undefined;
  readonly clientId: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly weight: number | undefined;
}

const backupObject: Kind<BackupDraft> = v.pipe(
  section({
    server: address,
    ssl: v.optional(ssl),
    clientid: v.optional(text),
    username: v.optional(text),
    password: v.optional(text),
    weight: v.optional(whole(1, 65_535)),
  }),
  v.rawTransform(({ dataset, addIssue }) => {
    const raw = dataset.value;
    const fault = tlsFault(raw.server, raw.ssl);
    if (fault !== undefined) addIssue({ message: fault });
    const { clientid: clientId, username, password, weight } = raw;
    return { address: raw.server, ssl: raw.ssl, clientId, username, password, weight };
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
  readonly headers: readonly (readonly [string, string])[] | undefined;
  readonly ssl: SslDraft | undefined;
}

/** A server as it is configured. */
export function serverConfigOf(where: RemoteAddress, { headers, ssl: draft }: ServerExtras): ServerConfig {
  const { host, port, socketPath, webSocket } = where;
  return present({
    host,
    port,
    socketPath,
    webSocket: webSocket && {
      ...webSocket,
      ...(headers === undefined ? {} : { headers: Object.fromEntries(headers) }),
    },
    tls: tlsOf(where, draft),
  });
}

/** One of the others; what it does not say about TLS is as the bridge has it. */
export function backupConfigOf(draft: BackupDraft, bridge: ServerExtras): ServerConfig {
  const { address: where, ssl: own = bridge.ssl, clientId, username, password, weight } = draft;
  const server = serverConfigOf(where, { ...bridge, ssl: own });
  return { ...server, ...present({ clientId, username, password, weight }) };
}
