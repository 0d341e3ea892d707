// The first moments of an app: bridges with a name here may do what the rules say from their first message on, also
// while listeners are still being opened; and what bridges left that the configuration does not have any more.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { App } from '../../../src/app/app.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { Net } from '../../../src/ports/ports.ts';
import { auditApp } from '../../kit/audit.ts';
import { Chance } from '../../kit/chance.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';
import { Remote } from '../../kit/remote.ts';
import { publishOf, subscribeOf, World } from '../../kit/world.ts';
import { FaultyDisk } from '../../sim/faulty-disk.ts';

const { v5 } = ProtocolVersion;
const path = '/etc/viaduct.conf';

/** Lets time pass until it is done: disks take theirs, and parts that are loaded first take turns of the process. */
async function inTime<Result>(world: World, promise: Promise<Result>): Promise<Result> {
  let isDone = false;
  const done = promise.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    await world.clock.advance(100);
  }
  return done;
}

const named = `
listeners.tcp { one { bind = "127.0.0.1:1883" }, two { bind = "127.0.0.1:1884" } }
bridges.mqtt.site {
  server = "mqtt-tcp://127.0.0.1:9000", clientid = edge, local_username = plant
  forwards = [ { local_topic = "up/#", remote_topic = "" } ]
  subscription = [ { remote_topic = "in/#", local_topic = "", qos = 1 } ]
}`;

t.test('a bridge with a name here loses nothing while a listener is still being opened', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const listen: Net['listen'] = async (...args) => {
    if (args[0].port === 1884) await gate;
    return world.net.listen(...args);
  };
  const net: Net = {
    listen,
    dial: (options) => world.net.dial(options),
    lookup: (host) => world.net.lookup(host),
    lookupService: (name) => world.net.lookupService(name),
    addresses: () => world.net.addresses(),
  };
  const disk = new MemoryDisk({ [path]: named });
  const loaded = await loadConfig({ path, disk, environment: {}, hostname: 'h' });
  const place = { isTerminal: false, hostname: 'h', path, environment: {}, log: world.log };
  const starting = App.start(loaded, { ...world.ports, net }, place);
  for (let turns = 0; turns < 500 && remote.peers.length === 0; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    await world.clock.settle();
  }
  const device = await world.dial(v5, 1883);
  await device.connect('reader');
  device.send(subscribeOf(1, 1, 'in/#'), publishOf('up/a', 'out', { qos: 1, packetId: 2 }));
  await device.received();
  remote.peer.send(publishOf('in/a', 'in', { qos: 1, packetId: 1 }));
  t.same(
    (await device.receivedOf(PacketType.publish)).map(({ topic }) => topic),
    ['in/a'],
  );
  t.same(remote.payloads, ['out']);
  open();
  const app = await starting;
  auditApp(app);
  await inTime(world, app.close(0));
});

t.test(
  'a bridge that left the configuration while nothing ran is forgotten at the next start, which is told',
  async (t) => {
    const world = new World();
    const journal = new FaultyDisk(new Chance(1));
    const place = { isTerminal: false, hostname: 'h', path, environment: {}, log: world.log };
    const terms = 'server = "mqtt-tcp://127.0.0.1:9000", forwards = [ { local_topic = "up/#", remote_topic = "" } ]';
    const bridges = (...names: string[]): string =>
      names
        .map((name) => `bridges.mqtt.${name} { ${terms}, clientid = ${name}, enable = ${name !== 'off'} }\n`)
        .join('');
    /** Runs a configuration; returns what waits in the bridge `site`. */
    const run = async (text: string, count: number): Promise<number | undefined> => {
      const disk = new MemoryDisk({ [path]: `data.dir = journal\n${text}` }, journal);
      const loaded = await loadConfig({ path, disk, environment: {}, hostname: 'h' });
      const app = await inTime(world, App.start(loaded, { ...world.ports, disk }, place));
      auditApp(app);
      for (let sent = 0; sent < count; sent++) {
        const origin = new Origin('application', 'test');
        const message = new Message({ topic: 'up/a', payload: Buffer.from('x'), qos: 1, retain: false, origin });
        await inTime(world, app.broker.publish(message));
      }
      const waiting = app.bridges.get('site')?.status.queueDepth;
      await inTime(world, app.close(0));
      return waiting;
    };
    t.equal(await run(bridges('site', 'other'), 3), 3);
    t.equal(await run(bridges('site', 'other'), 0), 3, 'it is there after a restart');
    t.equal(await run(bridges('other'), 0), undefined);
    const told = world.log.lines.filter((line) => line.includes('what it kept in the journal is removed'));
    t.match(told, [/"bridge":"site"/], 'of the other one nothing is removed');
    t.equal(told.length, 1);
    t.equal(await run(bridges('site'), 0), 0);
  },
);
