// The fifteen control packet types: their number, their name, and the flags that their
// fixed header must carry. Numbers are those of the wire; inside Viaduct nothing else
// names a packet type.

/** Control packet types, the upper four bits of a frame's first byte (5.0 section 2.1.2). Type 0 is forbidden. */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

/** One of the fifteen control packet types. */
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

const names = [
  'reserved',
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'AUTH',
] as const;

/** The standard's name of a packet type, for logs and errors; 'reserved' for 0. */
export function packetName(type: number): string {
  return names[type] ?? 'reserved';
}

/**
 * The flags that the fixed header of a type must carry [MQTT-2.1.3-1] [MQTT3-2.2.2-1]: 2 for PUBREL, SUBSCRIBE and
 * UNSUBSCRIBE [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1], 0 for the others [MQTT-3.14.1-1] [MQTT-3.15.1-1]; -1 for
 * PUBLISH, whose flags carry meaning. In 3.1.1 likewise [MQTT3-3.8.1-1] [MQTT3-3.10.1-1] [MQTT3-3.14.1-1].
 */
export function requiredFlags(type: number): number {
  if (type === PacketType.publish) return -1;
  return type === PacketType.pubrel || type === PacketType.subscribe || type === PacketType.unsubscribe ? 2 : 0;
}
