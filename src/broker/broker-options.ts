// The options of a broker, each with its unit, bound and default, in one place. Everything
// that can grow, wait or be tried again has its bound here, and every bound has a default
// that suits a gateway.

import type { ProtocolVersion, Qos } from '../../protocol/wire/protocol-version.ts';
import { type AccessOptions, accessDefaults } from '../access/access-options.ts';
import type { CertificatePart } from '../access/certificate-name.ts';
import type { Durability } from '../base/durability.ts';
import type { OverflowPolicy } from '../queue/overflow.ts';
import type { ListenerOptions } from './listener-options.ts';
import type { SessionClass } from './session-class.ts';

/** Everything a broker can be told. */
export interface BrokerOptions {
  readonly listeners: readonly ListenerOptions[];
  /** Who may connect, publish and subscribe. Default: everybody. */
  readonly access: AccessOptions;
  /** Largest packet taken from a device, in bytes, 20 to 268435460. Default 10 MiB. */
  readonly maximumPacketSize: number;
  /** QoS 1 and 2 messages of one device that may await acceptance, 1 to 65535. Default 1,000. */
  readonly receiveMaximum: number;
  /**
   * The same for a 5.0 device that connects while memory for queues is three quarters full, or the journal takes
   * nothing. Default 20.
   */
  readonly receiveMaximumWhenShort: number;
  /**
   * QoS 1 and 2 messages underway to one device, 1 to 65535; the device's receive maximum may lower it. Default 1,000.
   */
  readonly sendWindowMax: number;
  /** Topic aliases that one device may use, 0 to 65535. Default 100. */
  readonly topicAliasMaximum: number;
  /** Highest QoS of messages from devices; higher ones are refused, subscriptions get what there is. Default 2. */
  readonly maximumQos: Qos;
  /** Whether messages may be retained. Default true. */
  readonly isRetainAvailable: boolean;
  /** Whether filters may have wildcards. Default true. */
  readonly isWildcardAvailable: boolean;
  /** Whether subscriptions may be shared. Default true. */
  readonly isSharedAvailable: boolean;
  /** Whether subscriptions may have identifiers. Default true. */
  readonly isSubscriptionIdentifierAvailable: boolean;
  /** Levels of a topic or filter, at least 1. Default 256. */
  readonly topicLevelsMax: number;
  /** Characters of a client id, at least 1. Default 65535. */
  readonly clientIdLengthMax: number;
  /** Hold 3.1 devices to the 23 characters of 3.1. Default false: many real ones have more. */
  readonly isV31ClientIdShort: boolean;
  /** Whether a payload that is declared to be UTF-8 has to be. Default false. */
  readonly isPayloadFormatValidated: boolean;
  /** Seconds, 1 to 65535: the keep-alive of all 5.0 devices, whatever they wish. Default 0: their own. */
  readonly serverKeepAliveS: number;
  /**
   * Which part of a verified certificate names a device's user, who needs no password then. Default none: certificates
   * open the connection, and the methods of access decide.
   */
  readonly certificateName: CertificatePart;
  /** Seconds, 1 to 65535: the longest keep-alive of a 5.0 device, one without any included. Default 0: no bound. */
  readonly keepAliveSMax: number;
  /**
   * Seconds, 1 to 65535: the shortest keep-alive of a 5.0 device that has one; who pings more often need not. Default
   * 0: no bound.
   */
  readonly keepAliveSMin: number;
  /** Devices without user name may connect, where a listener says otherwise than `access`. Default: as there. */
  readonly isAnonymousAllowed?: boolean;
  /**
   * What a 5.0 device gets that asks for topics for its responses; `${clientid}` in it becomes the client id. Default
   * empty: nothing.
   */
  readonly responseInformation: string;
  /** Silence after which a device counts as gone, in keep-alives. Default 1.5. */
  readonly keepAliveMultiplier: number;
  /** Longest time a session without connection is kept, in seconds; 4294967295 means for ever. Default 7 days. */
  readonly sessionExpiryMax: number;
  /** Sessions, connected or not. Default 100,000. */
  readonly sessionsMax: number;
  /** Subscriptions of one session. Default 10,000. */
  readonly subscriptionsMax: number;
  /** Messages that wait for one device. Default 10,000. */
  readonly queueCountMax: number;
  /** Bytes that wait for one device. Default 64 MiB. */
  readonly queueBytesMax: number;
  /** How long messages may wait for a device, in ms, before they are dropped. Default for ever. */
  readonly queueAgeMsMax?: number;
  /**
   * Of these, bytes that QoS 0 messages to a slow device may use; they never use more than half of the count. Default
   * 16 MiB.
   */
  readonly qos0QueueBytesMax: number;
  /**
   * Bytes that wait in memory for all devices together, and for bridges where the budget is shared with them. What
   * stands in the journal as well is let go first; then the queues that are largest give way, each as its policy says.
   * Default 256 MiB.
   */
  readonly queueMemoryMax: number;
  /** Bytes of payloads and properties underway to one device at QoS 1 and 2; the rest waits. Default 16 MiB. */
  readonly underwayBytesMax: number;
  /** What gives way when a device's queue is full. Default the oldest. */
  readonly queueOverflow: OverflowPolicy;
  /**
   * Where QoS 1 and 2 messages for sessions that are kept must be before their publisher is acknowledged. Default
   * `synced`, with a storage.
   */
  readonly durability: Durability;
  /**
   * Where QoS 1 and 2 messages from devices must be at least before they are acknowledged, as far as what they go to is
   * in the journal. Default `memory`: where that says.
   */
  readonly publishDurability: Durability;
  /** Sessions for which something else holds; the first class that fits counts. Default none. */
  readonly sessionClasses: readonly SessionClass[];
  /** Time from accepting a socket to its CONNECT, in ms. Default 10,000. */
  readonly connectTimeoutMs: number;
  /** Versions that may be spoken; others are refused with 0x84, in 3.x with 1. Default: all. */
  readonly versions?: readonly ProtocolVersion[];
  /**
   * Who may subscribe to the `$SYS` topics: all whom the rules let, or of these only devices on this machine; `off`:
   * they are not published. Default `all`.
   */
  readonly systemTopics: 'off' | 'local' | 'all';
  /** How often the `$SYS` topics are published, in ms; 0 turns them off. Default 10,000. */
  readonly systemTopicsIntervalMs: number;
  /** How often sessions and wills are looked at for those whose time is over, in ms. Default 500. */
  readonly sweepIntervalMs: number;
}

/** The defaults of every option but the listeners. */
export const brokerDefaults: Omit<BrokerOptions, 'listeners'> = {
  access: accessDefaults,
  maximumPacketSize: 10 * 1024 * 1024,
  receiveMaximum: 1000,
  receiveMaximumWhenShort: 20,
  sendWindowMax: 1000,
  topicAliasMaximum: 100,
  maximumQos: 2,
  isRetainAvailable: true,
  isWildcardAvailable: true,
  isSharedAvailable: true,
  isSubscriptionIdentifierAvailable: true,
  topicLevelsMax: 256,
  clientIdLengthMax: 65_535,
  isV31ClientIdShort: false,
  isPayloadFormatValidated: false,
  certificateName: 'none',
  serverKeepAliveS: 0,
  keepAliveSMax: 0,
  keepAliveSMin: 0,
  responseInformation: '',
  keepAliveMultiplier: 1.5,
  sessionExpiryMax: 7 * 24 * 3600,
  sessionsMax: 100_000,
  subscriptionsMax: 10_000,
  queueCountMax: 10_000,
  queueBytesMax: 64 * 1024 * 1024,
  qos0QueueBytesMax: 16 * 1024 * 1024,
  queueMemoryMax: 256 * 1024 * 1024,
  underwayBytesMax: 16 * 1024 * 1024,
  queueOverflow: 'oldest',
  durability: 'synced',
  publishDurability: 'memory',
  sessionClasses: [],
  connectTimeoutMs: 10_000,
  systemTopics: 'all',
  systemTopicsIntervalMs: 10_000,
  sweepIntervalMs: 500,
};
