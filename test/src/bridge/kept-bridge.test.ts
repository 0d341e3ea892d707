// What a bridge takes from one process to the next besides its messages: that it was stopped, what it may have sent,
// and what its servers are to forget.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge, Remote } from '../../kit/remote.ts';
import { ackOf, publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const kept = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };

t.test('a bridge that was stopped stays so in the next process, until it is let go on', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  await remote.open(kw.world, v5);
  const first = await kw.start({ bridge: {} });
  first.bridge?.pause();
  await kw.world.clock.advance(3000);
  const { bridge } = await kw.start({ crash: 'power', bridge: {} });
  const device = await kw.world.dial(v5);
  await device.connect('device');
  device.send(publishOf('up/x', 'one', { qos: 1, packetId: 1 }));
  await kw.world.clock.advance(2000);
  t.equal(bridge?.isPaused, true);
  t.same(remote.payloads, []);
  bridge?.resume();
  await kw.world.clock.advance(3000);
  t.same(remote.payloads, ['one']);
  const third = await kw.start({ crash: 'power', bridge: {} });
  t.equal(third.bridge?.isPaused, false);
});

for (const version of [v311, v5]) {
  const name = version === v5 ? '5.0' : '3.1.1';
  t.test(`${name}: what an earlier process may have sent comes with DUP [MQTT-3.3.1-1] [MQTT3-3.3.1-1]`, async (t) => {
    const kw = new KeptWorld();
    const remote = new Remote();
    remote.isAnswering = false;
    await remote.open(kw.world, version);
    await kw.start({ bridge: { version } });
    const device = await kw.world.dial(v5);
    await device.connect('device');
    device.send(publishOf('up/x', 'one', { qos: 1, packetId: 1 }), publishOf('up/x', 'two', { qos: 2, packetId: 2 }));
    await kw.world.clock.advance(2000);
    t.same(
      remote.published.map(({ dup }) => dup),
      [false, false],
    );
    remote.sessionPresent = true;
    remote.published.length = 0;
    await kw.start({ crash: 'power', bridge: { version } });
    const other = await kw.world.dial(v5);
    await other.connect('device');
    other.send(publishOf('up/x', 'three', { qos: 1, packetId: 3 }));
    await kw.world.clock.advance(2000);
    t.match(
      remote.published.map(({ payload, dup }) => [payload.toString(), dup]),
      [
        ['one', true],
        ['two', true],
        ['three', false],
      ],
    );
    remote.sessionPresent = false;
    remote.published.length = 0;
    await kw.start({ crash: 'power', bridge: { version } });
    await kw.world.clock.advance(2000);
    t.same(
      remote.published.map(({ dup }) => dup),
      [false, false, false],
      'a remote that has forgotten the session gets them for the first time [MQTT-3.3.1-2]',
    );
  });
}

t.test('subscriptions that left the configuration between two processes are ended, where the session is', async (t) => {
  const kw = new KeptWorld();
  const remote = new Remote();
  await remote.open(kw.world, v5);
  const rule = (remoteTopic: string) => ({ remoteTopic, localTopic: '', qos: 1 }) as const;
  await kw.start({ bridge: { ...kept, subscriptions: [rule('stays/#'), rule('goes/#')] } });
  await kw.world.clock.advance(2000);
  remote.sessionPresent = true;
  const ends = (): readonly (readonly string[])[] =>
    remote.peers.flatMap(({ packets }) =>
      packets.flatMap((packet) => (packet.type === PacketType.unsubscribe ? [packet.filters] : [])),
    );
  await kw.start({ crash: 'power', bridge: { ...kept, subscriptions: [rule('stays/#')] } });
  await kw.world.clock.advance(2000);
  t.same(ends(), [['goes/#']]);

  // nobody has answered, or the remote did not want to: it may still be there
  const refused = remote.peer.packets.flatMap((one) => (one.type === PacketType.unsubscribe ? [one.packetId] : []))[0];
  remote.peer.send({ type: PacketType.unsuback, packetId: refused ?? 0, reasonCodes: [0x87], properties: {} });
  await kw.world.clock.advance(2000);
  await kw.start({ crash: 'power', bridge: { ...kept, subscriptions: [rule('stays/#')] } });
  await kw.world.clock.advance(2000);
  t.same(ends(), [['goes/#'], ['goes/#']]);
  const packetId = remote.peer.packets.flatMap((one) => (one.type === PacketType.unsubscribe ? [one.packetId] : []))[0];
  remote.peer.send({ type: PacketType.unsuback, packetId: packetId ?? 0, reasonCodes: [0], properties: {} });
  await kw.world.clock.advance(2000);
  await kw.start({ crash: 'power', bridge: { ...kept, subscriptions: [rule('stays/#')] } });
  await kw.world.clock.advance(2000);
  t.equal(ends().length, 2, 'what is over is not ended again');

  remote.sessionPresent = false;
  await kw.start({ crash: 'power', bridge: { ...kept, subscriptions: [] } });
  await kw.world.clock.advance(2000);
  t.equal(ends().length, 2, 'a session that is gone has nothing to be ended');
});

t.test('a server that is away keeps what was subscribed there until it is back', async (t) => {
  const world = new World();
  const remotes = [new Remote(), new Remote()] as const;
  for (const [index, remote] of remotes.entries()) await remote.open(world, v5, 9000 + index);
  const down = { remoteTopic: 'down/#', localTopic: '', qos: 1 } as const;
  const bridge = openBridge(world, {
    backups: [{ host: '127.0.0.1', port: 9001 }],
    subscriptions: [down, { ...down, remoteTopic: 'goes/#' }],
    failbackMs: 0,
  });
  await world.clock.settle();
  world.net.takeDown(9000);
  await world.clock.advance(2000);
  bridge.updateRules({ forwards: [], subscriptions: [down] });
  await world.clock.settle();
  remotes[0].sessionPresent = true;
  world.net.portsDown.clear();
  world.net.takeDown(9001);
  await world.clock.advance(5000);
  t.equal(bridge.status.remote, '127.0.0.1:9000');
  t.match(
    remotes[0].peer.packets.filter(({ type }) => type === PacketType.unsubscribe),
    [{ filters: ['goes/#'] }],
  );
  bridge.destroy();
});

t.test('a device whose session is there gets with DUP what it may have got before [MQTT-3.3.1-1]', async (t) => {
  const kw = new KeptWorld();
  await kw.start();
  const reader = await kw.world.dial(v5);
  await reader.connect('reader', kept);
  reader.send(subscribeOf(1, 1, 'in/#'));
  const device = await kw.world.dial(v5);
  await device.connect('device');
  device.send(publishOf('in/x', 'one', { qos: 1, packetId: 1 }));
  await kw.world.clock.advance(2000);
  t.match(await reader.receivedOf(PacketType.publish), [{ dup: false }]);
  await kw.start({ crash: 'power' });
  const back = await kw.world.dial(v5);
  back.send();
  const packets = await back.connect('reader', kept);
  await kw.world.clock.advance(200);
  t.match(
    [...packets, ...(await back.received())],
    [{ sessionPresent: true }, { type: PacketType.publish, dup: true }],
  );
});

t.test('a server that was left is told in the next process what it is to forget', async (t) => {
  const kw = new KeptWorld();
  const [first, second] = [new Remote(), new Remote()];
  first.isAnswering = false;
  await first.open(kw.world, v5, 9000);
  await second.open(kw.world, v5, 9001);
  const bridge = { backups: [{ host: '127.0.0.1', port: 9001 }] };
  await kw.start({ bridge });
  const device = await kw.world.dial(v5);
  await device.connect('device');
  device.send(publishOf('up/x', 'one', { qos: 2, packetId: 1 }));
  await kw.world.clock.advance(1000);
  const { packetId = 0 } = first.published[0] ?? {};
  t.ok(packetId > 0);
  kw.world.net.takeDown(9000);
  await kw.world.clock.advance(2000);
  t.same(second.payloads, ['one'], 'it went to the other one');
  kw.world.net.portsDown.clear();
  first.sessionPresent = true;
  await kw.start({ crash: 'power', bridge });
  await kw.world.clock.advance(2000);
  t.match(await first.peer.receivedOf(PacketType.pubrel), [{ packetId }], 'or it would take a later one for this');
  first.peer.send(ackOf(7, packetId));
  // nobody waits for this to be stored
  await kw.world.clock.advance(2000);
  await kw.start({ crash: 'power', bridge });
  await kw.world.clock.advance(2000);
  t.same(await first.peer.receivedOf(PacketType.pubrel), [], 'and once is enough');
  t.same(second.payloads, ['one']);
});

t.test(
  'of each topic the last message waits, whichever process took it, with those of other rules in peace',
  async (t) => {
    const kw = new KeptWorld();
    const latest = { localTopic: 'up/+', remoteTopic: '', queueOverflow: 'latest' } as const;
    const bridge = { forwards: [latest, { localTopic: 'all/+', remoteTopic: '' }] };
    const topics = ['up/a', 'up/b', 'all/a'];
    for (const process of ['first', 'second', 'third']) {
      await kw.start({ crash: 'power', bridge });
      const device = await kw.world.dial(v5);
      await device.connect('device');
      const named = process === 'second' ? ['up/a', 'all/a'] : topics;
      for (const [index, topic] of named.entries()) {
        device.send(publishOf(topic, `${topic} of the ${process}`, { qos: 1, packetId: index + 1 }));
      }
      await kw.world.clock.advance(1000);
    }
    const last = await kw.start({ crash: 'power', bridge });
    await kw.world.clock.advance(1000);
    t.match(last.bridge?.status.forwards, [{ queued: 2 }, { queued: 3 }], 'while the link is down');
    const remote = new Remote();
    await remote.open(kw.world, v5);
    await kw.world.clock.advance(70_000);
    t.same(remote.payloads, [
      'all/a of the first',
      'all/a of the second',
      'up/a of the third',
      'up/b of the third',
      'all/a of the third',
    ]);
    t.match(last.bridge?.status.forwards, [
      { queued: 0, delivered: 2 },
      { queued: 0, delivered: 3 },
    ]);
  },
);

t.test('two messages of a topic that a crash left behind become one, and a QoS 2 flow is finished', async (t) => {
  const kw = new KeptWorld();
  const rule = (queueOverflow: 'oldest' | 'latest') => ({ localTopic: 'up/+', remoteTopic: '', queueOverflow });
  await kw.start({ bridge: { forwards: [rule('oldest')] } });
  const device = await kw.world.dial(v5);
  await device.connect('device');
  device.send(
    publishOf('up/a', 'one', { qos: 2, packetId: 1 }),
    publishOf('up/a', 'two', { qos: 1, packetId: 2 }),
    publishOf('up/a', 'three', { qos: 1, packetId: 3 }),
  );
  await kw.world.clock.advance(1000);
  const { bridge } = await kw.start({ crash: 'power', bridge: { forwards: [rule('latest')] } });
  await kw.world.clock.advance(1000);
  t.match(bridge?.status.forwards, [{ received: 3, queued: 2, dropped: { replaced: 1 } }]);
  const remote = new Remote();
  await remote.open(kw.world, v5);
  await kw.world.clock.advance(70_000);
  t.same(remote.payloads, ['one', 'three']);
});
