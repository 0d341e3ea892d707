// A bridge that does not come again: its sessions at the remote end with it, or nobody would ever fetch what gathers
// there; one that is only closed leaves them.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5, v311 } = ProtocolVersion;
const subscriptions = [{ remoteTopic: 'cmd/#', localTopic: '', qos: 1 }] as const;

async function start(version: ProtocolVersion, laneCount = 1) {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, version);
  const bridge = openBridge(world, { version, laneCount, subscriptions });
  await world.clock.advance(100);
  return { world, remote, bridge };
}

t.test('a 5.0 remote is told that the session ends, on every lane, after what waits is sent', async (t) => {
  const { world, remote, bridge } = await start(v5, 2);
  for (const topic of ['a', 'b', 'c']) publishLocally(world, `up/${topic}`, topic);
  const closing = bridge.close({ isForGood: true });
  await world.clock.advance(100);
  await closing;
  t.equal(remote.published.length, 3);
  for (const peer of remote.peers) {
    t.match(await peer.receivedOf(PacketType.disconnect), [{ properties: { sessionExpiryInterval: 0 } }]);
  }
  t.equal(remote.connects.length, 2);
  await t.resolves(bridge.closed);
});

t.test('at a 3.x remote a clean session takes the place of the one that is to end', async (t) => {
  const { world, remote, bridge } = await start(v311);
  const closing = bridge.close({ isForGood: true });
  await world.clock.advance(1000);
  await closing;
  t.same(
    remote.connects.map(({ cleanStart }) => cleanStart),
    [false, true],
  );
  t.equal((await remote.peer.receivedOf(PacketType.disconnect)).length, 1);
});

t.test('a remote that is not there is waited for a moment, and the session that stays is told of', async (t) => {
  const { world, remote, bridge } = await start(v5);
  world.net.takeDown(9000);
  remote.peer.cut();
  await world.clock.advance(1000);
  let isClosed = false;
  void bridge.close({ isForGood: true }).then(() => {
    isClosed = true;
  });
  await world.clock.advance(2000);
  t.notOk(isClosed);
  await world.clock.advance(1500);
  t.ok(isClosed);
  t.ok(world.log.lines.some((line) => line.includes('stays at the remote until it expires')));
});

t.test(
  'who never had a session, or asks for none, has none to end; a bridge that is only closed keeps its own',
  async (t) => {
    const world = new World();
    const never = openBridge(world);
    await world.clock.advance(100);
    const closing = never.close({ isForGood: true });
    await world.clock.advance(10);
    await closing;
    const { world: other, remote, bridge } = await start(v5);
    const closed = bridge.close();
    await other.clock.advance(100);
    await closed;
    const [bye] = await remote.peer.receivedOf(PacketType.disconnect);
    t.notOk('sessionExpiryInterval' in (bye?.properties ?? {}));
  },
);
