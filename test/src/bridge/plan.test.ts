// When a bridge is connected: in its time windows, when enough waits, and within its budget of bytes, whatever the wall
// clock does meanwhile.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { Timelines } from '../../../src/app/management/timelines.ts';
import { Bridge } from '../../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { Bridges } from '../../../src/bridge/bridges.ts';
import { ByteBudget } from '../../../src/bridge/byte-budget.ts';
import type { LinkPlanOptions } from '../../../src/bridge/link-plan.ts';
import { TimeWindows, ZoneClock } from '../../../src/bridge/time-windows.ts';
import { auditBridge } from '../../kit/audit.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const weekdays = [1, 2, 3, 4, 5];
const everyDay = [0, 1, 2, 3, 4, 5, 6];
const backoff = { delayMsMin: 100, delayMsMax: 200, stableMs: 10_000 };

function windowsOf(zone: string, ...windows: readonly [readonly number[], string, string][]): TimeWindows {
  const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const all = windows.map(([days, from, to]) => ({ days, from: minutes(from), to: minutes(to) }));
  return new TimeWindows(all, new ZoneClock(zone));
}

t.test('a window is open on its days between its minutes, in its zone', (t) => {
  const office = windowsOf('Europe/Berlin', [weekdays, '08:00', '18:00']);
  for (const [at, isOpen, changes] of [
    ['2026-11-25T06:59:59Z', false, '2026-11-25T07:00:00Z'],
    ['2026-11-25T07:00:00Z', true, '2026-11-25T17:00:00Z'],
    ['2026-11-25T16:59:59Z', true, '2026-11-25T17:00:00Z'],
    ['2026-11-25T17:00:00Z', false, '2026-11-26T07:00:00Z'],
    ['2026-11-27T17:30:00Z', false, '2026-11-30T07:00:00Z'],
    ['2026-10-23T17:00:00Z', false, '2026-10-26T07:00:00Z'],
    ['2026-03-27T18:00:00Z', false, '2026-03-30T06:00:00Z'],
  ] as const) {
    t.equal(office.isOpen(Date.parse(at)), isOpen, at);
    t.equal(office.changesAt(Date.parse(at)), Date.parse(changes), `${at}: the next change`);
  }
  t.end();
});

t.test('a window over midnight belongs to the day on which it begins, and windows that touch are one', (t) => {
  const night = windowsOf('UTC', [[6], '22:00', '06:00'], [[0], '06:00', '07:00']);
  t.equal(night.isOpen(Date.parse('2026-11-28T23:00:00Z')), true);
  t.equal(night.isOpen(Date.parse('2026-11-29T05:00:00Z')), true);
  t.equal(night.isOpen(Date.parse('2026-11-28T05:00:00Z')), false);
  t.equal(night.changesAt(Date.parse('2026-11-28T23:00:00Z')), Date.parse('2026-11-29T07:00:00Z'));
  t.equal(windowsOf('UTC', [everyDay, '00:00', '24:00']).changesAt(Date.parse('2026-11-28T23:00:00Z')), undefined);
  t.end();
});

t.test('a clock that was never set closes nothing', (t) => {
  const never = windowsOf('UTC', [[1], '08:00', '08:01']);
  t.equal(never.isOpen(5000), true);
  t.equal(never.changesAt(5000), undefined);
  t.throws(() => new ZoneClock('Mars/Olympus'), RangeError);
  t.end();
});

t.test('a budget begins anew with its period, and never because a clock went back or was set', (t) => {
  const options = { bytesMax: 1000, period: 'day', shortShare: 0.8, priorityMin: 9 } as const;
  const noon = Date.parse('2026-11-25T12:00:00Z');
  const day = 86_400_000;
  const budget = new ByteBudget(options, new ZoneClock('UTC'), undefined);
  const states: (readonly [string, number])[] = [];
  for (const [counted, wallMs] of [
    [100, 5000],
    [200, noon],
    [800, noon],
    [850, noon - day],
    [1000, noon],
    [1100, noon + day],
  ] as const) {
    budget.look(counted, wallMs);
    states.push([budget.status.state, budget.status.bytesUsed]);
  }
  t.same(states, [
    ['ample', 100],
    ['ample', 200],
    ['short', 800],
    ['short', 850],
    ['spent', 1000],
    ['ample', 100],
  ]);
  t.equal(budget.priorityMin, 0);
  const next = new ByteBudget({ ...options, period: 'month' }, new ZoneClock('UTC'), '2026-11 900');
  next.look(0, noon + day);
  t.match(next.status, { state: 'short', bytesUsed: 900 }, 'what an earlier process used');
  next.look(0, noon + 10 * day);
  t.match(next.status, { state: 'ample', bytesUsed: 0 });
  t.end();
});

/** Bridges of a world, with their timeline in words. The virtual wall clock begins on Tue 2023-11-14, 22:13:21 UTC. */
async function planned(plan: LinkPlanOptions, more: Partial<BridgeSettings> = {}) {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridges = new Bridges(world.context, (context, options) => auditBridge(Bridge.open(context, options)));
  const settings = { name: 'b', clientId: 'b', remote: { host: '127.0.0.1', port: 9000 }, backoff };
  const forwards = [{ localTopic: 'up/#', remoteTopic: '' }];
  const bridge = bridges.add({ ...settings, forwards, plan: { timeZone: 'UTC', ...plan }, ...more });
  const told: string[] = [];
  const timelines = new Timelines(
    bridges,
    () => world.clock.wallMs(),
    (_name, { kind, text }) => {
      told.push(`${kind}: ${text}`);
    },
  );
  await world.clock.advance(100);
  return { world, remote, bridge, bridges, told, timelines };
}

t.test('a bridge is connected in its windows only, and says so in words', async (t) => {
  const windows = [{ days: [2], from: 22 * 60 + 15, to: 22 * 60 + 17 }];
  const { world, remote, bridge, told } = await planned({ windows });
  publishLocally(world, 'up/a', '1');
  t.match(bridge.status.link, { state: 'waiting', kind: 'planned', error: /the next opens Tue 22:15/ });
  t.match(bridge.status.lanes, [{ link: { state: 'waiting' } }]);
  t.match(bridge.status.plan, { isOpen: false, changesAt: Date.parse('2023-11-14T22:15:00Z') });
  await world.clock.advance(60_000);
  t.equal(remote.connects.length, 0);
  await world.clock.advance(42_000);
  t.same(remote.payloads, ['1']);
  t.match(bridge.status.link, { state: 'connected' });
  await world.clock.advance(120_000);
  t.match(bridge.status.link, { state: 'waiting', error: /the next opens Tue 22:15/ });
  t.ok((await remote.peer.receivedOf(14)).length === 1, 'with a DISCONNECT');
  t.ok(
    told.some((text) => /^resumed: its time window is open until Tue 22:17/.test(text)),
    told.join('\n'),
  );
  t.ok(told.some((text) => /^paused: outside its time windows, the next opens Tue 22:15/.test(text)));
  t.notOk(told.some((text) => /^lost/.test(text)));
  const { timerCount } = world.clock;
  bridge.destroy();
  t.ok(world.clock.timerCount < timerCount, 'a bridge that is gone plans no more');
});

t.test('a timeline does not begin with a bridge that was resumed', async (t) => {
  const { world, bridge, told, timelines } = await planned({ windows: [{ days: everyDay, from: 0, to: 1439 }] });
  await world.clock.advance(5000);
  t.match(bridge.status.link, { state: 'connected' });
  t.same(
    told.map((text) => text.slice(0, text.indexOf(':'))),
    ['opened', 'connected'],
  );
  timelines.close();
  bridge.destroy();
});

t.test('a wall clock that jumps opens and closes windows, and one of 1970 closes none', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  await remote.open(kw.world, v5);
  kw.wallOffsetMs = -1_700_000_000_000;
  const windows = [{ days: [2], from: 0, to: 60 }];
  const { bridge } = await kw.start({ bridge: { plan: { windows, timeZone: 'UTC' } } });
  await kw.world.clock.advance(500);
  t.match(bridge?.status.link, { state: 'connected' });
  kw.wallOffsetMs = 0;
  await kw.world.clock.advance(2500);
  t.match(bridge?.status.link, { state: 'waiting', kind: 'planned' });
  kw.wallOffsetMs = 2 * 3_600_000;
  await kw.world.clock.advance(2500);
  t.match(bridge?.status.link, { state: 'waiting' }, 'Wednesday');
  kw.wallOffsetMs = 6 * 86_400_000 + 2 * 3_600_000;
  await kw.world.clock.advance(2500);
  t.match(bridge?.status.link, { state: 'connected' }, 'Tuesday again');
});

t.test('a bridge connects when enough waits, and leaves when there is nothing to do', async (t) => {
  const connectWhen = { countMin: 3, ageMsMax: 60_000, idleMs: 5000 };
  const { world, remote, bridge } = await planned({ connectWhen });
  await world.clock.advance(10_000);
  t.equal(remote.connects.length, 0);
  for (const text of ['1', '2', '3']) publishLocally(world, 'up/a', text);
  await world.clock.advance(2000);
  t.same(remote.payloads, ['1', '2', '3']);
  await world.clock.advance(3000);
  publishLocally(world, 'up/a', '4');
  await world.clock.advance(4000);
  t.match(bridge.status.link, { state: 'connected' }, 'something was to do');
  await world.clock.advance(4000);
  t.match(bridge.status.link, { state: 'waiting', error: /it connects when enough waits/ });
  publishLocally(world, 'up/a', '5');
  await world.clock.advance(50_000);
  t.equal(remote.connects.length, 1, 'one is not enough');
  await world.clock.advance(15_000);
  t.same(remote.payloads, ['1', '2', '3', '4', '5'], 'but for so long it waits at most');
});

t.test('so many bytes are enough too', async (t) => {
  const { world, remote } = await planned({ connectWhen: { bytesMin: 100, idleMs: 5000 } });
  publishLocally(world, 'up/a', 'x'.repeat(50));
  await world.clock.advance(3000);
  t.equal(remote.connects.length, 0);
  publishLocally(world, 'up/a', 'x'.repeat(50));
  await world.clock.advance(3000);
  t.equal(remote.published.length, 2);
});

t.test(
  'while a budget is short higher classes are sent, when it is spent nothing is, until the next day',
  async (t) => {
    const forwards = [
      { localTopic: 'up/low', remoteTopic: '', priority: 1 },
      { localTopic: 'up/high', remoteTopic: '', priority: 9 },
    ];
    const budget = { bytesMax: 2000, period: 'day', shortShare: 0.5, priorityMin: 9 } as const;
    const { world, remote, bridge } = await planned({ budget }, { forwards });
    publishLocally(world, 'up/low', 'x'.repeat(1000));
    await world.clock.advance(1500);
    t.match(bridge.status.plan, { isOpen: true, budget: { state: 'short' }, text: /only classes from 9 on are sent/ });
    publishLocally(world, 'up/low', 'later');
    publishLocally(world, 'up/high', 'alarm');
    await world.clock.advance(1500);
    t.same(remote.payloads.slice(1), ['alarm']);
    publishLocally(world, 'up/high', 'x'.repeat(1000));
    await world.clock.advance(1500);
    t.match(bridge.status.link, { state: 'waiting', error: /budget of bytes is used up for this day/ });
    publishLocally(world, 'up/high', 'more');
    await world.clock.advance(60_000);
    t.equal(remote.connects.length, 1);
    const { clock } = world;
    const today = clock.wallMs.bind(clock);
    clock.wallMs = () => today() + 86_400_000;
    await clock.advance(3000);
    t.same(remote.payloads.slice(3), ['later', 'more'], 'another day');
    t.match(bridge.status.plan, { budget: { state: 'ample' } });
  },
);

t.test('what was used of a budget outlives the process', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  await remote.open(kw.world, v5);
  const budget = { bytesMax: 10_000, period: 'month', shortShare: 1, priorityMin: 9 } as const;
  const bridge = { plan: { timeZone: 'UTC', budget }, durability: 'written' as const };
  const first = await kw.start({ bridge });
  await kw.world.clock.advance(130_000);
  const used = first.bridge?.status.plan?.budget?.bytesUsed ?? 0;
  t.ok(used > 0);
  const again = await kw.start({ bridge });
  await kw.world.clock.advance(10);
  t.ok((again.bridge?.status.plan?.budget?.bytesUsed ?? 0) >= used - 200, `${used} before`);
});

t.test('lanes are held and released together, and a pause of an operator stays one', async (t) => {
  const windows = [{ days: [2], from: 22 * 60 + 14, to: 22 * 60 + 15 }];
  const { world, remote, bridge } = await planned({ windows }, { laneCount: 2 });
  bridge.updateRules({ forwards: [{ localTopic: 'up/#', remoteTopic: '' }], subscriptions: [], laneCount: 3 });
  await world.clock.advance(10_000);
  t.equal(remote.connects.length, 0, 'those that are added neither');
  await world.clock.advance(32_000);
  t.equal(new Set(remote.connects.map(({ clientId }) => clientId)).size, 3);
  bridge.pause();
  publishLocally(world, 'up/a', '1');
  await world.clock.advance(5000);
  t.equal(remote.published.length, 0);
  bridge.resume();
  await world.clock.advance(1000);
  t.equal(remote.published.length, 1);
});

t.test('a bridge without a plan has none in its status', async (t) => {
  const bridge = openBridge(new World());
  t.notOk('plan' in bridge.status);
  bridge.destroy();
});
