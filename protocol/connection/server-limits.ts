// ServerLimits: what a server allows its clients, how it announces that, and what it says to those who ask for more.
// CONNACK announces to 5.0 what is not the standard's default; a 3.x client learns of a limit only when it meets it.
// Pure functions over one object; everything is bounded by the packet that is judged.
import { parseFilter } from '../topic/topic-filter.ts';
import { Malformed } from '../wire/malformed.ts';
import { PacketType } from '../wire/packet-type.ts';
import type { ConnackPacket, ConnectPacket, SubscribePacket } from '../wire/packets.ts';
import { noProperties, type Properties } from '../wire/properties.ts';
import { ProtocolVersion, type Qos } from '../wire/protocol-version.ts';
import { ReasonCode } from '../wire/reason-code.ts';
import { packetSizeMax } from './limits.ts';
import type { PublishJudge } from './publish-reader.ts';
import type { ConnectAnswer } from './server-terms.ts';

/** What the server allows; see `BrokerOptions` for bounds and defaults. */
export interface ServerLimits {
  readonly maximumPacketSize: number;
  readonly receiveMaximum: number;
  readonly topicAliasMaximum: number;
  readonly keepAliveMultiplier: number;
  readonly connectTimeoutMs: number;
  /** Highest QoS of a message from a client. Default 2. */
  readonly maximumQos?: Qos;
  /** Whether messages may be retained. Default true. */
  readonly isRetainAvailable?: boolean;
  /** Whether filters may have wildcards. Default true. */
  readonly isWildcardAvailable?: boolean;
  /** Whether subscriptions may be shared. Default true. */
  readonly isSharedAvailable?: boolean;
  /** Whether subscriptions may have identifiers. Default true. */
  readonly isSubscriptionIdentifierAvailable?: boolean;
  /** Seconds, 1 to 65535: the keep-alive of all 5.0 clients, whatever they wish. Default 0: their own. */
  readonly serverKeepAliveS?: number;
  /** Seconds, 1 to 65535: the longest keep-alive of a 5.0 client, one without any included. Default 0: no bound. */
  readonly keepAliveSMax?: number;
  /** Seconds, 1 to 65535: the shortest keep-alive of a 5.0 client that has one. Default 0: no bound. */
  readonly keepAliveSMin?: number;
  /** Characters of a client identifier. Default 65535. */
  readonly clientIdLengthMax?: number;
  /** Hold 3.1 clients to the 23 characters that 3.1 allows; many devices have more. Default false. */
  readonly isV31ClientIdShort?: boolean;
}

/** Characters of a client identifier in 3.1. */
const clientIdLengthMaxV31 = 23; // [MQTT31-2]

/** The CONNACK that accepts a client; `authentication` is the last word of its authentication method. */
export function acceptanceOf(
  limits: ServerLimits,
  connect: ConnectPacket,
  answer: ConnectAnswer,
  authentication: Properties,
): ConnackPacket {
  const isV5 = connect.version === ProtocolVersion.v5;
  return {
    type: PacketType.connack,
    // [MQTT-3.2.2-2] [MQTT-3.2.2-3] [MQTT3-3.2.2-1] [MQTT3-3.2.2-2] [MQTT3-3.2.2-3]
    sessionPresent: answer.sessionPresent && connect.version !== ProtocolVersion.v31,
    reasonCode: ReasonCode.success,
    properties: isV5 ? { ...announcedTo(connect, limits, answer), ...authentication } : noProperties,
  };
}

/** What a 5.0 client is told with CONNACK: whatever is not as the standard assumes [MQTT-3.2.2-22]. */
function announcedTo(connect: ConnectPacket, limits: ServerLimits, answer: ConnectAnswer): Properties {
  const { maximumPacketSize, topicAliasMaximum, maximumQos = 2 } = limits;
  const receiveMaximum = Math.min(limits.receiveMaximum, answer.receiveMaximum ?? limits.receiveMaximum);
  const keepAlive = keepAliveOf(limits, connect);
  const isInformed = connect.properties.requestResponseInformation === true; // [MQTT-3.1.2-28]
  const { assignedClientId, sessionExpiryInterval, responseInformation } = answer;
  return {
    ...(receiveMaximum < 65_535 ? { receiveMaximum } : {}),
    ...(maximumPacketSize < packetSizeMax ? { maximumPacketSize } : {}),
    ...(topicAliasMaximum > 0 ? { topicAliasMaximum } : {}),
    ...(maximumQos < 2 ? { maximumQos: maximumQos === 1 ? 1 : 0 } : {}), // [MQTT-3.2.2-9]
    ...(limits.isRetainAvailable === false ? { retainAvailable: false } : {}), // [MQTT-3.2.2-13]
    ...(limits.isWildcardAvailable === false ? { wildcardSubscriptionAvailable: false } : {}),
    ...(limits.isSharedAvailable === false ? { sharedSubscriptionAvailable: false } : {}),
    ...(limits.isSubscriptionIdentifierAvailable === false ? { subscriptionIdentifiersAvailable: false } : {}),
    ...(keepAlive === connect.keepAlive ? {} : { serverKeepAlive: keepAlive }), // [MQTT-3.2.2-21]
    ...(assignedClientId === undefined ? {} : { assignedClientIdentifier: assignedClientId }), // [MQTT-3.2.2-16]
    ...(sessionExpiryInterval === undefined ? {} : { sessionExpiryInterval }),
    ...(responseInformation !== undefined && isInformed ? { responseInformation } : {}),
  };
}

/** The keep-alive that counts, in seconds. A 3.x client cannot be told of another one than its own. */
export function keepAliveOf(limits: ServerLimits, connect: ConnectPacket): number {
  const { serverKeepAliveS = 0, keepAliveSMin = 0, keepAliveSMax = 0 } = limits;
  if (connect.version !== ProtocolVersion.v5) return connect.keepAlive;
  if (serverKeepAliveS > 0) return serverKeepAliveS;
  const isTooLong = keepAliveSMax > 0 && (connect.keepAlive === 0 || connect.keepAlive > keepAliveSMax);
  if (isTooLong) return keepAliveSMax;
  return connect.keepAlive === 0 ? 0 : Math.max(connect.keepAlive, keepAliveSMin);
}

/** Why a CONNECT is refused whoever sends it; undefined if the limits allow it. */
export function connectFault(limits: ServerLimits, connect: ConnectPacket): Malformed | undefined {
  const { will, clientId, version } = connect;
  const length = [...clientId].length;
  const isV31 = version === ProtocolVersion.v31 && limits.isV31ClientIdShort === true;
  const lengthMax = isV31 ? clientIdLengthMaxV31 : (limits.clientIdLengthMax ?? 65_535);
  if (length > lengthMax) {
    const detail = `a client identifier of ${length} characters, at most ${lengthMax} are allowed`;
    return new Malformed(ReasonCode.clientIdentifierNotValid, '', detail); // [MQTT-3.1.3-8] [MQTT3-3.1.3-9]
  }
  if (will === undefined) return undefined;
  return publishFault(limits, will.qos, will.retain); // [MQTT-3.2.2-12] [MQTT-3.2.2-13]
}

/** Why a message is refused, whatever it is about; undefined if the limits allow it. */
export function publishFault(limits: ServerLimits, qos: Qos, retain: boolean): Malformed | undefined {
  const { maximumQos = 2, isRetainAvailable = true } = limits;
  if (qos > maximumQos) {
    const detail = `a message of QoS ${qos}, at most ${maximumQos} is served`;
    return new Malformed(ReasonCode.qosNotSupported, 'MQTT-3.2.2-11', detail);
  }
  if (retain && !isRetainAvailable) {
    return new Malformed(ReasonCode.retainNotSupported, 'MQTT-3.2.2-14', 'messages are not retained here');
  }
  return undefined;
}

/** Judges every message of a connection; undefined where all are served, so that nobody has to ask. */
export function judgeOf(limits: ServerLimits): PublishJudge | undefined {
  const isLimited = (limits.maximumQos ?? 2) < 2 || limits.isRetainAvailable === false;
  return isLimited ? (qos, retain) => publishFault(limits, qos, retain) : undefined;
}

/** Why a SUBSCRIBE of a 5.0 client ends its connection: it was told before; undefined if it does not. */
export function subscribeFault(limits: ServerLimits, packet: SubscribePacket): Malformed | undefined {
  if (limits.isSubscriptionIdentifierAvailable === false && packet.properties.subscriptionIdentifiers !== undefined) {
    const detail = 'subscription identifiers are not served here';
    return new Malformed(ReasonCode.subscriptionIdentifiersNotSupported, '', detail);
  }
  for (const { filter, noLocal } of packet.entries) {
    if (noLocal && filter.startsWith('$share/')) {
      const detail = `no local on the shared subscription ${filter}`;
      return new Malformed(ReasonCode.protocolError, 'MQTT-3.8.3-4', detail); // [MQTT-3.8.3-4]
    }
    const reason = filterRefusal(limits, filter);
    if (reason !== undefined) return new Malformed(reason, '', `the filter ${filter} is of a kind not served here`);
  }
  return undefined;
}

/** The reason code for a filter of a kind that is not served; undefined if it is. */
export function filterRefusal(limits: ServerLimits, filter: string): ReasonCode | undefined {
  if (limits.isSharedAvailable === false && filter.startsWith('$share/')) {
    return ReasonCode.sharedSubscriptionsNotSupported;
  }
  return limits.isWildcardAvailable === false && /[+#]/.test(parseFilter(filter).filter)
    ? ReasonCode.wildcardSubscriptionsNotSupported
    : undefined;
}
