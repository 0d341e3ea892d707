// The planner of a queue: for how long it lasts, and how long it takes to drain.
import t from 'tap';
import { QueuePlan } from '../../../src/bridge/queue-plan.ts';
import { openBridge, publishLocally } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const bounds = { countMax: 1000, bytesMax: 10_000 };

t.test('a queue that grows lasts until its count or its bytes are full, whichever is sooner', async (t) => {
  const plan = new QueuePlan(bounds);
  plan.look({ at: 0, came: 0, depth: 0, bytes: 0 });
  t.equal(plan.forecast, undefined, 'one look tells nothing');
  plan.look({ at: 5000, came: 50, depth: 50, bytes: 500 });
  t.same(plan.forecast, { inPerS: 10, outPerS: 0, lastsMs: 95_000 }, 'by count');
  plan.look({ at: 10_000, came: 100, depth: 100, bytes: 5000 });
  t.match(plan.forecast, { lastsMs: 10_000 }, 'by bytes');
});

t.test('how long it drains follows from what leaves now, or from the best that was seen', async (t) => {
  const plan = new QueuePlan(bounds);
  plan.look({ at: 0, came: 600, depth: 600, bytes: 600 });
  plan.look({ at: 5000, came: 610, depth: 110, bytes: 110 });
  t.same(plan.forecast, { inPerS: 2, outPerS: 100, drainMs: 1122 });
  plan.clear();
  plan.look({ at: 6000, came: 700, depth: 200, bytes: 200 });
  plan.look({ at: 16_000, came: 720, depth: 220, bytes: 220 });
  t.match(plan.forecast, { outPerS: 0, drainMs: 2245 }, 'the link is down');
});

t.test('a bridge whose remote is away tells how long its queue lasts', async (t) => {
  const world = new World();
  const bridge = openBridge(world, { queueCountMax: 100 });
  t.notOk('forecast' in bridge.status);
  for (let second = 0; second < 10; second++) {
    publishLocally(world, 'up/a', 'x');
    await world.clock.advance(1000);
  }
  const { forecast } = bridge.status;
  t.ok(forecast && forecast.inPerS >= 0.9 && forecast.inPerS <= 1.1);
  t.ok((forecast?.lastsMs ?? 0) > 80_000 && (forecast?.lastsMs ?? 0) < 110_000, 'some 90 s are left');
  bridge.destroy();
});

t.test('lanes fill one room together: their queue lasts as long as that of one lane would', async (t) => {
  const world = new World();
  const bridge = openBridge(world, { queueCountMax: 100, laneCount: 4 });
  for (let second = 0; second < 5; second++) {
    for (let index = 0; index < 8; index++) publishLocally(world, `up/${index}`, 'x');
    await world.clock.advance(1000);
  }
  const { forecast, queueDepth } = bridge.status;
  t.equal(queueDepth, 40);
  t.ok(Math.abs((forecast?.inPerS ?? 0) - 8) <= 1.6, `8 a second come: ${forecast?.inPerS}`);
  const wanted = (1000 * 60) / (forecast?.inPerS ?? 1);
  t.ok(Math.abs((forecast?.lastsMs ?? 0) - wanted) <= 2, `${forecast?.lastsMs} is ${wanted}`);
  bridge.destroy();
});
