// Dead letters: what could not be delivered is bounded, outlives the process where there is a disk, and can be queued
// again; and the queue can be looked at without disturbing it.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { DeadLetters } from '../../../src/bridge/dead-letters.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const origin = new Origin('device', 'd');

function messageOf(topic: string, size: number): Message {
  return new Message({ topic, payload: Buffer.alloc(size), qos: 1, retain: false, origin });
}

const facts = { reason: 'not-authorized', rule: 'up/#', ruleKey: 7 };

t.test('dead letters are bounded by count, bytes and age: the oldest go, counted', async (t) => {
  const world = new World();
  const { clock } = world;
  const limits = { countMax: 3, bytesMax: 100, ageMsMax: 60_000 };
  const letters = new DeadLetters({ name: 'x', limits, clock, log: world.log, origin });
  const ids = (): readonly number[] => [...letters.list()].map(({ id }) => id);
  for (let index = 0; index < 5; index++) letters.add(messageOf('t', 9), facts);
  t.same(ids(), [3, 4, 5], 'by count');
  t.equal(letters.add(messageOf('t', 100), facts), undefined, 'larger than all together may be');
  letters.add(messageOf('t', 85), facts);
  t.same(ids(), [5, 6], 'by bytes');
  t.same(letters.status, { count: 2, bytes: 96, added: 7, forgotten: 5 });
  await clock.advance(60_001);
  t.same(ids(), [], 'by age');
  const none = new DeadLetters({ name: 'y', limits: { ...limits, countMax: 0 }, clock, log: world.log, origin });
  t.equal(none.add(messageOf('t', 1), facts), undefined);
  t.match(none.status, { count: 0, added: 1, forgotten: 1 });
});

t.test(
  'a queue is looked at in pages, and single messages leave it: dropped, or set aside and queued again',
  async (t) => {
    const world = new World();
    const bridge = openBridge(world, { forwards: [{ localTopic: 'up/#', remoteTopic: 'far/#' }] });
    for (let index = 1; index <= 5; index++)
      publishLocally(world, `up/${index % 2 === 0 ? 'even' : 'odd'}`, `${index}`);
    await world.clock.advance(3500);
    publishLocally(world, 'up/late', '6');
    const { delivery } = bridge;
    const first = await delivery.browse(1, 2);
    t.match(first, { entries: [{ sequence: 1, isUnderway: false }, { sequence: 2 }], next: 3 });
    t.match(await delivery.browse(3, 10, 'even'), { entries: [{ sequence: 4, message: { topic: 'far/even' } }] });
    t.ok(delivery.ageOf(1) >= 3500 && delivery.ageOf(1) <= 4500, 'waits since it came, or a second more');
    t.ok(delivery.ageOf(6) <= 1000);
    t.ok(delivery.drop(2));
    t.notOk(delivery.drop(2), 'it is gone');
    const letter = await delivery.setAside(4);
    t.match(letter, { reason: 'operator', rule: 'up/#', originalTopic: 'up/even', message: { topic: 'far/even' } });
    t.match(bridge.status, { queueDepth: 4, deadLetters: { count: 1 } });
    t.match(bridge.status.forwards, [{ received: 6, queued: 4, dropped: { removed: 1, 'dead-letter': 1 } }]);
    delivery.deadLetters.changeTopic(letter?.id ?? 0, 'far/better');
    const [changed] = delivery.deadLetters.list();
    t.equal(changed && delivery.requeue(changed), undefined);
    const remote = new Remote();
    await remote.open(world, v5);
    await world.clock.advance(2000);
    t.same(remote.payloads, ['1', '3', '5', '6', '4'], 'looking disturbed nothing; what is queued again goes last');
    t.equal(remote.published.at(-1)?.topic, 'far/better');
    t.match(bridge.status.forwards, [{ received: 7, delivered: 5, queued: 0 }]);
    t.match(bridge.status.deadLetters, { count: 0, bytes: 0 });
    bridge.destroy();
  },
);

t.test('what is underway can be looked at and not taken', async (t) => {
  const world = new World();
  const remote = new Remote();
  remote.isAnswering = false;
  await remote.open(world, v5);
  const bridge = openBridge(world);
  await world.clock.settle();
  publishLocally(world, 'up/a', 'one');
  await world.clock.settle();
  t.match(await bridge.delivery.browse(1, 5), { entries: [{ sequence: 1, isUnderway: true }] });
  t.notOk(bridge.delivery.drop(1));
  t.equal(await bridge.delivery.setAside(1), undefined);
  bridge.destroy();
});

t.test('a message that the dead letters would not keep stays in the queue', async (t) => {
  const world = new World();
  const bridge = openBridge(world, { deadLetters: { countMax: 0, bytesMax: 1000, ageMsMax: 1000 } });
  publishLocally(world, 'up/a', 'one');
  t.equal(await bridge.delivery.setAside(1), undefined);
  t.match(bridge.status, { queueDepth: 1, deadLetters: { added: 0 } });
  bridge.destroy();
});

t.test('on a disk the queue is looked at from the disk, and dead letters are there after a crash', async (t) => {
  const kept = new KeptWorld();
  const one = await kept.start({ bridge: {} });
  const device = await kept.world.dial(v5);
  await device.connect('d');
  device.send(...[1, 2, 3].map((packetId) => publishOf(`up/${packetId}`, `m${packetId}`, { qos: 1, packetId })));
  await kept.world.clock.advance(100);
  const view = one.bridge?.delivery.browse(2, 10);
  await kept.world.clock.advance(100);
  t.match(await view, { entries: [{ sequence: 2, message: { topic: 'up/2' } }, { sequence: 3 }] });
  const aside = one.bridge?.delivery.setAside(2);
  await kept.world.clock.advance(100);
  t.match(await aside, { id: 1 });
  const two = await kept.start({ bridge: {}, crash: 'power' });
  await kept.world.clock.advance(100);
  const letters = [...(two.bridge?.delivery.deadLetters.list() ?? [])];
  t.match(letters, [{ id: 1, reason: 'operator', rule: 'up/#', message: { topic: 'up/2' } }]);
  t.equal(letters[0]?.message.payload.toString(), 'm2');
  t.match(two.bridge?.status, { queueDepth: 2, deadLetters: { count: 1 } });
  const [letter] = letters;
  if (letter) two.bridge?.delivery.requeue(letter);
  const remote = new Remote();
  await remote.open(kept.world, v5);
  await kept.world.clock.advance(1000);
  t.same(remote.payloads, ['m1', 'm3', 'm2']);
  const three = await kept.start({ bridge: {}, crash: 'power' });
  await kept.world.clock.advance(1000);
  t.match(three.bridge?.status, { queueDepth: 0, deadLetters: { count: 0 } });
  three.bridge?.destroy();
  three.broker.destroy();
});
