// The broker over a network in memory, packet by packet, in all three versions.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet, PublishPacket } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { Acceptance } from '../../../src/router/acceptance.ts';
import type { Destination } from '../../../src/router/destination.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf, versions, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;

function published(packets: readonly Packet[]): readonly PublishPacket[] {
  return packets.filter((packet): packet is PublishPacket => packet.type === PacketType.publish);
}

for (const version of versions) {
  t.test(
    `in version ${version} a device connects, subscribes, and gets what another publishes at every QoS [MQTT-3.1.4-5] [MQTT-3.8.4-1] [MQTT-4.3.1-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT3-4.3.3-2]`,
    async (t) => {
      const world = new World();
      await world.openBroker();
      const [listener, device] = [await world.dial(version), await world.dial(version)];
      t.match(await listener.connect('listener'), [{ type: PacketType.connack, reasonCode: 0 }]);
      await device.connect('device');
      listener.send(subscribeOf(1, 2, 'a/#'));
      t.match(await listener.received(), [{ type: PacketType.suback, packetId: 1, reasonCodes: [2] }]);
      device.send(
        publishOf('a/b', 'zero'),
        publishOf('a/b', 'one', { qos: 1, packetId: 7 }),
        publishOf('a/b', 'two', { qos: 2, packetId: 8 }),
      );
      t.match(await device.received(), [
        { type: PacketType.puback, packetId: 7 },
        { type: PacketType.pubrec, packetId: 8 },
      ]);
      device.send(ackOf(6, 8));
      t.match(await device.received(), [{ type: PacketType.pubcomp, packetId: 8 }]);
      const got = published(await listener.received());
      t.same(
        got.map(({ payload, qos, dup, retain }) => [payload.toString(), qos, dup, retain]),
        [
          ['zero', 0, false, false],
          ['one', 1, false, false],
          ['two', 2, false, false],
        ],
      );
    },
  );
}

t.test(
  'no PUBACK leaves before every destination has accepted, and they leave in receipt order [MQTT-4.6.0-2] [MQTT-4.6.0-3]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const held: Acceptance[] = [];
    const slow: Destination = {
      origin: new Origin('application', 'slow'),
      isReady: true,
      deliver: (_message, _grant, acceptance) => {
        acceptance.hold();
        held.push(acceptance);
      },
    };
    world.router.subscribe(slow, 'slow/#', { qos: 2, isNoLocal: false, isRetainAsPublished: false, identifier: 0 });
    const device = await world.dial(v311);
    await device.connect('device');
    device.send(
      publishOf('slow/1', '', { qos: 1, packetId: 1 }),
      publishOf('quick', '', { qos: 1, packetId: 2 }),
      publishOf('slow/2', '', { qos: 2, packetId: 3 }),
    );
    t.same(await device.received(), [], 'nothing is acknowledged while the first is not accepted');
    held[1]?.settle();
    t.same(await device.received(), [], 'the third is accepted, but the first is not');
    held[0]?.settle();
    t.match(await device.received(), [
      { type: PacketType.puback, packetId: 1 },
      { type: PacketType.puback, packetId: 2 },
      { type: PacketType.pubrec, packetId: 3 },
    ]);
  },
);

t.test(
  'a QoS 2 message is delivered once, however often it is repeated before PUBREL [MQTT-4.3.3-10] [MQTT3-4.3.3-2]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const listener = await world.dial(v311);
    await listener.connect('listener');
    listener.send(subscribeOf(1, 0, '#'));
    await listener.received();
    const first = await world.dial(v311);
    await first.connect('device', { cleanStart: false });
    first.send(publishOf('a', 'x', { qos: 2, packetId: 9 }));
    await first.received();
    first.cut();
    const second = await world.dial(v311);
    t.match(await second.connect('device', { cleanStart: false }), [{ sessionPresent: true }]);
    second.send(publishOf('a', 'x', { qos: 2, packetId: 9, dup: true }));
    t.match(await second.received(), [{ type: PacketType.pubrec, packetId: 9 }]);
    second.send(ackOf(6, 9));
    t.match(await second.received(), [{ type: PacketType.pubcomp, packetId: 9 }]);
    t.equal(published(await listener.received()).length, 1);
    second.send(publishOf('a', 'y', { qos: 2, packetId: 9 }));
    t.equal(
      published(await listener.received()).length,
      1,
      'after PUBCOMP the identifier is a new message [MQTT-4.3.3-12]',
    );
  },
);

t.test(
  'an away session keeps QoS 1 and 2, sends them in order, and repeats what was not acknowledged [MQTT3-3.1.2-5] [MQTT-4.4.0-1] [MQTT-4.6.0-1]',
  async (t) => {
    const world = new World();
    const broker = await world.openBroker();
    const away = await world.dial(v311);
    await away.connect('away', { cleanStart: false });
    away.send(subscribeOf(1, 2, 'a'));
    await away.received();
    away.cut();
    const device = await world.dial(v311);
    await device.connect('device');
    device.send(
      publishOf('a', '0', { qos: 0 }),
      ...[1, 2, 3].map((id) => publishOf('a', String(id), { qos: 1, packetId: id })),
      publishOf('a', '4', { qos: 2, packetId: 4 }),
    );
    await device.received();
    t.same(broker.status.dropped, { 'qos-0-offline': 1 });
    const back = await world.dial(v311);
    const first = published(await back.connect('away', { cleanStart: false }));
    t.same(
      first.map(({ payload, dup }) => [payload.toString(), dup]),
      [
        ['1', false],
        ['2', false],
        ['3', false],
        ['4', false],
      ],
    );
    back.send(ackOf(4, first[0]!.packetId), ackOf(5, first[3]!.packetId));
    t.match(await back.received(), [{ type: PacketType.pubrel, packetId: first[3]!.packetId }]);
    back.cut();
    const again = await world.dial(v311);
    const packets = await again.connect('away', { cleanStart: false });
    t.match(
      packets.slice(1),
      [
        { type: PacketType.pubrel, packetId: first[3]!.packetId },
        { type: PacketType.publish, packetId: first[1]!.packetId, dup: true },
        { type: PacketType.publish, packetId: first[2]!.packetId, dup: true },
      ],
      'PUBREL stays PUBREL, PUBLISH comes again with DUP',
    );
    t.equal(packets.length, 4, 'and nothing else');
  },
);

t.test('nothing is ever sent again on a live connection [MQTT-4.4.0-1]', async (t) => {
  const world = new World();
  await world.openBroker();
  const listener = await world.dial(v5);
  await listener.connect('listener');
  listener.send(subscribeOf(1, 2, '#'));
  await listener.received();
  const device = await world.dial(v5);
  await device.connect('device');
  device.send(publishOf('a', 'x', { qos: 1, packetId: 1 }), publishOf('a', 'y', { qos: 2, packetId: 2 }));
  t.equal(published(await listener.received()).length, 2);
  await world.clock.advance(3_600_000);
  t.same(await listener.received(), []);
});

t.test(
  'a retained message goes to whoever subscribes later, and an empty one removes it [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT3-3.3.1-6] [MQTT3-3.3.1-10]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const device = await world.dial(v5);
    await device.connect('device');
    device.send(publishOf('state', 'on', { retain: true }));
    await device.received();
    const late = await world.dial(v311);
    await late.connect('late');
    late.send(subscribeOf(1, 1, '#'));
    t.match(published(await late.received()), [{ topic: 'state', retain: true }]);
    device.send(publishOf('state', 'off', { retain: true }));
    t.match(
      published(await late.received()),
      [{ topic: 'state', retain: false }],
      'live, the flag is 0 [MQTT-3.3.1-12]',
    );
    device.send(publishOf('state', '', { retain: true }));
    await late.received();
    const later = await world.dial(v311);
    await later.connect('later');
    later.send(subscribeOf(1, 1, '#'));
    t.same(published(await later.received()), []);
  },
);

t.test(
  'a will goes out when the device vanishes, not when it says good-bye [MQTT-3.1.2-8] [MQTT-3.14.4-3] [MQTT3-3.1.2-8] [MQTT3-3.14.4-3]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const listener = await world.dial(v5);
    await listener.connect('listener');
    listener.send(subscribeOf(1, 1, 'wills/#'));
    await listener.received();
    const withWill = async (version: ProtocolVersion, name: string, delay = 0): Promise<RawPeer> => {
      const peer = await world.dial(version);
      const properties = version === v5 ? { willDelayInterval: delay } : {};
      const will = { topic: `wills/${name}`, payload: Buffer.from('gone'), qos: 1 as const, retain: false, properties };
      await peer.connect(name, {
        will,
        ...(version === v5 ? { properties: { sessionExpiryInterval: 60 }, cleanStart: false } : {}),
      });
      return peer;
    };
    for (const version of versions) {
      (await withWill(version, `lost-${version}`)).cut();
      t.match(published(await listener.received()), [{ topic: `wills/lost-${version}` }]);
      const polite = await withWill(version, `polite-${version}`);
      polite.send({ type: PacketType.disconnect, reasonCode: 0, properties: {} });
      t.same(published(await listener.received()), []);
      t.ok(polite.isClosed);
    }
    (await withWill(v5, 'late', 10)).cut();
    await world.clock.advance(9_000);
    t.same(published(await listener.received()), []);
    await world.clock.advance(2_000);
    t.match(published(await listener.received()), [{ topic: 'wills/late' }]);
    (await withWill(v5, 'back', 10)).cut();
    await world.clock.advance(5_000);
    await withWill(v5, 'back', 10);
    await world.clock.advance(20_000);
    t.same(published(await listener.received()), [], 'it came back in time [MQTT-3.1.3-9]');
  },
);

t.test('a second connection with the same client id takes over [MQTT-3.1.4-3] [MQTT3-3.1.4-2]', async (t) => {
  const world = new World();
  await world.openBroker();
  const first = await world.dial(v5);
  await first.connect('same');
  const second = await world.dial(v5);
  t.match(await second.connect('same'), [{ type: PacketType.connack, reasonCode: 0, sessionPresent: false }]);
  t.match(await first.received(), [{ type: PacketType.disconnect, reasonCode: ReasonCode.sessionTakenOver }]);
  t.ok(first.isClosed);
});

t.test('shared subscriptions share, one message to one member [MQTT-4.8.2-1]', async (t) => {
  const world = new World();
  await world.openBroker();
  const members = [await world.dial(v5), await world.dial(v5)];
  for (const [index, member] of members.entries()) {
    await member.connect(`member-${index}`);
    member.send(subscribeOf(1, 1, '$share/team/#'));
    await member.received();
  }
  const device = await world.dial(v5);
  await device.connect('device');
  device.send(...Array.from({ length: 10 }, (_one, index) => publishOf('a', String(index))));
  const counts = [published(await members[0]!.received()).length, published(await members[1]!.received()).length];
  t.same(counts, [5, 5]);
});

t.test(
  'topic aliases save the topic, both ways [MQTT-3.3.2-7] [MQTT-3.3.2-9] [MQTT-3.3.2-12] [MQTT-3.1.2-26]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const listener = await world.dial(v5);
    await listener.connect('listener', { properties: { topicAliasMaximum: 1 } });
    listener.send(subscribeOf(1, 0, '#'));
    await listener.received();
    const device = await world.dial(v5);
    t.match(await device.connect('device'), [{ properties: { topicAliasMaximum: 100 } }]);
    device.send(
      publishOf('long/topic', '1', { properties: { topicAlias: 4 } }),
      publishOf('', '2', { properties: { topicAlias: 4 } }),
      publishOf('another', '3'),
    );
    t.match(published(await listener.received()), [
      { topic: 'long/topic', properties: { topicAlias: 1 } },
      { topic: '', properties: { topicAlias: 1 } },
      { topic: 'another', properties: {} },
    ]);
  },
);
