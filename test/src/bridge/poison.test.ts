// A message on which the remote hangs up each time: it is found, goes alone, and is set aside when others pass while it
// does not; the others go on in their order. A remote that hangs up on everything costs no message.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { Bridge } from '../../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, type RawPeer, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const backoff = { delayMsMin: 100, delayMsMax: 200, stableMs: 10_000 };

/** Hangs up on some payloads, before it answers those or anything behind them. */
function hangUp(peer: RawPeer, isBad: (payload: string) => boolean): void {
  const answer = peer.onPacket;
  let isOver = false;
  peer.onPacket = (packet) => {
    if (packet.type === PacketType.publish && isBad(packet.payload.toString())) isOver = true;
    if (isOver) peer.cut();
    else answer?.(packet);
  };
}

interface Poisoned {
  readonly world: World;
  readonly remote: Remote;
  readonly bridge: Bridge;
  /** Payloads on which the remote hangs up now. */
  isBad: (payload: string) => boolean;
}

async function poisoned(
  version: ProtocolVersion,
  sessionPresent: boolean,
  more: Partial<BridgeSettings> = {},
): Promise<Poisoned> {
  const world = new World();
  const remote = new Remote();
  remote.sessionPresent = sessionPresent;
  const poison = { isBad: (payload: string): boolean => payload.startsWith('bad') };
  await world.listen(version, 9000, (peer) => {
    remote.take(peer);
    hangUp(peer, (payload) => poison.isBad(payload));
  });
  const bridge = openBridge(world, { version, keepAlive: 0, poisonLossesMax: 2, backoff, ...more });
  await world.clock.settle();
  return Object.assign(poison, { world, remote, bridge });
}

for (const version of [v311, v5]) {
  for (const isPresent of [true, false]) {
    for (const qos of [1, 2] as const) {
      const name = `${version === v5 ? '5.0' : '3.1.1'}, QoS ${qos}, ${isPresent ? 'session kept' : 'session lost'}`;
      t.test(`${name}: a message that costs the link is isolated, and the others arrive in order, once`, async (t) => {
        const { world, remote, bridge } = await poisoned(version, isPresent);
        const news: string[] = [];
        const connects = remote.connects.length;
        bridge.news.listen((kind, text) => news.push(`${kind}: ${text}`));
        for (const payload of ['1', '2', 'bad', '3', '4', '5']) publishLocally(world, `up/${payload}`, payload, qos);
        await world.clock.advance(120_000);
        t.same(remote.payloads, ['1', '2', '3', '4', '5']);
        const letters = [...bridge.delivery.deadLetters.list()];
        t.match(letters, [{ reason: 'poison', message: { topic: 'up/bad' } }]);
        t.equal(letters.length, 1);
        t.match(bridge.status.forwards, [{ received: 6, delivered: 5, queued: 0, dropped: { 'dead-letter': 1 } }]);
        t.match(news, [/poison: the remote hangs up on a message to up\/bad/]);
        t.equal(remote.connects.length - connects, 5, 'four were lost for it, and one was left to try it again');
        publishLocally(world, 'up/6', '6', qos);
        await world.clock.advance(100);
        t.equal(remote.payloads.at(-1), '6');
        bridge.destroy();
      });
    }
  }
}

for (const isPresent of [true, false]) {
  const name = isPresent ? 'session kept' : 'session lost';
  t.test(`${name}: what has the key of a suspect stays behind it, and overtakes it only when it is gone`, async (t) => {
    const poison = await poisoned(v5, isPresent);
    const { world, remote, bridge } = poison;
    poison.isBad = (payload) => payload === 'bad';
    for (const [topic, payload] of [
      ['up/x', 'bad'],
      ['up/x', 'x1'],
      ['up/y', 'y1'],
    ] as const)
      publishLocally(world, topic, payload);
    for (let ms = 0; remote.payloads.length === 0 && ms < 60_000; ms += 10) await world.clock.advance(10);
    publishLocally(world, 'up/x', 'x2');
    t.same(remote.payloads, ['y1'], 'others pass first');
    t.equal(bridge.delivery.deadLetters.status.added, 0);
    poison.isBad = () => false;
    await world.clock.advance(60_000);
    t.same(remote.payloads, ['y1', 'bad', 'x1', 'x2'], 'it proved itself, and was before those of its topic');
    t.match(bridge.status, { queueDepth: 0, deadLetters: { added: 0 } });

    poison.isBad = (payload) => payload === 'bad';
    publishLocally(world, 'up/x', 'bad');
    for (let number = 3; number < 9; number++) {
      publishLocally(world, 'up/x', `x${number}`);
      publishLocally(world, 'up/y', `y${number}`);
    }
    await world.clock.advance(120_000);
    const numbersOf = (topic: string) => remote.payloads.filter((payload) => payload.startsWith(topic));
    t.same(numbersOf('x'), ['x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7', 'x8']);
    t.same(numbersOf('y'), ['y1', 'y3', 'y4', 'y5', 'y6', 'y7', 'y8']);
    t.match(bridge.status, { queueDepth: 0, deadLetters: { added: 1 } });
    bridge.destroy();
  });
}

t.test('what has one partition stays together too, whatever its topics are', async (t) => {
  const forwards = [{ localTopic: 'up/+/#', remoteTopic: '' }];
  const { world, remote, bridge } = await poisoned(v5, true, { laneOrder: '$1', forwards });
  publishLocally(world, 'up/a/1', 'bad');
  publishLocally(world, 'up/a/2', 'a');
  publishLocally(world, 'up/b/3', 'b');
  for (let ms = 0; remote.payloads.length === 0 && ms < 60_000; ms += 10) await world.clock.advance(10);
  t.same(remote.payloads, ['b']);
  await world.clock.advance(60_000);
  publishLocally(world, 'up/b/3', 'c');
  await world.clock.advance(60_000);
  t.same(remote.payloads, ['b', 'c', 'a']);
  t.match(bridge.status, { queueDepth: 0, deadLetters: { added: 1 } });
  bridge.destroy();
});

for (const isPresent of [true, false]) {
  const name = isPresent ? 'session kept' : 'session lost';
  t.test(`${name}: a remote that hangs up on everything costs no message, for however long`, async (t) => {
    const slow = { delayMsMin: 1000, delayMsMax: 5000, stableMs: 10_000 };
    const poison = await poisoned(v311, isPresent, { backoff: slow });
    const { world, remote, bridge } = poison;
    for (const round of [1, 2, 3]) {
      poison.isBad = () => true;
      for (let number = 0; number < 12; number++) publishLocally(world, `up/${number}`, `${round}:${number}`);
      await world.clock.advance(300_000);
      t.match(bridge.status, { queueDepth: 12, deadLetters: { added: 0 } });
      poison.isBad = () => false;
      await world.clock.advance(120_000);
      t.match(bridge.status, { queueDepth: 0, deadLetters: { added: 0 } });
      t.same(new Set(remote.payloads).size, 12 * round);
    }
    bridge.destroy();
  });
}

t.test('several of them one behind the other are set aside, each by itself', async (t) => {
  const { world, remote, bridge } = await poisoned(v5, true);
  for (const payload of ['bad1', 'bad2', 'bad3', 'good']) publishLocally(world, `up/${payload}`, payload);
  for (let number = 0; number < 20; number++) publishLocally(world, 'up/rest', String(number));
  await world.clock.advance(300_000);
  t.match(bridge.status, { queueDepth: 0, deadLetters: { added: 3 } });
  t.same(remote.payloads, ['good', ...Array.from({ length: 20 }, (_, number) => String(number))]);
  bridge.destroy();
});

t.test('where nothing else goes over the link it is tried for ever, and every half minute at least', async (t) => {
  const poison = await poisoned(v5, true);
  const { world, remote, bridge } = poison;
  publishLocally(world, 'up/a', 'bad');
  publishLocally(world, 'up/a', 'good');
  await world.clock.advance(600_000);
  t.match(bridge.status, { queueDepth: 2, deadLetters: { added: 0 } });
  t.ok(remote.connects.length > 20, `${remote.connects.length} connections`);
  poison.isBad = () => false;
  await world.clock.advance(60_000);
  t.same(remote.payloads, ['bad', 'good']);
  bridge.destroy();
});

t.test('a link that breaks for other reasons costs no message, however often, as long as it gets on', async (t) => {
  const world = new World();
  const remote = new Remote();
  remote.sessionPresent = true;
  await remote.open(world, v5);
  const bridge = openBridge(world, { keepAlive: 0, poisonLossesMax: 2, backoff });
  await world.clock.settle();
  for (let round = 0; round < 6; round++) {
    remote.isAnswering = false;
    publishLocally(world, 'up/a', String(round));
    await world.clock.settle();
    remote.peer.cut();
    remote.isAnswering = true;
    await world.clock.advance(30_000);
  }
  t.match(bridge.status, { queueDepth: 0, deadLetters: { added: 0 } });
  bridge.destroy();
});

t.test('after two losses the window opens for the suspect alone, and for all when it did no harm', async (t) => {
  const world = new World();
  const remote = new Remote();
  remote.sessionPresent = true;
  remote.isAnswering = false;
  await remote.open(world, v5);
  const bridge = openBridge(world, { keepAlive: 0, backoff, acknowledgeTimeoutMs: 0 });
  await world.clock.settle();
  for (const payload of ['1', '2', '3']) publishLocally(world, 'up/a', payload);
  await world.clock.settle();
  remote.peer.cut();
  await world.clock.advance(30_000);
  t.same(remote.payloads.slice(3), ['1', '2', '3'], 'once may happen');
  remote.peer.cut();
  await world.clock.advance(30_000);
  t.same(remote.payloads.slice(6), ['1']);
  t.match(world.log.lines.join('\n'), /it is sent alone .*up\/a/);
  const { peer } = remote;
  remote.isAnswering = true;
  peer.send({
    type: PacketType.puback,
    packetId: remote.published.at(-1)?.packetId ?? 0,
    reasonCode: 0,
    properties: {},
  });
  await world.clock.advance(1000);
  t.same(remote.payloads.slice(6), ['1', '2', '3']);
  t.match(bridge.status, { queueDepth: 0, deadLetters: { added: 0 } });
  bridge.destroy();
});

t.test('a server that says why it ends a connection accuses no message; nor does one that keeps silent', async (t) => {
  const world = new World();
  const remote = new Remote();
  remote.sessionPresent = true;
  remote.isAnswering = false;
  await remote.open(world, v5);
  const bridge = openBridge(world, { keepAlive: 0, poisonLossesMax: 2, backoff, acknowledgeTimeoutMs: 5000 });
  await world.clock.settle();
  publishLocally(world, 'up/a', '1');
  publishLocally(world, 'up/b', '2');
  for (let round = 0; round < 3; round++) {
    remote.peer.send({ type: PacketType.disconnect, reasonCode: 0x8b, properties: {} });
    await world.clock.advance(4000);
  }
  await world.clock.advance(120_000);
  t.match(bridge.status, { queueDepth: 2, underway: 2, deadLetters: { added: 0 } });
  bridge.destroy();
});

t.test('a suspicion outlives the process', async (t) => {
  const kept = new KeptWorld();
  const remote = new Remote();
  remote.sessionPresent = true;
  await kept.world.listen(v5, 9000, (peer) => {
    remote.take(peer);
    hangUp(peer, (payload) => payload === 'bad');
  });
  const bridge = { keepAlive: 0, backoff: { delayMsMin: 5000, delayMsMax: 5000, stableMs: 10_000 } };
  const first = await kept.start({ bridge });
  await kept.world.clock.advance(300);
  const device = await kept.world.dial(v5);
  await device.connect('device');
  for (const [packetId, payload] of [
    [1, 'bad'],
    [2, 'good'],
  ] as const) {
    device.send(publishOf(`up/${payload}`, payload, { qos: 1, packetId }));
  }
  await kept.world.clock.advance(1000);
  t.match(first.bridge?.status, { queueDepth: 2, deadLetters: { count: 0 } });
  const connects = remote.connects.length;
  await kept.start({ crash: 'kill', bridge });
  await kept.world.clock.advance(1000);
  t.equal(remote.connects.length, connects + 1, 'it is lost for the second time');
  const last = await kept.start({ crash: 'kill', bridge });
  await kept.world.clock.advance(1000);
  t.equal(remote.connects.length, connects + 2, 'and for the third, since the message went alone');
  await kept.world.clock.advance(5000);
  t.same(remote.payloads, ['good'], 'so that others go before it at once');
  const again = await kept.world.dial(v5);
  await again.connect('device');
  again.send(publishOf('up/more', 'more', { qos: 1, packetId: 3 }));
  await kept.world.clock.advance(60_000);
  t.match(last.bridge?.status, { queueDepth: 0 });
  t.same(remote.payloads, ['good', 'more']);
  t.match([...(last.bridge?.delivery.deadLetters.list() ?? [])], [{ reason: 'poison' }]);
  last.bridge?.destroy();
});

t.test('a bridge that is told not to watch tries for ever', async (t) => {
  const { world, bridge } = await poisoned(v5, true, { poisonLossesMax: 0 });
  publishLocally(world, 'up/a', 'bad');
  publishLocally(world, 'up/b', 'good');
  await world.clock.advance(120_000);
  t.match(bridge.status, { queueDepth: 2, deadLetters: { added: 0 } });
  bridge.destroy();
});
