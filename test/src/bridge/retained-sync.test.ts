// What is retained here, and what becomes of it: the remote gets it once, when a rule is new or a server is, and every
// change after that, also those that were made at QoS 0 while it was away.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import type { Router } from '../../../src/router/router.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const device = new Origin('device', 'device');
const up = { localTopic: 'up/#', remoteTopic: '' };

function retain(router: Router, topic: string, payload: string, qos: 0 | 1 = 0): void {
  const message = new Message({ topic, payload: Buffer.from(payload), qos, retain: true, origin: device });
  router.publish(message, new Acceptance({ accepted: () => undefined }, 0));
}

/** What the remote got since the last call. */
function got({ published }: Remote): readonly string[] {
  return published.splice(0).map(({ topic, payload, retain: flag }) => `${topic}=${payload}${flag ? '' : ' (live)'}`);
}

async function start(more: Partial<Parameters<typeof openBridge>[1]> = {}, topics = ['up/1', 'up/2', 'other']) {
  const world = new World();
  for (const topic of topics) retain(world.router, topic, 'old');
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = openBridge(world, { forwards: [up], ...more });
  await world.clock.advance(1000);
  return { world, remote, bridge };
}

async function reconnect(world: World, during: () => void): Promise<void> {
  world.net.takeDown(9000);
  await world.clock.advance(100);
  during();
  world.net.portsDown.clear();
  await world.clock.advance(5000);
}

t.test('a new bridge brings what is retained, once; a connection that is made anew brings nothing', async (t) => {
  const { world, remote, bridge } = await start();
  t.same(got(remote), ['up/1=old', 'up/2=old']);
  await reconnect(world, () => undefined);
  t.same(got(remote), []);
  bridge.updateRules({
    forwards: [up, { localTopic: 'other', moreFilters: ['+'], remoteTopic: '' }],
    subscriptions: [],
  });
  await world.clock.advance(1000);
  t.same(got(remote), ['other=old'], 'a new rule brings its own, each topic once');
  t.match(bridge.status.forwards, [
    { received: 2, delivered: 2 },
    { received: 1, delivered: 1 },
  ]);
  bridge.destroy();
});

t.test('what changed at QoS 0 while the link was down is carried over, deletes too', async (t) => {
  const { world, remote, bridge } = await start();
  got(remote);
  await reconnect(world, () => {
    retain(world.router, 'up/1', '');
    retain(world.router, 'up/2', 'lost on the way');
    retain(world.router, 'up/2', 'new');
    retain(world.router, 'up/3', 'added');
    retain(world.router, 'other', 'not ours');
  });
  t.same([...got(remote)].sort(), ['up/1=', 'up/2=new', 'up/3=added'], 'as it is now, not as it was');
  await reconnect(world, () => {
    retain(world.router, 'up/2', 'queued', 1);
    retain(world.router, 'up/1', '', 1);
  });
  t.same(got(remote), ['up/2=queued', 'up/1='], 'what waited in the queue is not said twice');
  bridge.destroy();
});

t.test('a server that is another one gets everything, and the one before again when it is back', async (t) => {
  const world = new World();
  const [first, second] = [new Remote(), new Remote()];
  await first.open(world, v5, 9000);
  await second.open(world, v5, 9001);
  retain(world.router, 'up/1', 'old', 1);
  const bridge = openBridge(world, { backups: [{ host: '127.0.0.1', port: 9001 }], failbackMs: 0 });
  await world.clock.advance(1000);
  world.net.takeDown(9000);
  await world.clock.advance(2000);
  t.same(got(second), ['up/1=old']);
  retain(world.router, 'up/2', 'new', 1);
  await world.clock.advance(100);
  world.net.portsDown.clear();
  got(first);
  world.net.takeDown(9001);
  await world.clock.advance(5000);
  t.same(got(first), ['up/1=old', 'up/2=new']);
  bridge.destroy();
});

t.test(
  'rules may leave it, clear the flag, or be for remotes that keep nothing: then nothing is brought',
  async (t) => {
    for (const rule of [{ isRetainedSynced: false }, { retain: false }]) {
      const { world, remote, bridge } = await start({ forwards: [{ ...up, ...rule }] });
      await reconnect(world, () => retain(world.router, 'up/1', ''));
      t.same(got(remote), []);
      bridge.destroy();
    }
    const off = await start({ isRetainedSynced: false });
    t.same(got(off.remote), []);
    off.bridge.destroy();
    const world = new World();
    const remote = new Remote();
    remote.properties = { retainAvailable: false };
    await remote.open(world, v5);
    retain(world.router, 'up/1', 'old');
    const bridge = openBridge(world);
    await world.clock.advance(1000);
    t.same(got(remote), []);
    bridge.destroy();
  },
);

t.test('a server that comes in the midst of the first synchronisation gets all of it', async (t) => {
  const topics = Array.from({ length: 1500 }, (_, index) => `up/${index}`);
  const world = new World();
  for (const topic of topics) retain(world.router, topic, 'old');
  const [first, second] = [new Remote(), new Remote()];
  await first.open(world, v5, 9000);
  await second.open(world, v5, 9001);
  const bridge = openBridge(world, { backups: [{ host: '127.0.0.1', port: 9001 }], failbackMs: 0 });
  while (first.published.length === 0) await world.clock.advance(10);
  world.net.takeDown(9000);
  t.ok(first.published.length < 1000, 'it is in the midst of it');
  await world.clock.advance(5000);
  t.equal(new Set(second.published.map(({ topic }) => topic)).size, 1500);
  bridge.destroy();
});

t.test('more than a queue should hold at once comes in pieces, and all of it', async (t) => {
  const topics = Array.from({ length: 3000 }, (_, index) => `up/${index}`);
  const { world, remote, bridge } = await start({ queueCountMax: 3000 }, topics);
  await world.clock.advance(2000);
  t.equal(new Set(got(remote)).size, 3000);
  t.match(bridge.status.forwards, [{ received: 3000, delivered: 3000, dropped: {} }]);
  bridge.destroy();
});

t.test('what is in step, and what is owed, is remembered over restarts', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  await remote.open(kw.world, v5);
  const first = await kw.start();
  retain(first.router, 'up/1', 'old', 1);
  retain(first.router, 'up/2', 'old', 1);
  await kw.world.clock.advance(2000);
  await kw.start({ crash: 'power', bridge: {} });
  await kw.world.clock.advance(3000);
  t.same(got(remote), ['up/1=old', 'up/2=old'], 'also what an earlier process retained');
  const { router } = await kw.start({ crash: 'power', bridge: {} });
  await kw.world.clock.advance(3000);
  t.same(got(remote), []);
  kw.world.net.takeDown(9000);
  await kw.world.clock.advance(100);
  retain(router, 'up/1', '');
  await kw.world.clock.advance(3000);
  kw.world.net.portsDown.clear();
  await kw.start({ crash: 'power', bridge: {} });
  await kw.world.clock.advance(3000);
  t.same(got(remote), ['up/1='], 'a delete that no process could send');
  await kw.start({ crash: 'power', bridge: {} });
  await kw.world.clock.advance(3000);
  t.same(got(remote), []);
});

t.test('what came from the remote in an earlier process does not go back as ours', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  await remote.open(kw.world, v5);
  const first = await kw.start();
  retain(first.router, 'both/1', 'from there', 1);
  await kw.world.clock.advance(2000);
  const bridge = {
    forwards: [{ localTopic: 'both/#', remoteTopic: '' }],
    subscriptions: [{ remoteTopic: 'both/#', localTopic: '', qos: 1 }],
  } as const;
  await kw.start({ crash: 'power', bridge });
  await kw.world.clock.advance(3000);
  t.same(got(remote), []);
});

t.test('a rule that retains here keeps the last message of each topic, as it was published', async (t) => {
  const { world, remote, bridge } = await start(
    { forwards: [{ ...up, isRetainedHere: true, excludes: ['up/no'] }] },
    [],
  );
  for (const [topic, payload] of [
    ['up/1', 'a'],
    ['up/1', 'b'],
    ['up/no', 'c'],
    ['up/1', ''],
  ] as const) {
    const message = new Message({ topic, payload: Buffer.from(payload), qos: 1, retain: false, origin: device });
    world.router.publish(message, new Acceptance({ accepted: () => undefined }, 0));
  }
  await world.clock.advance(1000);
  t.equal(world.router.retained.get('up/1')?.payload.toString(), 'b');
  t.equal(world.router.retained.get('up/no'), undefined);
  t.same(got(remote), ['up/1=a (live)', 'up/1=b (live)', 'up/1= (live)']);
  bridge.updateRules({ forwards: [up], subscriptions: [] });
  const message = new Message({ topic: 'up/1', payload: Buffer.from('d'), qos: 1, retain: false, origin: device });
  world.router.publish(message, new Acceptance({ accepted: () => undefined }, 0));
  t.equal(world.router.retained.get('up/1')?.payload.toString(), 'b', 'and not any more');
  bridge.destroy();
});
