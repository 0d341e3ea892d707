// MQTT.js 5 as device, in all three versions, on real sockets, of the package and of the bundle.
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import t from 'tap';
import { fixtureText } from '../kit/fixtures.ts';
import { allHomes } from '../kit/homes.ts';
import { RealWorld, until } from '../kit/real-world.ts';

interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly qos: number;
  readonly retain: boolean;
}

const versions = [3, 4, 5] as const;
type Version = (typeof versions)[number];

async function connect(
  port: number,
  version: Version,
  more: IClientOptions = {},
): Promise<{ client: MqttClient; heard: Heard[] }> {
  const scheme = more.ca === undefined ? 'mqtt' : 'mqtts';
  const options: IClientOptions = {
    protocolVersion: version,
    protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
    reconnectPeriod: 0,
    connectTimeout: 5000,
    ...more,
  };
  const client = mqtt.connect(`${scheme}://localhost:${port}`, {
    ...options,
    host: '127.0.0.1',
    servername: 'localhost',
  });
  const heard: Heard[] = [];
  client.on('message', (topic, payload, { qos, retain }) =>
    heard.push({ topic, text: payload.toString(), qos, retain }),
  );
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
  });
  return { client, heard };
}

for (const [home, version] of allHomes().flatMap((home) => versions.map((version) => [home, version] as const))) {
  t.test(`${home.name}, MQTT.js in version ${version}: every pair of QoS`, async (t) => {
    const world = new RealWorld(t);
    const { port } = await home.open(world);
    for (const granted of [0, 1, 2] as const) {
      const { client, heard } = await connect(port, version, { clientId: `pair-${granted}` });
      await client.subscribeAsync('pair/#', { qos: granted });
      for (const qos of [0, 1, 2] as const) await client.publishAsync('pair/x', `${qos}`, { qos });
      await until('all three arrived', () => heard.length === 3);
      t.same(
        heard.map(({ text, qos }) => [text, qos]),
        [0, 1, 2].map((qos) => [`${qos}`, Math.min(qos, granted)]),
      );
      await client.endAsync();
    }
  });

  t.test(`${home.name}, MQTT.js in version ${version}: retained messages`, async (t) => {
    const world = new RealWorld(t);
    const { port } = await home.open(world);
    const { client } = await connect(port, version, { clientId: 'first' });
    await client.publishAsync('kept/a', 'here', { qos: 1, retain: true });
    const late = await connect(port, version, { clientId: 'late' });
    await late.client.subscribeAsync('kept/#', { qos: 1 });
    await until('the retained message', () => late.heard.length === 1);
    t.match(late.heard, [{ topic: 'kept/a', text: 'here', retain: true }]);
    await client.publishAsync('kept/a', '', { qos: 1, retain: true });
    const later = await connect(port, version, { clientId: 'later' });
    await later.client.subscribeAsync(['kept/#', 'done'], { qos: 1 });
    await client.publishAsync('done', '', { qos: 1 });
    await until('what came after', () => later.heard.length === 1);
    t.match(later.heard, [{ topic: 'done' }]);
    for (const one of [client, late.client, later.client]) await one.endAsync();
  });

  t.test(`${home.name}, MQTT.js in version ${version}: the will of a device that vanishes`, async (t) => {
    const world = new RealWorld(t);
    const { port } = await home.open(world);
    const listener = await connect(port, version, { clientId: 'listener' });
    await listener.client.subscribeAsync('wills/#', { qos: 1 });
    const mortal = await connect(port, version, {
      clientId: 'mortal',
      will: { topic: 'wills/mortal', payload: Buffer.from('gone'), qos: 1, retain: false },
    });
    mortal.client.stream.destroy();
    await until('the will', () => listener.heard.length === 1);
    t.match(listener.heard, [{ topic: 'wills/mortal', text: 'gone', qos: 1 }]);
    const polite = await connect(port, version, {
      clientId: 'polite',
      will: { topic: 'wills/polite', payload: Buffer.from('gone'), qos: 1, retain: false },
    });
    await polite.client.endAsync();
    await listener.client.publishAsync('wills/end', '', { qos: 1 });
    await until('the end', () => listener.heard.length === 2);
    t.match(listener.heard[1], { topic: 'wills/end' });
    await listener.client.endAsync();
  });

  t.test(
    `${home.name}, MQTT.js in version ${version}: kept sessions get what came meanwhile, clean ones do not`,
    async (t) => {
      const world = new RealWorld(t);
      const { port } = await home.open(world);
      const kept: IClientOptions = {
        clientId: 'kept',
        clean: false,
        ...(version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}),
      };
      const first = await connect(port, version, kept);
      await first.client.subscribeAsync('box', { qos: 2 });
      await first.client.endAsync();
      const clean = await connect(port, version, { clientId: 'clean', clean: true });
      await clean.client.subscribeAsync('box', { qos: 2 });
      await clean.client.endAsync();
      const sender = await connect(port, version, { clientId: 'sender' });
      for (const qos of [1, 2] as const) await sender.client.publishAsync('box', `${qos}`, { qos });
      const again = await connect(port, version, kept);
      await until('both messages', () => again.heard.length === 2);
      t.same(
        again.heard.map(({ text }) => text),
        ['1', '2'],
      );
      const cleanAgain = await connect(port, version, { clientId: 'clean', clean: true });
      await cleanAgain.client.subscribeAsync('done', { qos: 1 });
      await sender.client.publishAsync('done', '', { qos: 1 });
      await until('the end', () => cleanAgain.heard.length === 1);
      t.match(cleanAgain.heard, [{ topic: 'done' }]);
      for (const one of [again, cleanAgain, sender]) await one.client.endAsync();
    },
  );

  t.test(`${home.name}, MQTT.js in version ${version}: over TLS, and not with another authority`, async (t) => {
    const world = new RealWorld(t);
    const { port } = await home.open(world, { isTls: true });
    const { client, heard } = await connect(port, version, { clientId: 'tls', ca: fixtureText('tls/ca.pem') });
    await client.subscribeAsync('s', { qos: 2 });
    await client.publishAsync('s', 'x'.repeat(200_000), { qos: 2 });
    await until('a large message', () => heard.length === 1);
    t.equal(heard[0]?.text.length, 200_000);
    await client.endAsync();
    await t.rejects(connect(port, version, { clientId: 'wary', ca: fixtureText('tls/other-ca.pem') }));
  });
}
