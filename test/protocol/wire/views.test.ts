// The views of the message path against the codec, their slow twin: of the same opinion on every frame, good or not
// quite, and blind to what stands before and behind it. And what an outgoing PUBLISH says is what its view reads.
import fc from 'fast-check';
import t from 'tap';
import { AckView } from '../../../protocol/wire/ack-frame.ts';
import { type Bytes, bytesOf, bytesOfText, emptyBytes, joinBytes } from '../../../protocol/wire/bytes.ts';
import { decodePacket } from '../../../protocol/wire/codec.ts';
import { allocateHeader, headerLength } from '../../../protocol/wire/fixed-header.ts';
import { Malformed } from '../../../protocol/wire/malformed.ts';
import type { Outbox } from '../../../protocol/wire/outbox.ts';
import { PacketType, requiredFlags } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import { publishSize, writePublish } from '../../../protocol/wire/publish-head.ts';
import { PublishView } from '../../../protocol/wire/publish-view.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { writeVarint } from '../../../protocol/wire/varint.ts';

const { v31, v311, v5 } = ProtocolVersion;
const anyVersion = fc.constantFrom(v31, v311, v5, v5);

const hexes = (...all: readonly string[]): fc.Arbitrary<Bytes> =>
  fc.constantFrom(...all).map((hex) => Buffer.from(hex, 'hex'));

function lengthed(bytes: Bytes): Bytes {
  return joinBytes([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function blockOf(items: readonly Bytes[]): Bytes {
  const block = joinBytes(items);
  const prefix = Buffer.alloc(4);
  return joinBytes([prefix.subarray(0, writeVarint(prefix, 0, block.length)), block]);
}

/** Topics: good ones, and every way of being wrong, alone and together. */
const wrongTopic = fc
  .array(hexes('61', '2f', 'c3a9', 'e4b896', 'f09f9880', '00', '23', '2b', 'ff', 'c080', 'eda080', 'e4b8'), {
    maxLength: 4,
  })
  .map((parts) => lengthed(joinBytes(parts)));
const topic = fc.oneof(hexes('000161', '0003612f62', '0004612fc3a9', '0000'), wrongTopic);
const packetId = hexes('0001', 'ffff', '000a', '0102', '0000', '00', '');
const publishItem = hexes(
  '0101',
  '0102',
  '0200000009',
  '03000174',
  '080001' + '72',
  '080001' + '2b',
  '0900020001',
  '0b05',
  '0b00',
  '230001',
  '230000',
  '2600016b000176',
  '26000000ff',
  '1f000178',
  '7f',
);
const block = fc.oneof(
  { weight: 6, arbitrary: fc.array(publishItem, { maxLength: 3 }).map(blockOf) },
  hexes('', '80', '8000', '05', '8080808001'),
);
const change = fc.option(fc.tuple(fc.nat(), fc.nat(255)), { nil: undefined, freq: 4 });

function frameOf(first: number, parts: readonly Bytes[], at?: readonly [position: number, value: number]): Bytes {
  const body = joinBytes(parts);
  if (at && body.length > 0) body[at[0] % body.length] = at[1];
  return joinBytes([allocateHeader(first, body.length), body]);
}

/** A frame, with bytes of others on both sides, which no view may look at. */
interface Placed {
  readonly bytes: Bytes;
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

function placed(frame: Bytes, margin: Bytes): Placed {
  const start = margin.length;
  const bytes = joinBytes([margin, frame, margin]);
  return { bytes, start, bodyStart: start + headerLength(frame), end: start + frame.length };
}

const margins = hexes('', '00', '0001', 'ffffffff', '0000000000000000', '26000161000162');

function sameOpinion(packet: Packet | Malformed, fault: Malformed | undefined): boolean {
  if (!(packet instanceof Malformed)) {
    if (fault) throw new Error(`only the view says: ${fault.detail}`);
    return true;
  }
  if (fault?.reasonCode !== packet.reasonCode) throw new Error(`codec: ${packet.detail}; view: ${fault?.detail}`);
  return false;
}

t.test(
  'view and codec agree on every PUBLISH [MQTT-3.3.2-1] [MQTT-3.3.2-2] [MQTT-2.2.1-2] [MQTT-2.2.1-3] [MQTT3-2.3.1-1] [MQTT3-2.3.1-5]',
  async (t) => {
    let good = 0;
    const view = new PublishView();
    const input = fc.record({
      version: anyVersion,
      flags: fc.constantFrom(0, 1, 2, 3, 4, 5, 10, 12),
      topic,
      packetId,
      block,
      change,
    });
    fc.assert(
      fc.property(input, hexes('', '78', '00ff'), margins, (parts, payload, margin) => {
        const { version, flags } = parts;
        const id = flags > 1 ? [parts.packetId] : [];
        const properties = version === v5 ? [parts.block] : [];
        const frame = frameOf(0x30 | flags, [parts.topic, ...id, ...properties, payload], parts.change);
        const packet = decodePacket(frame, version);
        const { bytes, start, bodyStart, end } = placed(frame, margin);
        const fault = view.read(bytes, start, bodyStart, end, version);
        if (!sameOpinion(packet, fault) || packet instanceof Malformed || packet.type !== PacketType.publish) return;
        good++;
        const read = [view.topic(), view.payload().toString('hex'), view.qos, view.retain, view.dup, view.packetId];
        const expected = [
          packet.topic,
          packet.payload.toString('hex'),
          packet.qos,
          packet.retain,
          packet.dup,
          packet.packetId,
        ];
        if (JSON.stringify(read) !== JSON.stringify(expected)) throw new Error('the fields differ');
        const { topicAlias = 0, messageExpiryInterval = -1, subscriptionIdentifiers } = packet.properties;
        const seen = [view.topicAlias, view.messageExpiryInterval, view.subscriptionIdentifiers];
        const told = [topicAlias, messageExpiryInterval, subscriptionIdentifiers];
        if (JSON.stringify(seen) !== JSON.stringify(told)) throw new Error('the properties differ');
      }),
      { numRuns: 6000 },
    );
    t.ok(good > 200, `${good} of them were good ones`);
  },
);

t.test(
  'view and codec agree on every acknowledgement [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]',
  async (t) => {
    let good = 0;
    const view = new AckView();
    const item = hexes('1f000177', '2600016b000176', '1f0002c080', '230001', '260001');
    const tail = fc.oneof(
      fc.constant(emptyBytes),
      fc
        .tuple(
          hexes('00', '10', '92', '97', '7f', '18'),
          fc.oneof(fc.constant(emptyBytes), fc.array(item, { maxLength: 2 }).map(blockOf)),
        )
        .map(joinBytes),
      fc.uint8Array({ maxLength: 6 }).map(bytesOf),
    );
    const types = fc.constantFrom(PacketType.puback, PacketType.pubrec, PacketType.pubrel, PacketType.pubcomp);
    fc.assert(
      fc.property(
        types,
        anyVersion,
        fc.tuple(packetId, tail, change),
        margins,
        (type, version, [id, rest, at], margin) => {
          const frame = frameOf((type << 4) | requiredFlags(type), [id, rest], at);
          const packet = decodePacket(frame, version);
          const { bytes, start, bodyStart, end } = placed(frame, margin);
          const fault = view.read(bytes, start, bodyStart, end, version);
          if (!sameOpinion(packet, fault) || packet instanceof Malformed || !('packetId' in packet)) return;
          good++;
          if (!('reasonCode' in packet) || view.type !== type) throw new Error('another type');
          const read = [view.packetId, view.reasonCode, view.properties()];
          const told = [packet.packetId, packet.reasonCode, packet.properties];
          if (JSON.stringify(read) !== JSON.stringify(told)) throw new Error('the fields differ');
        },
      ),
      { numRuns: 4000 },
    );
    t.ok(good > 300, `${good} of them were good ones`);
  },
);

t.test('a view that is used again has nothing left of the PUBLISH before', async (t) => {
  const view = new PublishView();
  const read = (hex: string): Malformed | undefined => {
    const frame = Buffer.from(hex, 'hex');
    return view.read(frame, 0, 2, frame.length, v5);
  };
  t.equal(read('3b1100016100070a0b05020000000923000378'), undefined);
  t.same([view.qos, view.packetId, view.topicAlias, view.messageExpiryInterval], [1, 7, 3, 9]);
  t.equal(read('3004' + '000162' + '00'), undefined);
  t.same([view.topic(), view.qos, view.dup, view.retain, view.packetId], ['b', 0, false, false, 0]);
  t.same([view.topicAlias, view.messageExpiryInterval, view.subscriptionIdentifiers], [0, -1, undefined]);
  t.equal(view.payload().length, 0);
  t.equal(read('3003' + '000000')?.reasonCode, ReasonCode.protocolError, 'the alias before is no alias now');
});

class Sheet implements Outbox {
  position = 5;
  packets = 0;
  readonly page: Bytes = Buffer.alloc(600);

  reserve(_size: number): Bytes {
    return this.page;
  }

  append(bytes: Bytes): void {
    this.position += bytes.copy(this.page, this.position);
  }
}

t.test(
  'an outgoing PUBLISH is read as it was meant, with and without alias [MQTT-3.3.1-1] [MQTT-3.3.1-2] [MQTT-3.3.2-6] [MQTT-3.3.4-3] [MQTT-3.3.4-4]',
  async (t) => {
    const input = fc.record({
      version: anyVersion,
      packetId: fc.integer({ min: 1, max: 65_535 }),
      dup: fc.boolean(),
      topicAlias: fc.constantFrom(0, 1, 65_535),
      isTopicOmitted: fc.boolean(),
      now: fc.constantFrom(0, 1, 999, 1000, 59_999, 60_000, 70_000),
    });
    const block = Buffer.from('0101' + '2600016b000176' + '2600016b000175', 'hex');
    const delivered = fc.record({
      qos: fc.constantFrom<Qos>(0, 1, 2),
      retain: fc.boolean(),
      expiresAt: fc.constantFrom(0, 60_000),
      identifiers: fc.constantFrom(undefined, [], [1], [127, 128, 268_435_455]),
      payload: hexes('', '78', '00'.repeat(300)),
    });
    fc.assert(
      fc.property(input, delivered, (given, { qos, retain, expiresAt, identifiers, payload }) => {
        const target = {
          ...given,
          isTopicOmitted: given.isTopicOmitted && given.topicAlias > 0 && given.version === v5,
        };
        const isV5 = target.version === v5;
        const message = { topicBytes: bytesOfText('a/é'), payload, properties: block, expiresAt };
        const delivery = { message, qos, retain, subscriptionIdentifiers: identifiers };
        const sheet = new Sheet();
        writePublish(sheet, delivery, target);
        const frame = sheet.page.subarray(5, sheet.position);
        if (frame.length !== publishSize(delivery, target)) throw new Error('the size is wrong');
        const view = new PublishView();
        const fault = view.read(frame, 0, headerLength(frame), frame.length, target.version);
        if (fault) throw new Error(fault.detail);
        const left = expiresAt > 0 ? Math.max(0, Math.ceil((expiresAt - target.now) / 1000)) : -1;
        const read = [
          view.topic(),
          view.qos,
          view.retain,
          view.dup,
          view.packetId,
          view.topicAlias,
          view.messageExpiryInterval,
        ];
        const meant = [
          target.isTopicOmitted ? '' : 'a/é',
          qos,
          retain,
          target.dup && qos > 0,
          qos > 0 ? target.packetId : 0,
          isV5 ? target.topicAlias : 0,
          isV5 ? left : -1,
        ];
        if (JSON.stringify(read) !== JSON.stringify(meant)) throw new Error(`${read} instead of ${meant}`);
        if (!view.payload().equals(payload)) throw new Error('another payload');
        if (isV5 && !view.forwardProperties().equals(block)) throw new Error('other properties');
        const attached = isV5 && identifiers && identifiers.length > 0 ? identifiers : undefined;
        if (JSON.stringify(view.subscriptionIdentifiers) !== JSON.stringify(attached))
          throw new Error('other identifiers');
      }),
      { numRuns: 1500 },
    );
    t.pass('1500 packets');
  },
);
