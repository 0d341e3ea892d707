// MQTT 5.0, sections 3.8 to 3.11 and 3.14: what our client and our bridge ask for, and how they end.
import t from 'tap';
import { wire } from '../../kit/conversation.ts';
import { grantAll, ScriptedServer } from '../../kit/five-client.ts';
import { openBridge } from '../../kit/remote.ts';
import { publishOf, type RawPeer, World } from '../../kit/world.ts';

t.test(
  'SUBSCRIBE and UNSUBSCRIBE have their flags, a filter and its options [MQTT-3.8.1-1] [MQTT-3.8.3-1] [MQTT-3.8.3-2] [MQTT-3.8.3-5] [MQTT-3.10.1-1] [MQTT-3.10.3-1] [MQTT-3.10.3-2] [MQTT-2.2.2-1]',
  async (t) => {
    const server = await ScriptedServer.open();
    server.onPacket = grantAll;
    const client = await server.client();
    const options = { qos: 2 as const, isNoLocal: true, isRetainAsPublished: true, retainHandling: 2 as const };
    const subscribing = client.subscribe('é/#', options, () => undefined);
    t.same(await server.peer.receivedHex(), [wire('82 (0001 () <é/#> 2e)')]);
    const ending = (await subscribing).unsubscribe();
    t.same(await server.peer.receivedHex(), [wire('a2 (0002 () <é/#>)')]);
    await ending;
    client.destroy();
  },
);

t.test(
  'what is no filter is not sent [MQTT-3.8.3-1] [MQTT-3.8.3-4] [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3] [MQTT-4.8.2-1] [MQTT-4.8.2-2]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    const filters = ['', 'a#', '#/a', 'a+', '\0', '\ud800', 'x'.repeat(65_536), '$share/g', '$share//a', '$share/a+/b'];
    for (const filter of filters)
      await t.rejects(client.subscribe(filter), { code: 'ERR_USAGE_TOPIC_FILTER' }, filter.slice(0, 20));
    await t.rejects(client.subscribe('$share/g/a', { isNoLocal: true }), { code: 'ERR_USAGE_TOPIC_FILTER' });
    t.same(await server.peer.received(), []);
    client.destroy();
  },
);

t.test('SUBACK settles its request, also with a refusal [MQTT-3.8.4-7] [MQTT-3.9.3-1] [MQTT-2.2.1-6]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client();
  const [first, second] = [client.subscribe('a', { qos: 2 }), client.subscribe('b')];
  second.catch(() => undefined);
  await server.peer.received();
  server.peer.sendHex(wire('90 (0002 () 87)90 (0001 () 01)'));
  await server.world.clock.settle();
  t.equal((await first).grantedQos, 1);
  await t.rejects(second, { code: 'ERR_REFUSED_NOT_AUTHORIZED' });
  client.destroy();
});

for (const [what, notation] of [
  ['SUBACK with two codes for one filter [MQTT-3.8.4-6]', '90 (0001 () 00 00)'],
  ['SUBACK without a code [MQTT-3.8.4-6]', '90 (0001 ())'],
  ['UNSUBACK for SUBSCRIBE [MQTT-2.2.1-6]', 'b0 (0001 () 00)'],
] as const) {
  t.test(`${what} is a protocol error [MQTT-4.13.1-1]`, async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    client.subscribe('a').catch(() => undefined);
    await server.peer.received();
    const { peer } = server;
    peer.sendHex(wire(notation));
    t.same(await peer.receivedHex(), ['e00182']);
    t.ok(peer.isClosed);
    client.destroy();
  });
}

t.test(
  'the identifier of a request is free again when it is answered, and when its connection ends [MQTT-2.2.1-3]',
  async (t) => {
    const server = await ScriptedServer.open();
    server.onPacket = grantAll;
    const client = await server.client({ sendWindowMax: 65_535 });
    for (let round = 0; round < 5; round++) {
      client.subscribe('a').catch(() => undefined);
      t.match(await server.peer.received(), [{ type: 8 }]);
    }
    client.publish('a', '', { qos: 1 }).catch(() => undefined);
    const [publish] = await server.peer.received();
    t.ok(publish?.type === 3 && publish.packetId > 0);
    client.destroy();
  },
);

t.test(
  'close sends DISCONNECT 0x00 last, and closes [MQTT-3.14.1-1] [MQTT-3.14.2-1] [MQTT-3.14.4-1] [MQTT-3.14.4-2]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    const { peer } = server;
    client.publish('a', 'x').catch(() => undefined);
    const closing = client.close();
    client.publish('a', 'y').catch(() => undefined);
    peer.send(publishOf('a', '', { qos: 1, packetId: 1 }));
    await server.world.clock.settle();
    await closing;
    const frames = await peer.receivedHex();
    t.equal(frames.at(-1), 'e000');
    t.equal(frames[0], '30050001610078');
    t.notOk(frames.some((frame) => frame.endsWith('79')));
    t.ok(peer.isClosed);
  },
);

t.test(
  'a DISCONNECT of the server closes the connection: every code that servers use is understood [MQTT-4.13.2-1] [MQTT-3.14.2-1]',
  async (t) => {
    const codes = '00 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2'.split(' ');
    for (const code of codes) {
      const server = await ScriptedServer.open();
      const client = await server.client();
      const { peer } = server;
      peer.sendHex(`e001${code}`);
      t.same(await peer.receivedHex(), [], `nothing answers 0x${code}`);
      t.ok(peer.isClosed);
      client.destroy();
    }
  },
);

t.test('where another server is to be used is in the error', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client({ isReconnecting: false });
  server.peer.sendHex(wire('e0 (9c (1c <other:1883> 1f <go>))'));
  await server.world.clock.settle();
  t.match((await client.closed).error, { message: /go, use other:1883/ });
});

async function bridgePeer(properties: object): Promise<{ readonly world: World; readonly peer: RawPeer }> {
  const world = new World();
  const peers: RawPeer[] = [];
  await world.listen(5, 9000, (peer) => {
    peers.push(peer);
    peer.onPacket = (packet) => {
      if (packet.type === 1) peer.send({ type: 2, sessionPresent: false, reasonCode: 0, properties });
      else grantAll(packet, peer);
    };
  });
  const subscriptions = ['a', 'b', 'c'].map((one) => ({ remoteTopic: `${one}/#`, localTopic: '', qos: 1 as const }));
  const large = { remoteTopic: `${'x'.repeat(50)}/#`, localTopic: '', qos: 1 as const };
  const bridge = openBridge(world, { subscriptions: [...subscriptions, large], subscribeProperties: {} });
  t.teardown(() => bridge.destroy());
  await world.clock.settle();
  const [peer] = peers;
  if (peer === undefined) throw new Error('nobody connected');
  return { world, peer };
}

t.test(
  'a bridge asks for its filters in one packet, or in as many as the remote takes [MQTT-3.8.1-1] [MQTT-3.8.3-2] [MQTT-3.2.2-15]',
  async (t) => {
    const roomy = await bridgePeer({});
    t.equal((await roomy.peer.receivedHex()).length, 2, 'CONNECT and one SUBSCRIBE');
    const { world, peer } = await bridgePeer({ maximumPacketSize: 18 });
    const [, ...frames] = await peer.receivedHex();
    t.same(frames, [wire('82 (0002 () <a/#> 0d <b/#> 0d)'), wire('82 (0004 () <c/#> 0d)')]);
    t.ok(
      world.log.lines.some((line) => /not subscribed.*xxx/.test(line)),
      'what does not fit is told',
    );
    t.notOk(peer.isClosed);
  },
);

t.test(
  'a bridge that is closed says DISCONNECT 0x00 last, and closes [MQTT-3.14.2-1] [MQTT-3.14.4-1] [MQTT-3.14.4-2]',
  async (t) => {
    const world = new World();
    const peers: RawPeer[] = [];
    await world.listen(5, 9000, (peer) => {
      peers.push(peer);
      peer.onPacket = ({ type }) => {
        if (type === 1) peer.send({ type: 2, sessionPresent: false, reasonCode: 0, properties: {} });
      };
    });
    const bridge = openBridge(world);
    await world.clock.settle();
    await peers[0]?.received();
    const closing = bridge.close();
    await world.clock.settle();
    await closing;
    t.same(await peers[0]?.receivedHex(), ['e000']);
    t.ok(peers[0]?.isClosed);
  },
);
