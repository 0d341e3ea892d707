// Messages that could go round: over two and three brokers of ours in every direction, and at 3.x remotes that send
// back what they get. And how a bridge tells that it is connected.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import { Router } from '../../../src/router/router.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, type RawPeer, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const all = {
  forwards: [{ localTopic: '#', remoteTopic: '' }],
  subscriptions: [{ remoteTopic: '#', localTopic: '', qos: 1 }],
} as const;

/** Brokers with a router each, and bridges between them as `edges` say. */
async function ring(
  edges: readonly (readonly [from: number, to: number])[],
  more: Partial<BridgeSettings>,
  versionOf: (from: number, to: number) => ProtocolVersion = () => v5,
) {
  const world = new World();
  const routers = [new Router(), new Router(), new Router()];
  const came = routers.map((): string[] => []);
  for (const [index, router] of routers.entries()) {
    await world.openBroker({}, 2000 + index, router);
    const listener = {
      origin: new Origin('application', `listener${index}`),
      isReady: true,
      deliver: (message: Message) => void came[index]?.push(message.topic),
    };
    router.subscribe(listener, '#', { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 });
  }
  const bridges = edges.map(([from, to]) => {
    const router = routers[from] ?? new Router();
    return world.openBridge(
      {
        name: `b${from}${to}`,
        clientId: `b${from}${to}`,
        remote: { host: '127.0.0.1', port: 2000 + to },
        version: versionOf(from, to),
        ...more,
      },
      { router, brokerId: `broker${from}` },
    );
  });
  await world.clock.advance(1000);
  const publish = (index: number, topic: string): void => {
    const origin = new Origin('device', 'device');
    const message = new Message({ topic, payload: Buffer.from('x'), qos: 1, retain: false, origin });
    routers[index]?.publish(message, new Acceptance({ accepted: () => undefined }, 1));
  };
  return { world, came, bridges, publish };
}

for (const [what, edges] of [
  ['two brokers with a bridge', [[0, 1]]],
  [
    'two brokers with a bridge each',
    [
      [0, 1],
      [1, 0],
    ],
  ],
  [
    'three brokers in a ring',
    [
      [0, 1],
      [1, 2],
      [2, 0],
    ],
  ],
  [
    'three brokers with all bridges',
    [
      [0, 1],
      [1, 2],
      [2, 0],
      [1, 0],
      [2, 1],
      [0, 2],
    ],
  ],
] as const) {
  t.test(`# both ways, ${what}: everybody gets the message, and then it is quiet`, async (t) => {
    const { world, came, bridges, publish } = await ring(edges, all);
    publish(0, 'a');
    publish(1, 'b');
    await world.clock.advance(5000);
    const counts = came.map(({ length }) => length);
    const members = new Set(edges.flat());
    for (const index of members) t.same([...new Set(came[index])].sort(), ['a', 'b'], `broker ${index} has both`);
    t.ok(
      counts.every((count) => count < 2 * 6 * 8),
      `no flood: ${counts}`,
    );
    if (edges.length === 1) t.same(counts, [2, 2, 0], 'each message once at each broker');
    await world.clock.advance(60_000);
    t.same(
      came.map(({ length }) => length),
      counts,
      'it is quiet',
    );
    for (const bridge of bridges) bridge.destroy();
  });
}

for (const isBitSet of [true, false]) {
  for (const [what, versionOf] of [
    ['3.1.1', () => v311],
    ['3.1.1 on one side and 5.0 on the other', (from: number) => (from === 0 ? v311 : v5)],
  ] as const) {
    const bit = isBitSet ? 'with the bridge bit' : 'without the bridge bit';
    t.test(`# both ways between two brokers and one in the middle, ${what}, ${bit}: each has it once`, async (t) => {
      const edges = [
        [0, 2],
        [1, 2],
      ] as const;
      const { world, came, bridges, publish } = await ring(edges, { ...all, isBridgeBitSet: isBitSet }, versionOf);
      publish(0, 'a');
      publish(1, 'b');
      publish(2, 'c');
      await world.clock.advance(60_000);
      const seen = came.map((list) => [...list].sort());
      t.same(seen.slice(0, 2), [
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ]);
      t.same([...new Set(seen[2])], ['a', 'b', 'c'], 'and the one in the middle has all of it');
      t.ok((seen[2]?.length ?? 0) <= 5, `without a flood: ${seen[2]}`);
      for (const bridge of bridges) bridge.destroy();
    });
  }
}

t.test('three brokers that forward # in a ring: once round, and no further', async (t) => {
  const { world, came, bridges, publish } = await ring(
    [
      [0, 1],
      [1, 2],
      [2, 0],
    ],
    { forwards: all.forwards },
  );
  publish(0, 'a');
  await world.clock.advance(5000);
  t.same(came, [['a', 'a'], ['a'], ['a']], 'it comes home, and stays');
  t.match(bridges[0]?.status.forwards, [{ received: 2, delivered: 1, dropped: { loop: 1 } }]);
  for (const bridge of bridges) bridge.destroy();
});

t.test('a path ends after so many brokers, and rules that cannot loop add nothing to a message', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = openBridge(world, {
    forwards: [...all.forwards, { localTopic: 'up/#', remoteTopic: 'far/#' }],
    loopHopsMax: 3,
    loopProperty: 'way',
  });
  const device = await world.openBroker().then(() => world.dial(v5));
  await device.connect('d');
  for (const way of ['a', 'a,b', 'a,b,c']) {
    device.send(
      publishOf('up/x', way, {
        properties: {
          userProperties: [
            ['k', 'v'],
            ['way', way],
          ],
        },
      }),
    );
  }
  await world.clock.settle();
  const shown = remote.published.map(({ topic, properties }) => [topic, properties.userProperties?.map(String)]);
  t.match(shown, [
    ['up/x', ['k,v', /^way,a,[0-9a-f]{16}$/]],
    ['far/x', ['k,v', 'way,a']],
    ['up/x', ['k,v', /^way,a,b,[0-9a-f]{16}$/]],
    ['far/x', ['k,v', 'way,a,b']],
    ['far/x', ['k,v', 'way,a,b,c']],
  ]);
  bridge.destroy();
});

/** A 3.x remote that sends everything back, and what comes to the broker here. */
async function echoing(): Promise<{ world: World; peers: RawPeer[]; came: string[] }> {
  const world = new World();
  const [peers, came]: [RawPeer[], string[]] = [[], []];
  await world.listen(v311, 9000, (peer) => {
    peer.onPacket = (packet) => {
      if (packet.type === PacketType.connect)
        peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode: 0, properties: {} });
      if (packet.type === PacketType.publish)
        peer.send(
          { ...packet, packetId: packet.packetId, dup: false },
          { type: PacketType.puback, packetId: packet.packetId, reasonCode: 0, properties: {} },
        );
    };
    peers.push(peer);
  });
  const listener = {
    origin: new Origin('application', 'l'),
    isReady: true,
    deliver: (message: Message) => void came.push(`${message.payload}`),
  };
  world.router.subscribe(listener, '#', { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 });
  return { world, peers, came };
}

t.test('rules that make a loop while a 3.x link is up: what the remote sends back is known from then on', async (t) => {
  const { world, peers, came } = await echoing();
  const bridge = openBridge(world, { version: v311, forwards: all.forwards });
  await world.clock.settle();
  bridge.updateRules(all);
  publishLocally(world, 'a', 'one');
  await world.clock.settle();
  t.same(came, ['one']);
  t.match(bridge.status, { echoes: 1, connects: 1 });
  bridge.updateRules({ forwards: all.forwards, subscriptions: [] });
  t.equal(peers.length, 1);
  bridge.destroy();
});

t.test('lanes that are added make the bridge bit too little: what comes back by another lane is known', async (t) => {
  const { world, peers, came } = await echoing();
  const bridge = openBridge(world, { version: v311, isBridgeBitSet: true, ...all });
  await world.clock.settle();
  bridge.updateRules({ ...all, laneCount: 2 });
  await world.clock.advance(1000);
  t.equal(peers.length, 2);
  for (const topic of ['a', 'b', 'c', 'd', 'e', 'f']) publishLocally(world, topic, 'x');
  await world.clock.settle();
  t.equal(came.length, 6);
  t.equal(bridge.status.echoes, 6);
  bridge.destroy();
});

t.test(
  'a 3.x remote that sends everything back: it goes no further, and the same message of others does',
  async (t) => {
    const { world, peers, came } = await echoing();
    const bridge = openBridge(world, { version: v311, ...all });
    await world.clock.settle();
    publishLocally(world, 'a', 'one');
    publishLocally(world, 'a', 'one');
    await world.clock.settle();
    t.same(came, ['one', 'one'], 'only what was published here');
    t.equal(bridge.status.echoes, 2);
    peers[0]?.send(publishOf('a', 'one', { qos: 1, packetId: 9 }));
    await world.clock.settle();
    t.same(came, ['one', 'one', 'one'], 'each message is an echo once');
    publishLocally(world, 'a', 'two');
    await world.clock.advance(20_000);
    bridge.destroy();
  },
);

t.test('the state of a bridge is told as retained messages, here and at the remote with a will', async (t) => {
  const world = new World();
  const remote = new Remote();
  const topics = new Map<string, string>();
  const told = (topic: string): string | undefined => topics.get(topic);
  const listener = {
    origin: new Origin('application', 'l'),
    isReady: true,
    deliver: ({ topic, payload, retain }: Message) => {
      t.ok(retain);
      topics.set(topic, payload.toString());
    },
  };
  for (const filter of ['#', '$SYS/#']) {
    world.router.subscribe(listener, filter, { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 });
  }
  const bridge = openBridge(world, { notificationTopic: 'gw/state' });
  await world.clock.settle();
  t.equal(told('gw/state'), '0');
  t.match(told('$SYS/broker/connection/plant7/status'), /"state":"waiting".*"kind":"connect"/);
  await remote.open(world, v5);
  await world.clock.advance(3000);
  t.equal(told('gw/state'), '1');
  t.match(remote.connects, [{ will: { topic: 'gw/state', qos: 1, retain: true } }]);
  t.match(remote.published, [{ topic: 'gw/state', qos: 1, retain: true }]);
  t.same(remote.payloads, ['1']);
  await Promise.all([bridge.close(), world.clock.advance(1000)]);
  t.same(remote.payloads, ['1', '0'], 'a DISCONNECT in order would keep the will');
  t.equal(told('gw/state'), '0');

  const quiet = openBridge(world, { name: 'quiet', isNotifying: false, notificationTopic: 'quiet/state' });
  await world.clock.settle();
  t.equal(told('quiet/state'), undefined);
  t.equal(remote.connects.at(-1)?.will, undefined);
  quiet.destroy();
});
