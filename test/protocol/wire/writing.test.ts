// Writing packets of any kind, sensible or not: either a RangeError says what is wrong, or what was written is one
// whole frame that reads back as the packet. Nothing is cut off, as mqtt-packet does with values that do not fit.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { bytesOf, emptyBytes } from '../../../protocol/wire/bytes.ts';
import { decodePacket, encodePacket } from '../../../protocol/wire/codec.ts';
import { Malformed } from '../../../protocol/wire/malformed.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { ConnectPacket, Packet, PublishPacket } from '../../../protocol/wire/packets.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { scanThreeWays } from '../../kit/three-ways.ts';

const { v31, v311, v5 } = ProtocolVersion;
const versions = [v31, v311, v5] as const;
const long = 'x'.repeat(65_536);
const binary = fc.uint8Array({ maxLength: 3 }).map(bytesOf);

const text = fc.constantFrom('', 'a', 'a/b', 'é世😀', '\ufeff', '#', 'a/+', '$share/g/a', 'a\0', long, long.slice(1));
const qos = fc.constantFrom<Qos>(0, 1, 2);
const id = fc.constantFrom(1, 2, 65_535, 0, 65_536, 1.5, -1, Number.NaN);
const code = fc.constantFrom(...Object.values(ReasonCode));
const number = fc.constantFrom(0, 1, 65_535, 65_536, 4_294_967_295, 4_294_967_296, -1, 0.5);
const properties: fc.Arbitrary<Properties> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record(
    {
      userProperties: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 2 }),
      reasonString: text,
      topicAlias: number,
      receiveMaximum: number,
      sessionExpiryInterval: number,
      subscriptionIdentifiers: fc.array(number, { minLength: 1, maxLength: 2 }),
      correlationData: binary,
    },
    { requiredKeys: [] },
  ),
);
const will = fc.record({ topic: text, payload: binary, qos, retain: fc.boolean(), properties });
const entry = fc.record({
  filter: text,
  qos,
  noLocal: fc.boolean(),
  retainAsPublished: fc.boolean(),
  retainHandling: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
});

const connect: fc.Arbitrary<ConnectPacket> = fc
  .record({
    version: fc.constantFrom(...versions),
    clientId: text,
    cleanStart: fc.boolean(),
    keepAlive: fc.constantFrom(0, 60, 65_535, 65_536, -1, 0.5),
    isBridge: fc.boolean(),
    properties,
    optional: fc.record({ username: text, password: binary, will }, { requiredKeys: [] }),
  })
  .map(({ optional, ...rest }) => ({ type: PacketType.connect, ...rest, ...optional }));

const packet: fc.Arbitrary<Packet> = fc.oneof(
  connect,
  fc.record({ type: fc.constant(PacketType.connack), sessionPresent: fc.boolean(), reasonCode: code, properties }),
  fc.record({
    type: fc.constant(PacketType.publish),
    topic: text,
    payload: binary,
    qos,
    retain: fc.boolean(),
    dup: fc.boolean(),
    packetId: id,
    properties,
  }),
  fc.record({
    type: fc.constantFrom(PacketType.puback, PacketType.pubrec, PacketType.pubrel, PacketType.pubcomp),
    packetId: id,
    reasonCode: fc.constant(ReasonCode.success),
    properties,
  }),
  fc.record({
    type: fc.constant(PacketType.subscribe),
    packetId: id,
    entries: fc.array(entry, { maxLength: 2 }),
    properties,
  }),
  fc.record({
    type: fc.constant(PacketType.unsubscribe),
    packetId: id,
    filters: fc.array(text, { maxLength: 2 }),
    properties,
  }),
  fc.record({
    type: fc.constantFrom(PacketType.suback, PacketType.unsuback),
    packetId: id,
    reasonCodes: fc.array(code, { maxLength: 2 }),
    properties,
  }),
  fc.record({
    type: fc.constantFrom(PacketType.disconnect, PacketType.auth),
    reasonCode: fc.constant(ReasonCode.success),
    properties,
  }),
);

/** What is left of a packet in a version, by the comments on its fields. */
function expected(one: Packet, version: ProtocolVersion): Packet {
  const isV5 = version === v5;
  const bare = isV5 ? {} : { properties: {} };
  switch (one.type) {
    case PacketType.connect:
      return {
        ...one,
        ...bare,
        isBridge: one.isBridge && !isV5,
        ...(one.will ? { will: { ...one.will, ...bare } } : {}),
      };
    case PacketType.connack:
      return { ...one, ...bare, sessionPresent: one.sessionPresent && version !== ProtocolVersion.v31 };
    case PacketType.publish:
      return { ...one, ...bare, dup: one.dup && one.qos > 0, packetId: one.qos > 0 ? one.packetId : 0 };
    case PacketType.subscribe: {
      const plain = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
      return { ...one, ...bare, entries: one.entries.map((each) => (isV5 ? each : { ...each, ...plain })) };
    }
    case PacketType.pingreq:
    case PacketType.pingresp:
      return one;
    default:
      return { ...one, ...bare };
  }
}

/** The codes that 3.x has: the others are written as the closest. */
function isExact(one: Packet, version: ProtocolVersion): boolean {
  if (version === v5) return true;
  const exact: ReadonlySet<number> = new Set([0, 0x84, 0x85, 0x86, 0x87, 0x88]);
  if (one.type === PacketType.connack) return exact.has(one.reasonCode);
  if (one.type === PacketType.suback) return one.reasonCodes.every((each) => each <= 2 || each === 0x80);
  return one.type !== PacketType.unsuback;
}

/** In JSON, without the prototypes. */
function plain(one: Packet): unknown {
  return JSON.parse(JSON.stringify(one));
}

function written(one: Packet, version: ProtocolVersion): Buffer | undefined {
  try {
    return encodePacket(one, version);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

t.test(
  'what is written reads back as the packet, and what cannot be is a RangeError [MQTT-2.2.1-3] [MQTT3-2.3.1-1] [MQTT-3.3.1-2]',
  async (t) => {
    const counts = { read: 0, refused: 0 };
    fc.assert(
      fc.property(packet, fc.constantFrom(...versions), (one, wanted) => {
        const version = one.type === PacketType.connect ? one.version : wanted;
        const frame = written(one, version);
        if (frame === undefined) {
          counts.refused++;
          return;
        }
        if (frame.length < 1000 && scanThreeWays(frame).frames.length !== 1) throw new Error('not one frame');
        const read = decodePacket(frame, version);
        const isLongId = one.type === PacketType.connect && version === v31 && one.clientId.length > 23;
        if (read instanceof Malformed) {
          if (isLongId) return;
          throw new Error(read.detail);
        }
        counts.read++;
        if (!isExact(one, version)) return;
        if (!isDeepStrictEqual(plain(read), plain(expected(one, version))))
          throw new Error(`read ${JSON.stringify(read)}`);
      }),
      { numRuns: 3000 },
    );
    t.ok(counts.read > 300, `${counts.read} were read`);
    t.ok(counts.refused > 300, `${counts.refused} were refused`);
  },
);

const publish: PublishPacket = {
  type: PacketType.publish,
  topic: 'a',
  payload: emptyBytes,
  qos: 1,
  retain: false,
  dup: false,
  packetId: 1,
  properties: {},
};

t.test(
  'no field is cut off where it does not fit: each one is refused by name [MQTT-4.7.3-3] [MQTT3-4.7.3-3]',
  async (t) => {
    const base = {
      type: PacketType.connect,
      isBridge: false,
      clientId: 'c',
      cleanStart: true,
      keepAlive: 0,
      properties: {},
    };
    const will = { topic: 'w', payload: emptyBytes, qos: 0 as const, retain: false, properties: {} };
    const tooMuch = Buffer.alloc(65_536);
    for (const version of versions) {
      const one = { ...base, version } as const;
      const refusals: readonly (readonly [what: RegExp, packet: Packet])[] = [
        [/client identifier/, { ...one, clientId: long }],
        [/user name/, { ...one, username: long }],
        [/password/, { ...one, username: 'u', password: tooMuch }],
        [/will topic/, { ...one, will: { ...will, topic: long } }],
        [/will topic/, { ...one, will: { ...will, topic: 'a/#' } }],
        [/will payload/, { ...one, will: { ...will, payload: tooMuch } }],
        [/keep alive/, { ...one, keepAlive: 65_536 }],
        [/topic/, { ...publish, topic: long }],
        [/topic/, { ...publish, topic: '' }],
        [/wildcard/, { ...publish, topic: 'a/+' }],
        [/NUL/, { ...publish, topic: 'a\0' }],
        [/identifier/, { ...publish, packetId: 65_536 }],
        [/identifier/, { type: PacketType.puback, packetId: 0, reasonCode: 0, properties: {} }],
        [/filter/, { type: PacketType.unsubscribe, packetId: 1, filters: [], properties: {} }],
        [/filter/, { type: PacketType.unsubscribe, packetId: 1, filters: [''], properties: {} }],
        [/filter/, { type: PacketType.unsubscribe, packetId: 1, filters: ['a', long], properties: {} }],
        [/suback/, { type: PacketType.suback, packetId: 1, reasonCodes: [], properties: {} }],
      ];
      for (const [what, refused] of refusals) {
        t.throws(() => encodePacket(refused, version), { name: 'RangeError', message: what }, `${what} in ${version}`);
      }
    }
    t.throws(() => encodePacket({ type: PacketType.auth, reasonCode: 0x18, properties: {} }, v311), RangeError);
    t.equal(
      encodePacket({ ...publish, topic: long.slice(1), payload: tooMuch }, v5).length,
      1 + 3 + 2 + 65_535 + 2 + 1 + 65_536,
    );
  },
);

t.test('a client identifier beyond what 3.1 allows is written all the same: its servers take it', async (t) => {
  const packet = {
    type: PacketType.connect,
    version: v31,
    isBridge: false,
    cleanStart: true,
    keepAlive: 0,
    properties: {},
  } as const;
  const frame = encodePacket({ ...packet, clientId: 'a-bridge-with-quite-a-long-name' }, v31);
  t.match(frame.toString('latin1'), /a-bridge-with-quite-a-long-name$/);
});

t.test('what the caller handed in is not changed by writing it', async (t) => {
  const properties: Properties = Object.freeze({ reasonString: 'r', userProperties: Object.freeze([]) });
  encodePacket(Object.freeze({ type: PacketType.puback, packetId: 1, reasonCode: 0x97, properties }), v5);
  t.same(properties, { reasonString: 'r', userProperties: [] });
});
