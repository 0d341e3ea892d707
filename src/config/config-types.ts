// ConfigTypes: a configuration as the rest of Viaduct gets it: complete, with defaults
// filled in and units in the names. It knows neither broker nor bridge; the
// composition root translates.
import type { RuleTopics } from '../../protocol/topic/rule-mapping.ts';
import type { AddressRange } from '../base/address-range.ts';
import type { Durability } from '../base/durability.ts';

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

/** TLS of one side. Files are paths from the working directory; their texts come with the loaded configuration. */
export interface TlsConfig {
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly keyPassphrase?: string;
  readonly authoritiesFile?: string;
  /** The peer's certificate is checked. Default true for a bridge, false for a listener. */
  readonly isPeerVerified: boolean;
  /** A listener refuses devices without a certificate. Default false; nothing to a bridge. */
  readonly isCertificateRequired: boolean;
  /** The name asked for and checked; default the host. */
  readonly serverName?: string;
  readonly revocationsFile?: string;
  readonly versionMin?: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
  readonly alpnProtocols?: readonly string[];
  /** Of a bridge: the SHA-256 that the remote's certificate must have. */
  readonly fingerprint?: string;
  /** Of a bridge: a key that both sides know, in hexadecimal. */
  readonly preSharedKey?: { readonly identity: string; readonly key: string };
  /** Certificates for names that devices ask for. */
  readonly namedCertificates?: readonly NamedCertificateConfig[];
}

/** A certificate for one name. */
export interface NamedCertificateConfig {
  readonly serverName: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly keyPassphrase?: string;
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
  readonly socketPath?: string;
  readonly socketMode?: number;
  readonly tls?: TlsConfig;
  readonly webSocket?: { readonly path: string; readonly origins?: readonly string[] };
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
    readonly versions?: readonly (3 | 4 | 5)[];
  };
}

/** How a shared subscription chooses among its members. */
export type SharedStrategyConfig = 'round-robin' | 'sticky' | 'random' | 'hash-client-id' | 'hash-topic' | 'local';

/** Limits of the broker. */
export interface MqttConfig {
  readonly maximumPacketSize: number;
  readonly queueCountMax: number;
  readonly queueBytesMax: number;
  readonly queueMemoryMax: number;
  readonly underwayBytesMax: number;
  readonly sendWindowMax: number;
  readonly receiveMaximum: number;
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

/** Properties as they are in MQTT 5.0. */
export interface UserPropertiesConfig {
  readonly userProperties?: readonly (readonly [string, string])[];
}

/** The will of a bridge. */
export interface WillConfig {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly properties: UserPropertiesConfig & {
    readonly payloadFormatIndicator?: 0 | 1;
    readonly messageExpiryInterval?: number;
    readonly contentType?: string;
    readonly responseTopic?: string;
    readonly correlationData?: string;
    readonly willDelayInterval?: number;
  };
}

/** What rules of both directions have in common; see `RuleOptions` of the bridge. */
export interface RuleConfigParts extends RuleTopics {
  /** The rule's place in its list, from 0, rules that are switched off included. */
  readonly place: number;
  readonly note?: string;
  readonly qosMax?: 0 | 1 | 2;
  readonly retain?: boolean;
  /** 1 and more. */
  readonly sampleOf?: number;
  readonly isChangeOnly?: boolean;
  readonly unchangedAgeMsMax?: number;
  readonly intervalMsMin?: number;
  readonly userProperties?: readonly (readonly [name: string, value: string])[];
}

/** A rule from here to the remote. */
export interface ForwardConfig extends RuleConfigParts {
  readonly localTopic: string;
  readonly remoteTopic: string;
  readonly qos?: 0 | 1 | 2;
}

/** A rule from the remote to here. */
export interface SubscriptionConfig extends RuleConfigParts {
  readonly remoteTopic: string;
  readonly localTopic: string;
  readonly qos: 0 | 1 | 2;
  readonly isRetainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  readonly isNoLocal: boolean;
}

/** A proxy on the way to a server. */
export interface ProxyConfig {
  readonly kind: 'socks5' | 'http';
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** A server of a bridge. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly socketPath?: string;
  readonly webSocket?: { readonly path: string; readonly headers?: Readonly<Record<string, string>> };
  readonly tls?: TlsConfig;
  readonly proxy?: ProxyConfig;
  /** Default those of the bridge. */
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
  /** 1 to 65535. Default 1. */
  readonly weight?: number;
}

/** One bridge. */
export interface BridgeConfig extends ServerConfig {
  readonly name: string;
  /** A path, from the configuration. */
  readonly passwordFile?: string;
  readonly passwordCommand?: { readonly command: readonly string[]; readonly timeoutMs: number };
  /** 1000 to 86400000. Default 60000. */
  readonly renewBeforeMs: number;
  readonly localAddress?: string;
  readonly localInterface?: string;
  /** Servers to go to when the first one cannot be had. */
  readonly backups: readonly ServerConfig[];
  readonly remoteOrder: 'ordered' | 'round-robin' | 'weighted';
  /** 0 to 86400000; 0 is never. Default 300000. */
  readonly failbackMs: number;
  readonly isSessionShared: boolean;
  readonly isSteppingDown: boolean;
  /** 1000 to 3600000. Default 20000. */
  readonly connectTimeoutMs: number;
  /** 1000 to 3600000. Default 10000. */
  readonly answerTimeoutMs: number;
  readonly version: 3 | 4 | 5;
  readonly clientId: string;
  /** 0 to 65535; 0 switches it off. Default 60. */
  readonly keepAliveS: number;
  /** Shortest and longest wait between attempts to connect: 100 to 86400000. Default 500 and 60000. */
  readonly backoffMsMin: number;
  readonly backoffMsMax: number;
  readonly backoffJitter: 'decorrelated' | 'full';
  /** How long a connection must last to count as a success: 0 to 86400000. Default 10000. */
  readonly stableMs: number;
  readonly cleanStart: boolean;
  /** How user name and password are shown; default as they are. */
  readonly authentication?: 'scram-sha-256';
  readonly isBridgeBitSet: boolean;
  readonly isQos0Queued: boolean;
  readonly isNoDelay: boolean;
  readonly tcpKeepAliveMs: number;
  readonly connectProperties: UserPropertiesConfig & {
    readonly maximumPacketSize?: number;
    readonly receiveMaximum?: number;
    readonly topicAliasMaximum?: number;
    readonly requestProblemInformation?: boolean;
    readonly requestResponseInformation?: boolean;
    readonly sessionExpiryInterval?: number;
  };
  readonly subscribeProperties: UserPropertiesConfig & { readonly subscriptionIdentifiers?: readonly number[] };
  readonly will?: WillConfig;
  readonly forwards: readonly ForwardConfig[];
  readonly subscriptions: readonly SubscriptionConfig[];
  readonly queueCountMax: number;
  readonly queueBytesMax: number;
  readonly overflow: 'oldest' | 'newest';
  /** Absent: that of `data`. */
  readonly durability?: Durability;
  /** 0 to 86400000; 0 waits for ever. Default 20000. */
  readonly acknowledgeTimeoutMs: number;
}

/** Something that is accepted and worth knowing. */
export interface ConfigNote {
  readonly file: string;
  /** From 1; 0 for a variable of the environment. */
  readonly line: number;
  /** From 1; 0 for a variable of the environment. */
  readonly column: number;
  readonly path: string;
  readonly text: string;
}
