// MQTT 5.0, sections 3.1 and 3.2: the CONNECT of our client and of our bridge, byte by byte, and what they make of
// CONNACK.
import t from 'tap';
import { wire } from '../../kit/conversation.ts';
import { ScriptedServer } from '../../kit/five-client.ts';
import { openBridge } from '../../kit/remote.ts';
import type { RawPeer } from '../../kit/world.ts';
import { World } from '../../kit/world.ts';

const limits = '17 01 21 03e8 27 00a00000';

t.test(
  'CONNECT is the first packet, whole and in its order [MQTT-3.1.0-1] [MQTT-3.1.3-3] [MQTT-3.1.2-1] [MQTT-2.2.2-1]',
  async (t) => {
    const server = await ScriptedServer.open('silent');
    await server.dial({ sessionExpiryInterval: 5, keepAlive: 60 });
    t.same(await server.peer.receivedHex(), [wire(`10 (<MQTT> 05 02 003c (11 00000005 ${limits}) <c>)`)]);
  },
);

t.test('nothing is sent before CONNACK, whatever waits [MQTT-3.1.0-1] [MQTT-3.1.2-30]', async (t) => {
  const server = await ScriptedServer.open('silent');
  const { connecting } = await server.dial({ isPatient: true });
  t.equal((await server.peer.receivedHex()).length, 1);
  await server.world.clock.advance(5_000);
  t.same(await server.peer.receivedHex(), []);
  server.peer.sendHex('2003000000');
  await server.world.clock.settle();
  const client = await connecting;
  client.publish('a', 'x');
  t.same(await server.peer.receivedHex(), ['30050001610078']);
});

t.test(
  'will, user name and password come with their flags, and in their order [MQTT-3.1.3-1] [MQTT-3.1.2-9] [MQTT-3.1.2-12] [MQTT-3.1.2-17] [MQTT-3.1.2-19]',
  async (t) => {
    const server = await ScriptedServer.open('silent');
    const properties = { willDelayInterval: 3, contentType: 't', userProperties: [['k', 'v']] as const };
    const will = { topic: 'w', payload: 'gone', qos: 2 as const, retain: true, properties };
    await server.dial({ sessionExpiryInterval: 0, will, username: 'u', password: 'p' });
    const body = `(11 00000000 ${limits}) <c> (03 <t> 18 00000003 26 <k> <v>) <w> <gone> <u> <p>`;
    t.same(await server.peer.receivedHex(), [wire(`10 (<MQTT> 05 f6 0000 ${body})`)]);
  },
);

t.test(
  'without will, user name or password their flags are 0 and their fields left out [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-16] [MQTT-3.1.2-18]',
  async (t) => {
    const server = await ScriptedServer.open('silent');
    await server.dial({ sessionExpiryInterval: 0 });
    t.same(await server.peer.receivedHex(), [wire(`10 (<MQTT> 05 02 0000 (11 00000000 ${limits}) <c>)`)]);
    await server.dial({ sessionExpiryInterval: 0, password: 'p' });
    const alone = wire(`10 (<MQTT> 05 42 0000 (11 00000000 ${limits}) <c> <p>)`);
    t.same(await server.peer.receivedHex(), [alone], 'a password needs no user name [MQTT-3.1.2-19]');
    await server.dial({ sessionExpiryInterval: 0, username: 'u' });
    t.same(await server.peer.receivedHex(), [wire(`10 (<MQTT> 05 82 0000 (11 00000000 ${limits}) <c> <u>)`)]);
  },
);

t.test(
  'what no CONNECT can be made of is refused before anything is dialled [MQTT-3.1.3-4] [MQTT-3.1.3-11] [MQTT-3.1.3-12] [MQTT-1.5.4-2] [MQTT-4.7.0-1]',
  async (t) => {
    const server = await ScriptedServer.open();
    const faults = [
      { clientId: 'a\0b' },
      { username: '\0' },
      { will: { topic: 'a/#', payload: '' } },
      { will: { topic: '', payload: '' } },
      { will: { topic: 'w\0', payload: '' } },
      { will: { topic: 'w', payload: '', properties: { topicAlias: 1 } } },
      { keepAlive: 65_536 },
      { properties: { receiveMaximum: 0 } },
    ];
    for (const options of faults) {
      const { connecting } = await server.dial(options);
      await t.rejects(connecting, { code: 'ERR_USAGE_CONNECT_OPTIONS' }, JSON.stringify(options));
    }
    t.equal(server.peers.length, 0);
  },
);

t.test(
  'texts are sent as valid UTF-8, whatever they hold [MQTT-1.5.4-1] [MQTT-1.5.4-3] [MQTT-3.1.3-4] [MQTT-3.1.3-11] [MQTT-3.1.3-12]',
  async (t) => {
    const server = await ScriptedServer.open('silent');
    await server.dial({ clientId: '\ufeffé', username: '\ud83d\ude00', sessionExpiryInterval: 0 });
    const body = `(11 00000000 ${limits}) 0005efbbbfc3a9 0004f09f9880`;
    t.same(await server.peer.receivedHex(), [wire(`10 (<MQTT> 05 82 0000 ${body})`)]);
  },
);

t.test(
  'an empty client identifier becomes the assigned one, also for the next connect [MQTT-3.1.3-2] [MQTT-3.2.2-16]',
  async (t) => {
    const server = await ScriptedServer.open({ properties: { assignedClientIdentifier: 'given' } });
    const client = await server.client({ clientId: '' });
    t.equal(client.clientId, 'given');
    server.peer.cut();
    await server.world.clock.advance(5_000);
    t.match((await server.peer.received())[0], { clientId: 'given', cleanStart: false });
    client.destroy();
  },
);

t.test(
  'the first connect starts clean if told to, the next ones go on with the session [MQTT-3.1.2-4] [MQTT-3.1.2-23] [MQTT-3.1.3-2]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client({ cleanStart: true, sessionExpiryInterval: 77 });
    server.connack = { sessionPresent: true };
    server.peer.cut();
    await server.world.clock.advance(5_000);
    const [connect] = await server.peer.received();
    t.match(connect, { cleanStart: false, clientId: 'c', properties: { sessionExpiryInterval: 77 } });
    t.match(client.status, { state: 'connected', sessionPresent: true });
    client.destroy();
  },
);

for (const [what, hex, code] of [
  ['another packet [MQTT-3.2.0-1]', 'd000', '82'],
  ['PUBLISH [MQTT-3.2.0-1]', '30050001610078', '82'],
  ['CONNACK with flags 2 [MQTT-3.2.2-1]', '2003020000', '81'],
  ['a refusal with session present [MQTT-3.2.2-6]', '2003018700', '82'],
  ['a code that CONNACK does not have [MQTT-3.2.2-8]', '2003009300', '81'],
  ['receive maximum 0', '20060000032100 00', '82'],
  ['maximum QoS 2', '200500000 22402', '82'],
  ['a property twice', '2009000006 210001210001', '82'],
  ['a property of PUBLISH', '200500000 20101', '81'],
  ['an authentication method that nobody named [MQTT-4.12.0-6]', '20070000 04 15000178', '82'],
  ['AUTH that nobody asked for [MQTT-4.12.0-6]', 'f000', '82'],
  ['DISCONNECT [MQTT-3.14.0-1]', 'e000', '82'],
] as const) {
  t.test(`a server that answers CONNECT with ${what} is left [MQTT-4.13.1-1]`, async (t) => {
    const server = await ScriptedServer.open('silent');
    const { connecting } = await server.dial();
    server.peer.sendHex(hex.replaceAll(' ', ''));
    await server.world.clock.settle();
    await t.rejects(connecting);
    t.same((await server.peer.receivedHex()).slice(1), [`e001${code}`]);
    t.ok(server.peer.isClosed);
  });
}

t.test('a server that assigns no client id to a client without one is left [MQTT-3.2.2-16]', async (t) => {
  const server = await ScriptedServer.open();
  const { connecting } = await server.dial({ clientId: '' });
  await t.rejects(connecting, { message: /no client identifier was assigned/ });
  t.match((await server.peer.receivedHex()).slice(1), ['e00182']);
});

t.test('a refusal closes the connection and is told with its reason [MQTT-4.13.2-1] [MQTT-3.2.2-7]', async (t) => {
  const server = await ScriptedServer.open({ reasonCode: 0x87, properties: { reasonString: 'not you' } });
  const { connecting } = await server.dial();
  await t.rejects(connecting, { code: 'ERR_REFUSED_NOT_AUTHORIZED', message: /not you/ });
  await server.world.clock.settle();
  t.ok(server.peer.isClosed);
});

t.test('a second CONNACK is a protocol error [MQTT-3.2.0-2]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client();
  server.peer.sendHex('2003000000');
  t.same(await server.peer.receivedHex(), ['e00182']);
  t.ok(server.peer.isClosed);
  client.destroy();
});

t.test('the keep-alive of the server replaces the own one [MQTT-3.1.2-21] [MQTT-3.2.2-21]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client({ keepAlive: 1000 }, { serverKeepAlive: 20 });
  await server.world.clock.advance(18_900);
  t.same(await server.peer.receivedHex(), []);
  await server.world.clock.advance(1_000);
  t.same(await server.peer.receivedHex(), ['c000'], 'within the 20 s');
  client.destroy();
});

t.test(
  'an idle client pings before its keep-alive has passed, a busy one does not [MQTT-3.1.2-20] [MQTT-3.2.2-22]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client({ keepAlive: 10 });
    const { clock } = server.world;
    server.onPacket = ({ type }, peer) => {
      if (type === 12) peer.send({ type: 13 });
    };
    for (let round = 0; round < 3; round++) {
      await clock.advance(9_990);
      t.same(await server.peer.receivedHex(), ['c000']);
    }
    client.destroy();
  },
);

async function bridgeTo(connect: string, more: Parameters<typeof openBridge>[1] = {}): Promise<string | undefined> {
  const world = new World();
  const peers: RawPeer[] = [];
  await world.listen(5, 9000, (peer) => peers.push(peer));
  const bridge = openBridge(world, { keepAlive: 0, forwards: [], ...more });
  await world.clock.advance(10);
  const [frame] = (await peers[0]?.receivedHex()) ?? [];
  bridge.destroy();
  return frame === wire(connect) ? undefined : frame;
}

t.test(
  'the CONNECT of a bridge states what it takes, and its will [MQTT-3.1.0-1] [MQTT-3.1.3-1] [MQTT-3.1.2-9] [MQTT-3.1.2-17] [MQTT-3.1.2-19]',
  async (t) => {
    const plain = '11 00015180 17 01 21 03e8 27 00a00000';
    t.equal(
      await bridgeTo(`10 (<MQTT> 05 00 0000 (${plain}) <plant7>)`),
      undefined,
      'without a maximum it would never end',
    );
    const will = {
      topic: 'w',
      payload: Buffer.from('gone'),
      qos: 1 as const,
      retain: true,
      properties: { willDelayInterval: 1 },
    };
    const full = `10 (<MQTT> 05 ec 0000 (${plain}) <plant7> (18 00000001) <w> <gone> <u> <p>)`;
    t.equal(await bridgeTo(full, { will, username: 'u', password: 'p' }), undefined);
  },
);
