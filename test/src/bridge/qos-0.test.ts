// What becomes of messages at QoS 0 while the link is down: as the bridge says, or as the rule does, in memory and in
// the journal, on one lane and on several.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { Bridge } from '../../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import type { ForwardRuleOptions } from '../../../src/bridge/bridge-options.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { LaneWorld } from '../../kit/lane-world.ts';
import { Remote } from '../../kit/remote.ts';
import { publishOf } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

function rulesOf(terms: Partial<ForwardRuleOptions>): readonly ForwardRuleOptions[] {
  return [{ localTopic: 'up/#', remoteTopic: '', ...terms }];
}

async function startOf(bridge: Partial<BridgeSettings>) {
  const kw = new KeptWorld();
  const started = await kw.start({ bridge });
  if (started.bridge === undefined) throw new Error('no bridge');
  const device = await kw.world.dial(v5);
  await device.connect('device');
  /** Publishes one message of each payload; those that begin with q at QoS 1. */
  const publish = async (...payloads: readonly string[]): Promise<void> => {
    for (const [index, payload] of payloads.entries()) {
      const more = payload.startsWith('q') ? { qos: 1 as const, packetId: index + 1 } : {};
      device.send(publishOf('up/a', payload, more));
    }
    await kw.world.clock.advance(100);
  };
  const remote = new Remote();
  const connect = async (): Promise<readonly string[]> => {
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(2000);
    return remote.payloads;
  };
  return { kw, bridge: started.bridge, publish, connect };
}

function numbersOf(bridge: Bridge | undefined) {
  const [rule] = bridge?.status.forwards ?? [];
  return { queued: rule?.queued, dropped: rule?.dropped };
}

for (const durability of ['memory', 'written'] as const) {
  t.test(`${durability}: a rule that says nothing does as its bridge does`, async (t) => {
    const dropping = await startOf({ durability, forwards: rulesOf({}) });
    await dropping.publish('1', 'q2', '3');
    t.same(numbersOf(dropping.bridge), { queued: 1, dropped: { 'qos-0-offline': 2 } });
    t.same(await dropping.connect(), ['q2']);
    const keeping = await startOf({ durability, forwards: rulesOf({}), isQos0Queued: true });
    await keeping.publish('1', 'q2', '3');
    t.same(numbersOf(keeping.bridge), { queued: 3, dropped: {} });
    t.same(await keeping.connect(), ['1', 'q2', '3']);
  });

  t.test(`${durability}: a rule drops what its bridge would keep, counted`, async (t) => {
    const { bridge, publish, connect } = await startOf({
      durability,
      forwards: rulesOf({ qos0Policy: 'drop' }),
      isQos0Queued: true,
    });
    await publish('1', 'q2', '3');
    t.same(numbersOf(bridge), { queued: 1, dropped: { 'qos-0-offline': 2 } });
    t.same(await connect(), ['q2']);
  });

  t.test(`${durability}: so many wait, of which the oldest give way, in the order in which all came`, async (t) => {
    const forwards = rulesOf({ qos0Policy: 'buffer', qos0CountMax: 2 });
    const { bridge, publish, connect } = await startOf({ durability, forwards });
    await publish('1', '2', 'q3', '4', 'q5');
    t.same(numbersOf(bridge), { queued: 4, dropped: { 'queue-full': 1 } });
    t.same(await connect(), ['2', 'q3', '4', 'q5']);
    t.same(numbersOf(bridge), { queued: 0, dropped: { 'queue-full': 1 } });
  });

  t.test(`${durability}: they wait for so long, and other messages longer`, async (t) => {
    const forwards = rulesOf({ qos0Policy: 'buffer', qos0AgeMsMax: 60_000 });
    const { kw, bridge, publish, connect } = await startOf({ durability, forwards });
    await publish('1', 'q2');
    await kw.world.clock.advance(45_000);
    await publish('3');
    await kw.world.clock.advance(30_000);
    t.same(numbersOf(bridge), { queued: 2, dropped: { 'too-old': 1 } });
    t.same(await connect(), ['q2', '3']);
  });

  t.test(
    `${durability}: QoS 0 that comes to a full bridge pushes out QoS 0, and never what was acknowledged`,
    async (t) => {
      for (const queueOverflow of ['oldest', 'priority', 'block'] as const) {
        const forwards = rulesOf({ qos0Policy: 'buffer' });
        const started = await startOf({ durability, forwards, queueCountMax: 3, queueOverflow });
        await started.publish('q1', '2', '3', '4', '5');
        t.same(numbersOf(started.bridge), { queued: 3, dropped: { 'queue-full': 2 } }, queueOverflow);
        t.same(await started.connect(), ['q1', '4', '5'], queueOverflow);
      }
    },
  );

  t.test(`${durability}: the policy of a rule may change while messages wait`, async (t) => {
    const { bridge, publish, connect } = await startOf({ durability, forwards: rulesOf({ qos0Policy: 'buffer' }) });
    await publish('1', 'q2', '3');
    bridge.updateRules({ forwards: rulesOf({ qos0Policy: 'buffer', qos0CountMax: 2 }), subscriptions: [] });
    await publish('4');
    t.same(numbersOf(bridge), { queued: 3, dropped: { 'queue-full': 1 } });
    bridge.updateRules({ forwards: rulesOf({}), subscriptions: [] });
    await publish('5');
    t.same(numbersOf(bridge), { queued: 3, dropped: { 'queue-full': 1, 'qos-0-offline': 1 } });
    t.same(await connect(), ['q2', '3', '4']);
    t.same(numbersOf(bridge), { queued: 0, dropped: { 'queue-full': 1, 'qos-0-offline': 1 } });
  });
}

t.test('what is to persist outlives the process, with its bounds, in a bridge that keeps nothing else', async (t) => {
  const forwards = rulesOf({ qos0Policy: 'persist', qos0CountMax: 3, qos0AgeMsMax: 3_600_000 });
  const bridge = { durability: 'memory' as const, forwards };
  const { kw, publish } = await startOf(bridge);
  await publish('1', '2', '3');
  await kw.world.clock.advance(1000);
  const again = await kw.start({ bridge });
  t.same(numbersOf(again.bridge), { queued: 3, dropped: {} });
  const device = await kw.world.dial(v5);
  await device.connect('device');
  device.send(publishOf('up/a', '4'));
  await kw.world.clock.advance(1000);
  t.same(numbersOf(again.bridge), { queued: 3, dropped: { 'queue-full': 1 } });
  const remote = new Remote();
  await remote.open(kw.world, v5);
  await kw.world.clock.advance(2000);
  t.same(remote.payloads, ['2', '3', '4']);
});

t.test('what only waits in memory is gone with the process', async (t) => {
  const bridge = { durability: 'memory' as const, forwards: rulesOf({ qos0Policy: 'buffer' }) };
  const { kw, publish } = await startOf(bridge);
  await publish('1', '2');
  t.same(numbersOf((await kw.start({ bridge })).bridge), { queued: 0, dropped: {} });
});

t.test('on several lanes so many wait together, and each topic keeps its order', async (t) => {
  for (const laneOrder of ['topic', '$1']) {
    const lw = new LaneWorld();
    const forwards = [{ localTopic: 'up/+', remoteTopic: 'up/$1', qos0Policy: 'buffer' as const, qos0CountMax: 6 }];
    const bridge = lw.bridge({ laneCount: 3, laneOrder, forwards });
    const topics = ['up/a', 'up/b', 'up/c', 'up/d', 'up/e'];
    for (let round = 0; round < 2; round++) for (const topic of topics) lw.publish(topic, 0);
    t.same(numbersOf(bridge), { queued: 6, dropped: { 'queue-full': 4 } }, laneOrder);
    await lw.open();
    await lw.world.clock.advance(3000);
    t.equal(lw.arrivals.count, 6);
    const came = [...lw.arrivals.byTopic.values()];
    t.ok(came.every((numbers) => numbers.every((number, index) => number > (numbers[index - 1] ?? 0))));
    t.match(numbersOf(bridge), { queued: 0 });
  }
});
