// The options of a bridge, each with its unit, bound and default. Names of configuration keys live in
// `src/config`. Everything that can grow, wait or be tried again has its bound here, and every bound has a default
// that suits a gateway.
import type { BackoffOptions } from '../../protocol/connection/backoff.ts';
import type { RuleTopics } from '../../protocol/topic/rule-mapping.ts';
import type { Will } from '../../protocol/wire/packets.ts';
import { noProperties, type Properties, type UserProperty } from '../../protocol/wire/properties.ts';
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import type { Durability } from '../base/durability.ts';
import type { ProxyOptions, TlsOptions, WebSocketDialOptions } from '../ports/ports.ts';
import type { OverflowPolicy } from '../queue/overflow.ts';
import type { ClientMethod } from '../secrets/scram-client.ts';
import type { DeadLetterLimits } from './dead-letter.ts';
import type { KeepOptions } from './keep-options.ts';
import type { LinkPlanOptions } from './link-plan.ts';
import { type LinkRefusalOptions, linkRefusalDefaults } from './link-refusals.ts';
import type { LocalPrincipal } from './local-rights.ts';
import type { RateLimits } from './rate-gate.ts';
import { type RefusalOptions, refusalDefaults } from './reason-table.ts';
import type { RuleGateOptions } from './rule-gate.ts';

/** A broker to connect to. */
export interface RemoteOptions {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** A Unix socket; host and port mean nothing then. */
  readonly socketPath?: string;
  /**
   * `host` is a domain whose SRV records name the servers, `_mqtt._tcp` or with TLS `_secure-mqtt._tcp`; they are nodes
   * of one cluster and share the session. `port` means nothing then. Default false.
   */
  readonly isService?: boolean;
  /** Present: TLS. */
  readonly tls?: TlsOptions;
  /** Present: MQTT over WebSocket. */
  readonly webSocket?: WebSocketDialOptions;
  /** Files with the texts of `tls`, by their names there: they are read again before each dialling. */
  readonly tlsFiles?: Partial<Record<'certificate' | 'key' | 'authorities' | 'revocations', string>>;
  /** Present: the connection is made by a proxy. */
  readonly proxy?: ProxyOptions;
  /** Default that of the bridge. */
  readonly clientId?: string;
  /** Default those of the bridge; with a user name of its own a server has no other password than its own. */
  readonly username?: string;
  readonly password?: string;
  /** Its share of the draws when servers are weighted, 1 to 65535. Default 1. */
  readonly weight?: number;
}

/** What rules of both directions have in common. */
export interface RuleOptions extends RuleTopics, RuleGateOptions {
  /** Said beside the rule wherever it is shown. */
  readonly note?: string;
  /** Highest QoS at which messages go on; absent: no bound. */
  readonly qosMax?: Qos;
  /** Overrides the retain flag; absent keeps it. */
  readonly retain?: boolean;
  /**
   * Where QoS 1 and 2 messages must be before whoever sent them is acknowledged. To the remote: default that of the
   * bridge. From the remote: at least so safe, if what they go to is in the journal; default as that says.
   */
  readonly durability?: Durability;
  /**
   * Added to the message, 5.0 only. In a value `${clientid}`, `${username}` and `${payload:FIELD}` stand for what the
   * message has, `$#` for its topic; a value that it does not have is left out.
   */
  readonly userProperties?: readonly UserProperty[];
}

/** What goes from here to the remote, and how. */
export interface ForwardRuleOptions extends RuleOptions {
  /** A filter on local topics. */
  readonly localTopic: string;
  /** The remote topic; empty keeps the local one. */
  readonly remoteTopic: string;
  /** Overrides the QoS of the message, up or down; absent keeps it. */
  readonly qos?: Qos;
  /** Overrides `BridgeOptions.isRetainedSynced`. */
  readonly isRetainedSynced?: boolean;
  /** The last message of each topic is retained here, whatever its publisher asked for. Default false. */
  readonly isRetainedHere?: boolean;
  /** What gives way when there is no room. Default that of the bridge. */
  readonly queueOverflow?: OverflowPolicy;
  /** Its class, 0 to 9: higher ones are kept longer. Default 5. */
  readonly priority?: number;
  /** Messages of it that wait for the remote, besides the limit of the bridge. Default no limit. */
  readonly queueCountMax?: number;
  /** Bytes of it that wait for the remote, besides the limit of the bridge. Default no limit. */
  readonly queueBytesMax?: number;
  /** How long its messages may wait, in ms. Default that of the bridge. */
  readonly queueAgeMsMax?: number;
  /**
   * What becomes of the properties of 5.0 messages where the remote speaks 3.x: `drop`; `envelope`, they go with the
   * payload into JSON; `topic`, those of `topicProperties` become levels of the topic. Default they are left out, and
   * nobody counts it.
   */
  readonly properties3x?: 'drop' | 'envelope' | 'topic';
  /** 1 to 8 of `content_type`, `response_topic`, `correlation_data`, `payload_format_indicator`, `user:NAME` ... */
  readonly topicProperties?: readonly string[];
  /** How much of it is sent in a second, on all lanes together, besides the rates of the bridge. Default no limit. */
  readonly rate?: RateLimits;
  /**
   * What becomes of messages that go out at QoS 0 while the link is down: `drop`; `buffer`, they wait in the queue of
   * the bridge; `persist`, they do, and that queue is in the journal where there is a storage. Default as
   * `BridgeOptions.isQos0Queued` says, within the bounds of the rule.
   */
  readonly qos0Policy?: 'drop' | 'buffer' | 'persist';
  /** Messages that wait so, 1 and more: the oldest of them gives way. Default 1000. */
  readonly qos0CountMax?: number;
  /** How long they may wait, in ms. Default as other messages of the rule. */
  readonly qos0AgeMsMax?: number;
  /** Overrides `BridgeOptions.laneOrder`. */
  readonly laneOrder?: string;
  /**
   * What waits of a rule that was written otherwise, and whose local topic this one takes, goes where this one sends
   * it. Default false: as it was mapped when it came.
   */
  readonly isRemapping?: boolean;
  /**
   * The publisher of a QoS 1 or 2 message is acknowledged when the remote has settled it, at the latest after
   * `endToEndMsMax`. Default false: when it is stored.
   */
  readonly isEndToEnd?: boolean;
}

/** What comes from the remote to here, and how. */
export interface SubscriptionRuleOptions extends RuleOptions {
  /** A filter on remote topics. */
  readonly remoteTopic: string;
  /** The local topic; empty keeps the remote one. */
  readonly localTopic: string;
  /** Highest QoS asked of the remote. */
  readonly qos: Qos;
  /** 5.0: the remote passes the retain flag on as it was published. Default true. */
  readonly isRetainAsPublished?: boolean;
  /** 5.0: when retained messages come: 0 at every subscribe, 1 at a new one, 2 never. Default 0. */
  readonly retainHandling?: 0 | 1 | 2;
  /** Payloads that are envelopes of 5.0 messages are opened; others go on as they are. Default false. */
  readonly isOpeningEnvelopes?: boolean;
  /** 5.0: the remote sends nothing back that this bridge published. Default true. */
  readonly isNoLocal?: boolean;
  /** The remote is asked for what devices subscribe to of its filters, and for no more. See `TransparentOptions`. */
  readonly isByInterest?: boolean;
}

/** What devices subscribe to here is subscribed to at the remote. */
export interface TransparentOptions {
  /** Filters: nothing else is asked for on behalf of devices; `#` allows all. */
  readonly allowed: readonly string[];
  /** How long a filter is kept at the remote when nobody wants it any more, in ms; 0: not at all. */
  readonly lingerMs: number;
  /** Filters asked for at most, 1 to 100,000; what is beyond is not asked for, and counted. */
  readonly filtersMax: number;
}

/** The subscription rules, with the one by which the bridge is transparent. */
export function subscriptionsOf({
  subscriptions,
  transparent,
}: Pick<BridgeOptions, 'subscriptions' | 'transparent'>): readonly SubscriptionRuleOptions[] {
  return transparent === false ? subscriptions : [...subscriptions, transparentRuleOf(transparent)];
}

/** The rule by which a bridge is transparent, behind those that it has. */
function transparentRuleOf({ allowed }: TransparentOptions): SubscriptionRuleOptions {
  const [remoteTopic = '#', ...moreFilters] = allowed;
  const topics = { remoteTopic, localTopic: '', ...(moreFilters.length === 0 ? {} : { moreFilters }) };
  return { ...topics, qos: 2, isByInterest: true, note: 'transparent: what devices subscribe to' };
}

/** Everything a bridge can be told. */
export interface BridgeOptions {
  /** Unique among the bridges of a process. */
  readonly name: string;
  /** Who it is for the access rules of the broker beside it; absent: they are not asked. */
  readonly principal?: LocalPrincipal;
  readonly remote: RemoteOptions;
  /** Servers to go to when `remote` cannot be had. Default none. */
  readonly backups: readonly RemoteOptions[];
  /** Connections side by side, 1 to 64; each takes the messages of its share of the keys. Default 1. */
  readonly laneCount: number;
  /**
   * What keeps messages in order on several lanes: `topic`, the topic at the remote; `publisher`, the client id; or a
   * template of captures of the rule's filter, as `$1` or `{site}`. Default `topic`.
   */
  readonly laneOrder: string;
  /**
   * Which subscriptions all lanes share, so that the remote spreads their messages: `auto`, those that want no retained
   * messages (which a shared one never gets); `all`; `none`: the first lane has all of them. Default `auto`.
   */
  readonly laneSubscriptions: 'auto' | 'all' | 'none';
  /** Which server is tried next. Default `ordered`: the first of them that is due. */
  readonly remoteOrder: 'ordered' | 'round-robin' | 'weighted';
  /**
   * When servers are ordered, and another than the first is in use: how often those before it are probed, in ms; 0 is
   * never. The bridge moves when one has kept a connection of a probe for `backoff.stableMs`. Default 300,000.
   */
  readonly failbackMs: number;
  /**
   * The servers are nodes of one cluster and share the session. Default false: each has its own, and what one has not
   * settled is sent to the other.
   */
  readonly isSessionShared: boolean;
  /**
   * Whether messages that come back are looked for: by the path in a user property in 5.0, by fingerprint in 3.x.
   * Default `auto`: where the rules allow that they come back.
   */
  readonly loopGuard: 'auto' | 'on' | 'off';
  /** The user property with the brokers on the way. Default `viaduct-path`. */
  readonly loopProperty: string;
  /** Brokers on the way at most, 1 to 255. Default 8. */
  readonly loopHopsMax: number;
  /** Whether the state of the link is told as retained messages. Default true. */
  readonly isNotifying: boolean;
  /** Where, instead of `$SYS/broker/connection/NAME/state`; and there at the remote too, with a will. */
  readonly notificationTopic?: string;
  /** Not at the remote. Default false. */
  readonly isNotifyingHereOnly: boolean;
  /** An older version is spoken with a server that refuses `version`; for a day. Default true. */
  readonly isSteppingDown: boolean;
  readonly forwards: readonly ForwardRuleOptions[];
  readonly subscriptions: readonly SubscriptionRuleOptions[];
  /**
   * What is retained here gets to a server when a rule is new to it, and what changes of that while it is away, deletes
   * too. Default true.
   */
  readonly isRetainedSynced: boolean;
  /** Default false: the rules alone say what is asked for. */
  readonly transparent: TransparentOptions | false;
  /** Default 5.0. */
  readonly version: ProtocolVersion;
  readonly clientId: string;
  /** Seconds, 0 to 65535; 0 turns it off. Default 60. */
  readonly keepAlive: number;
  /** Ask the remote for a new session at every connect. Default false: it keeps what is underway. */
  readonly cleanStart: boolean;
  /**
   * Without clean start: state of the session is left of an earlier run. Default false: a 5.0 remote that has a session
   * at the first connect, of which nothing is left here, is asked for a new one.
   */
  readonly hasSessionState: boolean;
  readonly username?: string;
  readonly password?: string;
  /** A file whose text is the password, read before each dialling. */
  readonly passwordFile?: string;
  /** A program, with its arguments, whose output is the password, run before each dialling. */
  readonly passwordCommand?: { readonly command: readonly string[]; readonly timeoutMs: number };
  /** A password that is read and is a JSON web token: how long before its end it is renewed, in ms. Default 60,000. */
  readonly renewBeforeMs: number;
  /** See `DialOptions.localAddress`. */
  readonly localAddress?: string;
  /** See `DialOptions.localInterface`. */
  readonly localInterface?: string;
  /** 5.0: prove who the bridge is by SCRAM-SHA-256; the password is not sent. Default: both are sent as they are. */
  readonly authentication?: ClientMethod;
  readonly will?: Will;
  /** Properties of CONNECT, 5.0 only. Default: a session expiry of a day, receive maximum 1000. */
  readonly properties: Properties;
  /** Properties of SUBSCRIBE, 5.0 only. */
  readonly subscribeProperties: Properties;
  /** 3.x: tell the remote that this is a bridge, by the top bit of the level. Default false. */
  readonly isBridgeBitSet: boolean;
  /** Default 500 ms to 60 s, anew after 10 s. */
  readonly backoff: BackoffOptions;
  /** Longest time for name lookup, connecting and TLS together, in ms. Default 20,000. */
  readonly connectTimeoutMs: number;
  /** Longest wait for CONNACK and PINGRESP, in ms. Default 10,000. */
  readonly answerTimeoutMs: number;
  /**
   * Longest time without any acknowledgement while some are owed, in ms, then the link is dialled anew; 0 is off.
   * Default 20,000.
   */
  readonly acknowledgeTimeoutMs: number;
  /** QoS 1 and 2 messages underway to the remote, 1 to 65535; its receive maximum may lower it. Default 1000. */
  readonly sendWindowMax: number;
  /** QoS 2 messages underway to a 3.x remote, which states no limit: 20 is what Mosquitto takes. Default 20. */
  readonly qos2WindowMax: number;
  /** QoS 1 and 2 messages from the remote that may await acceptance, 1 to 65535. Default 1000. */
  readonly receiveMaximum: number;
  /** Largest packet taken from the remote, in bytes. Default 10 MiB. */
  readonly maximumPacketSize: number;
  /** Messages that wait for the remote. Default 100,000. */
  readonly queueCountMax: number;
  /** Bytes that wait for the remote. Default 128 MiB. */
  readonly queueBytesMax: number;
  /** How long messages may wait for the remote, in ms, before they are dropped. Default for ever. */
  readonly queueAgeMsMax?: number;
  /**
   * How much is sent in a second, on all lanes together; what is sent again after the link was lost does not count.
   * Default no limit.
   */
  readonly rate?: RateLimits;
  /**
   * What part of what is sent goes to live messages while a backlog waits too, 0 to 0.99: to those that came while the
   * link was up and follow nothing that waits, by topic or `laneOrder`. 0: all wait in the order in which they came.
   * Default 0.5 where the bridge or a rule has a rate, else 0.
   */
  readonly liveShare?: number;
  /** When it is connected, and how many bytes it may use. Default always, and no bound. */
  readonly plan?: LinkPlanOptions;
  /** What gives way when the queue is full. Default the oldest. */
  readonly queueOverflow: OverflowPolicy;
  /** Where QoS 1 and 2 messages must be before their publisher is acknowledged. Default `synced`, with a storage. */
  readonly durability: Durability;
  /** Messages that may wait for room where a full queue blocks. Default 10,000. */
  readonly blockedCountMax: number;
  /** How long an acknowledgement end to end may take, in ms, before that of here is given. Default 30,000. */
  readonly endToEndMsMax: number;
  /** Entries of the delivery ledger, 0 to 100000; 0: none is kept. Default 0. */
  readonly ledgerSize: number;
  /** Of so many messages one is written into the ledger, 1 to 1000000. Default 1. */
  readonly ledgerSampleOf: number;
  /** Share of new traces that are to be recorded, 0 to 1; absent: no trace is begun, those that come are carried. */
  readonly traceRatio?: number;
  /** What is done about messages that the remote refuses. Default `refusalDefaults`. */
  readonly refusals: RefusalOptions;
  /**
   * How often the link may end on the same message, the first underway, before that is sent alone; it is set aside when
   * it costs the link alone, before and after others have passed. 0 to 100, 0: never. Default 2.
   */
  readonly poisonLossesMax: number;
  /** What is done when a remote refuses the connection, or ends it with a word. Default `linkRefusalDefaults`. */
  readonly linkRefusals: LinkRefusalOptions;
  /** Bounds of what could not be delivered. Default 1000 messages, 16 MiB, seven days. */
  readonly deadLetters: DeadLetterLimits;
  /** What is kept of delivered messages, where there is a storage. Default nothing. */
  readonly replay?: KeepOptions;
  /** Whether QoS 0 messages wait too while the link is down. Default false. */
  readonly isQos0Queued: boolean;
  /** See `DialOptions.isNoDelay`. Default true. */
  readonly isNoDelay: boolean;
  /** See `DialOptions.keepAliveDelayMs`. Default 0. */
  readonly tcpKeepAliveMs: number;
}

/** The defaults of every option that has one. */
export const bridgeDefaults: Omit<BridgeOptions, 'name' | 'remote' | 'forwards' | 'subscriptions' | 'clientId'> = {
  version: ProtocolVersion.v5,
  keepAlive: 60,
  cleanStart: false,
  hasSessionState: false,
  properties: { sessionExpiryInterval: 86_400, receiveMaximum: 1000 },
  subscribeProperties: noProperties,
  isRetainedSynced: true,
  transparent: false,
  backups: [],
  laneCount: 1,
  laneOrder: 'topic',
  laneSubscriptions: 'auto',
  loopGuard: 'auto',
  loopProperty: 'viaduct-path',
  loopHopsMax: 8,
  isNotifying: true,
  isNotifyingHereOnly: false,
  renewBeforeMs: 60_000,
  remoteOrder: 'ordered',
  failbackMs: 300_000,
  isSessionShared: false,
  isSteppingDown: true,
  isBridgeBitSet: false,
  backoff: { delayMsMin: 500, delayMsMax: 60_000, stableMs: 10_000 },
  connectTimeoutMs: 20_000,
  answerTimeoutMs: 10_000,
  acknowledgeTimeoutMs: 20_000,
  sendWindowMax: 1000,
  qos2WindowMax: 20,
  receiveMaximum: 1000,
  maximumPacketSize: 10 * 1024 * 1024,
  queueCountMax: 100_000,
  queueBytesMax: 128 * 1024 * 1024,
  queueOverflow: 'oldest',
  durability: 'synced',
  blockedCountMax: 10_000,
  endToEndMsMax: 30_000,
  ledgerSize: 0,
  ledgerSampleOf: 1,
  refusals: refusalDefaults,
  linkRefusals: linkRefusalDefaults,
  poisonLossesMax: 2,
  deadLetters: { countMax: 1000, bytesMax: 16 * 1024 * 1024, ageMsMax: 604_800_000 },
  isQos0Queued: false,
  isNoDelay: true,
  tcpKeepAliveMs: 0,
};
