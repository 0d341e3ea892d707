// MQTT 5.0, sections 3.8 to 3.12: SUBSCRIBE, UNSUBSCRIBE and their answers.
import t from 'tap';
import { brokerDefaults } from '../../../src/broker/broker-options.ts';
import { Five, kept, payloads, published, subscribeWith, unsubscribeOf } from '../../kit/five.ts';
import { ackOf, publishOf, subscribeOf } from '../../kit/world.ts';

const faults = [
  ['SUBSCRIBE without a filter [MQTT-3.8.3-2]', '8203000100', '82'],
  ['SUBSCRIBE without options behind its filter [MQTT-3.8.3-2]', '8206000100000161', '81'],
  ['SUBSCRIBE with reserved option bits [MQTT-3.8.3-5]', '820700010000016140', '81'],
  ['SUBSCRIBE with QoS 3 [MQTT-3.8.3-5]', '820700010000016103', '82'],
  ['SUBSCRIBE with retain handling 3 [MQTT-3.8.3-5]', '820700010000016130', '82'],
  ['no local on a shared subscription [MQTT-3.8.3-4]', '8210000100000a2473686172652f672f6104', '82'],
  ['subscription identifier 0', '82090001020b0000016100', '82'],
  ['two subscription identifiers', '820b0001040b010b0200016100', '82'],
  ['SUBSCRIBE with a property of PUBLISH', '8209000102010100016100', '81'],
  ['an empty filter [MQTT-4.7.3-1]', '8206000100000000', '81'],
  ['UNSUBSCRIBE without a filter [MQTT-3.10.3-2]', 'a203000100', '82'],
  ['UNSUBSCRIBE from an empty filter [MQTT-4.7.3-1]', 'a2050001000000', '81'],
] as const;

for (const [what, hex, code] of faults) {
  t.test(`${what} ends the connection with 0x${code} [MQTT-4.13.1-1]`, async (t) => {
    const five = await Five.open();
    const device = await five.device('device');
    device.sendHex(hex);
    const frames = await device.receivedHex();
    t.match(frames, [new RegExp(`^e0..${code}`)]);
    t.equal(frames.length, 1, 'no SUBACK');
    t.ok(device.isClosed);
    t.equal(five.broker.status.subscriptions, 0);
  });
}

t.test(
  'SUBACK has one code for each filter, in their order: the QoS granted or why not [MQTT-3.8.4-6] [MQTT-3.8.4-7] [MQTT-3.9.3-1] [MQTT-3.9.3-2] [MQTT-3.8.4-1] [MQTT-3.8.4-2]',
  async (t) => {
    const rules = [
      { isAllowed: false, action: 'subscribe' as const, topics: ['no'], subject: { kind: 'everybody' as const } },
    ];
    const five = await Five.open({ access: { ...brokerDefaults.access, rules }, subscriptionsMax: 3 });
    const device = await five.device('device');
    device.sendHex(
      ['821c', '0102', '00', '00016102', '00026e6f01', '00016200', '00016301', '00016402', '00016101'].join(''),
    );
    t.same(await device.receivedHex(), ['9009010200028700019701']);
  },
);

t.test('several filters act like several packets, with one SUBACK [MQTT-3.8.4-5]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.send(publishOf('a', 'ra', { retain: true }), publishOf('b', 'rb', { retain: true }));
  const listener = await five.device('listener');
  listener.send(subscribeOf(1, 1, 'a', 'b', 'a'));
  const got = await listener.received();
  t.same(
    got.map(({ type }) => type),
    [9, 3, 3, 3],
  );
  t.same(payloads(got), ['ra', 'rb', 'ra'], 'the filter that came twice asked twice');
  device.send(publishOf('a', 'x', { qos: 1, packetId: 1 }), publishOf('b', 'y'));
  t.same(payloads(await listener.received()), ['x', 'y']);
});

t.test('the same filter again replaces the subscription [MQTT-3.8.4-3] [MQTT-3.8.4-4] [MQTT-3.3.1-9]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.send(publishOf('a', 'kept', { retain: true, qos: 1, packetId: 1 }));
  await device.received();
  const listener = await five.device('listener');
  listener.send(subscribeOf(1, 0, 'a'));
  t.match(published(await listener.received()), [{ qos: 0, retain: true }]);
  listener.send(subscribeOf(2, 1, 'a'));
  t.match(published(await listener.received()), [{ qos: 1, retain: true }], 'retained messages come again');
  device.send(publishOf('a', 'x', { qos: 2, packetId: 2 }));
  const got = published(await listener.received());
  t.match(got, [{ qos: 1 }]);
  t.equal(got.length, 1, 'one subscription');
  t.equal(five.broker.status.subscriptions, 1);
});

t.test('replacing a subscription loses nothing that waits [MQTT-3.8.4-4]', async (t) => {
  const five = await Five.open();
  const listener = await five.device('listener', { properties: { receiveMaximum: 1 } });
  listener.send(subscribeOf(1, 1, 'a'));
  await listener.received();
  const device = await five.device('device');
  device.send(...[1, 2, 3].map((id) => publishOf('a', String(id), { qos: 1, packetId: id })));
  t.same(payloads(await listener.received()), ['1']);
  listener.send(subscribeOf(2, 2, 'a'), ackOf(4, 1));
  t.same(payloads(await listener.received()), ['2']);
  listener.send(ackOf(4, 2));
  t.same(payloads(await listener.received()), ['3']);
});

t.test('what is delivered has the lower QoS of published and granted [MQTT-3.8.4-8]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  for (const granted of [0, 1, 2] as const) {
    const listener = await five.listener('listener', granted, 'a');
    const seen: number[] = [];
    for (const qos of [0, 1, 2] as const) {
      device.send(publishOf('a', '', { qos, packetId: qos && qos + granted * 10 }));
      seen.push(...published(await listener.received()).map((one) => one.qos));
    }
    t.same(seen, [0, Math.min(1, granted), granted]);
  }
});

t.test(
  'UNSUBACK has one code for each filter, in their order, also where nothing was there [MQTT-3.10.4-1] [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6] [MQTT-3.11.3-1] [MQTT-3.11.3-2]',
  async (t) => {
    const five = await Five.open();
    const device = await five.device('device');
    device.send(subscribeOf(1, 0, 'a/b', '#', '$share/g/c'));
    await device.received();
    device.send(unsubscribeOf(0x0203, 'a/+', 'a/b', 'A/b', 'c', '$share/h/c', '$share/g/c', 'a/b'));
    t.same(await device.receivedHex(), ['b00a02030011001111110011']);
    t.equal(five.broker.status.subscriptions, 1, 'compared letter by letter, the others stay');
    device.send(publishOf('c', 'x'), publishOf('a/b', 'y'));
    t.same(payloads(await device.received()), ['x', 'y'], 'by # alone');
    device.send(unsubscribeOf(4, '#'), publishOf('c', 'z'));
    t.same(await device.receivedHex(), ['b00400040000']);
  },
);

t.test(
  'after UNSUBSCRIBE nothing new is added, and what has begun is finished [MQTT-3.10.4-2] [MQTT-3.10.4-3]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.device('listener', kept);
    listener.send(subscribeOf(1, 2, 'a'));
    await listener.received();
    const device = await five.device('device');
    device.send(publishOf('a', '1', { qos: 1, packetId: 1 }), publishOf('a', '2', { qos: 2, packetId: 2 }));
    const [one, two] = published(await listener.received());
    await device.received();
    listener.send(unsubscribeOf(2, 'a'));
    await listener.received();
    device.send(publishOf('a', '3', { qos: 1, packetId: 3 }));
    t.match(await device.received(), [{ type: 4, packetId: 3, reasonCode: 0x10 }]);
    t.same(await listener.received(), [], 'nothing new');
    listener.send(ackOf(5, two?.packetId ?? 0));
    t.match(await listener.received(), [{ type: 6 }], 'PUBREL');
    listener.cut();
    const back = await five.dial();
    const again = await back.connect('listener', kept);
    t.match(again.slice(1), [
      { type: 6, packetId: two?.packetId },
      { type: 3, packetId: one?.packetId, dup: true },
    ]);
    back.send(ackOf(4, one?.packetId ?? 0), ackOf(7, two?.packetId ?? 0));
    t.same(await back.received(), []);
    t.equal(five.broker.status.settled, 2);
  },
);

t.test(
  'SUBACK and UNSUBACK are never too large for what explains them: they carry nothing but codes [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1] [MQTT-3.11.2-2]',
  async (t) => {
    const five = await Five.open({ subscriptionsMax: 0, maximumPacketSize: 268_435_460, receiveMaximum: 65_535 });
    for (const maximumPacketSize of [9, 100_000]) {
      const device = await five.dial();
      device.sendHex(`101300044d515454050200000527${maximumPacketSize.toString(16).padStart(8, '0')}000178`);
      await device.received();
      if (device.isClosed) continue;
      device.send(subscribeOf(1, 0, 'a'), unsubscribeOf(2, 'a'));
      t.same(await device.receivedHex(), ['900400010097', 'b00400020011']);
    }
  },
);

t.test('PINGREQ is answered by PINGRESP [MQTT-3.12.4-1]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.sendHex('c000c000');
  t.same(await device.receivedHex(), ['d000', 'd000']);
  device.sendHex('c00100');
  t.match(await device.receivedHex(), [/^e0..81/], 'with a body it is malformed');
});

t.test('filters may be as many as fit, and a filter of 65535 bytes is one [MQTT-4.7.3-3]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  const long = 'x'.repeat(65_535);
  device.send(subscribeOf(1, 0, long, ...Array.from({ length: 999 }, (_one, index) => `f/${index}`)));
  const [suback] = await device.received();
  t.equal(suback?.type === 9 && suback.reasonCodes.length, 1000);
  device.send(publishOf(long, 'long'));
  t.same(payloads(await device.received()), ['long']);
});

for (const filter of ['a#', 'a/#/b', '#/a', 'a+', '+a/b', 'a/b+', '##', '++', '$share/g', '$share//a', '$share/g/']) {
  t.test(`${filter} is no filter [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.8.2-1] [MQTT-4.8.2-2]`, async (t) => {
    const five = await Five.open();
    const device = await five.device('device');
    device.send(subscribeWith(1, filter));
    t.match(await device.receivedHex(), [/^e0..81/]);
    t.ok(device.isClosed);
    t.equal(five.broker.status.subscriptions, 0);
  });
}
