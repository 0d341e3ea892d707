// Properties of MQTT 5.0 (section 2.2.2.2) as plain data: what CONNECT, CONNACK, SUBSCRIBE, DISCONNECT and AUTH carry.
// The order of user properties is kept [MQTT-3.3.2-18]. Properties of a PUBLISH on its way through Viaduct stay bytes
// (see `property-block.ts`); 3.1 and 3.1.1 have no properties: the object is empty there.
import type { Bytes } from './bytes.ts';

/** A name and a value; the same name may occur again. */
export type UserProperty = readonly [name: string, value: string];

/** Every property of MQTT 5.0; which of them a packet may carry is checked by the codec. */
export interface Properties {
  /** 1: the payload is UTF-8 text; 0: unspecified bytes. */
  readonly payloadFormatIndicator?: 0 | 1;
  /** Seconds, 0 to 4294967295. */
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Bytes;
  /** Each 1 to 268435455; a PUBLISH from a server may carry several. */
  readonly subscriptionIdentifiers?: readonly number[];
  /** Seconds, 0 to 4294967295; 4294967295 means never. */
  readonly sessionExpiryInterval?: number;
  readonly assignedClientIdentifier?: string;
  /** Seconds, 0 to 65535. */
  readonly serverKeepAlive?: number;
  readonly authenticationMethod?: string;
  readonly authenticationData?: Bytes;
  readonly requestProblemInformation?: boolean;
  /** Seconds, 0 to 4294967295. */
  readonly willDelayInterval?: number;
  readonly requestResponseInformation?: boolean;
  readonly responseInformation?: string;
  readonly serverReference?: string;
  readonly reasonString?: string;
  /** 1 to 65535; absent means 65535. */
  readonly receiveMaximum?: number;
  /** 0 to 65535; absent means 0. */
  readonly topicAliasMaximum?: number;
  /** 1 to 65535. */
  readonly topicAlias?: number;
  readonly maximumQos?: 0 | 1;
  readonly retainAvailable?: boolean;
  readonly userProperties?: readonly UserProperty[];
  /** Bytes, 1 to 4294967295; absent means no limit but that of the protocol. */
  readonly maximumPacketSize?: number;
  readonly wildcardSubscriptionAvailable?: boolean;
  readonly subscriptionIdentifiersAvailable?: boolean;
  readonly sharedSubscriptionAvailable?: boolean;
}

/** No properties, shared. */
export const noProperties: Properties = Object.freeze({});
