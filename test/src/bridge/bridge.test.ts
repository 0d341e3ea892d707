// The bridge over a network in memory, against a remote that the test plays.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { Acceptance } from '../../../src/router/acceptance.ts';
import { openBridge as open, publishLocally as publish, Remote } from '../../kit/remote.ts';
import { ackOf, publishOf, versions, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;

for (const version of versions) {
  t.test(`in version ${version} a bridge forwards and subscribes at every QoS, both ways`, async (t) => {
    const world = new World();
    const remote = new Remote();
    await remote.open(world, version);
    const bridge = open(world, {
      version,
      forwards: [
        { localTopic: 'up/#', remoteTopic: 'far/#' },
        { localTopic: 'up/alarm', remoteTopic: 'alarms', qos: 2, retain: true },
      ],
      subscriptions: [{ remoteTopic: 'cmd/+/do', localTopic: 'todo/+', qos: 2 }],
    });
    const local: string[] = [];
    const listener = {
      origin: new Origin('application', 'listener'),
      isReady: true,
      deliver: (message: Message) => void local.push(`${message.topic} ${message.payload} ${message.qos}`),
    };
    world.router.subscribe(listener, 'todo/#', { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 });
    await world.clock.settle();
    t.match(bridge.status.link, { state: 'connected' });
    t.match(remote.connects, [{ version, clientId: 'plant7' }]);
    for (const qos of [0, 1, 2] as const) t.same(publish(world, 'up/x', String(qos), qos), [0], 'the queue holds it');
    publish(world, 'up/alarm', 'fire', 0);
    await world.clock.settle();
    t.same(
      remote.published.map(({ topic, payload, qos, retain }) => [topic, payload.toString(), qos, retain]),
      [
        ['far/x', '0', 0, false],
        ['far/x', '1', 1, false],
        ['far/x', '2', 2, false],
        ['far/alarm', 'fire', 0, false],
        ['alarms', 'fire', 2, true],
      ],
    );
    remote.peer.packets.length = 0;
    remote.peer.send(
      publishOf('cmd/boiler/do', 'a'),
      publishOf('cmd/boiler/do', 'b', { qos: 1, packetId: 1 }),
      publishOf('cmd/boiler/do', 'c', { qos: 2, packetId: 2 }),
    );
    t.match(await remote.peer.received(), [
      { type: PacketType.puback, packetId: 1 },
      { type: PacketType.pubrec, packetId: 2 },
    ]);
    t.same(local, ['todo/boiler a 0', 'todo/boiler b 1', 'todo/boiler c 2']);
    for (const rule of [...bridge.status.forwards, ...bridge.status.subscriptions]) {
      const dropped = Object.values(rule.dropped).reduce((sum, count) => sum + count, 0);
      t.equal(rule.received, rule.delivered + dropped + rule.queued, 'in = delivered + dropped + queued');
      t.equal(rule.queued, 0);
    }
    bridge.destroy();
  });
}

t.test(
  'an outage: what was accepted waits, and arrives in order when the remote is back, without any further publish',
  async (t) => {
    const world = new World();
    const remote = new Remote();
    await remote.open(world, v5);
    const bridge = open(world);
    await world.clock.settle();
    world.net.isDown = true;
    world.net.cut();
    await world.clock.advance(1000);
    t.match(bridge.status.link, { state: 'waiting', error: /./ });
    for (let index = 0; index < 500; index++) t.same(publish(world, 'up/x', String(index)), [0]);
    t.equal(bridge.status.queueDepth, 500);
    publish(world, 'up/x', 'lost', 0);
    t.same(bridge.status.forwards[0]?.dropped, { 'qos-0-offline': 1 });
    await world.clock.advance(600_000);
    t.match(bridge.status.link.state, /waiting|connecting/, 'it never gives up');
    world.net.isDown = false;
    await world.clock.advance(70_000);
    t.same(
      remote.payloads,
      Array.from({ length: 500 }, (_one, index) => String(index)),
    );
    t.equal(bridge.status.queueDepth, 0);
    bridge.destroy();
  },
);

t.test(
  'on reconnect PUBREL stays PUBREL, PUBLISH is repeated with DUP, and the receive maximum of the remote holds',
  async (t) => {
    const world = new World();
    const remote = new Remote();
    remote.isAnswering = false;
    await remote.open(world, v5);
    const bridge = open(world);
    await world.clock.settle();
    for (let index = 0; index < 10; index++) publish(world, 'up/x', String(index), 2);
    await world.clock.settle();
    const ids = remote.published.map(({ packetId }) => packetId);
    t.equal(ids.length, 10);
    remote.peer.send(ackOf(5, ids[0]!), ackOf(5, ids[1]!));
    await world.clock.settle();
    remote.sessionPresent = true;
    remote.receiveMaximum = 4;
    remote.published.length = 0;
    world.net.cut();
    await world.clock.advance(2000);
    const after = remote.peer.packets.filter(({ type }) => type === PacketType.pubrel || type === PacketType.publish);
    t.match(after, [
      { type: PacketType.pubrel, packetId: ids[0] },
      { type: PacketType.pubrel, packetId: ids[1] },
      { type: PacketType.publish, packetId: ids[2], dup: true, qos: 2 },
      { type: PacketType.publish, packetId: ids[3], dup: true, qos: 2 },
    ]);
    t.equal(after.length, 4, 'the released ones count against the receive maximum too');
    remote.isAnswering = true;
    remote.peer.send(ackOf(7, ids[0]!), ackOf(7, ids[1]!), ackOf(5, ids[2]!), ackOf(5, ids[3]!));
    await world.clock.settle();
    t.same(remote.payloads, ['2', '3', '4', '5', '6', '7', '8', '9'], 'each once, in order');
    t.equal(bridge.status.queueDepth, 0);
    bridge.destroy();
  },
);

t.test(
  'a remote that forgot the session gets again what it never owned, in order, and nothing that it owned',
  async (t) => {
    const world = new World();
    const remote = new Remote();
    remote.isAnswering = false;
    await remote.open(world, v5);
    const bridge = open(world);
    await world.clock.settle();
    for (let index = 0; index < 5; index++) publish(world, 'up/x', String(index), 2);
    await world.clock.settle();
    remote.peer.send(ackOf(5, remote.published[0]!.packetId));
    await world.clock.settle();
    remote.published.length = 0;
    remote.isAnswering = true;
    world.net.cut();
    await world.clock.advance(2000);
    t.same(remote.payloads, ['1', '2', '3', '4']);
    t.notOk(
      remote.published.some(({ dup }) => dup),
      'to this session they are new',
    );
    t.match(bridge.status.forwards, [{ received: 5, delivered: 5, queued: 0 }]);
    bridge.destroy();
  },
);

t.test('nothing is sent again on a live connection; a remote that acknowledges nothing is dialled anew', async (t) => {
  const world = new World();
  const remote = new Remote();
  remote.isAnswering = false;
  await remote.open(world, v311);
  const bridge = open(world, { version: v311, keepAlive: 0, acknowledgeTimeoutMs: 20_000 });
  await world.clock.settle();
  publish(world, 'up/x', 'a');
  await world.clock.advance(19_000);
  t.equal(remote.published.length, 1);
  t.equal(remote.peers.length, 1);
  remote.sessionPresent = true;
  await world.clock.advance(4_000);
  t.equal(remote.peers.length, 2, 'a new connection');
  t.match(remote.published.slice(1), [{ dup: true }]);
  bridge.destroy();
});

t.test(
  'a frozen link is noticed by its silence, and a line that was frozen never speaks into the next one',
  async (t) => {
    const world = new World();
    const remote = new Remote();
    await remote.open(world, v5);
    const bridge = open(world, { keepAlive: 10, answerTimeoutMs: 5000 });
    await world.clock.settle();
    world.net.freeze();
    publish(world, 'up/x', 'a');
    await world.clock.advance(30_000);
    t.match(bridge.status.link.state, /waiting|connecting/);
    world.net.thaw();
    // the try that is underway may still fail for want of an answer, and the longest wait follow it
    await world.clock.advance(5100 + 60_000 + 1000);
    t.match(bridge.status.link, { state: 'connected' });
    t.equal(bridge.status.queueDepth, 0);
    t.ok(new Set(remote.payloads).has('a'));
    bridge.destroy();
  },
);

t.test('what a bridge brought in does not go back through it, and $SYS stays at home', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = open(world, {
    forwards: [
      { localTopic: '#', remoteTopic: '' },
      { localTopic: '$SYS/#', remoteTopic: '' },
    ],
    subscriptions: [{ remoteTopic: '#', localTopic: '', qos: 1 }],
  });
  await world.clock.settle();
  remote.peer.send(publishOf('a', 'from afar', { qos: 1, packetId: 1 }));
  publish(world, '$SYS/broker/uptime', '1', 0);
  publish(world, 'b', 'from here');
  await world.clock.settle();
  t.same(remote.payloads, ['from here']);
  bridge.destroy();
});

t.test('the remote is acknowledged only when every local destination holds its message', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = open(world, { subscriptions: [{ remoteTopic: 'cmd/#', localTopic: '', qos: 2 }] });
  const held: Acceptance[] = [];
  const slow = {
    origin: new Origin('application', 'slow'),
    isReady: true,
    deliver: (_message: Message, _grant: unknown, acceptance: Acceptance) => {
      acceptance.hold();
      held.push(acceptance);
    },
  };
  world.router.subscribe(slow, '#', { qos: 2, isNoLocal: false, isRetainAsPublished: false, identifier: 0 });
  await world.clock.settle();
  remote.peer.packets.length = 0;
  remote.peer.send(publishOf('cmd/a', 'x', { qos: 1, packetId: 1 }), publishOf('cmd/a', 'y', { qos: 2, packetId: 2 }));
  t.same(await remote.peer.received(), []);
  held[1]?.settle();
  t.same(await remote.peer.received(), []);
  held[0]?.settle();
  t.match(await remote.peer.received(), [
    { type: PacketType.puback, packetId: 1 },
    { type: PacketType.pubrec, packetId: 2 },
  ]);
  bridge.destroy();
});

t.test('so many are underway as the remote takes, or as the bridge sends, whichever is less', async (t) => {
  for (const [receiveMaximum, sendWindowMax, underway] of [
    [5, 3, 3],
    [2, 3, 2],
    [65_535, 7, 7],
  ] as const) {
    const world = new World();
    const remote = new Remote();
    remote.isAnswering = false;
    remote.receiveMaximum = receiveMaximum;
    await remote.open(world, v5);
    const bridge = open(world, { sendWindowMax });
    await world.clock.settle();
    for (let index = 0; index < 10; index++) publish(world, 'up/x', String(index));
    await world.clock.settle();
    t.equal(remote.published.length, underway, `${receiveMaximum} and ${sendWindowMax}`);
    t.match(bridge.status, { underway, queueDepth: 10 });
    bridge.destroy();
  }
});
