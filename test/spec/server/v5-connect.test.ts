// MQTT 5.0, section 3.1: CONNECT at the broker, byte by byte: what is let in, and what is refused with which CONNACK.
import t from 'tap';
import { brokerDefaults } from '../../../src/broker/broker-options.ts';
import { Five, payloads } from '../../kit/five.ts';
import { publishOf, type RawPeer, subscribeOf } from '../../kit/world.ts';

interface Connect {
  /** All in hexadecimal. */
  readonly protocol?: string;
  readonly flags?: string;
  readonly keepAlive?: string;
  readonly properties?: string;
  /** Client identifier and all that follows. */
  readonly payload?: string;
}

function connectHex(parts: Connect = {}): string {
  const { protocol = '00044d51545405', flags = '02', keepAlive = '0000', properties = '00' } = parts;
  const body = `${protocol}${flags}${keepAlive}${properties}${parts.payload ?? '000163'}`;
  return `10${(body.length / 2).toString(16).padStart(2, '0')}${body}`;
}

async function say(five: Five, hex: string): Promise<{ readonly peer: RawPeer; readonly answer: readonly string[] }> {
  const peer = await five.dial();
  peer.sendHex(hex);
  return { peer, answer: await peer.receivedHex() };
}

interface Refusal {
  readonly what: string;
  readonly connect: Connect;
  /** The reason code of the CONNACK. */
  readonly code: string;
}

const refusals: readonly Refusal[] = [
  { what: 'another protocol name [MQTT-3.1.2-1]', connect: { protocol: '00044d51545805' }, code: '84' },
  { what: 'MQIsdp with level 5 [MQTT-3.1.2-1]', connect: { protocol: '00064d514973647005' }, code: '84' },
  { what: 'level 6 [MQTT-3.1.2-2]', connect: { protocol: '00044d51545406' }, code: '84' },
  { what: 'the reserved connect flag [MQTT-3.1.2-3]', connect: { flags: '03' }, code: '81' },
  { what: 'a will QoS without a will [MQTT-3.1.2-11]', connect: { flags: '0a' }, code: '81' },
  {
    what: 'will QoS 3 [MQTT-3.1.2-12]',
    connect: { flags: '1e', payload: '00016300000177000178' },
    code: '81',
  },
  { what: 'will retain without a will [MQTT-3.1.2-13]', connect: { flags: '22' }, code: '81' },
  { what: 'a will flag without will fields [MQTT-3.1.2-9]', connect: { flags: '06' }, code: '81' },
  {
    what: 'a will without payload [MQTT-3.1.2-9]',
    connect: { flags: '06', payload: '00016300000177' },
    code: '81',
  },
  { what: 'a user name that no flag announces [MQTT-3.1.2-16]', connect: { payload: '000163000175' }, code: '81' },
  { what: 'no user name where the flag announces one [MQTT-3.1.2-17]', connect: { flags: '82' }, code: '81' },
  {
    what: 'a password that no flag announces [MQTT-3.1.2-18]',
    connect: { flags: '82', payload: '000163000175000170' },
    code: '81',
  },
  {
    what: 'no password where the flag announces one [MQTT-3.1.2-19]',
    connect: { flags: 'c2', payload: '000163000175' },
    code: '81',
  },
  { what: 'no client identifier field [MQTT-3.1.3-3]', connect: { payload: '' }, code: '81' },
  { what: 'a client identifier that is no UTF-8 [MQTT-3.1.3-4]', connect: { payload: '0002c328' }, code: '81' },
  {
    what: 'a will topic that is no UTF-8 [MQTT-3.1.3-11]',
    connect: { flags: '06', payload: '000163000002c328000178' },
    code: '81',
  },
  {
    what: 'a user name that is no UTF-8 [MQTT-3.1.3-12]',
    connect: { flags: '82', payload: '0001630002c328' },
    code: '81',
  },
  {
    what: 'a will topic with a wildcard [MQTT-4.7.0-1]',
    connect: { flags: '06', payload: '0001630000012b000178' },
    code: '82',
  },
  {
    what: 'receive maximum 0',
    connect: { properties: '03210000' },
    code: '82',
  },
  { what: 'maximum packet size 0', connect: { properties: '052700000000' }, code: '82' },
  { what: 'a property twice', connect: { properties: '06210001210001' }, code: '82' },
  { what: 'a property of PUBLISH', connect: { properties: '020101' }, code: '81' },
  { what: 'a property that does not exist', connect: { properties: '027f00' }, code: '81' },
  { what: 'authentication data without a method', connect: { properties: '0416000178' }, code: '82' },
];

for (const { what, connect, code } of refusals) {
  t.test(
    `CONNECT with ${what} gets CONNACK 0x${code} and is closed [MQTT-3.1.4-1] [MQTT-3.2.2-6] [MQTT-3.2.2-7] [MQTT-3.2.2-8]`,
    async (t) => {
      const five = await Five.open();
      const { peer, answer } = await say(five, connectHex(connect));
      t.equal(answer.length, 1);
      t.match(answer[0], new RegExp(`^20..00${code}`), 'session present is 0');
      t.ok(peer.isClosed);
      t.equal(five.broker.status.sessions, 0);
    },
  );
}

t.test('anything before CONNECT closes the connection without an answer [MQTT-3.1.0-1] [MQTT-3.2.0-1]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, '#');
  for (const hex of ['30050001610078', 'c000', '820700010000016100', 'e000', '40020001', 'f000', '2003000000']) {
    const { peer, answer } = await say(five, hex);
    t.same(answer, [], 'no DISCONNECT before CONNACK either [MQTT-3.14.0-1]');
    t.ok(peer.isClosed, hex);
  }
  t.same(await listener.received(), []);
});

t.test('a second CONNECT is a protocol error [MQTT-3.1.0-2] [MQTT-3.2.0-2]', async (t) => {
  const five = await Five.open();
  const { peer, answer } = await say(five, connectHex());
  t.equal(answer.length, 1, 'one CONNACK');
  peer.sendHex(connectHex());
  const after = await peer.receivedHex();
  t.equal(after.length, 1);
  t.match(after[0], /^e0..82/, 'and no other one');
  t.ok(peer.isClosed);
});

t.test(
  'an accepted CONNECT gets CONNACK 0x00 with flags 0, first and once [MQTT-3.1.4-5] [MQTT-3.2.2-1]',
  async (t) => {
    const five = await Five.open({ receiveMaximum: 65_535, maximumPacketSize: 268_435_460, topicAliasMaximum: 0 });
    // a PINGREQ and a SUBSCRIBE in the same write
    const { answer } = await say(five, `${connectHex()}c000820700010000016101`);
    t.equal(answer.length, 3);
    t.match(answer[0], /^20..0000/, '[MQTT-3.2.0-1] [MQTT-3.2.0-2]');
    t.same(answer.slice(1), ['d000', '900400010001'], '[MQTT-3.12.4-1]');
  },
);

t.test('a password alone is let in, without a user name [MQTT-3.1.2-16] [MQTT-3.1.2-19]', async (t) => {
  const five = await Five.open();
  const { answer } = await say(five, connectHex({ flags: '42', payload: '000163000170' }));
  t.match(answer[0], /^20..0000/);
});

t.test('payload fields are taken in their order [MQTT-3.1.3-1] [MQTT-3.1.3-3] [MQTT-3.1.2-17]', async (t) => {
  const access = { ...brokerDefaults.access, isAnonymousAllowed: false, users: [{ username: 'u', password: 'pw' }] };
  const five = await Five.open({ access });
  const listener = await five.dial();
  await listener.connect('listener', { username: 'u', password: Buffer.from('pw') });
  listener.send(subscribeOf(1, 1, '#'));
  await listener.received();
  // client identifier, will properties (content type), will topic, will payload, user name, password
  const payload = ['000163', '0403000174', '000177', '00027031', '000175', '00027077'].join('');
  const { peer, answer } = await say(five, connectHex({ flags: 'ce', payload }));
  t.match(answer[0], /^20..0000/);
  peer.cut();
  t.match(await listener.received(), [{ topic: 'w', payload: Buffer.from('p1'), properties: { contentType: 't' } }]);
});

t.test('client identifiers of 1 to 23 letters and digits are accepted, and longer ones [MQTT-3.1.3-5]', async (t) => {
  const five = await Five.open();
  const all = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  for (const clientId of ['a', all.slice(0, 23), all.slice(23, 46), all.slice(39), 'x'.repeat(65_535)]) {
    const peer = await five.dial();
    t.match(await peer.connect(clientId), [{ reasonCode: 0, sessionPresent: false }]);
  }
});

t.test(
  'an empty client identifier gets one of its own, told in CONNACK [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]',
  async (t) => {
    const five = await Five.open();
    const ids: string[] = [];
    for (const cleanStart of [true, false]) {
      const peer = await five.dial();
      const [connack] = await peer.connect('', { cleanStart, properties: { sessionExpiryInterval: 60 } });
      t.match(connack, { reasonCode: 0, sessionPresent: false });
      const id = connack?.type === 2 ? connack.properties.assignedClientIdentifier : undefined;
      t.ok(id);
      ids.push(id ?? '');
      peer.cut();
    }
    t.not(ids[0], ids[1]);
    const again = await five.dial();
    const [connack] = await again.connect(ids[1] ?? '', { cleanStart: false });
    t.match(connack, { reasonCode: 0, sessionPresent: true }, 'the session is known by it [MQTT-3.1.3-2]');
    t.match(connack, { properties: { assignedClientIdentifier: undefined } });
  },
);

t.test('a wrong password is refused, and what follows is not processed [MQTT-3.1.4-2] [MQTT-3.1.4-6]', async (t) => {
  const users = [{ username: 'u', password: 'right' }];
  const five = await Five.open({ access: { ...brokerDefaults.access, users } });
  const listener = await five.listener('listener', 0, '#');
  const peer = await five.dial();
  peer.send(
    {
      type: 1,
      version: 5,
      isBridge: false,
      clientId: 'c',
      cleanStart: true,
      keepAlive: 0,
      username: 'u',
      password: Buffer.from('wrong'),
      properties: {},
    },
    publishOf('a', 'x', { retain: true }),
    subscribeOf(1, 0, 'a'),
  );
  t.match(await peer.received(), [{ type: 2, reasonCode: 0x86, sessionPresent: false }], '[MQTT-3.2.2-7]');
  t.ok(peer.isClosed);
  t.same(payloads(await listener.received()), []);
  t.equal(five.broker.status.retained, 0);
});

t.test('what comes behind a refused CONNECT in the same write is not processed [MQTT-3.1.4-6]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, '#');
  const { answer } = await say(five, `${connectHex({ flags: '03' })}30050001610078`);
  t.equal(answer.length, 1);
  t.same(await listener.received(), []);
});

t.test('a kept session is told apart by its client identifier alone [MQTT-3.1.3-2]', async (t) => {
  const five = await Five.open();
  await five.away('one', 1, 'a');
  const [one, other] = [await five.dial(), await five.dial()];
  t.match(await other.connect('One', { cleanStart: false }), [{ sessionPresent: false }]);
  t.match(await one.connect('one', { cleanStart: false }), [{ sessionPresent: true }]);
});

t.test('nothing about response information is returned where it was not asked for [MQTT-3.1.2-28]', async (t) => {
  const five = await Five.open();
  for (const properties of [{}, { requestResponseInformation: false }]) {
    const peer = await five.dial();
    const [connack] = await peer.connect('c', { properties });
    t.equal(connack?.type === 2 && connack.properties.responseInformation, undefined);
  }
});

t.test('reason strings come to who asks for problem information, and to nobody else [MQTT-3.1.2-29]', async (t) => {
  const five = await Five.open();
  for (const requestProblemInformation of [true, false, undefined]) {
    const properties = requestProblemInformation === undefined ? {} : { requestProblemInformation };
    const device = await five.device('c', { properties });
    device.sendHex('f100');
    const hex = (await device.receivedHex()).join();
    if (requestProblemInformation === true) t.match(hex, /^e0..81..1f/);
    else t.equal(hex, 'e00181');
  }
});

t.test(
  'without problem information only CONNACK, PUBLISH and DISCONNECT explain themselves [MQTT-3.1.2-29]',
  async (t) => {
    const access = { ...brokerDefaults.access, isAllowedWithoutMatch: false };
    const deny = {
      isAllowed: false,
      action: 'pubsub' as const,
      topics: ['no'],
      subject: { kind: 'everybody' as const },
    };
    const five = await Five.open({ access: { ...access, rules: [deny] } });
    const peer = await five.device('c', { properties: { requestProblemInformation: false } });
    peer.send(subscribeOf(1, 1, 'no'), publishOf('no', '', { qos: 1, packetId: 2 }));
    peer.send(publishOf('no', '', { qos: 2, packetId: 3 }), { type: 10, packetId: 4, filters: ['no'], properties: {} });
    t.same(await peer.receivedHex(), ['900400010087', '4003000287', '5003000387', 'b00400040011'], 'no properties');
  },
);
