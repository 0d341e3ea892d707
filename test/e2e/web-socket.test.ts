// MQTT over WebSocket and Unix sockets from end to end: MQTT.js, paho, mosquitto's tools, our client and our bridge.
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mqtt from 'mqtt';
import t, { type Test } from 'tap';
import WebSocket from 'ws';
import type { RemoteOptions } from '../../src/bridge/bridge-options.ts';
import { fixturePath, fixtureText } from '../kit/fixtures.ts';
import { needs } from '../kit/parts.ts';
import { authority, certificate, type RealBroker, RealWorld, until } from '../kit/real-world.ts';
import { openWebSocketRelay } from '../kit/web-socket-relay.ts';

const run = promisify(execFile);
const webSocket = { path: '/mqtt' };
const socketPath = join(mkdtempSync(join(tmpdir(), 'viaduct-')), 'broker.sock');

/** A broker with a listener of each kind, and the addresses of them. */
async function openBroker(t: Test): Promise<{ world: RealWorld; near: RealBroker; urls: readonly string[] }> {
  const world = new RealWorld(t);
  const base = { host: '127.0.0.1', port: 0 };
  const listeners = [
    { name: 'tcp', ...base },
    { name: 'ws', ...base, webSocket },
    { name: 'wss', ...base, webSocket, tls: certificate('server') },
    { name: 'unix', ...base, socketPath },
  ];
  const near = await world.openBroker({ listeners });
  const port = (name: string): number => near.broker.listeners.find((one) => one.name === name)?.port ?? 0;
  return {
    world,
    near,
    urls: [`ws://127.0.0.1:${port('ws')}/mqtt`, `wss://127.0.0.1:${port('wss')}/mqtt`, `unix://${socketPath}`],
  };
}

t.test('MQTT.js over WebSocket, with and without TLS, in every version', async (t) => {
  const { urls } = await openBroker(t);
  for (const url of urls.slice(0, 2)) {
    for (const protocolVersion of [3, 4, 5] as const) {
      const protocolId = protocolVersion === 3 ? 'MQIsdp' : 'MQTT';
      const client = await mqtt.connectAsync(url, {
        protocolVersion,
        protocolId,
        ca: fixtureText('tls/ca.pem'),
        clientId: `js${protocolVersion}`,
      });
      const heard: string[] = [];
      client.on('message', (topic, payload) => heard.push(`${topic} ${payload.length}`));
      await client.subscribeAsync('a/#', { qos: 2 });
      for (const qos of [0, 1, 2] as const)
        await client.publishAsync(`a/${qos}`, 'x'.repeat(100_000 * qos + 1), { qos });
      await until('all of them', () => heard.length === 3);
      t.same(heard, ['a/0 1', 'a/1 100001', 'a/2 200001']);
      await client.endAsync();
    }
  }
});

t.test('our client and our bridge over WebSocket, with and without TLS, and over a Unix socket', async (t) => {
  const { world, near, urls } = await openBroker(t);
  const hearer = await world.connect(near.port);
  const heard: string[] = [];
  await hearer.subscribe('#', { qos: 1 }, ({ topic, text }) => void heard.push(`${topic} ${text}`));
  for (const [index, url] of urls.entries()) {
    const { connect } = await import('../../src/app/connect.ts');
    const client = await connect(url, { tls: authority('ca'), headers: { authorization: 'none' } });
    await client.publish('client', String(index), { qos: 2 });
    await client.close();
    const from = await world.openBroker();
    const address = new URL(url);
    const remote: RemoteOptions =
      address.protocol === 'unix:'
        ? { host: '', port: 0, socketPath }
        : {
            host: '127.0.0.1',
            port: Number(address.port),
            webSocket,
            ...(address.protocol === 'wss:' ? { tls: authority('ca') } : {}),
          };
    world.openBridge(from, 0, { remote, forwards: [{ localTopic: 'bridge', remoteTopic: '', qos: 1 }] });
    const device = await world.connect(from.port);
    await device.publish('bridge', String(index), { qos: 1 });
    await until('both', () => heard.length === 2 * index + 2);
    t.same(heard.slice(-2).sort(), [`bridge ${index}`, `client ${index}`], url);
  }
});

t.test('a WebSocket that is silent is asked whether it is there; who does not answer is gone', async (t) => {
  const world = new RealWorld(t);
  const listeners = [{ name: 'ws', host: '127.0.0.1', port: 0, webSocket: { ...webSocket, pingIntervalMs: 100 } }];
  const { broker, port } = await world.openBroker({ listeners });
  const hello = Buffer.from('100d00044d5154540402000000016d', 'hex'); // keep-alive 0
  const open = (name: string, autoPong: boolean): WebSocket => {
    const peer = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'], { autoPong });
    hello[14] = name.charCodeAt(0);
    const own = Buffer.from(hello);
    peer.on('open', () => peer.send(own));
    world.closeLater(async () => peer.terminate());
    return peer;
  };
  const [there, mute] = [open('a', true), open('b', false)];
  let pings = 0;
  let wasCut = false;
  there.on('ping', () => pings++);
  mute.on('close', () => {
    wasCut = true;
  });
  await until('the end of the mute one', () => wasCut);
  await until('more pings', () => pings >= 5);
  t.equal(there.readyState, there.OPEN, 'who answers stays');
  t.equal(broker.status.connections, 1);
});

t.test('mosquitto_pub over a Unix socket', needs('mosquitto_pub'), async (t) => {
  const { world, near } = await openBroker(t);
  const hearer = await world.connect(near.port);
  const heard: string[] = [];
  await hearer.subscribe('#', { qos: 1 }, ({ topic, text }) => void heard.push(`${topic} ${text}`));
  await run('mosquitto_pub', ['--unix', socketPath, '-t', 'unix', '-m', 'hello', '-q', '2', '-V', 'mqttv5']);
  await until('the message', () => heard.length === 1);
  t.same(heard, ['unix hello']);
});

/** The tools of mosquitto 2.0 speak TCP alone: a relay puts their bytes into WebSocket messages, cut anywhere. */
t.test(
  'mosquitto_sub and mosquitto_pub over WebSocket, with and without TLS, in every version',
  needs('mosquitto_sub', 'mosquitto_pub'),
  async (t) => {
    const { near, urls } = await openBroker(t);
    for (const url of urls.slice(0, 2)) {
      const { port, server } = await openWebSocketRelay(url, fixtureText('tls/ca.pem'));
      t.teardown(() => server.close());
      for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
        const at = ['-h', '127.0.0.1', '-p', String(port), '-V', version];
        const sub = run('mosquitto_sub', [...at, ...'-i sub -t x/# -q 2 -C 3 -W 10 -F'.split(' '), '%t %p %q']);
        await until('the subscription', () => near.broker.status.subscriptions === 1);
        for (const qos of ['0', '1', '2']) {
          await run('mosquitto_pub', [...at, '-i', 'pub', '-t', 'x/y', '-q', qos, '-m', qos]);
        }
        const { stdout } = await sub;
        t.same(stdout.trim().split('\n'), ['x/y 0 0', 'x/y 1 1', 'x/y 2 2'], `${version} over ${url}`);
        await until('its end', () => near.broker.status.subscriptions === 0);
      }
    }
  },
);

const paho = `
import sys, paho.mqtt.client as m
host, port, ca = sys.argv[1], int(sys.argv[2]), sys.argv[3]
c = m.Client(transport='websockets', protocol=m.MQTTv5)
c.ws_set_options(path='/mqtt')
if ca: c.tls_set(ca)
c.on_connect = lambda c, u, f, r, p: c.subscribe('p', 2)
c.on_subscribe = lambda c, u, i, r, p: c.publish('p', 'x' * 70000, 2)
c.on_message = lambda c, u, msg: (print(msg.topic, len(msg.payload)), c.disconnect())
c.connect(host, port)
c.loop_forever()
`;

t.test('paho over WebSocket, with and without TLS', needs('python3'), async (t) => {
  const found = await run('/usr/bin/python3', ['-c', 'import paho.mqtt.client']).catch(() => undefined);
  if (found === undefined && process.env.VIADUCT_E2E !== 'required')
    return t.pass('python3-paho-mqtt is not installed');
  const { urls } = await openBroker(t);
  for (const url of urls.slice(0, 2)) {
    const { port, protocol } = new URL(url);
    const ca = protocol === 'wss:' ? fixturePath('tls/ca.pem') : '';
    const { stdout } = await run('/usr/bin/python3', ['-c', paho, 'localhost', port, ca], { timeout: 20_000 });
    t.equal(stdout.trim(), 'p 70000', url);
  }
  return undefined;
});
