// MQTT 5.0, sections 3.3, 3.4 to 3.7, 4.3 and 4.6: what our client and our bridge receive, and how they acknowledge it.
import t from 'tap';
import type { Client } from '../../../src/client/client.ts';
import { wire } from '../../kit/conversation.ts';
import { grantAll, ScriptedServer } from '../../kit/five-client.ts';
import { openBridge, Remote } from '../../kit/remote.ts';
import { publishOf, World } from '../../kit/world.ts';

interface Listening {
  readonly server: ScriptedServer;
  readonly client: Client;
  readonly heard: string[];
}

async function listening(properties: object = {}, refused = ''): Promise<Listening> {
  const server = await ScriptedServer.open();
  server.onPacket = grantAll;
  const client = await server.client({ properties });
  const heard: string[] = [];
  const subscribing = client.subscribe('#', { qos: 2 }, ({ topic, text }) => {
    heard.push(`${topic} ${text}`);
    if (refused !== '' && text === refused) throw new Error('not wanted');
  });
  await server.world.clock.settle();
  await subscribing;
  await server.peer.received();
  t.teardown(() => client.destroy());
  return { server, client, heard };
}

t.test(
  'QoS 0 is answered by nothing, QoS 1 by PUBACK, QoS 2 by PUBREC and PUBCOMP [MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-2.2.1-5]',
  async (t) => {
    const { server, heard } = await listening();
    server.peer.sendHex('30050001610078');
    t.same(await server.peer.receivedHex(), []);
    server.peer.sendHex('320700016112340079');
    t.same(await server.peer.receivedHex(), ['40021234']);
    server.peer.sendHex('34070001611234007a');
    t.same(await server.peer.receivedHex(), ['50021234']);
    server.peer.sendHex('62021234');
    t.same(await server.peer.receivedHex(), ['70021234']);
    t.same(heard, ['a x', 'a y', 'a z']);
  },
);

t.test(
  'after PUBACK and after PUBCOMP the same identifier is a new message, before PUBREL it is a repeat [MQTT-4.3.2-5] [MQTT-4.3.3-10] [MQTT-4.3.3-12]',
  async (t) => {
    const { server, heard } = await listening();
    server.peer.sendHex(`${wire('32 (<a> 0001 () "1")')}${wire('3a (<a> 0001 () "2")')}`);
    t.same(await server.peer.receivedHex(), ['40020001', '40020001']);
    server.peer.sendHex(`${wire('34 (<a> 0001 () "3")')}${wire('3c (<a> 0001 () "3")')}`);
    t.same(await server.peer.receivedHex(), ['50020001', '50020001']);
    server.peer.sendHex('62020001');
    server.peer.sendHex(wire('34 (<a> 0001 () "4")'));
    t.same(await server.peer.receivedHex(), ['70020001', '50020001']);
    t.same(heard, ['a 1', 'a 2', 'a 3', 'a 4']);
  },
);

t.test(
  'after a PUBREC of 0x80 or more the same identifier is a new message [MQTT-4.3.3-9] [MQTT-3.5.2-1] [MQTT-3.4.2-1]',
  async (t) => {
    const { server, heard } = await listening({}, 'bad');
    server.peer.sendHex(wire('34 (<a> 0001 () "bad")'));
    t.same(await server.peer.receivedHex(), ['5003000180']);
    server.peer.sendHex(wire('34 (<a> 0001 () "good")'));
    t.same(await server.peer.receivedHex(), ['50020001']);
    server.peer.sendHex(wire('32 (<a> 0002 () "bad")'));
    t.same(await server.peer.receivedHex(), ['4003000280']);
    t.same(heard, ['a bad', 'a good', 'a bad']);
  },
);

t.test(
  'PUBREL for nothing gets PUBCOMP 0x92, PUBREC for nothing PUBREL 0x92 [MQTT-3.7.2-1] [MQTT-3.6.2-1] [MQTT-4.3.3-11]',
  async (t) => {
    const { server } = await listening();
    server.peer.sendHex('62020007');
    server.peer.sendHex('50020008');
    server.peer.sendHex('5003000980');
    t.same(await server.peer.receivedHex(), ['7003000792', '6203000892']);
  },
);

t.test('the handshake of an expired message is completed [MQTT-4.3.3-13]', async (t) => {
  const { server } = await listening();
  server.peer.sendHex(wire('34 (<a> 0001 (02 00000001) "x")'));
  t.same(await server.peer.receivedHex(), ['50020001']);
  await server.world.clock.advance(10_000);
  server.peer.sendHex('62020001');
  t.same(await server.peer.receivedHex(), ['70020001']);
});

t.test(
  'answers leave in the order in which the messages came, whoever is done first [MQTT-4.6.0-2] [MQTT-4.6.0-3]',
  async (t) => {
    const server = await ScriptedServer.open();
    server.onPacket = grantAll;
    const client = await server.client();
    const done: (() => void)[] = [];
    client.subscribe('#', { qos: 2 }, () => new Promise<void>((resolve) => done.push(resolve))).catch(() => undefined);
    await server.peer.received();
    server.peer.send(...[1, 2, 3, 4].map((id) => publishOf('a', '', { qos: id % 2 === 0 ? 2 : 1, packetId: id })));
    t.same(await server.peer.receivedHex(), []);
    for (const index of [3, 1, 2]) done[index]?.();
    t.same(await server.peer.receivedHex(), [], 'the first is not done');
    done[0]?.();
    t.same(await server.peer.receivedHex(), ['40020001', '50020002', '40020003', '50020004']);
    client.destroy();
  },
);

t.test('everything is acknowledged, wanted or not [MQTT-4.5.0-2]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client();
  server.peer.send(publishOf('nobody', '', { qos: 1, packetId: 1 }), publishOf('nobody', '', { qos: 2, packetId: 2 }));
  t.same(await server.peer.receivedHex(), ['40020001', '50020002']);
  client.destroy();
});

t.test('every alias up to the own maximum is taken [MQTT-3.3.2-10] [MQTT-3.3.2-7]', async (t) => {
  const { server, heard } = await listening({ topicAliasMaximum: 3 });
  for (const alias of ['0001', '0003'])
    server.peer.sendHex(wire(`30 (<t/${alias}> (23 ${alias}) "1")30 (<> (23 ${alias}) "2")`));
  await server.world.clock.settle();
  t.same(heard, ['t/0001 1', 't/0001 2', 't/0003 1', 't/0003 2']);
});

t.test(
  'the answers of a client are as short as can be: nothing explains them [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3]',
  async (t) => {
    const server = await ScriptedServer.open({ properties: { maximumPacketSize: 9 } });
    server.onPacket = grantAll;
    const client = await server.client();
    client.subscribe('#', {}, () => Promise.reject(new Error('not wanted'))).catch(() => undefined);
    await server.peer.received();
    server.peer.send(publishOf('a', '', { qos: 1, packetId: 1 }), publishOf('a', '', { qos: 2, packetId: 2 }));
    server.peer.sendHex('6202000350020004');
    t.same([...(await server.peer.receivedHex())].sort(), ['4003000180', '5003000280', '6203000492', '7003000392']);
    client.destroy();
  },
);

interface Fault {
  readonly what: string;
  readonly notation: string;
  /** The reason code of the DISCONNECT that answers it. */
  readonly code: string;
}

const faults: readonly Fault[] = [
  { what: 'a topic that is no UTF-8 [MQTT-1.5.4-1] [MQTT-3.3.2-1]', notation: '30 (0002c328 ())', code: '81' },
  { what: 'a NUL in a topic [MQTT-1.5.4-2]', notation: '30 (00026100 ())', code: '81' },
  { what: 'a topic with a wildcard [MQTT-3.3.2-2] [MQTT-4.7.0-1]', notation: '30 (<#> ())', code: '82' },
  { what: 'neither topic nor alias [MQTT-4.7.3-1]', notation: '30 (<> ())', code: '82' },
  { what: 'QoS 3 [MQTT-3.3.1-4]', notation: '36 (<a> 0001 ())', code: '81' },
  { what: 'DUP at QoS 0 [MQTT-3.3.1-2]', notation: '38 (<a> ())', code: '81' },
  { what: 'packet identifier 0 [MQTT-2.2.1-4]', notation: '32 (<a> 0000 ())', code: '82' },
  { what: 'topic alias 0 [MQTT-3.3.2-8]', notation: '30 (<a> (23 0000))', code: '94' },
  { what: 'a topic alias above the own maximum [MQTT-3.3.2-11]', notation: '30 (<a> (23 0001))', code: '94' },
  { what: 'a response topic with a wildcard [MQTT-3.3.2-14]', notation: '30 (<a> (08 <+>))', code: '82' },
  { what: 'a content type that is no UTF-8 [MQTT-3.3.2-19]', notation: '30 (<a> (03 0001ff))', code: '81' },
  { what: 'a remaining length longer than it need be [MQTT-1.5.5-1]', notation: 'd08000', code: '81' },
  { what: 'PUBREL with flags 0 [MQTT-3.6.1-1]', notation: '60020001', code: '81' },
  { what: 'PINGRESP with flags 1 [MQTT-2.1.3-1]', notation: 'd100', code: '81' },
  { what: 'DISCONNECT with flags 1 [MQTT-3.14.1-1]', notation: 'e100', code: '81' },
  { what: 'AUTH with flags 1 [MQTT-3.15.1-1]', notation: 'f100', code: '81' },
  { what: 'SUBSCRIBE', notation: '82 (0001 () <a> 00)', code: '82' },
  { what: 'PINGREQ', notation: 'c000', code: '82' },
  { what: 'CONNECT', notation: '10 (<MQTT> 05 02 0000 () <c>)', code: '82' },
  { what: 'AUTH without a method [MQTT-4.12.0-6]', notation: 'f0 (18 ())', code: '82' },
  { what: 'PUBACK with a code that is none [MQTT-3.4.2-1]', notation: '40 (0001 7f)', code: '82' },
  { what: 'SUBACK with a code that is none [MQTT-3.9.3-2]', notation: '90 (0001 () 03)', code: '82' },
  { what: 'UNSUBACK with a code that is none [MQTT-3.11.3-2]', notation: 'b0 (0001 () 01)', code: '82' },
  { what: 'DISCONNECT with a session expiry [MQTT-3.14.2-2]', notation: 'e0 (00 (11 00000001))', code: '82' },
  { what: 'DISCONNECT with a code of clients [MQTT-3.14.2-1]', notation: 'e0 (04)', code: '82' },
  { what: 'DISCONNECT with a code that is none [MQTT-3.14.2-1]', notation: 'e0 (7f)', code: '82' },
];

for (const { what, notation, code } of faults) {
  t.test(
    `a server that sends ${what} is told 0x${code}, and left [MQTT-4.13.1-1] [MQTT-4.13.2-1] [MQTT-3.14.4-2]`,
    async (t) => {
      const { server } = await listening();
      const { peer } = server;
      peer.sendHex(wire(notation));
      t.same(await peer.receivedHex(), [`e001${code}`]);
      t.ok(peer.isClosed);
    },
  );
}

t.test('more than the own receive maximum ends the connection with 0x93 [MQTT-3.3.4-9]', async (t) => {
  const server = await ScriptedServer.open();
  server.onPacket = grantAll;
  const client = await server.client({ receiveMaximum: 2 });
  client.subscribe('#', { qos: 2 }, () => new Promise<void>(() => undefined)).catch(() => undefined);
  await server.peer.received();
  server.peer.send(...[1, 2, 3].map((id) => publishOf('a', '', { qos: 1, packetId: id })));
  t.same(await server.peer.receivedHex(), ['e00193']);
  t.ok(server.peer.isClosed);
  client.destroy();
});

t.test('a packet above the own maximum ends the connection with 0x95 [MQTT-3.1.2-24]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client({ maximumPacketSize: 100 });
  server.peer.sendHex('3063');
  t.same(await server.peer.receivedHex(), ['e00195']);
  t.ok(server.peer.isClosed);
  client.destroy();
});

t.test(
  'a bridge acknowledges as a client does, and refuses what a client refuses [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-4.5.0-2] [MQTT-4.13.1-1] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-4.2-1]',
  async (t) => {
    const [world, remote] = [new World(), new Remote()];
    await remote.open(world, 5);
    const rules = [{ remoteTopic: 'down/#', localTopic: '', qos: 2 as const }];
    const bridge = openBridge(world, { subscriptions: rules });
    await world.clock.settle();
    await remote.peer.received();
    remote.peer.sendHex(wire('32 (<down/a> 0001 () "x")34 (<down/a> 0002 () "y")34 (<elsewhere> 0003 ())62020002'));
    t.same(await remote.peer.receivedHex(), ['40020001', '50020002', '50020003', '70020002']);
    remote.peer.sendHex('c000');
    t.same(await remote.peer.receivedHex(), ['e00182']);
    bridge.destroy();
  },
);
