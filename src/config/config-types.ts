// ConfigTypes: a configuration as the rest of Viaduct gets it: complete, with defaults
// filled in and units in the names. It knows neither broker nor bridge; the
// composition root translates.
import type { AddressRange } from '../base/address-range.ts';
import type { Durability } from '../base/durability.ts';
import type { BridgeConfig } from './bridge-config.ts';
import type { Finding } from './finding.ts';
import type { TlsConfig } from './tls-config.ts';

/** A whole configuration. */
export interface Config {
  readonly listeners: readonly ListenerConfig[];
  readonly mqtt: MqttConfig;
  readonly auth: AuthConfig;
  readonly log: LogConfig;
  readonly drain: DrainConfig;
  /** Absent: nothing outlives the process. */
  readonly data?: DataConfig;
  /** Those that are enabled. */
  readonly bridges: readonly BridgeConfig[];
  /** Names of those that are switched off; absent where none is. What they have stays. */
  readonly bridgesOff?: readonly string[];
  /** Present: API and dashboard are served. */
  readonly http?: HttpServerConfig;
}

/** Where API and dashboard are served. */
export interface HttpServerConfig {
  /** Default 127.0.0.1. */
  readonly host: string;
  /** Default 8081. */
  readonly port: number;
  readonly tls?: TlsConfig;
  /** Connections open at a time, 1 to 10000. Default 100. */
  readonly connectionsMax: number;
  /** Largest body, 1 KB to 64 MB. Default 1 MB. */
  readonly bodyBytesMax: number;
  /** The first user, made when there is no file of users yet. Default admin. */
  readonly username: string;
  /** Of the first user; absent: one is made up, and the log tells it once. */
  readonly password?: string;
  /** Names under which pages may be asked for, besides localhost and addresses. */
  readonly hosts: readonly string[];
  /** A key that /metrics asks for; absent: nobody is asked. */
  readonly metricsKey?: string;
  /** How long a login lasts that is not used: 60000 to 604800000. Default 1800000. */
  readonly sessionIdleMs: number;
}

/** A rate, on average and at once. */
export interface RateConfig {
  readonly perSecond: number;
  readonly burst: number;
}

/** One listener; what it does not say has the defaults of the broker. */
export interface ListenerConfig {
  /** `tcp.default`, `ssl.outside`. */
  readonly name: string;
  /** An address; `*` means all that the machine has, IPv4 and IPv6. */
  readonly host: string;
  readonly port: number;
  /** A socket that systemd has opened, by its name; empty: the next one. */
  readonly inherited?: string;
  readonly socketPath?: string;
  readonly socketMode?: number;
  readonly tls?: TlsConfig;
  readonly webSocket?: {
    readonly path: string;
    readonly origins?: readonly string[];
    readonly pingIntervalMs: number;
  };
  readonly proxySources?: readonly string[];
  readonly backlog?: number;
  readonly handshakeTimeoutMs?: number;
  readonly handshakesMax?: number;
  readonly isNoDelay?: boolean;
  readonly keepAliveDelayMs?: number;
  readonly isIpv6Only?: boolean;
  readonly connectionsMax?: number;
  readonly connectionRate?: RateConfig;
  readonly messageRate?: RateConfig;
  readonly byteRate?: RateConfig;
  readonly limits?: {
    readonly maximumPacketSize?: number;
    readonly connectTimeoutMs?: number;
    readonly keepAliveSMax?: number;
    readonly keepAliveSMin?: number;
    readonly maximumQos?: 0 | 1 | 2;
    readonly topicAliasMaximum?: number;
    readonly isAnonymousAllowed?: boolean;
    readonly certificateName?: MqttConfig['certificateName'];
    readonly versions?: readonly (3 | 4 | 5)[];
    readonly publishDurability?: Durability;
    readonly durability?: Durability;
  };
}

/** How a shared subscription chooses among its members. */
export type SharedStrategyConfig = 'round-robin' | 'sticky' | 'random' | 'hash-client-id' | 'hash-topic' | 'local';

/** Sessions for which something else holds; `*` stands for any characters. */
export interface SessionClassConfig {
  readonly name: string;
  readonly clientIds?: readonly string[];
  readonly usernames?: readonly string[];
  readonly durability?: Durability;
  readonly queueCountMax?: number;
  readonly queueBytesMax?: number;
  readonly queueAgeMsMax?: number;
  readonly queueOverflow?: 'oldest' | 'newest';
}

/** Limits of the broker. */
export interface MqttConfig {
  readonly maximumPacketSize: number;
  readonly queueCountMax: number;
  readonly queueBytesMax: number;
  /** Absent: for ever. */
  readonly queueAgeMsMax?: number;
  /** Absent: that of `data`. */
  readonly durability?: Durability;
  readonly queueOverflow: 'oldest' | 'newest';
  readonly sessionClasses: readonly SessionClassConfig[];
  readonly queueMemoryMax: number;
  readonly underwayBytesMax: number;
  readonly sendWindowMax: number;
  readonly receiveMaximum: number;
  readonly receiveMaximumWhenShort: number;
  readonly topicAliasMaximum: number;
  readonly keepAliveMultiplier: number;
  readonly sessionExpiryMaxS: number;
  readonly sharedStrategy: SharedStrategyConfig;
  /** By share name. */
  readonly sharedStrategies: readonly (readonly [string, SharedStrategyConfig])[];
  readonly retainedCountMax: number;
  readonly retainedBytesMax: number;
  readonly maximumQos: 0 | 1 | 2;
  readonly isRetainAvailable: boolean;
  readonly isWildcardAvailable: boolean;
  readonly isSharedAvailable: boolean;
  readonly isSubscriptionIdentifierAvailable: boolean;
  readonly topicLevelsMax: number;
  readonly clientIdLengthMax: number;
  readonly isV31ClientIdShort: boolean;
  readonly isPayloadFormatValidated: boolean;
  /** 0: the devices' own. */
  readonly serverKeepAliveS: number;
  /** 0: no bound. */
  readonly keepAliveSMax: number;
  /** 0: no bound. */
  readonly keepAliveSMin: number;
  readonly responseInformation: string;
  /** Who may subscribe to the state of the broker. */
  readonly systemTopics: 'off' | 'local' | 'all';
  readonly systemTopicsIntervalMs: number;
  /** Which part of a verified certificate names a device's user. */
  readonly certificateName: 'none' | 'common-name' | 'subject' | 'alternative-name';
}

/** Whom an access rule is about. */
export type SubjectConfig =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'username'; readonly name: string }
  | { readonly kind: 'clientId'; readonly name: string }
  | { readonly kind: 'address'; readonly ranges: readonly AddressRange[] }
  /** The SHA-256 of a certificate, as `AB:CD:...`. */
  | { readonly kind: 'fingerprint'; readonly fingerprint: string }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly SubjectConfig[] };

/** One access rule. */
export interface RuleConfig {
  readonly isAllowed: boolean;
  readonly action: 'publish' | 'subscribe' | 'pubsub';
  readonly topics: readonly string[];
  readonly subject: SubjectConfig;
}

/** A user with a password, or with the hash of one. */
export type UserConfig =
  | { readonly username: string; readonly password: string }
  | { readonly username: string; readonly passwordHash: string };

/** One question to a web server. */
export interface HttpQuestionConfig {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** A web server that decides. */
export interface HttpAuthConfig {
  readonly login?: HttpQuestionConfig;
  readonly superuser?: HttpQuestionConfig;
  readonly topic?: HttpQuestionConfig;
  /** 100 to 60000. Default 5000. */
  readonly timeoutMs: number;
  /** 100 to 60000. Default 5000. */
  readonly connectTimeoutMs: number;
  /** 0 to 3600000. Default 10000. */
  readonly ttlMs: number;
  /** 1 to 1000. Default 32. */
  readonly connectionsMax: number;
  readonly isFailureIgnored: boolean;
  readonly tls?: TlsConfig;
}

/** Tokens that let in. */
export interface TokenConfig {
  readonly algorithm: 'HS256' | 'RS256' | 'ES256';
  readonly secret?: string;
  readonly publicKeyFile?: string;
  readonly keySetFile?: string;
  readonly from: 'password' | 'username';
  /** 0 to 3600. Default 30. */
  readonly leewayS: number;
  readonly isExpiryRequired: boolean;
  readonly issuer?: string;
  readonly audience?: string;
  readonly usernameClaim?: string;
  readonly clientIdClaim?: string;
  readonly rulesClaim?: string;
}

/** Who may connect, publish and subscribe. */
export interface AuthConfig {
  readonly isAnonymousAllowed: boolean;
  /** Those of the configuration and of its file. */
  readonly users: readonly UserConfig[];
  readonly passwordFile?: string;
  readonly superusers: readonly string[];
  readonly http?: HttpAuthConfig;
  readonly token?: TokenConfig;
  readonly order?: readonly ('password' | 'jwt' | 'http')[];
  /** How long a password that was right is not worked out again: 0 to 3600000. Default 60000. */
  readonly verifiedTtlMs: number;
  /** How whoever guesses passwords is slowed down. */
  readonly guard: Readonly<Record<'freeCount' | 'delayMsMin' | 'delayMsMax' | 'memoryMs' | 'addressesMax', number>>;
  readonly rules: readonly RuleConfig[];
  readonly isAllowedWithoutMatch: boolean;
  readonly isDenialDisconnecting: boolean;
}

/** What devices are told when the broker closes. */
export interface DrainConfig {
  /** Another broker, as `host` or `host:port`. */
  readonly serverReference?: string;
  /** They are to go there from now on. Default false. */
  readonly isServerMoved: boolean;
}

/** What is kept beyond the process, and where. */
export interface DataConfig {
  readonly directory: string;
  /** Where messages of QoS 1 and 2 must be before they are acknowledged, unless something else is said. */
  readonly durability: Durability;
  readonly bytesMax: number;
  readonly reserveBytes: number;
  readonly segmentBytes: number;
  readonly batchCount: number;
  readonly batchBytes: number;
  readonly batchMs: number;
  readonly isPreallocated: boolean;
  /** What happens to messages when there is no room. */
  readonly whenFull: 'refuse' | 'drop';
  readonly quarantineBytesMax: number;
  readonly syncMs: number;
  readonly garbageShareMax: number;
  /** A file with 64 hexadecimal digits; absent: `VIADUCT_JOURNAL_KEY`, or nothing is encrypted. */
  readonly keyFile?: string;
}

/** Where and how much is logged. */
export interface LogConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly format: 'json' | 'text' | 'auto';
  /** A path; absent means standard error. */
  readonly file?: string;
}

/** Something that is accepted and worth knowing, with its place. */
export interface ConfigNote extends Finding {
  readonly file: string;
  /** From 1; 0 for a variable of the environment. */
  readonly line: number;
  /** From 1; 0 for a variable of the environment. */
  readonly column: number;
}
