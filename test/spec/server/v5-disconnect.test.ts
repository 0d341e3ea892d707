// MQTT 5.0, sections 3.1.2.10, 3.14, 3.15 and 4.13: how connections end, from either side, and packets out of place.
import t from 'tap';
import { isReasonCodeOf } from '../../../protocol/wire/reason-code.ts';
import { brokerDefaults } from '../../../src/broker/broker-options.ts';
import { wire } from '../../kit/conversation.ts';
import { disconnectOf, Five, kept, payloads } from '../../kit/five.ts';
import { publishOf, subscribeOf } from '../../kit/world.ts';

/** What a client may say in DISCONNECT; all else is the server's. */
const fromClient = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];

t.test(
  'a DISCONNECT with a code of clients closes the connection without an answer [MQTT-3.14.2-1] [MQTT-3.14.4-2]',
  async (t) => {
    const five = await Five.open();
    for (const code of fromClient) {
      const device = await five.device('device');
      device.sendHex(`e001${code.toString(16).padStart(2, '0')}`);
      t.same(await device.receivedHex(), [], `0x${code.toString(16)}`);
      t.ok(device.isClosed);
    }
    const device = await five.device('device');
    device.sendHex('e000');
    t.same(await device.receivedHex(), [], 'no code is 0x00');
    t.ok(device.isClosed);
  },
);

t.test('a DISCONNECT with any other code is a protocol error [MQTT-3.14.2-1]', async (t) => {
  const five = await Five.open();
  for (let code = 1; code < 256; code++) {
    if (fromClient.includes(code)) continue;
    const device = await five.device('device');
    device.sendHex(`e001${code.toString(16).padStart(2, '0')}`);
    t.match(await device.receivedHex(), [/^e0..82/], `0x${code.toString(16)}`);
    t.ok(device.isClosed);
  }
});

t.test('DISCONNECT of wrong form is malformed [MQTT-3.14.1-1]', async (t) => {
  const five = await Five.open();
  const faults = [
    ['e100', '81'],
    ['e00300021f', '81'],
    [wire('e0 (00 (21 0001))'), '81'],
    [wire('e0 (00 (1f <a> 1f <b>))'), '82'],
    [wire('e0 (00 (11 00000000 11 00000000))'), '82'],
    [wire('e0 (00 () 00)'), '81'],
  ];
  for (const [hex = '', code] of faults) {
    const device = await five.device('device', kept);
    device.sendHex(hex);
    t.match(await device.receivedHex(), [new RegExp(`^e0..${code}`)], hex);
    t.ok(device.isClosed);
  }
});

t.test('DISCONNECT may explain itself', async (t) => {
  const five = await Five.open();
  const device = await five.device('device', kept);
  device.sendHex(wire('e0 (04 (11 0000000a 1f <bye> 26 <a> <1> 26 <a> <1>))'));
  t.same(await device.receivedHex(), []);
  t.ok(device.isClosed);
});

t.test('what comes behind DISCONNECT is not processed [MQTT-3.14.4-1] [MQTT-3.14.4-2]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, '#');
  const device = await five.device('device');
  device.send(publishOf('a', 'before'), disconnectOf(), publishOf('a', 'behind'), { type: 12 });
  t.same(await device.received(), []);
  t.same(payloads(await listener.received()), ['before']);
});

t.test(
  'the broker sends nothing after its DISCONNECT, and closes [MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT-4.13.2-1]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 1, 'a');
    const device = await five.device('device');
    // a fault, and behind it what would be answered
    listener.sendHex(`f100${'c000'.repeat(5)}`);
    device.send(publishOf('a', 'x', { qos: 1, packetId: 1 }));
    const frames = await listener.receivedHex();
    t.match(frames.at(-1), /^e0..81/);
    t.same(
      frames.slice(0, -1).filter((frame) => frame.startsWith('d0')),
      [],
    );
    t.ok(listener.isClosed);
  },
);

t.test(
  'a DISCONNECT of the broker has a listed code and no session expiry [MQTT-3.14.2-1] [MQTT-3.14.2-2]',
  async (t) => {
    const rules = [
      { isAllowed: false, action: 'pubsub' as const, topics: ['no'], subject: { kind: 'everybody' as const } },
    ];
    const access = { ...brokerDefaults.access, rules, isDenialDisconnecting: true };
    const five = await Five.open({ access, receiveMaximum: 1, maximumPacketSize: 200 });
    const ends = [
      ['f100', 0x81],
      ['c00100', 0x81],
      [wire('10 (<MQTT> 05 02 0000 () <x>)'), 0x82],
      ['309c02', 0x95],
      [wire('30 (<a> (23 ffff))'), 0x94],
      [wire('30 (<#> ())'), 0x82],
      [wire('30 (<no> ())'), 0x87],
      [wire('34 (<a> 0001 ())34 (<a> 0002 ())'), 0x93],
    ] as const;
    for (const [hex, code] of ends) {
      const device = await five.device('device', { properties: { requestProblemInformation: true } });
      device.sendHex(hex);
      const last = (await device.received()).at(-1);
      t.match(last, { type: 14, reasonCode: code }, hex);
      t.ok(isReasonCodeOf(14, code));
      t.same(last?.type === 14 && Object.keys(last.properties), ['reasonString']);
    }
  },
);

t.test('a reason string that quotes a long topic is cut [MQTT-3.14.2-3]', async (t) => {
  const rules = [{ isAllowed: false, action: 'publish' as const, topics: [], subject: { kind: 'everybody' as const } }];
  const five = await Five.open({ access: { ...brokerDefaults.access, rules, isDenialDisconnecting: true } });
  const device = await five.device('device', { properties: { requestProblemInformation: true } });
  device.send(publishOf('x'.repeat(65_535), ''));
  const [last] = await device.received();
  t.match(last, { type: 14, reasonCode: 0x87 });
  t.ok(device.isClosed);
});

t.test(
  'silence of one and a half keep-alives closes, anything heard does not [MQTT-3.1.2-22] [MQTT-3.2.2-22]',
  async (t) => {
    const five = await Five.open();
    const { clock } = five.world;
    const device = await five.dial();
    const [connack] = await device.connect('device', { keepAlive: 10 });
    t.equal(connack?.type === 2 && connack.properties.serverKeepAlive, undefined, 'the value of the client holds');
    for (let round = 0; round < 3; round++) {
      await clock.advance(14_000);
      device.send(publishOf('a', ''));
      t.same(await device.received(), []);
    }
    await clock.advance(14_900);
    t.notOk(device.isClosed);
    await clock.advance(1_000);
    t.match(await device.receivedHex(), [/^e0..8d/]);
    t.ok(device.isClosed);
    const never = await five.device('never', { keepAlive: 0 });
    await clock.advance(10_000_000);
    t.notOk(never.isClosed, '0 turns it off');
  },
);

t.test('packets that only a server sends are protocol errors', async (t) => {
  const five = await Five.open();
  for (const hex of ['2003000000', '900400010000', 'b00400010000', 'd000']) {
    const device = await five.device('device');
    device.sendHex(hex);
    t.match(await device.receivedHex(), [/^e0..82/], hex);
    t.ok(device.isClosed);
  }
});

t.test('AUTH in a connection without an authentication method is a protocol error [MQTT-4.12.0-7]', async (t) => {
  const five = await Five.open();
  for (const hex of ['f000', 'f00118', 'f00119', wire('f0 (19 (15 <PLAIN>))')]) {
    const device = await five.device('device');
    device.sendHex(hex);
    t.match(await device.receivedHex(), [/^e0..82/], hex);
    t.ok(device.isClosed);
  }
});

t.test('no CONNACK of a connection without method speaks of authentication [MQTT-4.12.0-6]', async (t) => {
  const five = await Five.open();
  const device = await five.dial();
  const [connack] = await device.connect('device');
  t.equal(connack?.type === 2 && connack.properties.authenticationMethod, undefined);
  device.send(subscribeOf(1, 0, 'a'), { type: 12 });
  t.same(
    (await device.received()).map(({ type }) => type),
    [9, 13],
    'and no AUTH comes',
  );
});

t.test(
  'an authentication method that is not offered is refused with 0x8c [MQTT-4.12.0-1] [MQTT-4.12.0-4]',
  async (t) => {
    const five = await Five.open();
    const device = await five.dial();
    device.sendHex(wire('10 (<MQTT> 05 02 0000 (15 <NONESUCH>) <x>)'));
    t.match(await device.receivedHex(), [/^20..008c/]);
    t.ok(device.isClosed);
    t.equal(five.broker.status.sessions, 0);
  },
);

t.test(
  'others do not notice a fault, and the stream may come in any pieces [MQTT-4.13.1-1] [MQTT-4.2-1]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 1, '#');
    const device = await five.device('device');
    for (const byte of wire('32 (<a> 0001 () "whole")').match(/../g) ?? []) {
      device.sendHex(byte);
      await device.received();
    }
    const wrong = await five.device('wrong');
    wrong.sendHex('f100');
    await wrong.received();
    t.same(payloads(await listener.received()), ['whole']);
    t.notOk(listener.isClosed);
    t.notOk(device.isClosed);
  },
);
