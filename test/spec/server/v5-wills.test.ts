// MQTT 5.0, sections 3.1.2.5 and 3.1.3.2: the will, when it goes out, how, and when not.
import t from 'tap';
import type { Will } from '../../../protocol/wire/packets.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { disconnectOf, Five, kept, payloads, published } from '../../kit/five.ts';
import type { RawPeer } from '../../kit/world.ts';

function willOf(properties: Properties = {}, more: Partial<Will> = {}): Will {
  return { topic: 'will', payload: Buffer.from('gone'), qos: 0, retain: false, properties, ...more };
}

async function withWill(five: Five, properties: Properties = {}, expiry = 600): Promise<RawPeer> {
  const session = { sessionExpiryInterval: expiry };
  return five.device('mortal', { cleanStart: false, will: willOf(properties), properties: session });
}

t.test(
  'a will goes out when the connection is cut, and is removed with that [MQTT-3.1.2-7] [MQTT-3.1.2-8]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 2, 'will');
    const device = await withWill(five);
    t.same(await listener.received(), [], 'it is only stored');
    device.cut();
    t.same(await listener.receivedHex(), ['300b000477696c6c00676f6e65']);
    const again = await five.device('mortal', kept);
    again.cut();
    await five.world.clock.advance(700_000);
    t.same(await listener.received(), [], 'it was removed when it was published [MQTT-3.1.2-10]');
  },
);

t.test('a will goes out after a protocol error, a silence and DISCONNECT 0x04 [MQTT-3.1.2-8]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, 'will');
  const wrong = await withWill(five);
  wrong.sendHex('f100');
  t.same(payloads(await listener.received()), ['gone']);
  const silent = await five.device('silent', { keepAlive: 10, will: willOf() });
  await five.world.clock.advance(16_000);
  t.ok(silent.isClosed);
  t.same(payloads(await listener.received()), ['gone'], '[MQTT-3.1.2-22]');
  const leaving = await withWill(five);
  leaving.send(disconnectOf(0x04));
  t.same(payloads(await listener.received()), ['gone']);
});

t.test('DISCONNECT 0x00 removes the will for good [MQTT-3.14.4-3] [MQTT-3.1.2-10] [MQTT-3.1.2-8]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, 'will');
  const device = await withWill(five, { willDelayInterval: 5 });
  device.send(disconnectOf());
  await five.world.clock.advance(700_000);
  t.same(await listener.received(), [], 'not after its delay, not when the session ends');
});

t.test('a will waits for its delay, or for the end of the session if that is sooner [MQTT-3.1.2-8]', async (t) => {
  const five = await Five.open();
  const { clock } = five.world;
  const listener = await five.listener('listener', 0, 'will');
  (await withWill(five, { willDelayInterval: 20 }, 600)).cut();
  await clock.advance(19_000);
  t.same(await listener.received(), []);
  await clock.advance(2_000);
  t.same(payloads(await listener.received()), ['gone'], 'its delay');
  (await withWill(five, { willDelayInterval: 20 }, 10)).cut();
  await clock.advance(9_000);
  t.same(await listener.received(), []);
  await clock.advance(2_000);
  t.same(payloads(await listener.received()), ['gone'], 'the session');
  (await withWill(five, { willDelayInterval: 20 }, 0)).cut();
  t.same(payloads(await listener.received()), ['gone'], 'a session that ends with the connection');
});

t.test('a client that is back within the delay cancels its will [MQTT-3.1.3-9]', async (t) => {
  const five = await Five.open();
  const { clock } = five.world;
  const listener = await five.listener('listener', 0, 'will');
  (await withWill(five, { willDelayInterval: 20 })).cut();
  await clock.advance(19_000);
  await five.device('mortal', kept);
  await clock.advance(60_000);
  t.same(await listener.received(), []);
});

t.test('a client that is back after the delay is too late, to the millisecond [MQTT-3.1.2-8]', async (t) => {
  const five = await Five.open({ sweepIntervalMs: 10_000 });
  const { clock } = five.world;
  const listener = await five.listener('listener', 0, 'will');
  (await withWill(five, { willDelayInterval: 3 })).cut();
  await clock.advance(3_001);
  t.same(await listener.received(), [], 'nobody has looked yet');
  await five.device('mortal', kept);
  t.same(payloads(await listener.received()), ['gone']);
});

t.test('a new session ends the old one, and with it the delay of its will [MQTT-3.1.2-8] [MQTT-3.1.2-4]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, 'will');
  (await withWill(five, { willDelayInterval: 20 })).cut();
  await five.device('mortal', { cleanStart: true });
  t.same(payloads(await listener.received()), ['gone']);
});

t.test(
  'a connection that is taken over leaves its will, unless the will may wait [MQTT-3.1.2-8] [MQTT-3.1.3-9]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 0, 'will');
    await withWill(five);
    await withWill(five, { willDelayInterval: 20 });
    t.same(payloads(await listener.received()), ['gone'], 'the first has no delay');
    await five.device('mortal', kept);
    await five.world.clock.advance(60_000);
    t.same(await listener.received(), [], 'the second is cancelled: its session goes on');
  },
);

t.test(
  'a will without retain is a plain message, with retain a retained one [MQTT-3.1.2-14] [MQTT-3.1.2-15]',
  async (t) => {
    const five = await Five.open();
    for (const retain of [false, true]) {
      const device = await five.device('mortal', { will: willOf({}, { topic: `will/${retain}`, retain }) });
      device.cut();
      await five.world.clock.settle();
    }
    const late = await five.listener('late', 0, 'none');
    late.sendHex(`820c0002000006${Buffer.from('will/#').toString('hex')}00`);
    const got = published(await late.received());
    t.match(got, [{ topic: 'will/true', retain: true }]);
    t.equal(got.length, 1);
  },
);

t.test('a will is sent at its QoS [MQTT-3.1.2-12]', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 2, 'will');
  for (const qos of [0, 1, 2] as const) {
    (await five.device('mortal', { will: willOf({}, { qos }) })).cut();
    t.match(published(await listener.received()), [{ qos }]);
  }
});

t.test(
  'the properties of a will pass unaltered, its user properties in order [MQTT-3.1.3-10] [MQTT-3.1.2-9]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 0, 'will');
    const properties = {
      payloadFormatIndicator: 1 as const,
      contentType: 'text',
      responseTopic: 'answer',
      correlationData: Buffer.from('7'),
      userProperties: [
        ['b', '2'],
        ['a', '1'],
        ['b', '2'],
      ] as const,
    };
    const more = { messageExpiryInterval: 60, willDelayInterval: 2 };
    (await withWill(five, { ...properties, ...more })).cut();
    await five.world.clock.advance(3_000);
    t.same(published(await listener.received())[0]?.properties, { ...properties, messageExpiryInterval: 60 });
  },
);

t.test('a will to a topic of the broker itself does not go out', async (t) => {
  const five = await Five.open();
  const listener = await five.listener('listener', 0, '$SYS/#');
  (await five.device('mortal', { will: willOf({}, { topic: '$SYS/broker/uptime' }) })).cut();
  t.same(await listener.received(), []);
});
