// The doors of a broker: limits of each listener, what those hear who may not stay, rates that slow a device down, and
// doors that are opened, changed and closed while the others are open.
import fc from 'fast-check';
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { accessDefaults } from '../../../src/access/access-options.ts';
import { TokenBucket } from '../../../src/base/token-bucket.ts';
import type { ListenerOptions } from '../../../src/broker/listener-options.ts';
import { Refusals } from '../../../src/broker/refusals.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf, World } from '../../kit/world.ts';

const { v31, v311, v5 } = ProtocolVersion;

function listener(name: string, port: number, more: Partial<ListenerOptions> = {}): ListenerOptions {
  return { name, host: '127.0.0.1', port, ...more };
}

/** The reason code of the CONNACK that a CONNECT brings. */
async function codeFor(peer: RawPeer, clientId: string): Promise<number | undefined> {
  const [first] = await peer.connect(clientId);
  return first?.type === PacketType.connack ? first.reasonCode : undefined;
}

t.test('a version that a listener does not serve is refused there, with 0x84 or 1, and served elsewhere', async (t) => {
  const world = new World();
  await world.openBroker({
    listeners: [
      listener('old', 1, { limits: { versions: [v31, v311] } }),
      listener('new', 2, { limits: { versions: [v5] } }),
      listener('all', 3),
    ],
  });
  for (const [version, port, code] of [
    [v5, 1, ReasonCode.unsupportedProtocolVersion],
    [v311, 1, 0],
    [v31, 1, 0],
    [v5, 2, 0],
    [v311, 2, ReasonCode.unsupportedProtocolVersion],
    [v5, 3, 0],
    [v31, 3, 0],
  ] as const) {
    const peer = await world.dial(version, port);
    t.equal(await codeFor(peer, `c${version}${port}`), code, `version ${version} on ${port}`);
    t.equal(peer.isClosed, code !== 0);
  }
});

t.test(
  'a listener says for itself whether devices without user name may come, also when the rules change',
  async (t) => {
    const world = new World();
    const users = [{ username: 'u', password: 'p' }];
    const access = { ...accessDefaults, users, isAnonymousAllowed: false };
    const broker = await world.openBroker({
      access,
      listeners: [listener('inside', 1, { limits: { isAnonymousAllowed: true } }), listener('outside', 2)],
    });
    const inside = await world.dial(v5, 1);
    t.equal(await codeFor(inside, 'inside'), 0);
    t.equal(await codeFor(await world.dial(v5, 2), 'outside'), ReasonCode.notAuthorized);
    broker.updateAccess({ ...access, isAnonymousAllowed: true });
    const outside = await world.dial(v5, 2);
    t.equal(await codeFor(outside, 'outside'), 0);
    broker.updateAccess(access);
    await world.clock.settle();
    t.same([inside.isClosed, outside.isClosed], [false, true], 'only who came where it is not allowed must go');
  },
);

t.test('keep-alive has its bounds, QoS and aliases their maximum on each listener [MQTT-3.2.2-21]', async (t) => {
  const world = new World();
  const limits = { keepAliveSMin: 20, keepAliveSMax: 60, maximumQos: 1, topicAliasMaximum: 3 } as const;
  await world.openBroker({ listeners: [listener('bounded', 1, { limits }), listener('free', 2)] });
  for (const [port, asked, serverKeepAlive] of [
    [1, 5, 20],
    [1, 30, undefined],
    [1, 600, 60],
    [1, 0, 60],
    [2, 5, undefined],
    [2, 0, undefined],
  ] as const) {
    const peer = await world.dial(v5, port);
    const [connack] = await peer.connect(`d${port}${asked}`, { keepAlive: asked });
    const properties = connack?.type === PacketType.connack ? connack.properties : {};
    t.equal(properties.serverKeepAlive, serverKeepAlive, `${asked} seconds on ${port}`);
    t.same([properties.maximumQos, properties.topicAliasMaximum], port === 1 ? [1, 3] : [undefined, 100]);
  }
  await world.openBroker({ keepAliveSMin: 20, listeners: [listener('least', 3)] });
  const asIs = await world.dial(v5, 3);
  t.match(await asIs.connect('none', { keepAlive: 0 }), [{ properties: { serverKeepAlive: undefined } }]);
});

t.test('packet size and time for CONNECT are those of the listener', async (t) => {
  const world = new World();
  const limits = { maximumPacketSize: 200, connectTimeoutMs: 1000 };
  await world.openBroker({ listeners: [listener('small', 1, { limits }), listener('main', 2)] });
  const peers = [await world.dial(v5, 1), await world.dial(v5, 2)];
  for (const peer of peers) {
    await peer.connect(`c${peers.indexOf(peer)}`);
    peer.send(publishOf('a', 'x'.repeat(300)));
    await peer.received();
  }
  t.same(
    peers.map(({ isClosed }) => isClosed),
    [true, false],
  );
  const silent = [await world.dial(v5, 1), await world.dial(v5, 2)];
  await world.clock.advance(2000);
  t.same(
    silent.map(({ isClosed }) => isClosed),
    [true, false],
  );
});

t.test(
  'a connection over the number or the rate of its listener hears why in its version, and is counted by reason',
  async (t) => {
    const world = new World();
    const broker = await world.openBroker({
      listeners: [
        listener('few', 1, { connectionsMax: 1 }),
        listener('slow', 2, { connectionRate: { perSecond: 1, burst: 2 } }),
      ],
    });
    const first = await world.dial(v5, 1);
    t.equal(await codeFor(first, 'first'), 0);
    t.equal(await codeFor(await world.dial(v5, 1), 'second'), ReasonCode.serverBusy);
    t.equal(await codeFor(await world.dial(v311, 1), 'third'), ReasonCode.serverUnavailable);
    for (const code of [0, 0, ReasonCode.connectionRateExceeded]) {
      const peer = await world.dial(v5, 2);
      t.equal(await codeFor(peer, `rate${code}`), code);
      t.equal(peer.isClosed, code !== 0);
    }
    t.equal(await codeFor(await world.dial(v31, 2), 'old'), ReasonCode.serverUnavailable);
    await world.clock.advance(1000);
    t.equal(await codeFor(await world.dial(v5, 2), 'later'), 0, 'a second later there is room for one');
    t.match(broker.status, { connectionsTurnedAway: 4, refused: { connections: 2, rate: 2 } });
    t.match(
      world.log.lines.filter((line) => line.includes('connection turned away')),
      [/1 connections are open/, /1 conn/, /more than 1 connections a second/, /a second/],
    );
    first.cut();
    await world.clock.advance(1);
    t.equal(await codeFor(await world.dial(v5, 1), 'again'), 0, 'who goes makes room');
  },
);

t.test('who is turned away and says nothing is closed, and only so many are told at a time', async (t) => {
  const world = new World();
  await world.openBroker({ listeners: [listener('few', 1, { connectionsMax: 0 })] });
  const peers = await Promise.all(Array.from({ length: 101 }, () => world.dial(v5, 1)));
  await world.clock.settle();
  t.equal(peers.filter(({ isClosed }) => isClosed).length, 1);
  await world.clock.advance(2500);
  t.equal(peers.filter(({ isClosed }) => isClosed).length, 101);
});

for (const [what, rates] of [
  ['messages', { messageRate: { perSecond: 10, burst: 20 } }],
  ['bytes', { byteRate: { perSecond: 300, burst: 600 } }],
] as const) {
  t.test(
    `a device over its rate of ${what} is read more slowly, not disconnected, and nobody else notices`,
    async (t) => {
      const world = new World();
      world.net.chunkBytes = 30;
      const broker = await world.openBroker({ listeners: [listener('main', 1), listener('slow', 2, rates)] });
      const hearer = await world.dial(v5, 1);
      await hearer.connect('hearer');
      hearer.send(subscribeOf(1, 1, '#'));
      await hearer.received();
      const count = async (): Promise<number> => {
        const packets = await hearer.receivedOf(PacketType.publish);
        hearer.send(...packets.filter(({ qos }) => qos > 0).map(({ packetId }) => ackOf(4, packetId)));
        return packets.length;
      };
      const device = await world.dial(v5, 2);
      await device.connect('device');
      // 30 bytes each
      device.send(
        ...Array.from({ length: 100 }, (_one, index) =>
          publishOf('abcdef', `${index}`.padEnd(17, '.'), { qos: 1, packetId: index + 1 }),
        ),
      );
      let heard = await count();
      t.ok(heard >= 18 && heard <= 22, `${heard} at once`);
      for (let second = 1; second <= 3; second++) {
        await world.clock.advance(1000);
        heard += await count();
        t.ok(Math.abs(heard - 20 - second * 10) <= 2, `${heard} after ${second} seconds`);
      }
      const other = await world.dial(v5, 1);
      await other.connect('other');
      other.send(...Array.from({ length: 50 }, () => publishOf('b', 'y')));
      t.equal(await count(), 50, 'another listener has no rate');
      await world.clock.advance(10_000);
      heard += await count();
      t.equal(heard, 100, 'all of it in the end');
      t.equal(device.isClosed, false);
      t.ok(broker.status.readPauses > 0);
    },
  );
}

t.test(
  'listeners are opened, changed and closed while others are open, and only who came through a closed one goes',
  async (t) => {
    const world = new World();
    const stays = listener('stays', 1);
    const broker = await world.openBroker({ listeners: [stays, listener('goes', 2), listener('moves', 3)] });
    const at = async (port: number, clientId: string): Promise<RawPeer> => {
      const peer = await world.dial(v5, port);
      await peer.connect(clientId);
      return peer;
    };
    const [one, two, three] = [await at(1, 'one'), await at(2, 'two'), await at(3, 'three')];
    await broker.updateListeners([{ ...stays, connectionsMax: 1 }, listener('moves', 4), listener('comes', 5)]);
    t.match(await two.received(), [{ type: PacketType.disconnect, reasonCode: ReasonCode.administrativeAction }]);
    t.same([one.isClosed, two.isClosed, three.isClosed], [false, true, false]);
    t.equal(await codeFor(await world.dial(v5, 1), 'over'), ReasonCode.serverBusy, 'the new limit counts who is there');
    t.equal(await codeFor(await world.dial(v5, 4), 'moved'), 0);
    t.equal(await codeFor(await world.dial(v5, 5), 'new'), 0);
    for (const port of [2, 3]) await t.rejects(world.dial(v5, port), { code: 'ERR_LINK_CONNECT' });
    t.same(
      broker.listeners.map(({ name, port, connections }) => [name, port, connections]),
      [
        ['stays', 1, 1],
        ['moves', 4, 2],
        ['comes', 5, 1],
      ],
    );
  },
);

t.test('a listener that cannot be as configured stays as it was, and that is told', async (t) => {
  const world = new World();
  const broker = await world.openBroker({ listeners: [listener('a', 1), listener('b', 2)] });
  await broker.updateListeners([listener('a', 2), listener('b', 2), listener('c', 2)]);
  t.equal(await codeFor(await world.dial(v5, 1), 'still'), 0);
  t.same(
    broker.listeners.map(({ name, port }) => [name, port]),
    [
      ['a', 1],
      ['b', 2],
    ],
  );
  t.match(
    world.log.lines.filter((line) => line.startsWith('error')),
    [/cannot be as configured.*port 2 is in use/, /cannot be/],
  );
});

t.test('a bucket lets through its burst and then its rate, whatever the moments and the amounts', async (t) => {
  const steps = fc.array(fc.record({ afterMs: fc.nat(3000), count: fc.nat(50) }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), steps, (perSecond, burst, all) => {
      const bucket = new TokenBucket({ perSecond, burst }, 0);
      let now = 0;
      let spent = 0;
      for (const { afterMs, count } of all) {
        now += afterMs;
        const before = spent;
        const delayMs = bucket.spend(count, now);
        spent += count;
        const most = burst + (now / 1000) * perSecond;
        if (delayMs === 0 && spent > most + 1e-6) throw new Error(`${spent} of ${most} were let through`);
        if (delayMs > 0 && before > most + 1e-6) throw new Error('it was let on while it was overdrawn');
        now += delayMs;
      }
    }),
  );
  const bucket = new TokenBucket({ perSecond: 2, burst: 1 }, 0);
  t.same([bucket.take(0), bucket.take(100), bucket.take(600), bucket.take(600)], [true, false, true, false]);
});

t.test('a flood of refusals is counted whole and told in a few lines', async (t) => {
  const world = new World();
  const refusals = new Refusals(world.log, world.clock);
  for (let index = 0; index < 500; index++) refusals.add('tls', 'ssl.default', '192.0.2.7', 'no TLS');
  t.equal(refusals.counts.of('tls'), 500);
  t.equal(world.log.lines.length, 20);
  await world.clock.advance(10_000);
  refusals.add('tls', 'ssl.default', '192.0.2.7', 'no TLS');
  t.match(world.log.lines.slice(20), [/more connections were turned away {"count":480}/, /no TLS/]);
});
