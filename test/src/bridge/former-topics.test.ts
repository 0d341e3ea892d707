// What waits of rules that were written otherwise: it goes as it was mapped then, or, where a rule of now says so, to
// where that sends it, in the order in which it came, over restarts too.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { ForwardRuleOptions } from '../../../src/bridge/bridge-options.ts';
import { FormerTopics } from '../../../src/bridge/former-topics.ts';
import { forgetBridge } from '../../../src/bridge/forward-storage.ts';
import { ruleKeysOf } from '../../../src/bridge/rule-keys.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const old: ForwardRuleOptions = { localTopic: 'up/+', remoteTopic: 'old/$1' };
const fresh: ForwardRuleOptions = { localTopic: 'up/+', remoteTopic: 'new/$1' };

function came({ published }: Remote): readonly string[] {
  return published.map(({ topic, payload }) => `${topic} ${payload}`);
}

for (const isRemapping of [false, true]) {
  t.test(
    `what waits when a rule changes goes ${isRemapping ? 'where the rule of now sends it' : 'as it was mapped'}`,
    async (t) => {
      const world = new World();
      const remote = new Remote();
      const bridge = openBridge(world, { forwards: [old] });
      for (const [topic, payload] of [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ] as const)
        publishLocally(world, `up/${topic}`, payload);
      bridge.updateRules({ forwards: [{ ...fresh, isRemapping }], subscriptions: [] });
      publishLocally(world, 'up/a', '4');
      await remote.open(world, v5);
      await world.clock.advance(5000);
      const to = isRemapping ? 'new' : 'old';
      t.same(came(remote), [`${to}/a 1`, `${to}/b 2`, `${to}/a 3`, 'new/a 4']);
      t.equal(bridge.status.queueDepth, 0);
      bridge.destroy();
    },
  );
}

t.test('over a restart too, also where the rule changes in between and changes once more', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  const durability = 'written' as const;
  const first = await kw.start({ bridge: { durability, forwards: [old] } });
  publishLocally(first, 'up/a', '1');
  await kw.world.clock.advance(100);
  const second = await kw.start({ bridge: { durability, forwards: [{ ...old, remoteTopic: 'between/$1' }] } });
  publishLocally(second, 'up/a', '2', 2);
  await kw.world.clock.advance(100);
  await remote.open(kw.world, v5);
  const { storage } = await kw.start({ bridge: { durability, forwards: [{ ...fresh, isRemapping: true }] } });
  await kw.world.clock.advance(5000);
  t.same(came(remote), ['new/a 1', 'new/a 2']);
  t.ok(storage.knows('rule-topics'));
  forgetBridge(storage, 'cloud');
  t.equal(storage.journal.keyed('rule-topics').size, 0, 'a bridge that is gone leaves nothing');
});

t.test('on several lanes each topic keeps its order over the change', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  const { bridge, router } = await kw.start({ bridge: { laneCount: 3, forwards: [old] } });
  const topics = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  for (let count = 0; count < 70; count++) publishLocally({ router }, `up/${topics[count % 7]}`, `${count}`);
  bridge?.updateRules({ forwards: [{ ...fresh, isRemapping: true }], subscriptions: [] });
  for (let count = 70; count < 140; count++) publishLocally({ router }, `up/${topics[count % 7]}`, `${count}`);
  await remote.open(kw.world, v5);
  await kw.world.clock.advance(10_000);
  t.equal(remote.published.length, 140);
  for (const topic of topics) {
    const numbers = remote.published
      .filter((one) => one.topic === `new/${topic}`)
      .map(({ payload }) => Number(payload));
    t.equal(numbers.length, 20);
    t.same(
      numbers,
      [...numbers].sort((one, other) => one - other),
      topic,
    );
  }
});

t.test('with live messages what is new does not pass what it follows under another topic', async (t) => {
  const world = new World();
  const remote = new Remote();
  const bridge = openBridge(world, { forwards: [old], rate: { messagesPerS: 10, burstMs: 100 }, liveShare: 0.5 });
  for (let count = 0; count < 20; count++) publishLocally(world, 'up/a', `${count}`);
  bridge.updateRules({ forwards: [{ ...fresh, isRemapping: true }], subscriptions: [] });
  await remote.open(world, v5);
  await world.clock.advance(1000);
  publishLocally(world, 'up/a', '20');
  await world.clock.advance(10_000);
  t.same(
    remote.payloads,
    Array.from({ length: 21 }, (_, index) => `${index}`),
  );
  bridge.destroy();
});

t.test('a topic that tells no local one, or one that no rule takes, stays as it was mapped', (t) => {
  const topics = new FormerTopics('b', undefined);
  const taker = { ...fresh, isRemapping: true };
  topics.use([old, { localTopic: 'all/#', remoteTopic: 'one' }, { localTopic: 'other/+', remoteTopic: 'far/$1' }]);
  t.notOk(topics.isUsed);
  topics.use([taker]);
  t.ok(topics.isUsed);
  const keyed = (rule: ForwardRuleOptions): number => ruleKeysOf(rule, 0).own;
  t.equal(topics.topicOf(keyed(old), 'old/a'), 'new/a');
  t.equal(topics.topicOf(keyed({ localTopic: 'all/#', remoteTopic: 'one' }), 'one'), 'one');
  t.equal(topics.topicOf(keyed({ localTopic: 'other/+', remoteTopic: 'far/$1' }), 'far/x'), 'far/x');
  t.equal(topics.topicOf(keyed(taker), 'new/a'), 'new/a', 'its own stay too');
  t.equal(topics.topicOf(ruleKeysOf(old, 0).qos0, 'old/a'), 'new/a', 'those of QoS 0 that wait by themselves go along');
  for (let count = 0; count < 300; count++) topics.use([{ ...taker, remoteTopic: `new${count}/$1` }]);
  t.equal(topics.topicOf(keyed(old), 'old/a'), 'old/a', 'of very many rules the oldest are forgotten');
  t.equal(topics.topicOf(keyed({ ...taker, remoteTopic: 'new200/$1' }), 'new200/a'), 'new299/a');
  t.end();
});
