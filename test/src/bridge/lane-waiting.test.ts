// What waits in the lanes of a bridge, as people look at it: a place is that of one message and never of another, and
// nothing is out of sight while the lanes change.
import t from 'tap';
import type { Bridge } from '../../../src/bridge/bridge.ts';
import { openBridge, publishLocally } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const rules = { forwards: [{ localTopic: 'up/#', remoteTopic: '' }], subscriptions: [] } as const;
const topics = Array.from({ length: 12 }, (_, index) => `up/${index}`);

/** All that waits, seen in pages of so many. */
async function seen({ delivery }: Bridge, pageMax: number): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (let from: number | undefined = 1; from !== undefined; ) {
    const { entries, next } = await delivery.browse(from, pageMax);
    for (const { sequence, message } of entries) found.set(sequence, message.topic);
    from = next;
  }
  return found;
}

t.test('pages of what waits in several lanes hold every message once', async (t) => {
  const world = new World();
  const bridge = openBridge(world, { laneCount: 3 });
  for (const topic of topics) publishLocally(world, topic, 'x');
  for (const pageMax of [1, 2, 5, 100]) {
    t.same([...(await seen(bridge, pageMax)).values()].sort(), [...topics].sort(), `pages of ${pageMax}`);
  }
  bridge.destroy();
});

t.test('a place seen before the lanes changed is no other message after it', async (t) => {
  const world = new World();
  const bridge = openBridge(world, { laneCount: 2 });
  for (const topic of topics) publishLocally(world, topic, 'x');
  const places = await seen(bridge, 100);
  for (const laneCount of [4, 2, 3, 2]) {
    bridge.updateRules({ ...rules, laneCount });
    await world.clock.advance(70_000);
    t.equal(bridge.status.lanes.length, laneCount, 'lanes that went are given up by now');
    const now = await seen(bridge, 100);
    t.same([...now.values()].sort(), [...topics].sort(), `all wait in ${laneCount} lanes`);
    for (const [place, topic] of places) {
      const entry = await bridge.delivery.entryOf(place);
      t.ok(entry === undefined || entry.message.topic === topic, `${place} is ${topic} or nothing`);
      t.equal(bridge.delivery.ageOf(place) > 0, now.has(place));
    }
    for (const [place, topic] of now) places.set(place, topic);
  }
  const [[place] = []] = await seen(bridge, 1);
  t.ok(place !== undefined && bridge.delivery.drop(place));
  t.equal(bridge.status.queueDepth, topics.length - 1);
  bridge.destroy();
});

t.test('in the midst of a move everything is seen, and can be taken out', async (t) => {
  const world = new World();
  const bridge = openBridge(world, { laneCount: 2 });
  const many = Array.from({ length: 2500 }, (_, index) => `up/${index}`);
  for (const topic of many) publishLocally(world, topic, 'x');
  await world.clock.advance(3000);
  bridge.updateRules({ ...rules, laneCount: 4 });
  t.equal(bridge.status.lanesWanted, 4, 'a thousand messages a turn are moved');
  t.equal(bridge.status.queueDepth, many.length);
  const places = await bridge.delivery.browse(1, 5000);
  t.same(places.entries.map(({ message }) => message.topic).sort(), [...many].sort());
  for (const { sequence } of [...places.entries.slice(0, 2), ...places.entries.slice(-2)]) {
    const age = bridge.delivery.ageOf(sequence);
    t.ok(age === 0 || (age >= 2000 && age <= 3000), `${age} ms: since it came, or into this queue`);
    t.ok(bridge.delivery.drop(sequence), 'it is at its place');
  }
  await world.clock.advance(5000);
  t.match(bridge.status, { lanesWanted: undefined, queueDepth: many.length - 4 });
  bridge.destroy();
});
