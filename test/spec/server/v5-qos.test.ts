// MQTT 5.0, sections 3.4 to 3.7, 4.3 and 4.4: the flows of QoS 0, 1 and 2 and their acknowledgements, byte by byte.
import t from 'tap';
import { brokerDefaults } from '../../../src/broker/broker-options.ts';
import { wire } from '../../kit/conversation.ts';
import { ackWith, Five, kept, payloads, published } from '../../kit/five.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf } from '../../kit/world.ts';

const readOnly = {
  ...brokerDefaults.access,
  rules: [{ isAllowed: false, action: 'publish' as const, topics: ['no'], subject: { kind: 'everybody' as const } }],
};

t.test('QoS 0 is answered by nothing, QoS 1 by PUBACK, QoS 2 by PUBREC [MQTT-3.3.4-1] [MQTT-4.3.1-1]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 2, 'a');
  const device = await five.device('device');
  device.sendHex('30050001610078');
  t.same(await device.receivedHex(), []);
  t.same(await listener.receivedHex(), ['30050001610078'], 'QoS 0, DUP 0, once');
  device.sendHex('320700016100070078');
  t.same(await device.receivedHex(), ['40020007'], 'owned: there is a subscriber [MQTT-4.3.2-4]');
  device.sendHex('340700016100070078');
  t.same(await device.receivedHex(), ['50020007'], '[MQTT-4.3.3-8]');
});

t.test(
  'what is first sent at QoS 1 and 2 has DUP 0 and an identifier of its own [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.3-1] [MQTT-4.3.3-2]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 2, 'a');
    const device = await five.device('device');
    device.sendHex('320700016100070078340700016100070078');
    t.same(await listener.receivedHex(), ['320700016100010078', '340700016100020078']);
  },
);

t.test('after PUBACK the same identifier is a new message, whatever DUP says [MQTT-4.3.2-5]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, 'a');
  const device = await five.device('device');
  device.sendHex('320700016100070078');
  t.same(await device.receivedHex(), ['40020007']);
  device.sendHex('3a0700016100070079');
  t.same(await device.receivedHex(), ['40020007']);
  t.same(payloads(await listener.received()), ['x', 'y']);
});

t.test(
  'QoS 2: PUBREC, PUBREL, PUBCOMP; a repeat before PUBREL is not delivered, one after PUBCOMP is new [MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.3.3-12]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 0, 'a');
    const device = await five.device('device', kept);
    device.sendHex('340700016100070078');
    t.same(await device.receivedHex(), ['50020007']);
    device.sendHex('3c0700016100070078');
    t.same(await device.receivedHex(), ['50020007'], 'a repeat gets PUBREC');
    t.same(payloads(await listener.received()), ['x']);
    device.sendHex('62020007');
    t.same(await device.receivedHex(), ['70020007']);
    device.sendHex('62020007');
    t.same(await device.receivedHex(), ['7003000792'], 'PUBREL for nothing: 0x92 [MQTT-3.7.2-1]');
    device.sendHex('3c0700016100070079');
    t.same(await device.receivedHex(), ['50020007']);
    t.same(payloads(await listener.received()), ['y']);
  },
);

t.test(
  'after a PUBREC of 0x80 or more the same identifier is a new message [MQTT-4.3.3-9] [MQTT-3.5.2-1]',
  async (t) => {
    const five = await Five.open({ access: readOnly });
    const listener = await five.listener('listener', 0, '#');
    const device = await five.device('device');
    device.sendHex('340800026e6f00070078');
    t.same(await device.receivedHex(), ['5003000787']);
    device.sendHex('340700016100070078');
    t.same(await device.receivedHex(), ['50020007']);
    t.same(payloads(await listener.received()), ['x']);
    device.sendHex('320800026e6f00070078');
    t.same(await device.receivedHex(), ['4003000787'], '[MQTT-3.4.2-1]');
  },
);

async function underway(five: Five, qos: 1 | 2): Promise<{ readonly listener: RawPeer; readonly frame: string }> {
  const listener = await five.device('listener', kept);
  listener.send(subscribeOf(1, qos, 'a'));
  await listener.received();
  const device = await five.device('device');
  device.send(publishOf('a', 'x', { qos, packetId: 1 }));
  const [frame = ''] = await listener.receivedHex();
  return { listener, frame };
}

t.test(
  'a QoS 1 message is unacknowledged until PUBACK, and repeated with DUP and its identifier [MQTT-4.3.2-3] [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-3.4.2-1]',
  async (t) => {
    const five = await Five.open();
    const { listener, frame } = await underway(five, 1);
    listener.cut();
    for (let round = 0; round < 2; round++) {
      const back = await five.dial();
      await back.connect('listener', kept);
      back.cut();
    }
    const back = await five.dial();
    back.sendHex(wire('10 (<MQTT> 05 00 0000 (11 00000258) <listener>)'));
    const [, repeat] = await back.receivedHex();
    t.equal(repeat, frame.replace(/^32/, '3a'));
    back.sendHex('40020001');
    await back.received();
    back.cut();
    const last = await five.dial();
    t.same(published(await last.connect('listener', kept)), [], 'settled');
  },
);

t.test(
  'a QoS 2 message is unacknowledged until PUBREC; from then on PUBREL is, until PUBCOMP [MQTT-4.3.3-3] [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-4.4.0-1]',
  async (t) => {
    const five = await Five.open();
    const { listener, frame } = await underway(five, 2);
    t.equal(frame, '340700016100010078');
    listener.cut();
    const second = await five.dial();
    await second.connect('listener', kept);
    second.sendHex('50020001');
    t.same(await second.receivedHex(), ['62020001']);
    second.sendHex('50020001');
    t.same(await second.receivedHex(), ['62020001'], 'PUBREC again, PUBREL again');
    second.cut();
    const third = await five.dial();
    const again = await third.connect('listener', kept);
    t.match(again.slice(1), [{ type: 6, packetId: 1 }], 'PUBREL, and no PUBLISH');
    t.equal(again.length, 2);
    third.sendHex('70020001');
    await third.received();
    third.cut();
    const fourth = await five.dial();
    t.equal((await fourth.connect('listener', kept)).length, 1, 'settled');
  },
);

for (const [qos, type] of [
  [1, 4],
  [2, 5],
] as const) {
  t.test(
    `an answer of 0x80 or more settles a message of QoS ${qos}: no PUBREL, no repeat [MQTT-4.4.0-2] [MQTT-4.3.3-4]`,
    async (t) => {
      const five = await Five.open();
      const { listener } = await underway(five, qos);
      listener.send(ackWith(type, 1, 0x97));
      t.same(await listener.received(), []);
      listener.cut();
      const back = await five.dial();
      t.equal((await back.connect('listener', kept)).length, 1);
      t.same(five.broker.status.dropped, { refused: 1 });
    },
  );
}

t.test('PUBREC of 0x80 or more for a message that is not known is answered by nothing [MQTT-4.3.3-4]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.sendHex('5003000797');
  t.same(await device.receivedHex(), []);
  device.sendHex('50020007');
  t.same(await device.receivedHex(), ['6203000792'], 'PUBREL 0x92 for one below 0x80 [MQTT-3.6.2-1]');
  device.sendHex('4002000770020007');
  t.same(await device.receivedHex(), [], 'PUBACK and PUBCOMP need no answer');
  t.notOk(device.isClosed);
});

t.test('a PUBREC of 0x80 or more ends a flow that PUBREC had gone on before [MQTT-4.4.0-2]', async (t) => {
  const five = await Five.open();
  const { listener } = await underway(five, 2);
  listener.sendHex('50020001');
  t.same(await listener.receivedHex(), ['62020001']);
  listener.sendHex('5003000180');
  t.same(await listener.receivedHex(), []);
  listener.cut();
  const back = await five.dial();
  t.equal((await back.connect('listener', kept)).length, 1);
});

t.test('expiry does not apply any more once a message was sent: it is repeated [MQTT-4.3.3-7]', async (t) => {
  const five = await Five.open();
  const listener = await five.device('listener', kept);
  listener.send(subscribeOf(1, 2, 'a'));
  await listener.received();
  const device = await five.device('device');
  const properties = { messageExpiryInterval: 5 };
  device.send(publishOf('a', 'x', { qos: 2, packetId: 1, properties }));
  t.same(payloads(await listener.received()), ['x']);
  listener.cut();
  await five.world.clock.advance(10_000);
  const back = await five.dial();
  t.match((await back.connect('listener', kept)).slice(1), [{ type: 3, dup: true, payload: Buffer.from('x') }]);
});

t.test('the handshake of an expired message is completed [MQTT-4.3.3-13]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device', kept);
  device.send(publishOf('a', 'x', { qos: 2, packetId: 1, properties: { messageExpiryInterval: 5 } }));
  t.match(await device.received(), [{ type: 5, packetId: 1 }]);
  await five.world.clock.advance(10_000);
  device.send(ackOf(6, 1));
  t.same(await device.receivedHex(), ['70020001']);
});

t.test('nothing is repeated while the connection lives [MQTT-4.4.0-1]', async (t) => {
  const five = await Five.open();
  for (const qos of [1, 2] as const) {
    const { listener } = await underway(five, qos);
    await five.world.clock.advance(1_000_000);
    t.same(await listener.received(), []);
    listener.send({ type: 14, reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
    await listener.received();
  }
});

const faults = [
  ['PUBACK with a code of SUBACK [MQTT-3.4.2-1]', '4003000101', '82'],
  ['PUBACK with a code of DISCONNECT [MQTT-3.4.2-1]', '400300018e', '82'],
  ['PUBREC with a code that is none [MQTT-3.5.2-1]', '500300017f', '82'],
  ['PUBREL with a code of PUBACK [MQTT-3.6.2-1]', '6203000110', '82'],
  ['PUBCOMP with a code of PUBACK [MQTT-3.7.2-1]', '7003000187', '82'],
  ['PUBACK with identifier 0 [MQTT-2.2.1-5]', '40020000', '82'],
  ['PUBACK with a property of PUBLISH', '4006000100020101', '81'],
  ['PUBACK with two reason strings', '400a000100061f00001f0000', '82'],
] as const;

for (const [what, hex, code] of faults) {
  t.test(`${what} ends the connection with 0x${code} [MQTT-4.13.1-1]`, async (t) => {
    const five = await Five.open();
    const device = await five.device('device');
    device.sendHex(hex);
    t.match(await device.receivedHex(), [new RegExp(`^e0..${code}`)]);
    t.ok(device.isClosed);
  });
}

t.test(
  'the wrong kind of answer ends the connection: PUBREC for QoS 1, PUBACK and early PUBCOMP for QoS 2',
  async (t) => {
    for (const [qos, hex] of [
      [1, '50020001'],
      [1, '70020001'],
      [2, '40020001'],
      [2, '70020001'],
    ] as const) {
      const five = await Five.open();
      const { listener } = await underway(five, qos);
      listener.sendHex(hex);
      t.match(await listener.receivedHex(), [/^e0..82/], `${hex} for QoS ${qos}`);
    }
  },
);

t.test('a client may explain its answers: reason strings and user properties are taken', async (t) => {
  const five = await Five.open();
  const { listener } = await underway(five, 2);
  listener.sendHex('500f0001000b1f0001722600016b000176');
  t.same(await listener.receivedHex(), ['62020001']);
});

t.test(
  'the answers of the broker are as short as can be: nothing explains them [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3]',
  async (t) => {
    const five = await Five.open({
      access: readOnly,
      topicAliasMaximum: 0,
      receiveMaximum: 65_535,
      maximumPacketSize: 268_435_460,
    });
    // nothing longer than five bytes is taken
    const device = await five.dial();
    device.sendHex(wire('10 (<MQTT> 05 02 0000 (27 00000005) <x>)'));
    t.same(await device.receivedHex(), ['2003000000']);
    device.sendHex('320800026e6f00010078');
    device.sendHex('340800026e6f00020078');
    device.sendHex('340700016100030078');
    device.sendHex('6202000362020009');
    device.sendHex('50020009');
    t.same(await device.receivedHex(), [
      '4003000187',
      '5003000287',
      '5003000310',
      '70020003',
      '7003000992',
      '6203000992',
    ]);
  },
);
