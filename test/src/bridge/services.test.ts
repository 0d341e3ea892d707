// A bridge whose servers are named by SRV records (RFC 2782), and what changes of the network of this machine.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { Bridge } from '../../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { Bridges } from '../../../src/bridge/bridges.ts';
import { ServiceTargets } from '../../../src/bridge/service-targets.ts';
import { auditBridge } from '../../kit/audit.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { SeededRandom } from '../../kit/seeded-random.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const name = '_mqtt._tcp.example.com';
const remote = { host: 'example.com', port: 1883, isService: true };
const node = (port: number, priority: number, weight = 0) => ({ host: `node-${port}`, port, priority, weight });
const { signal } = new AbortController();

async function start(more: Partial<BridgeSettings> = {}) {
  const world = new World();
  world.net.services.set(name, [node(9001, 20), node(9002, 10), node(9000, 5)]);
  const remotes = [new Remote(), new Remote(), new Remote()] as const;
  for (const [index, one] of remotes.entries()) await one.open(world, v5, 9000 + index);
  const bridge = openBridge(world, { remote, failbackMs: 0, ...more });
  await world.clock.settle();
  return { world, remotes, bridge };
}

t.test('the target of the lowest priority is taken, and the next one at once when it cannot be had', async (t) => {
  const { world, remotes, bridge } = await start();
  t.match(bridge.status, { remote: name, link: { state: 'connected' } });
  t.match(bridge.status.remotes, [
    {
      address: name,
      targets: [
        { address: 'node-9000:9000', priority: 5, tries: 1, connects: 1 },
        { address: 'node-9002:9002', priority: 10, tries: 0 },
        { address: 'node-9001:9001', priority: 20, tries: 0 },
      ],
    },
  ]);
  remotes[0].isAnswering = false;
  publishLocally(world, 'up/x', 'one');
  publishLocally(world, 'up/x', 'two', 2);
  await world.clock.settle();
  world.net.takeDown(9000);
  await world.clock.advance(1600);
  t.match(bridge.status.link, { state: 'connected' });
  t.same(remotes[2].payloads, ['one', 'two'], 'what the first had not settled');
  t.equal(bridge.status.underway, 0);
  bridge.destroy();
});

t.test('the way back to a better target is found by a connection that lasts, and nothing is lost on it', async (t) => {
  const { world, remotes, bridge } = await start({ failbackMs: 60_000 });
  world.net.takeDown(9000);
  await world.clock.advance(1600);
  t.equal(remotes[2].connects.length, 1);
  world.net.portsDown.clear();
  await world.clock.advance(65_000);
  t.equal(remotes[0].connects.at(-1)?.clientId, 'plant7-probe');
  publishLocally(world, 'up/x', 'before');
  await world.clock.advance(15_000);
  publishLocally(world, 'up/x', 'after');
  await world.clock.settle();
  t.equal(remotes[0].connects.at(-1)?.clientId, 'plant7');
  t.same([...remotes[2].payloads, ...remotes[0].payloads], ['before', 'after']);
  await world.clock.advance(200_000);
  t.equal(
    remotes[0].connects.filter(({ clientId }) => clientId === 'plant7-probe').length,
    1,
    'and no more is looked for',
  );
  bridge.destroy();
});

t.test(
  'a name is asked for again when its answer is old or used up; one that is not answered leaves the last',
  async (t) => {
    const world = new World();
    world.net.services.set(name, [node(1, 1), node(2, 2)]);
    const targets = new ServiceTargets(name, world.net, new SeededRandom());
    t.equal((await targets.next(0, signal)).port, 1);
    t.equal((await targets.next(1, signal)).port, 2);
    t.equal(world.net.lookups, 1);
    world.net.services.set(name, [node(3, 1)]);
    t.equal((await targets.next(2, signal)).port, 3, 'used up');
    targets.connected();
    world.net.services.set(name, [node(4, 1)]);
    t.equal((await targets.next(1000, signal)).port, 3, 'from the top');
    targets.connected();
    t.equal((await targets.next(70_000, signal)).port, 4, 'old');
    world.net.services.delete(name);
    t.equal((await targets.next(80_000, signal)).port, 4, 'no answer');
    const unknown = new ServiceTargets('_mqtt._tcp.nowhere', world.net, new SeededRandom());
    await t.rejects(unknown.next(0, signal), { code: 'ERR_LINK_LOOKUP' });
  },
);

t.test('among equals each is first as often as its weight says', async (t) => {
  const world = new World();
  world.net.services.set(name, [node(1, 1, 10), node(2, 1, 30), node(3, 1, 0), node(4, 2, 1000)]);
  const random = new SeededRandom();
  const firsts = new Map<number, number>();
  for (let round = 0; round < 2000; round++) {
    const { port } = await new ServiceTargets(name, world.net, random).next(0, signal);
    firsts.set(port, (firsts.get(port) ?? 0) + 1);
  }
  const [one = 0, two = 0] = [firsts.get(1), firsts.get(2)];
  t.ok(one > 400 && one < 600, `${one} of 500`);
  t.equal(one + two, 2000, 'never one without weight, nor of a higher priority');
});

t.test('a bridge starts without name servers, and says so', async (t) => {
  const world = new World();
  const bridge = openBridge(world, { remote });
  await world.clock.settle();
  t.match(bridge.status.link, { state: 'waiting', kind: 'lookup' });
  const one = new Remote();
  await one.open(world, v5, 9000);
  world.net.services.set(name, [node(9000, 0)]);
  await world.clock.advance(2000);
  t.match(bridge.status.link, { state: 'connected' });
  bridge.destroy();
});

t.test(
  'an address that this machine has not had before wakes bridges that wait; one that is lost does not',
  async (t) => {
    const world = new World();
    const one = new Remote();
    const bridges = new Bridges(world.context, (context, settings) => auditBridge(Bridge.open(context, settings)));
    const settings = { name: 'b', clientId: 'b', remote: { host: '127.0.0.1', port: 9000 } };
    const backoff = { delayMsMin: 600_000, delayMsMax: 1_200_000, stableMs: 0 };
    const bridge = bridges.add({ ...settings, backoff });
    await world.clock.advance(10_000);
    t.match(bridge.status.link, { state: 'waiting' });
    await one.open(world, v5, 9000);
    world.net.localAddresses = [];
    await world.clock.advance(4000);
    t.match(bridge.status.link, { state: 'waiting' });
    world.net.localAddresses = ['wlan0 10.1.0.9'];
    await world.clock.advance(4000);
    t.match(bridge.status.link, { state: 'connected' });
    t.match(world.log.lines.at(-2) ?? '', /network/);
    const closing = bridges.close(100);
    await world.clock.advance(1000);
    await closing;
  },
);
