// A message on which the remote hangs up each time: it is found, goes alone, and is set aside;
// the others go on.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { Bridge } from '../../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { type RawPeer, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const backoff = { delayMsMin: 100, delayMsMax: 200, stableMs: 10_000 };

/** Hangs up on what has the payload `bad`, before it answers that or anything behind it. */
function hangUp(peer: RawPeer): void {
  const answer = peer.onPacket;
  let isOver = false;
  peer.onPacket = (packet) => {
    if (packet.type === PacketType.publish && packet.payload.toString() === 'bad') isOver = true;
    if (isOver) peer.cut();
    else answer?.(packet);
  };
}

async function poisoned(
  version: ProtocolVersion,
  sessionPresent: boolean,
  more: Partial<BridgeSettings> = {},
): Promise<{ world: World; remote: Remote; bridge: Bridge }> {
  const world = new World();
  const remote = new Remote();
  remote.sessionPresent = sessionPresent;
  await world.listen(version, 9000, (peer) => {
    remote.take(peer);
    hangUp(peer);
  });
  const bridge = openBridge(world, { version, keepAlive: 0, poisonLossesMax: 2, backoff, ...more });
  await world.clock.settle();
  return { world, remote, bridge };
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
        await world.clock.advance(60_000);
        const arrived = remote.payloads.filter((payload) => payload !== 'bad');
        t.same(arrived, ['1', '2', '3', '4', '5']);
        const letters = [...bridge.delivery.deadLetters.list()];
        t.match(letters, [{ reason: 'poison', message: { topic: 'up/bad' } }]);
        t.equal(letters.length, 1);
        t.match(bridge.status.forwards, [{ received: 6, delivered: 5, queued: 0, dropped: { 'dead-letter': 1 } }]);
        t.match(news, [/poison: the remote hangs up on a message to up\/bad/]);
        t.equal(remote.connects.length - connects, 3, 'three connections were lost for it');
        publishLocally(world, 'up/6', '6', qos);
        await world.clock.advance(100);
        t.equal(remote.payloads.at(-1), '6');
        bridge.destroy();
      });
    }
  }
}

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
  const bridge = openBridge(world, { keepAlive: 0, poisonLossesMax: 2, backoff, acknowledgeTimeoutMs: 0 });
  await world.clock.settle();
  for (const payload of ['1', '2', '3']) publishLocally(world, 'up/a', payload);
  await world.clock.settle();
  remote.peer.cut();
  await world.clock.advance(30_000);
  t.same(remote.payloads.slice(3), ['1', '2', '3'], 'once may happen');
  remote.peer.cut();
  await world.clock.advance(30_000);
  t.same(remote.payloads.slice(6), ['1']);
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
  for (let round = 0; round < 3; round++) {
    remote.peer.send({ type: PacketType.disconnect, reasonCode: 0x8b, properties: {} });
    await world.clock.advance(4000);
  }
  await world.clock.advance(120_000);
  t.match(bridge.status, { queueDepth: 1, deadLetters: { added: 0 } });
  bridge.destroy();
});

t.test('a suspicion outlives the process', async (t) => {
  const kept = new KeptWorld();
  const remote = new Remote();
  remote.sessionPresent = true;
  await kept.world.listen(v5, 9000, (peer) => {
    remote.take(peer);
    hangUp(peer);
  });
  const bridge = {
    keepAlive: 0,
    poisonLossesMax: 2,
    backoff: { delayMsMin: 5000, delayMsMax: 5000, stableMs: 10_000 },
  };
  const first = await kept.start({ bridge });
  await kept.world.clock.advance(300);
  const device = await kept.world.dial(v5);
  await device.connect('device');
  for (const [packetId, payload] of [
    [1, 'bad'],
    [2, 'good'],
  ] as const) {
    const publish = {
      type: PacketType.publish,
      topic: 'up/a',
      payload: Buffer.from(payload),
      qos: 1,
      packetId,
    } as const;
    device.send({ ...publish, dup: false, retain: false, properties: {} });
  }
  await kept.world.clock.advance(1000);
  t.match(first.bridge?.status, { queueDepth: 2, deadLetters: { count: 0 } });
  for (let round = 0; round < 2; round++) {
    await kept.start({ crash: 'kill', bridge });
    await kept.world.clock.advance(1000);
  }
  const last = await kept.start({ crash: 'kill', bridge });
  await kept.world.clock.advance(7000);
  t.match(last.bridge?.status, { queueDepth: 0 });
  t.same(
    [...new Set(remote.payloads)].filter((payload) => payload !== 'bad'),
    ['good'],
  );
  t.match([...(last.bridge?.delivery.deadLetters.list() ?? [])], [{ reason: 'poison' }]);
});

t.test('a bridge that is told not to watch tries for ever', async (t) => {
  const { world, bridge } = await poisoned(v5, true, { poisonLossesMax: 0 });
  publishLocally(world, 'up/a', 'bad');
  await world.clock.advance(120_000);
  t.match(bridge.status, { queueDepth: 1, deadLetters: { added: 0 } });
  bridge.destroy();
});
