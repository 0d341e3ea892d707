// The ways to a remote on real sockets: proxies, addresses and interfaces of this machine, keys that both sides know, a
// certificate that is pinned, and passwords out of commands.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import t, { type Test } from 'tap';
import { type CommandIo, ExitCode } from '../../src/app/commands/command-io.ts';
import { pub } from '../../src/app/commands/pub.ts';
import { nodePorts, runNodeCommand } from '../../src/app/node-ports.ts';
import { Client } from '../../src/client/client.ts';
import type { ProxyOptions } from '../../src/ports/ports.ts';
import { authority, certificate, RealWorld, until } from '../kit/real-world.ts';

const host = '127.0.0.1';

async function* nothing(): AsyncGenerator<Uint8Array> {}

function listen(t: Test, server: Server): Promise<number> {
  t.teardown(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function join(one: Socket, port: number, greeting: Uint8Array): void {
  const other = connect({ host, port }, () => {
    one.write(greeting);
    one.pipe(other);
    other.pipe(one);
  });
  for (const socket of [one, other]) socket.on('error', () => undefined);
  one.on('close', () => other.destroy());
  other.on('close', () => one.destroy());
}

/** A proxy that knows one user, and one server by the name `broker.inside`. */
function openProxy(t: Test, kind: ProxyOptions['kind'], port: number): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (kind === 'http') {
      socket.once('data', (chunk) => {
        const isKnown = chunk.includes(Buffer.from('gw:p@ss').toString('base64'));
        if (!isKnown) socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        else if (chunk.includes('CONNECT broker.inside:1883 '))
          join(socket, port, Buffer.from('HTTP/1.1 200 OK\r\n\r\n'));
        else socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      });
      return;
    }
    socket.once('data', () => {
      socket.write(Uint8Array.of(5, 2));
      socket.once('data', (login) => {
        const isKnown = login.includes('gw') && login.includes('p@ss');
        socket.write(Uint8Array.of(1, isKnown ? 0 : 1));
        socket.once('data', (request) => {
          if (request.includes('broker.inside')) join(socket, port, Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
          else socket.end(Uint8Array.of(5, 4, 0, 1, 0, 0, 0, 0, 0, 0));
        });
      });
    });
  });
  return listen(t, server);
}

for (const kind of ['socks5', 'http'] as const) {
  for (const tls of [undefined, { ...authority('ca'), serverName: 'localhost' }]) {
    t.test(`a bridge goes through a proxy, ${kind}${tls === undefined ? '' : ', with TLS inside'}`, async (t) => {
      const world = new RealWorld(t);
      const far = await world.openBroker({}, tls && certificate('server'));
      const near = await world.openBroker();
      const port = await openProxy(t, kind, far.port);
      const proxy = { kind, host, port, username: 'gw', password: 'p@ss' } as const;
      const inside = { host: 'broker.inside', port: 1883, proxy, ...(tls === undefined ? {} : { tls }) };
      const remote = { remote: inside, forwards: [{ localTopic: 'up/#', remoteTopic: '' }] };
      const bridge = world.openBridge(near, far.port, remote);
      await until('the bridge', () => bridge.status.link.state === 'connected');
      const here = await world.connect(near.port);
      await here.publish('up/x', 'x'.repeat(50_000), { qos: 1 });
      await until('delivery', () => bridge.status.forwards[0]?.delivered === 1);
      if (tls !== undefined) return;
      for (const [more, error] of [
        [{ proxy: { ...proxy, password: 'wrong' } }, /does not let through.*(password)/],
        [{ host: 'elsewhere' }, /does not let through.*(cannot reach|502)/],
      ] as const) {
        const refused = world.openBridge(near, far.port, { remote: { ...inside, ...more } });
        await until('the refusal', () => refused.status.link.state === 'waiting');
        t.match(refused.status.link, { error });
      }
    });
  }
}

t.test(
  'our client and `viaduct pub` go through a proxy of either kind, and say why it does not let them',
  async (t) => {
    const world = new RealWorld(t);
    const far = await world.openBroker();
    const here = await world.connect(far.port);
    const heard: string[] = [];
    await here.subscribe('#', { qos: 1 }, ({ topic, text }) => void heard.push(`${topic} ${text}`));
    for (const kind of ['socks5', 'http'] as const) {
      const port = await openProxy(t, kind, far.port);
      const proxy = { kind, host, port, username: 'gw', password: 'p@ss' } as const;
      const client = await Client.connect('mqtt://broker.inside', { proxy }, { ports: nodePorts() });
      await client.publish('client', kind, { qos: 1 });
      await client.close();
      const said: string[] = [];
      const io: CommandIo = {
        ports: nodePorts(),
        environment: {},
        hostname: 'here',
        isTerminal: false,
        signal: new AbortController().signal,
        write: () => undefined,
        complain: (line) => void said.push(line),
        input: nothing(),
        onReload: () => undefined,
      };
      const way = ['--proxy', `${kind}://gw:p%40ss@${host}:${port}`, '-h', 'broker.inside', '-t', 'pub', '-m', kind];
      t.equal(await pub.run([...way, '-q', '1'], io), ExitCode.done, said.join());
      t.same(heard.splice(0), [`client ${kind}`, `pub ${kind}`]);
      const wrong = Client.connect(
        'mqtt://broker.inside',
        { proxy: { ...proxy, password: 'x' } },
        { ports: nodePorts() },
      );
      await t.rejects(wrong, { code: 'ERR_LINK_CONNECT', message: /does not let through/ });
    }
  },
);

t.test('a key that both sides know stands for certificates, and a wrong one connects to nobody', async (t) => {
  const world = new RealWorld(t);
  const far = await world.openBroker();
  const near = await world.openBroker();
  const key = '00112233445566778899aabbccddeeff';
  const server = createTlsServer(
    {
      pskCallback: (_socket, identity) => (identity === 'gw' ? Buffer.from(key, 'hex') : null),
      ciphers: 'PSK',
      maxVersion: 'TLSv1.2',
    },
    (socket) => join(socket, far.port, new Uint8Array()),
  );
  server.on('tlsClientError', () => undefined);
  const port = await listen(t, server);
  const good = world.openBridge(near, port, {
    remote: { host, port, tls: { preSharedKey: { identity: 'gw', key } } },
  });
  await until('the bridge', () => good.status.link.state === 'connected');
  const bad = world.openBridge(near, port, {
    remote: { host, port, tls: { preSharedKey: { identity: 'gw', key: key.replaceAll('0', '1') } } },
  });
  await until('the refusal', () => bad.status.link.state === 'waiting');
  t.match(bad.status.link, { kind: /tls|lost/ });
});

t.test('a certificate that is pinned must be that one; its end stands in the status', async (t) => {
  const world = new RealWorld(t);
  const far = await world.openBroker({}, certificate('server'));
  const near = await world.openBroker();
  const tls = authority('ca');
  const open = (fingerprint: string | undefined) =>
    world.openBridge(near, far.port, {
      remote: { host, port: far.port, tls: { ...tls, ...(fingerprint === undefined ? {} : { fingerprint }) } },
    });
  const wrong = open('00:'.repeat(31).concat('00'));
  await until('the refusal', () => wrong.status.link.state === 'waiting');
  const { link } = wrong.status;
  t.match(link, { kind: 'tls', error: /has the fingerprint ([0-9A-F]{2}:){31}/ });
  const shown = /fingerprint ([0-9A-F:]+),/.exec(link.state === 'waiting' ? link.error : '')?.[1];
  const right = open(shown);
  await until('the bridge', () => right.status.link.state === 'connected');
  t.match(right.status.remotes, [{ certificateEnd: Number }]);
});

t.test('a bridge dials from an address or interface of the machine; one that is not there is told', async (t) => {
  const world = new RealWorld(t);
  const far = await world.openBroker();
  const near = await world.openBroker();
  for (const more of [{ localAddress: '127.0.0.1' }, { localInterface: 'lo' }]) {
    const bridge = world.openBridge(near, far.port, more);
    await until('the bridge', () => bridge.status.link.state === 'connected');
  }
  const nowhere = world.openBridge(near, far.port, { localInterface: 'nowhere7' });
  await until('the refusal', () => nowhere.status.link.state === 'waiting');
  t.match(nowhere.status.link, { error: /no interface nowhere7/ });
});

t.test('a command gives a password, within its time, or says why not, and never its output', async (t) => {
  const { signal } = new AbortController();
  const run = (...command: readonly string[]) => runNodeCommand({ command, timeoutMs: 300, signal });
  t.equal(await run('printf', 'one\\n'), 'one');
  await t.rejects(run('sh', '-c', 'echo s3cret; echo because >&2; exit 3'), { message: /gave no password: because$/ });
  await t.rejects(run('sleep', '20'), { message: /took more than 300 ms/ });
  await t.rejects(run('no-such-program-7'), { message: /gave no password/ });
});
