// Several connections of one bridge: what has one key stays in order, whatever happens to the lanes and however many
// they are; and nothing is lost when they become more or fewer.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { laneClientIdOf } from '../../../src/base/lane-client-id.ts';
import { laneOf, partitionCount, partitionOf } from '../../../src/bridge/lane-key.ts';
import { Chance } from '../../kit/chance.ts';
import { delayLines, LaneWorld } from '../../kit/lane-world.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v31, v311, v5 } = ProtocolVersion;
const topics = Array.from({ length: 24 }, (_, index) => `up/${index}`);
/** The QoS of all messages of a topic. */
const qosOf = (topic: string): 1 | 2 => (Number(topic.slice(3)) % 2 === 0 ? 1 : 2);
const isOnce = (topic: string): boolean => qosOf(topic) === 2;

t.test('a key has the same partition in every version, and partitions are shared out evenly', async (t) => {
  t.same(['up/0', 'up/1', 'sensors/kitchen/temp', ''].map(partitionOf), [93, 237, 208, 205]);
  for (const count of [1, 2, 3, 5, 64]) {
    const lanes = Array.from({ length: partitionCount }, (_, partition) => laneOf(partition, count));
    const sizes = Array.from({ length: count }, (_, lane) => lanes.filter((one) => one === lane).length);
    t.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${count} lanes`);
  }
  const used = new Set(Array.from({ length: 1000 }, (_, index) => partitionOf(`device/${index}`)));
  t.ok(used.size > 240, 'topics that differ in a number spread over the partitions');
});

t.test('client ids of lanes follow from that of the bridge, and fit 3.1 [MQTT3-3.1.3-5]', async (t) => {
  t.equal(laneClientIdOf('gateway', 1, v5), 'gateway');
  t.equal(laneClientIdOf('gateway', 12, v5), 'gateway-12');
  t.equal(laneClientIdOf('a-client-id-of-many-signs', 2, v311), 'a-client-id-of-many-signs-2');
  t.equal(laneClientIdOf('a-client-id-of-22-char', 12, v31), 'a-client-id-of-22-ch-12');
});

for (const version of [v311, v5]) {
  t.test(`order by topic holds while lanes come, go and break, MQTT ${version === v5 ? '5.0' : '3.1.1'}`, async (t) => {
    for (let seed = 1; seed <= 4; seed++) {
      const chance = new Chance(seed);
      const lanes = new LaneWorld();
      const { world } = lanes;
      delayLines(world.net, () => chance.int(1, 60));
      await lanes.open();
      const bridge = lanes.bridge({ version, laneCount: chance.int(1, 4), sendWindowMax: chance.int(1, 20) });
      for (let step = 0; step < 60; step++) {
        for (let count = chance.int(0, 12); count > 0; count--) {
          const topic = chance.pick(topics);
          lanes.publish(topic, qosOf(topic));
        }
        if (chance.isTrue(0.15)) bridge.updateRules({ ...rules, laneCount: chance.int(1, 6) });
        if (chance.isTrue(0.15)) lanes.lineOf(laneClientIdOf('edge', chance.int(1, 4), version))?.destroy();
        if (chance.isTrue(0.03)) world.net.cut();
        await world.clock.advance(chance.int(1, 80));
        const { forwards, queueDepth } = bridge.status;
        if (forwards[0]?.queued !== queueDepth) t.fail(`the books say ${forwards[0]?.queued}, the queue ${queueDepth}`);
      }
      await world.clock.advance(60_000);
      t.equal(bridge.status.queueDepth, 0, `seed ${seed}: all has left`);
      t.equal(lanes.arrivals.fault(lanes.sent, isOnce), undefined, `seed ${seed}`);
      t.equal(bridge.status.lanesWanted, undefined);
      t.ok(bridge.status.lanes.every(({ link }) => link.state === 'connected'));
      bridge.destroy();
      lanes.remote?.destroy();
    }
  });
}

const rules = { forwards: [{ localTopic: 'up/#', remoteTopic: '' }], subscriptions: [] } as const;

t.test('a lane that is down stops no other, and its messages wait for it', async (t) => {
  const world = new World();
  let isDead = true;
  const came: string[] = [];
  await world.listen(v5, 9000, (peer) => {
    peer.onPacket = (packet) => {
      if (packet.type === PacketType.connect) {
        const isRefused = isDead && packet.clientId === 'plant7-2';
        peer.send({
          type: PacketType.connack,
          sessionPresent: false,
          reasonCode: isRefused ? 0x87 : 0,
          properties: {},
        });
      }
      if (packet.type !== PacketType.publish) return;
      came.push(packet.topic);
      peer.send({ type: PacketType.puback, packetId: packet.packetId, reasonCode: 0, properties: {} });
    };
  });
  const bridge = openBridge(world, { laneCount: 2, backoff: { delayMsMin: 50, delayMsMax: 100, stableMs: 1000 } });
  await world.clock.advance(100);
  for (const topic of topics) publishLocally(world, topic, 'x');
  await world.clock.settle();
  const ofFirst = topics.filter((topic) => laneOf(partitionOf(topic), 2) === 0);
  t.same(came, ofFirst);
  const { lanes, link, queueDepth } = bridge.status;
  t.match(lanes, [
    { lane: 1, clientId: 'plant7', link: { state: 'connected' }, queueDepth: 0, delivered: ofFirst.length },
    { lane: 2, clientId: 'plant7-2', link: { state: 'waiting', kind: 'credentials' }, delivered: 0 },
  ]);
  t.match(link, { state: 'waiting' }, 'the bridge as a whole is not well');
  t.equal(queueDepth, topics.length - ofFirst.length);

  bridge.updateRules({ ...rules, laneCount: 1 });
  await world.clock.advance(1000);
  t.same(came.length, topics.length, 'what waited for a lane that never came up goes by the one that is left');
  t.match(bridge.status.link, { state: 'connected' });
  isDead = false;
  bridge.destroy();
});

t.test('lanes multiply what a long line takes', async (t) => {
  const times: number[] = [];
  for (const laneCount of [1, 4]) {
    const lanes = new LaneWorld();
    const { world } = lanes;
    await lanes.open();
    world.net.isDown = true;
    const bridge = lanes.bridge({ laneCount, sendWindowMax: 10 });
    for (let index = 0; index < 2000; index++) lanes.publish(`up/${index % 100}`, 1);
    delayLines(world.net, () => 50);
    world.net.isDown = false;
    const begin = world.clock.now();
    while (bridge.status.queueDepth > 0) await world.clock.advance(50);
    times.push(world.clock.now() - begin);
    t.equal(
      lanes.arrivals.fault(lanes.sent, () => true),
      undefined,
    );
    bridge.destroy();
    lanes.remote?.destroy();
  }
  const [one = 0, four = 0] = times;
  t.ok(one > 19_000 && one <= 21_000, `${one} ms: 200 windows take 200 times there and back`);
  t.ok(one / four > 3, `${one} ms with one lane, ${four} ms with four`);
});

t.test('more lanes share what already waits; the session of a lane that goes is ended', async (t) => {
  const lanes = new LaneWorld();
  const { world } = lanes;
  await lanes.open();
  delayLines(world.net, () => 50);
  const bridge = lanes.bridge({ sendWindowMax: 2 });
  await world.clock.advance(300);
  for (let index = 0; index < 500; index++) lanes.publish(topics[index % topics.length] ?? '', 1);
  bridge.updateRules({ ...rules, laneCount: 4 });
  t.equal(bridge.status.lanesWanted, 4);
  await world.clock.advance(1000);
  t.equal(bridge.status.lanes.length, 4);
  t.ok(
    bridge.status.lanes.every(({ queueDepth, delivered }) => queueDepth > 50 && delivered > 0),
    'all of them drain the backlog',
  );
  bridge.updateRules({ ...rules, laneCount: 2 });
  await world.clock.advance(60_000);
  t.equal(
    lanes.arrivals.fault(lanes.sent, () => true),
    undefined,
  );
  t.same(
    bridge.status.lanes.map(({ clientId }) => clientId),
    ['edge', 'edge-2'],
  );
  const { sessions } = lanes.remote?.status ?? {};
  t.match(lanes.remote?.status, { connections: 2 }, JSON.stringify(sessions));
  bridge.destroy();
  lanes.remote?.destroy();
});

t.test('a full queue lets the longest lane give way, and never holds more than its bounds', async (t) => {
  const world = new World();
  const remote = new Remote();
  remote.isAnswering = false;
  await remote.open(world, v5);
  const bridge = openBridge(world, { laneCount: 2, queueCountMax: 20, sendWindowMax: 1 });
  await world.clock.settle();
  const [first, second] = [0, 1].map((lane) => topics.find((topic) => laneOf(partitionOf(topic), 2) === lane) ?? '');
  for (let index = 0; index < 20; index++) publishLocally(world, first ?? '', String(index));
  for (let index = 0; index < 3; index++) publishLocally(world, second ?? '', String(index));
  await world.clock.settle();
  const { lanes, forwards, queueDepth } = bridge.status;
  t.same(
    lanes.map((lane) => lane.queueDepth),
    [17, 3],
  );
  t.equal(queueDepth, 20);
  t.match(forwards, [{ dropped: { 'queue-full': 3 }, queued: 20 }]);
  bridge.destroy();
});

t.test('lanes become more and fewer while the queue is full, and nothing is lost', async (t) => {
  const world = new World();
  const bridge = openBridge(world, { laneCount: 1, queueCountMax: 20, sendWindowMax: 1, durability: 'memory' });
  for (let index = 0; index < 20; index++) publishLocally(world, `up/${index}`, String(index));
  for (const laneCount of [4, 2, 1]) {
    bridge.updateRules({ ...rules, laneCount });
    await world.clock.advance(70_000);
    t.equal(bridge.status.lanes.length, laneCount);
    t.match(bridge.status, { queueDepth: 20, forwards: [{ received: 20, queued: 20, dropped: {} }] });
  }
  const remote = new Remote();
  await remote.open(world, v5);
  await world.clock.advance(70_000);
  t.equal(new Set(remote.payloads).size, 20);
  bridge.destroy();
});

t.test('the order may be kept by publisher, or by what a filter captures', async (t) => {
  for (const laneOrder of ['publisher', '$1'] as const) {
    const lanes = new LaneWorld();
    const { world } = lanes;
    await lanes.open();
    const forwards = [{ localTopic: 'up/+/#', remoteTopic: '' }];
    const bridge = lanes.bridge({ laneCount: 8, laneOrder, forwards });
    await world.clock.advance(100);
    for (let index = 0; index < 64; index++) lanes.publish(`up/a/${index}`, 1);
    await world.clock.settle();
    const used = bridge.status.lanes.filter(({ delivered }) => delivered > 0);
    t.match(used, [{ delivered: 64 }], `${laneOrder}: all topics of one key take one lane`);
    t.equal(used.length, 1);
    bridge.destroy();
    lanes.remote?.destroy();
  }
  t.throws(() => openBridge(new World(), { laneOrder: '$3' }), { code: 'ERR_USAGE_TOPIC_MAPPING' });
});
