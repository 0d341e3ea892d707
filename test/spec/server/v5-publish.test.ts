// MQTT 5.0, sections 3.3.1 and 3.3.2: flags, topics and properties of PUBLISH on their way through the broker.
import t from 'tap';
import { connectOf, Five, kept, payloads, published, subscribeWith } from '../../kit/five.ts';
import { publishOf, subscribeOf } from '../../kit/world.ts';

t.test('DUP of what leaves does not depend on DUP of what came [MQTT-3.3.1-3] [MQTT-3.3.1-1]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 2, 'a');
  const device = await five.device('device');
  for (let id = 1; id < 5; id++) {
    device.send(
      publishOf('a', '', { qos: 1, packetId: id, dup: true }),
      publishOf('a', '', { qos: 2, packetId: id + 10, dup: true }),
    );
    const got = published(await listener.received());
    t.same(
      got.map(({ dup, qos }) => [dup, qos]),
      [
        [false, 1],
        [false, 2],
      ],
    );
  }
});

t.test('DUP on QoS 0, and QoS 3, are malformed [MQTT-3.3.1-2] [MQTT-3.3.1-4]', async (t) => {
  const five = await Five.open();
  for (const hex of ['38050001610078', '360700016100010078', '3e0700016100010078']) {
    const device = await five.device('device');
    device.sendHex(hex);
    t.match(await device.receivedHex(), [/^e0..81/]);
    t.ok(device.isClosed);
  }
});

t.test(
  'RETAIN 1 stores and replaces, an empty payload removes and is not stored, RETAIN 0 leaves all as it is [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-7] [MQTT-3.3.1-8]',
  async (t) => {
    const five = await Five.open();
    const device = await five.device('device');
    const listener = await five.listener('listener', 0, 'a');
    const kept = async (): Promise<readonly string[]> => {
      const late = await five.device('late');
      late.send(subscribeOf(1, 0, 'a'));
      const packets = await late.received();
      for (const { retain } of published(packets)) t.ok(retain, 'a retained message comes with RETAIN 1');
      return payloads(packets);
    };
    device.send(publishOf('a', 'one', { retain: true }));
    t.same(await kept(), ['one']);
    device.send(publishOf('a', 'two', { retain: true, qos: 1, packetId: 1 }));
    t.same(await kept(), ['two'], 'replaced');
    device.send(publishOf('a', 'plain'));
    t.same(await kept(), ['two'], 'RETAIN 0 neither replaces');
    device.send(publishOf('a', ''));
    t.same(await kept(), ['two'], 'nor removes');
    await listener.received();
    device.send(publishOf('a', '', { retain: true }));
    t.match(published(await listener.received()), [{ payload: Buffer.alloc(0) }], 'delivered as usual');
    t.same(await kept(), [], 'removed, and not stored');
    t.equal(five.broker.status.retained, 0);
  },
);

t.test('retain handling says when retained messages come [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.send(publishOf('a', 'kept', { retain: true }));
  await device.received();
  const times = async (retainHandling: 0 | 1 | 2): Promise<readonly number[]> => {
    const peer = await five.device('peer');
    const counts: number[] = [];
    for (let round = 1; round < 3; round++) {
      peer.send(subscribeWith(round, 'a', { retainHandling }));
      counts.push(published(await peer.received()).length);
    }
    peer.send({ type: 10, packetId: 3, filters: ['a'], properties: {} }, subscribeWith(4, 'a', { retainHandling }));
    counts.push(published(await peer.received()).length);
    return counts;
  };
  t.same(await times(0), [1, 1, 1], 'at every subscribe');
  t.same(await times(1), [1, 0, 1], 'only where the subscription is new');
  t.same(await times(2), [0, 0, 0], 'never');
});

t.test('retain handling 1 looks at the session, not at the connection [MQTT-3.3.1-10]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.send(publishOf('a', 'kept', { retain: true }));
  await device.received();
  await five.away('peer', 0, 'a');
  const back = await five.device('peer', kept);
  back.send(subscribeWith(1, 'a', { retainHandling: 1 }));
  t.same(payloads(await back.received()), []);
});

t.test('retain as published 0 clears RETAIN, 1 leaves it [MQTT-3.3.1-12] [MQTT-3.3.1-13]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  for (const retainAsPublished of [false, true]) {
    const peer = await five.device('peer');
    peer.send(subscribeWith(1, 'a', { retainAsPublished, retainHandling: 2 }));
    await peer.received();
    for (const retain of [true, false]) {
      device.send(publishOf('a', 'x', { retain }));
      t.match(published(await peer.received()), [{ retain: retain && retainAsPublished }]);
    }
  }
});

t.test(
  'a topic is valid UTF-8 without wildcards, and first [MQTT-3.3.2-1] [MQTT-3.3.2-2] [MQTT-4.7.0-1]',
  async (t) => {
    const five = await Five.open();
    const faults = [
      ['30060002c3280078', '81'],
      ['30050001230078', '82'],
      ['300700032b2f610078', '82'],
      ['300400000078', '82'],
      ['300400096162', '81'],
    ];
    for (const [hex = '', code] of faults) {
      const device = await five.device('device');
      device.sendHex(hex);
      t.match(await device.receivedHex(), [new RegExp(`^e0..${code}`)], hex);
    }
  },
);

t.test('a subscriber gets what matches its filter, and nothing else [MQTT-3.3.2-3]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, 'a/+/c', 'x/#');
  const device = await five.device('device');
  const topics = ['a/b/c', 'a//c', 'a/b', 'a/b/c/d', 'A/b/c', '/a/b/c', 'x', 'x/', 'x/y/z', 'xy', 'y/x'];
  device.send(...topics.map((topic) => publishOf(topic, topic)));
  t.same(payloads(await listener.received()), ['a/b/c', 'a//c', 'x', 'x/', 'x/y/z']);
});

t.test(
  'properties pass unaltered and in their order, byte for byte [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 2, 'a');
    const device = await five.device('device');
    // user properties z=1, a=2, z=1 around content type, correlation data 0x00ff, response topic and format 1
    const parts = [
      '2600017a000131',
      '030003742f78',
      '26000161000132',
      '09000200ff',
      '080003722f74',
      '0101',
      '2600017a000131',
    ].join('');
    const block = (parts.length / 2).toString(16).padStart(2, '0') + parts;
    const size = (4 + block.length / 2).toString(16).padStart(2, '0');
    device.sendHex(`30${size}000161${block}78`);
    t.same(await listener.receivedHex(), [`30${size}000161${block}78`], 'live');
    device.sendHex(`31${size}000161${block}78`);
    await listener.received();
    const late = await five.device('late');
    late.send(subscribeOf(1, 0, 'a'));
    t.same((await late.receivedHex())[1], `31${size}000161${block}78`, 'retained');
    await five.away('away', 1, 'a');
    device.sendHex(`32${(6 + block.length / 2).toString(16)}0001610007${block}78`);
    await device.received();
    const back = await five.dial();
    back.send({ ...connectOf('away'), cleanStart: false });
    t.same((await back.receivedHex())[1], `32${(6 + block.length / 2).toString(16)}0001610001${block}78`, 'queued');
  },
);

t.test('payload format 0 is passed on like 1 [MQTT-3.3.2-4]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, 'a');
  const device = await five.device('device');
  device.sendHex('300700016102010078');
  t.same(await listener.receivedHex(), ['300700016102010078']);
});

t.test('a message that expired while it waited is not delivered [MQTT-3.3.2-5]', async (t) => {
  const five = await Five.open();
  const { clock } = five.world;
  await five.away('c', 2, 'a');
  const device = await five.device('device');
  const publish = (payload: string, packetId: number, messageExpiryInterval: number): void =>
    device.send(publishOf('a', payload, { qos: 1, packetId, properties: { messageExpiryInterval } }));
  publish('short', 1, 5);
  publish('long', 2, 50);
  device.send(publishOf('a', 'kept', { qos: 1, packetId: 3, retain: true, properties: { messageExpiryInterval: 5 } }));
  await clock.advance(6_000);
  const back = await five.dial();
  t.same(payloads(await back.connect('c', kept)), ['long']);
  const late = await five.device('late');
  late.send(subscribeOf(1, 0, 'a'));
  t.same(payloads(await late.received()), [], 'a retained one neither');
  t.same(five.broker.status.dropped, { expired: 2 });
});

t.test('the expiry interval that is sent is less the time waited [MQTT-3.3.2-6]', async (t) => {
  const five = await Five.open();
  const { clock } = five.world;
  const listener = await five.listener('listener', 0, 'a');
  await five.away('c', 1, 'a');
  const device = await five.device('device');
  const properties = { messageExpiryInterval: 100 };
  device.send(publishOf('a', 'x', { qos: 1, packetId: 1, retain: true, properties }));
  t.match(published(await listener.received()), [{ properties: { messageExpiryInterval: 100 } }]);
  await clock.advance(30_000);
  const back = await five.dial();
  t.match(published(await back.connect('c', kept)), [{ properties: { messageExpiryInterval: 70 } }], 'queued');
  await clock.advance(30_000);
  const late = await five.device('late');
  late.send(subscribeOf(1, 0, 'a'));
  t.match(published(await late.received()), [{ properties: { messageExpiryInterval: 40 } }], 'retained');
});

t.test(
  'a message whose expiry interval is 0 goes to who is there, and is kept for nobody [MQTT-3.3.2-5]',
  async (t) => {
    const five = await Five.open();
    const { clock } = five.world;
    await clock.advance(10);
    const listener = await five.listener('listener', 1, 'a');
    await five.away('c', 1, 'a');
    const device = await five.device('device');
    device.sendHex('320c000161000105020000000078');
    t.same(await listener.receivedHex(), ['320c000161000105020000000078']);
    const back = await five.dial();
    await clock.advance(1);
    t.same(payloads(await back.connect('c', kept)), []);
  },
);
