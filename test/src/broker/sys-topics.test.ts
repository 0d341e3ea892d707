// `$SYS`: the names and forms that mosquitto uses, and numbers that agree with the broker.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { Broker } from '../../../src/broker/broker.ts';
import { LoadAverages } from '../../../src/broker/load-averages.ts';
import { auditBroker } from '../../kit/audit.ts';
import { publishOf, type RawPeer, subscribeOf, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;

/** The values that a peer was sent since the last call, by topic below `$SYS/broker/`. */
async function valuesOf(peer: RawPeer): Promise<Record<string, string>> {
  const packets = await peer.receivedOf(PacketType.publish);
  return Object.fromEntries(
    packets.map(({ topic, payload }) => [topic.slice('$SYS/broker/'.length), payload.toString()]),
  );
}

t.test('the state of the broker is told under the names of mosquitto, again only where it changed', async (t) => {
  const world = new World();
  const listeners = [{ name: 'tcp', host: '127.0.0.1', port: 1883 }];
  const broker = auditBroker(
    await Broker.open({ ...world.context, heapBytes: () => 5000 }, { listeners, systemTopicsIntervalMs: 10_000 }),
  );
  const watcher = await world.dial(v5);
  await watcher.connect('watcher');
  watcher.send(subscribeOf(1, 0, '$SYS/#'));
  await watcher.received();
  const away = await world.dial(v5);
  await away.connect('away', { properties: { sessionExpiryInterval: 15 } });
  away.send(subscribeOf(1, 1, 'kept', '$share/g/shared'));
  await away.received();
  away.cut();
  await world.clock.settle();
  const device = await world.dial(v5);
  await device.connect('device');
  device.send(
    publishOf('kept', '12345', { qos: 1, packetId: 1, retain: true }),
    publishOf('shared', 'x', { qos: 0 }),
    publishOf('nobody', 'x'),
  );
  await device.received();
  await world.clock.advance(12_000);
  const values = await valuesOf(watcher);
  t.match(values, {
    uptime: /^\d+ seconds$/,
    version: /^viaduct /,
    'clients/total': '3',
    'clients/connected': '2',
    'clients/active': '2',
    'clients/disconnected': '1',
    'clients/inactive': '1',
    'clients/maximum': '3',
    'clients/expired': '0',
    'subscriptions/count': '3',
    'shared_subscriptions/count': '1',
    'retained messages/count': /^\d+$/,
    'messages/inflight': '0',
    'messages/stored': /^\d+$/,
    'store/messages/count': /^\d+$/,
    'messages/received': '8',
    'messages/sent': /^\d+$/,
    'publish/messages/received': '3',
    'publish/bytes/sent': /^\d+$/,
    'publish/bytes/received': '7',
    'load/messages/received/5min': /^\d+\.\d\d$/,
    'load/messages/sent/5min': /^\d+\.\d\d$/,
    'load/sockets/1min': /^\d+\.\d\d$/,
    'publish/messages/dropped': '1',
    'dropped/qos-0-offline': '1',
    'heap/current': '5000',
    'heap/maximum': '5000',
    'load/connections/1min': /^\d+\.\d\d$/,
    'load/publish/received/15min': /^\d+\.\d\d$/,
    'load/publish/dropped/1min': /^\d+\.\d\d$/,
  });
  t.ok(Number(values['bytes/received']) > 0, 'bytes of connections that are open count');
  t.ok(Number(values['load/bytes/received/1min']) > Number(values['load/bytes/received/15min']));
  await world.clock.advance(10_000);
  const later = await valuesOf(watcher);
  t.match(later, { 'clients/expired': '1', 'clients/total': '2', 'dropped/session-ended': '1' });
  t.notOk('version' in later, 'what is the same is not told again');
  t.equal(later['shared_subscriptions/count'], '0');
  t.equal(broker.status.connected, 2);
});

t.test('every control packet and every byte of payload is counted, in runs as well as alone', async (t) => {
  for (const [version, aliases] of [
    [v311, 0],
    [v5, 0],
    [v5, 5],
  ] as const) {
    for (const qos of [0, 1, 2] as const) {
      const world = new World();
      const broker = await world.openBroker();
      const [from, to] = [await world.dial(version), await world.dial(version)];
      await from.connect('from');
      await to.connect('to', version === v5 ? { properties: { topicAliasMaximum: aliases } } : {});
      to.send(subscribeOf(1, qos, 'a/b'));
      await to.received();
      const before = broker.status;
      t.same([before.packetsReceived, before.packetsSent], [3, 3]);
      const properties = version === v5 ? { contentType: 'text' } : {};
      const messages = Array.from({ length: 10 }, (_one, index) =>
        publishOf('a/b', 'x'.repeat(index), { qos, packetId: qos > 0 ? index + 1 : 0, properties }),
      );
      from.send(...messages);
      const got = await to.receivedOf(PacketType.publish);
      const now = broker.status;
      const name = `QoS ${qos} in ${version}, ${aliases} aliases`;
      t.equal(got.length, 10, name);
      t.same([now.payloadBytesReceived, now.payloadBytesSent], [45, 45], name);
      t.same([now.packetsReceived, now.packetsSent], [13, qos > 0 ? 23 : 13], name);
      t.equal(now.underway, qos > 0 ? 10 : 0, name);
      from.cut();
      to.cut();
      await world.clock.settle();
      t.same(broker.status.packetsReceived, 13, 'those of connections that are gone count, too');
    }
  }
});

t.test('a load average goes to the rate, the sooner the shorter its time, and back when nothing happens', (t) => {
  const loads = new LoadAverages(0);
  let count = 0;
  let shown: Record<string, string> = {};
  for (let now = 10_000; now <= 3_600_000; now += 10_000) {
    count += 100;
    shown = loads.update({ x: count }, now);
    if (now !== 60_000) continue;
    t.same(shown, { 'x/1min': '379.27', 'x/5min': '108.76', 'x/15min': '38.70' }, 'after one minute');
  }
  t.equal(shown['x/1min'], '600.00', 'a hundred in ten seconds are six hundred a minute');
  shown = loads.update({ x: count }, 3_660_000);
  t.equal(shown['x/1min'], (600 * Math.exp(-1)).toFixed(2));
  t.end();
});

t.test('nothing is published below $SYS where that is turned off', async (t) => {
  const world = new World();
  await world.openBroker();
  await world.clock.advance(60_000);
  t.equal(world.router.retained.size, 0);
});

t.test('the state of the broker is told on this machine only, or to nobody, where it is so configured', async (t) => {
  const expected = { all: [0, 0], local: [0, 0x87], off: [0x87, 0x87] } as const;
  for (const systemTopics of ['all', 'local', 'off'] as const) {
    const world = new World();
    const broker = await world.openBroker({ systemTopics, systemTopicsIntervalMs: 1000 });
    const answers: unknown[] = [];
    for (const address of ['127.0.0.1', '10.0.0.7']) {
      world.net.remoteAddress = address;
      const peer = await world.dial(v5);
      await peer.connect(`from ${address}`);
      peer.send(subscribeOf(1, 0, '$share/g/$SYS/#'), subscribeOf(2, 0, 'a'));
      const [suback, other] = await peer.receivedOf(PacketType.suback);
      answers.push(suback?.reasonCodes[0]);
      t.same(other?.reasonCodes, [0]);
    }
    t.same(answers, expected[systemTopics]);
    await world.clock.advance(3000);
    t.equal(broker.status.retained > 0, systemTopics !== 'off');
  }
});
