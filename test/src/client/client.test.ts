// The client over a network in memory, against our own broker and against a server that the test plays.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { Client } from '../../../src/client/client.ts';
import type { ClientOptions } from '../../../src/client/client-options.ts';
import { ackOf, publishOf, type RawPeer, versions, World } from '../../kit/world.ts';

async function connect(world: World, options: Partial<ClientOptions> = {}, port = 1883): Promise<Client> {
  const connecting = Client.connect(`mqtt://127.0.0.1:${port}`, options, { ports: world.ports, turn: world.turn });
  connecting.catch(() => undefined);
  await world.clock.advance(10);
  return connecting;
}

/** A server that accepts everybody and answers nothing else by itself. */
async function silentServer(world: World, version: ProtocolVersion, sessionPresent = false): Promise<RawPeer[]> {
  const peers: RawPeer[] = [];
  await world.listen(version, 1883, (peer) => {
    peers.push(peer);
    peer.onPacket = ({ type }) => {
      if (type !== PacketType.connect) return;
      const isPresent = sessionPresent && peers.length > 1;
      peer.send({ type: PacketType.connack, sessionPresent: isPresent, reasonCode: 0, properties: {} });
    };
  });
  return peers;
}

for (const version of versions) {
  t.test(`in version ${version} a client publishes at every QoS and hears of it`, async (t) => {
    const world = new World();
    await world.openBroker();
    const client = await connect(world, { version, clientId: 'c' });
    const heard: string[] = [];
    const subscribing = client.subscribe(
      'a/#',
      { qos: 2 },
      ({ topic, text, qos }) => void heard.push(`${topic} ${text} ${qos}`),
    );
    await world.clock.settle();
    t.equal((await subscribing).grantedQos, 2);
    const publishing = Promise.all(([0, 1, 2] as const).map((qos) => client.publish('a/b', String(qos), { qos })));
    await world.clock.settle();
    t.same(await publishing, [0, 0, 0]);
    t.same(heard, ['a/b 0 0', 'a/b 1 1', 'a/b 2 2']);
    const ending = (await subscribing).unsubscribe();
    await world.clock.settle();
    await ending;
    client.publish('a/b', 'unheard');
    await world.clock.settle();
    t.equal(heard.length, 3);
    const closing = client.close();
    await world.clock.settle();
    await closing;
    t.match(client.status, { state: 'closed' });
    await t.rejects(client.publish('a', ''), { code: 'ERR_CLOSED' });
  });
}

t.test('the first try fails the connect with its reason, unless the client is patient', async (t) => {
  const world = new World();
  await t.rejects(connect(world), { code: 'ERR_LINK_CONNECT', message: /nobody listens/ });
  await t.rejects(connect(world, {}, 0), { code: 'ERR_USAGE_ADDRESS' });
  const patient = Client.connect('mqtt://127.0.0.1', { isPatient: true }, { ports: world.ports });
  await world.clock.advance(60_000);
  await world.openBroker();
  await world.clock.advance(60_000);
  t.match((await patient).status, { state: 'connected' });
  (await patient).destroy();
});

t.test('a server that refuses is a RefusedError with its reason code', async (t) => {
  const world = new World();
  await world.openBroker({
    access: {
      isAnonymousAllowed: false,
      users: [],
      rules: [],
      isAllowedWithoutMatch: true,
      isDenialDisconnecting: false,
    },
  });
  await t.rejects(connect(world), { code: 'ERR_REFUSED_NOT_AUTHORIZED', reasonCode: ReasonCode.notAuthorized });
});

t.test(
  'it connects again by itself, keeps what was published, and subscribes anew where it was forgotten',
  async (t) => {
    const world = new World();
    const broker = await world.openBroker();
    const client = await connect(world, { clientId: 'c', sessionExpiryInterval: 0 });
    const heard: string[] = [];
    client.subscribe('#', { qos: 1 }, ({ text }) => void heard.push(text));
    await world.clock.settle();
    const states: string[] = [];
    client.onStatus(({ state }) => states.push(state));
    world.net.isDown = true;
    world.net.cut();
    await world.clock.advance(1000);
    const settled = [
      client.publish('a', '1', { qos: 1 }),
      client.publish('a', '2', { qos: 2 }),
      client.publish('a', '3'),
    ];
    t.equal(client.pendingCount, 3);
    world.net.isDown = false;
    await world.clock.advance(60_000);
    t.same(await Promise.all(settled), [0, 0, 0]);
    t.same(heard, ['1', '2', '3']);
    t.equal(states[0], 'waiting');
    t.equal(states.at(-1), 'connected');
    client.destroy();
    await world.clock.settle();
    t.equal(broker.status.connections, 0);
  },
);

t.test(
  'what a server never acknowledged is repeated with DUP to a session that is present, published anew to one that is not [MQTT-4.4.0-1] [MQTT-3.2.2-5]',
  async (t) => {
    for (const isPresent of [true, false]) {
      const world = new World();
      const peers = await silentServer(world, ProtocolVersion.v5, isPresent);
      const client = await connect(world);
      const settled = client.publish('a', 'x', { qos: 1 });
      await world.clock.settle();
      peers[0]!.cut();
      await world.clock.advance(5000);
      const [publish] = await peers[1]!.receivedOf(PacketType.publish);
      t.match(publish, { dup: isPresent, payload: Buffer.from('x') });
      peers[1]!.send(ackOf(4, publish!.packetId));
      await world.clock.settle();
      t.equal(await settled, 0);
      client.destroy();
    }
  },
);

t.test('a refused message rejects, an invalid topic rejects, a withdrawn one rejects and is never sent', async (t) => {
  const world = new World();
  const peers = await silentServer(world, ProtocolVersion.v5);
  const client = await connect(world);
  const refused = client.publish('a', 'x', { qos: 1 });
  refused.catch(() => undefined);
  const [publish] = await peers[0]!.receivedOf(PacketType.publish);
  peers[0]!.send({
    type: PacketType.puback,
    packetId: publish!.packetId,
    reasonCode: ReasonCode.quotaExceeded,
    properties: {},
  });
  await world.clock.settle();
  await t.rejects(refused, { code: 'ERR_REFUSED_QUOTA_EXCEEDED' });
  await t.rejects(client.publish('a/#', ''), { code: 'ERR_USAGE_TOPIC_NAME' });
  await t.rejects(client.subscribe('a/#/b'), { code: 'ERR_USAGE_TOPIC_FILTER' });
  world.net.isDown = true;
  world.net.cut();
  await world.clock.advance(100);
  const abort = new AbortController();
  const withdrawn = client.publish('a', 'never', { qos: 1, signal: abort.signal });
  withdrawn.catch(() => undefined);
  abort.abort();
  await t.rejects(withdrawn, { code: 'ERR_CLOSED' });
  client.destroy();
});

t.test('a handler that needs time holds the acknowledgement back, one that fails refuses the message', async (t) => {
  const world = new World();
  const peers = await silentServer(world, ProtocolVersion.v5);
  const client = await connect(world);
  let finish: () => void = () => undefined;
  const onMessage = (message: { text: string }): Promise<void> | void => {
    if (message.text === 'bad') throw new Error('no');
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  client.subscribe('#', { qos: 1 }, onMessage).catch(() => undefined);
  await world.clock.settle();
  const peer = peers[0]!;
  peer.packets.length = 0;
  peer.send(publishOf('a', 'slow', { qos: 1, packetId: 1 }));
  t.same(await peer.received(), []);
  finish();
  t.match(await peer.received(), [{ type: PacketType.puback, packetId: 1, reasonCode: 0 }]);
  peer.send(publishOf('a', 'bad', { qos: 1, packetId: 2 }));
  t.match(await peer.received(), [{ type: PacketType.puback, packetId: 2, reasonCode: ReasonCode.unspecifiedError }]);
  client.destroy();
});

t.test('messages can be read in batches, acknowledged when the next one is asked for', async (t) => {
  const world = new World();
  const peers = await silentServer(world, ProtocolVersion.v5);
  const client = await connect(world);
  const peer = peers[0]!;
  peer.onPacket = (packet) => {
    if (packet.type === PacketType.subscribe)
      peer.send({ type: PacketType.suback, packetId: packet.packetId, reasonCodes: [1], properties: {} });
  };
  const subscribing = client.subscribe('#', { qos: 1 });
  await world.clock.settle();
  const batches = (await subscribing).batches();
  peer.packets.length = 0;
  peer.send(publishOf('a', '1', { qos: 1, packetId: 1 }), publishOf('a', '2', { qos: 1, packetId: 2 }));
  await world.clock.settle();
  const first = await batches.next();
  t.same(
    first.value?.map(({ text }) => text),
    ['1', '2'],
  );
  t.same(await peer.received(), []);
  const next = batches.next();
  t.match(await peer.received(), [
    { type: PacketType.puback, packetId: 1 },
    { type: PacketType.puback, packetId: 2 },
  ]);
  client.destroy();
  t.equal((await next).done, true);
});

t.test(
  'a server that breaks the rules is told which one, and left [MQTT-3.2.0-1] [MQTT-3.2.2-4] [MQTT-3.2.0-2]',
  async (t) => {
    const world = new World();
    const peers = await silentServer(world, ProtocolVersion.v5);
    const client = await connect(world);
    peers[0]!.packets.length = 0;
    peers[0]!.send({ type: PacketType.connack, sessionPresent: false, reasonCode: 0, properties: {} });
    t.match(await peers[0]!.received(), [{ type: PacketType.disconnect, reasonCode: ReasonCode.protocolError }]);
    t.ok(peers[0]!.isClosed);
    client.destroy();
  },
);

t.test('a server that does not speak 5.0 is understood when it refuses in the form of 3.1.1', async (t) => {
  const world = new World();
  await world.listen(ProtocolVersion.v311, 1883, (peer) => {
    peer.onPacket = () => peer.sendHex('20020001');
  });
  await t.rejects(connect(world), { code: 'ERR_REFUSED_UNSUPPORTED_PROTOCOL_VERSION' });
});

t.test(
  'an idle client pings, and a server that does not answer is left [MQTT-3.1.2-20] [MQTT3-3.1.2-23]',
  async (t) => {
    const world = new World();
    const peers = await silentServer(world, ProtocolVersion.v311);
    const client = await connect(world, { version: ProtocolVersion.v311, keepAlive: 10, answerTimeoutMs: 3000 });
    peers[0]!.packets.length = 0;
    await world.clock.advance(10_500);
    t.match(await peers[0]!.received(), [{ type: PacketType.pingreq }]);
    await world.clock.advance(4000);
    t.ok(peers[0]!.isClosed);
    t.equal(peers.length, 2, 'and another connection is made');
    client.destroy();
  },
);
