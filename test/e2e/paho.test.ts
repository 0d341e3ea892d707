// Debian's python3-paho-mqtt against our broker, in every version, over TCP, TLS, WebSocket and secure WebSocket: what
// a gateway in Python does. And with tokens in the place of passwords.
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { accessDefaults } from '../../src/access/access-options.ts';
import { fixturePath } from '../kit/fixtures.ts';
import { certificate, RealWorld } from '../kit/real-world.ts';
import { hmacOf, signedToken, tokenDefaults } from '../kit/web-tokens.ts';

const run = promisify(execFile);

/** A Python that has paho: Debian's own is often not the first of the path. */
function findPython(): string | undefined {
  return ['/usr/bin/python3', 'python3'].find((python) => {
    try {
      execFileSync(python, ['-c', 'import paho.mqtt.client'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const python = findPython();

function options(): { readonly skip?: string } {
  if (python !== undefined) return {};
  const reason = 'not installed: python3-paho-mqtt';
  if (process.env.VIADUCT_E2E === 'required') throw new Error(`a part is required here, but ${reason}`);
  return { skip: reason };
}

/** Plays the conversation in a version over a transport; what came of each step. */
async function play(world: RealWorld, version: ProtocolVersion, transport: string): Promise<Record<string, unknown>> {
  const isEncrypted = transport === 'tls' || transport === 'wss';
  const isWeb = transport === 'ws' || transport === 'wss';
  const listener = {
    name: transport,
    host: '127.0.0.1',
    port: 0,
    ...(isEncrypted ? { tls: certificate('server') } : {}),
    ...(isWeb ? { webSocket: { path: '/mqtt' } } : {}),
  };
  const { port } = await world.openBroker({ listeners: [listener] });
  const way = [`${port}`, `${version}`, isWeb ? 'websockets' : 'tcp'];
  const authority = isEncrypted ? [fixturePath('tls/ca.pem')] : [];
  const parts = [fixturePath('paho/conversation.py'), 'localhost', ...way, ...authority];
  const { stdout } = await run(python ?? '', parts, { timeout: 60_000 });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return Object.fromEntries(lines.map((one) => [one.step, one.got]));
}

for (const version of [ProtocolVersion.v31, ProtocolVersion.v311, ProtocolVersion.v5]) {
  const steps = 'every QoS, retained messages, sessions, wills, take-over, a burst';
  t.test(`paho in version ${version} over every transport: ${steps}`, options(), async (t) => {
    const world = new RealWorld(t);
    const transports = ['tcp', 'tls', 'ws', 'wss'];
    const all = await Promise.all(transports.map((transport) => play(world, version, transport)));
    for (const [index, got] of all.entries()) {
      t.strictSame(
        got,
        {
          'session present': 0,
          granted: [2, 0, 1],
          'every QoS': [
            ['low', 'x', 0, 0],
            ['t/a', '0', 0, 0],
            ['t/a', '1', 1, 0],
            ['t/a', '2', 2, 0],
            ['t/long', 'y', 2, 0],
          ],
          'the long one': 200_000,
          retained: [['r/kept', 'kept', 1, 1]],
          // 3.1 does not tell
          'session kept': version === ProtocolVersion.v31 ? 0 : 1,
          'what waited at QoS 1': Array.from({ length: 10 }, (_, at) => 2 * at),
          'what waited at QoS 2': Array.from({ length: 10 }, (_, at) => 2 * at + 1),
          'after unsubscribing': 20,
          'the will': ['w/willing', 'gone', 1, 0],
          'taken over': true,
          'a burst in order': true,
          done: true,
        },
        transports[index] ?? '',
      );
    }
  });
}

const withToken = `
import sys, paho.mqtt.client as m
host, port, token = sys.argv[1], int(sys.argv[2]), sys.argv[3]
c = m.Client(client_id='p', protocol=m.MQTTv311)
c.username_pw_set('gateway', token)
def connected(c, u, f, code):
    print(code)
    c.publish('gw/p/x', 'x', 1) if code == 0 else c.disconnect()
c.on_connect = connected
c.on_publish = lambda c, u, mid: c.disconnect()
c.connect(host, port)
c.loop_forever()
`;

t.test('paho gets in with a token in the place of a password, and not with a wrong one', options(), async (t) => {
  const world = new RealWorld(t);
  const token = { keys: { algorithm: 'HS256', secret: 's3cret' }, ...tokenDefaults } as const;
  const { broker, port } = await world.openBroker({ access: { ...accessDefaults, isAnonymousAllowed: false, token } });
  const exp = Math.floor(Date.now() / 1000) + 600;
  for (const [secret, code] of [
    ['s3cret', '0'],
    ['other', '5'],
  ] as const) {
    const shown = signedToken({ alg: 'HS256' }, { exp }, (text) => hmacOf(secret, text));
    const { stdout } = await run(python ?? '', ['-c', withToken, '127.0.0.1', `${port}`, shown], { timeout: 20_000 });
    t.equal(stdout.trim(), code, secret);
  }
  t.same(broker.status.refusedLogins, { 'bad-token': 1 });
  t.equal(broker.status.received, 1);
});
