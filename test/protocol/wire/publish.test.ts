// PUBLISH on the message path: what is written reads back, in place, and the properties pass through byte for byte.
import fc from 'fast-check';
import t from 'tap';
import { writeAck } from '../../../protocol/wire/ack-frame.ts';
import { type Bytes, bytesOf, bytesOfText, emptyBytes, joinBytes } from '../../../protocol/wire/bytes.ts';
import { decodePacket } from '../../../protocol/wire/codec.ts';
import { Malformed } from '../../../protocol/wire/malformed.ts';
import type { Outbox } from '../../../protocol/wire/outbox.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { decodePublishProperties, encodePublishProperties } from '../../../protocol/wire/property-block.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import { type PublishTarget, publishSize, writePublish } from '../../../protocol/wire/publish-head.ts';
import { PublishView } from '../../../protocol/wire/publish-view.ts';

class Sheet implements Outbox {
  position = 0;
  packets = 0;
  readonly #parts: Bytes[] = [];
  #page: Bytes = emptyBytes;
  #start = 0;

  reserve(size: number): Bytes {
    this.#take();
    this.#page = bytesOf(new Uint8Array(size + 3));
    this.position = 3;
    this.#start = 3;
    return this.#page;
  }

  append(bytes: Bytes): void {
    this.#take();
    this.#parts.push(bytes);
  }

  get bytes(): Bytes {
    this.#take();
    return joinBytes(this.#parts);
  }

  #take(): void {
    this.#parts.push(this.#page.subarray(this.#start, this.position));
    this.#page = emptyBytes;
    this.position = 0;
    this.#start = 0;
  }
}

function targetOf(version: ProtocolVersion, more: Partial<PublishTarget> = {}): PublishTarget {
  return { version, packetId: 5, dup: false, topicAlias: 0, isTopicOmitted: false, now: 0, ...more };
}

const topics = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom('a', '/', 'é', '世', '😀', 'z') });
const pairs = fc.array(fc.tuple(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 })), { maxLength: 4 });
const clean = (text: string): string => text.replaceAll('\0', '').replaceAll(/[\ud800-\udfff]/g, '');

t.test('a written PUBLISH is exactly as long as foretold and reads back, through view and codec', async (t) => {
  const input = fc.record({
    version: fc.constantFrom(ProtocolVersion.v31, ProtocolVersion.v311, ProtocolVersion.v5),
    topic: topics,
    payload: fc.uint8Array({ maxLength: 200 }),
    qos: fc.constantFrom<Qos>(0, 1, 2),
    retain: fc.boolean(),
    dup: fc.boolean(),
    userProperties: pairs,
    expiry: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: 0 }),
    identifiers: fc.option(fc.array(fc.integer({ min: 1, max: 268_435_455 }), { minLength: 1, maxLength: 3 }), {
      nil: undefined,
    }),
  });
  fc.assert(
    fc.property(input, ({ version, topic, payload, qos, retain, dup, userProperties, expiry, identifiers }) => {
      const isV5 = version === ProtocolVersion.v5;
      const kept = userProperties.map(([name, value]) => [clean(name), clean(value)] as const);
      const properties = encodePublishProperties(kept.length > 0 ? { userProperties: kept } : {});
      const message = {
        topicBytes: bytesOfText(topic),
        payload: bytesOf(payload),
        properties,
        expiresAt: expiry * 1000,
      };
      const delivery = { message, qos, retain, subscriptionIdentifiers: isV5 ? identifiers : undefined };
      const target = targetOf(version, { dup });
      const sheet = new Sheet();
      writePublish(sheet, delivery, target);
      const frame = sheet.bytes;
      if (frame.length !== publishSize(delivery, target)) throw new Error('the size is wrong');
      const packet = decodePacket(frame, version);
      if (packet instanceof Malformed || packet.type !== PacketType.publish) throw new Error('no PUBLISH');
      const view = new PublishView();
      const bodyStart = frame.length < 130 ? 2 : 3;
      const fault = view.read(frame, 0, bodyStart, frame.length, version);
      if (fault) throw new Error(fault.detail);
      const seen = [view.topic(), view.payload().toString('hex'), view.qos, view.retain, view.dup, view.packetId];
      const meant = [topic, Buffer.from(payload).toString('hex'), qos, retain, dup && qos > 0, qos > 0 ? 5 : 0];
      if (JSON.stringify(seen) !== JSON.stringify(meant)) throw new Error('the view differs');
      const { topic: read, qos: readQos, packetId } = packet;
      if (read !== topic || readQos !== qos || packetId !== (qos > 0 ? 5 : 0)) throw new Error('the codec differs');
      if (!isV5) return;
      if (!view.forwardProperties().equals(properties)) throw new Error('the properties changed on the way');
      if (JSON.stringify(view.subscriptionIdentifiers) !== JSON.stringify(identifiers)) throw new Error('identifiers');
      if (view.messageExpiryInterval !== (expiry === 0 ? -1 : expiry)) throw new Error('expiry');
    }),
    { numRuns: 500 },
  );
  t.pass('500 conversations');
});

t.test('user properties keep their order and their repetitions [MQTT-3.3.2-17] [MQTT-3.3.2-18]', async (t) => {
  const userProperties = [
    ['b', '1'],
    ['a', '2'],
    ['b', '3'],
    ['2', ''],
    ['1', ''],
  ] as const;
  t.same(decodePublishProperties(encodePublishProperties({ userProperties })), { userProperties });
});

t.test('alias, expiry and identifiers are taken out of what is forwarded, the rest stays as it came', async (t) => {
  const block = Buffer.from('23000102000000092600016b000176' + '0b05' + '030001' + '63', 'hex');
  const body = joinBytes([Buffer.from('000161', 'hex'), Buffer.of(block.length), block, Buffer.from('x')]);
  const view = new PublishView();
  t.equal(
    view.read(joinBytes([Buffer.of(0x30, body.length), body]), 0, 2, body.length + 2, ProtocolVersion.v5),
    undefined,
  );
  t.equal(view.forwardProperties().toString('hex'), '2600016b000176' + '030001' + '63');
  t.same([view.topicAlias, view.messageExpiryInterval, view.subscriptionIdentifiers], [1, 9, [5]]);
});

t.test('what is left of the expiry is written [MQTT-3.3.2-6]', async (t) => {
  const message = { topicBytes: bytesOfText('a'), payload: emptyBytes, properties: emptyBytes, expiresAt: 10_000 };
  const delivery = { message, qos: 0, retain: false, subscriptionIdentifiers: undefined } as const;
  const sheet = new Sheet();
  writePublish(sheet, delivery, targetOf(ProtocolVersion.v5, { now: 7_500 }));
  const packet = decodePacket(sheet.bytes, ProtocolVersion.v5);
  t.equal(
    !(packet instanceof Malformed) && packet.type === PacketType.publish && packet.properties.messageExpiryInterval,
    3,
  );
});

t.test(
  'acknowledgements are short where all is well, and 3.x has no reason codes [MQTT-3.6.1-1] [MQTT3-3.6.1-1]',
  async (t) => {
    const written = (type: 4 | 5 | 6 | 7, reasonCode: 0 | 0x92, version: ProtocolVersion): string => {
      const sheet = new Sheet();
      writeAck(sheet, type, 0x1234, reasonCode, version);
      return sheet.bytes.toString('hex');
    };
    t.equal(written(4, 0, ProtocolVersion.v5), '40021234');
    t.equal(written(6, 0x92, ProtocolVersion.v5), '6203123492');
    t.equal(written(7, 0x92, ProtocolVersion.v311), '70021234');
  },
);
