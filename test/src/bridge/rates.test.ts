// Rates: so much a second of a bridge and of a rule, on one lane and on several; what is live passes a backlog within
// its share, and no topic loses its order.
import fc from 'fast-check';
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { refusalDefaults } from '../../../src/bridge/reason-table.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { LaneWorld } from '../../kit/lane-world.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

const slowRule = { localTopic: 'up/#', remoteTopic: '', rate: { messagesPerS: 1 } };

interface Played {
  readonly world: World;
  readonly remote: Remote;
  readonly bridge: ReturnType<typeof openBridge>;
  /** What came in the last so many ms. */
  readonly cameIn: (ms: number) => Promise<readonly string[]>;
}

async function startOf(more: Partial<BridgeSettings>, isConnected = true): Promise<Played> {
  const world = new World();
  const remote = new Remote();
  if (isConnected) await remote.open(world, v5);
  const bridge = openBridge(world, { backoff: { delayMsMin: 100, delayMsMax: 200, stableMs: 10_000 }, ...more });
  if (isConnected) await world.clock.advance(50);
  const cameIn = async (ms: number): Promise<readonly string[]> => {
    const before = remote.published.length;
    await world.clock.advance(ms);
    return remote.published.slice(before).map(({ topic, payload }) => `${topic.slice(3)}${payload}`);
  };
  return { world, remote, bridge, cameIn };
}

function numbers(count: number, name = ''): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index + 1}`);
}

t.test('a bridge sends so many messages a second, and so many at once', async (t) => {
  const { world, bridge, remote, cameIn } = await startOf({ rate: { messagesPerS: 10, burstMs: 500 } });
  for (const text of numbers(40)) publishLocally(world, 'up/a', text);
  t.same(await cameIn(1), numbers(5, 'a'), 'what half a second brings together');
  t.equal((await cameIn(1000)).length, 10);
  t.match(bridge.status.limited, { by: 'messages' });
  t.equal(bridge.status.queueDepth, 25);
  t.equal(bridge.status.limited?.forMs, 1001, 'since the first that had to wait');
  t.equal((await cameIn(2500)).length, 25);
  t.same(remote.payloads, numbers(40), 'in order');
  await world.clock.advance(1100);
  t.equal(bridge.status.limited, undefined);
});

t.test('a bridge sends so many bytes a second; a message that is larger goes, and is paid for', async (t) => {
  const { world, bridge, cameIn } = await startOf({ rate: { bytesPerS: 1000 } });
  const large = 'x'.repeat(3000);
  publishLocally(world, 'up/a', large);
  publishLocally(world, 'up/b', 'y');
  t.same(await cameIn(1), [`a${large}`]);
  t.match(bridge.status.limited, { by: 'bytes' });
  t.same(await cameIn(1900), []);
  t.same(await cameIn(200), ['by']);
});

t.test('QoS 0 that a rate holds back waits in a quarter of the queue, and no more', async (t) => {
  const { world, bridge } = await startOf({ rate: { messagesPerS: 1 }, queueCountMax: 40 });
  for (const text of numbers(30)) publishLocally(world, 'up/a', text, 0);
  await world.clock.advance(10);
  t.match(bridge.status.forwards, [{ delivered: 1, queued: 10, dropped: { 'qos-0-congested': 19 } }]);
});

t.test('a rule sends so many, and others go on meanwhile', async (t) => {
  const forwards = [
    { localTopic: 'up/slow', remoteTopic: '', rate: { messagesPerS: 2 } },
    { localTopic: 'up/fast', remoteTopic: '' },
  ];
  const { world, bridge, cameIn } = await startOf({ forwards, liveShare: 0 });
  for (const text of numbers(10)) publishLocally(world, 'up/slow', text);
  for (const text of numbers(10)) publishLocally(world, 'up/fast', text);
  t.same(await cameIn(1), [...numbers(2, 'slow'), ...numbers(10, 'fast')]);
  t.match(bridge.status.forwards, [{ limited: { by: 'messages' } }, { delivered: 10 }]);
  t.notOk('limited' in (bridge.status.forwards[1] ?? {}));
  t.same(await cameIn(1000), ['slow3', 'slow4']);
  t.same(await cameIn(3000), numbers(10, 'slow').slice(4));
});

t.test('two rules to one topic keep its order, although one of them has to wait', async (t) => {
  const forwards = [
    { localTopic: 'up/a', remoteTopic: 'up/one', rate: { messagesPerS: 1 } },
    { localTopic: 'up/b', remoteTopic: 'up/one' },
  ];
  for (const liveShare of [0, 0.5]) {
    const { world, cameIn } = await startOf({ forwards, liveShare });
    for (const [index, text] of numbers(6).entries()) publishLocally(world, index % 2 === 0 ? 'up/a' : 'up/b', text);
    t.same(await cameIn(5000), numbers(6, 'one'), `${liveShare}`);
  }
});

t.test('a rate that a rule has only now, or no more, counts for what waits too', async (t) => {
  const { world, bridge, remote, cameIn } = await startOf({}, false);
  for (const text of numbers(10)) publishLocally(world, 'up/a', text);
  const forwards = [{ localTopic: 'up/#', remoteTopic: '', rate: { messagesPerS: 2 } }];
  bridge.updateRules({ forwards, subscriptions: [] });
  publishLocally(world, 'up/a', '11');
  await remote.open(world, v5);
  await world.clock.advance(1200);
  const came = remote.published.length;
  t.ok(came >= 2 && came <= 5, `${came} came`);
  bridge.updateRules({ forwards: [{ localTopic: 'up/#', remoteTopic: '' }], subscriptions: [] });
  publishLocally(world, 'up/a', '12');
  await cameIn(1000);
  t.same(remote.payloads, numbers(12));
});

t.test('a rate that a rule has only now counts for what waits before anything new comes', async (t) => {
  const { world, bridge, remote } = await startOf({}, false);
  for (const text of numbers(10)) publishLocally(world, 'up/a', text);
  const rate = { messagesPerS: 2 };
  bridge.updateRules({ forwards: [{ localTopic: 'up/#', remoteTopic: '', rate }], subscriptions: [] });
  await remote.open(world, v5);
  await world.clock.advance(1200);
  t.ok(remote.published.length >= 2 && remote.published.length <= 5, `${remote.published.length} came`);
  await world.clock.advance(5000);
  t.same(remote.payloads, numbers(10));
});

for (const rates of [{ rate: { messagesPerS: 1 } }, { forwards: [slowRule] }]) {
  t.test(`what was refused waits for the rate of ${'rate' in rates ? 'the bridge' : 'its rule'} again`, async (t) => {
    const refusals = { ...refusalDefaults, retryMs: 100 };
    const { world, remote, bridge } = await startOf({ ...rates, refusals });
    remote.isAnswering = false;
    const { peer } = remote;
    const answer = peer.onPacket;
    const times: number[] = [];
    peer.onPacket = (packet) => {
      answer?.(packet);
      if (packet.type !== PacketType.publish) return;
      times.push(world.clock.now());
      const reasonCode = times.length < 4 ? ReasonCode.unspecifiedError : ReasonCode.success;
      peer.send({ type: PacketType.puback, packetId: packet.packetId, reasonCode, properties: {} });
    };
    publishLocally(world, 'up/a', '1');
    await world.clock.advance(5000);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    t.ok(gaps.length === 3 && gaps.every((gap) => gap >= 990), gaps.join(' '));
    t.match(bridge.status, { queueDepth: 0, forwards: [{ delivered: 1 }] });
  });
}

t.test('while a backlog drains, what is new has its share, and the backlog has the rest', async (t) => {
  for (const [liveShare, live] of [
    [0.5, 10],
    [0.25, 5],
    [0, 0],
  ] as const) {
    const { world, remote, cameIn } = await startOf({ rate: { messagesPerS: 20, burstMs: 100 }, liveShare }, false);
    for (const text of numbers(200)) publishLocally(world, 'up/old', text);
    await remote.open(world, v5);
    await world.clock.advance(1000);
    for (const text of numbers(40)) publishLocally(world, `up/new${text}`, text);
    await cameIn(100);
    const came = await cameIn(1000);
    t.equal(came.filter((text) => text.startsWith('new')).length, live, `${liveShare}`);
    t.equal(came.length, 20, 'the share costs nothing');
    await cameIn(20_000);
    const old = remote.published.filter(({ topic }) => topic === 'up/old').map(({ payload }) => payload.toString());
    t.same(old, numbers(200));
    t.equal(remote.published.length, 240);
  }
});

t.test('what follows something in the backlog waits behind it', async (t) => {
  const { world, remote, cameIn } = await startOf({ rate: { messagesPerS: 10, burstMs: 100 } }, false);
  for (const text of numbers(30)) publishLocally(world, 'up/a', text);
  publishLocally(world, 'up/b', '1');
  await remote.open(world, v5);
  await world.clock.advance(300);
  publishLocally(world, 'up/b', '2');
  publishLocally(world, 'up/c', '1');
  t.ok((await cameIn(300)).includes('c1'));
  await cameIn(5000);
  const order = remote.published.map(({ topic, payload }) => `${topic.slice(3)}${payload}`);
  t.ok(order.indexOf('b1') < order.indexOf('b2') && order.indexOf('b1') > order.indexOf('a29'));
});

t.test('a share needs no rate: a window that is full is enough', async (t) => {
  const { world, remote } = await startOf({ liveShare: 0.5, sendWindowMax: 1 }, false);
  for (const text of numbers(20)) publishLocally(world, 'up/a', text);
  remote.isAnswering = false;
  await remote.open(world, v5);
  await world.clock.advance(300);
  publishLocally(world, 'up/b', '1');
  const [first] = remote.published;
  remote.isAnswering = true;
  remote.peer.send({ type: 4, packetId: first?.packetId ?? 0, reasonCode: 0, properties: {} });
  await world.clock.advance(100);
  const topics = remote.published.map(({ topic }) => topic);
  t.ok(topics.indexOf('up/b') < 5, topics.join(' '));
  t.equal(topics.length, 21);
});

t.test('lanes share the rate of their bridge, and none starves', async (t) => {
  const lw = new LaneWorld();
  await lw.open();
  const bridge = lw.bridge({ laneCount: 4, rate: { messagesPerS: 20, burstMs: 50 } });
  await lw.world.clock.advance(300);
  for (let round = 0; round < 20; round++) for (let topic = 0; topic < 16; topic++) lw.publish(`up/${topic}`, 1);
  const before = lw.arrivals.count;
  await lw.world.clock.advance(4000);
  const came = lw.arrivals.count - before;
  t.ok(came >= 79 && came <= 81, `${came} came in four seconds`);
  const ofLanes = bridge.status.lanes.map(({ delivered }) => delivered);
  t.ok(Math.max(...ofLanes) - Math.min(...ofLanes) <= 2, ofLanes.join(' '));
  await lw.world.clock.advance(20_000);
  t.equal(
    lw.arrivals.fault(lw.sent, () => true),
    undefined,
  );
});

t.test('a lane that is down does not hold up those that wait for the same rate', async (t) => {
  const lw = new LaneWorld();
  await lw.open();
  const bridge = lw.bridge({
    laneCount: 2,
    rate: { messagesPerS: 10 },
    backoff: { delayMsMin: 60_000, delayMsMax: 60_000, stableMs: 1 },
  });
  await lw.world.clock.advance(300);
  for (let round = 0; round < 10; round++) for (let topic = 0; topic < 8; topic++) lw.publish(`up/${topic}`, 1);
  await lw.world.clock.advance(100);
  lw.lineOf('edge')?.destroy();
  const before = lw.arrivals.count;
  await lw.world.clock.advance(2000);
  t.ok(lw.arrivals.count - before >= 18, `${lw.arrivals.count - before} came by the other lane`);
  bridge.destroy();
});

t.test('a lost session, and another process, send what was live in the order in which it came', async (t) => {
  const kw = new KeptWorld();
  const bridge = { rate: { messagesPerS: 10, burstMs: 100 }, durability: 'written' as const };
  const { router } = await kw.start({ bridge });
  const world = Object.assign(Object.create(kw.world) as World, { router });
  for (const text of numbers(20)) publishLocally(world, 'up/old', text);
  const remote = new Remote();
  await remote.open(kw.world, v5);
  await kw.world.clock.advance(500);
  remote.isAnswering = false;
  for (const text of numbers(8)) publishLocally(world, `up/${Number(text) % 2 === 0 ? 'even' : 'odd'}`, text);
  await kw.world.clock.advance(500);
  t.ok(remote.published.some(({ topic }) => topic === 'up/odd'));
  remote.isAnswering = true;
  remote.peer.cut();
  await kw.world.clock.advance(300);
  await kw.start({ bridge });
  await kw.world.clock.advance(10_000);
  for (const topic of ['up/old', 'up/odd', 'up/even']) {
    const came = remote.published.filter((one) => one.topic === topic).map(({ payload }) => Number(payload.toString()));
    const firsts = [...new Set(came)];
    t.same(
      firsts,
      [...firsts].sort((one, other) => one - other),
      topic,
    );
  }
  t.equal(new Set(remote.published.map(({ topic, payload }) => `${topic}${payload}`)).size, 28);
});

/** Lanes that wait for the rate of a rule and for that of the bridge once stood behind each other for ever. */
const twoGates = [0, 0, 0, 0, 3, 0, 0, 3, 4, 3, -1, 3, 3, 6, 3].map((topic) =>
  topic < 0 ? ('wait' as const) : { topic, qos: 1 as const },
);

t.test('for any traffic, rates and breaks: each topic in order, nothing lost', async () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ topic: fc.nat(6), qos: fc.constantFrom<0 | 1 | 2>(1, 1, 2) }) },
    { weight: 2, arbitrary: fc.constant('wait' as const) },
    { weight: 1, arbitrary: fc.constantFrom('cut' as const, 'pause' as const) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 120 }),
      fc.constantFrom(1, 3),
      fc.constantFrom(0, 0.3, 0.8),
      async (steps, laneCount, liveShare) => {
        const lw = new LaneWorld();
        await lw.open();
        const bridge = lw.bridge({
          laneCount,
          liveShare,
          rate: { messagesPerS: 50, burstMs: 40 },
          forwards: [
            { localTopic: 'up/0/+', remoteTopic: '', rate: { messagesPerS: 5 } },
            { localTopic: 'up/1/+', remoteTopic: '' },
          ],
        });
        await lw.world.clock.advance(100);
        for (const one of steps) {
          if (one === 'wait') await lw.world.clock.advance(120);
          else if (one === 'cut') lw.lineOf('edge')?.destroy();
          else if (one === 'pause') bridge[bridge.isPaused ? 'resume' : 'pause']();
          else lw.publish(`up/${one.topic % 2}/${one.topic}`, one.qos);
        }
        if (bridge.isPaused) bridge.resume();
        await lw.world.clock.advance(60_000);
        const fault = lw.arrivals.fault(lw.sent, () => true);
        bridge.destroy();
        if (fault !== undefined) throw new Error(fault);
      },
    ),
    { numRuns: 25, examples: [[twoGates, 3, 0]] },
  );
});
