// What a broker and its bridge promised holds in the next process: sessions, subscriptions, retained and waiting
// messages, flows of QoS 2 in both directions; and nothing is promised that is not safe.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const kept = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };

function payloadsOf(packets: readonly Packet[]): readonly string[] {
  return packets.flatMap((packet) => (packet.type === PacketType.publish ? [packet.payload.toString()] : []));
}

t.test('a PUBACK leaves when the message is synced, and the message is there after a power cut', async (t) => {
  const kw = new KeptWorld();
  const { bridge } = await kw.start({ bridge: {} });
  const device = await kw.world.dial(v5);
  await device.connect('device');
  device.send(publishOf('up/x', 'one', { qos: 1, packetId: 1 }));
  t.same(await device.received(), [], 'it is in memory only');
  await kw.world.clock.advance(50);
  t.match(await device.received(), [{ type: PacketType.puback, packetId: 1, reasonCode: 0 }]);
  t.match(bridge?.status.forwards, [{ received: 1, queued: 1 }]);
  const { bridge: again } = await kw.start({ crash: 'power', bridge: {} });
  const remote = new Remote();
  t.match(again?.status.forwards, [{ received: 1, queued: 1 }], 'it counts as received here, too');
  await remote.open(kw.world, v5);
  await kw.world.clock.advance(1000);
  t.same(remote.payloads, ['one']);
  t.match(again?.status.forwards, [{ received: 1, delivered: 1, queued: 0 }]);
});

t.test('sessions, subscriptions, waiting and retained messages are there in the next process', async (t) => {
  const kw = new KeptWorld();
  const other = await leaveWaiting(kw);
  other.send(publishOf('state', 'kept', { qos: 1, packetId: 3, retain: true }));
  await kw.world.clock.advance(200);
  t.match(await other.received(), [{ type: 4 }, { type: 5 }, { type: 4 }]);
  await kw.start({ crash: 'power' });
  const back = await kw.world.dial(v5);
  const packets = await back.connect('device', kept);
  t.match(packets, [{ sessionPresent: true }]);
  await kw.world.clock.advance(200);
  t.same(payloadsOf([...packets, ...(await back.received())]), ['one', 'two']);
  const third = await kw.world.dial(v5);
  await third.connect('third');
  third.send(subscribeOf(1, 0, 'state'));
  t.same(payloadsOf(await third.received()), ['kept']);
});

t.test('a QoS 2 message that was acknowledged before a crash is not taken twice behind it', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  await remote.open(kw.world, v5);
  await kw.start({ bridge: {} });
  const device = await kw.world.dial(v5);
  await device.connect('device', kept);
  const message = publishOf('up/x', 'once', { qos: 2, packetId: 7 });
  device.send(message);
  await kw.world.clock.advance(100);
  await kw.start({ crash: 'power', bridge: {} });
  const back = await kw.world.dial(v5);
  await back.connect('device', kept);
  back.send({ ...message, dup: true });
  await kw.world.clock.advance(100);
  t.match(await back.receivedOf(PacketType.pubrec), [{ packetId: 7, reasonCode: 0 }]);
  back.send(ackOf(6, 7));
  await kw.world.clock.advance(2000);
  t.match(await back.receivedOf(PacketType.pubcomp), [{ packetId: 7, reasonCode: 0 }]);
  back.send({ ...message, payload: Buffer.from('another') });
  await kw.world.clock.advance(2000);
  const distinct = new Map(remote.published.map(({ packetId, payload }) => [packetId, payload.toString()]));
  t.same([...distinct.values()], ['once', 'another'], 'the identifier was free again');
});

t.test('what the remote has released is released again, what it may not have comes under its identifier', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  remote.isAnswering = false;
  await remote.open(kw.world, v5);
  await kw.start({ bridge: {} });
  const device = await kw.world.dial(v5);
  await device.connect('device');
  device.send(publishOf('up/x', 'one', { qos: 2, packetId: 1 }), publishOf('up/x', 'two', { qos: 2, packetId: 2 }));
  await kw.world.clock.advance(500);
  const [first, second] = remote.published;
  remote.peer.send(ackOf(5, first?.packetId ?? 0));
  await kw.world.clock.advance(200);
  t.match(await remote.peer.receivedOf(PacketType.pubrel), [{ packetId: first?.packetId }]);
  remote.sessionPresent = true;
  remote.published.length = 0;
  await kw.start({ crash: 'power', bridge: {} });
  await kw.world.clock.advance(1000);
  const came = await remote.peer.received();
  t.match(
    came.filter(({ type }) => type === PacketType.pubrel),
    [{ packetId: first?.packetId }],
  );
  t.match(remote.published, [{ packetId: second?.packetId, payload: Buffer.from('two') }]);
});

t.test(
  'on a full disk a 5.0 device is told, one of 3.1.1 is cut off, and both get through when there is room',
  async (t) => {
    const kw = new KeptWorld();
    const { bridge } = await kw.start({ bridge: {} });
    const five = await kw.world.dial(v5);
    await five.connect('five');
    const three = await kw.world.dial(v311);
    await three.connect('three', { properties: {} });
    kw.disk.faults.capacityBytes = kw.disk.bytesUsed;
    five.send(publishOf('up/x', 'waits', { qos: 1, packetId: 1 }));
    await kw.world.clock.advance(500);
    t.same(await five.received(), [], 'it is in memory, unacknowledged');
    five.send(publishOf('up/x', 'refused', { qos: 1, packetId: 2 }));
    three.send(publishOf('up/x', 'cut', { qos: 1, packetId: 1 }));
    await kw.world.clock.advance(100);
    t.ok(three.isClosed, 'an acknowledgement would be a lie');
    kw.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
    await kw.world.clock.advance(10_000);
    t.match(await five.received(), [
      { type: PacketType.puback, packetId: 1, reasonCode: 0 },
      { type: PacketType.puback, packetId: 2, reasonCode: ReasonCode.quotaExceeded },
    ]);
    t.match(bridge?.status.forwards, [{ received: 3, queued: 1, dropped: { 'disk-full': 2 } }]);
    const again = await kw.world.dial(v311);
    await again.connect('three', { properties: {} });
    again.send(publishOf('up/x', 'cut', { qos: 1, packetId: 1 }));
    await kw.world.clock.advance(200);
    t.match(await again.received(), [{ type: PacketType.puback, packetId: 1 }]);
  },
);

t.test('a QoS 2 message that a full disk keeps from a session goes to nobody, and once to all then', async (t) => {
  const kw = new KeptWorld();
  await kw.start();
  const [kept, watch] = [await kw.world.dial(v5), await kw.world.dial(v5)];
  await kept.connect('kept', { properties: { sessionExpiryInterval: 3600 } });
  await watch.connect('watch');
  watch.send(subscribeOf(1, 2, 'up/#'));
  kept.send(subscribeOf(1, 2, 'up/#'));
  await kw.world.clock.advance(100);
  const send = async (packetId: number): Promise<RawPeer> => {
    const device = await kw.world.dial(v311);
    await device.connect('device');
    device.send(publishOf('up/x', `${packetId}`, { qos: 2, packetId }));
    await kw.world.clock.advance(500);
    return device;
  };
  kw.disk.faults.capacityBytes = kw.disk.bytesUsed;
  await send(1);
  t.ok((await send(2)).isClosed);
  kw.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
  await kw.world.clock.advance(10_000);
  await send(2);
  const texts = (await watch.receivedOf(PacketType.publish)).map(({ payload }) => `${payload}`);
  t.same(
    texts.filter((text) => text === '2'),
    ['2'],
  );
});

t.test('a session whose time has passed while no process ran is over', async (t) => {
  const kw = new KeptWorld();
  await kw.start();
  const device = await kw.world.dial(v5);
  await device.connect('device', { cleanStart: false, properties: { sessionExpiryInterval: 10 } });
  device.cut();
  await kw.world.clock.advance(1000);
  await kw.start();
  await kw.world.clock.advance(15_000);
  const back = await kw.world.dial(v5);
  t.match(await back.connect('device', kept), [{ sessionPresent: false }]);
});

t.test('what is retained while nothing can be stored is stored when it can be', async (t) => {
  const kw = new KeptWorld();
  await kw.start();
  const device = await kw.world.dial(v5);
  await device.connect('device');
  kw.disk.faults.failedWrite = 1;
  device.send(publishOf('state', 'waits', { qos: 1, packetId: 1, retain: true }));
  await kw.world.clock.advance(500);
  for (let number = 0; number < 100; number++) device.send(publishOf('fast', `${number}`, { retain: true }));
  await kw.world.clock.advance(500);
  kw.disk.faults.failedWrite = 0;
  await kw.world.clock.advance(10_000);
  const { router } = await kw.start({ crash: 'power' });
  t.equal(router.retained.get('fast')?.payload.toString(), '99');
  t.equal(router.retained.get('state')?.payload.toString(), 'waits');
});

t.test('a will that waits for its delay goes out although the broker was down meanwhile', async (t) => {
  const kw = new KeptWorld();
  await kw.start();
  const device = await kw.world.dial(v5);
  const will = { topic: 'gone', payload: Buffer.from('device'), qos: 1 as const, retain: true };
  await device.connect('device', { ...kept, will: { ...will, properties: { willDelayInterval: 20 } } });
  device.cut();
  await kw.world.clock.advance(1000);
  const { router } = await kw.start({ crash: 'power' });
  t.equal(router.retained.get('gone'), undefined, 'not yet');
  await kw.world.clock.advance(25_000);
  t.equal(router.retained.get('gone')?.payload.toString(), 'device');
  const { router: third } = await kw.start({ crash: 'power' });
  await kw.world.clock.advance(1000);
  t.equal(third.retained.get('gone')?.payload.toString(), 'device');
});

t.test(
  'a flipped bit in what says whose a session or its queue is costs no message and no step of a flow',
  async (t) => {
    // the name of its queue, in the catalogue; its own record
    for (const needle of ['\0\x0esession/device\0', '\0\x06device3600']) {
      const kw = new KeptWorld();
      await leaveWaiting(kw);
      await kw.start();
      t.equal(await flipIn(kw, needle), true, 'the record is there');
      await kw.start();
      const back = await kw.world.dial(v5);
      const packets = await back.connect('device', kept);
      await kw.world.clock.advance(200);
      t.match(packets, [{ sessionPresent: true }]);
      t.same(payloadsOf([...packets, ...(await back.received())]), ['one', 'two']);
    }
  },
);

/** A device has a session and is away; `one` and `two` wait for it. Returns who sent them. */
async function leaveWaiting(kw: KeptWorld): Promise<RawPeer> {
  await kw.start();
  const device = await kw.world.dial(v5);
  await device.connect('device', kept);
  device.send(subscribeOf(1, 2, 'in/#'));
  await kw.world.clock.advance(200);
  device.cut();
  const other = await kw.world.dial(v5);
  await other.connect('other');
  other.send(publishOf('in/a', 'one', { qos: 1, packetId: 1 }), publishOf('in/b', 'two', { qos: 2, packetId: 2 }));
  await kw.world.clock.advance(200);
  return other;
}

/** Turns a bit over in each record that has a text in it, so that no older value stands in. Returns whether one has. */
async function flipIn({ disk }: KeptWorld, text: string): Promise<boolean> {
  let count = 0;
  for (const [path] of disk.files) {
    const file = await disk.open(path, 'read');
    const bytes = await file.read(0, file.size);
    for (let at = bytes.indexOf(text, 0, 'latin1'); at >= 0; at = bytes.indexOf(text, at + 1, 'latin1')) {
      disk.flipBit(path, at + text.length - 2);
      count++;
    }
  }
  return count > 0;
}
