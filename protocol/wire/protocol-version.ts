// The three versions of MQTT that Viaduct speaks. A version is a
// parameter of encoding and of a few rules, never a reason for a
// second state machine.

/** The protocol level byte of CONNECT: 3 is MQTT 3.1, 4 is MQTT 3.1.1, 5 is MQTT 5.0. */
export const ProtocolVersion = { v31: 3, v311: 4, v5: 5 } as const;

/** One of the three protocol levels. */
export type ProtocolVersion = (typeof ProtocolVersion)[keyof typeof ProtocolVersion];

/** Quality of service: 0 at most once, 1 at least once, 2 exactly once. */
export type Qos = 0 | 1 | 2;

/** The lower of two qualities of service. */
export function lowerQos(one: Qos, other: Qos): Qos {
  return one < other ? one : other;
}
