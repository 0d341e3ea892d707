// MQTT 5.0, sections 1.5 and 2: strings, integers, flags, packet identifiers and property lengths, at the broker.
import t from 'tap';
import { Five, published, subscribeWith, unsubscribeOf } from '../../kit/five.ts';
import { ackOf, publishOf, subscribeOf } from '../../kit/world.ts';

interface Fault {
  readonly what: string;
  /** What a connected client sends. */
  readonly hex: string;
  /** The DISCONNECT reason code that answers it, in hexadecimal. */
  readonly code: string;
}

const faults: readonly Fault[] = [
  { what: 'a topic with a truncated sequence [MQTT-1.5.4-1]', hex: '30050002c3280078', code: '81' },
  { what: 'a topic that is no UTF-8 [MQTT-1.5.4-1]', hex: '3006000261ff0078', code: '81' },
  { what: 'a topic with a surrogate [MQTT-1.5.4-1]', hex: '30070003eda0800078', code: '81' },
  { what: 'a topic above U+10FFFF [MQTT-1.5.4-1]', hex: '30080004f49080800078', code: '81' },
  { what: 'a topic filter that is no UTF-8 [MQTT-1.5.4-1] [MQTT-3.8.3-1]', hex: '8208000100000261ff00', code: '81' },
  { what: 'an unsubscribed filter that is no UTF-8 [MQTT-3.10.3-1]', hex: 'a207000100000261ff', code: '81' },
  { what: 'a NUL in a topic [MQTT-1.5.4-2] [MQTT-4.7.3-2]', hex: '300700036100620078', code: '81' },
  { what: 'a NUL in a filter [MQTT-1.5.4-2] [MQTT-4.7.3-2]', hex: '82080001000002610000', code: '81' },
  { what: 'a NUL in a content type [MQTT-1.5.4-2] [MQTT-3.3.2-19]', hex: '3009000161040300010078', code: '81' },
  { what: 'a content type that is no UTF-8 [MQTT-3.3.2-19]', hex: '300900016104030001ff78', code: '81' },
  { what: 'a response topic that is no UTF-8 [MQTT-3.3.2-13]', hex: '300900016104080001ff78', code: '81' },
  { what: 'a response topic with a wildcard [MQTT-3.3.2-14]', hex: '300b00016106080003612f2b78', code: '82' },
  { what: 'a pair whose name is no UTF-8 [MQTT-1.5.7-1]', hex: '300c00016107260001ff00017678', code: '81' },
  { what: 'a pair whose value holds a NUL [MQTT-1.5.7-1]', hex: '300c000161072600016b00010078', code: '81' },
  { what: 'a remaining length longer than it need be [MQTT-1.5.5-1]', hex: 'c08000', code: '81' },
  { what: 'a property length longer than it need be [MQTT-1.5.5-1]', hex: '3006000161800078', code: '81' },
  { what: 'a remaining length of five bytes', hex: '308080808001', code: '81' },
  { what: 'packet type 0', hex: '0000', code: '81' },
  ...['41', '51', '63', '71', 'c1', 'e1'].map((first) => ({
    what: `reserved flags in ${first} [MQTT-2.1.3-1]${first === 'e1' ? ' [MQTT-3.14.1-1]' : ''}`,
    hex: first >= 'c0' ? `${first}00` : `${first}020001`,
    code: '81',
  })),
  { what: 'PUBREL with flags 0 [MQTT-3.6.1-1]', hex: '60020001', code: '81' },
  { what: 'SUBSCRIBE with flags 0 [MQTT-3.8.1-1]', hex: '800700010000016100', code: '81' },
  { what: 'SUBSCRIBE with flags 3 [MQTT-3.8.1-1]', hex: '830700010000016100', code: '81' },
  { what: 'UNSUBSCRIBE with flags 0 [MQTT-3.10.1-1]', hex: 'a006000100000161', code: '81' },
  { what: 'AUTH with flags 1 [MQTT-3.15.1-1]', hex: 'f100', code: '81' },
  { what: 'PUBLISH with packet identifier 0 [MQTT-2.2.1-3]', hex: '320700016100000078', code: '82' },
  { what: 'SUBSCRIBE with packet identifier 0 [MQTT-2.2.1-3]', hex: '820700000000016100', code: '82' },
  { what: 'UNSUBSCRIBE with packet identifier 0 [MQTT-2.2.1-3]', hex: 'a206000000000161', code: '82' },
  { what: 'SUBSCRIBE without packet identifier', hex: '820100', code: '81' },
  { what: 'PUBLISH without a property length [MQTT-2.2.2-1]', hex: '3003000161', code: '81' },
  { what: 'SUBSCRIBE without a property length [MQTT-2.2.2-1]', hex: '82020001', code: '81' },
];

for (const { what, hex, code } of faults) {
  t.test(`${what} ends the connection with reason 0x${code} [MQTT-4.13.1-1] [MQTT-4.13.2-1]`, async (t) => {
    const five = await Five.open();
    const device = await five.device('device');
    device.sendHex(hex);
    const frames = await device.receivedHex();
    t.equal(frames.length, 1);
    t.match(frames[0], new RegExp(`^e0..${code}`));
    t.ok(device.isClosed);
  });
}

t.test('a byte-order mark in a topic is kept, and is no other topic [MQTT-1.5.4-3] [MQTT-4.7.3-4]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, '\ufeffa');
  const plain = await five.listener('plain', 0, 'a');
  const device = await five.device('device');
  device.sendHex('30070004efbbbf6100');
  t.same(await listener.receivedHex(), ['30070004efbbbf6100']);
  t.same(await plain.receivedHex(), []);
});

t.test('a QoS 0 PUBLISH has no packet identifier, either way [MQTT-2.2.1-2] [MQTT-2.2.2-1]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 2, 'a');
  const device = await five.device('device');
  // what stands behind the property length, two bytes that would do as an identifier, is payload
  device.sendHex('3006000161000007');
  t.same(await listener.receivedHex(), ['3006000161000007']);
});

t.test(
  'the broker gives its PUBLISH packets free identifiers that are not 0 [MQTT-2.2.1-4] [MQTT-4.3.2-1]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 2, '#');
    const device = await five.device('device');
    const ids = new Set<number>();
    for (let round = 0; round < 30; round++) {
      device.send(publishOf('a', '', { qos: 1, packetId: 9 }), publishOf('b', '', { qos: 2, packetId: 9 }));
      for (const { packetId } of published(await listener.received())) {
        t.notOk(ids.has(packetId), `${packetId} is free`);
        t.ok(packetId > 0);
        ids.add(packetId);
      }
      device.send(ackOf(6, 9));
    }
    t.equal(ids.size, 60);
  },
);

t.test('answers repeat the identifier of what they answer [MQTT-2.2.1-5] [MQTT-2.2.1-6]', async (t) => {
  const five = await Five.open();
  const device = await five.device('device');
  device.send(subscribeOf(0xabcd, 0, 'a'));
  t.same(await device.receivedHex(), ['9004abcd0000'], 'SUBACK [MQTT-3.8.4-1] [MQTT-3.8.4-2]');
  device.send(unsubscribeOf(0xabce, 'a'));
  t.same(await device.receivedHex(), ['b004abce0000'], 'UNSUBACK [MQTT-3.10.4-4] [MQTT-3.10.4-5]');
  device.sendHex('320700016112340078');
  t.same(await device.receivedHex(), ['4003123410'], 'PUBACK');
  device.sendHex('340700016112350078');
  t.same(await device.receivedHex(), ['5003123510'], 'PUBREC');
  device.sendHex('62021235');
  t.same(await device.receivedHex(), ['70021235'], 'PUBCOMP');
  device.send(subscribeWith(1, 'a', { qos: 2 }));
  await device.received();
  device.sendHex('340700016155550078');
  const [publish] = published(await device.received());
  device.send(ackOf(5, publish?.packetId ?? 0));
  t.match(await device.received(), [{ type: 6, packetId: publish?.packetId }], 'PUBREL');
});

t.test('no properties are written as length 0 [MQTT-2.2.2-1]', async (t) => {
  const five = await Five.open({ receiveMaximum: 65_535, maximumPacketSize: 268_435_460, topicAliasMaximum: 0 });
  const device = await five.dial();
  device.sendHex('101000044d5154540502003c000003646576');
  const [connack] = await device.receivedHex();
  t.match(connack, /^20..0000/);
  device.send(subscribeOf(1, 0, 'a'), unsubscribeOf(2, 'a'));
  t.same(await device.receivedHex(), ['900400010000', 'b00400020000']);
});
