// MQTT 5.0, sections 3.3, 4.3 and 4.9: what our client publishes, within what the server allows.
import t from 'tap';
import type { Packet } from '../../../protocol/wire/packets.ts';
import type { Client } from '../../../src/client/client.ts';
import { wire } from '../../kit/conversation.ts';
import { ackWith, payloads, published } from '../../kit/five.ts';
import { ScriptedServer } from '../../kit/five-client.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { ackOf, World } from '../../kit/world.ts';

function publish(client: Client, payload: string, qos: 0 | 1 | 2, topic = 'a'): Promise<unknown> {
  return client.publish(topic, payload, { qos }).catch((error: unknown) => error);
}

t.test(
  'each QoS is sent as the standard has it, under free identifiers [MQTT-4.3.1-1] [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-2.2.1-2] [MQTT-2.2.1-3] [MQTT-2.2.2-1]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    publish(client, 'x', 0);
    publish(client, 'y', 1);
    publish(client, 'z', 2);
    client.subscribe('s').catch(() => undefined);
    t.same(await server.peer.receivedHex(), [
      '30050001610078',
      '320700016100010079',
      '34070001610002007a',
      '820700030000017300',
    ]);
    client.destroy();
  },
);

t.test(
  'a message is settled by PUBACK, or by PUBREC, PUBREL, PUBCOMP [MQTT-4.3.2-3] [MQTT-4.3.3-3] [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-2.2.1-5] [MQTT-3.6.1-1]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    publish(client, 'y', 1);
    publish(client, 'z', 2);
    await server.peer.received();
    t.equal(client.pendingCount, 2);
    server.peer.sendHex('40020001');
    t.same(await server.peer.receivedHex(), []);
    t.equal(client.pendingCount, 1);
    server.peer.sendHex('50020002');
    t.same(await server.peer.receivedHex(), ['62020002']);
    t.equal(client.pendingCount, 1, 'until PUBCOMP');
    server.peer.sendHex('70020002');
    t.same(await server.peer.receivedHex(), []);
    t.equal(client.pendingCount, 0);
    client.destroy();
  },
);

t.test(
  'after a lost connection PUBLISH comes again with DUP, in order; PUBREL instead where PUBREC came [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-4.6.0-4] [MQTT-4.3.3-6] [MQTT-3.3.1-1]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    for (const [index, qos] of ([1, 2, 2, 2, 1] as const).entries()) publish(client, String(index), qos);
    await server.peer.received();
    server.peer.send(ackOf(5, 4), ackOf(5, 2));
    t.same(await server.peer.receivedHex(), ['62020004', '62020002'], 'PUBREL in the order of PUBREC');
    server.connack = { sessionPresent: true };
    server.peer.cut();
    await server.world.clock.advance(5_000);
    const [, ...rest] = await server.peer.receivedHex();
    t.same(
      rest.filter((frame) => !frame.startsWith('6202')),
      ['3a0700016100010030', '3c0700016100030032', '3a0700016100050034'],
    );
    t.same(rest.filter((frame) => frame.startsWith('6202')).sort(), ['62020002', '62020004']);
    client.destroy();
  },
);

t.test('PUBRELs of a new connection have the order of the PUBRECs [MQTT-4.6.0-4]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client();
  for (const payload of ['1', '2', '3']) publish(client, payload, 2);
  await server.peer.received();
  server.peer.send(ackOf(5, 3), ackOf(5, 1));
  await server.peer.received();
  server.connack = { sessionPresent: true };
  server.peer.cut();
  await server.world.clock.advance(5_000);
  const [, ...rest] = await server.peer.receivedHex();
  t.same(rest, ['62020003', '62020001', '3c0700016100020032']);
  client.destroy();
});

t.test('nothing is repeated while the connection lives [MQTT-4.4.0-1]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client();
  publish(client, 'x', 1);
  publish(client, 'y', 2);
  await server.peer.received();
  await server.world.clock.advance(100_000);
  t.same(await server.peer.received(), []);
  client.destroy();
});

for (const [qos, type] of [
  [1, 4],
  [2, 5],
] as const) {
  t.test(
    `an answer of 0x80 or more settles QoS ${qos}, and the publisher hears of it [MQTT-4.4.0-2] [MQTT-4.3.3-4]`,
    async (t) => {
      const server = await ScriptedServer.open();
      const client = await server.client();
      const publishing = publish(client, 'x', qos);
      await server.peer.received();
      server.peer.send(ackWith(type, 1, 0x87));
      t.same(await server.peer.receivedHex(), [], 'no PUBREL');
      t.match(await publishing, { code: 'ERR_REFUSED_NOT_AUTHORIZED' });
      server.connack = { sessionPresent: true };
      server.peer.cut();
      await server.world.clock.advance(5_000);
      t.equal((await server.peer.received()).length, 1, 'and it is not repeated');
      client.destroy();
    },
  );
}

t.test(
  'an expired message that was sent is repeated all the same; one that was not is not sent [MQTT-4.3.3-7] [MQTT-3.3.2-5]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client({}, { receiveMaximum: 1 });
    const properties = { messageExpiryInterval: 5 };
    for (const payload of ['sent', 'not sent']) {
      client.publish('a', payload, { qos: 2, properties }).catch(() => undefined);
    }
    t.same(payloads(await server.peer.received()), ['sent']);
    server.connack = { sessionPresent: true };
    server.peer.cut();
    await server.world.clock.advance(20_000);
    const again = published(await server.peer.received());
    t.match(again, [{ payload: Buffer.from('sent'), dup: true }]);
    server.peer.send(ackOf(5, 1));
    await server.peer.received();
    server.peer.send(ackOf(7, 1));
    t.same(await server.peer.received(), []);
    client.destroy();
  },
);

t.test(
  'no more is underway than the receive maximum of the server, and only PUBLISH waits [MQTT-3.3.4-7] [MQTT-3.3.4-8] [MQTT-4.9.0-1] [MQTT-4.9.0-2] [MQTT-4.9.0-3]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client({ keepAlive: 10 }, { receiveMaximum: 2 });
    for (const payload of ['1', '2', '3', '4']) publish(client, payload, 2);
    t.same(payloads(await server.peer.received()), ['1', '2']);
    client.subscribe('s').catch(() => undefined);
    t.match(await server.peer.received(), [{ type: 8 }]);
    await server.world.clock.advance(9_900);
    t.match(await server.peer.received(), [{ type: 12 }]);
    server.peer.send({ type: 13 }, ackOf(5, 1));
    t.match(
      await server.peer.received(),
      [{ type: 6, packetId: 1 }],
      'PUBREL is not held back, and gives nothing back',
    );
    server.peer.send(ackOf(7, 1));
    t.same(payloads(await server.peer.received()), ['3']);
    server.peer.send(ackWith(5, 2, 0x97));
    t.same(payloads(await server.peer.received()), ['4']);
    client.destroy();
  },
);

t.test(
  'nothing above the maximum packet size of the server is sent [MQTT-3.2.2-15] [MQTT-3.14.2-3] [MQTT-3.14.2-4]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client({}, { maximumPacketSize: 30 });
    for (const qos of [0, 1, 2] as const) {
      t.match(await publish(client, 'x'.repeat(30), qos), { code: 'ERR_USAGE_NOT_SENT' });
    }
    await t.rejects(client.subscribe('f'.repeat(30)), { code: 'ERR_USAGE_NOT_SENT' });
    t.same(await server.peer.received(), []);
    publish(client, 'x'.repeat(24), 0);
    const [frame = ''] = await server.peer.receivedHex();
    t.equal(frame.length / 2, 30, 'a packet of just that size is');
    server.peer.sendHex('f000');
    t.same(await server.peer.receivedHex(), ['e00182'], 'nothing explains the DISCONNECT');
    client.destroy();
  },
);

t.test(
  'nothing is published above the maximum QoS, or retained where that is not available [MQTT-3.2.2-11] [MQTT-3.2.2-14]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client({}, { maximumQos: 1, retainAvailable: false });
    t.match(await publish(client, 'x', 2), { code: 'ERR_USAGE_NOT_SENT' });
    await t.rejects(client.publish('a', 'x', { retain: true }), { code: 'ERR_USAGE_NOT_SENT' });
    t.same(await server.peer.received(), []);
    publish(client, 'x', 1);
    t.match(await server.peer.received(), [{ qos: 1, retain: false }]);
    client.destroy();
  },
);

t.test(
  'a repeat keeps to the limits of the new connection [MQTT-3.2.2-11] [MQTT-3.2.2-14] [MQTT-3.2.2-15]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    const outcomes = [
      publish(client, 'qos 2', 2),
      client.publish('a', 'retained', { qos: 1, retain: true }).catch((error: unknown) => error),
      publish(client, 'x'.repeat(50), 1),
    ];
    publish(client, 'plain', 1);
    await server.peer.received();
    server.connack = {
      sessionPresent: true,
      properties: { maximumQos: 1, retainAvailable: false, maximumPacketSize: 40 },
    };
    server.peer.cut();
    await server.world.clock.advance(5_000);
    t.same(payloads(await server.peer.received()), ['plain']);
    t.match(await Promise.all(outcomes), [
      { code: 'ERR_REFUSED_QOS_NOT_SUPPORTED' },
      { code: 'ERR_REFUSED_RETAIN_NOT_SUPPORTED' },
      { code: 'ERR_REFUSED_PACKET_TOO_LARGE' },
    ]);
    client.destroy();
  },
);

t.test('topic aliases keep to the maximum of the server [MQTT-3.2.2-17] [MQTT-3.3.2-9] [MQTT-3.3.2-8]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client({}, { topicAliasMaximum: 2 });
  const names = new Map<number, string>();
  let used = 0;
  for (let round = 0; round < 3; round++) {
    for (const topic of ['topic/1', 'topic/2', 'topic/3']) publish(client, topic, 0, topic);
    for (const { topic, payload, properties } of published(await server.peer.received())) {
      const { topicAlias = 0 } = properties;
      t.ok(topicAlias <= 2);
      if (topicAlias > 0) used++;
      if (topicAlias > 0 && topic !== '') names.set(topicAlias, topic);
      t.equal(topic === '' ? names.get(topicAlias) : topic, payload.toString());
    }
  }
  t.ok(used > 0);
  client.destroy();
});

t.test('no alias is used where the server gave none [MQTT-3.2.2-18]', async (t) => {
  for (const properties of [{}, { topicAliasMaximum: 0 }]) {
    const server = await ScriptedServer.open();
    const client = await server.client({}, properties);
    for (let round = 0; round < 3; round++) publish(client, 'x', 0, 'topic');
    t.same(await server.peer.receivedHex(), Array(3).fill(wire('30 (<topic> () "x")')));
    client.destroy();
  }
});

t.test('aliases end with the connection [MQTT-3.3.2-7]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client({}, { topicAliasMaximum: 5 });
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 3; index++) publish(client, 'x', 0, 'topic');
    const got = published(await server.peer.received());
    t.equal(got[0]?.topic, 'topic', 'a new connection is told again');
    server.peer.cut();
    await server.world.clock.advance(5_000);
    await server.peer.received();
  }
  client.destroy();
});

t.test(
  'properties are sent as they were given, and what is not for a client to give is left out [MQTT-3.3.4-6] [MQTT-3.3.2-1]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    const properties = {
      payloadFormatIndicator: 1 as const,
      contentType: 't',
      responseTopic: 'r',
      correlationData: Buffer.from('c'),
      userProperties: [
        ['b', '1'],
        ['a', '2'],
        ['b', '1'],
      ] as const,
    };
    const more = { subscriptionIdentifiers: [7], topicAlias: 3 };
    client.publish('a', 'x', { properties: { ...properties, ...more } }).catch(() => undefined);
    t.same(published(await server.peer.received())[0]?.properties, properties);
    client.destroy();
  },
);

t.test(
  'a message that could not be sent rejects before [MQTT-3.3.2-13] [MQTT-3.3.2-14] [MQTT-3.3.2-19] [MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3] [MQTT-1.5.4-2] [MQTT-1.5.7-1]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    for (const topic of ['', 'a/#', '+', 'a\0', 'x'.repeat(65_536), '\ud800']) {
      await t.rejects(client.publish(topic, ''), { code: 'ERR_USAGE_TOPIC_NAME' });
    }
    for (const properties of [
      { responseTopic: 'a/+' },
      { responseTopic: 'a\0' },
      { responseTopic: '' },
      { contentType: '\0' },
      { userProperties: [['a', 'b\0']] as const },
      { userProperties: [['\0', 'b']] as const },
      { contentType: 'x'.repeat(65_536) },
      { messageExpiryInterval: 1, receiveMaximum: 1 },
    ]) {
      await t.rejects(client.publish('a', '', { properties }), { code: 'ERR_USAGE_PROPERTIES' });
    }
    const { clock } = server.world;
    await clock.settle();
    t.same(await server.peer.received(), []);
    client.destroy();
  },
);

t.test('the identifier of a request and that of a message are never the same [MQTT-2.2.1-3]', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client();
  const ids: number[] = [];
  for (let index = 0; index < 5; index++) {
    publish(client, 'x', 1);
    client.subscribe(`f/${index}`).catch(() => undefined);
  }
  const isWithId = (packet: Packet): packet is Extract<Packet, { packetId: number }> => 'packetId' in packet;
  for (const { packetId } of (await server.peer.received()).filter(isWithId)) ids.push(packetId);
  t.equal(new Set(ids).size, 10);
  t.notOk(ids.includes(0));
  client.destroy();
});

t.test(
  'a bridge lowers QoS and clears RETAIN to what its remote takes, and loses nothing [MQTT-3.2.2-11] [MQTT-3.2.2-14]',
  async (t) => {
    const [world, remote] = [new World(), new Remote()];
    remote.properties = { maximumQos: 1, retainAvailable: false };
    await remote.open(world, 5);
    const bridge = openBridge(world, { forwards: [{ localTopic: 'up/#', remoteTopic: '', retain: true }] });
    await world.clock.settle();
    for (const qos of [2, 1, 0] as const) publishLocally(world, 'up/a', String(qos), qos);
    await world.clock.settle();
    t.match(remote.published, [
      { qos: 1, retain: false },
      { qos: 1, retain: false },
      { qos: 0, retain: false },
    ]);
    t.match(bridge.status.forwards, [{ delivered: 3, dropped: {}, queued: 0 }]);
    bridge.destroy();
  },
);
