// TLS of listeners on real sockets: several certificates, lowest version, lists of what was taken back, protocols of
// ALPN, and certificates that change while devices are connected.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import type { ListenOptions, TlsOptions } from '../../src/ports/ports.ts';
import { fixturePath, fixtureText } from '../kit/fixtures.ts';
import { needs } from '../kit/parts.ts';
import { authority, certificate, type RealBroker, RealWorld, until } from '../kit/real-world.ts';

const ca = fixtureText('tls/ca.pem');

/** A broker with one listener, and its world. */
async function openBroker(
  t: Test,
  tls: TlsOptions,
): Promise<{ world: RealWorld; near: RealBroker; listener: ListenOptions & { name: string } }> {
  const world = new RealWorld(t);
  const listener = { name: 'ssl', host: '127.0.0.1', port: 0, tls };
  return { world, near: await world.openBroker({ listeners: [listener] }), listener };
}

/** Shakes hands; the socket, or the code of what went wrong. */
function shake(port: number, more: ConnectionOptions = {}): Promise<TLSSocket | string> {
  return new Promise((resolve) => {
    const socket = connect(
      { host: '127.0.0.1', port, ca, servername: 'localhost', checkServerIdentity: () => undefined, ...more },
      () => resolve(socket),
    );
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

async function nameShown(port: number, more: ConnectionOptions = {}): Promise<string> {
  const socket = await shake(port, more);
  if (typeof socket === 'string') return socket;
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.destroy();
  return name;
}

t.test('a listener shows the certificate of the name that is asked for, and its own to everybody else', async (t) => {
  const named = certificate('wrong-name');
  const namedCertificates = [{ serverName: '*.example', certificate: named.certificate ?? '', key: named.key ?? '' }];
  const { near } = await openBroker(t, { ...certificate('server'), namedCertificates });
  t.equal(await nameShown(near.port, { servername: 'elsewhere.example' }), 'elsewhere.example');
  t.equal(await nameShown(near.port, { servername: 'ELSEWHERE.example' }), 'elsewhere.example');
  t.equal(await nameShown(near.port, { servername: 'a.b.example' }), 'localhost', 'one label, not two');
  t.equal(await nameShown(near.port, { servername: 'localhost' }), 'localhost');
  t.equal(await nameShown(near.port, { servername: '' }), 'localhost', 'no name');
});

t.test('certificates change for those who come, and nobody who is connected notices', async (t) => {
  const { world, near, listener } = await openBroker(t, certificate('server'));
  const client = await world.connect(near.port, { tls: authority('ca') });
  const before = near.port;
  await near.broker.updateListeners([{ ...listener, tls: certificate('wrong-name') }]);
  t.equal(near.broker.listeners[0]?.port, before, 'the port stayed open');
  t.equal(await nameShown(before), 'elsewhere.example');
  await client.publish('still', 'here', { qos: 1 });
  t.equal(client.status.state, 'connected');
  await near.broker.updateListeners([{ ...listener, tls: { certificate: 'none', key: 'none' } }]);
  t.equal(await nameShown(before), 'elsewhere.example', 'what cannot be used changes nothing');
  t.match(
    world.log.lines.filter((line) => line.startsWith('error')),
    [/cannot be as configured.*cannot be used/],
  );
});

t.test(
  'version, ciphers and protocols are those of the listener, and who has others is counted and told',
  async (t) => {
    const { world, near } = await openBroker(t, {
      ...certificate('server'),
      versionMin: 'TLSv1.3',
      ciphers: 'TLS_AES_256_GCM_SHA384',
      alpnProtocols: ['mqtt'],
    });
    const good = await shake(near.port, { ALPNProtocols: ['other', 'mqtt'] });
    if (typeof good === 'string') throw new Error(good);
    t.match(
      [good.alpnProtocol, good.getProtocol(), good.getCipher().name],
      ['mqtt', 'TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
    );
    good.destroy();
    t.type(await shake(near.port, { maxVersion: 'TLSv1.2' }), 'string');
    t.type(await shake(near.port, { ciphers: 'TLS_AES_128_GCM_SHA256' }), 'string');
    t.type(await shake(near.port, { ALPNProtocols: ['other'] }), 'string');
    const told = (): string => world.log.lines.filter((line) => line.includes('connection turned away')).join('\n');
    for (const words of [/versions of TLS that are too old.*127\.0\.0\.1/, /no cipher suite/, /no protocol \(ALPN\)/]) {
      await until(`${words}`, () => words.test(told()));
    }
    t.ok((near.broker.status.refused.tls ?? 0) >= 3);
  },
);

t.test(
  'a client whose certificate was taken back is refused, from a change of the list on',
  needs('openssl'),
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'viaduct-'));
    const list = join(folder, 'list.pem');
    const tls = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
    writeFileSync(join(folder, 'index.txt'), '');
    writeFileSync(
      join(folder, 'ca.conf'),
      `[ca]\ndefault_ca = test\n[test]\ndatabase = ${folder}/index.txt\ndefault_md = sha256\ndefault_crl_days = 36500\n`,
    );
    const keys = [
      '-config',
      join(folder, 'ca.conf'),
      '-cert',
      fixturePath('tls/ca.pem'),
      '-keyfile',
      fixturePath('tls/ca.key'),
    ];
    tls('ca', ...keys, '-gencrl', '-out', list);
    const options = { ...certificate('server'), ...authority('ca'), isPeerVerified: true, isCertificateRequired: true };
    const { world, near, listener } = await openBroker(t, { ...options, revocations: readFileSync(list, 'utf8') });
    const own = { tls: { ...authority('ca'), ...certificate('client') }, isReconnecting: false };
    const client = await world.connect(near.port, own);
    tls('ca', ...keys, '-revoke', fixturePath('tls/client.pem'));
    tls('ca', ...keys, '-gencrl', '-out', list);
    await near.broker.updateListeners([{ ...listener, tls: { ...options, revocations: readFileSync(list, 'utf8') } }]);
    t.equal(client.status.state, 'connected');
    await t.rejects(world.connect(near.port, own));
    await until('the refusal', () => (near.broker.status.refused.tls ?? 0) > 0);
  },
);
