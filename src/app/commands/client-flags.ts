// ClientFlags: the flags that `pub` and `sub` have in common,
// under the names that mosquitto_pub and mosquitto_sub gave
// them.
import { parseArgs } from 'node:util';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import { messageOf, UsageError } from '../../base/errors.ts';
import { type ProxyAddress, parseProxyAddress, proxyExpected } from '../../base/proxy-address.ts';
import type { ClientOptions } from '../../client/client-options.ts';
import type { Disk, TlsOptions } from '../../ports/ports.ts';

/** What `parseArgs` is told of a flag. */
export interface Flag {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
}

/** The flags of both commands. */
export const clientFlags: Readonly<Record<string, Flag>> = {
  host: { type: 'string', short: 'h' },
  port: { type: 'string', short: 'p' },
  url: { type: 'string', short: 'L' },
  unix: { type: 'string' },
  ws: { type: 'boolean' },
  proxy: { type: 'string' },
  id: { type: 'string', short: 'i' },
  topic: { type: 'string', short: 't', multiple: true },
  qos: { type: 'string', short: 'q' },
  username: { type: 'string', short: 'u' },
  pw: { type: 'string', short: 'P' },
  scram: { type: 'boolean' },
  keepalive: { type: 'string', short: 'k' },
  'protocol-version': { type: 'string', short: 'V' },
  'session-expiry-interval': { type: 'string', short: 'x' },
  cafile: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  insecure: { type: 'boolean' },
  tls: { type: 'boolean' },
  'tls-version': { type: 'string' },
  'will-topic': { type: 'string' },
  'will-payload': { type: 'string' },
  'will-qos': { type: 'string' },
  'will-retain': { type: 'boolean' },
  debug: { type: 'boolean', short: 'd' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean' },
};

/** The flags as they came, by long name. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/** Reads the command line. Throws UsageError for flags that do not exist or lack their value. */
export function parseFlags(args: readonly string[], flags: Readonly<Record<string, Flag>>): FlagValues {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: false, strict: true }).values;
  } catch (error) {
    throw new UsageError('FLAG', messageOf(error).split('. To specify')[0] ?? '', { cause: error });
  }
}

/** The text of a flag; undefined if it was not given. */
export function textOf(values: FlagValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** All texts of a flag that may be given several times. */
export function textsOf(values: FlagValues, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** The whole number of a flag. Throws UsageError if it is none, or out of bounds. */
export function numberOf(values: FlagValues, name: string, least: number, most: number): number | undefined {
  const text = textOf(values, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new UsageError('FLAG', `--${name} ${text}: expected a whole number from ${least} to ${most}`);
  }
  return number;
}

/** The QoS of a flag, 0 unless given. */
export function qosOf(values: FlagValues, name = 'qos'): Qos {
  const number = numberOf(values, name, 0, 2);
  return number === 2 ? 2 : number === 1 ? 1 : 0;
}

/** Where to connect, as a URL. */
export function urlOf(values: FlagValues): string {
  const url = textOf(values, 'url');
  if (url !== undefined) return url;
  const isEncrypted = values.cafile !== undefined || values.tls === true || values.insecure === true;
  const path = textOf(values, 'unix');
  if (path !== undefined) return `unix://${path}`;
  const host = textOf(values, 'host') ?? 'localhost';
  const schemes = values.ws === true ? (['ws', 'wss'] as const) : (['mqtt', 'mqtts'] as const);
  const port = numberOf(values, 'port', 1, 65_535) ?? (isEncrypted ? 8883 : 1883);
  return `${schemes[isEncrypted ? 1 : 0]}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The client's options. Throws UsageError for values that cannot be, StorageError for files that cannot be read. */
export async function clientOptionsOf(values: FlagValues, disk: Disk): Promise<Partial<ClientOptions>> {
  const id = textOf(values, 'id');
  const username = textOf(values, 'username');
  const password = textOf(values, 'pw');
  const keepAlive = numberOf(values, 'keepalive', 0, 65_535);
  const expiry = numberOf(values, 'session-expiry-interval', 0, 0xffff_ffff);
  const willTopic = textOf(values, 'will-topic');
  const proxy = proxyOf(values);
  return {
    version: versionOf(textOf(values, 'protocol-version')),
    tls: await tlsOf(values, disk),
    ...(proxy === undefined ? {} : { proxy }),
    ...(id === undefined ? {} : { clientId: id }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(values.scram === true ? { authentication: 'scram-sha-256' as const } : {}),
    ...(keepAlive === undefined ? {} : { keepAlive }),
    ...(expiry === undefined ? {} : { sessionExpiryInterval: expiry }),
    ...(willTopic === undefined
      ? {}
      : {
          will: {
            topic: willTopic,
            payload: textOf(values, 'will-payload') ?? '',
            qos: qosOf(values, 'will-qos'),
            retain: values['will-retain'] === true,
          },
        }),
  };
}

function proxyOf(values: FlagValues): ProxyAddress | undefined {
  const text = textOf(values, 'proxy');
  if (text === undefined) return undefined;
  const proxy = parseProxyAddress(text);
  if (proxy === undefined) throw new UsageError('FLAG', `--proxy ${text}: expected ${proxyExpected}`);
  const isUnix = values.unix !== undefined || textOf(values, 'url')?.startsWith('unix:') === true;
  if (isUnix) throw new UsageError('FLAG', '--proxy: no proxy leads to a Unix socket');
  return proxy;
}

const versions: ReadonlyMap<string, ProtocolVersion> = new Map([
  ['5', ProtocolVersion.v5],
  ['mqttv5', ProtocolVersion.v5],
  ['311', ProtocolVersion.v311],
  ['mqttv311', ProtocolVersion.v311],
  ['4', ProtocolVersion.v311],
  ['31', ProtocolVersion.v31],
  ['mqttv31', ProtocolVersion.v31],
  ['3', ProtocolVersion.v31],
]);

function versionOf(text = '5'): ProtocolVersion {
  const version = versions.get(text);
  if (version === undefined) throw new UsageError('FLAG', `--protocol-version ${text}: expected 5, 311 or 31`);
  return version;
}

async function tlsOf(values: FlagValues, disk: Disk): Promise<TlsOptions> {
  const read = async (name: string): Promise<string | undefined> => {
    const path = textOf(values, name);
    return path === undefined ? undefined : disk.readText(path);
  };
  const [authorities, certificate, key] = await Promise.all([read('cafile'), read('cert'), read('key')]);
  const version = textOf(values, 'tls-version');
  if (version !== undefined && version !== 'tlsv1.2' && version !== 'tlsv1.3') {
    throw new UsageError('FLAG', `--tls-version ${version}: expected tlsv1.2 or tlsv1.3`);
  }
  return {
    ...(authorities === undefined ? {} : { authorities }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(values.insecure === true ? { isPeerVerified: false } : {}),
    ...(version === 'tlsv1.3' ? { versionMin: 'TLSv1.3' as const } : {}),
  };
}

/** The part of a help text that is about these flags. */
export const clientFlagsHelp = `Connection:
  -h, --host HOST               default localhost
  -p, --port PORT               default 1883, with TLS 8883
  -L, --url URL                 mqtt://host:port, mqtts://, ws://host:port/path, wss:// or unix:///path
      --unix PATH               a Unix socket instead of host and port
      --ws                      MQTT over WebSocket, at the path /mqtt
      --proxy URL               socks5://user:password@host:1080 or http://host:3128
  -i, --id ID                   client id; default a random one
  -u, --username NAME           -P, --pw PASSWORD
      --scram                   prove the password by SCRAM-SHA-256 instead of sending it (5.0)
  -k, --keepalive SECONDS       default 60; 0 turns it off
  -V, --protocol-version V      5 (default), 311 or 31
  -x, --session-expiry-interval SECONDS
      --cafile FILE             trusted authorities; turns TLS on
      --tls                     TLS with the authorities of Node
      --cert FILE --key FILE    certificate of this client
      --insecure                TLS without verifying the server
      --tls-version V           at least tlsv1.2 (default) or tlsv1.3
      --will-topic T --will-payload P --will-qos Q --will-retain
  -d, --debug                   say what the connection does
      --quiet                   no error messages`;
