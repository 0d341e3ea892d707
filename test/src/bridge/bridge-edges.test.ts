// The bridge at its edges: full queues, odd rules, odd remotes, closing, and chunks of any size.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { Router } from '../../../src/router/router.ts';
import { openBridge as open, publishLocally as publish, Remote } from '../../kit/remote.ts';
import { publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;

t.test('a full queue drops by its policy, counts it, and tells the publisher of a refusal', async (t) => {
  for (const [queueOverflow, kept, code] of [
    ['oldest', ['2', '3', '4'], 0],
    ['newest', ['0', '1', '2'], ReasonCode.quotaExceeded],
  ] as const) {
    const world = new World();
    const remote = new Remote();
    const bridge = open(world, { queueCountMax: 3, queueOverflow });
    const codes = Array.from({ length: 5 }, (_one, index) => publish(world, 'up/x', String(index)));
    t.same(codes.at(-1), [code], queueOverflow);
    t.same(bridge.status.forwards[0]?.dropped, { 'queue-full': 2 });
    await remote.open(world, v5);
    await world.clock.advance(5000);
    t.same(remote.payloads, kept);
    bridge.destroy();
  }
});

t.test('a rule whose mapping makes no topic of a message drops it, counted, and goes on', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = open(world, { forwards: [{ localTopic: 'f/+/x/#', remoteTopic: '#' }] });
  await world.clock.settle();
  publish(world, 'f/d/x', 'empty');
  publish(world, 'f/d/x/y', 'fine');
  await world.clock.settle();
  t.same(
    remote.published.map(({ topic }) => topic),
    ['y'],
  );
  t.match(bridge.status.forwards, [{ received: 2, delivered: 1, dropped: { 'bad-topic': 1 } }]);
  t.throws(() => open(world, { name: 'b', forwards: [{ localTopic: 'a/#/b', remoteTopic: '' }] }), {
    code: 'ERR_USAGE_TOPIC_MAPPING',
  });
  bridge.destroy();
});

t.test(
  '3.x: QoS 2 stays within what Mosquitto takes, and a remote that knows no bridge bit is connected without it',
  async (t) => {
    const world = new World();
    const remote = new Remote();
    remote.isAnswering = false;
    await remote.open(world, v311);
    const bridge = open(world, { version: v311 });
    await world.clock.settle();
    for (let index = 0; index < 50; index++) publish(world, 'up/x', String(index), 2);
    await world.clock.settle();
    t.equal(remote.published.length, 20);
    bridge.destroy();

    const strict = new World();
    const seen: boolean[] = [];
    await strict.listen(v311, 9000, (peer) => {
      peer.onPacket = (packet) => {
        if (packet.type !== PacketType.connect) return;
        seen.push(packet.isBridge);
        const reasonCode = packet.isBridge ? ReasonCode.unsupportedProtocolVersion : ReasonCode.success;
        peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode, properties: {} });
      };
    });
    const polite = open(strict, { version: v311, isBridgeBitSet: true });
    await strict.clock.advance(5000);
    t.same(seen, [true, false]);
    t.match(polite.status.link, { state: 'connected' });
    polite.destroy();
  },
);

t.test('a remote that refuses says why in the status, and closing sends what waits first', async (t) => {
  const world = new World();
  const far = new Router();
  await world.openBroker(
    {
      access: {
        isAnonymousAllowed: false,
        users: [],
        rules: [],
        isAllowedWithoutMatch: true,
        isDenialDisconnecting: false,
      },
    },
    9000,
    far,
  );
  const bridge = open(world);
  await world.clock.advance(100);
  t.match(bridge.status.link, { state: 'waiting', error: /not authorized/ });
  bridge.destroy();

  const open2 = new World();
  const remote = new Remote();
  await remote.open(open2, v5);
  const closing = open(open2);
  await open2.clock.settle();
  for (let index = 0; index < 100; index++) publish(open2, 'up/x', String(index));
  const closed = closing.close();
  await open2.clock.settle();
  await closed;
  t.equal(remote.payloads.length, 100);
  t.match(remote.peer.packets.at(-1), { type: PacketType.disconnect, reasonCode: 0 });
  t.same(publish(open2, 'up/x', 'too late'), [ReasonCode.noMatchingSubscribers]);
  t.equal(open2.clock.timerCount, 0);
});

t.test('two of our own brokers, a bridge and a device: end to end in memory, however the bytes are cut', async (t) => {
  for (const chunkBytes of [1, 7, Number.POSITIVE_INFINITY]) {
    const world = new World();
    world.net.chunkBytes = chunkBytes;
    await world.openBroker();
    await world.openBroker({}, 9000, new Router());
    const bridge = open(world, { subscriptions: [{ remoteTopic: 'down/#', localTopic: '', qos: 2 }] });
    const [near, far] = [await world.dial(v5, 1883), await world.dial(v311, 9000)];
    await near.connect('near');
    await far.connect('far');
    near.send(subscribeOf(1, 2, 'down/#'));
    far.send(subscribeOf(1, 2, 'up/#'));
    await world.clock.settle();
    near.send(publishOf('up/a', 'hello', { qos: 2, packetId: 5, properties: { userProperties: [['k', 'v']] } }));
    far.send(publishOf('down/a', 'hi', { qos: 2, packetId: 6 }));
    await world.clock.settle();
    t.match(await far.receivedOf(PacketType.publish), [{ topic: 'up/a', qos: 2 }]);
    t.match(await near.receivedOf(PacketType.publish), [{ topic: 'down/a', qos: 2 }]);
    bridge.destroy();
  }
});
