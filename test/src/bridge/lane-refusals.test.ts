// Refusals where a bridge has several lanes, or several partitions in one: what concerns the rule rests the rule, what
// concerns the link rests all of it, and what is known of a message goes with it to another queue.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { PublishPacket } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { laneOf, partitionOf } from '../../../src/bridge/lane-key.ts';
import { refusalDefaults } from '../../../src/bridge/reason-table.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, publishLocally } from '../../kit/remote.ts';
import { ackOf, publishOf, type RawPeer, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const { success, quotaExceeded, notAuthorized, unspecifiedError } = ReasonCode;
const topics = Array.from({ length: 24 }, (_, index) => `up/${index}`);
const park = { ...refusalDefaults, actions: { not_authorized: 'park' }, parkMs: 60_000 } as const;
const twoRules = {
  forwards: [
    { localTopic: 'up/#', remoteTopic: '' },
    { localTopic: 'other/#', remoteTopic: '' },
  ],
} as const;

/** A remote whose every connection answers each message with what `codeOf` says. */
class Refuser {
  /** Topics that came, in their order, with every refused one as often as it came. */
  readonly came: string[] = [];
  codeOf: (publish: PublishPacket) => ReasonCode = () => success;

  take(peer: RawPeer): void {
    peer.onPacket = (packet) => {
      if (packet.type === PacketType.connect) {
        peer.send({ type: PacketType.connack, sessionPresent: !packet.cleanStart, reasonCode: 0, properties: {} });
      }
      if (packet.type === PacketType.pubrel) peer.send(ackOf(7, packet.packetId));
      if (packet.type !== PacketType.publish) return;
      this.came.push(packet.topic);
      const type = packet.qos === 2 ? PacketType.pubrec : PacketType.puback;
      peer.send({ type, packetId: packet.packetId, reasonCode: this.codeOf(packet), properties: {} });
    };
  }
}

async function refusing(more: Partial<BridgeSettings>) {
  const world = new World();
  const remote = new Refuser();
  await world.listen(v5, 9000, (peer) => remote.take(peer));
  const bridge = openBridge(world, { keepAlive: 0, ...more });
  await world.clock.settle();
  return { world, remote, bridge };
}

for (const [laneCount, laneOrder] of [
  [1, '$1'],
  [4, '$1'],
  [4, 'topic'],
] as const) {
  t.test(`a parked rule rests as a whole: ${laneCount} lanes, order by ${laneOrder}`, async (t) => {
    const forwards = [
      { localTopic: 'up/+', remoteTopic: '' },
      { localTopic: 'other/+', remoteTopic: '' },
    ];
    const { world, remote, bridge } = await refusing({ laneCount, laneOrder, forwards, refusals: park });
    remote.codeOf = ({ topic }) => (topic.startsWith('up/') ? notAuthorized : success);
    publishLocally(world, 'up/first', 'x');
    await world.clock.settle();
    for (const topic of topics) publishLocally(world, topic, 'x');
    for (const topic of topics) publishLocally(world, topic.replace('up', 'other'), 'x');
    await world.clock.settle();
    t.same(
      remote.came.filter((topic) => topic.startsWith('up/')),
      ['up/first'],
      'nothing more of the rule is sent',
    );
    t.equal(remote.came.length, 1 + topics.length, 'the other one goes on, on all lanes');
    t.match(bridge.status.refusals, { parked: ['up/+'], waiting: 1 + topics.length });
    remote.codeOf = () => success;
    await world.clock.advance(60_100);
    t.equal(remote.came.length, 2 * topics.length + 2);
    t.match(bridge.status, { queueDepth: 0, refusals: { parked: [], waiting: 0 } });
    t.same(bridge.status.forwards[0]?.delivered, topics.length + 1);
    bridge.destroy();
  });
}

t.test('a quota that is used up pauses all lanes, and all of them go on when the pause is over', async (t) => {
  const { world, remote, bridge } = await refusing({ laneCount: 4 });
  remote.codeOf = () => quotaExceeded;
  publishLocally(world, 'up/first', 'x');
  await world.clock.settle();
  remote.codeOf = () => success;
  for (const topic of topics) publishLocally(world, topic, 'x');
  await world.clock.advance(9000);
  t.same(remote.came, ['up/first'], 'no lane sends anything');
  t.ok((bridge.status.refusals.pausedUntil ?? 0) > world.clock.now());
  await world.clock.advance(1100);
  t.equal(remote.came.length, 2 + topics.length, 'those that nothing of was refused too');
  t.match(bridge.status, { queueDepth: 0, refusals: { waiting: 0 } });
  t.equal(bridge.status.refusals.pausedUntil, undefined);
  bridge.destroy();
});

t.test('a pause that begins on two lanes at once is one pause, and the next one is twice as long', async (t) => {
  const { world, remote, bridge } = await refusing({ laneCount: 4 });
  remote.codeOf = () => quotaExceeded;
  for (const topic of topics) publishLocally(world, topic, 'x');
  await world.clock.advance(10_100);
  t.equal(remote.came.length, 2 * topics.length, 'all of them once more after ten seconds');
  await world.clock.advance(19_000);
  t.equal(remote.came.length, 2 * topics.length);
  remote.codeOf = () => success;
  await world.clock.advance(1100);
  t.match(bridge.status, { queueDepth: 0, forwards: [{ delivered: topics.length }] });
  bridge.destroy();
});

t.test('tries go with a message to another queue, and what is parked or paused rests there too', async (t) => {
  const { world, remote, bridge } = await refusing({ laneCount: 2, ...twoRules });
  remote.codeOf = () => unspecifiedError;
  publishLocally(world, 'up/a', 'x');
  await world.clock.advance(2500);
  t.equal(remote.came.length, 3);
  bridge.updateRules({ ...twoRules, subscriptions: [], laneCount: 3 });
  await world.clock.advance(60_000);
  t.equal(bridge.status.lanes.length, 3);
  t.equal(remote.came.length, 5, 'five tries in all');
  t.match([...bridge.delivery.deadLetters.list()], [{ reason: 'unspecified_error' }]);

  remote.codeOf = () => quotaExceeded;
  publishLocally(world, 'up/a', 'x');
  await world.clock.settle();
  bridge.updateRules({ ...twoRules, subscriptions: [], laneCount: 2 });
  remote.codeOf = () => success;
  await world.clock.advance(9000);
  t.equal(remote.came.length, 6, 'the pause is the same one');
  await world.clock.advance(5000);
  t.match(bridge.status, { queueDepth: 0, lanesWanted: undefined });
  bridge.destroy();

  const parked = await refusing({ laneCount: 2, ...twoRules, refusals: park });
  parked.remote.codeOf = () => notAuthorized;
  publishLocally(parked.world, 'up/a', 'x');
  await parked.world.clock.settle();
  parked.remote.codeOf = () => success;
  parked.bridge.updateRules({ ...twoRules, subscriptions: [], laneCount: 3 });
  publishLocally(parked.world, 'other/a', 'x');
  await parked.world.clock.advance(50_000);
  t.same(parked.remote.came, ['up/a', 'other/a']);
  t.match(parked.bridge.status, { refusals: { parked: ['up/#'], waiting: 1 }, lanesWanted: undefined });
  await parked.world.clock.advance(11_000);
  t.same(parked.remote.came, ['up/a', 'other/a', 'up/a']);
  parked.bridge.destroy();
});

t.test(
  'a message of an earlier process that is refused, or whose rule is parked, holds up no change of lanes',
  async (t) => {
    const kept = new KeptWorld();
    const remote = new Refuser();
    remote.codeOf = ({ topic }) => (topic.startsWith('up/') ? notAuthorized : success);
    await kept.world.listen(v5, 9000, (peer) => remote.take(peer));
    const settings = { keepAlive: 0, sendWindowMax: 1, refusals: { ...park, parkMs: 3_600_000 }, ...twoRules };
    await kept.start({ bridge: settings });
    await kept.world.clock.advance(100);
    const device = await kept.world.dial(v5);
    await device.connect('device');
    for (const packetId of [1, 2, 3]) device.send(publishOf(`up/${packetId}`, 'x', { qos: 1, packetId }));
    await kept.world.clock.advance(1000);
    const { bridge, router } = await kept.start({ crash: 'kill', bridge: settings });
    await kept.world.clock.advance(1000);
    t.match(bridge?.status, { queueDepth: 3, refusals: { waiting: 3, parked: ['up/#'] } });
    bridge?.updateRules({ ...twoRules, subscriptions: [], laneCount: 2 });
    await kept.world.clock.advance(1000);
    t.match(bridge?.status, { queueDepth: 3, lanesWanted: undefined });
    t.equal(bridge?.status.lanes.length, 2);
    publishLocally({ router }, 'other/a', 'x');
    await kept.world.clock.advance(1000);
    t.equal(remote.came.at(-1), 'other/a', 'others go on');
    bridge?.destroy();
  },
);

t.test(
  'messages that were moved are backlog as before: they do not overtake each other as if they came now',
  async (t) => {
    const { world, remote, bridge } = await refusing({ laneCount: 2, liveShare: 0.5, sendWindowMax: 1, ...twoRules });
    const laneIn = (topic: string, count: number): number => laneOf(partitionOf(topic), count);
    const own = topics.filter(
      (topic) => laneIn(topic, 3) === laneIn('up/0', 3) && laneIn(topic, 2) === laneIn('up/0', 2),
    );
    const published: string[] = [];
    for (const qos of [2, 1] as const) {
      for (const topic of own) {
        publishLocally(world, topic, 'x', qos);
        published.push(topic);
      }
    }
    t.ok(own.length > 3);
    bridge.updateRules({ ...twoRules, subscriptions: [], laneCount: 3 });
    await world.clock.advance(1000);
    t.match(bridge.status, { lanesWanted: undefined, queueDepth: 0 });
    t.same(remote.came, published);
    bridge.destroy();
  },
);
