// The codec against everything that mqtt-packet would let through, and against itself.
import fc from 'fast-check';
import t from 'tap';
import { bytesOf, bytesOfText, emptyBytes } from '../../../protocol/wire/bytes.ts';
import { decodePacket, encodePacket } from '../../../protocol/wire/codec.ts';
import { Malformed } from '../../../protocol/wire/malformed.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { ConnectPacket, Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { fixtureJson } from '../../kit/fixtures.ts';
import { readStream } from '../../kit/read-stream.ts';
import { scanThreeWays } from '../../kit/three-ways.ts';

interface MalformedCase {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly hex: string;
  readonly reasonCode: number;
  readonly layer: 'wire' | 'broker' | 'connection';
}

const { v31, v311, v5 } = ProtocolVersion;
const cases = fixtureJson<readonly MalformedCase[]>('frames/malformed.json');

t.test('every malformed input is refused with its reason, by codec and views alike [MQTT-4.13.1-1]', async (t) => {
  for (const { name, version, hex, reasonCode } of cases.filter(({ layer }) => layer === 'wire')) {
    const { fault } = readStream(Buffer.from(hex, 'hex'), version);
    t.equal(fault?.reasonCode, reasonCode, name);
  }
});

t.test('what a packet lacks is never taken from the packet behind it', async (t) => {
  const puback = readStream(Buffer.from('4000c000', 'hex'), v311);
  t.equal(puback.packets.length, 0);
  t.equal(puback.fault?.reasonCode, ReasonCode.malformedPacket);
  const disconnect = readStream(Buffer.from('e000c000', 'hex'), v5);
  t.same(
    disconnect.packets.map(({ type }) => type),
    [PacketType.disconnect, PacketType.pingreq],
    'a legal DISCONNECT of length 0 with bytes behind it is delivered',
  );
});

t.test('a packet is read the same whatever was read before it: a bridge, or what is none', async (t) => {
  const subscribe = Buffer.from('8206000100016100', 'hex');
  const alone = decodePacket(bytesOf(subscribe), v311);
  t.match(alone, { entries: [{ filter: 'a', qos: 0, noLocal: false, retainAsPublished: false }] });
  for (const before of ['100d00044d51545484020000000162', '8206000100016103', '9003000100']) {
    decodePacket(bytesOf(Buffer.from(before, 'hex')), v311);
    t.strictSame(decodePacket(bytesOf(subscribe), v311), alone, before);
  }
});

const connect: ConnectPacket = {
  type: PacketType.connect,
  version: v5,
  isBridge: false,
  clientId: 'c',
  cleanStart: true,
  keepAlive: 60,
  username: 'u',
  password: bytesOfText('p'),
  will: {
    topic: 'w',
    payload: bytesOfText('gone'),
    qos: 1,
    retain: true,
    properties: { willDelayInterval: 5, contentType: 'text/plain', userProperties: [['k', 'v']] },
  },
  properties: {
    sessionExpiryInterval: 60,
    receiveMaximum: 10,
    userProperties: [
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
    ],
  },
};
const bare = { ...connect, properties: {}, will: { ...connect.will!, properties: {} } };

const packets: readonly (readonly [version: ProtocolVersion, packet: Packet])[] = [
  [v5, connect],
  [v311, { ...bare, version: v311 }],
  [v31, { ...bare, version: v31, isBridge: true }],
  ...[v31, v311, v5].flatMap((version): [ProtocolVersion, Packet][] => [
    [version, { type: PacketType.connack, sessionPresent: version !== v31, reasonCode: 0, properties: {} }],
    [
      version,
      { type: PacketType.connack, sessionPresent: false, reasonCode: ReasonCode.notAuthorized, properties: {} },
    ],
    ...([0, 1, 2] as const).map((qos): [ProtocolVersion, Packet] => [
      version,
      {
        type: PacketType.publish,
        topic: 'a/b',
        payload: bytesOfText('x'),
        qos,
        retain: qos === 1,
        dup: qos === 2,
        packetId: qos === 0 ? 0 : 7,
        properties:
          version === v5
            ? {
                topicAlias: 3,
                messageExpiryInterval: 9,
                userProperties: [
                  ['z', ''],
                  ['2', 'q'],
                  ['1', 'q'],
                ],
              }
            : {},
      },
    ]),
    ...[PacketType.puback, PacketType.pubrec, PacketType.pubrel, PacketType.pubcomp].map(
      (type): [ProtocolVersion, Packet] => [version, { type, packetId: 65_535, reasonCode: 0, properties: {} }],
    ),
    [
      version,
      {
        type: PacketType.subscribe,
        packetId: 1,
        entries: [
          {
            filter: 'a/#',
            qos: 2,
            noLocal: version === v5,
            retainAsPublished: version === v5,
            retainHandling: version === v5 ? 2 : 0,
          },
          { filter: '+', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        ],
        properties: version === v5 ? { subscriptionIdentifiers: [268_435_455] } : {},
      },
    ],
    [
      version,
      { type: PacketType.suback, packetId: 1, reasonCodes: [0, 1, 2, ReasonCode.unspecifiedError], properties: {} },
    ],
    [version, { type: PacketType.unsubscribe, packetId: 2, filters: ['a/#', '+'], properties: {} }],
    [version, { type: PacketType.unsuback, packetId: 2, reasonCodes: version === v5 ? [0, 0x11] : [], properties: {} }],
    [version, { type: PacketType.pingreq }],
    [version, { type: PacketType.pingresp }],
    [version, { type: PacketType.disconnect, reasonCode: 0, properties: {} }],
  ]),
  [
    v5,
    {
      type: PacketType.pubrec,
      packetId: 9,
      reasonCode: ReasonCode.quotaExceeded,
      properties: { reasonString: 'full' },
    },
  ],
  [v5, { type: PacketType.disconnect, reasonCode: ReasonCode.serverMoved, properties: { serverReference: 'other' } }],
  [
    v5,
    {
      type: PacketType.auth,
      reasonCode: ReasonCode.reAuthenticate,
      properties: { authenticationMethod: 'm', authenticationData: bytesOfText('d') },
    },
  ],
];

t.test(
  'every packet reads back as it was written, in each version, order of user properties kept [MQTT-3.3.2-18]',
  async (t) => {
    for (const [version, packet] of packets) {
      const frame = encodePacket(packet, version);
      t.same(decodePacket(frame, version), packet, `${packet.type} in ${version}`);
      t.same(scanThreeWays(frame).frames, [frame.toString('hex')], 'three ways');
    }
  },
);

t.test('writing never truncates: what cannot be written is a RangeError', async (t) => {
  const publish = {
    type: PacketType.publish,
    topic: 'a',
    payload: emptyBytes,
    qos: 1,
    retain: false,
    dup: false,
    packetId: 1,
    properties: {},
  } as const;
  const long = 'x'.repeat(65_536);
  t.throws(() => encodePacket({ ...publish, topic: long }, v311), RangeError);
  t.throws(() => encodePacket({ ...publish, packetId: 0 }, v311), RangeError);
  t.throws(() => encodePacket({ ...publish, packetId: 65_536 }, v311), RangeError);
  t.throws(() => encodePacket({ ...publish, packetId: 1.5 }, v311), RangeError);
  t.throws(() => encodePacket({ ...connect, clientId: long }, v5), RangeError);
  t.throws(
    () => encodePacket({ type: PacketType.subscribe, packetId: 1, entries: [], properties: {} }, v5),
    RangeError,
  );
  t.equal(encodePacket({ ...publish, topic: 'x'.repeat(65_535) }, v311).length, 1 + 3 + 2 + 65_535 + 2);
});

t.test('no bytes at all make the codec or the views throw, and both are of one opinion', async () => {
  const first = fc
    .integer({ min: 1, max: 15 })
    .chain((type) => fc.constantFrom(type * 16, type * 16 + 2, type * 16 + 10));
  const streams = fc.tuple(first, fc.uint8Array({ maxLength: 60 }), fc.constantFrom(v31, v311, v5));
  fc.assert(
    fc.property(streams, ([head, body, version]) => {
      readStream(bytesOf(Uint8Array.from([head, body.length, ...body])), version);
    }),
    { numRuns: 3000 },
  );
});

t.test('a good packet with some bytes changed never makes the codec or the views throw', async () => {
  const frames = packets.map(([version, packet]) => ({ version, frame: encodePacket(packet, version) }));
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...frames), changes, ({ version, frame }, all) => {
      const changed = bytesOf(Uint8Array.from(frame));
      for (const [position, value] of all) changed[position % changed.length] = value;
      readStream(changed, version);
    }),
    { numRuns: 5000 },
  );
});

t.test('a fault says what was seen', async (t) => {
  const fault = decodePacket(Buffer.from('8206000100016100', 'hex').subarray(0, 8), v311);
  t.ok(!(fault instanceof Malformed));
  const wrong = readStream(Buffer.from('3006000461002362', 'hex'), v311).fault;
  t.match(wrong?.detail, /PUBLISH/);
});
