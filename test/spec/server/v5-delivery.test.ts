// MQTT 5.0, sections 3.3.2.3.4, 3.3.4, 4.5 and 4.6: aliases, overlapping subscriptions and their identifiers, order.
import t from 'tap';
import { disconnectOf, Five, kept, payloads, published, subscribeWith } from '../../kit/five.ts';
import { ackOf, publishOf, subscribeOf } from '../../kit/world.ts';

t.test('the broker uses no alias where the client gave none or 0 [MQTT-3.1.2-27] [MQTT-3.3.2-11]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  for (const properties of [{}, { topicAliasMaximum: 0 }]) {
    const listener = await five.device('listener', { properties });
    listener.send(subscribeOf(1, 0, '#'));
    await listener.received();
    device.send(publishOf('topic', 'x'), publishOf('topic', 'y'));
    t.same(await listener.receivedHex(), ['30090005746f7069630078', '30090005746f7069630079']);
  }
});

t.test(
  'the broker keeps to the alias maximum of the client [MQTT-3.1.2-26] [MQTT-3.3.2-11] [MQTT-3.3.2-8]',
  async (t) => {
    const five = await Five.open();
    const device = await five.device('device');
    const listener = await five.device('listener', { properties: { topicAliasMaximum: 2 } });
    listener.send(subscribeOf(1, 0, '#'));
    await listener.received();
    const names = new Map<number, string>();
    const heard: string[] = [];
    for (let round = 0; round < 3; round++) {
      device.send(...['one/topic', 'two/topic', 'three/topic'].map((topic) => publishOf(topic, topic)));
      for (const { topic, payload, properties } of published(await listener.received())) {
        const { topicAlias = 0 } = properties;
        t.ok(topicAlias <= 2, `alias ${topicAlias}`);
        if (topicAlias > 0 && topic !== '') names.set(topicAlias, topic);
        t.equal(topic === '' ? names.get(topicAlias) : topic, payload.toString(), 'it stands for the topic');
        heard.push(payload.toString());
      }
    }
    t.equal(heard.length, 9);
    t.ok(names.size > 0, 'some were used');
  },
);

t.test('the first message of a topic names its alias, the next ones are called by it [MQTT-3.1.2-26]', async (t) => {
  const five = await Five.open();
  const listener = await five.device('listener', { properties: { topicAliasMaximum: 1 } });
  listener.send(subscribeOf(1, 2, '#'));
  await listener.received();
  const device = await five.device('device');
  for (const qos of [0, 1, 2] as const) {
    device.send(publishOf('topic', 'x', { qos, packetId: qos }));
    await device.received();
  }
  t.same(
    published(await listener.received()).map(({ topic, properties }) => [topic, properties.topicAlias]),
    [
      ['topic', 1],
      ['', 1],
      ['', 1],
    ],
  );
});

t.test('the broker takes every alias up to its own maximum [MQTT-3.3.2-12] [MQTT-3.3.2-7]', async (t) => {
  const five = await Five.open({ topicAliasMaximum: 3 });
  const listener = await five.listener('listener', 0, '#');
  const device = await five.dial();
  t.match(await device.connect('device'), [{ properties: { topicAliasMaximum: 3 } }]);
  const aliases = [1, 2, 3];
  device.send(...aliases.map((topicAlias) => publishOf(`t/${topicAlias}`, 'a', { properties: { topicAlias } })));
  device.send(...aliases.map((topicAlias) => publishOf('', 'b', { properties: { topicAlias } })));
  device.send(
    publishOf('other', 'c', { properties: { topicAlias: 2 } }),
    publishOf('', 'd', { properties: { topicAlias: 2 } }),
  );
  t.same(
    published(await listener.received()).map(({ topic, payload }) => `${topic} ${payload.toString()}`),
    ['t/1 a', 't/2 a', 't/3 a', 't/1 b', 't/2 b', 't/3 b', 'other c', 'other d'],
  );
});

t.test(
  'an alias that is 0, too high or not known ends the connection [MQTT-3.3.2-8] [MQTT-3.3.2-9] [MQTT-3.3.2-7]',
  async (t) => {
    const five = await Five.open({ topicAliasMaximum: 3 });
    const listener = await five.listener('listener', 0, '#');
    const first = await five.device('device', kept);
    first.send(publishOf('known', '', { properties: { topicAlias: 1 } }));
    first.cut();
    await listener.received();
    const faults = [
      ['300700016103230000', '94'],
      ['300700016103230004', '94'],
      ['3006000003230001', '82'],
    ];
    for (const [hex = '', code] of faults) {
      const device = await five.device('device', kept);
      device.sendHex(hex);
      t.match(await device.receivedHex(), [new RegExp(`^e0..${code}`)], hex);
      t.ok(device.isClosed);
    }
    t.same(await listener.received(), []);
  },
);

t.test(
  'overlapping subscriptions: one copy at the highest QoS [MQTT-3.3.4-2] [MQTT-3.8.4-8] [MQTT-3.3.4-1]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.device('listener');
    listener.send(subscribeOf(1, 0, 'a/#'), subscribeOf(2, 2, 'a/+'), subscribeOf(3, 1, 'a/b'));
    await listener.received();
    const device = await five.device('device');
    device.send(publishOf('a/b', 'x', { qos: 2, packetId: 1 }), publishOf('a/b', 'y', { qos: 1, packetId: 2 }));
    const got = published(await listener.received());
    t.match(got, [{ qos: 2 }, { qos: 1 }]);
    t.equal(got.length, 2);
  },
);

t.test('the one copy carries the identifiers of all of them [MQTT-3.3.4-3] [MQTT-3.3.4-4]', async (t) => {
  const five = await Five.open();
  const listener = await five.device('listener');
  listener.send(
    subscribeWith(1, 'a/#', {}, { subscriptionIdentifiers: [1] }),
    subscribeWith(2, 'a/+', {}, { subscriptionIdentifiers: [268_435_455] }),
    subscribeWith(3, 'a/b', {}),
  );
  await listener.received();
  const device = await five.device('device');
  device.send(publishOf('a/b', 'x'), publishOf('a/b/c', 'y'), publishOf('a/b', 'z'));
  const ids = published(await listener.received()).map(({ properties }) =>
    [...(properties.subscriptionIdentifiers ?? [])].sort((one, other) => one - other),
  );
  t.same(ids, [[1, 268_435_455], [1], [1, 268_435_455]]);
});

t.test('a subscription that is replaced has its new identifier, or none [MQTT-3.3.4-3] [MQTT-3.8.4-3]', async (t) => {
  const five = await Five.open();
  const listener = await five.device('listener');
  const device = await five.device('device');
  for (const identifiers of [[5], [6], undefined]) {
    listener.send(subscribeWith(1, 'a', {}, identifiers ? { subscriptionIdentifiers: identifiers } : {}));
    await listener.received();
    device.send(publishOf('a', ''));
    const [got] = published(await listener.received());
    t.same(got?.properties.subscriptionIdentifiers, identifiers);
  }
});

t.test('a retained message carries the identifier of the subscription that asked for it [MQTT-3.3.4-3]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.send(publishOf('a', 'x', { retain: true }));
  const listener = await five.device('listener');
  listener.send(subscribeWith(1, '#', {}, { subscriptionIdentifiers: [9] }));
  t.match(published(await listener.received()), [{ properties: { subscriptionIdentifiers: [9] } }]);
});

t.test('copies for a shared and a plain subscription each carry their own identifier [MQTT-3.3.4-5]', async (t) => {
  const five = await Five.open();
  const listener = await five.device('listener');
  listener.send(
    subscribeWith(1, 'a', {}, { subscriptionIdentifiers: [1] }),
    subscribeWith(2, '$share/g/a', {}, { subscriptionIdentifiers: [2] }),
  );
  await listener.received();
  const device = await five.device('device');
  device.send(publishOf('a', ''));
  const ids = published(await listener.received()).map(({ properties }) => properties.subscriptionIdentifiers);
  t.same(ids.sort(), [[1], [2]]);
});

t.test('a subscription identifier in a PUBLISH of a client is a protocol error [MQTT-3.3.4-6]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.sendHex('3007000161020b0178');
  t.match(await device.receivedHex(), [/^e0..82/]);
  t.ok(device.isClosed);
});

t.test('no local keeps the own messages of a client from it, and only those [MQTT-3.8.3-3]', async (t) => {
  const five = await Five.open();
  const one = await five.device('one', kept);
  one.send(subscribeWith(1, 'a', { noLocal: true, qos: 1 }), subscribeWith(2, 'b', { qos: 1 }));
  await one.received();
  const other = await five.device('other');
  one.send(publishOf('a', 'own'), publishOf('b', 'own b'), publishOf('a', 'own', { qos: 1, packetId: 3 }));
  t.same(payloads(await one.received()), ['own b']);
  other.send(publishOf('a', 'foreign'));
  t.same(payloads(await one.received()), ['foreign']);
  one.send(disconnectOf());
  await one.received();
  const again = await five.device('one', kept);
  again.send(publishOf('a', 'own still'), publishOf('b', 'own b'));
  t.same(payloads(await again.received()), ['own b'], 'it is the client identifier that counts');
});

t.test('a message is added to every session that subscribes, present or away [MQTT-4.5.0-1]', async (t) => {
  const five = await Five.open();
  await five.away('away', 1, '#');
  const listeners = [await five.listener('l1', 1, 'a/+'), await five.listener('l2', 0, 'a/#')];
  const device = await five.device('device');
  device.send(publishOf('a/b', 'x', { qos: 1, packetId: 1 }));
  for (const listener of listeners) t.same(payloads(await listener.received()), ['x']);
  const back = await five.dial();
  t.same(payloads(await back.connect('away', kept)), ['x']);
});

for (const qos of [0, 1, 2] as const) {
  t.test(
    `messages of QoS ${qos} come in the order in which they were published [MQTT-4.6.0-5] [MQTT-4.6.0-6]`,
    async (t) => {
      const five = await Five.open();
      const listener = await five.device('listener', { properties: { receiveMaximum: 3 } });
      listener.send(subscribeOf(1, 2, '#'));
      await listener.received();
      const device = await five.device('device');
      const expected = Array.from({ length: 20 }, (_one, index) => String(index));
      for (const [index, payload] of expected.entries()) {
        // sometimes with properties, sometimes retained: whatever way it takes
        const properties = index % 3 === 0 ? { contentType: 't' } : {};
        device.send(publishOf('a', payload, { qos, packetId: qos && index + 1, properties, retain: index % 5 === 0 }));
      }
      const heard: string[] = [];
      for (let rest = await listener.received(); rest.length > 0; rest = await listener.received()) {
        heard.push(...payloads(rest));
        for (const packet of rest) {
          if (packet.type === 3 && packet.qos > 0) listener.send(ackOf(packet.qos === 1 ? 4 : 5, packet.packetId));
          if (packet.type === 6) listener.send(ackOf(7, packet.packetId));
        }
      }
      t.same(heard, expected);
    },
  );
}

t.test('messages that waited come before those that come now, in order [MQTT-4.6.0-5] [MQTT-4.6.0-6]', async (t) => {
  const five = await Five.open();
  await five.away('c', 1, 'a');
  const device = await five.device('device');
  device.send(...[1, 2, 3].map((id) => publishOf('a', String(id), { qos: 1, packetId: id })));
  await device.received();
  const back = await five.device('c', { ...kept, properties: { sessionExpiryInterval: 600, receiveMaximum: 1 } });
  device.send(publishOf('a', '4', { qos: 1, packetId: 4 }), publishOf('a', '5', { qos: 1, packetId: 5 }));
  await device.received();
  const heard = ['1'];
  for (let id = 1; id < 5; id++) {
    back.send(ackOf(4, id));
    heard.push(...payloads(await back.received()));
  }
  t.same(heard, ['1', '2', '3', '4', '5']);
});
