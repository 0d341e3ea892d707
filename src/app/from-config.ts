// FromConfig: a loaded configuration in the words of broker and bridge, which know nothing of configurations.
// Pure translation, one function for each kind of object; what a configuration leaves open has the defaults
// of broker and bridge.
import { type Bytes, bytesOfText } from '../../protocol/wire/bytes.ts';
import type { AccessOptions } from '../access/access-options.ts';
import type { HttpAccessOptions } from '../access/http-access.ts';
import type { LogOptions } from '../base/log.ts';
import type { BridgeSettings } from '../bridge/bridge-context.ts';
import { bridgeDefaults, type RemoteOptions } from '../bridge/bridge-options.ts';
import type { BrokerOptions } from '../broker/broker-options.ts';
import type { BridgeConfig, ServerConfig, WillConfig } from '../config/bridge-config.ts';
import type { DataConfig, HttpAuthConfig, LogConfig } from '../config/config-types.ts';
import type { LoadedConfig } from '../config/load.ts';
import { pathBeside } from '../config/path-beside.ts';
import { present } from '../config/present.ts';
import type { TlsConfig } from '../config/tls-config.ts';
import { tokenKeysOf } from '../config/token-keys.ts';
import type { JournalSettings } from '../journal/journal.ts';
import type { TlsOptions } from '../ports/ports.ts';
import type { RetainedLimits } from '../router/retained.ts';
import type { SharedOptions } from '../router/shared-groups.ts';

type Pems = LoadedConfig['pems'];

/** The options of the broker. */
export function brokerOptionsOf(loaded: LoadedConfig): Partial<BrokerOptions> & Pick<BrokerOptions, 'listeners'> {
  const { listeners, mqtt, data } = loaded.config;
  const { sessionExpiryMaxS, ...rest } = mqtt;
  const { retainedCountMax: _count, retainedBytesMax: _bytes, ...more } = rest;
  const { sharedStrategy: _strategy, sharedStrategies: _strategies, ...limits } = more;
  return {
    ...limits,
    ...(data === undefined ? {} : { durability: mqtt.durability ?? data.durability }),
    sessionExpiryMax: sessionExpiryMaxS,
    access: accessOptionsOf(loaded),
    listeners: listeners.map(({ tls, ...same }) => ({
      ...same,
      ...(tls === undefined ? {} : { tls: tlsOptionsOf(tls, loaded.pems) }),
    })),
  };
}

/** How shared subscriptions choose. */
export function sharedOptionsOf({ config }: LoadedConfig): SharedOptions {
  return { strategy: config.mqtt.sharedStrategy, strategies: new Map(config.mqtt.sharedStrategies) };
}

/** The bounds of the retained messages. */
export function retainedLimitsOf({ config }: LoadedConfig): RetainedLimits {
  return { countMax: config.mqtt.retainedCountMax, bytesMax: config.mqtt.retainedBytesMax };
}

/** Who may connect, and what they may do. */
export function accessOptionsOf({ config, pems }: LoadedConfig): AccessOptions {
  const { passwordFile: _read, http, token, ...same } = config.auth;
  return {
    ...same,
    ...(http === undefined ? {} : { http: httpAccessOf(http, pems) }),
    ...(token === undefined ? {} : { token: { ...token, keys: tokenKeysOf(token, pems) } }),
  };
}

function httpAccessOf({ tls, ...same }: HttpAuthConfig, pems: Pems): HttpAccessOptions {
  return tls === undefined ? same : { ...same, tls: tlsOptionsOf(tls, pems) };
}

/** TLS with the texts of its files. */
export function tlsOptionsOf(tls: TlsConfig, pems: Pems): TlsOptions {
  const { certificateFile, keyFile, authoritiesFile, keyPassphrase, serverName } = tls;
  const certificate = pemOf(certificateFile, pems);
  const key = pemOf(keyFile, pems);
  const authorities = pemOf(authoritiesFile, pems);
  return {
    isPeerVerified: tls.isPeerVerified,
    isCertificateRequired: tls.isCertificateRequired,
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(authorities === undefined ? {} : { authorities }),
    ...(keyPassphrase === undefined ? {} : { keyPassphrase }),
    ...(serverName === undefined ? {} : { serverName }),
    ...strictTlsOf(tls, pems),
  };
}

/** What hardens TLS, and the names of listeners. */
function strictTlsOf(tls: TlsConfig, pems: Pems): Partial<TlsOptions> {
  const { ciphers, versionMin, alpnProtocols, namedCertificates, fingerprint, preSharedKey, ocsp } = tls;
  const revocations = pemOf(tls.revocationsFile, pems);
  return {
    ...(revocations === undefined ? {} : { revocations }),
    ...present({ fingerprint, preSharedKey, ocsp }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(versionMin === undefined ? {} : { versionMin }),
    ...(alpnProtocols === undefined ? {} : { alpnProtocols }),
    ...(namedCertificates === undefined
      ? {}
      : {
          namedCertificates: namedCertificates.map(({ certificateFile, keyFile, ...same }) => ({
            ...same,
            certificate: pemOf(certificateFile, pems) ?? '',
            key: pemOf(keyFile, pems) ?? '',
          })),
        }),
  };
}

/** The settings of a bridge. `path`: the configuration's own, which its files are relative to. */
export function bridgeSettingsOf(config: BridgeConfig, pems: Pems, path = ''): BridgeSettings {
  const { host, port, tls, socketPath, isService, webSocket, weight, proxy, backups, ...others } = config;
  const { will, connectProperties, keepAliveS, overflow, passwordFile, ...more } = others;
  const { backoffMsMin, backoffMsMax, backoffJitter, stableMs, ...same } = more;
  const { receiveMaximum = bridgeDefaults.receiveMaximum, ...properties } = connectProperties;
  const { maximumPacketSize = bridgeDefaults.maximumPacketSize } = properties;
  return {
    ...same,
    remote: remoteOf({ host, port, ...present({ tls, socketPath, isService, webSocket, weight, proxy }) }, pems, path),
    backups: backups.map((one) => remoteOf(one, pems, path)),
    ...(passwordFile === undefined ? {} : { passwordFile: pathBeside(path, passwordFile) }),
    keepAlive: keepAliveS,
    backoff: { delayMsMin: backoffMsMin, delayMsMax: backoffMsMax, stableMs, jitter: backoffJitter },
    queueOverflow: overflow,
    receiveMaximum,
    maximumPacketSize,
    properties: { sessionExpiryInterval: bridgeDefaults.properties.sessionExpiryInterval ?? 0, ...properties },
    ...(will === undefined ? {} : { will: willOf(will) }),
  };
}

function remoteOf({ tls, ...same }: ServerConfig, pems: Pems, path: string): RemoteOptions {
  if (tls === undefined) return same;
  const beside = (file: string | undefined): string | undefined => (file === undefined ? file : pathBeside(path, file));
  const files = present({
    certificate: beside(tls.certificateFile),
    key: beside(tls.keyFile),
    authorities: beside(tls.authoritiesFile),
    revocations: beside(tls.revocationsFile),
  });
  const tlsFiles = path === '' || Object.keys(files).length === 0 ? {} : { tlsFiles: files };
  return { ...same, tls: tlsOptionsOf(tls, pems), ...tlsFiles };
}

function willOf(will: WillConfig): NonNullable<BridgeSettings['will']> {
  const { correlationData, ...properties } = will.properties;
  return {
    topic: will.topic,
    payload: bytesOfText(will.payload),
    qos: will.qos,
    retain: will.retain,
    properties: {
      ...properties,
      ...(correlationData === undefined ? {} : { correlationData: bytesOfText(correlationData) }),
    },
  };
}

/** The settings of the journal. */
export function journalSettingsOf(data: DataConfig, key: Bytes | undefined): JournalSettings {
  const { durability: _durability, keyFile: _keyFile, whenFull: _whenFull, ...same } = data;
  return { ...same, ...(key === undefined ? {} : { key }) };
}

/** The options of the log; `auto` is text on a terminal. */
export function logOptionsOf(log: LogConfig, isTerminal: boolean): LogOptions {
  const format = log.format === 'auto' ? (isTerminal && log.file === undefined ? 'text' : 'json') : log.format;
  return { level: log.level, format, ...(log.file === undefined ? {} : { destination: log.file }) };
}

function pemOf(file: string | undefined, pems: Pems): string | undefined {
  return file === undefined ? undefined : pems.get(file);
}
