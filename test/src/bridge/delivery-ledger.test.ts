// The delivery ledger: what becomes of single messages, in memory and in the journal; and traces that begin here.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { traceIdOf } from '../../../src/bridge/trace-context.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';
import { publishOf } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

for (const durability of ['memory', 'synced'] as const) {
  t.test(`${durability}: each message has its entry, from its coming to its end`, async (t) => {
    const kw = new KeptWorld();
    const { bridge } = await kw.start({
      bridge: {
        durability,
        ledgerSize: 3,
        queueCountMax: 2,
        queueOverflow: 'newest',
        forwards: [{ localTopic: 'up/#', remoteTopic: 'far/#' }],
      },
    });
    if (bridge === undefined) throw new Error('no bridge');
    const device = await kw.world.dial(v5);
    await device.connect('device');
    for (const packetId of [1, 2, 3]) device.send(publishOf('up/a', `${packetId}`, { qos: 1, packetId }));
    await kw.world.clock.advance(1000);
    t.match(
      [...(bridge.ledger ?? [])],
      [
        { id: 3, topic: 'up/a', outcome: 'dropped', reason: 'queue-full' },
        { id: 2, topic: 'up/a', remoteTopic: 'far/a', rule: 'up/#', qos: 1, size: 1, outcome: 'queued', lane: 0 },
        { id: 1, outcome: 'queued' },
      ],
    );
    const remote = new Remote();
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(3000);
    const [, second] = [...(bridge.ledger ?? [])];
    t.match(second, { outcome: 'delivered', sentAt: Number, settledAt: Number });
    t.ok((second?.sentAt ?? 0) > (second?.at ?? 0));
    device.send(publishOf('up/b', 'x', { qos: 0 }));
    await kw.world.clock.advance(100);
    t.match(
      [...(bridge.ledger ?? [])],
      [{ id: 4, outcome: 'delivered', topic: 'up/b' }, { id: 3 }, { id: 2 }],
      'bounded',
    );
    bridge.destroy();
  });
}

t.test(
  'a message that a person drops, and one that a lost session leaves to the remote, end their entries',
  async (t) => {
    const kw = new KeptWorld();
    const remote = new Remote();
    const forwards = [{ localTopic: 'up/#', remoteTopic: '' }];
    const { bridge } = await kw.start({ bridge: { durability: 'memory', ledgerSize: 9, forwards } });
    const device = await kw.world.dial(v5);
    await device.connect('device');
    for (const packetId of [1, 2]) device.send(publishOf('up/a', `${packetId}`, { qos: 2, packetId }));
    await kw.world.clock.advance(100);
    t.ok(bridge?.delivery.drop(1));
    remote.isAnswering = false;
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(1000);
    remote.peer.send({ type: PacketType.pubrec, packetId: 1, reasonCode: 0, properties: {} });
    await kw.world.clock.advance(100);
    remote.peer.cut();
    await kw.world.clock.advance(1000);
    t.match(
      [...(bridge?.ledger ?? [])],
      [
        { id: 2, outcome: 'delivered' },
        { id: 1, outcome: 'dropped', reason: 'removed' },
      ],
    );
    t.match(bridge?.status.forwards, [{ received: 2, delivered: 1, dropped: { removed: 1 }, queued: 0 }]);
    bridge?.destroy();
  },
);

t.test('of many messages some are written down, and runs are taken apart', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  await remote.open(kw.world, v5);
  const forwards = [{ localTopic: 'up/#', remoteTopic: '' }];
  const { bridge } = await kw.start({
    bridge: { durability: 'memory', ledgerSize: 100, ledgerSampleOf: 10, forwards },
  });
  const device = await kw.world.dial(v5);
  await device.connect('device');
  device.send(
    ...Array.from({ length: 50 }, (_, index) => publishOf('up/a', `${index}`, { qos: 1, packetId: index + 1 })),
  );
  await kw.world.clock.advance(1000);
  const entries = [...(bridge?.ledger ?? [])];
  t.equal(entries.length, 5);
  t.ok(entries.every(({ outcome }) => outcome === 'delivered'));
  bridge?.destroy();
});

t.test('a trace begins at the bridge where a message has none, and is carried where it has one', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  await remote.open(kw.world, v5);
  const forwards = [{ localTopic: 'up/#', remoteTopic: '' }];
  const { bridge } = await kw.start({ bridge: { durability: 'memory', traceRatio: 0, ledgerSize: 9, forwards } });
  const device = await kw.world.dial(v5);
  await device.connect('device');
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const more = { qos: 1 } as const;
  device.send(
    publishOf('up/a', 'x', { ...more, packetId: 1 }),
    publishOf('up/a', 'x', {
      ...more,
      packetId: 2,
      properties: {
        userProperties: [
          ['traceparent', trace],
          ['tracestate', 'a=1'],
        ],
      },
    }),
    publishOf('up/a', 'x', {
      ...more,
      packetId: 3,
      properties: {
        userProperties: [
          ['traceparent', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
          ['tracestate', 'a=1'],
        ],
      },
    }),
  );
  await kw.world.clock.advance(1000);
  const users = remote.published.map(({ properties }) => properties.userProperties);
  t.match(users[0], [['traceparent', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/]]);
  t.strictSame(users[1], [
    ['traceparent', trace],
    ['tracestate', 'a=1'],
  ]);
  t.match(users[2], [['traceparent', /^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/]]);
  t.equal(users[2]?.length, 1, 'the state of a trace that is none goes with it');
  t.match(
    [...(bridge?.ledger ?? [])],
    [{}, { traceId: '4bf92f3577b34da6a3ce929d0e0e4736' }, { traceId: /^[0-9a-f]{32}$/ }],
  );
  t.equal(traceIdOf(Buffer.alloc(0)), undefined);
  bridge?.destroy();
});
