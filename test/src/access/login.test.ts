// Who may connect: passwords of every form, decided beside the loop; enhanced authentication; and users that change
// while devices are connected.
import t from 'tap';
import { withoutPassword } from '../../../protocol/connection/server-terms.ts';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { type AccessOptions, accessDefaults } from '../../../src/access/access-options.ts';
import { VerifiedLogins } from '../../../src/access/verified-logins.ts';
import { UsageError } from '../../../src/base/errors.ts';
import { Client } from '../../../src/client/client.ts';
import { scramTextOf, scryptTextOf } from '../../../src/secrets/password-hash.ts';
import { SlowHash } from '../../../src/secrets/slow-hash.ts';
import { SeededRandom } from '../../kit/seeded-random.ts';
import { until } from '../../kit/until.ts';
import { type RawPeer, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const salt = new SeededRandom().bytes(16);
const slowHash = new SlowHash();
const scrypt = await scryptTextOf(bytesOfText('right'), salt, slowHash);
const scram = await scramTextOf(bytesOfText('right'), salt, slowHash);

interface Shown {
  readonly username?: string;
  readonly password?: string;
}

/** Connects and waits for the answer. */
async function login(world: World, version: ProtocolVersion, shown: Shown, clientId = 'device') {
  const peer = await world.dial(version);
  const { username, password } = shown;
  const packets = [
    ...(await peer.connect(clientId, {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: bytesOfText(password) }),
    })),
  ];
  if (packets.length === 0) await until(world, () => peer.packets.length > 0 || peer.isClosed);
  packets.push(...(await peer.received()));
  const [packet] = packets;
  return { peer, code: packet?.type === PacketType.connack ? packet.reasonCode : -1 };
}

function access(more: Partial<AccessOptions>): AccessOptions {
  return { ...accessDefaults, isAnonymousAllowed: false, guard: { delayMsMax: 0 }, ...more };
}

const users = [
  { username: 'plain', password: 'right' },
  { username: 'hashed', passwordHash: scrypt },
  { username: 'proving', passwordHash: scram },
];

for (const version of [v311, v5]) {
  t.test(`in version ${version} a password lets in who knows it, whatever form it is stored in`, async (t) => {
    const world = new World();
    const broker = await world.openBroker({ access: access({ users }) });
    for (const { username } of users) {
      t.equal((await login(world, version, { username, password: 'right' })).code, ReasonCode.success, username);
      const { code, peer } = await login(world, version, { username, password: 'wrong' });
      t.equal(code, ReasonCode.badUserNameOrPassword, `${username} with another password`);
      t.ok(peer.isClosed);
      t.equal((await login(world, version, { username })).code, ReasonCode.badUserNameOrPassword, 'without any');
    }
    const nobody = await login(world, version, { username: 'nobody', password: 'right' });
    t.equal(nobody.code, ReasonCode.badUserNameOrPassword);
    t.equal((await login(world, version, {})).code, ReasonCode.notAuthorized);
    t.same(broker.status.refusedLogins, { 'wrong-password': 6, 'unknown-user': 1, anonymous: 1 });
    t.notMatch(world.log.lines.join('\n'), /right/, 'no password stands in the log');
  });
}

t.test('a device that vanishes while its password is checked leaves nothing', async (t) => {
  const world = new World();
  const broker = await world.openBroker({ access: access({ users }) });
  const peer = await world.dial(v5);
  peer.send({
    type: PacketType.connect,
    version: v5,
    isBridge: false,
    clientId: 'vanishing',
    cleanStart: true,
    keepAlive: 0,
    username: 'hashed',
    password: bytesOfText('right'),
    properties: {},
  });
  await world.clock.settle();
  peer.cut();
  t.equal((await login(world, v5, { username: 'hashed', password: 'right' })).code, ReasonCode.success);
  t.match(broker.status, { sessions: 1, connections: 1 });
});

t.test('a password that was right is not worked out again for a while, until it changes', async (t) => {
  const logins = new VerifiedLogins(salt, { ttlMs: 1000, countMax: 2 });
  const tag = logins.tagOf('a', 'stored', bytesOfText('p'));
  logins.add(tag, 0);
  t.ok(logins.has(tag, 999));
  t.notOk(logins.has(logins.tagOf('a', 'other', bytesOfText('p')), 0), 'another hash');
  t.notOk(logins.has(logins.tagOf('as', 'tored', bytesOfText('p')), 0), 'other parts of the same text');
  t.notOk(logins.has(tag, 1000), 'the time is over');
  for (const name of ['x', 'y', 'z']) logins.add(name, 0);
  t.equal(logins.size, 2);
  t.notOk(logins.has('x', 0), 'the oldest gives way');
  const none = new VerifiedLogins(salt, { ttlMs: 0, countMax: 2 });
  none.add(tag, 0);
  t.equal(none.size, 0, 'switched off');
});

t.test('a broker does not open with a hash that is none, and an update with one changes nothing', async (t) => {
  const world = new World();
  const wrong = access({ users: [{ username: 'u', passwordHash: '$7$x' }] });
  await t.rejects(world.openBroker({ access: wrong }), UsageError);
  const broker = await world.openBroker({ access: access({ users }) });
  t.throws(() => broker.updateAccess(wrong), { code: 'ERR_USAGE_PASSWORD_HASH' });
  t.equal((await login(world, v5, { username: 'plain', password: 'right' })).code, ReasonCode.success);
});

t.test('users who are removed or have another password are disconnected at once, the others stay', async (t) => {
  const world = new World();
  const gone = { username: 'gone', password: 'right' };
  const broker = await world.openBroker({ access: access({ users: [...users, gone] }) });
  const peers = new Map<string, RawPeer>();
  for (const username of ['plain', 'gone', 'hashed']) {
    const { peer } = await login(world, v5, { username, password: 'right' }, username);
    peers.set(username, peer);
  }
  const hashed = { username: 'hashed', passwordHash: scrypt };
  broker.updateAccess(access({ users: [{ username: 'plain', password: 'changed' }, hashed] }));
  const told = [{ type: PacketType.disconnect, reasonCode: ReasonCode.notAuthorized }];
  for (const username of ['plain', 'gone']) t.match(await peers.get(username)?.received(), told, username);
  t.same(await peers.get('hashed')?.received(), []);
  t.equal(peers.get('hashed')?.isClosed, false);
  broker.updateAccess(access({ users: [] }));
  t.match(await peers.get('hashed')?.received(), told);
});

t.test('where anonymous devices are no longer allowed, those that are connected must go', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const { peer } = await login(world, v311, {});
  broker.updateAccess(access({}));
  await peer.received();
  t.ok(peer.isClosed);
});

async function connect(world: World, username: string, password: string): Promise<Client> {
  const options = { username, password, authentication: 'scram-sha-256', isReconnecting: false } as const;
  let outcome: Client | Error | undefined;
  Client.connect('mqtt://127.0.0.1:1883', options, { ports: world.ports }).then(
    (client) => {
      outcome = client;
    },
    (error: Error) => {
      outcome = error;
    },
  );
  await until(world, () => outcome !== undefined);
  if (outcome instanceof Client) return outcome;
  throw outcome;
}

t.test(
  'a client proves its password by SCRAM-SHA-256, and again while it is connected [MQTT-4.12.0-3] [MQTT-4.12.1-1]',
  async (t) => {
    const world = new World();
    const broker = await world.openBroker({ access: access({ users }) });
    for (const username of ['plain', 'proving']) {
      const client = await connect(world, username, 'right');
      t.ok(client.reauthenticate());
      t.ok(client.reauthenticate(), 'asked twice: the server takes the second for a breach');
      await until(world, () => client.status.state !== 'connected');
      const other = await connect(world, username, 'right');
      t.ok(other.reauthenticate());
      const before = broker.status.bytesSent;
      for (let turn = 0; turn < 500; turn++) await world.clock.settle();
      t.equal(other.status.state, 'connected', `${username} is still there`);
      t.ok(broker.status.bytesSent >= before);
      other.destroy();
    }
    for (const [username, password] of [
      ['proving', 'wrong'],
      ['nobody', 'right'],
      ['hashed', 'right'],
    ] as const) {
      await t.rejects(connect(world, username, password), { code: 'ERR_REFUSED_NOT_AUTHORIZED' }, username);
    }
    t.match(broker.status.refusedLogins, { 'wrong-proof': 3 });
  },
);

t.test('a method that the broker does not have is refused [MQTT-4.12.0-1]', async (t) => {
  const world = new World();
  await world.openBroker({ access: access({ users }) });
  const peer = await world.dial(v5);
  t.match(await peer.connect('device', { properties: { authenticationMethod: 'GS2-KRB5' } }), [
    { type: PacketType.connack, reasonCode: ReasonCode.badAuthenticationMethod },
  ]);
});

t.test('a program brings a method of its own', async (t) => {
  const world = new World();
  const rounds: string[] = [];
  const next = (data: Buffer | undefined) => {
    rounds.push(data?.toString() ?? '');
    if (rounds.length < 3) return { kind: 'challenge', data: bytesOfText(String(rounds.length)) } as const;
    const admission = { method: 'custom', username: 'counted', isSuperuser: false } as const;
    return { kind: 'allow', admission, data: bytesOfText('well done') } as const;
  };
  await world.openBroker({ access: access({ authenticators: [{ method: 'COUNT', begin: () => ({ next }) }] }) });
  const peer = await world.dial(v5);
  const properties = (text: string) => ({ authenticationMethod: 'COUNT', authenticationData: bytesOfText(text) });
  const reasonCode = ReasonCode.continueAuthentication;
  t.match(await peer.connect('device', { properties: properties('a') }), [{ type: PacketType.auth, reasonCode }]);
  peer.send({ type: PacketType.auth, reasonCode, properties: properties('b') });
  await peer.received();
  peer.send({ type: PacketType.auth, reasonCode, properties: properties('c') });
  t.match(await peer.received(), [
    { type: PacketType.connack, reasonCode: 0, properties: { authenticationData: bytesOfText('well done') } },
  ]);
  t.same(rounds, ['a', 'b', 'c']);
});

t.test('SCRAM-SHA-256 is asked where the order of methods asks for passwords, and nowhere else', async (t) => {
  const codes: unknown[] = [];
  for (const order of [undefined, ['jwt', 'password'], ['jwt']] as const) {
    const world = new World();
    await world.openBroker({ access: access({ users, ...(order === undefined ? {} : { order }) }) });
    const peer = await world.dial(v5);
    const authenticationData = bytesOfText('n,,n=proving,r=clientnonce');
    const properties = { authenticationMethod: 'SCRAM-SHA-256', authenticationData };
    const packets = [...(await peer.connect('device', { properties }))];
    if (packets.length === 0) await until(world, () => peer.packets.length > 0);
    packets.push(...(await peer.received()));
    const [answer] = packets;
    codes.push(answer?.type === PacketType.auth ? 'challenged' : answer);
  }
  t.match(codes, ['challenged', 'challenged', { reasonCode: ReasonCode.badAuthenticationMethod }]);
});

t.test('a password is kept no longer than its CONNECT takes', (t) => {
  const connect = {
    type: PacketType.connect,
    version: v5,
    isBridge: false,
    clientId: 'c',
    cleanStart: true,
    keepAlive: 0,
    username: 'plain',
    password: bytesOfText('right'),
    properties: {},
  } as const;
  t.notOk('password' in withoutPassword(connect));
  t.match(withoutPassword(connect), { clientId: 'c', username: 'plain' });
  t.end();
});
