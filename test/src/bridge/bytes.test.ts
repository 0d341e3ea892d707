// Bytes: what goes over the wire of a bridge, by lane, and what its rules pass on.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

t.test('a bridge counts the bytes of all its connections, also of those that are over', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = openBridge(world, { subscriptions: [{ remoteTopic: 'down/#', localTopic: '', qos: 0 }] });
  await world.clock.settle();
  const first = bridge.status;
  t.ok(first.bytesSent > 20 && first.bytesReceived > 5, 'CONNECT, CONNACK, SUBSCRIBE, SUBACK');
  t.match(first.lanes, [{ bytesSent: first.bytesSent, bytesReceived: first.bytesReceived }]);

  // PUBLISH of 5.0: head 2, topic 2 + 4, no properties 1, payload
  publishLocally(world, 'up/a', 'x'.repeat(100), 0);
  publishLocally(world, 'up/b', 'x'.repeat(10), 0);
  await world.clock.settle();
  t.equal(bridge.status.bytesSent - first.bytesSent, 109 + 19);
  t.match(bridge.status.forwards, [{ payloadBytes: 110 }]);

  remote.peer.send(publishOf('down/a', '12345'));
  await world.clock.settle();
  t.equal(bridge.status.bytesReceived - first.bytesReceived, 2 + 2 + 6 + 1 + 5);
  t.match(bridge.status.subscriptions, [{ payloadBytes: 5 }]);

  const before = bridge.status;
  remote.peer.cut();
  await world.clock.settle();
  t.equal(bridge.status.bytesSent, before.bytesSent, 'a lost connection takes none of them away');
  await world.clock.advance(5000);
  t.equal(bridge.status.link.state, 'connected');
  t.equal(bridge.status.bytesSent - before.bytesSent, first.bytesSent, 'the next one says the same at its start');
  bridge.destroy();
  t.ok(bridge.status.bytesSent > before.bytesSent, 'and a closed bridge keeps its sums');
});

t.test('lanes have their own sums, and those of lanes that went stay with the bridge', async (t) => {
  const world = new World();
  await new Remote().open(world, v5);
  const bridge = openBridge(world, { laneCount: 3 });
  await world.clock.settle();
  for (let index = 0; index < 30; index++) publishLocally(world, `up/${index}`, 'x'.repeat(index));
  await world.clock.settle();
  const { lanes, bytesSent } = bridge.status;
  t.equal(lanes.length, 3);
  t.equal(
    lanes.reduce((sum, lane) => sum + lane.bytesSent, 0),
    bytesSent,
  );
  t.equal(new Set(lanes.map((lane) => lane.bytesSent)).size, 3, 'each carries something else');
  bridge.updateRules({ forwards: [{ localTopic: 'up/#', remoteTopic: '' }], subscriptions: [], laneCount: 1 });
  await world.clock.advance(20_000);
  t.equal(bridge.status.lanes.length, 1);
  t.ok(bridge.status.bytesSent > bytesSent);
  bridge.destroy();
});

t.test('a message that a rule could not pass on has no bytes', async (t) => {
  const world = new World();
  const bridge = openBridge(world, { queueCountMax: 1, queueOverflow: 'newest' });
  publishLocally(world, 'up/a', '1234');
  publishLocally(world, 'up/a', '12345678');
  t.match(bridge.status.forwards, [{ received: 2, queued: 1, payloadBytes: 4 }]);
  bridge.destroy();
});
