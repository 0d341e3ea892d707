// FlagOptions: what the flags of `pub` and `sub` mean to a client: where it connects, as whom, with which properties,
// and what it trusts. Every value is checked here, before anything is dialled, and a wrong one is told with what was
// expected.
import { bytesOf, joinBytes } from '../../../protocol/wire/bytes.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { UsageError } from '../../base/errors.ts';
import { type ProxyAddress, parseProxyAddress, proxyExpected } from '../../base/proxy-address.ts';
import type { ClientOptions, CloseOptions } from '../../client/client-options.ts';
import type { Disk, Random, TlsOptions } from '../../ports/ports.ts';
import { type FlagValues, numberOf, qosOf, textOf } from './client-flags.ts';
import type { PropertyCommand, PropertyFlags } from './property-flags.ts';

/** Where a command connects, and what its URL says besides. */
export interface FlagTarget {
  readonly url: string;
  readonly topic: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** Each of them means TLS. */
const tlsFlags = ['tls', 'cafile', 'capath', 'cert', 'key', 'insecure', 'tls-version', 'tls-alpn', 'ciphers'];

/** Where to connect. */
export function targetOf(values: FlagValues): FlagTarget {
  const url = textOf(values, 'url');
  const username = textOf(values, 'username');
  const password = textOf(values, 'pw');
  if (url !== undefined) {
    const flag = /^(mqtt|ws):/i.test(url) ? tlsFlags.find((name) => values[name] !== undefined) : undefined;
    if (flag !== undefined) throw new UsageError('FLAG', `--${flag} with ${url}: expected mqtts:// or wss://`);
    return targetOfUrl(url, { username, password });
  }
  return { url: urlOf(values), topic: undefined, username, password };
}

/** `mqtt(s)://[user[:password]@]host[:port]/topic` as mosquitto has it; other schemes are addresses alone. */
function targetOfUrl(url: string, given: Pick<FlagTarget, 'username' | 'password'>): FlagTarget {
  const match = /^(mqtts?:\/\/)(?:([^:@/]*)(?::([^@/]*))?@)?([^/]*)(?:\/(.*))?$/i.exec(url);
  if (match === null) return { url, topic: undefined, ...given };
  const [, scheme = '', name, secret, place = '', topic] = match;
  return {
    url: `${scheme}${place}`,
    topic: topic === '' ? undefined : plain(topic),
    username: given.username ?? plain(name),
    password: given.password ?? plain(secret),
  };
}

function plain(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError('FLAG', `--url: ${text} has a % that is none, expected two digits behind each, as %20`);
  }
}

function urlOf(values: FlagValues): string {
  const isEncrypted = tlsFlags.some((name) => values[name] !== undefined);
  const path = textOf(values, 'unix');
  if (path !== undefined) return `unix://${path}`;
  const host = textOf(values, 'host') ?? 'localhost';
  const schemes = values.ws === true ? (['ws', 'wss'] as const) : (['mqtt', 'mqtts'] as const);
  const port = numberOf(values, 'port', 1, 65_535) ?? (isEncrypted ? 8883 : 1883);
  return `${schemes[isEncrypted ? 1 : 0]}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The world that flags are read in. */
export interface FlagContext {
  readonly disk: Disk;
  readonly random: Random;
  readonly properties: PropertyFlags;
}

/** The client's options. Throws UsageError for values that cannot be, StorageError for files that cannot be read. */
export async function clientOptionsOf(values: FlagValues, context: FlagContext): Promise<Partial<ClientOptions>> {
  const { username, password } = targetOf(values);
  const { properties } = context;
  const version = versionOf(textOf(values, 'protocol-version'));
  checkVersion(version, properties);
  const id = clientIdOf(values, context.random);
  const keepAlive = numberOf(values, 'keepalive', 0, 65_535);
  const sendWindowMax = numberOf(values, 'max-inflight', 1, 65_535);
  const localAddress = textOf(values, 'bind');
  const proxy = proxyOf(values);
  const session = sessionOf(values);
  checkExpiry(session, properties);
  return {
    version,
    tls: await tlsOf(values, context.disk),
    properties: properties.connect,
    ...session,
    ...(id === undefined ? {} : { clientId: id }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(values.scram === true ? { authentication: 'scram-sha-256' as const } : {}),
    ...(keepAlive === undefined ? {} : { keepAlive }),
    ...(sendWindowMax === undefined ? {} : { sendWindowMax }),
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(proxy === undefined ? {} : { proxy }),
    ...willOf(values, properties),
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

function clientIdOf(values: FlagValues, random: Random): string | undefined {
  const id = textOf(values, 'id');
  const prefix = textOf(values, 'id-prefix');
  if (id !== undefined && prefix !== undefined) throw new UsageError('FLAG', '-i and -I: expected one of them');
  return prefix === undefined ? id : `${prefix}${random.bytes(4).toString('hex')}`;
}

/** The seconds that stand for ever. */
const forEver = 0xffff_ffff;

/** Nothing is ever left unfinished here, so the session of an earlier run can be gone on with. */
function sessionOf(values: FlagValues): Partial<ClientOptions> {
  const isKept = values['disable-clean-session'] === true;
  if (isKept && values.id === undefined) throw new UsageError('FLAG', '-c needs a client id: -i ID');
  const text = textOf(values, 'session-expiry-interval');
  const isForEver = text === '-1' || text === '∞';
  const expiry = isForEver ? forEver : numberOf(values, 'session-expiry-interval', 0, forEver);
  return {
    cleanStart: !isKept,
    hasSessionState: isKept,
    ...(expiry === undefined && !isKept ? {} : { sessionExpiryInterval: expiry ?? forEver }),
  };
}

/** How the connection ends: with its session, unless one was asked for; until then it outlives breaks of the link. */
export function closingOf(values: FlagValues, { connect, disconnect }: PropertyFlags): CloseOptions {
  const isAskedFor = values['disable-clean-session'] === true || values['session-expiry-interval'] !== undefined;
  const isKept = isAskedFor || connect.sessionExpiryInterval !== undefined;
  return isKept ? disconnect : { sessionExpiryInterval: 0, ...disconnect };
}

/** [MQTT-3.14.2-2] */
function checkExpiry({ sessionExpiryInterval }: Partial<ClientOptions>, { connect, disconnect }: PropertyFlags): void {
  const { sessionExpiryInterval: atStart = sessionExpiryInterval } = connect;
  if (atStart !== 0 || (disconnect.sessionExpiryInterval ?? 0) === 0) return;
  const why = 'the session ends with its connection';
  throw new UsageError('FLAG', `-D disconnect session-expiry-interval: ${why}, expected -x SECONDS of 1 and more`);
}

function willOf(values: FlagValues, properties: PropertyFlags): Partial<ClientOptions> {
  const topic = textOf(values, 'will-topic');
  const isAsked = ['will-payload', 'will-qos', 'will-retain'].some((name) => values[name] !== undefined);
  if (topic === undefined && (isAsked || Object.keys(properties.will).length > 0)) {
    throw new UsageError('FLAG', 'a will needs a topic: --will-topic TOPIC');
  }
  if (topic === undefined) return {};
  const payload = textOf(values, 'will-payload') ?? '';
  const how = { qos: qosOf(values, 'will-qos'), retain: values['will-retain'] === true };
  return { will: { topic, payload, ...how, properties: properties.will } };
}

function checkVersion(version: ProtocolVersion, properties: PropertyFlags): void {
  if (version === ProtocolVersion.v5) return;
  const commands: readonly PropertyCommand[] = ['connect', 'will', 'publish', 'subscribe', 'unsubscribe', 'disconnect'];
  const given = commands.find((command) => Object.keys(properties[command]).length > 0);
  if (given !== undefined) throw new UsageError('FLAG', `-D ${given}: properties need -V mqttv5`);
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
  if (version !== undefined) return version;
  throw new UsageError('FLAG', `--protocol-version ${text}: expected mqttv5, mqttv311 or mqttv31 (5, 311, 31)`);
}

async function tlsOf(values: FlagValues, disk: Disk): Promise<TlsOptions> {
  const read = async (name: string): Promise<string | undefined> => {
    const path = textOf(values, name);
    return path === undefined ? undefined : disk.readText(path);
  };
  const [file, certificate, key] = await Promise.all([read('cafile'), read('cert'), read('key')]);
  if ((certificate === undefined) !== (key === undefined)) {
    throw new UsageError('FLAG', '--cert and --key: expected both of them, or none');
  }
  const directory = textOf(values, 'capath');
  const authorities = [file, directory === undefined ? undefined : await authoritiesIn(directory, disk)];
  const texts = authorities.filter((one) => one !== undefined);
  const version = textOf(values, 'tls-version');
  if (version !== undefined && version !== 'tlsv1.2' && version !== 'tlsv1.3') {
    throw new UsageError('FLAG', `--tls-version ${version}: expected tlsv1.2 or tlsv1.3`);
  }
  const protocol = textOf(values, 'tls-alpn');
  const ciphers = textOf(values, 'ciphers');
  return {
    ...(texts.length === 0 ? {} : { authorities: texts.join('\n') }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(values.insecure === true ? { isPeerVerified: false } : {}),
    ...(version === 'tlsv1.3' ? { versionMin: 'TLSv1.3' as const } : {}),
    ...(protocol === undefined ? {} : { alpnProtocols: [protocol] }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

/** Every certificate of a directory; one without any is told, for nobody would be trusted. */
async function authoritiesIn(directory: string, disk: Disk): Promise<string> {
  const entries = await disk.list(directory);
  const files = entries.filter(({ name, isDirectory }) => !isDirectory && /\.(crt|pem)$/i.test(name));
  if (files.length === 0) {
    throw new UsageError('FLAG', `--capath ${directory}: expected a directory with certificates (.crt, .pem)`);
  }
  return (await Promise.all(files.map(({ name }) => disk.readText(`${directory}/${name}`)))).join('\n');
}

/** The bytes of a file, as they are. */
export async function bytesOfFile(path: string, disk: Disk): Promise<Uint8Array> {
  const file = await disk.open(path, 'read');
  try {
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

/** All that a stream brings. */
export async function bytesOfStream(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of input) parts.push(part);
  return joinBytes(parts.map(bytesOf));
}
