// The 27 properties of MQTT 5.0 (section 2.2.2.2): identifier, name in `Properties`,
// type, and the packets that may carry them. One table, read by everything that reads or
// writes property blocks.
import type { Properties } from './properties.ts';

/** How a property's value is written. */
export type PropertyKind = 'byte' | 'flag' | 'uint16' | 'uint32' | 'varint' | 'text' | 'bytes' | 'pair';

/** Where a property block stands. */
export const PropertyPlace = {
  connect: 1,
  will: 2,
  connack: 4,
  publish: 8,
  ack: 16,
  subscribe: 32,
  suback: 64,
  unsubscribe: 128,
  disconnect: 256,
  auth: 512,
} as const;

/** One of the places of a property block. */
export type PropertyPlace = (typeof PropertyPlace)[keyof typeof PropertyPlace];

/** One property as the table has it. */
export interface PropertyRow {
  readonly id: number;
  readonly name: keyof Properties;
  readonly kind: PropertyKind;
  /** Sum of the places that may carry it. */
  readonly places: number;
}

const P: typeof PropertyPlace = PropertyPlace;
const everywhere = 1023;
const answers = P.connack | P.ack | P.suback | P.disconnect | P.auth;

const rows: readonly PropertyRow[] = [
  { id: 0x01, name: 'payloadFormatIndicator', kind: 'byte', places: P.publish | P.will },
  { id: 0x02, name: 'messageExpiryInterval', kind: 'uint32', places: P.publish | P.will },
  { id: 0x03, name: 'contentType', kind: 'text', places: P.publish | P.will },
  { id: 0x08, name: 'responseTopic', kind: 'text', places: P.publish | P.will },
  { id: 0x09, name: 'correlationData', kind: 'bytes', places: P.publish | P.will },
  { id: 0x0b, name: 'subscriptionIdentifiers', kind: 'varint', places: P.publish | P.subscribe },
  { id: 0x11, name: 'sessionExpiryInterval', kind: 'uint32', places: P.connect | P.connack | P.disconnect },
  { id: 0x12, name: 'assignedClientIdentifier', kind: 'text', places: P.connack },
  { id: 0x13, name: 'serverKeepAlive', kind: 'uint16', places: P.connack },
  { id: 0x15, name: 'authenticationMethod', kind: 'text', places: P.connect | P.connack | P.auth },
  { id: 0x16, name: 'authenticationData', kind: 'bytes', places: P.connect | P.connack | P.auth },
  { id: 0x17, name: 'requestProblemInformation', kind: 'flag', places: P.connect },
  { id: 0x18, name: 'willDelayInterval', kind: 'uint32', places: P.will },
  { id: 0x19, name: 'requestResponseInformation', kind: 'flag', places: P.connect },
  { id: 0x1a, name: 'responseInformation', kind: 'text', places: P.connack },
  { id: 0x1c, name: 'serverReference', kind: 'text', places: P.connack | P.disconnect },
  { id: 0x1f, name: 'reasonString', kind: 'text', places: answers },
  { id: 0x21, name: 'receiveMaximum', kind: 'uint16', places: P.connect | P.connack },
  { id: 0x22, name: 'topicAliasMaximum', kind: 'uint16', places: P.connect | P.connack },
  { id: 0x23, name: 'topicAlias', kind: 'uint16', places: P.publish },
  { id: 0x24, name: 'maximumQos', kind: 'byte', places: P.connack },
  { id: 0x25, name: 'retainAvailable', kind: 'flag', places: P.connack },
  { id: 0x26, name: 'userProperties', kind: 'pair', places: everywhere },
  { id: 0x27, name: 'maximumPacketSize', kind: 'uint32', places: P.connect | P.connack },
  { id: 0x28, name: 'wildcardSubscriptionAvailable', kind: 'flag', places: P.connack },
  { id: 0x29, name: 'subscriptionIdentifiersAvailable', kind: 'flag', places: P.connack },
  { id: 0x2a, name: 'sharedSubscriptionAvailable', kind: 'flag', places: P.connack },
];

/** The identifiers that the message path knows by number. */
export const PropertyId = {
  payloadFormatIndicator: 0x01,
  messageExpiryInterval: 0x02,
  contentType: 0x03,
  correlationData: 0x09,
  subscriptionIdentifier: 0x0b,
  topicAlias: 0x23,
  userProperty: 0x26,
} as const;

const byId: readonly (PropertyRow | undefined)[] = Array.from({ length: 0x2b }, (_unused, id) =>
  rows.find((row) => row.id === id),
);

/** The row of an identifier; undefined if the standard has none. */
export function propertyRow(id: number): PropertyRow | undefined {
  return byId[id];
}

/** All rows in the order of their identifiers. */
export function propertyRows(): readonly PropertyRow[] {
  return rows;
}
