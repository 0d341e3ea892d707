// The first moments of an app: bridges with a name here may do what the rules say from their first message on, also
// while listeners are still being opened; and what bridges left that the configuration does not have any more.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { App } from '../../../src/app/app.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Net } from '../../../src/ports/ports.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';
import { Remote } from '../../kit/remote.ts';
import { publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const path = '/etc/viaduct.conf';

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
  const closing = app.close(0);
  await world.clock.advance(6000);
  await closing;
});
