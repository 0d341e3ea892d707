// Limits: what the two ends of a connection allow each other. CONNECT says what the client takes,
// CONNACK what the server takes; what is absent has the standard's default, and 3.x has no limits but
// those of the protocol.
import type { ConnackPacket, ConnectPacket } from '../wire/packets.ts';
import { noProperties, type Properties } from '../wire/properties.ts';
import type { Qos } from '../wire/protocol-version.ts';

/** Largest packet that MQTT can express, in bytes. */
export const packetSizeMax = 268_435_460;

/** What one end may send to the other. */
export interface PeerLimits {
  /** QoS 1 and 2 messages underway, 1 to 65535. */
  readonly receiveMaximum: number;
  /** Bytes of a whole packet. */
  readonly maximumPacketSize: number;
  /** Highest topic alias, 0 to 65535. */
  readonly topicAliasMaximum: number;
  readonly maximumQos: Qos;
  readonly isRetainAvailable: boolean;
}

/** What a server told its client beyond the limits. */
export interface ServerFeatures extends PeerLimits {
  /** Seconds; the server's word overrules the client's wish [MQTT-3.1.2-21]. */
  readonly keepAlive: number;
  /** Seconds; 4294967295 means never. */
  readonly sessionExpiryInterval: number;
  readonly assignedClientIdentifier: string | undefined;
  readonly isWildcardAvailable: boolean;
  readonly isSharedAvailable: boolean;
  readonly isSubscriptionIdentifierAvailable: boolean;
}

/** What a peer takes that states nothing, as most do; shared. */
const unstated: PeerLimits = limitsOf(noProperties);

/** What a client takes. */
export function limitsOfConnect(connect: ConnectPacket): PeerLimits {
  return connect.properties === noProperties ? unstated : limitsOf(connect.properties);
}

/** What a server takes and offers, in answer to `connect`. */
export function featuresOfConnack(connect: ConnectPacket, connack: ConnackPacket): ServerFeatures {
  const { properties } = connack;
  const wished = connect.properties.sessionExpiryInterval ?? (connect.cleanStart ? 0 : 0xffff_ffff);
  return {
    ...limitsOf(properties),
    keepAlive: properties.serverKeepAlive ?? connect.keepAlive, // [MQTT-3.1.2-21] [MQTT-3.2.2-21]
    sessionExpiryInterval: properties.sessionExpiryInterval ?? wished,
    assignedClientIdentifier: properties.assignedClientIdentifier,
    isWildcardAvailable: properties.wildcardSubscriptionAvailable ?? true,
    isSharedAvailable: properties.sharedSubscriptionAvailable ?? true,
    isSubscriptionIdentifierAvailable: properties.subscriptionIdentifiersAvailable ?? true,
  };
}

function limitsOf(properties: Properties): PeerLimits {
  return {
    receiveMaximum: properties.receiveMaximum ?? 65_535,
    maximumPacketSize: properties.maximumPacketSize ?? packetSizeMax,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0,
    maximumQos: properties.maximumQos ?? 2,
    isRetainAvailable: properties.retainAvailable ?? true,
  };
}
