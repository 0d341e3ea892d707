// An acknowledgement leaves at the moment when the strictest level is met of what its message went to: the journal's
// own counts of groups and syncs tell at that moment what the disk has.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { Durability } from '../../../src/base/durability.ts';
import type { Journal } from '../../../src/journal/journal.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { Remote } from '../../kit/remote.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const kept = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };
const levels: readonly Durability[] = ['memory', 'written', 'synced'];
type StartOptions = NonNullable<Parameters<KeptWorld['start']>[0]>;

interface Started {
  readonly kw: KeptWorld;
  readonly journal: Journal;
}

/** Sends something, and tells how safe it was at the moment when its acknowledgement came. */
async function levelAt({ kw, journal }: Started, peer: RawPeer, packet: Packet, answer: PacketType) {
  await kw.world.clock.advance(3000);
  const { groups, syncs } = journal.status;
  let level: Durability | undefined;
  peer.onPacket = ({ type }) => {
    if (type !== answer) return;
    const now = journal.status;
    level = now.syncs > syncs ? 'synced' : now.groups > groups ? 'written' : 'memory';
  };
  peer.send(packet);
  await kw.world.clock.advance(3000);
  return level;
}

/** A process whose journal has a segment already, and a device. */
async function begin(options: StartOptions): Promise<Started & { readonly device: RawPeer }> {
  const kw = new KeptWorld();
  const { journal } = await kw.start(options);
  const device = await kw.world.dial(v5);
  await device.connect('device');
  device.send(publishOf('first', '', { qos: 1, packetId: 9, retain: true }));
  device.send(publishOf('first', 'x', { qos: 1, packetId: 10, retain: true }));
  await kw.world.clock.advance(3000);
  return { kw, journal, device };
}

const one = publishOf('up/x', 'one', { qos: 1, packetId: 1 });
const two = publishOf('up/x', 'two', { qos: 2, packetId: 2 });

for (const durability of levels) {
  t.test(`a rule at ${durability}: PUBACK and PUBREC leave when the message is so safe`, async (t) => {
    const forwards = [{ localTopic: 'up/#', remoteTopic: '', durability }];
    const { kw, journal, device } = await begin({ bridge: { forwards, durability: 'memory' } });
    t.equal(await levelAt({ kw, journal }, device, one, PacketType.puback), durability);
    t.equal(await levelAt({ kw, journal }, device, two, PacketType.pubrec), durability);
  });

  t.test(`a rule at ${durability}: the PUBACKs of a run leave when all of it is so safe`, async (t) => {
    const forwards = [{ localTopic: 'up/#', remoteTopic: '', durability }];
    const kw = new KeptWorld();
    const remote = new Remote();
    await remote.open(kw.world, v5);
    const { journal, bridge } = await kw.start({ bridge: { forwards, durability: 'memory' } });
    await kw.world.clock.advance(3000);
    const device = await kw.world.dial(v5);
    await device.connect('device');
    device.send(publishOf('up/x', '0', { qos: 1, packetId: 99 }));
    await kw.world.clock.advance(3000);
    const [records, ids] = [journal.status.records, Array.from({ length: 50 }, (_, index) => index + 1)];
    const acknowledged: number[] = [];
    device.onPacket = (packet) => void (packet.type === PacketType.puback && acknowledged.push(packet.packetId));
    const { groups, syncs } = journal.status;
    device.send(...ids.map((packetId) => publishOf('up/x', `${packetId}`, { qos: 1, packetId })));
    for (let ms = 0; ms < 100 && acknowledged.length === 0; ms++) await kw.world.clock.advance(0.1);
    t.same(acknowledged, ids, 'together, in their order');
    const now = journal.status;
    t.equal(now.syncs > syncs ? 'synced' : now.groups > groups ? 'written' : 'memory', durability);
    await kw.world.clock.advance(3000);
    t.same(remote.payloads.slice(1).map(Number), ids);
    t.equal(bridge?.status.queueDepth, 0);
    t.ok(journal.status.records - records < 8, 'as one record, its end, and what was settled');
  });

  t.test(`a session class at ${durability}: a publisher waits for its sessions so long`, async (t) => {
    const sessionClasses = [{ name: 'sensors', clientIds: ['none', 'sen*-*'], durability }];
    const { kw, journal, device } = await begin({ broker: { sessionClasses, durability: 'memory' } });
    const sensor = await kw.world.dial(v5);
    await sensor.connect('sensor-7', kept);
    sensor.send(subscribeOf(1, 2, 'up/#'));
    await kw.world.clock.advance(1000);
    sensor.cut();
    t.equal(await levelAt({ kw, journal }, device, one, PacketType.puback), durability);
    t.equal(await levelAt({ kw, journal }, device, two, PacketType.pubrec), durability);
    await kw.start({ crash: 'power', broker: { sessionClasses, durability: 'memory' } });
    const back = await kw.world.dial(v5);
    const [connack] = await back.connect('sensor-7', kept);
    t.match(connack, { sessionPresent: durability !== 'memory' });
  });

  t.test(`a session at ${durability} lets PUBCOMP go when its identifier is forgotten so safely`, async (t) => {
    const { kw, journal } = await begin({ broker: { durability, publishDurability: durability } });
    const sender = await kw.world.dial(v5);
    await sender.connect('sender', kept);
    sender.send(two);
    t.equal(await levelAt({ kw, journal }, sender, ackOf(6, 2), PacketType.pubcomp), durability);
  });

  t.test(`a subscription rule at ${durability}: the remote waits so long for what goes to a session`, async (t) => {
    const subscriptions = [{ remoteTopic: 'down/#', localTopic: '', qos: 1 as const, durability }];
    const bridge = { forwards: [], subscriptions, durability: 'memory' as const };
    const { kw, journal } = await begin({ bridge, broker: { durability: 'written' } });
    const reader = await kw.world.dial(v5);
    await reader.connect('reader', kept);
    reader.send(subscribeOf(1, 1, 'down/#'));
    const remote = new Remote();
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(3000);
    const down = publishOf('down/x', 'one', { qos: 1, packetId: 1 });
    const wanted = durability === 'memory' ? 'written' : durability;
    t.equal(await levelAt({ kw, journal }, remote.peer, down, PacketType.puback), wanted);
  });
}

t.test('the strictest of all counts: listener, rules, sessions', async (t) => {
  const forwards = [
    { localTopic: 'up/#', remoteTopic: '', durability: 'memory' as const },
    { localTopic: 'up/x', remoteTopic: 'again', durability: 'written' as const },
  ];
  const rules = await begin({ bridge: { forwards, durability: 'memory' } });
  t.equal(await levelAt(rules, rules.device, one, PacketType.puback), 'written');
  const listeners = [{ name: 'tcp', host: '127.0.0.1', port: 1883, limits: { publishDurability: 'synced' as const } }];
  const strict = await begin({ bridge: { forwards, durability: 'memory' }, broker: { listeners } });
  t.equal(await levelAt(strict, strict.device, one, PacketType.puback), 'synced');
  const other = publishOf('elsewhere', 'one', { qos: 1, packetId: 3 });
  t.equal(await levelAt(strict, strict.device, other, PacketType.puback), 'memory', 'it goes nowhere');
});

t.test('a listener says how safe the sessions are that are begun through it', async (t) => {
  const listeners = [{ name: 'tcp', host: '127.0.0.1', port: 1883, limits: { durability: 'written' as const } }];
  const { kw, journal, device } = await begin({ broker: { listeners } });
  const reader = await kw.world.dial(v5);
  await reader.connect('reader', kept);
  reader.send(subscribeOf(1, 1, 'up/#'));
  t.equal(await levelAt({ kw, journal }, device, one, PacketType.puback), 'written');
});

t.test('a retained message is acknowledged when it is kept, and its end when that is', async (t) => {
  const { kw, journal, device } = await begin({});
  const retained = publishOf('state', 'on', { qos: 1, packetId: 4, retain: true });
  t.equal(await levelAt({ kw, journal }, device, retained, PacketType.puback), 'synced');
  const cleared = publishOf('state', '', { qos: 1, packetId: 5, retain: true });
  t.equal(await levelAt({ kw, journal }, device, cleared, PacketType.puback), 'synced');
  t.equal(await levelAt({ kw, journal }, device, cleared, PacketType.puback), 'memory', 'there was nothing any more');
});
