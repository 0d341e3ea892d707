// MQTT 5.0, sections 3.1.2.4, 3.1.2.11.2 and 4.1: sessions, when they begin, go on and end.
import t from 'tap';
import { disconnectOf, Five, kept, payloads, subscribeWith } from '../../kit/five.ts';
import { ackOf, publishOf, subscribeOf } from '../../kit/world.ts';

t.test(
  'clean start 0 makes a session, and goes on with it later [MQTT-3.1.2-5] [MQTT-3.1.2-6] [MQTT-3.2.2-3]',
  async (t) => {
    const five = await Five.open();
    const first = await five.dial();
    t.match(await first.connect('c', kept), [{ sessionPresent: false, reasonCode: 0 }]);
    first.send(subscribeWith(1, 'a', { qos: 1 }, { subscriptionIdentifiers: [7] }));
    await first.received();
    first.send(disconnectOf());
    const device = await five.device('device');
    device.send(publishOf('a', 'kept', { qos: 1, packetId: 1 }));
    const second = await five.dial();
    t.match(await second.connect('c', kept), [
      { sessionPresent: true, reasonCode: 0 },
      { topic: 'a', qos: 1, properties: { subscriptionIdentifiers: [7] } },
    ]);
    device.send(publishOf('a', 'live', { qos: 1, packetId: 2 }));
    t.same(payloads(await second.received()), ['live'], 'the subscription is still there');
  },
);

t.test('clean start 1 discards the session [MQTT-3.1.2-4] [MQTT-3.2.2-2] [MQTT-3.1.4-4]', async (t) => {
  const five = await Five.open();
  await five.away('c', 2, 'a');
  const device = await five.device('device');
  device.send(publishOf('a', 'lost', { qos: 1, packetId: 1 }));
  await device.received();
  const again = await five.dial();
  t.match(await again.connect('c', { cleanStart: true }), [{ sessionPresent: false }]);
  device.send(publishOf('a', 'too', { qos: 1, packetId: 2 }));
  t.same(await again.received(), [], 'neither message nor subscription');
});

t.test('a session ends with its connection where the expiry interval is 0 or absent [MQTT-4.1.0-2]', async (t) => {
  const five = await Five.open();
  for (const properties of [{}, { sessionExpiryInterval: 0 }]) {
    const first = await five.device('c', { cleanStart: false, properties });
    first.send(subscribeOf(1, 1, 'a'));
    await first.received();
    first.cut();
    await five.world.clock.settle();
    t.equal(five.broker.status.sessions, 0);
    const second = await five.dial();
    t.match(await second.connect('c', { cleanStart: false }), [{ sessionPresent: false }]);
    second.cut();
  }
});

t.test('a session is kept for its expiry interval, and no longer [MQTT-3.1.2-23] [MQTT-4.1.0-2]', async (t) => {
  const five = await Five.open();
  const { clock } = five.world;
  const properties = { sessionExpiryInterval: 10 };
  (await five.device('c', { cleanStart: false, properties })).cut();
  await clock.advance(9_900);
  const second = await five.dial();
  t.match(await second.connect('c', { cleanStart: false, properties }), [{ sessionPresent: true }]);
  await clock.advance(60_000);
  t.equal(five.broker.status.sessions, 1, 'connected, it does not expire [MQTT-4.1.0-1]');
  second.cut();
  await clock.advance(11_000);
  t.equal(five.broker.status.sessions, 0);
});

t.test('a session whose time has passed is gone, whether or not anybody has looked [MQTT-4.1.0-2]', async (t) => {
  const five = await Five.open({ sweepIntervalMs: 60_000 });
  (await five.device('c', { cleanStart: false, properties: { sessionExpiryInterval: 3 } })).cut();
  await five.world.clock.advance(3_001);
  const second = await five.dial();
  t.match(await second.connect('c', { cleanStart: false }), [{ sessionPresent: false }]);
});

t.test('the interval 0xffffffff keeps a session for as long as the broker allows, which it tells', async (t) => {
  const five = await Five.open({ sessionExpiryMax: 100 });
  const peer = await five.dial();
  const properties = { sessionExpiryInterval: 0xffff_ffff };
  t.match(await peer.connect('c', { properties }), [{ properties: { sessionExpiryInterval: 100 } }]);
  peer.cut();
  await five.world.clock.advance(99_000);
  t.equal(five.broker.status.sessions, 1);
  await five.world.clock.advance(2_000);
  t.equal(five.broker.status.sessions, 0);
});

t.test('DISCONNECT changes the expiry interval [MQTT-3.1.2-23] [MQTT-4.1.0-2]', async (t) => {
  const five = await Five.open();
  const { clock } = five.world;
  const longer = await five.device('longer', { properties: { sessionExpiryInterval: 5 } });
  longer.send(disconnectOf(0, { sessionExpiryInterval: 50 }));
  const shorter = await five.device('shorter', { properties: { sessionExpiryInterval: 500 } });
  shorter.send(disconnectOf(0, { sessionExpiryInterval: 0 }));
  await clock.advance(40_000);
  const [one, other] = [await five.dial(), await five.dial()];
  t.match(await one.connect('longer', { cleanStart: false }), [{ sessionPresent: true }]);
  t.match(await other.connect('shorter', { cleanStart: false }), [{ sessionPresent: false }]);
});

t.test('DISCONNECT cannot prolong a session that CONNECT let end with the connection', async (t) => {
  const five = await Five.open();
  const peer = await five.device('c');
  peer.send(disconnectOf(0, { sessionExpiryInterval: 5 }));
  t.match(await peer.received(), [{ type: 14, reasonCode: 0x82 }]);
  t.ok(peer.isClosed);
  t.equal(five.broker.status.sessions, 0);
});

t.test('taken over, the older connection gets DISCONNECT 0x8E, and its session goes on [MQTT-3.1.4-3]', async (t) => {
  const five = await Five.open();
  const first = await five.device('c', kept);
  first.send(subscribeOf(1, 1, 'a'));
  await first.received();
  const second = await five.dial();
  t.match(await second.connect('c', kept), [{ sessionPresent: true }]);
  const bye = await first.receivedHex();
  t.match(bye[0], /^e0..8e/);
  t.equal(bye.length, 1);
  t.ok(first.isClosed);
  const device = await five.device('device');
  device.send(publishOf('a', 'x', { qos: 1, packetId: 1 }));
  t.same(payloads(await second.received()), ['x']);
  t.equal(five.broker.status.connections, 2);
});

t.test(
  'taken over in the midst of a flow, the flow goes on at the newer connection [MQTT-4.4.0-1] [MQTT-3.1.4-3]',
  async (t) => {
    const five = await Five.open();
    const first = await five.device('c', kept);
    first.send(subscribeOf(1, 2, 'a'));
    await first.received();
    const device = await five.device('device');
    device.send(publishOf('a', 'x', { qos: 2, packetId: 1 }));
    t.match(await first.received(), [{ dup: false, packetId: 1 }]);
    const second = await five.dial();
    t.match(await second.connect('c', kept), [{ type: 2 }, { dup: true, packetId: 1, qos: 2 }]);
    second.send(ackOf(5, 1));
    t.match(await second.received(), [{ type: 6, packetId: 1 }]);
  },
);

t.test(
  'a session keeps its QoS 2 receipts: a repeat on the next connection is known [MQTT-4.1.0-1] [MQTT-4.3.3-10]',
  async (t) => {
    const five = await Five.open();
    const listener = await five.listener('listener', 0, '#');
    const first = await five.device('c', kept);
    first.send(publishOf('a', 'x', { qos: 2, packetId: 5 }));
    await first.received();
    first.cut();
    const second = await five.device('c', kept);
    second.send(publishOf('a', 'x', { qos: 2, packetId: 5, dup: true }));
    t.same(await second.receivedHex(), ['50020005']);
    t.same(payloads(await listener.received()), ['x']);
  },
);
