// Messages that have waited for too long are dropped and counted, for a remote and for a device, in memory and in the
// journal, over restarts, and whatever the wall clock does meanwhile.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';
import { VirtualClock } from '../../kit/virtual-clock.ts';
import { publishOf, type RawPeer, subscribeOf } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const limitMs = 600_000;
const wallMs = new VirtualClock().wallMs();
const kept = { cleanStart: false, properties: { sessionExpiryInterval: 100_000 } };
/** Rules that keep their messages as long as the bridge says, for less time, and for more. */
const forwards = [
  { localTopic: 'up', remoteTopic: '' },
  { localTopic: 'short', remoteTopic: '', queueAgeMsMax: 60_000 },
  { localTopic: 'long', remoteTopic: '', queueAgeMsMax: 10 * limitMs },
];

async function deviceIn(kw: KeptWorld, name = 'device'): Promise<RawPeer> {
  const device = await kw.world.dial(v5);
  await device.connect(name);
  return device;
}

for (const durability of ['memory', 'written'] as const) {
  const bridgeOf = (more: Partial<BridgeSettings> = {}) => ({ durability, forwards, queueAgeMsMax: limitMs, ...more });

  t.test(`${durability}: what has waited longer than its rule allows is dropped, and nothing else`, async (t) => {
    const kw = new KeptWorld();
    const { bridge } = await kw.start({ bridge: bridgeOf() });
    const device = await deviceIn(kw);
    for (const [index, topic] of ['up', 'short', 'long', 'up'].entries()) {
      if (index === 3) await kw.world.clock.advance(limitMs / 2);
      device.send(publishOf(topic, `${topic}${index}`, { qos: 1, packetId: index + 1 }));
    }
    await kw.world.clock.advance(limitMs / 2 + 2000);
    t.match(bridge?.status.forwards, [{ received: 2, queued: 1, dropped: { 'too-old': 1 } }, {}, {}], 'while offline');
    const remote = new Remote();
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(70_000);
    t.same(remote.payloads, ['long2', 'up3']);
    t.match(bridge?.status.forwards, [
      { received: 2, delivered: 1, queued: 0, dropped: { 'too-old': 1 } },
      { received: 1, delivered: 0, queued: 0, dropped: { 'too-old': 1 } },
      { received: 1, delivered: 1, queued: 0, dropped: {} },
    ]);
  });

  t.test(`${durability}: what is too old makes room for those that come, whoever would give way`, async (t) => {
    const kw = new KeptWorld();
    const { bridge } = await kw.start({ bridge: bridgeOf({ queueOverflow: 'newest', queueCountMax: 1 }) });
    const device = await deviceIn(kw);
    device.send(publishOf('up', 'one', { qos: 1, packetId: 1 }));
    await kw.world.clock.advance(limitMs + 2000);
    device.send(publishOf('up', 'two', { qos: 1, packetId: 2 }));
    await kw.world.clock.advance(1000);
    t.match(bridge?.status.forwards[0], { received: 2, queued: 1, dropped: { 'too-old': 1 } });
  });

  t.test(
    `${durability}: what waits for room is let in once, in order, when what is too old goes at once`,
    async (t) => {
      const kw = new KeptWorld();
      const { bridge } = await kw.start({ bridge: bridgeOf({ queueOverflow: 'block', queueCountMax: 4 }) });
      const device = await deviceIn(kw);
      const send = (ids: readonly number[]): void => {
        for (const id of ids) device.send(publishOf('up', `${id}`, { qos: 1, packetId: id }));
      };
      send([1, 2, 3, 4]);
      await kw.world.clock.advance(1000);
      send([5, 6, 7]);
      await kw.world.clock.advance(1000);
      t.equal((await device.received()).length, 4, 'three wait unacknowledged');
      await kw.world.clock.advance(limitMs + 2000);
      const acknowledged = (await device.received()).flatMap((one) => ('packetId' in one ? [one.packetId] : []));
      t.same(acknowledged, [5, 6, 7], 'each was, once');
      t.match(bridge?.status.forwards[0], { received: 7, queued: 3, dropped: { 'too-old': 4 } });
      const remote = new Remote();
      await remote.open(kw.world, v5);
      await kw.world.clock.advance(70_000);
      t.same(remote.payloads, ['5', '6', '7']);
      t.match(bridge?.status.forwards[0], { delivered: 3, queued: 0 });
    },
  );

  t.test(`${durability}: a receiver is told the expiry that the publisher gave`, async (t) => {
    const kw = new KeptWorld();
    await kw.start({ bridge: bridgeOf() });
    const device = await deviceIn(kw);
    const properties = { messageExpiryInterval: 9000 };
    device.send(
      publishOf('up', 'timed', { qos: 1, packetId: 1, properties }),
      publishOf('up', 'plain', { qos: 1, packetId: 2 }),
    );
    await kw.world.clock.advance(1000);
    const remote = new Remote();
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(70_000);
    t.same(remote.payloads, ['timed', 'plain']);
    const [timed, plain] = remote.published.map(({ properties: { messageExpiryInterval } }) => messageExpiryInterval);
    t.ok(timed !== undefined && timed > 8900 && timed < 9000, 'what is left of it');
    t.equal(plain, undefined);
  });

  t.test(`${durability}: a device gets nothing that has waited for too long`, async (t) => {
    const kw = new KeptWorld();
    const { broker } = await kw.start({ broker: { durability, queueAgeMsMax: limitMs } });
    const reader = await kw.world.dial(v5);
    await reader.connect('reader', kept);
    reader.send(subscribeOf(1, 1, 'up'));
    await kw.world.clock.advance(100);
    reader.cut();
    const device = await deviceIn(kw);
    device.send(publishOf('up', 'old', { qos: 1, packetId: 1 }));
    await kw.world.clock.advance(limitMs - 1000);
    device.send(publishOf('up', 'new', { qos: 1, packetId: 2 }));
    await kw.world.clock.advance(2000);
    const back = await kw.world.dial(v5);
    const packets = await back.connect('reader', kept);
    await kw.world.clock.advance(100);
    const texts = [...packets, ...(await back.received())].flatMap((packet) =>
      'payload' in packet ? [packet.payload.toString()] : [],
    );
    t.same(texts, ['new']);
    t.match(broker.status.dropped, { 'too-old': 1 });
  });
}

t.test('ages go on over restarts as far as the wall clock can be believed', async (t) => {
  const kw = new KeptWorld();
  const bridge = { durability: 'synced', forwards, queueAgeMsMax: limitMs } as const;
  await kw.start({ bridge });
  const device = await deviceIn(kw);
  device.send(publishOf('up', 'one', { qos: 1, packetId: 1 }), publishOf('long', 'two', { qos: 1, packetId: 2 }));
  await kw.world.clock.advance(1000);
  const next = await kw.start({ crash: 'power', bridge });
  const other = await deviceIn(kw);
  other.send(publishOf('up', 'three', { qos: 1, packetId: 3 }));
  await kw.world.clock.advance(limitMs / 2);
  t.match(next.bridge?.status.forwards[0], { received: 2, queued: 2 });
  kw.wallOffsetMs = limitMs; // it was off for so long
  await kw.start({ crash: 'power', bridge });
  const remote = new Remote();
  await remote.open(kw.world, v5);
  await kw.world.clock.advance(70_000);
  t.same(remote.payloads, ['two']);
});

for (const [name, beforeMs, afterMs] of [
  ['starts in 1970 and is set', -wallMs, 0],
  ['is set ahead', 0, 2 * limitMs],
] as const) {
  t.test(`a wall clock that ${name} while messages wait makes nothing old`, async (t) => {
    const kw = new KeptWorld();
    const bridge = { durability: 'synced', forwards, queueAgeMsMax: limitMs } as const;
    kw.wallOffsetMs = beforeMs;
    await kw.start({ bridge });
    const device = await deviceIn(kw);
    for (let index = 1; index <= 150; index++) {
      device.send(publishOf('up', `${index}`.padEnd(10_000), { qos: 1, packetId: index }));
    }
    await kw.world.clock.advance(1000);
    kw.wallOffsetMs = afterMs; // what is read from the disk after this was written before
    const remote = new Remote();
    remote.isAnswering = false;
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(70_000);
    t.equal(new Set(remote.payloads).size, 150, 'in this process');
    if (beforeMs === 0) return;
    remote.published.length = 0;
    remote.isAnswering = true;
    const next = await kw.start({ crash: 'power', bridge });
    await kw.world.clock.advance(70_000);
    t.equal(new Set(remote.payloads).size, 150, 'nor in the next');
    t.match(next.bridge?.status.forwards[0], { delivered: 150, dropped: {} });
  });
}

t.test('lanes that become more keep the ages of what they move', async (t) => {
  const kw = new KeptWorld();
  const terms = { durability: 'written', forwards, subscriptions: [], queueAgeMsMax: limitMs } as const;
  const { bridge } = await kw.start({ bridge: terms });
  const device = await deviceIn(kw);
  device.send(publishOf('up', 'one', { qos: 1, packetId: 1 }), publishOf('long', 'two', { qos: 1, packetId: 2 }));
  await kw.world.clock.advance(limitMs / 2);
  bridge?.updateRules({ ...terms, laneCount: 3 });
  await kw.world.clock.advance(limitMs / 2 + 2000);
  const remote = new Remote();
  await remote.open(kw.world, v5);
  await kw.world.clock.advance(70_000);
  t.same(remote.payloads, ['two']);
  t.match(bridge?.status.forwards[0], { received: 1, queued: 0, dropped: { 'too-old': 1 } });
});

t.test('what was stored before there was a limit counts from the start of the process', async (t) => {
  const kw = new KeptWorld();
  const rule = { localTopic: 'up', remoteTopic: '' };
  await kw.start({ bridge: { durability: 'synced', forwards: [rule] } });
  const device = await deviceIn(kw);
  device.send(publishOf('up', 'one', { qos: 1, packetId: 1 }));
  await kw.world.clock.advance(2 * limitMs);
  const limited = { durability: 'synced', forwards: [rule], queueAgeMsMax: limitMs } as const;
  for (const [waitMs, queued] of [
    [limitMs / 2, 1],
    [limitMs + 70_000, 0],
  ] as const) {
    const { bridge } = await kw.start({ crash: 'power', bridge: limited });
    const other = await deviceIn(kw);
    await kw.world.clock.advance(waitMs);
    other.send(publishOf('up', 'next', { qos: 0 })); // dropped, since the remote is away
    const remote = new Remote();
    if (queued === 0) await remote.open(kw.world, v5);
    await kw.world.clock.advance(70_000);
    t.match(bridge?.status.forwards[0], { queued });
    t.same(remote.payloads, []);
  }
});
