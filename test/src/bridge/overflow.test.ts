// What gives way where rules of one bridge have policies, classes and limits of their own, in memory and in the
// journal.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import type { ForwardRuleOptions } from '../../../src/bridge/bridge-options.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';
import { publishOf, type RawPeer } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

type Terms = Partial<ForwardRuleOptions>;

function ruleOf(localTopic: string, terms: Terms = {}): ForwardRuleOptions {
  return { localTopic, remoteTopic: '', ...terms };
}

for (const durability of ['memory', 'written'] as const) {
  const start = async (forwards: readonly ForwardRuleOptions[], queueCountMax = 4) => {
    const kw = new KeptWorld();
    const options = { durability, forwards, queueCountMax };
    const process = await kw.start({ bridge: options });
    if (process.bridge === undefined) throw new Error('no bridge');
    const device = await kw.world.dial(v5);
    await device.connect('device');
    return { kw, bridge: process.bridge, device, remote: new Remote(), options };
  };

  /** Publishes payloads `1`, `2` ... at QoS 1. */
  const publish = async (kw: KeptWorld, device: RawPeer, ...topics: readonly string[]): Promise<void> => {
    for (const [index, topic] of topics.entries()) {
      device.send(publishOf(topic, `${index + 1}`, { qos: 1, packetId: index + 1 }));
    }
    await kw.world.clock.advance(100);
  };

  t.test(`${durability}: by priority, the oldest of the lowest class gives way, and order stays`, async (t) => {
    const policy = { queueOverflow: 'priority' as const };
    const { kw, bridge, device, remote } = await start([
      ruleOf('low', { ...policy, priority: 1 }),
      ruleOf('mid', policy),
      ruleOf('high', { ...policy, priority: 9 }),
    ]);
    await publish(kw, device, 'high', 'mid', 'low', 'low', 'mid', 'high', 'high', 'low');
    t.match(bridge.status.forwards, [
      { received: 3, queued: 0, dropped: { 'queue-full': 3 } },
      { received: 2, queued: 1, dropped: { 'queue-full': 1 } },
      { received: 3, queued: 3, dropped: {} },
    ]);
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(2000);
    t.same(remote.payloads, ['1', '5', '6', '7'], 'what is of a low class pushes out nobody');
  });

  t.test(
    `${durability}: where the oldest gives way, nothing of a higher class does, nor what is to be kept`,
    async (t) => {
      const { kw, bridge, device } = await start([
        ruleOf('low', { priority: 0 }),
        ruleOf('mid'),
        ruleOf('first', { queueOverflow: 'newest' }),
        ruleOf('high', { priority: 9 }),
      ]);
      await publish(kw, device, 'first', 'mid', 'low', 'high', 'low', 'mid', 'mid', 'first');
      t.match(bridge.status.forwards, [
        { received: 2, queued: 0, dropped: { 'queue-full': 2 } },
        { received: 3, queued: 2, dropped: { 'queue-full': 1 } },
        { received: 2, queued: 1, dropped: { 'queue-full': 1 } },
        { received: 1, queued: 1, dropped: {} },
      ]);
      const refused = (await device.receivedOf(PacketType.puback)).filter(({ reasonCode }) => reasonCode >= 0x80);
      t.same(
        refused.map(({ packetId, reasonCode }) => [packetId, reasonCode]),
        [[8, ReasonCode.quotaExceeded]],
        'whose own message gave way hears of it',
      );
    },
  );

  t.test(`${durability}: a rule has limits of its own, and pays for them alone`, async (t) => {
    const { kw, bridge, device, remote, options } = await start(
      [
        ruleOf('few', { queueCountMax: 2 }),
        ruleOf('small', { queueBytesMax: 150, queueOverflow: 'newest' }),
        ruleOf('last', { queueOverflow: 'latest' }),
        ruleOf('rest'),
      ],
      100,
    );
    const small = ['small', 'small', 'small', 'small', 'small', 'small', 'small', 'small', 'small'];
    await publish(kw, device, 'few', 'rest', 'few', 'last', 'few', 'last', 'rest', ...small, ...small, ...small);
    const [few, bytes, last, rest] = bridge.status.forwards;
    t.match(few, { received: 3, queued: 2, dropped: { 'queue-full': 1 } });
    t.ok(bytes && bytes.queued >= 1 && bytes.queued < 27, 'as many as fit');
    t.match(bytes?.dropped, { 'queue-full': 27 - (bytes?.queued ?? 0) });
    t.match(last, { received: 2, queued: 1, dropped: { replaced: 1 } });
    t.match(rest, { received: 2, queued: 2, dropped: {} });
    if (durability === 'written') {
      const again = await kw.start({ bridge: options });
      t.match(again.bridge?.status.forwards, [{ queued: 2 }, { queued: bytes?.queued }, { queued: 1 }, { queued: 2 }]);
      const other = await kw.world.dial(v5);
      await other.connect('device');
      await publish(kw, other, 'few', 'small');
      t.match(again.bridge?.status.forwards, [{ queued: 2, dropped: { 'queue-full': 1 } }, { queued: bytes?.queued }]);
    }
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(2000);
    const few2 = remote.published.filter(({ topic }) => topic === 'few').map(({ payload }) => payload.toString());
    t.same(few2, durability === 'written' ? ['5', '1'] : ['3', '5'], 'the oldest gave way');
  });

  t.test(`${durability}: one rule blocks, another drops; what waits is let in by class, in its order`, async (t) => {
    const { kw, bridge, device, remote } = await start(
      [
        ruleOf('drop'),
        ruleOf('wait', { queueOverflow: 'block', queueCountMax: 1 }),
        ruleOf('alarm', { queueOverflow: 'block', queueCountMax: 1, priority: 9 }),
      ],
      3,
    );
    await publish(kw, device, 'wait', 'alarm', 'wait', 'wait', 'alarm', 'drop', 'drop');
    t.match(bridge.status.forwards, [
      { received: 2, queued: 1, dropped: { 'queue-full': 1 } },
      { received: 3, queued: 3, dropped: {} },
      { received: 2, queued: 2, dropped: {} },
    ]);
    const before = await device.receivedOf(PacketType.puback);
    t.same(
      before.map(({ packetId }) => packetId),
      [1, 2],
      'acknowledgements keep their order: the third waits',
    );
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(3000);
    const order = (name: string) =>
      remote.published.filter(({ topic }) => topic === name).map(({ payload }) => payload.toString());
    t.same([order('wait'), order('alarm'), order('drop')], [['1', '3', '4'], ['2', '5'], ['7']]);
    t.equal((await device.receivedOf(PacketType.puback)).length, 5);
  });

  t.test(`${durability}: rules that change hand over what they have queued, and what they have counted`, async (t) => {
    const { kw, bridge, device, remote } = await start([ruleOf('a'), ruleOf('b'), ruleOf('b', { qosMax: 1 })], 100);
    await publish(kw, device, 'a', 'b', 'a');
    bridge.updateRules({ forwards: [ruleOf('a', { queueCountMax: 2 })], subscriptions: [] });
    t.match(bridge.status.forwards, [
      { from: 'a', received: 2, queued: 2 },
      { note: 'former rules', received: 2, queued: 2 },
    ]);
    await publish(kw, device, 'a');
    t.match(bridge.status.forwards, [{ from: 'a', received: 3, queued: 2, dropped: { 'queue-full': 1 } }]);
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(2000);
    t.match(bridge.status.forwards, [
      { received: 3, delivered: 2, queued: 0 },
      { received: 2, delivered: 2, queued: 0 },
    ]);
  });
}
