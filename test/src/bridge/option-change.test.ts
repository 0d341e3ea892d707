// Options that change while a bridge runs: what needs no other connection makes none, what the remote has to be told
// makes one, and queue and sessions stay.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const base: BridgeSettings = {
  name: 'plant7',
  clientId: 'plant7',
  remote: { host: '127.0.0.1', port: 9000 },
  forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
};

async function start(more: Partial<BridgeSettings> = {}) {
  const world = new World();
  const [first, second] = [new Remote(), new Remote()];
  await first.open(world, v5, 9000);
  await second.open(world, v5, 9001);
  const bridge = openBridge(world, { ...base, ...more });
  await world.clock.settle();
  return { world, first, second, bridge };
}

t.test('limits, notes and rules change under way: the link does not notice', async (t) => {
  const { world, first, bridge } = await start();
  first.isAnswering = false;
  publishLocally(world, 'up/x', 'underway');
  await world.clock.settle();
  t.equal(bridge.change(base), 'none');
  t.equal(bridge.change({ ...base, connectTimeoutMs: 1000, failbackMs: 0 }), 'live');
  const noted = [{ localTopic: 'up/#', remoteTopic: '', note: 'another note' }];
  t.equal(bridge.change({ ...base, connectTimeoutMs: 1000, failbackMs: 0, forwards: noted }), 'rules');
  await world.clock.advance(1000);
  t.equal(first.connects.length, 1);
  t.match(bridge.status, { underway: 1, forwards: [{ note: 'another note', received: 1, queued: 1 }] });
  const backoff = { delayMsMin: 40_000, delayMsMax: 50_000, stableMs: 10_000 };
  t.equal(bridge.change({ ...base, forwards: noted, backoff }), 'live');
  world.net.takeDown(9000);
  await world.clock.advance(30_000);
  t.match(bridge.status.link, { state: 'waiting' });
  t.equal(bridge.status.remotes[0]?.tries, 1, 'the new back-off holds from the next loss on');
  bridge.destroy();
});

t.test('a back-off that is the same as before goes on where it was, however often options are read', async (t) => {
  const { world, bridge } = await start({ backoff: { delayMsMin: 100, delayMsMax: 60_000, stableMs: 10_000 } });
  world.net.takeDown(9000);
  await world.clock.advance(300_000);
  const tries = (): number => bridge.status.remotes[0]?.tries ?? 0;
  const before = tries();
  for (let round = 0; round < 60; round++) {
    const backoff = { delayMsMin: 100, delayMsMax: 60_000, stableMs: 10_000 };
    t.equal(bridge.change({ ...base, backoff, connectTimeoutMs: 9000 + round }), 'live');
    await world.clock.advance(5000);
  }
  t.ok(tries() - before < 40, `${tries() - before} more in five minutes`);
  bridge.destroy();
});

t.test('other credentials make one other connection, which goes on with the session', async (t) => {
  const { world, first, bridge } = await start({ username: 'u', password: 'old' });
  first.isAnswering = false;
  publishLocally(world, 'up/x', 'one');
  publishLocally(world, 'up/x', 'two', 2);
  await world.clock.settle();
  first.published.length = 0;
  first.sessionPresent = true;
  first.isAnswering = true;
  t.equal(bridge.change({ ...base, username: 'u', password: 'fresh' }), 'link');
  publishLocally(world, 'up/x', 'three');
  await world.clock.settle();
  t.match(first.connects.at(-1), { username: 'u', password: Buffer.from('fresh'), cleanStart: false });
  t.match(first.peers[0]?.packets.at(-1), { type: PacketType.disconnect, reasonCode: 0 });
  t.same(
    first.published.map(({ payload, dup }) => [payload.toString(), dup]),
    [
      ['one', true],
      ['two', true],
      ['three', false],
    ],
    'at once, in order, and nothing is lost',
  );
  t.match(bridge.status, { queueDepth: 0, forwards: [{ received: 3, delivered: 3 }] });
  t.equal(bridge.change({ ...base }), 'link', 'and without any again');
  await world.clock.settle();
  t.equal(first.connects.at(-1)?.username, undefined);
  bridge.destroy();
});

t.test('another server gets what the one before had not settled, and what waits in memory', async (t) => {
  const { world, first, second, bridge } = await start();
  first.isAnswering = false;
  publishLocally(world, 'up/x', 'one');
  await world.clock.settle();
  t.equal(bridge.change({ ...base, remote: { host: '127.0.0.1', port: 9001 } }), 'link');
  publishLocally(world, 'up/x', 'two');
  await world.clock.settle();
  t.same(second.payloads, ['one', 'two']);
  t.match(bridge.status, { remote: '127.0.0.1:9001', queueDepth: 0, remotes: [{ address: '127.0.0.1:9001' }] });
  bridge.destroy();
});

t.test('a change is not waited for: not by the back-off, and not by a try that is underway', async (t) => {
  const { world, second, bridge } = await start({ remote: { host: '127.0.0.1', port: 9005 } });
  publishLocally(world, 'up/x', 'one');
  await world.clock.advance(30_000);
  t.match(bridge.status.link, { state: 'waiting' });
  bridge.change({ ...base, remote: { host: '127.0.0.1', port: 9000 } });
  // the dial to the one above has not come back yet
  bridge.change({ ...base, remote: { host: '127.0.0.1', port: 9001 } });
  await world.clock.settle();
  t.same(second.payloads, ['one']);
  t.match(bridge.status, { remote: '127.0.0.1:9001', link: { state: 'connected' } });
  bridge.destroy();
});

t.test('what cannot be had otherwise is left to a bridge that is opened anew', async (t) => {
  const { world, first, bridge } = await start();
  t.equal(bridge.change({ ...base, queueCountMax: 7 }), 'all');
  t.equal(bridge.change({ ...base, durability: 'memory' }), 'all');
  t.throws(() => bridge.change({ ...base, forwards: [{ localTopic: 'a/#/b', remoteTopic: '' }] }), {
    code: 'ERR_USAGE_TOPIC_MAPPING',
  });
  await world.clock.settle();
  t.equal(first.connects.length, 1);
  t.match(bridge.status.forwards, [{ from: 'up/#' }], 'nothing has changed');
  bridge.destroy();
});
