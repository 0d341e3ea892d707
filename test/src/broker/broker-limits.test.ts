// The limits of the broker: bad input, windows, sizes, access, silence, and the end.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet, PublishPacket } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { Acceptance } from '../../../src/router/acceptance.ts';
import type { Destination } from '../../../src/router/destination.ts';
import { fixtureJson } from '../../kit/fixtures.ts';
import { ackOf, publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v31, v311, v5 } = ProtocolVersion;

function published(packets: readonly Packet[]): readonly PublishPacket[] {
  return packets.filter((packet): packet is PublishPacket => packet.type === PacketType.publish);
}

t.test(
  'the window obeys the receive maximum of the device, on reconnect too [MQTT-3.3.4-9] [MQTT-4.9.0-1]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const properties = { sessionExpiryInterval: 100, receiveMaximum: 10 };
    const first = await world.dial(v5);
    await first.connect('slow', { cleanStart: false, properties });
    first.send(subscribeOf(1, 1, '#'));
    await first.received();
    const device = await world.dial(v5);
    await device.connect('device');
    device.send(
      ...Array.from({ length: 20 }, (_one, index) => publishOf('a', String(index), { qos: 1, packetId: index + 1 })),
    );
    await device.received();
    t.equal(published(await first.received()).length, 10);
    first.cut();
    const second = await world.dial(v5);
    const narrow = { cleanStart: false, properties: { ...properties, receiveMaximum: 3 } };
    const repeated = published(await second.connect('slow', narrow));
    t.same(
      repeated.map(({ payload, dup }) => [payload.toString(), dup]),
      [
        ['0', true],
        ['1', true],
        ['2', true],
      ],
    );
    const order: string[] = repeated.map(({ payload }) => payload.toString());
    for (let next = repeated; next.length > 0; ) {
      second.send(...next.map(({ packetId }) => ackOf(4, packetId)));
      next = published(await second.received());
      t.ok(next.length <= 3, 'never more than the receive maximum');
      order.push(...next.map(({ payload }) => payload.toString()));
    }
    t.same(
      order,
      Array.from({ length: 20 }, (_one, index) => String(index)),
      'the old ones first, all in order',
    );
  },
);

t.test(
  'more underway than our receive maximum ends a 5.0 connection, and slows a 3.1.1 one down [MQTT-3.3.4-7]',
  async (t) => {
    const world = new World();
    await world.openBroker({ receiveMaximum: 5 });
    const held: Acceptance[] = [];
    const slow: Destination = {
      origin: new Origin('application', 'slow'),
      isReady: true,
      deliver: (_message, _grant, acceptance) => {
        acceptance.hold();
        held.push(acceptance);
      },
    };
    world.router.subscribe(slow, '#', { qos: 2, isNoLocal: false, isRetainAsPublished: false, identifier: 0 });
    const burst = Array.from({ length: 8 }, (_one, index) =>
      publishOf('a', String(index), { qos: 1, packetId: index + 1 }),
    );
    const modern = await world.dial(v5);
    t.match(await modern.connect('modern'), [{ properties: { receiveMaximum: 5 } }]);
    modern.send(...burst);
    t.match(await modern.received(), [{ type: PacketType.disconnect, reasonCode: ReasonCode.receiveMaximumExceeded }]);
    t.equal(held.length, 5);
    held.length = 0;
    const old = await world.dial(v311);
    await old.connect('old');
    old.send(...burst);
    t.same(await old.received(), []);
    t.equal(held.length, 5, 'the rest is not read yet');
    for (const acceptance of held.splice(0)) acceptance.settle();
    t.equal((await old.received()).length, 5);
    t.equal(held.length, 3);
  },
);

t.test(
  'silence beyond one and a half keep-alives ends the connection [MQTT-3.1.2-22] [MQTT3-3.1.2-24] [MQTT-3.12.4-1]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const device = await world.dial(v5);
    await device.connect('device', { keepAlive: 10 });
    await world.clock.advance(14_000);
    device.send({ type: PacketType.pingreq });
    t.match(await device.received(), [{ type: PacketType.pingresp }]);
    await world.clock.advance(14_000);
    t.same(await device.received(), []);
    await world.clock.advance(2_000);
    t.match(await device.received(), [{ type: PacketType.disconnect, reasonCode: ReasonCode.keepAliveTimeout }]);
    const mute = await world.dial(v311);
    await world.clock.advance(11_000);
    t.ok(mute.isClosed, 'and so does a CONNECT that never comes');
  },
);

t.test(
  'a message too large for a device is dropped for it, and for nobody else [MQTT-3.1.2-24] [MQTT-3.1.2-25]',
  async (t) => {
    const world = new World();
    const broker = await world.openBroker();
    const small = await world.dial(v5);
    await small.connect('small', { properties: { maximumPacketSize: 50 } });
    const large = await world.dial(v5);
    await large.connect('large');
    for (const peer of [small, large]) peer.send(subscribeOf(1, 1, '#'));
    await small.received();
    await large.received();
    large.send(publishOf('a', 'x'.repeat(100), { qos: 1, packetId: 1 }), publishOf('a', 'y', { qos: 1, packetId: 2 }));
    t.same(
      published(await small.received()).map(({ payload }) => payload.toString()),
      ['y'],
    );
    t.equal(published(await large.received()).length, 2);
    t.same(broker.status.dropped, { 'too-large': 1 });
  },
);

t.test('access: users, rules, and what a denied device is told [MQTT3-3.3.5-2]', async (t) => {
  const world = new World();
  const broker = await world.openBroker({
    access: {
      isAnonymousAllowed: false,
      users: [{ username: 'gw', password: 'secret' }],
      rules: [
        {
          isAllowed: true,
          action: 'pubsub',
          topics: ['devices/${clientid}/#'],
          subject: { kind: 'everybody' },
        },
      ],
      isAllowedWithoutMatch: false,
      isDenialDisconnecting: false,
    },
  });
  const nobody = await world.dial(v311);
  t.match(await nobody.connect('n'), [{ reasonCode: ReasonCode.notAuthorized }]);
  const wrong = await world.dial(v5);
  t.match(await wrong.connect('w', { username: 'gw', password: Buffer.from('no') }), [
    { reasonCode: ReasonCode.badUserNameOrPassword },
  ]);
  const device = await world.dial(v5);
  await device.connect('d1', { username: 'gw', password: Buffer.from('secret') });
  device.send(subscribeOf(1, 1, 'devices/d1/in', 'devices/d2/in', '#'));
  t.match(await device.received(), [{ reasonCodes: [1, ReasonCode.notAuthorized, ReasonCode.notAuthorized] }]);
  device.send(
    publishOf('devices/d1/out', '', { qos: 1, packetId: 1 }),
    publishOf('elsewhere', '', { qos: 1, packetId: 2 }),
  );
  t.match(await device.received(), [
    { reasonCode: ReasonCode.noMatchingSubscribers },
    { reasonCode: ReasonCode.notAuthorized },
  ]);
  t.equal(broker.status.denied, 1);
});

interface MalformedCase {
  readonly name: string;
  readonly to: string;
  readonly version: ProtocolVersion;
  readonly hex: string;
  readonly reasonCode: number;
}

t.test(
  'malformed input ends its connection with the right reason, and others do not notice [MQTT-4.13.1-1] [MQTT-3.1.0-2] [MQTT-3.3.4-6]',
  async (t) => {
    const world = new World();
    const broker = await world.openBroker();
    const bystander = await world.dial(v5);
    await bystander.connect('bystander');
    bystander.send(subscribeOf(1, 1, 'still/here'));
    await bystander.received();
    for (const { name, version, hex, reasonCode, to } of fixtureJson<readonly MalformedCase[]>(
      'frames/malformed.json',
    )) {
      if (to === 'client') continue;
      const isConnect = hex.startsWith('1');
      const peer = await world.dial(version);
      if (!isConnect || name === 'a second CONNECT') {
        t.match(await peer.connect(version === v31 ? 'c31' : 'victim'), [{ reasonCode: 0 }], name);
      }
      peer.sendHex(hex);
      const answer = await peer.received();
      t.ok(peer.isClosed, `${name}: the connection ends`);
      if (version !== v5 && !isConnect) t.same(answer, [], `${name}: 3.x hears nothing`);
      if (version === v5) t.match(answer, [{ reasonCode }], `${name}: the reason is told`);
    }
    bystander.send(publishOf('still/here', 'yes', { qos: 1, packetId: 1 }));
    t.equal(published(await bystander.received()).length, 1);
    t.equal(broker.status.connections, 1);
    t.equal(broker.status.sessions, 1, 'nothing is left of them');
  },
);

t.test('a stale read buffer never reaches the next connection', async (t) => {
  const world = new World();
  await world.openBroker();
  const first = await world.dial(v311);
  await first.connect('device', { cleanStart: false });
  first.sendHex('32100001');
  await first.received();
  first.cut();
  const second = await world.dial(v311);
  t.match(await second.connect('device', { cleanStart: false }), [{ reasonCode: 0 }]);
  second.send({ type: PacketType.pingreq });
  t.match(await second.received(), [{ type: PacketType.pingresp }]);
});

t.test('a device that reads nothing does not let memory grow: QoS 0 is dropped, counted [back-pressure]', async (t) => {
  const world = new World();
  const broker = await world.openBroker({ qos0QueueBytesMax: 1_000_000 });
  const mute = await world.dial(v311);
  await mute.connect('mute');
  mute.send(subscribeOf(1, 0, '#'));
  await mute.received();
  const device = await world.dial(v311);
  await device.connect('device');
  world.net.highWaterMark = 1;
  world.net.chunkBytes = 65_536;
  const payload = 'x'.repeat(100_000);
  device.send(...Array.from({ length: 40 }, () => publishOf('a', payload)));
  await world.clock.settle();
  const { dropped, matched, sent, queued } = broker.status;
  t.equal(matched, 40);
  t.equal(sent + queued + (dropped['qos-0-congested'] ?? 0), 40);
  t.equal(queued, 0, 'what waited has left when the pressure was off');
  t.ok((dropped['qos-0-congested'] ?? 0) > 0);
});

t.test('closing tells 5.0 devices and leaves nothing open', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const device = await world.dial(v5);
  await device.connect('device');
  const closing = broker.close();
  await world.clock.settle();
  t.match(await device.received(), [{ type: PacketType.disconnect, reasonCode: ReasonCode.serverShuttingDown }]);
  await closing;
  t.equal(broker.status.state, 'closed');
  t.equal(world.net.open.size, 0);
  t.equal(world.clock.timerCount, 0, 'no timer is left');
  await t.rejects(world.dial(v5));
});

t.test(
  'an expiry interval is passed on as it came while the clock stands between two milliseconds [MQTT-3.3.2-6]',
  async (t) => {
    const world = new World();
    await world.openBroker();
    const [publisher, listener] = [await world.dial(v5), await world.dial(v5)];
    await publisher.connect('publisher');
    await listener.connect('listener');
    listener.send(subscribeOf(1, 0, 'a'));
    await listener.received();
    await world.clock.advance(0.7);
    publisher.send(publishOf('a', 'x', { properties: { messageExpiryInterval: 5 } }));
    t.match(published(await listener.received()), [{ properties: { messageExpiryInterval: 5 } }]);
  },
);
