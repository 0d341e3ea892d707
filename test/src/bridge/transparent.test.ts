// A transparent bridge: what devices subscribe to here is subscribed to at the remote, each filter once, for as long as
// somebody wants it and a while longer, whatever happens to devices, connections and processes.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import type { TransparentOptions } from '../../../src/bridge/bridge-options.ts';
import { openBridge, Remote } from '../../kit/remote.ts';
import { publishOf, type RawPeer, subscribeOf, World } from '../../kit/world.ts';

const { v5, v311 } = ProtocolVersion;
const transparent: TransparentOptions = { allowed: ['#'], lingerMs: 30_000, filtersMax: 1000 };

async function start(more: Partial<TransparentOptions> = {}, settings: Partial<BridgeSettings> = {}) {
  const world = new World();
  const broker = await world.openBroker();
  const remote = new Remote();
  await remote.open(world, settings.version ?? v5);
  const bridge = openBridge(world, { forwards: [], transparent: { ...transparent, ...more }, ...settings });
  await world.clock.settle();
  return { world, broker, remote, bridge };
}

async function device(world: World, name: string, ...filters: readonly string[]): Promise<RawPeer> {
  const peer = await world.dial(v5);
  await peer.connect(name);
  for (const [index, filter] of filters.entries()) peer.send(subscribeOf(index + 1, 1, filter));
  await peer.received();
  return peer;
}

/** What the remote was asked since the last call: `+filter:qos` and `-filter`. */
function asked({ peer }: Remote): readonly string[] {
  return peer.packets.splice(0).flatMap((packet) => {
    if (packet.type === PacketType.subscribe) return packet.entries.map(({ filter, qos }) => `+${filter}:${qos}`);
    return packet.type === PacketType.unsubscribe ? packet.filters.map((filter) => `-${filter}`) : [];
  });
}

t.test('a filter is asked for once, and given up a while after its last subscriber', async (t) => {
  const { world, remote, bridge } = await start();
  const one = await device(world, 'one', 'cmd/1', '$share/workers/jobs/+', '$SYS/#');
  const two = await device(world, 'two', 'cmd/1');
  await world.clock.advance(50);
  t.same(asked(remote), ['+cmd/1:1', '+jobs/+:1'], 'shared or not, and nothing of the broker itself');
  t.match(bridge.status.subscriptions, [{ from: '#', interest: { local: 2, asked: 2, lingering: 0, leftOut: 0 } }]);

  remote.peer.send(publishOf('cmd/1', 'go', { qos: 1, packetId: 7 }));
  await world.clock.settle();
  for (const peer of [one, two]) t.match(await peer.receivedOf(PacketType.publish), [{ topic: 'cmd/1', qos: 1 }]);
  t.match(bridge.status.subscriptions, [{ received: 1, delivered: 1 }]);

  one.send({ type: PacketType.unsubscribe, packetId: 9, filters: ['cmd/1'], properties: {} });
  await world.clock.advance(60_000);
  t.same(asked(remote), [], 'another one still wants it');
  two.send({ type: PacketType.disconnect, reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
  await world.clock.advance(29_000);
  t.same(asked(remote), [], 'it may come back');
  await device(world, 'two', 'cmd/1');
  await world.clock.advance(60_000);
  t.same(asked(remote), [], 'and has');
  one.send({ type: PacketType.unsubscribe, packetId: 9, filters: ['$share/workers/jobs/+'], properties: {} });
  await world.clock.advance(31_000);
  t.same(asked(remote), ['-jobs/+']);
  bridge.destroy();
});

t.test(
  'Appendix B 11: the remote sees the union of what devices want, over unsubscribing and a clean session',
  async (t) => {
    const { world, remote, bridge } = await start({ lingerMs: 1000 }, { cleanStart: true });
    const one = await device(world, 'one', 'cmd/1', 'cfg/+');
    await device(world, 'two', 'cmd/1', 'state/#');
    await world.clock.advance(50);
    t.same(asked(remote), ['+cmd/1:1', '+cfg/+:1', '+state/#:1']);
    one.send({ type: PacketType.unsubscribe, packetId: 9, filters: ['cmd/1'], properties: {} });
    await world.clock.advance(5000);
    t.same(asked(remote), [], 'the other one still wants it');
    const again = async (): Promise<readonly string[]> => {
      remote.peer.cut();
      await world.clock.advance(2000);
      t.match(remote.connects.at(-1), { cleanStart: true });
      return [...asked(remote)].sort();
    };
    t.same(await again(), ['+cfg/+:1', '+cmd/1:1', '+state/#:1'], 'all of it in the next session');
    one.send({ type: PacketType.disconnect, reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
    await world.clock.advance(5000);
    t.same(asked(remote), ['-cfg/+']);
    t.same(await again(), ['+cmd/1:1', '+state/#:1']);
    remote.peer.send(publishOf('cmd/1', 'go', { qos: 1, packetId: 7 }));
    await world.clock.settle();
    t.match(bridge.status.subscriptions, [{ received: 1, delivered: 1 }]);
    bridge.destroy();
  },
);

t.test('filters that another covers are not asked for, and are again before it is gone', async (t) => {
  const { world, remote, bridge } = await start();
  await device(world, 'narrow', 'cmd/1', 'cmd/2', 'cfg/a');
  await world.clock.advance(50);
  t.same(asked(remote), ['+cmd/1:1', '+cmd/2:1', '+cfg/a:1']);
  const wide = await world.dial(v5);
  await wide.connect('wide');
  wide.send(subscribeOf(1, 0, 'cmd/#'));
  await world.clock.advance(50);
  t.same(asked(remote), ['+cmd/#:1', '-cmd/1', '-cmd/2'], 'at the highest QoS of those it stands for');
  wide.send({ type: PacketType.unsubscribe, packetId: 9, filters: ['cmd/#'], properties: {} });
  await world.clock.advance(31_000);
  t.same(asked(remote), ['+cmd/1:1', '+cmd/2:1', '-cmd/#']);
  bridge.destroy();
});

t.test('only what the configuration allows is asked for, whatever devices want', async (t) => {
  const { world, remote, bridge } = await start({ allowed: ['cloud/#', 'cfg/+'] });
  await device(world, 'greedy', '#', 'cfg/a/b');
  await world.clock.advance(50);
  t.same(asked(remote), ['+cloud/#:1', '+cfg/+:1']);
  remote.peer.send(publishOf('other/x', 'not asked for', { qos: 1, packetId: 7 }));
  await world.clock.settle();
  t.equal(bridge.status.unmatched, 1);
  bridge.destroy();
});

t.test('other bounds of a transparent bridge keep what lingers, for what is left of its time', async (t) => {
  const { world, remote, bridge } = await start();
  const one = await device(world, 'one', 'cmd/1', 'other/1');
  await world.clock.advance(50);
  one.send({ type: PacketType.unsubscribe, packetId: 9, filters: ['cmd/1', 'other/1'], properties: {} });
  await world.clock.advance(10_000);
  asked(remote);
  const rules = { forwards: [], subscriptions: [] };
  bridge.updateRules({ ...rules, transparent: { ...transparent, allowed: ['cmd/#'], filtersMax: 500 } });
  await world.clock.advance(10_000);
  t.same(asked(remote), ['-other/1', '+cmd/1:1'], 'what is not allowed any more goes at once');
  t.match(bridge.status.subscriptions, [{ interest: { asked: 1, lingering: 1 } }]);
  await world.clock.advance(11_000);
  t.same(asked(remote), ['-cmd/1'], 'and 30 s after its last subscriber what is');
  bridge.destroy();
});

t.test('a QoS that rises is asked for, one that falls only with its filter', async (t) => {
  const { world, remote, bridge } = await start();
  const peer = await device(world, 'one', 'cmd/1');
  await world.clock.advance(50);
  const other = await world.dial(v5);
  await other.connect('two');
  other.send(subscribeOf(1, 2, 'cmd/1'));
  await world.clock.advance(50);
  t.same(asked(remote), ['+cmd/1:1', '+cmd/1:2']);
  peer.send(subscribeOf(5, 0, 'cmd/1'));
  await world.clock.advance(50);
  t.same(asked(remote), []);
  bridge.destroy();
});

for (const version of [v311, v5]) {
  t.test(`everything is asked for again when the remote has lost the session: ${version}`, async (t) => {
    const { world, remote, bridge } = await start({}, { version });
    await device(world, 'one', 'cmd/1', 'cmd/2');
    await world.clock.advance(50);
    world.net.portsDown.add(9000);
    world.net.takeDown(9000);
    await device(world, 'two', 'cfg/2');
    await world.clock.advance(2000);
    world.net.portsDown.clear();
    await world.clock.advance(5000);
    t.same(asked(remote), ['+cmd/1:1', '+cmd/2:1', '+cfg/2:1']);
    bridge.destroy();
  });
}

t.test('what devices had before the bridge is asked for at once, and no more than its bound', async (t) => {
  const world = new World();
  await world.openBroker();
  await device(world, 'early', 'a/1', 'a/2', 'a/3');
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = openBridge(world, { forwards: [], transparent: { ...transparent, filtersMax: 2 } });
  await world.clock.settle();
  t.same(asked(remote), ['+a/1:1', '+a/2:1']);
  t.match(bridge.status.subscriptions, [{ interest: { local: 3, asked: 2, leftOut: 1 } }]);
  await device(world, 'late', 'a/+');
  await world.clock.advance(50);
  t.same(asked(remote), ['+a/+:1', '-a/1', '-a/2'], 'one that covers them all fits');
  t.match(bridge.status.subscriptions, [{ interest: { asked: 1, leftOut: 0 } }]);
  bridge.updateRules({ forwards: [], subscriptions: [], transparent: false });
  await world.clock.settle();
  t.same(asked(remote), ['-a/+'], 'and nothing is asked for when it is transparent no more');
  t.same(bridge.status.subscriptions, []);
  bridge.destroy();
});

t.test('a transparent bridge does not hand back to the remote what it brought in', async (t) => {
  const { world, remote, bridge } = await start({}, { forwards: [{ localTopic: '#', remoteTopic: '' }] });
  await device(world, 'one', 'a/#');
  await world.clock.advance(50);
  t.match(
    remote.peer.packets.filter(({ type }) => type === PacketType.subscribe),
    [{ entries: [{ filter: 'a/#', noLocal: true }] }],
  );
  remote.peer.send(publishOf('a/x', 'from there', { qos: 1, packetId: 7 }));
  await world.clock.advance(1000);
  t.same(remote.payloads, []);
  bridge.destroy();
});
