// CONNECT, DISCONNECT and the answers to them of 3.1.1 and 3.1 at our client, byte by byte.
import t from 'tap';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { Client } from '../../../src/client/client.ts';
import type { ClientOptions } from '../../../src/client/client-options.ts';
import { scriptedServer, wire } from '../../kit/conversation.ts';
import { client3, connected, reconnected } from '../../kit/scripted-client.ts';
import { World } from '../../kit/world.ts';

const { v31 } = ProtocolVersion;

t.test(
  'CONNECT comes first; its flags announce what its payload holds, in order [MQTT3-3.1.0-1] [MQTT3-3.1.2-9] [MQTT3-3.1.2-11] [MQTT3-3.1.2-13] [MQTT3-3.1.2-15] [MQTT3-3.1.2-18] [MQTT3-3.1.2-19] [MQTT3-3.1.2-20] [MQTT3-3.1.2-21] [MQTT3-3.1.3-1] [MQTT3-3.1.3-3] [MQTT31-1]',
  async (t) => {
    const will = { topic: 'w', payload: 'gone' };
    const cases: readonly (readonly [Partial<ClientOptions>, string])[] = [
      [{}, '10 (<MQTT> 04 02 003c <c>)'],
      [{ cleanStart: false, keepAlive: 0 }, '10 (<MQTT> 04 00 0000 <c>)'],
      [{ clientId: '' }, '10 (<MQTT> 04 02 003c <>)'],
      [{ will }, '10 (<MQTT> 04 06 003c <c> <w> <gone>)'],
      [{ will: { ...will, qos: 2, retain: true } }, '10 (<MQTT> 04 36 003c <c> <w> <gone>)'],
      [{ username: 'u' }, '10 (<MQTT> 04 82 003c <c> <u>)'],
      [{ username: 'u', password: 'p' }, '10 (<MQTT> 04 c2 003c <c> <u> <p>)'],
      [
        { username: 'u', password: 'p', will: { ...will, qos: 1 }, cleanStart: false },
        '10 (<MQTT> 04 cc 003c <c> <w> <gone> <u> <p>)',
      ],
      [{ username: '', password: '' }, '10 (<MQTT> 04 c2 003c <c> <> <>)'],
      [{ version: v31 }, '10 (<MQIsdp> 03 02 003c <c>)'],
      [{ version: v31, username: 'u', will }, '10 (<MQIsdp> 03 86 003c <c> <w> <gone> <u>)'],
    ];
    for (const [options, expected] of cases) {
      const { client, connect } = await connected(options);
      t.equal(connect, wire(expected), expected);
      client.destroy();
    }
  },
);

t.test(
  'options that would break CONNECT are refused before anything is dialled [MQTT3-3.1.2-14] [MQTT3-3.1.2-22] [MQTT3-3.1.3-4] [MQTT3-3.1.3-7] [MQTT3-3.1.3-10] [MQTT3-3.1.3-11] [MQTT3-1.5.3-2]',
  async (t) => {
    const wrong: Readonly<Record<string, Partial<ClientOptions>>> = {
      'an empty client id with a session to keep': { clientId: '', cleanStart: false },
      'a client id with half a surrogate': { clientId: 'a\ud800' },
      'a client id with NUL': { clientId: 'a\u0000' },
      'a client id that is too long': { clientId: 'x'.repeat(65_536) },
      'a password without user name': { password: 'p' },
      'a user name with half a surrogate': { username: '\udc00' },
      'a user name with NUL': { username: '\u0000' },
      'a will topic with half a surrogate': { will: { topic: '\ud800', payload: '' } },
      'a will topic with a wildcard': { will: { topic: 'a/#', payload: '' } },
      'an empty will topic': { will: { topic: '', payload: '' } },
      'will QoS 3': { will: { topic: 'w', payload: '', qos: 3 as 2 } },
      'a keep-alive that is too long': { keepAlive: 65_536 },
    };
    const world = new World();
    const peers = await scriptedServer(world);
    for (const [name, options] of Object.entries(wrong)) {
      const connecting = Client.connect('mqtt://127.0.0.1', { ...client3, ...options }, { ports: world.ports });
      let code = 'none';
      connecting.catch((error: { readonly code: string }) => {
        code = error.code;
      });
      await world.clock.advance(1);
      t.equal(code, 'ERR_USAGE_CONNECT_OPTIONS', name);
    }
    t.equal(peers.length, 0);
  },
);

t.test('nothing else is sent before CONNACK has come, and what comes before it ends the connection', async (t) => {
  const world = new World();
  const peers = await scriptedServer(world);
  const options = { ...client3, isPatient: true };
  const connecting = Client.connect('mqtt://127.0.0.1', options, { ports: world.ports, turn: world.turn });
  connecting.catch(() => undefined);
  await world.clock.advance(1);
  t.match(await peers[0]?.heard(), /^10/);
  await world.clock.advance(5_000);
  t.equal(await peers[0]?.heard(), '');
  t.equal(await peers[0]?.ask('30 (<a> "x") 20020000'), '');
  t.ok(peers[0]?.isClosed);
  await world.clock.advance(2_000);
  t.equal(peers.length, 2, 'and another try is made');
  t.match(await peers[1]?.ask('20020000'), /^10/);
  (await connecting).destroy();
});

t.test('DISCONNECT is the last word: the client closes behind it [MQTT3-3.14.4-1] [MQTT3-3.14.4-2]', async (t) => {
  const { client, peer, world } = await connected();
  const closing = client.close();
  t.equal(await peer.heard(), 'e000');
  t.ok(peer.isClosed);
  await closing;
  await t.rejects(client.publish('a', 'x'), { code: 'ERR_CLOSED' });
  await world.clock.advance(60_000);
  t.equal(await peer.heard(), '');
});

t.test(
  'with clean session 0 the client keeps its side of the session, with clean session 1 it begins anew [MQTT3-3.1.2-4] [MQTT3-3.1.2-6] [MQTT3-4.1.0-1] [MQTT3-4.1.0-2] [MQTT3-3.1.3-2] [MQTT3-2.3.1-3] [MQTT3-3.3.1-1] [MQTT3-4.4.0-1]',
  async (t) => {
    const kept = await connected({ cleanStart: false });
    const settled = kept.client.publish('a', 'x', { qos: 1 });
    t.equal(await kept.peer.heard(), wire('32 (<a> 0001 "x")'));
    await kept.world.clock.advance(30_000);
    t.equal(await kept.peer.heard(), '', 'while it is connected nothing is dropped and nothing sent twice');
    await kept.peer.cut();
    const again = await reconnected(kept, '20020100');
    t.equal(again.connect, wire('10 (<MQTT> 04 00 003c <c>)'));
    t.equal(await again.peer.heard(), wire('3a (<a> 0001 "x")'), 'the same id, and DUP');
    await again.peer.ask('40 (0001)');
    t.equal(await settled, 0);
    kept.client.destroy();
    const clean = await connected({ cleanStart: true });
    const other = clean.client.publish('a', 'x', { qos: 1 });
    t.equal(await clean.peer.heard(), wire('32 (<a> 0001 "x")'), 'its ids are its own, whatever another client has');
    await clean.peer.cut();
    const anew = await reconnected(clean, '20020000');
    t.equal(await anew.peer.heard(), wire('32 (<a> 0002 "x")'), 'a new message of a new session: no DUP');
    await anew.peer.ask('40 (0002)');
    t.equal(await other, 0);
    clean.client.destroy();
  },
);

t.test('in 3.1 CONNACK says nothing of a session, whatever its first byte holds [MQTT31-8]', async (t) => {
  for (const connack of ['20020000', '20020100', '2002ff00']) {
    const kept = await connected({ version: v31, cleanStart: false }, connack);
    kept.client.publish('a', 'x', { qos: 1 }).catch(() => undefined);
    await kept.peer.heard();
    await kept.peer.cut();
    const again = await reconnected(kept, connack);
    t.equal(await again.peer.heard(), wire('3a (<a> 0001 "x")'), 'what was asked for is taken to be there');
    kept.client.destroy();
    const clean = await connected({ version: v31 }, connack);
    t.equal(clean.client.status.state, 'connected');
    clean.client.destroy();
  }
});

t.test('a client of 3.1 that has no client id makes one of at most 23 characters [MQTT31-6]', async (t) => {
  const world = new World();
  const peers = await scriptedServer(world);
  const connecting = Client.connect('mqtt://127.0.0.1', { version: v31 }, { ports: world.ports, turn: world.turn });
  connecting.catch(() => undefined);
  await world.clock.advance(1);
  const connect = Buffer.from((await peers[0]?.heard()) ?? '', 'hex');
  const length = connect.readUInt16BE(14);
  t.ok(length >= 1 && length <= 23, `${length} characters`);
  t.equal(connect.length, 16 + length, 'and nothing behind it');
  peers[0]?.say('20020000');
  await world.clock.settle();
  (await connecting).destroy();
});
