// MQTT 5.0: maximum packet size, receive maximum and quotas, both ways, and what the broker says of itself in CONNACK.
import t from 'tap';
import { brokerDefaults } from '../../../src/broker/broker-options.ts';
import {
  connectOf,
  disconnectOf,
  Five,
  kept,
  payloads,
  published,
  subscribeWith,
  unsubscribeOf,
} from '../../kit/five.ts';
import { ackOf, publishOf, subscribeOf } from '../../kit/world.ts';

const bytesOf = (frame: string | undefined): number => (frame?.length ?? 0) / 2;

t.test(
  'a client never gets a packet above its maximum, and what is behind it comes [MQTT-3.1.2-24] [MQTT-3.1.2-25]',
  async (t) => {
    const five = await Five.open();
    const device = await five.device('device');
    for (const qos of [0, 1, 2] as const) {
      const listener = await five.device(`listener${qos}`, { properties: { maximumPacketSize: 40 } });
      listener.send(subscribeOf(1, qos, 'a'));
      await listener.received();
      // 2 bytes of header, 3 of topic, 1 of properties: 34 (or 32 and an identifier) are left
      const room = qos === 0 ? 34 : 32;
      for (const [index, size] of [room, room + 1, 300, 5].entries()) {
        const payload = String(index).repeat(size);
        device.send(publishOf('a', payload, { qos, packetId: qos && index + 1 }));
        await device.received();
        if (qos === 2) device.send(ackOf(6, index + 1));
      }
      const frames = await listener.receivedHex();
      t.same(frames.map(bytesOf), [40, qos === 0 ? 11 : 13], `QoS ${qos}`);
    }
  },
);

t.test('a message too large for a client counts as delivered: it is not kept for it [MQTT-3.1.2-25]', async (t) => {
  const five = await Five.open();
  await five.away('c', 1, 'a');
  const device = await five.device('device');
  device.send(publishOf('a', 'x'.repeat(100), { qos: 1, packetId: 1 }), publishOf('a', 'y', { qos: 1, packetId: 2 }));
  await device.received();
  const narrow = { cleanStart: false, properties: { sessionExpiryInterval: 600, maximumPacketSize: 50 } };
  const back = await five.dial();
  t.same(payloads(await back.connect('c', narrow)), ['y']);
  back.cut();
  const wide = await five.dial();
  t.same(payloads(await wide.connect('c', kept)), ['y'], 'the large one is gone');
});

t.test('a repeat too large for the new connection is dropped, and counts as delivered [MQTT-3.1.2-24]', async (t) => {
  const five = await Five.open();
  const first = await five.device('c', kept);
  first.send(subscribeOf(1, 1, 'a'));
  await first.received();
  const device = await five.device('device');
  device.send(publishOf('a', 'x'.repeat(100), { qos: 1, packetId: 1 }), publishOf('a', 'y', { qos: 1, packetId: 2 }));
  t.equal(payloads(await first.received()).length, 2);
  first.cut();
  const second = await five.dial();
  const narrow = { cleanStart: false, properties: { sessionExpiryInterval: 600, maximumPacketSize: 50 } };
  t.same(payloads(await second.connect('c', narrow)), ['y']);
});

t.test('messages in one write are measured one by one [MQTT-3.1.2-24]', async (t) => {
  const five = await Five.open();
  const listener = await five.device('listener', { properties: { maximumPacketSize: 40 } });
  listener.send(subscribeOf(1, 0, 'a'));
  await listener.received();
  const device = await five.device('device');
  for (let round = 0; round < 3; round++) {
    device.send(...['1', 'x'.repeat(60), '2'].map((payload) => publishOf('a', payload)));
    t.same(payloads(await listener.received()), ['1', '2']);
  }
});

t.test(
  'reason strings are left out where they do not fit [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.14.2-3] [MQTT-3.14.2-4]',
  async (t) => {
    const five = await Five.open({ access: { ...brokerDefaults.access, isAnonymousAllowed: false } });
    const free = await Five.open();
    for (const maximumPacketSize of [5, 12, 1000]) {
      const refused = await five.dial();
      refused.send({ ...connectOf('c'), properties: { maximumPacketSize, requestProblemInformation: true } });
      const [packet] = await refused.receivedHex();
      t.ok(bytesOf(packet) <= maximumPacketSize, `CONNACK of ${bytesOf(packet)} bytes`);
      t.match(packet, /^20..0087/);
      t.equal(bytesOf(packet) > 5, maximumPacketSize === 1000, 'with its reason string where that fits');
    }
    for (const maximumPacketSize of [20, 1000]) {
      const device = await free.device('d', { properties: { maximumPacketSize, requestProblemInformation: true } });
      device.sendHex('f100');
      const [packet] = await device.receivedHex();
      t.ok(bytesOf(packet) <= maximumPacketSize, `DISCONNECT of ${bytesOf(packet)} bytes`);
      t.match(packet, /^e0..81/);
      t.equal(bytesOf(packet) > 3, maximumPacketSize === 1000);
    }
  },
);

t.test('an accepting CONNACK or a SUBACK that cannot be sent ends the connection [MQTT-3.1.2-24]', async (t) => {
  const five = await Five.open();
  const tiny = await five.dial();
  t.same(await tiny.connect('tiny', { properties: { maximumPacketSize: 5 } }), [], 'CONNACK states limits: 15 bytes');
  t.ok(tiny.isClosed);
  t.equal(five.broker.status.sessions, 0);
  const small = await five.device('small', { properties: { maximumPacketSize: 20 } });
  small.send(subscribeOf(1, 0, ...Array.from({ length: 30 }, (_one, index) => `a/${index}`)));
  t.match(await small.receivedHex(), [/^e0..95/]);
  t.ok(small.isClosed);
  const other = await five.device('other', { properties: { maximumPacketSize: 20 } });
  other.send(unsubscribeOf(1, ...Array.from({ length: 30 }, (_one, index) => `a/${index}`)));
  t.match(await other.receivedHex(), [/^e0..95/]);
});

t.test('a packet above the maximum of the broker ends the connection with 0x95, before it is whole', async (t) => {
  const five = await Five.open({ maximumPacketSize: 100 });
  const device = await five.dial();
  t.match(await device.connect('device'), [{ properties: { maximumPacketSize: 100 } }]);
  device.sendHex('3063');
  t.match(await device.receivedHex(), [/^e0..95/]);
  t.ok(device.isClosed);
  const exact = await five.device('exact');
  exact.send(publishOf('a', 'x'.repeat(94), { qos: 0 }));
  t.same(await exact.received(), []);
  t.notOk(exact.isClosed, '100 bytes are taken');
});

t.test(
  'the quota of a client holds back PUBLISH only, and each settled message gives one back [MQTT-3.3.4-9] [MQTT-3.3.4-10] [MQTT-4.9.0-1] [MQTT-4.9.0-2] [MQTT-4.9.0-3]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.device('listener', { properties: { receiveMaximum: 2 } });
    listener.send(subscribeOf(1, 2, 'a'));
    await listener.received();
    const device = await five.device('device');
    for (const [index, qos] of ([2, 1, 1, 2, 0] as const).entries()) {
      device.send(publishOf('a', String(index), { qos, packetId: qos && index + 1 }));
      await device.received();
    }
    const first = published(await listener.received());
    t.same(payloads(first), ['0', '1'], 'two underway, and no more');
    listener.send(subscribeOf(2, 0, 'b'), unsubscribeOf(3, 'b'), { type: 12 });
    t.match(await listener.received(), [{ type: 9 }, { type: 11 }, { type: 13 }], 'all else goes on');
    listener.send(ackOf(5, first[0]?.packetId ?? 0));
    t.match(await listener.received(), [{ type: 6 }], 'PUBREC gives nothing back yet, PUBREL is not held back');
    listener.send(ackOf(7, first[0]?.packetId ?? 0));
    t.same(payloads(await listener.received()), ['2'], 'PUBCOMP does');
    listener.send(ackOf(4, first[1]?.packetId ?? 0));
    t.same(payloads(await listener.received()), ['3', '4'], 'so does PUBACK; QoS 0 needs none');
  },
);

t.test('a PUBREC of 0x80 or more gives its quota back at once [MQTT-4.9.0-2] [MQTT-4.4.0-2]', async (t) => {
  const five = await Five.open();
  const listener = await five.device('listener', { properties: { receiveMaximum: 1 } });
  listener.send(subscribeOf(1, 2, 'a'));
  await listener.received();
  const device = await five.device('device');
  device.send(publishOf('a', '1', { qos: 2, packetId: 1 }), publishOf('a', '2', { qos: 2, packetId: 2 }));
  const [first] = published(await listener.received());
  listener.send({ type: 5, packetId: first?.packetId ?? 0, reasonCode: 0x97, properties: {} });
  const after = await listener.received();
  t.match(after, [{ type: 3, payload: Buffer.from('2') }], 'no PUBREL, but the next message');
});

t.test('more than the receive maximum of the broker ends the connection with 0x93', async (t) => {
  const five = await Five.open({ receiveMaximum: 3 });
  const device = await five.dial();
  t.match(await device.connect('device'), [{ properties: { receiveMaximum: 3 } }]);
  // QoS 2 messages without PUBREL count, though they were acknowledged
  device.send(...[1, 2, 3].map((packetId) => publishOf('a', '', { qos: 2, packetId })));
  t.equal((await device.received()).length, 3);
  device.send(publishOf('a', '', { qos: 0 }), ackOf(6, 1));
  t.match(await device.received(), [{ type: 7, packetId: 1 }], 'QoS 0 counts nothing, PUBREL gives one back');
  device.send(publishOf('a', '', { qos: 1, packetId: 4 }));
  t.match(await device.received(), [{ type: 4, packetId: 4 }], 'and so does PUBACK');
  device.send(publishOf('a', '', { qos: 2, packetId: 5 }), publishOf('a', '', { qos: 2, packetId: 6 }));
  t.match(await device.receivedHex(), [/^5003000510/, /^e0..93/]);
  t.ok(device.isClosed);
});

t.test('a client may go on within its quota while the broker holds its messages back [MQTT-3.3.4-8]', async (t) => {
  const five = await Five.open({ receiveMaximum: 2 });
  const held = five.holdBack('slow');
  const device = await five.device('device');
  device.send(publishOf('slow', '', { qos: 1, packetId: 1 }), publishOf('slow', '', { qos: 2, packetId: 2 }));
  device.send(subscribeOf(3, 0, 'x'), { type: 12 }, publishOf('x', 'zero'));
  t.match(await device.received(), [{ type: 9 }, { type: 13 }, { type: 3 }]);
  for (const acceptance of held.splice(0)) acceptance.settle();
  t.match(await device.received(), [
    { type: 4, packetId: 1 },
    { type: 5, packetId: 2 },
  ]);
});

t.test('the broker takes every QoS and retained messages, and says so by saying nothing', async (t) => {
  const five = await Five.open();
  const device = await five.dial();
  const [connack] = await device.connect('device');
  const said = connack?.type === 2 ? Object.keys(connack.properties) : [];
  t.same(said.sort(), ['maximumPacketSize', 'receiveMaximum', 'topicAliasMaximum']);
  for (const [index, qos] of ([0, 1, 2] as const).entries()) device.send(subscribeWith(index + 1, `q/${qos}`, { qos }));
  t.match(await device.received(), [{ reasonCodes: [0] }, { reasonCodes: [1] }, { reasonCodes: [2] }]);
  const will = { topic: 'w', payload: Buffer.from('x'), qos: 2 as const, retain: true, properties: {} };
  const mortal = await five.device('mortal', { will });
  mortal.send(disconnectOf(4));
  await mortal.received();
  t.equal(five.broker.status.retained, 1);
});
