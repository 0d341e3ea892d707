// BridgeConfig: a bridge as a configuration has it: its servers, its connection, its rules and its
// queue, complete, with defaults filled in and units in the names. It does not know the bridge; the
// composition root translates.
import type { RuleTopics } from '../../protocol/topic/rule-mapping.ts';
import type { Durability } from '../base/durability.ts';
import type { DeliveryConfig } from './delivery-config.ts';
import type { TlsConfig } from './tls-config.ts';

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
  /** Absent: that of the bridge, and from the remote that of what the messages go to. */
  readonly durability?: Durability;
  /** 1 and more. */
  readonly sampleOf?: number;
  readonly isChangeOnly?: boolean;
  readonly unchangedAgeMsMax?: number;
  readonly intervalMsMin?: number;
  /** 1 to 604800000. */
  readonly duplicateWindowMs?: number;
  readonly duplicateProperty?: string;
  readonly userProperties?: readonly (readonly [name: string, value: string])[];
}

/** What a bridge or a rule sends in a second. */
export interface SendRateConfig {
  readonly messagesPerS?: number;
  readonly bytesPerS?: number;
  /** 10 to 3600000. Absent: 1000. */
  readonly burstMs?: number;
}

/** A time window of a week. */
export interface TimeWindowConfig {
  /** 0 is Sunday. */
  readonly days: readonly number[];
  /** Minutes of the day. */
  readonly from: number;
  readonly to: number;
}

/** When a bridge is connected, and how many bytes it may use. */
export interface LinkPlanConfig {
  readonly windows?: readonly TimeWindowConfig[];
  /** Absent: that of the system. */
  readonly timeZone?: string;
  readonly connectWhen?: {
    readonly countMin?: number;
    readonly bytesMin?: number;
    readonly ageMsMax?: number;
    /** Default 30000. */
    readonly idleMs: number;
  };
  readonly budget?: {
    readonly bytesMax: number;
    readonly period: 'day' | 'month';
    /** 0 to 1. Default 0.8. */
    readonly shortShare: number;
    /** 0 to 9. Default 9. */
    readonly priorityMin: number;
  };
}

/** What gives way in a full queue. */
export type OverflowConfig = 'oldest' | 'newest' | 'priority' | 'latest' | 'block';

/** A rule from here to the remote. */
export interface ForwardConfig extends RuleConfigParts {
  /** Acknowledged when the remote has settled a message, not when it is stored. */
  readonly isEndToEnd?: boolean;
  /** Absent: that of the bridge. */
  readonly isRetainedSynced?: boolean;
  readonly isRetainedHere?: boolean;
  readonly isRemapping?: boolean;
  readonly localTopic: string;
  readonly remoteTopic: string;
  readonly qos?: 0 | 1 | 2;
  /** Absent: that of the bridge. */
  readonly queueOverflow?: OverflowConfig;
  /** 0 to 9. Absent: 5. */
  readonly priority?: number;
  /** Absent: no limit but the bridge's. */
  readonly queueCountMax?: number;
  readonly queueBytesMax?: number;
  /** Absent: that of the bridge. */
  readonly queueAgeMsMax?: number;
  readonly rate?: SendRateConfig;
  readonly properties3x?: 'drop' | 'envelope' | 'topic';
  /** Names of properties, 1 to 8. */
  readonly topicProperties?: readonly string[];
  /** Absent: as `isQos0Queued` of the bridge says. */
  readonly qos0Policy?: 'drop' | 'buffer' | 'persist';
  /** Absent: 1000. */
  readonly qos0CountMax?: number;
  /** Absent: as other messages of the rule. */
  readonly qos0AgeMsMax?: number;
}

/** A rule from the remote to here. */
export interface SubscriptionConfig extends RuleConfigParts {
  readonly remoteTopic: string;
  readonly localTopic: string;
  readonly qos: 0 | 1 | 2;
  readonly isOpeningEnvelopes?: boolean;
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
  /** The host is a domain whose SRV records name the servers. */
  readonly isService?: boolean;
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

/** What devices subscribe to is subscribed to at the remote. */
export interface TransparentConfig {
  /** Filters. Default `#`. */
  readonly allowed: readonly string[];
  /** 0 to 86400000. Default 30000. */
  readonly lingerMs: number;
  /** 1 to 100000. Default 1000. */
  readonly filtersMax: number;
}

/** One bridge. */
export interface BridgeConfig extends ServerConfig, DeliveryConfig {
  readonly name: string;
  /** Who it is for the access rules here; absent: they are not asked. */
  readonly principal?: { readonly clientId: string; readonly username?: string };
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
  /** Default true. */
  readonly isRetainedSynced: boolean;
  /** Absent: the rules alone say what is asked for. */
  readonly transparent?: TransparentConfig;
  /** Connections side by side, 1 to 64. Default 1. */
  readonly laneCount: number;
  /** What keeps messages in order on several: `topic`, `publisher`, or a template of captures. Default `topic`. */
  readonly laneOrder: string;
  /** Which subscriptions all of them share. Default `auto`: those without retained messages. */
  readonly laneSubscriptions: 'auto' | 'all' | 'none';
  readonly isSteppingDown: boolean;
  readonly loopGuard: 'auto' | 'on' | 'off';
  readonly loopProperty: string;
  /** 1 to 255. Default 8. */
  readonly loopHopsMax: number;
  readonly isNotifying: boolean;
  readonly notificationTopic?: string;
  readonly isNotifyingHereOnly: boolean;
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
  /** 0 to 100000; 0: no delivery ledger. Default 0. */
  readonly ledgerSize?: number;
  /** 1 to 1000000. Default 1. */
  readonly ledgerSampleOf?: number;
  /** 0 to 1; absent: no trace is begun. */
  readonly traceRatio?: number;
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
  /** Absent: for ever. */
  readonly queueAgeMsMax?: number;
  readonly rate?: SendRateConfig;
  readonly plan?: LinkPlanConfig;
  /** 0 to 0.99. Absent: 0.5 where anything has a rate, else 0. */
  readonly liveShare?: number;
  readonly overflow: OverflowConfig;
  /** Absent: that of `data`. */
  readonly durability?: Durability;
  /** Absent: 30,000. */
  readonly endToEndMsMax?: number;
  /** 0 to 86400000; 0 waits for ever. Default 20000. */
  readonly acknowledgeTimeoutMs: number;
}
