// Clocks that begin in 1970, jump by years, or were right all the time: what has a deadline over a restart.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { publishOf, subscribeOf } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const wallMs = 1_700_000_000_000;
const yearMs = 31_536_000_000;
const kept = { cleanStart: false, properties: { sessionExpiryInterval: 600 } };

/** Leaves a session, a message, a retained one and a will with 600 s each, and looks after a restart what is there. */
async function leftAfter(beforeMs: number, afterMs: number) {
  const kw = new KeptWorld();
  kw.wallOffsetMs = beforeMs;
  await kw.start();
  const reader = await kw.world.dial(v5);
  const will = { topic: 'gone', payload: Buffer.from('x'), qos: 1 as const, retain: true };
  await reader.connect('reader', { ...kept, will: { ...will, properties: { willDelayInterval: 500 } } });
  reader.send(subscribeOf(1, 1, 'in/#'));
  await kw.world.clock.advance(500);
  reader.cut();
  const device = await kw.world.dial(v5);
  await device.connect('device');
  const properties = { messageExpiryInterval: 600 };
  device.send(publishOf('in/x', 'one', { qos: 1, packetId: 1, properties }));
  device.send(publishOf('state', 'on', { qos: 1, packetId: 2, retain: true, properties }));
  await kw.world.clock.advance(3000);
  kw.wallOffsetMs = afterMs;
  const { router } = await kw.start({ crash: 'power' });
  await kw.world.clock.advance(3000);
  const isWillOut = router.retained.get('gone') !== undefined;
  const back = await kw.world.dial(v5);
  const packets = [...(await back.connect('reader', kept))];
  await kw.world.clock.advance(100);
  back.send(subscribeOf(2, 1, 'state'));
  await kw.world.clock.advance(100);
  packets.push(...(await back.received()));
  const published = packets.filter((packet) => packet.type === PacketType.publish);
  return {
    isSessionThere: packets.some((packet) => packet.type === PacketType.connack && packet.sessionPresent),
    topics: published.map(({ topic }) => topic),
    isFresh: published.every(({ properties: { messageExpiryInterval = 0 } }) => messageExpiryInterval <= 600),
    isWillOut,
  };
}

const everything = { isSessionThere: true, topics: ['in/x', 'state'], isFresh: true, isWillOut: false };

for (const [name, beforeMs, afterMs] of [
  ['the clock stays right', 0, 0],
  ['it is 1970 before, and the clock is set behind the restart', -wallMs, 0],
  ['it is 1970 again behind the restart', 0, -wallMs],
  ['it is 1970 all the time', -wallMs, -wallMs],
  ['the clock jumps back by years', 0, -3 * yearMs],
  ['the clock jumps ahead by thirty years', 0, 30 * yearMs],
] as const) {
  t.test(`${name}: sessions, messages, retained ones and wills are there, and no deadline is longer`, async (t) => {
    t.strictSame(await leftAfter(beforeMs, afterMs), everything);
  });
}

t.test('an hour without power, by a clock that can be believed, is an hour', async (t) => {
  const { isSessionThere, topics, isWillOut } = await leftAfter(0, 3_600_000);
  t.strictSame([isSessionThere, topics, isWillOut], [false, [], true]);
});

t.test(
  'a 5.0 device that comes while nothing can be stored is asked for less, and then for as much again',
  async (t) => {
    const kw = new KeptWorld();
    const { broker } = await kw.start({ broker: { receiveMaximum: 100, receiveMaximumWhenShort: 7 } });
    const announced = async (clientId: string) => {
      const [connack] = await (await kw.world.dial(v5)).connect(clientId);
      return connack?.type === PacketType.connack ? connack.properties.receiveMaximum : undefined;
    };
    t.equal(await announced('one'), 100);
    t.match(broker.status.storage?.state, { state: 'open' });
    kw.disk.faults.failedWrite = 1;
    const device = await kw.world.dial(v5);
    await device.connect('device', kept);
    await kw.world.clock.advance(1000);
    t.match(broker.status.storage?.state, { state: 'failing' });
    t.equal(await announced('two'), 7);
    kw.disk.faults.failedWrite = 0;
    await kw.world.clock.advance(10_000);
    t.equal(await announced('three'), 100);
  },
);

t.test('a 5.0 device that comes while memory for queues is nearly full is asked for less', async (t) => {
  const kw = new KeptWorld();
  const terms = {
    receiveMaximum: 100,
    receiveMaximumWhenShort: 7,
    queueMemoryMax: 100_000,
    durability: 'memory',
  } as const;
  await kw.start({ broker: terms });
  const reader = await kw.world.dial(v5);
  await reader.connect('reader', kept);
  reader.send(subscribeOf(1, 1, 'a'));
  await kw.world.clock.advance(100);
  reader.cut();
  const device = await kw.world.dial(v5);
  t.match(await device.connect('device'), [{ properties: { receiveMaximum: 100 } }]);
  for (let packetId = 1; packetId <= 9; packetId++) {
    device.send(publishOf('a', 'x'.repeat(10_000), { qos: 1, packetId }));
  }
  await kw.world.clock.advance(100);
  t.match(await (await kw.world.dial(v5)).connect('late'), [{ properties: { receiveMaximum: 7 } }]);
  const back = await kw.world.dial(v5);
  await back.connect('reader', { cleanStart: true });
  await kw.world.clock.advance(100);
  t.match(await (await kw.world.dial(v5)).connect('later'), [{ properties: { receiveMaximum: 100 } }]);
});
