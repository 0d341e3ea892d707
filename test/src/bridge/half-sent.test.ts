// A QoS 2 message that an earlier process may have sent, and that is dropped before it is sent again: whoever may have
// it half is told to forget its identifier, or it would take a later message for a repeat of this one.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const lifeS = 60;
const kept = { cleanStart: false, properties: { sessionExpiryInterval: 100_000 } };
const timed = { qos: 2, packetId: 1, properties: { messageExpiryInterval: lifeS } } as const;

async function deviceIn(kw: KeptWorld): Promise<RawPeer> {
  const device = await kw.world.dial(v5);
  await device.connect('device');
  return device;
}

const rule = { localTopic: 'up/#', remoteTopic: '' };
const ways: readonly (readonly [string, Partial<BridgeSettings>])[] = [
  ['expired', { forwards: [rule] }],
  ['too-old', { forwards: [{ ...rule, queueAgeMsMax: 1000 * lifeS }] }],
];

for (const [reason, bridge] of ways) {
  for (const version of [v311, v5]) {
    t.test(`${reason}, version ${version}: PUBREL leaves for a message that was half sent, once`, async (t) => {
      const kw = new KeptWorld();
      const remote = new Remote();
      remote.isAnswering = false;
      await remote.open(kw.world, version);
      await kw.start({ bridge: { ...bridge, version } });
      const device = await deviceIn(kw);
      device.send(publishOf('up/a', 'one', timed));
      await kw.world.clock.advance(1000);
      const { packetId = 0 } = remote.published[0] ?? {};
      t.ok(packetId > 0);
      kw.world.net.takeDown(9000);
      const next = await kw.start({ crash: 'power', bridge: { ...bridge, version } });
      remote.sessionPresent = true;
      await kw.world.clock.advance(1000 * lifeS + 5000);
      const later = await deviceIn(kw);
      later.send(publishOf('up/a', 'two', { qos: 2, packetId: 1 }));
      kw.world.net.portsDown.clear();
      await kw.world.clock.advance(2000);
      t.match(next.bridge?.status.forwards, [{ received: 2, delivered: 0, queued: 1, dropped: { [reason]: 1 } }]);
      t.same(remote.payloads, ['one', 'two']);
      t.match(await remote.peer.receivedOf(PacketType.pubrel), [{ packetId }]);
      remote.peer.send(ackOf(7, packetId), ackOf(5, remote.published[1]?.packetId ?? 0));
      await kw.world.clock.advance(1000);
      remote.peer.send(ackOf(7, remote.published[1]?.packetId ?? 0));
      await kw.world.clock.advance(10_000); // until that is on the disk, too
      t.match(next.bridge?.status.forwards, [{ received: 2, delivered: 1, queued: 0 }]);
      await remote.peer.received();
      await kw.start({ crash: 'power', bridge: { ...bridge, version } });
      await kw.world.clock.advance(5000);
      t.same(await remote.peer.receivedOf(PacketType.pubrel), []);
    });
  }
}

t.test('it is remembered over another restart, and void when the remote has forgotten the session', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  remote.isAnswering = false;
  await remote.open(kw.world, v5);
  await kw.start({ bridge: {} });
  const device = await deviceIn(kw);
  device.send(publishOf('up/a', 'one', timed));
  await kw.world.clock.advance(1000);
  const { packetId = 0 } = remote.published[0] ?? {};
  remote.sessionPresent = true;
  await kw.start({ crash: 'power', bridge: {} });
  await kw.world.clock.advance(1000);
  t.equal(remote.published.length, 2, 'not yet');
  kw.world.net.takeDown(9000);
  await kw.world.clock.advance(1000 * lifeS + 5000);
  kw.world.net.portsDown.clear();
  await kw.world.clock.advance(2000);
  const repeat = remote.published.at(-1);
  t.match(repeat, { dup: true, packetId }, 'what was sent by this process stays underway, expired or not');
  kw.world.net.takeDown(9000);
  await kw.start({ crash: 'power', bridge: {} });
  await kw.world.clock.advance(1000);
  kw.world.net.portsDown.clear();
  await kw.world.clock.advance(2000);
  t.match(await remote.peer.receivedOf(PacketType.pubrel), [{ packetId }]);
  await kw.start({ crash: 'power', bridge: {} });
  await kw.world.clock.advance(2000);
  t.match(await remote.peer.receivedOf(PacketType.pubrel), [{ packetId }], 'until it is answered');
  remote.sessionPresent = false;
  await kw.start({ crash: 'power', bridge: {} });
  await kw.world.clock.advance(2000);
  t.same(await remote.peer.receivedOf(PacketType.pubrel), []);
});

t.test('a device is told as well', async (t) => {
  const kw = new KeptWorld();
  await kw.start();
  const reader = await kw.world.dial(v5);
  await reader.connect('reader', kept);
  reader.send(subscribeOf(1, 2, 'in/#'));
  const device = await deviceIn(kw);
  device.send(publishOf('in/x', 'one', timed), publishOf('in/x', 'two', { qos: 1, packetId: 2 }));
  await kw.world.clock.advance(2000);
  const [one] = await reader.receivedOf(PacketType.publish);
  await kw.start({ crash: 'power' });
  await kw.world.clock.advance(1000 * lifeS + 5000);
  const back = await kw.world.dial(v5);
  const packets = await back.connect('reader', kept);
  await kw.world.clock.advance(500);
  const all = [...packets, ...(await back.received())];
  t.same(
    all.flatMap((packet) => (packet.type === PacketType.publish ? [packet.payload.toString()] : [])),
    ['two'],
  );
  t.match(
    all.filter(({ type }) => type === PacketType.pubrel),
    [{ packetId: one?.packetId }],
  );
  back.send(ackOf(7, one?.packetId ?? 0));
  await kw.world.clock.advance(500);
  back.cut();
  const again = await kw.world.dial(v5);
  const more = [...(await again.connect('reader', kept)), ...(await again.received())];
  t.notOk(more.some(({ type }) => type === PacketType.pubrel));
});
