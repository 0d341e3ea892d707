// What a bridge shows to its remote, read when it dials: passwords out of files and commands, tokens before they end,
// TLS from its files.
import { Buffer } from 'node:buffer';
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { LinkError } from '../../../src/base/errors.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import type { RunCommand } from '../../../src/bridge/server-secrets.ts';
import type { DialOptions } from '../../../src/ports/ports.ts';
import { fixtureText } from '../../kit/fixtures.ts';
import { publishLocally, Remote } from '../../kit/remote.ts';
import { ackOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

async function opened(more: Partial<BridgeSettings>, runCommand?: RunCommand) {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const context = runCommand === undefined ? {} : { runCommand };
  const bridge = world.openBridge(
    {
      name: 'plant7',
      clientId: 'plant7',
      remote: { host: '127.0.0.1', port: 9000 },
      forwards: [{ localTopic: 'up/#', remoteTopic: '' }],
      username: 'gw',
      ...more,
    },
    context,
  );
  await world.clock.settle();
  const passwords = (): readonly string[] => remote.connects.map(({ password }) => String(password));
  return { world, remote, bridge, passwords };
}

t.test('a password comes out of its file at each dialling, and nothing is dialled without it', async (t) => {
  const { world, bridge, passwords } = await opened({ passwordFile: 'etc/password' });
  t.match(bridge.status.link, { state: 'waiting', error: /the password cannot be read/ });
  await world.ports.disk.replaceText('etc/password', 'one\n');
  bridge.wake();
  await world.clock.settle();
  t.match(bridge.status.link, { state: 'connected' });
  await world.ports.disk.replaceText('etc/password', 'two');
  world.net.cut();
  await world.clock.advance(3000);
  t.same(passwords(), ['one', 'two']);
  bridge.destroy();
});

function tokenUntil(endMs: number, name: string): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: endMs / 1000, name })}.c2ln`;
}

t.test('a token out of a command is renewed before it ends: what is underway is settled first', async (t) => {
  const asked: unknown[] = [];
  const started = new World().clock.wallMs();
  const { world, remote, bridge, passwords } = await opened(
    {
      passwordCommand: { command: ['token', '--fresh'], timeoutMs: 5000 },
      renewBeforeMs: 60_000,
      acknowledgeTimeoutMs: 0,
    },
    async ({ command, timeoutMs }) => {
      asked.push([command, timeoutMs]);
      if (asked.length === 2) throw new LinkError('connect', 'the command token gave no password: code 1');
      return tokenUntil(started + asked.length * 600_000, `t${asked.length}`);
    },
  );
  t.same(asked, [[['token', '--fresh'], 5000]]);
  await world.clock.advance(530_000);
  t.equal(asked.length, 1);
  remote.isAnswering = false;
  remote.sessionPresent = true;
  publishLocally(world, 'up/x', 'underway');
  await world.clock.advance(12_000);
  t.equal(asked.length, 2, 'it failed once');
  await world.clock.advance(9000);
  t.equal(asked.length, 3);
  t.equal(remote.connects.length, 1, 'what is underway is waited for');
  remote.isAnswering = true;
  remote.peers[0]?.send(ackOf(4, remote.published[0]?.packetId ?? 0));
  await world.clock.settle();
  t.same(passwords(), [tokenUntil(started + 600_000, 't1'), tokenUntil(started + 1_800_000, 't3')]);
  t.match(bridge.status.link, { state: 'connected', sessionPresent: true });
  t.same(remote.payloads, ['underway'], 'nothing is said twice');
  bridge.destroy();
});

t.test(
  'certificates are read from their files at each handshake; what cannot be read leaves the old ones',
  async (t) => {
    const dials: DialOptions[] = [];
    const remote = {
      host: '127.0.0.1',
      port: 9000,
      tls: { certificate: 'old' },
      tlsFiles: { certificate: 'etc/c.pem' },
    };
    const { world, bridge } = await opened({ remote });
    const { net } = world;
    const dial = net.dial.bind(net);
    net.dial = (options) => {
      dials.push(options);
      return dial(options);
    };
    t.match(world.log.lines.join('\n'), /TLS goes on with the files as they were/);
    await world.ports.disk.replaceText('etc/c.pem', fixtureText('tls/expired.pem'));
    net.cut();
    await world.clock.advance(3000);
    t.equal(dials[0]?.tls?.certificate, fixtureText('tls/expired.pem'));
    t.match(bridge.status.degradations, [/our certificate has ended/]);
    t.match(bridge.status.remotes, [{ ownCertificateEnd: Number }]);
    bridge.destroy();
  },
);
