// What an application may choose of its client beyond the standard's musts: who acknowledges, where it goes when it is
// sent elsewhere, how soon it tries again, and what it thinks of a server that keeps no promise.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { parseRemoteAddress, type RemoteAddress } from '../../../src/base/remote-address.ts';
import type { Client } from '../../../src/client/client.ts';
import { ClientRequester } from '../../../src/client/client-requester.ts';
import { Redirects, referredAddress } from '../../../src/client/redirects.ts';
import { grantAll, ScriptedServer } from '../../kit/five-client.ts';
import { publishOf, type RawPeer } from '../../kit/world.ts';

const { publish, puback, disconnect, connect, suback } = PacketType;

async function subscribed(server: ScriptedServer, client: Client, ...how: Parameters<Client['subscribe']>) {
  server.onPacket ??= grantAll;
  const subscribing = client.subscribe(...how);
  subscribing.catch(() => undefined);
  await server.world.clock.settle();
  server.peer.packets.length = 0;
  return subscribing;
}

function address(text: string): RemoteAddress {
  const parsed = parseRemoteAddress(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

t.test('an application that acknowledges by hand does so when it likes, once, and may refuse', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client();
  const acknowledges: ((reasonCode?: ReasonCode) => void)[] = [];
  await subscribed(server, client, '#', { qos: 1, isManual: true }, ({ text }, acknowledge) => {
    acknowledges.push(acknowledge);
    if (text === 'bad') throw new Error('no');
  });
  server.peer.send(...[1, 2, 3].map((packetId) => publishOf('a', `${packetId}`, { qos: 1, packetId })));
  t.same(await server.peer.received(), []);
  acknowledges[0]?.();
  acknowledges[0]?.(ReasonCode.quotaExceeded);
  acknowledges[1]?.(ReasonCode.quotaExceeded);
  t.match(await server.peer.received(), [
    { type: puback, packetId: 1, reasonCode: ReasonCode.success },
    { type: puback, packetId: 2, reasonCode: ReasonCode.quotaExceeded },
  ]);
  acknowledges[2]?.();
  server.peer.send(publishOf('a', 'bad', { qos: 1, packetId: 4 }));
  t.match(await server.peer.received(), [
    { type: puback, packetId: 3 },
    { type: puback, packetId: 4, reasonCode: ReasonCode.unspecifiedError },
  ]);
  await t.rejects(client.subscribe('b', { isManual: true }), { code: 'ERR_USAGE_TOPIC_FILTER', message: /no handler/ });
});

t.test(
  'messages above the granted QoS are taken and counted, or end the connection, as the client chose',
  async (t) => {
    const lower = (packet: Packet, peer: RawPeer): void => {
      if (packet.type !== PacketType.subscribe) return;
      peer.send({ type: suback, packetId: packet.packetId, reasonCodes: [0], properties: {} });
    };
    const server = await ScriptedServer.open();
    server.onPacket = lower;
    const client = await server.client();
    await subscribed(server, client, 'a', { qos: 1 }, () => undefined);
    server.peer.send(publishOf('a', '', { qos: 1, packetId: 1 }), publishOf('a', ''), publishOf('other', ''));
    t.match(await server.peer.received(), [{ type: puback, packetId: 1, reasonCode: 0 }]);
    t.same(client.counts, { unasked: 1, qosAboveGranted: 1 });
    const strict = await ScriptedServer.open();
    strict.onPacket = lower;
    await subscribed(strict, await strict.client({ isGrantEnforced: true }), 'a', { qos: 1 }, () => undefined);
    strict.peer.send(publishOf('a', '', { qos: 1, packetId: 1 }));
    t.match(await strict.peer.received(), [{ type: disconnect, reasonCode: ReasonCode.protocolError }]);
  },
);

for (const reasonCode of [ReasonCode.useAnotherServer, ReasonCode.serverMoved] as const) {
  const isMoved = reasonCode === ReasonCode.serverMoved;
  t.test(
    `a client that may follows a server with reason ${reasonCode}, ${isMoved ? 'for good' : 'once'}`,
    async (t) => {
      const properties = { serverReference: '127.0.0.1:1884 127.0.0.1:1885' };
      const server = await ScriptedServer.open({ reasonCode, properties });
      const others: RawPeer[] = [];
      await server.world.listen(ProtocolVersion.v5, 1884, (peer) => {
        others.push(peer);
        peer.onPacket = ({ type }) => {
          if (type === connect)
            peer.send({ type: PacketType.connack, sessionPresent: false, reasonCode: 0, properties: {} });
        };
      });
      // by default it follows nobody
      await t.rejects((await server.dial()).connecting, { message: /refused the client/ });
      const client = await (await server.dial({ redirectMax: 1 })).connecting;
      t.match(client.status, { state: 'connected' });
      t.equal(others.length, 1);
      server.connack = {};
      others[0]?.cut();
      await server.world.clock.advance(2000);
      t.equal(others.length, isMoved ? 2 : 1);
      t.equal(server.peers.length, isMoved ? 2 : 3);
    },
  );
}

t.test('a server reference keeps TLS, WebSocket and path, and circles end', (t) => {
  const from = address('wss://a.example:9443/x');
  t.match(referredAddress('b.example:444 c.example', from), {
    host: 'b.example',
    port: 444,
    isEncrypted: true,
    webSocket: { path: '/x' },
  });
  t.match(referredAddress('[fe80::1]', address('mqtts://a')), { host: 'fe80::1', port: 8883, isEncrypted: true });
  t.match(referredAddress('mqtts://b', address('mqtt://a')), { host: 'b', port: 8883, isEncrypted: true });
  t.equal(referredAddress('mqtt://b', address('mqtts://a')), undefined, 'encryption is not given up');
  t.equal(referredAddress('', address('mqtts://a')), undefined);
  const redirects = new Redirects(address('mqtt://a'), 2);
  const moved = { reasonCode: ReasonCode.serverMoved, serverReference: 'b' };
  t.same([redirects.follow(moved), redirects.follow(moved), redirects.follow(moved)], [true, true, false]);
  redirects.connected();
  t.equal(redirects.follow(moved), true);
  t.equal(redirects.follow({ reasonCode: ReasonCode.useAnotherServer, serverReference: 'c' }), true);
  t.same([redirects.address.host, redirects.goHome(), redirects.address.host], ['c', true, 'b']);
  t.end();
});

t.test('who was told no waits long, who broke off waits as ever, and what cannot be mended is given up', async (t) => {
  const server = await ScriptedServer.open();
  const backoff = { delayMsMin: 100, delayMsMax: 60_000, stableMs: 0 };
  const client = await server.client({ backoff });
  server.peer.cut();
  await server.world.clock.advance(400);
  t.equal(server.peers.length, 2);
  server.peer.send({ type: disconnect, reasonCode: ReasonCode.sessionTakenOver, properties: {} });
  await server.world.clock.advance(29_000);
  t.equal(server.peers.length, 2);
  await server.world.clock.advance(32_000);
  t.equal(server.peers.length, 3);
  server.connack = { reasonCode: ReasonCode.unsupportedProtocolVersion };
  server.peer.cut();
  await server.world.clock.advance(1000);
  t.match(client.status, { state: 'closed', error: { code: 'ERR_REFUSED_UNSUPPORTED_PROTOCOL_VERSION' } });
});

t.test('subscription identifiers go with a filter and come back, where the server has them', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client();
  const heard: unknown[] = [];
  await subscribed(
    server,
    client,
    'a',
    { subscriptionIdentifier: 7 },
    (one) => void heard.push(one.subscriptionIdentifiers),
  );
  server.peer.send(publishOf('a', '', { properties: { subscriptionIdentifiers: [7, 9] } }));
  await server.world.clock.settle();
  t.same(heard, [[7, 9]]);
  await t.rejects(client.subscribe('a', { subscriptionIdentifier: 0 }), /expected 1 to 268435455/);
  const without = await ScriptedServer.open();
  const poor = await without.client({}, { subscriptionIdentifiersAvailable: false });
  await t.rejects(poor.subscribe('a', { subscriptionIdentifier: 7 }), { code: 'ERR_USAGE_NOT_SENT' });
  t.same(await without.peer.received(), []);
});

t.test('requests are answered where the server says, unless they name a topic', async (t) => {
  const server = await ScriptedServer.open();
  server.onPacket = grantAll;
  const asked = { properties: { requestResponseInformation: true } };
  const client = await server.client(asked, { responseInformation: 'replies/c' });
  const opening = ClientRequester.open(client, server.world.ports, {});
  await server.world.clock.settle();
  const requester = await opening;
  server.peer.packets.length = 0;
  requester.request('service', '').catch(() => undefined);
  t.match(await server.peer.receivedOf(publish), [{ properties: { responseTopic: 'replies/c' } }]);
  const other = await ScriptedServer.open();
  await t.rejects(ClientRequester.open(await other.client(), other.world.ports, {}), /no response information/);
});

t.test('DISCONNECT may change how long the session is kept, but not from nothing', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client({ sessionExpiryInterval: 10 });
  void client.close({ sessionExpiryInterval: 500 });
  t.match(await server.peer.received(), [{ type: disconnect, properties: { sessionExpiryInterval: 500 } }]);
  const brief = await (await ScriptedServer.open()).client({ sessionExpiryInterval: 0 });
  await t.rejects(brief.close({ sessionExpiryInterval: 1 }), { code: 'ERR_USAGE_PROPERTIES' });
  await t.rejects(brief.close({ sessionExpiryInterval: -1 }), { code: 'ERR_USAGE_PROPERTIES' });
  t.match(brief.status, { state: 'connected' });
});

t.test('what waits for a connection is bounded in messages and in bytes', async (t) => {
  const server = await ScriptedServer.open();
  const client = await server.client({ queueCountMax: 3, queueBytesMax: 10 });
  const ignore = (promise: Promise<unknown>): void => void promise.catch(() => undefined);
  server.world.net.isDown = true;
  server.world.net.cut();
  await server.world.clock.settle();
  ignore(client.publish('a', '0123456789ab', { qos: 1 }));
  t.equal(client.pendingCount, 1, 'one of any size has room');
  await t.rejects(client.publish('a', 'x', { qos: 1 }), { code: 'ERR_USAGE_QUEUE_FULL' });
  server.world.net.isDown = false;
  server.onPacket = (packet, peer) => {
    if (packet.type !== publish) return;
    peer.send({ type: puback, packetId: packet.packetId, reasonCode: 0, properties: {} });
  };
  await server.world.clock.advance(60_000);
  t.equal(client.pendingCount, 0);
  server.onPacket = undefined;
  for (const text of ['012', '345', '6']) ignore(client.publish('a', text, { qos: 1 }));
  await t.rejects(client.publish('a', '', { qos: 1 }), { code: 'ERR_USAGE_QUEUE_FULL' });
  client.destroy();
});
