// Our client against mosquitto, mosquitto's clients against our broker.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { fixturePath } from '../kit/fixtures.ts';
import { Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { authority, certificate, RealWorld, until } from '../kit/real-world.ts';

const run = promisify(execFile);

for (const version of [ProtocolVersion.v31, ProtocolVersion.v311, ProtocolVersion.v5]) {
  t.test(`our client in version ${version} with mosquitto, and over a restart of it`, needs('mosquitto'), async (t) => {
    const world = new RealWorld(t);
    const mosquitto = await Mosquitto.start();
    world.closeLater(() => mosquitto.dispose());
    const client = await world.connect(mosquitto.port, { version, clientId: 'ours' });
    const heard: string[] = [];
    const subscription = await client.subscribe(
      'a/#',
      { qos: 2 },
      ({ topic, text, qos }) => void heard.push(`${topic} ${text} ${qos}`),
    );
    t.equal(subscription.grantedQos, 2);
    for (const qos of [0, 1, 2] as const) await client.publish('a/b', `${qos}`, { qos });
    await until('all three', () => heard.length === 3);
    t.same(heard, ['a/b 0 0', 'a/b 1 1', 'a/b 2 2']);
    await mosquitto.stop();
    const later = client.publish('a/b', 'later', { qos: 2 });
    await mosquitto.restart();
    await later;
    await until('what was published meanwhile', () => heard.includes('a/b later 2'));
    await subscription.unsubscribe();
    await client.publish('a/b', 'unheard', { qos: 1 });
    t.notOk(heard.includes('a/b unheard 1'));
  });
}

t.test(
  'mosquitto_sub and mosquitto_pub with our broker, in every version, plain and over TLS',
  needs('mosquitto_sub', 'mosquitto_pub'),
  async (t) => {
    const world = new RealWorld(t);
    const plain = await world.openBroker();
    const encrypted = await world.openBroker(
      {},
      { ...certificate('server'), ...authority('ca'), isCertificateRequired: true, isPeerVerified: true },
    );
    const tls = [
      '--cafile',
      fixturePath('tls/ca.pem'),
      '--cert',
      fixturePath('tls/client.pem'),
      '--key',
      fixturePath('tls/client.key'),
    ];
    for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
      for (const [port, more] of [
        [plain.port, []],
        [encrypted.port, tls],
      ] as const) {
        const at = ['-h', 'localhost', '-p', `${port}`, '-V', version, ...more];
        const broker = port === plain.port ? plain.broker : encrypted.broker;
        const sub = run('mosquitto_sub', [
          ...at,
          '-i',
          'sub',
          '-t',
          'x/#',
          '-q',
          '2',
          '-C',
          '3',
          '-W',
          '10',
          '-F',
          '%t %p %q',
        ]);
        await until('the subscription', () => broker.status.subscriptions === 1);
        for (const qos of ['0', '1', '2'])
          await run('mosquitto_pub', [...at, '-i', 'pub', '-t', 'x/y', '-q', qos, '-m', qos]);
        const { stdout } = await sub;
        t.same(
          stdout.trim().split('\n'),
          ['x/y 0 0', 'x/y 1 1', 'x/y 2 2'],
          `${version}${more.length > 0 ? ' over TLS' : ''}`,
        );
        await until('its end', () => broker.status.subscriptions === 0);
      }
    }
    const naked = [
      '-h',
      'localhost',
      '-p',
      `${encrypted.port}`,
      '--cafile',
      fixturePath('tls/ca.pem'),
      '-t',
      'x',
      '-m',
      'x',
    ];
    await t.rejects(run('mosquitto_pub', naked), 'a client without certificate is turned away');
  },
);
