// Rules at their edges, on a link that must not notice: what NanoMQ 0.25 drops its link for, or drops in silence. For
// the numbers see `appendix-b.test.ts`.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { bridgeDefaults } from '../../../src/bridge/bridge-options.ts';
import { brokerDefaults } from '../../../src/broker/broker-options.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, World } from '../../kit/world.ts';

t.test(
  'Appendix B 4: a message without a topic on the other side is counted, and costs the link nothing, either way',
  async (t) => {
    const world = new World();
    const remote = new Remote();
    await remote.open(world, ProtocolVersion.v5);
    const bridge = openBridge(world, {
      forwards: [{ localTopic: 'f5/+/x/#', remoteTopic: '#' }],
      subscriptions: [{ remoteTopic: 's5/#', localTopic: '#', qos: 1 }],
    });
    await world.clock.settle();
    publishLocally(world, 'f5/d1/x', 'no rest for the #');
    publishLocally(world, 'f5/d1/x/y', 'fine');
    remote.peer.send(publishOf('s5', 'no rest either', { qos: 1, packetId: 1 }));
    remote.peer.send(publishOf('s5/a', 'fine', { qos: 1, packetId: 2 }));
    await world.clock.advance(1000);
    const { link, connects, forwards, subscriptions } = bridge.status;
    t.equal(link.state, 'connected');
    t.equal(connects, 1);
    t.same(remote.payloads, ['fine']);
    t.match(forwards[0], { received: 2, delivered: 1, dropped: { 'bad-topic': 1 }, queued: 0 });
    t.match(subscriptions[0], { received: 2, delivered: 1, dropped: { 'bad-topic': 1 }, queued: 0 });
  },
);

t.test('Appendix B 5: wildcards of a target are filled from what the pattern matched', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, ProtocolVersion.v311);
  openBridge(world, {
    version: ProtocolVersion.v311,
    forwards: [{ localTopic: 'cmd/+/+/#', remoteTopic: 'site7/+/of/+/#' }],
  });
  await world.clock.settle();
  publishLocally(world, 'cmd/lamp/42/on/now', 'now');
  await world.clock.advance(1000);
  t.same(
    remote.published.map(({ topic }) => topic),
    ['site7/lamp/of/42/on/now'],
  );
});

t.test('Appendix B 12: queues whose size nobody set have one that suits a gateway', (t) => {
  for (const { queueCountMax, queueBytesMax } of [bridgeDefaults, brokerDefaults]) {
    t.ok(queueCountMax >= 10_000 && queueCountMax <= 1_000_000, `${queueCountMax} messages`);
    t.ok(queueBytesMax >= 16 * 1024 * 1024 && queueBytesMax <= 1024 * 1024 * 1024, `${queueBytesMax} bytes`);
  }
  t.end();
});
