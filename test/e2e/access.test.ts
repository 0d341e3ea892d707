// Who gets in, on real sockets: mosquitto's clients with passwords of every form, certificates, a web server that
// decides, and our client and bridge by SCRAM.
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import mqtt from 'mqtt';
import t from 'tap';
import { accessDefaults } from '../../src/access/access-options.ts';
import { LinkError } from '../../src/base/errors.ts';
import { NodeHttp } from '../../src/ports/node-http.ts';
import { scramTextOf, scryptTextOf } from '../../src/secrets/password-hash.ts';
import { SlowHash } from '../../src/secrets/slow-hash.ts';
import { fixturePath } from '../kit/fixtures.ts';
import { needs } from '../kit/parts.ts';
import { authority, certificate, RealWorld, until } from '../kit/real-world.ts';
import { signatureOf, signedToken, tokenDefaults } from '../kit/web-tokens.ts';

const run = promisify(execFile);
const slowHash = new SlowHash();
const salt = Buffer.alloc(16, 7);
const users = [
  { username: 'plain', password: 'right' },
  { username: 'scrypt', passwordHash: await scryptTextOf(Buffer.from('right'), salt, slowHash) },
  { username: 'scram', passwordHash: await scramTextOf(Buffer.from('right'), salt, slowHash) },
];
const access = { ...accessDefaults, isAnonymousAllowed: false, users, guard: { delayMsMax: 0 } };

t.test(
  'mosquitto_pub gets in with the right password, whatever form it is stored in',
  needs('mosquitto_pub'),
  async (t) => {
    const world = new RealWorld(t);
    const { port } = await world.openBroker({ access });
    const publish = (username: string, password: string, version: string): Promise<unknown> =>
      run('mosquitto_pub', [
        '-p',
        `${port}`,
        '-V',
        version,
        '-u',
        username,
        '-P',
        password,
        '-t',
        'a',
        '-m',
        'x',
        '-q',
        '1',
      ]);
    for (const { username } of users) {
      await t.resolves(publish(username, 'right', '5'), username);
      await t.rejects(publish(username, 'wrong', '311'), /not authori[sz]ed|bad user name/i, username);
    }
  },
);

t.test('a verified certificate names the user, and rules know it', needs('mosquitto_pub'), async (t) => {
  const world = new RealWorld(t);
  const rules = [
    { isAllowed: true, action: 'pubsub', topics: ['gw/${username}/#'], subject: { kind: 'everybody' } },
  ] as const;
  const { broker, port } = await world.openBroker({
    access: { ...access, rules, isAllowedWithoutMatch: false },
    listeners: [
      {
        name: 'verified',
        host: '127.0.0.1',
        port: 0,
        tls: { ...certificate('server'), ...authority('ca'), isPeerVerified: true },
        limits: { certificateName: 'common-name' },
      },
    ],
  });
  const tls = (name: string): string => fixturePath(`tls/${name}.pem`);
  const publish = (topic: string): Promise<unknown> =>
    run('mosquitto_pub', [
      '-h',
      'localhost',
      '-p',
      `${port}`,
      '-V',
      '5',
      '--cafile',
      tls('ca'),
      '--cert',
      tls('client'),
      '--key',
      fixturePath('tls/client.key'),
      '-t',
      topic,
      '-m',
      'x',
      '-q',
      '1',
    ]);
  await publish('gw/gateway-7/state');
  t.equal(broker.status.denied, 0);
  await publish('gw/other/state').catch(() => undefined);
  t.equal(broker.status.denied, 1);
});

t.test('MQTT.js shows a token, does what it allows, and is told when its time is over', async (t) => {
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
  for (const algorithm of ['RS256', 'ES256'] as const) {
    const { publicKey, privateKey } = pairs[algorithm];
    const keys = { algorithm, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
    const token = { ...tokenDefaults, keys, leewayS: 0, usernameClaim: 'sub', rulesClaim: 'acl' };
    const world = new RealWorld(t);
    const { broker, port } = await world.openBroker({
      access: { ...accessDefaults, isAnonymousAllowed: false, isAllowedWithoutMatch: false, token },
    });
    const shown = (claims: object): string =>
      signedToken({ alg: algorithm }, claims, (text) => signatureOf(privateKey, text));
    const acl = { pub: ['own/#'], sub: ['own/#'] };
    const now = Math.floor(Date.now() / 1000);
    const open = (username: string, password: string) =>
      mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
        protocolVersion: 5,
        username,
        password,
        reconnectPeriod: 0,
        manualConnect: false,
      });
    await t.rejects(open('other', shown({ sub: 'gw', exp: now + 60, acl })), /not authorized/i, 'of somebody else');
    await t.rejects(open('gw', shown({ sub: 'gw', exp: now - 60, acl })), /not authorized/i, 'over');
    t.same(broker.status.refusedLogins, { 'bad-token': 1, 'expired-token': 1 });
    const client = await open('gw', shown({ sub: 'gw', exp: now + 2, acl }));
    world.closeLater(() => client.endAsync(true));
    const heard: string[] = [];
    let reason: number | undefined;
    client.on('message', (topic) => heard.push(topic));
    client.on('disconnect', ({ reasonCode }) => {
      reason = reasonCode;
    });
    await client.subscribeAsync('own/#', { qos: 1 });
    await client.publishAsync('own/a', 'x', { qos: 1 });
    await until('its message', () => heard.length === 1);
    await t.rejects(client.publishAsync('other', 'x', { qos: 1 }), /not authorized/i);
    await until('the end of the token', () => reason !== undefined);
    t.equal(reason, 0xa0, 'maximum connect time');
  }
});

t.test('our client and a bridge prove their passwords by SCRAM-SHA-256, and send none', async (t) => {
  const world = new RealWorld(t);
  const far = await world.openBroker({ access });
  const heard: string[] = [];
  const proof = { username: 'scram', password: 'right', authentication: 'scram-sha-256' } as const;
  const client = await world.connect(far.port, proof);
  await client.subscribe('up/#', { qos: 1 }, ({ topic }) => void heard.push(topic));
  const near = await world.openBroker();
  world.openBridge(near, far.port, { ...proof, forwards: [{ localTopic: 'a', remoteTopic: 'up/a' }] });
  const device = await world.connect(near.port);
  await device.publish('a', 'x', { qos: 1 });
  await until('what the bridge carries', () => heard.includes('up/a'));
  await t.rejects(world.connect(far.port, { ...proof, password: 'wrong' }), { code: 'ERR_REFUSED_NOT_AUTHORIZED' });
});

t.test('a web server is asked, and one that is silent, gone or talks too much is told apart', async (t) => {
  const server = createServer((request, response) => {
    if (request.url === '/silent') return;
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const isLong = request.url === '/long';
      const echo = `${request.method} ${request.headers['x-key']} ${Buffer.concat(parts).toString()}`;
      response.writeHead(isLong ? 200 : 403).end(isLong ? 'x'.repeat(2000) : echo);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = server.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const http = new NodeHttp({ connectionsMax: 2, bodyBytesMax: 1000 });
  const ask = (path: string, more: { timeoutMs?: number } = {}) =>
    http.ask({
      method: 'POST',
      url: `http://127.0.0.1:${port}${path}`,
      headers: { 'x-key': 'k' },
      body: 'a=1',
      timeoutMs: 5000,
      connectTimeoutMs: 5000,
      ...more,
    });
  t.same(await ask('/'), { status: 403, body: 'POST k a=1' });
  await t.rejects(ask('/silent', { timeoutMs: 50 }), { code: 'ERR_LINK_TIMEOUT' });
  await t.rejects(ask('/long'), /more than 1000 bytes/);
  server.closeAllConnections();
  server.close();
  await t.rejects(ask('/'), LinkError);
});
