// Our bridge to the brokers of others, and to our own, on real sockets, of the package and of the bundle.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import type { BridgeSettings } from '../../src/bridge/bridge-context.ts';
import { fixturePath } from '../kit/fixtures.ts';
import { allHomes } from '../kit/homes.ts';
import { Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { authority, certificate, RealWorld, until } from '../kit/real-world.ts';

const { v31, v311, v5 } = ProtocolVersion;

interface RemoteKind {
  readonly name: string;
  readonly versions: readonly ProtocolVersion[];
  readonly skip?: string;
  open(world: RealWorld): Promise<number>;
}

const remotes: readonly RemoteKind[] = [
  {
    name: 'mosquitto',
    versions: [v31, v311, v5],
    ...needs('mosquitto'),
    open: async (world) => {
      const mosquitto = await Mosquitto.start();
      world.closeLater(() => mosquitto.dispose());
      return mosquitto.port;
    },
  },
  {
    name: 'aedes',
    versions: [v31, v311],
    open: async (world) => {
      const aedes = await Aedes.createBroker();
      const server = createServer(aedes.handle).listen(0, '127.0.0.1');
      await once(server, 'listening');
      world.closeLater(async () => {
        server.close();
        await new Promise<void>((resolve) => aedes.close(resolve));
      });
      const address = server.address();
      return address !== null && typeof address === 'object' ? address.port : 0;
    },
  },
  { name: 'our own broker', versions: [v31, v311, v5], open: async (world) => (await world.openBroker()).port },
];

for (const [home, remote] of allHomes().flatMap((home) => remotes.map((remote) => [home, remote] as const))) {
  for (const version of remote.versions) {
    const options = remote.skip === undefined ? {} : { skip: remote.skip };
    const numbered = version === v31 && remote.name === 'mosquitto' ? 'Appendix B 7, ' : '';
    const name = `${numbered}${home.name}, ${remote.name}, version ${version}: forwards and subscriptions at every QoS`;
    t.test(name, options, async (t) => {
      const world = new RealWorld(t);
      const port = await remote.open(world);
      const wanted = {
        port,
        version,
        forwards: [{ localTopic: 'up/#', remoteTopic: 'far/up/#' }],
        subscriptions: [{ remoteTopic: 'far/down/#', localTopic: 'down/#', qos: 2 as const }],
      };
      const near = await home.open(world, { bridge: wanted });
      const { bridge } = near;
      await until('the bridge', () => near.isLinked());
      const [here, there] = [await world.connect(near.port), await world.connect(port, { version: v311 })];
      const arrived: string[] = [];
      await there.subscribe(
        'far/up/#',
        { qos: 2 },
        ({ topic, text, qos }) => void arrived.push(`${topic} ${text} ${qos}`),
      );
      const came: string[] = [];
      await here.subscribe('down/#', { qos: 2 }, ({ topic, text, qos }) => void came.push(`${topic} ${text} ${qos}`));
      for (const qos of [0, 1, 2] as const) {
        await here.publish('up/a/b', `${qos}`, { qos });
        await there.publish('far/down/c', `${qos}`, { qos });
      }
      await until('all of it', () => arrived.length >= 3 && came.length >= 3 && (bridge?.status.queueDepth ?? 0) === 0);
      t.same(arrived, ['far/up/a/b 0 0', 'far/up/a/b 1 1', 'far/up/a/b 2 2']);
      t.same(came, ['down/c 0 0', 'down/c 1 1', 'down/c 2 2']);
      if (bridge) t.match(bridge.status.forwards, [{ received: 3, delivered: 3, queued: 0, dropped: {} }]);
    });
  }
}

t.test(
  'TLS to mosquitto: the right authority connects, with and without a client certificate',
  needs('mosquitto'),
  async (t) => {
    const world = new RealWorld(t);
    const mosquitto = await Mosquitto.start([
      `certfile ${process.cwd()}/${fixturePath('tls/server.pem')}`,
      `keyfile ${process.cwd()}/${fixturePath('tls/server.key')}`,
      `cafile ${process.cwd()}/${fixturePath('tls/ca.pem')}`,
      'require_certificate true',
    ]);
    world.closeLater(() => mosquitto.dispose());
    const near = await world.openBroker();
    const tls = { ...authority('ca'), ...certificate('client') };
    const bridge = world.openBridge(near, mosquitto.port, {
      remote: { host: '127.0.0.1', port: mosquitto.port, tls },
      forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
    });
    await until('the bridge', () => bridge.status.link.state === 'connected');
    const here = await world.connect(near.port);
    await here.publish('up/x', 'x'.repeat(100_000), { qos: 2 });
    await until('delivery', () => bridge.status.forwards[0]?.delivered === 1);
    const without = world.openBridge(near, mosquitto.port, {
      remote: { host: '127.0.0.1', port: mosquitto.port, tls: authority('ca') },
    });
    await until('the refusal', () => without.status.link.state === 'waiting');
    t.match(without.status.link, { error: /certificate|closed|broke|TLS/ });
  },
);

const wrong: readonly (readonly [
  what: string,
  server: 'server' | 'wrong-name' | 'expired',
  tls: BridgeSettings['remote']['tls'],
  error: RegExp,
])[] = [
  ['an authority that did not sign it', 'server', authority('other-ca'), /not signed by a trusted authority/],
  ['no authority at all', 'server', {}, /not signed by a trusted authority/],
  ['another name', 'wrong-name', authority('ca'), /is not for .* but for elsewhere\.example/],
  ['a certificate that has expired', 'expired', authority('ca'), /has expired/],
];

for (const [what, server, tls = {}, error] of wrong) {
  t.test(
    `Appendix B 6: TLS with ${what} is refused, and the reason is told; the same without verification connects`,
    async (t) => {
      const world = new RealWorld(t);
      const far = await world.openBroker({}, certificate(server));
      const near = await world.openBroker();
      const remote = { host: '127.0.0.1', port: far.port, tls };
      const bridge = world.openBridge(near, far.port, { remote });
      await until('the refusal', () => bridge.status.link.state === 'waiting');
      t.match(bridge.status.link, { error });
      t.equal(bridge.status.connects, 0);
      const blind = world.openBridge(near, far.port, { remote: { ...remote, tls: { ...tls, isPeerVerified: false } } });
      await until('the connection', () => blind.status.link.state === 'connected');
    },
  );
}
