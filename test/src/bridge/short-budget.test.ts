// A byte budget that is short: higher classes go past whatever waits of lower ones, each rule in its order, and a
// bridge that may not send what waits has nothing to do. And how long a queue takes that is more than the budget.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { slotOf } from '../../../src/bridge/backlog-slots.ts';
import { optionsOf } from '../../../src/bridge/bridge-context.ts';
import { BridgePace } from '../../../src/bridge/bridge-pace.ts';
import { ByteBudget } from '../../../src/bridge/byte-budget.ts';
import type { LinkPlanOptions } from '../../../src/bridge/link-plan.ts';
import { ZoneClock } from '../../../src/bridge/time-windows.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

async function start(plan: LinkPlanOptions) {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const backoff = { delayMsMin: 100, delayMsMax: 200, stableMs: 10_000 };
  const bridge = openBridge(world, { backoff, forwards: classes, plan: { timeZone: 'UTC', ...plan } });
  await world.clock.advance(100);
  return { world, remote, bridge };
}

t.test('a queue that is more than the budget of a period takes as many periods', async (t) => {
  const clock = new ZoneClock('UTC');
  const at = Date.parse('2026-11-25T18:00:00Z');
  const hourMs = 3_600_000;
  const options = { bytesMax: 1000, shortShare: 1, priorityMin: 9 } as const;
  const daily = new ByteBudget({ ...options, period: 'day' }, clock, '2026-11-25 400');
  t.same(
    [0, 600, 601, 1600, 1601, 3600].map((bytes) => daily.delayMs(bytes, at) / hourMs),
    [0, 0, 6, 30, 30, 78],
  );
  const monthly = new ByteBudget({ ...options, period: 'month' }, clock, '2026-11 1000');
  t.equal(monthly.delayMs(1, at) / hourMs, 6 + 5 * 24);
  t.equal(daily.delayMs(5000, 1000), 0, 'a clock that was never set tells nothing');
  const world = new World();
  const plan = { timeZone: 'UTC', budget: { ...options, period: 'day' } } as const;
  const settings = { name: 'b', clientId: 'b', remote: { host: 'h', port: 1 }, plan };
  const bytes = { bytesSent: 0, bytesReceived: 0 };
  const pace = new BridgePace(optionsOf(settings, false), { clock: world.clock, storage: undefined, bytes });
  const nothing = (): void => undefined;
  const lanes = { depth: 5, byteLength: 2500, hold: nothing, release: nothing, pump: nothing };
  pace.start(lanes, () => ({ forwards: [], subscriptions: [] }), nothing);
  const { forecast } = pace.status({ inPerS: 0, outPerS: 1, drainMs: 5000 });
  t.ok((forecast?.drainMs ?? 0) > 24 * hourMs, 'and the forecast says so');
  pace.stop();
});

const classes = [
  { localTopic: 'up/low/#', remoteTopic: '', priority: 1 },
  { localTopic: 'up/high', remoteTopic: '', priority: 9 },
] as const;
/** Short after the first thousand bytes. */
const shortSoon = { bytesMax: 1_000_000, period: 'day', shortShare: 0.001, priorityMin: 9 } as const;

/** A topic of the low class that has the slot of the high one. */
function sameSlot(): string {
  const source = { partition: undefined };
  const messageOf = (topic: string): Message =>
    new Message({ topic, payload: Buffer.alloc(0), qos: 1, retain: false, origin: new Origin('device', 'd') });
  const wanted = slotOf(messageOf('up/high'), source);
  for (let number = 0; ; number++) {
    if (slotOf(messageOf(`up/low/${number}`), source) === wanted) return `up/low/${number}`;
  }
}

for (const [durability, laneOrder] of [
  ['memory', 'topic'],
  ['memory', 'publisher'],
  ['written', 'topic'],
] as const) {
  t.test(
    `${durability}, order by ${laneOrder}: a short budget: nothing of lower classes is in the way of higher ones`,
    async (t) => {
      const kw = new KeptWorld();
      const remote = new Remote();
      await remote.open(kw.world, v5);
      const plan = { timeZone: 'UTC', budget: shortSoon };
      const { bridge, router } = await kw.start({ bridge: { durability, laneOrder, plan, forwards: classes } });
      await kw.world.clock.advance(300);
      publishLocally({ router }, 'up/low/0', 'x'.repeat(2000), 2);
      await kw.world.clock.advance(1500);
      const lows = Array.from({ length: 3000 }, (_, index) => `${index}`);
      for (const text of lows) publishLocally({ router }, `up/low/${Number(text) % 7}`, text);
      publishLocally({ router }, sameSlot(), 'x'.repeat(900_000));
      for (const [index, text] of ['1', '2', '3'].entries()) {
        publishLocally({ router }, 'up/high', text, index === 1 ? 2 : 1);
      }
      await kw.world.clock.advance(1500);
      t.same(remote.payloads.slice(1), ['1', '2', '3']);
      publishLocally({ router }, 'up/low/1', 'last');
      publishLocally({ router }, 'up/high', '4');
      await kw.world.clock.advance(1500);
      t.same(remote.payloads.slice(4), ['4']);
      t.match(bridge?.status, { queueDepth: 3002, plan: { budget: { state: 'short' } } });
      kw.wallOffsetMs = 86_400_000;
      await kw.world.clock.advance(5000);
      const came = remote.published.slice(5).filter(({ payload }) => payload.length < 10);
      t.same(
        came.map(({ payload }) => payload.toString()),
        [...lows, 'last'],
        'another day: all of them, in order, once',
      );
      t.equal(bridge?.status.queueDepth, 0);
    },
  );
}

t.test('what is read out of its turn while a budget is short comes in order after a lost session', async (t) => {
  const { world, remote, bridge } = await start({ budget: shortSoon });
  publishLocally(world, 'up/low/0', 'x'.repeat(2000));
  await world.clock.advance(1500);
  for (const text of ['a', 'b', 'c']) publishLocally(world, 'up/low/0', text);
  remote.isAnswering = false;
  publishLocally(world, 'up/high', '1');
  await world.clock.advance(100);
  remote.isAnswering = true;
  remote.peer.cut();
  await world.clock.advance(1000);
  publishLocally(world, 'up/high', '2');
  await world.clock.advance(100);
  t.same(remote.payloads.slice(1), ['1', '1', '2']);
  const { clock } = world;
  const today = clock.wallMs.bind(clock);
  clock.wallMs = () => today() + 86_400_000;
  await clock.advance(3000);
  t.same(remote.payloads.slice(4), ['a', 'b', 'c']);
  t.equal(bridge.status.queueDepth, 0);
});

t.test(
  'a bridge with nothing to do but what its short budget holds back leaves, and does not come for that',
  async (t) => {
    const connectWhen = { countMin: 2, idleMs: 5000 };
    const { world, remote, bridge } = await start({ connectWhen, budget: shortSoon });
    publishLocally(world, 'up/low/0', 'x'.repeat(2000));
    publishLocally(world, 'up/low/0', 'x');
    await world.clock.advance(2500);
    t.equal(remote.published.length, 2);
    for (const text of ['1', '2', '3']) publishLocally(world, 'up/low/0', text);
    await world.clock.advance(8000);
    t.match(bridge.status.link, { state: 'waiting', error: /it connects when enough waits/ });
    await world.clock.advance(30_000);
    t.equal(remote.connects.length, 1);
    publishLocally(world, 'up/high', 'alarm');
    await world.clock.advance(5000);
    t.equal(remote.connects.length, 1, 'one is not enough');
    publishLocally(world, 'up/high', 'alarm');
    await world.clock.advance(2000);
    t.same(remote.payloads.slice(2), ['alarm', 'alarm']);
  },
);
