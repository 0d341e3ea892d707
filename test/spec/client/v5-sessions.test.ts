// MQTT 5.0, sections 3.2.2.1.1 and 4.1: what our client and our bridge make of a session that the server has, or has
// not.
import t from 'tap';
import { payloads, published } from '../../kit/five.ts';
import { ScriptedServer } from '../../kit/five-client.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, World } from '../../kit/world.ts';

t.test(
  'a session of which nothing is left here is not gone on with: closed, and connected anew with clean start [MQTT-3.2.2-4]',
  async (t) => {
    const server = await ScriptedServer.open({ sessionPresent: true });
    const { connecting } = await server.dial({ cleanStart: false });
    const [first, second] = server.peers;
    const before = await first?.received();
    t.match(before, [{ cleanStart: false }]);
    t.equal(before?.length, 1, 'nothing was said on it but CONNECT');
    t.ok(first?.isClosed);
    t.match(await second?.received(), [{ cleanStart: true }], 'at once');
    t.ok(second?.isClosed, 'a server that has a session even then is left');
    server.connack = { sessionPresent: false };
    await t.rejects(connecting, { code: 'ERR_LINK_OPEN' });
  },
);

t.test('a session after a clean start is no session, state or not [MQTT-3.2.2-4] [MQTT-3.2.2-2]', async (t) => {
  const server = await ScriptedServer.open({ sessionPresent: true });
  const { connecting } = await server.dial({ cleanStart: true, hasSessionState: true });
  for (const peer of server.peers) t.ok(peer.isClosed);
  await t.rejects(connecting, { code: 'ERR_LINK_OPEN' });
});

t.test(
  'what was published meanwhile comes over the new session, and later ones are gone on with [MQTT-3.2.2-4]',
  async (t) => {
    const server = await ScriptedServer.open();
    server.hasSession = true;
    const client = await server.client({ cleanStart: false });
    t.equal(server.peers.length, 2);
    client.publish('a', 'x', { qos: 1 }).catch(() => undefined);
    t.same(payloads(await server.peer.received()), ['x']);
    server.peer.cut();
    await server.world.clock.advance(5_000);
    t.match(await server.peer.received(), [
      { type: 1, cleanStart: false },
      { type: 3, dup: true },
    ]);
    t.equal(server.peers.length, 3);
    client.destroy();
  },
);

t.test('a client that says that state is left goes on with the session [MQTT-3.2.2-4] [MQTT-4.1.0-1]', async (t) => {
  const server = await ScriptedServer.open({ sessionPresent: true });
  const client = await server.client({ cleanStart: false, hasSessionState: true });
  t.equal(server.peers.length, 1);
  t.match(client.status, { state: 'connected', sessionPresent: true });
  client.destroy();
});

t.test(
  'a session that the server has lost is lost here too, and what was underway is published anew [MQTT-3.2.2-5]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    const settled = Promise.all([client.publish('a', '1', { qos: 1 }), client.publish('a', '2', { qos: 2 })]);
    t.match(published(await server.peer.received()), [{ dup: false }, { dup: false }]);
    server.peer.cut();
    await server.world.clock.advance(5_000);
    const again = published(await server.peer.received());
    t.match(again, [
      { dup: false, qos: 1 },
      { dup: false, qos: 2 },
    ]);
    server.peer.send({ type: 4, packetId: again[0]?.packetId ?? 0, reasonCode: 0, properties: {} });
    server.peer.send({ type: 5, packetId: again[1]?.packetId ?? 0, reasonCode: 0, properties: {} });
    t.match(await server.peer.received(), [{ type: 6 }]);
    server.peer.send({ type: 7, packetId: again[1]?.packetId ?? 0, reasonCode: 0, properties: {} });
    await server.world.clock.settle();
    t.same(await settled, [0, 0]);
    client.destroy();
  },
);

t.test(
  'QoS 2 receipts are forgotten with the session: the same identifier is a new message then [MQTT-3.2.2-5]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    const heard: string[] = [];
    client.subscribe('#', {}, ({ text }) => void heard.push(text)).catch(() => undefined);
    await server.peer.received();
    for (const round of ['one', 'two']) {
      server.peer.send(publishOf('a', round, { qos: 2, packetId: 9 }));
      await server.world.clock.settle();
      server.peer.cut();
      await server.world.clock.advance(5_000);
    }
    t.same(heard, ['one', 'two']);
    client.destroy();
  },
);

t.test(
  'QoS 2 receipts survive with the session: a repeat is not delivered again [MQTT-4.1.0-1] [MQTT-4.3.3-10] [MQTT-3.1.2-23]',
  async (t) => {
    const server = await ScriptedServer.open();
    const client = await server.client();
    const heard: string[] = [];
    client.subscribe('#', {}, ({ text }) => void heard.push(text)).catch(() => undefined);
    await server.peer.received();
    server.peer.send(publishOf('a', 'x', { qos: 2, packetId: 9 }));
    await server.world.clock.settle();
    server.connack = { sessionPresent: true };
    server.peer.cut();
    await server.world.clock.advance(5_000);
    await server.peer.received();
    server.peer.send(publishOf('a', 'x', { qos: 2, packetId: 9, dup: true }));
    t.same(await server.peer.receivedHex(), ['50020009']);
    t.same(heard, ['x']);
    client.destroy();
  },
);

async function bridgeWorld(sessionPresent: boolean, hasSessionState: boolean): Promise<[World, Remote]> {
  const [world, remote] = [new World(), new Remote()];
  remote.sessionPresent = sessionPresent;
  await remote.open(world, 5);
  const bridge = openBridge(world, { hasSessionState });
  t.teardown(() => bridge.destroy());
  await world.clock.settle();
  return [world, remote];
}

t.test('a bridge without state begins a new session, once, and goes on with that one [MQTT-3.2.2-4]', async (t) => {
  const [world, remote] = await bridgeWorld(true, false);
  t.equal(remote.connects.length, 2, 'at once');
  t.match(remote.connects, [{ cleanStart: false }, { cleanStart: true }]);
  remote.sessionPresent = false;
  await world.clock.advance(60_000);
  t.match(remote.connects.at(-1), { cleanStart: true });
  const count = remote.connects.length;
  publishLocally(world, 'up/a', 'x');
  await world.clock.settle();
  t.same(remote.payloads, ['x']);
  remote.sessionPresent = true;
  remote.peer.cut();
  await world.clock.advance(60_000);
  t.equal(remote.connects.length, count + 1);
  t.match(remote.connects.at(-1), { cleanStart: false });
});

t.test('a bridge with state goes on with the session [MQTT-3.2.2-4]', async (t) => {
  const [, remote] = await bridgeWorld(true, true);
  t.equal(remote.connects.length, 1);
});
