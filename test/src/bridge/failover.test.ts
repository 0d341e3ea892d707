// A bridge with several servers: which one is tried, what goes with it to another, and the way back.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import type { Bridge } from '../../../src/bridge/bridge.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { openBridge, publishLocally as publish, Remote } from '../../kit/remote.ts';
import { ackOf, World } from '../../kit/world.ts';

const { v31, v311, v5 } = ProtocolVersion;
const host = '127.0.0.1';
const ports = [9000, 9001, 9002] as const;

async function threeServers(more: Partial<BridgeSettings> = {}) {
  const world = new World();
  const remotes = ports.map(() => new Remote());
  const [first, second, third] = remotes as [Remote, Remote, Remote];
  for (const [index, remote] of remotes.entries()) await remote.open(world, v5, ports[index]);
  const bridge = openBridge(world, {
    backups: [
      { host, port: 9001 },
      { host, port: 9002, weight: 3 },
    ],
    ...more,
  });
  await world.clock.settle();
  return { world, first, second, third, bridge };
}

function current(bridge: Bridge): string | undefined {
  return bridge.status.remotes.find(({ isCurrent }) => isCurrent)?.address;
}

t.test('ordered servers: the next one is dialled at once, and what the first did not settle goes to it', async (t) => {
  const { world, first, second, bridge } = await threeServers();
  first.isAnswering = false;
  for (let index = 0; index < 5; index++) publish(world, 'up/x', String(index), index === 1 || index === 2 ? 2 : 1);
  await world.clock.settle();
  // the second message is the first server's from now on
  first.peer.send(ackOf(5, first.published[1]?.packetId ?? 0));
  await world.clock.settle();
  world.net.takeDown(9000);
  await world.clock.advance(10);
  t.equal(bridge.status.remote, '127.0.0.1:9001');
  t.match(bridge.status.link, { state: 'connected' });
  t.same(second.payloads, ['0', '2', '3', '4'], 'in order, and without what the first server owns');
  t.ok(
    second.published.every(({ dup }) => !dup),
    'to this server it is new',
  );
  t.match(bridge.status.forwards, [{ received: 5, delivered: 5, queued: 0 }]);
  t.match(bridge.status.remotes, [
    { address: '127.0.0.1:9000', isCurrent: false, connects: 1, failures: 1, kind: 'lost' },
    { address: '127.0.0.1:9001', isCurrent: true, connects: 1, failures: 0 },
    { address: '127.0.0.1:9002', isCurrent: false, tries: 0 },
  ]);

  // back at the first server, which has kept the session: its QoS 2 flows are finished, and nothing is said twice
  world.net.portsDown.clear();
  first.sessionPresent = true;
  first.isAnswering = true;
  first.published.length = 0;
  await world.clock.advance(5000);
  world.net.takeDown(9001);
  await world.clock.advance(2000);
  t.equal(current(bridge), '127.0.0.1:9000');
  const released = first.peer.packets.filter(({ type }) => type === PacketType.pubrel);
  t.equal(released.length, 2, 'PUBREL for what it owns, and for what was sent elsewhere');
  t.same(first.payloads, []);
  publish(world, 'up/x', 'after', 2);
  await world.clock.settle();
  t.same(first.payloads, ['after']);
  t.equal(bridge.status.underway, 0);
  bridge.destroy();
});

t.test('all servers down: each has its own back-off, and the first that comes back is found', async (t) => {
  const { world, third, bridge } = await threeServers({
    backoff: { delayMsMin: 500, delayMsMax: 4000, stableMs: 10_000 },
  });
  for (const port of ports) world.net.takeDown(port);
  await world.clock.advance(60_000);
  const tries = bridge.status.remotes.map(({ failures }) => failures);
  t.ok(
    tries.every((count) => count > 12 && count < 120),
    `every server is tried in its turn: ${tries}`,
  );
  t.match(bridge.status.link, { state: 'waiting', kind: 'connect' });
  publish(world, 'up/x', 'kept');
  world.net.portsDown.delete(9002);
  await world.clock.advance(5000);
  t.equal(current(bridge), '127.0.0.1:9002');
  t.same(third.payloads, ['kept']);
  bridge.destroy();
});

t.test('the way back: a probe that lasts, what is underway is settled, and only then the bridge moves', async (t) => {
  const { world, first, second, bridge } = await threeServers({ failbackMs: 60_000 });
  world.net.takeDown(9000);
  await world.clock.advance(100);
  t.equal(current(bridge), '127.0.0.1:9001');
  first.connects.length = 0;
  await world.clock.advance(65_000);
  t.equal(current(bridge), '127.0.0.1:9001', 'the first is still away');
  world.net.portsDown.clear();
  await world.clock.advance(60_000);
  t.match(first.connects, [{ clientId: 'plant7-probe', cleanStart: true, will: undefined }]);
  t.equal(current(bridge), '127.0.0.1:9001', 'a probe must last');
  second.isAnswering = false;
  publish(world, 'up/x', 'underway');
  await world.clock.advance(7000);
  publish(world, 'up/x', 'waits');
  await world.clock.advance(100);
  t.equal(current(bridge), '127.0.0.1:9001', 'what is underway is waited for');
  t.same(second.payloads, ['underway'], 'and nothing new is begun');
  second.peer.send(ackOf(4, second.published[0]?.packetId ?? 0));
  await world.clock.settle();
  t.equal(current(bridge), '127.0.0.1:9000');
  t.same(first.payloads, ['waits']);
  t.match(second.peer.packets.at(-1), { type: PacketType.disconnect, reasonCode: 0 });
  t.match(bridge.status.forwards, [{ received: 2, delivered: 2 }]);
  await world.clock.advance(200_000);
  t.equal(bridge.status.connects, 3, 'there it stays');
  bridge.destroy();
});

t.test('the way back is not taken while the probe breaks, and never where it is switched off', async (t) => {
  const { world, first, bridge } = await threeServers({ failbackMs: 60_000 });
  world.net.takeDown(9000);
  await world.clock.advance(100);
  world.net.portsDown.clear();
  first.connects.length = 0;
  first.reasonCode = ReasonCode.serverUnavailable;
  await world.clock.advance(200_000);
  t.ok(first.connects.length >= 2, 'it is probed again and again');
  t.equal(current(bridge), '127.0.0.1:9001');
  bridge.destroy();

  const other = await threeServers({ failbackMs: 0 });
  other.world.net.takeDown(9000);
  await other.world.clock.advance(100);
  other.world.net.portsDown.clear();
  other.first.connects.length = 0;
  await other.world.clock.advance(3_600_000);
  t.same(other.first.connects, []);
  other.bridge.destroy();
});

t.test('servers in turns: each loss goes on to the next one, whichever was before', async (t) => {
  const { world, bridge } = await threeServers({ remoteOrder: 'round-robin' });
  const seen = [current(bridge)];
  for (let round = 0; round < 3; round++) {
    world.net.cut();
    await world.clock.advance(30_000);
    seen.push(current(bridge));
  }
  t.same(seen, ['127.0.0.1:9000', '127.0.0.1:9001', '127.0.0.1:9002', '127.0.0.1:9000']);
  bridge.destroy();
});

t.test('weighted servers are drawn by their weights', async (t) => {
  const counts = new Map<string, number>();
  const world = new World();
  for (const port of ports) await new Remote().open(world, v5, port);
  for (let round = 0; round < 300; round++) {
    const bridge = openBridge(world, {
      name: `b${round}`,
      remoteOrder: 'weighted',
      backups: [
        { host, port: 9001 },
        { host, port: 9002, weight: 3 },
      ],
    });
    counts.set(bridge.status.remote, (counts.get(bridge.status.remote) ?? 0) + 1);
    bridge.destroy();
  }
  const [one = 0, two = 0, three = 0] = ports.map((port) => counts.get(`127.0.0.1:${port}`));
  t.ok(one > 30 && two > 30 && three > 120, `drawn ${one}, ${two}, ${three} times of 300 at weights 1, 1, 3`);
});

t.test('a server has its own client id and credentials; nodes of a cluster share the session', async (t) => {
  const { world, second, bridge } = await threeServers({
    username: 'gw',
    password: 'one',
    backups: [{ host, port: 9001, clientId: 'plant7-b', username: 'gw-b', password: 'two' }],
  });
  world.net.takeDown(9000);
  await world.clock.advance(100);
  t.match(second.connects, [{ clientId: 'plant7-b', username: 'gw-b' }]);
  t.equal(String(second.connects[0]?.password), 'two');
  bridge.destroy();

  const cluster = await threeServers({ isSessionShared: true });
  cluster.first.isAnswering = false;
  cluster.second.sessionPresent = true;
  publish(cluster.world, 'up/x', 'once', 2);
  await cluster.world.clock.settle();
  cluster.world.net.takeDown(9000);
  await cluster.world.clock.advance(100);
  t.match(cluster.second.connects, [{ cleanStart: false }]);
  t.match(cluster.second.published, [{ dup: true, packetId: cluster.first.published[0]?.packetId }]);
  cluster.bridge.destroy();
});

t.test(
  'a remote that refuses 5.0 is spoken to in 3.1.1, then 3.1, at once; a day later 5.0 is tried again',
  async (t) => {
    for (const spoken of [v311, v31]) {
      const world = new World();
      const asked: number[] = [];
      await world.listen(spoken, 9000, (peer) => {
        peer.onPacket = (packet) => {
          if (packet.type !== PacketType.connect) return;
          asked.push(packet.version);
          const reasonCode = packet.version === spoken ? ReasonCode.success : ReasonCode.unsupportedProtocolVersion;
          peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode, properties: {} });
        };
      });
      const bridge = openBridge(world, { version: v5 });
      await world.clock.advance(100);
      const expected = spoken === v311 ? [5, 4] : [5, 4, 3];
      t.same(asked, expected);
      t.match(bridge.status, { link: { state: 'connected' }, degradations: [/spoken: the remote refused 5\.0/] });
      world.net.cut();
      await world.clock.advance(5000);
      t.same(asked, [...expected, spoken], 'it is remembered');
      world.net.isDown = true;
      world.net.cut();
      await world.clock.advance(86_400_000);
      world.net.isDown = false;
      await world.clock.advance(70_000);
      t.same(asked, [...expected, spoken, ...expected], 'and tried anew after a day');
      bridge.destroy();

      asked.length = 0;
      const strict = openBridge(world, { version: v5, isSteppingDown: false });
      await world.clock.advance(10_000);
      t.same(asked, [5]);
      t.match(strict.status.link, { state: 'waiting', kind: 'version', remedy: /proto_ver/ });
      strict.destroy();
    }
  },
);

t.test('a remote that hangs up on 5.0 is tried in 3.1.1, and one that hangs up on both in 5.0 again', async (t) => {
  for (const isSpeaking of [true, false]) {
    const world = new World();
    const asked: number[] = [];
    await world.listen(v311, 9000, (peer) => {
      peer.onPacket = (packet) => {
        if (packet.type !== PacketType.connect) return;
        asked.push(packet.version);
        if (!isSpeaking || packet.version === v5) peer.cut();
        else peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode: 0, properties: {} });
      };
    });
    const bridge = openBridge(world, {
      version: v5,
      isBridgeBitSet: false,
      backoff: { delayMsMin: 50, delayMsMax: 100, stableMs: 10_000 },
    });
    await world.clock.advance(700);
    if (isSpeaking) {
      t.same(asked, [5, 5, 5, 4]);
      t.match(bridge.status, { link: { state: 'connected' }, degradations: [/MQTT 3\.1\.1 is spoken/] });
      world.net.cut();
      await world.clock.advance(200);
      t.same(asked, [5, 5, 5, 4, 4], 'it is remembered');
    } else {
      t.same(asked.slice(0, 6), [5, 5, 5, 4, 5, 5], 'it does not end in a version that is not spoken either');
    }
    bridge.destroy();
  }
});

t.test('the cause decides how soon it is tried again, and what is said; waking tries at once', async (t) => {
  for (const [reasonCode, kind, leastMs] of [
    [ReasonCode.notAuthorized, 'credentials', 30_000],
    [ReasonCode.banned, 'banned', 60_000],
    [ReasonCode.quotaExceeded, 'quota', 15_000],
  ] as const) {
    const world = new World();
    const remote = new Remote();
    remote.reasonCode = reasonCode;
    await remote.open(world, v5);
    const bridge = openBridge(world);
    await world.clock.settle();
    const { link } = bridge.status;
    t.match(link, { state: 'waiting', kind });
    if (link.state === 'waiting') t.ok(link.retryAt - link.since >= leastMs, `${kind} waits ${link.retryAt} ms`);
    remote.reasonCode = 0;
    bridge.wake();
    await world.clock.settle();
    t.match(bridge.status.link, { state: 'connected' });
    bridge.destroy();
  }
});

t.test('another client with the same client id is told from a bad line', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = openBridge(world);
  await world.clock.settle();
  remote.peer.send({ type: PacketType.disconnect, reasonCode: ReasonCode.sessionTakenOver, properties: {} });
  await world.clock.advance(100);
  t.match(bridge.status.link, { kind: 'taken-over', remedy: /client id plant7/ });
  bridge.destroy();

  // 3.x servers just close
  const older = new World();
  const silent = new Remote();
  await silent.open(older, v311);
  const other = openBridge(older, { version: v311 });
  const kinds: unknown[] = [];
  for (let round = 0; round < 4; round++) {
    await older.clock.advance(3000);
    silent.peer.cut();
    await older.clock.settle();
    kinds.push(other.status.link.state === 'waiting' ? other.status.link.kind : other.status.link.state);
  }
  t.same(kinds, ['lost', 'lost', 'taken-over', 'taken-over']);
  other.destroy();
});
