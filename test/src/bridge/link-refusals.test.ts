// Remotes that refuse a connection, or end it with a word: the table says when they are dialled again, and where.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import type { LinkAction } from '../../../src/bridge/link-refusals.ts';
import { linkActions, linkRefusalDefaults, referenceOf } from '../../../src/bridge/link-refusals.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const table = (actions: Record<string, LinkAction>): { linkRefusals: typeof linkRefusalDefaults } => ({
  linkRefusals: { ...linkRefusalDefaults, actions },
});

t.test('a refusal that the table pauses for leaves the server alone, however short the back-off', async (t) => {
  const world = new World();
  const remote = new Remote();
  remote.reasonCode = ReasonCode.banned;
  await remote.open(world, v5);
  const bridge = openBridge(world, table({ banned: 'pause' }));
  await world.clock.advance(3_500_000);
  t.equal(remote.connects.length, 1);
  t.match(bridge.status.link, { state: 'waiting', kind: 'banned', error: /paused for 3600 s: banned/ });
  await world.clock.advance(200_000);
  t.equal(remote.connects.length, 2, 'after the pause it is asked again');
  remote.reasonCode = 0;
  bridge.wake();
  await world.clock.settle();
  t.match(bridge.status.link, { state: 'connected' }, 'a change of anything ends the pause');
  bridge.destroy();
});

t.test('while one server is paused, the next one is used at once', async (t) => {
  const world = new World();
  const [first, second] = [new Remote(), new Remote()];
  first.reasonCode = ReasonCode.quotaExceeded;
  await first.open(world, v5);
  await second.open(world, v5, 9001);
  const more = { backups: [{ host: '127.0.0.1', port: 9001 }], failbackMs: 0, ...table({ quota_exceeded: 'pause' }) };
  const bridge = openBridge(world, more);
  await world.clock.advance(100);
  t.same([first.connects.length, second.connects.length], [1, 1]);
  t.match(bridge.status, { link: { state: 'connected' }, remote: '127.0.0.1:9001' });
  bridge.destroy();
});

t.test('a word that the table retries is followed by the back-off alone', async (t) => {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = openBridge(world, table({ session_taken_over: 'retry' }));
  await world.clock.settle();
  remote.peer.send({ type: PacketType.disconnect, reasonCode: ReasonCode.sessionTakenOver, properties: {} });
  await world.clock.advance(3000);
  t.equal(remote.connects.length, 2, 'and not after 20 s');
  bridge.destroy();
});

t.test(
  'what has nothing wrong about it is dialled again by the back-off; a person who ends it is waited for',
  async (t) => {
    for (const [reasonCode, kind, connects] of [
      [ReasonCode.maximumConnectTime, 'lifetime', 2],
      [ReasonCode.administrativeAction, 'administrative', 1],
    ] as const) {
      const world = new World();
      const remote = new Remote();
      await remote.open(world, v5);
      const bridge = openBridge(world);
      await world.clock.settle();
      remote.peer.send({ type: PacketType.disconnect, reasonCode, properties: {} });
      await world.clock.settle();
      t.match(bridge.status.link, { state: 'waiting', kind });
      await world.clock.advance(3000);
      t.equal(remote.connects.length, connects, kind);
      bridge.destroy();
    }
  },
);

t.test('a server that names another is followed there, and what waits goes there in order', async (t) => {
  const world = new World();
  const [first, second] = [new Remote(), new Remote()];
  await first.open(world, v5);
  await second.open(world, v5, 9001);
  const bridge = openBridge(world, table({ use_another_server: 'follow' }));
  await world.clock.settle();
  const properties = { serverReference: '127.0.0.1:9001 other.example' };
  first.peer.send({ type: PacketType.disconnect, reasonCode: ReasonCode.useAnotherServer, properties });
  await world.clock.settle();
  for (const payload of ['1', '2', '3']) publishLocally(world, 'up/a', payload);
  await world.clock.advance(10);
  t.match(bridge.status, { link: { state: 'connected' }, queueDepth: 0 });
  t.same([first.payloads, second.payloads], [[], ['1', '2', '3']]);
  second.peer.cut();
  await world.clock.advance(3000);
  t.equal(first.connects.length, 2, 'when that is lost, it begins again with its own server');
  bridge.destroy();
});

t.test('a server that is named has a session of its own, and the one that named it finds its own again', async (t) => {
  const world = new World();
  const [first, second] = [new Remote(), new Remote()];
  await first.open(world, v5);
  await second.open(world, v5, 9001);
  const forwards = [{ localTopic: 'up/#', remoteTopic: '' }];
  const bridge = openBridge(world, { forwards, ...table({ use_another_server: 'follow' }) });
  await world.clock.settle();
  first.isAnswering = false;
  first.sessionPresent = true;
  publishLocally(world, 'up/a', '1', 2);
  await world.clock.settle();
  const properties = { serverReference: '127.0.0.1:9001' };
  first.peer.send({ type: PacketType.disconnect, reasonCode: ReasonCode.useAnotherServer, properties });
  await world.clock.advance(10);
  t.same([first.payloads, second.payloads], [['1'], ['1']]);
  t.equal(second.published[0]?.dup, false, 'it never had it');
  t.equal(bridge.status.queueDepth, 0);
  second.peer.cut();
  await world.clock.advance(3000);
  t.match(bridge.status.link, { state: 'connected', sessionPresent: true });
  publishLocally(world, 'up/a', '2', 2);
  await world.clock.settle();
  const [one, two] = first.published;
  const released = await first.peer.receivedOf(PacketType.pubrel);
  t.same(
    released.map(({ packetId }) => packetId),
    [one?.packetId],
    'what it may hold half is to be forgotten',
  );
  t.ok(two && two.packetId !== one?.packetId, 'and no other message comes under that identifier');
  bridge.destroy();
});

t.test('a backup that is named by the first server goes on with the session that it has', async (t) => {
  const world = new World();
  const [first, second] = [new Remote(), new Remote()];
  await first.open(world, v5);
  await second.open(world, v5, 9001);
  const backups = [{ host: '127.0.0.1', port: 9001 }];
  first.reasonCode = ReasonCode.serverBusy;
  const bridge = openBridge(world, { backups, failbackMs: 0, ...table({ use_another_server: 'follow' }) });
  await world.clock.advance(60_000);
  second.sessionPresent = true;
  first.reasonCode = 0;
  second.peer.cut();
  await world.clock.advance(1000);
  t.equal(first.connects.length, 2);
  const properties = { serverReference: '127.0.0.1:9001' };
  first.peer.send({ type: PacketType.disconnect, reasonCode: ReasonCode.useAnotherServer, properties });
  await world.clock.advance(10);
  t.match(bridge.status.link, { state: 'connected', sessionPresent: true });
  t.equal(second.connects.length, 2, 'none is begun anew there');
  bridge.destroy();
});

t.test('servers that send a bridge round in a circle are left alone for a while', async (t) => {
  const world = new World();
  const remotes = [new Remote(), new Remote()];
  for (const [place, remote] of remotes.entries()) {
    await remote.open(world, v5, 9000 + place);
  }
  const bridge = openBridge(world, table({ use_another_server: 'follow' }));
  for (let round = 0; round < 40; round++) {
    await world.clock.advance(1);
    for (const [place, remote] of remotes.entries()) {
      const properties = { serverReference: `127.0.0.1:${9001 - place}` };
      const packet = { type: PacketType.disconnect, reasonCode: ReasonCode.useAnotherServer, properties } as const;
      const last = remote.peers.at(-1);
      if (last?.isClosed === false) last.send(packet);
    }
  }
  const connects = remotes.reduce((sum, remote) => sum + remote.connects.length, 0);
  t.equal(connects, 6, 'the first, and five that were named');
  t.match(bridge.status.link, { state: 'waiting', kind: 'moved' });
  bridge.destroy();
});

t.test('a server reference is a name or an address, with a port or without; anything else is none', (t) => {
  t.same(referenceOf('b.example', 1883), { host: 'b.example', port: 1883 });
  t.same(referenceOf('[fe80::1]:8883 c.example', 1883), { host: 'fe80::1', port: 8883 });
  for (const text of ['', ' ', 'mqtt://b', 'b:0', 'b:70000', 'b/c', '::1'])
    t.equal(referenceOf(text, 1), undefined, text);
  t.ok(Object.keys(linkActions).length >= 17);
  t.end();
});
