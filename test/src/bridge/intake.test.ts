// What a bridge does when its queue is full, or when the remote's word is waited for: in memory and in the journal.
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { QueueBudget } from '../../../src/queue/queue-budget.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const levels = ['memory', 'synced'] as const;

for (const durability of levels) {
  const start = async (bridge: Partial<BridgeSettings>) => {
    const kw = new KeptWorld();
    const process = await kw.start({ bridge: { durability, ...bridge } });
    if (process.bridge === undefined) throw new Error('no bridge');
    const device = await kw.world.dial(v5);
    await device.connect('device');
    return { kw, bridge: process.bridge, device, remote: new Remote() };
  };

  t.test(`${durability}: of each topic the last message waits, and what it replaces is counted`, async (t) => {
    const { kw, bridge, device, remote } = await start({ queueOverflow: 'latest' });
    for (const [index, topic] of ['up/a', 'up/b', 'up/a', 'up/a'].entries()) {
      device.send(publishOf(topic, `${index}`, { qos: 1, packetId: index + 1 }));
    }
    await kw.world.clock.advance(100);
    t.match(bridge.status.forwards, [{ received: 4, queued: 2, dropped: { replaced: 2 } }]);
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(2000);
    t.same(remote.payloads, ['1', '3']);
    t.match(bridge.status.forwards, [{ received: 4, delivered: 2, queued: 0, dropped: { replaced: 2 } }]);
  });

  t.test(`${durability}: what could never be held is refused, and blocks nobody`, async (t) => {
    const budget = durability === 'memory' ? { budget: new QueueBudget(1000) } : {};
    const bounds = durability === 'memory' ? {} : { queueBytesMax: 1000 };
    const kw = new KeptWorld();
    const { bridge } = await kw.start({ bridge: { durability, queueOverflow: 'block', ...bounds }, ...budget });
    const device = await kw.world.dial(v5);
    await device.connect('device');
    for (const [packetId, qos, size] of [
      [1, 1, 2000],
      [2, 2, 2000],
      [3, 1, 20],
    ] as const)
      device.send(publishOf('up/a', 'x'.repeat(size), { qos, packetId }));
    await kw.world.clock.advance(1000);
    const answers = [
      { packetId: 1, reasonCode: ReasonCode.quotaExceeded },
      { packetId: 3, reasonCode: ReasonCode.success },
    ];
    t.match(await device.receivedOf(PacketType.puback), answers);
    t.match(bridge?.status.forwards, [{ received: 3, queued: 1, dropped: { 'too-large': 2 } }]);
    bridge?.destroy();
  });

  t.test(`${durability}: a full queue that blocks lets publishers wait, in order, and drops nothing`, async (t) => {
    const { kw, bridge, device, remote } = await start({
      queueOverflow: 'block',
      queueCountMax: 2,
      blockedCountMax: 3,
    });
    for (let index = 1; index <= 6; index++) device.send(publishOf('up/a', `${index}`, { qos: 1, packetId: index }));
    await kw.world.clock.advance(100);
    const early = await device.receivedOf(PacketType.puback);
    t.same(
      early.map(({ packetId }) => packetId),
      [1, 2],
      'two are in the queue, three wait, one is refused',
    );
    t.match(bridge.status.forwards, [{ received: 6, queued: 5, dropped: { 'queue-full': 1 } }]);
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(3000);
    t.same(remote.payloads, ['1', '2', '3', '4', '5']);
    const late = await device.receivedOf(PacketType.puback);
    t.same(
      late.map(({ packetId, reasonCode }) => [packetId, reasonCode]),
      [
        [3, 0],
        [4, 0],
        [5, 0],
        [6, ReasonCode.quotaExceeded],
      ],
    );
    t.match(bridge.status.forwards, [{ received: 6, delivered: 5, queued: 0 }]);
  });

  t.test(
    `${durability}: a QoS 2 message for which a queue has no room goes to nobody, and once to all then`,
    async (t) => {
      const forwards = [{ localTopic: 'up/#', remoteTopic: '', isRetainedSynced: false }];
      const { kw, remote } = await start({ forwards, queueOverflow: 'block', queueCountMax: 1 });
      const { world } = kw;
      const watch = await world.dial(v5);
      await watch.connect('watch');
      watch.send(subscribeOf(1, 2, 'up/#'));
      const retained = { qos: 2, retain: true } as const;
      const send = async (version: ProtocolVersion, text: string, packetId: number): Promise<RawPeer> => {
        const peer = await world.dial(version);
        await peer.connect(`publisher-${version}`, { cleanStart: false });
        peer.send(publishOf('up/a', text, { ...retained, packetId }));
        await world.clock.advance(100);
        return peer;
      };
      const first = await send(ProtocolVersion.v311, 'one', 1);
      t.match(await first.receivedOf(PacketType.pubrec), [{ packetId: 1 }]);
      const refused = await send(ProtocolVersion.v311, 'two', 2);
      t.ok(refused.isClosed, '3.x has no word for it');
      const told = await send(v5, 'other', 3);
      t.match(await told.receivedOf(PacketType.pubrec), [{ packetId: 3, reasonCode: ReasonCode.quotaExceeded }]);
      await remote.open(world, v5);
      await world.clock.advance(70_000);
      const again = await send(ProtocolVersion.v311, 'two', 2);
      t.match(await again.receivedOf(PacketType.pubrec), [{ packetId: 2 }]);
      await world.clock.advance(1000);
      t.same(remote.payloads, ['one', 'two']);
      const seen = await watch.receivedOf(PacketType.publish);
      t.same(
        seen.map(({ payload }) => `${payload}`),
        ['one', 'two'],
      );
      const late = await world.dial(v5);
      await late.connect('late');
      late.send(subscribeOf(1, 0, 'up/#'));
      t.match(await late.receivedOf(PacketType.publish), [{ payload: bytesOfText('two') }]);
    },
  );

  t.test(`${durability}: a will of QoS 2 goes to those who have room for it: it does not come again`, async (t) => {
    const { kw, device } = await start({ queueOverflow: 'block', queueCountMax: 1 });
    const watch = await kw.world.dial(v5);
    await watch.connect('watch');
    watch.send(subscribeOf(1, 2, 'up/#'));
    device.send(publishOf('up/a', 'fills', { qos: 1, packetId: 1 }));
    const gone = await kw.world.dial(v5);
    const will = { topic: 'up/gone', payload: bytesOfText('gone'), qos: 2, retain: true, properties: {} } as const;
    await gone.connect('gone', { will });
    gone.cut();
    await kw.world.clock.advance(1000);
    t.match(await watch.receivedOf(PacketType.publish), [{ topic: 'up/a' }, { topic: 'up/gone' }]);
  });

  t.test(
    `${durability}: end to end, the publisher hears when the remote has settled, or when it took too long`,
    async (t) => {
      const forwards = [{ localTopic: 'up/#', remoteTopic: '', isEndToEnd: true }];
      const { kw, device, remote } = await start({ forwards, endToEndMsMax: 5000, acknowledgeTimeoutMs: 0 });
      remote.isAnswering = false;
      await remote.open(kw.world, v5);
      await kw.world.clock.advance(1000);
      device.send(publishOf('up/a', 'one', { qos: 1, packetId: 1 }), publishOf('up/a', 'two', { qos: 1, packetId: 2 }));
      device.send(publishOf('up/a', 'three', { qos: 1, packetId: 3 }));
      await kw.world.clock.advance(1000);
      t.same(await device.received(), [], 'it is stored, and that is not enough');
      const [one, two] = remote.published;
      remote.peer.send(ackOf(4, one?.packetId ?? 0), { ...ackOf(4, two?.packetId ?? 0), reasonCode: 0x87 } as never);
      await kw.world.clock.advance(100);
      t.match(await device.received(), [
        { packetId: 1, reasonCode: 0 },
        { packetId: 2, reasonCode: 0x87 },
      ]);
      await kw.world.clock.advance(5000);
      t.match(await device.received(), [{ packetId: 3, reasonCode: 0 }], 'the remote takes its time');
    },
  );
}

t.test(
  'while a full queue blocks, a 3.x device is not read, TCP holds what it sends, and nothing is lost',
  async (t) => {
    const kw = new KeptWorld();
    kw.world.net.holdsWhatIsPaused = true;
    const bridge = { durability: 'memory', queueOverflow: 'block', queueCountMax: 2 } as const;
    await kw.start({ broker: { receiveMaximum: 3 }, bridge });
    const pendingOf = () => [...kw.world.net.open].reduce((sum, { pendingBytes }) => sum + pendingBytes, 0);
    const device = await kw.world.dial(ProtocolVersion.v311);
    await device.connect('device');
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(2000));
    for (const [index, text] of texts.entries()) {
      device.send(publishOf('up/a', text, { qos: 1, packetId: index + 1 }));
      await kw.world.clock.advance(10);
    }
    await kw.world.clock.advance(5000);
    t.ok(pendingOf() > 30 * 2000, `${pendingOf()} bytes wait where the device stands`);
    const remote = new Remote();
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(70_000);
    t.equal(pendingOf(), 0);
    t.same(remote.payloads, texts);
    t.equal((await device.receivedOf(PacketType.puback)).length, 40);
  },
);

t.test('publishers wait for a bridge that blocks when the memory of all is full, and for no other', async (t) => {
  for (const queueOverflow of ['block', 'oldest'] as const) {
    const kw = new KeptWorld();
    const budget = new QueueBudget(5000);
    const { bridge } = await kw.start({ bridge: { durability: 'memory', queueOverflow }, budget });
    const device = await kw.world.dial(v5);
    await device.connect('device');
    for (let packetId = 1; packetId <= 10; packetId++) {
      device.send(publishOf('up/a', `${packetId}`.padEnd(1000), { qos: 1, packetId }));
    }
    await kw.world.clock.advance(100);
    const early = await device.receivedOf(PacketType.puback);
    t.equal(early.length, queueOverflow === 'block' ? 4 : 10);
    t.ok(budget.byteLength <= 5000 && budget.byteLength > 3000, `${budget.byteLength} bytes`);
    const remote = new Remote();
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(5000);
    const late = await device.receivedOf(PacketType.puback);
    t.equal(early.length + late.length, 10);
    t.equal(remote.payloads.length, queueOverflow === 'block' ? 10 : 4, 'what waits is not dropped');
    t.equal(bridge?.status.forwards[0]?.dropped['memory-full'] ?? 0, queueOverflow === 'block' ? 0 : 6);
  }
});
