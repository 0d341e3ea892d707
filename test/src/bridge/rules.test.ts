// Rules of a bridge: what they let pass, what they add, how answers find their way back, and that runs of messages are
// treated as the same messages one by one.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { encodePublishProperties } from '../../../protocol/wire/property-block.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import { tryRules } from '../../../src/bridge/try-rules.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;

async function bridged(more: Partial<BridgeSettings>) {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  await world.openBroker();
  const bridge = openBridge(world, more);
  await world.clock.settle();
  return { world, remote, bridge };
}

t.test('a rule leaves out what it excludes, and does not count it, message by message and in runs', async (t) => {
  const { world, remote, bridge } = await bridged({
    forwards: [{ localTopic: 'up/#', remoteTopic: '', excludes: ['up/secret/#'], qosMax: 1 }],
  });
  const device = await world.dial(v5);
  await device.connect('d');
  for (let round = 0; round < 3; round++) {
    device.send(
      ...['up/a', 'up/a', 'up/secret/x', 'up/secret/x', 'up/b'].map((topic, index) =>
        publishOf(topic, `${round}${index}`, { qos: 2, packetId: 1 + round * 5 + index }),
      ),
    );
    await world.clock.settle();
    device.send(
      ...[1, 2, 3, 4, 5].map((id) => ({
        type: 6 as const,
        packetId: round * 5 + id,
        reasonCode: 0 as const,
        properties: {},
      })),
    );
    await world.clock.settle();
  }
  t.same(remote.payloads, ['00', '01', '04', '10', '11', '14', '20', '21', '24']);
  t.ok(
    remote.published.every(({ qos }) => qos === 1),
    'no QoS above its cap',
  );
  t.match(bridge.status.forwards, [{ received: 9, delivered: 9, dropped: {}, queued: 0 }]);
  bridge.destroy();
});

t.test('samples, unchanged payloads and messages that come too soon are held back and counted', async (t) => {
  const { world, remote, bridge } = await bridged({
    forwards: [
      { localTopic: 'sample/#', remoteTopic: '', sampleOf: 3 },
      { localTopic: 'change/#', remoteTopic: '', isChangeOnly: true, unchangedAgeMsMax: 60_000 },
      { localTopic: 'slow/#', remoteTopic: '', intervalMsMin: 1000, note: 'metered' },
    ],
  });
  for (const payload of ['0', '1', '2', '3', '4', '5', '6']) publishLocally(world, 'sample/a', payload);
  publishLocally(world, 'sample/b', 'other topic');
  for (const payload of ['x', 'x', 'y', 'x', 'x']) publishLocally(world, 'change/a', payload);
  publishLocally(world, 'slow/a', 'first');
  await world.clock.advance(999);
  publishLocally(world, 'slow/a', 'too soon');
  await world.clock.advance(1);
  publishLocally(world, 'slow/a', 'second');
  await world.clock.advance(59_000);
  publishLocally(world, 'change/a', 'x');
  await world.clock.settle();
  t.same(remote.payloads, ['0', '3', '6', 'other topic', 'x', 'y', 'x', 'first', 'second', 'x']);
  t.match(bridge.status.forwards, [
    { received: 8, delivered: 4, dropped: { sampled: 4 }, queued: 0 },
    { received: 6, delivered: 4, dropped: { unchanged: 2 }, queued: 0 },
    { received: 3, delivered: 2, dropped: { 'too-soon': 1 }, queued: 0, note: 'metered' },
  ]);
  bridge.destroy();
});

t.test('user properties of a rule are filled in behind those of the message', async (t) => {
  const { world, remote, bridge } = await bridged({
    forwards: [
      {
        localTopic: 'raw/{rest#}',
        remoteTopic: 'r/{rest}',
        flatten: '-',
        userProperties: [
          ['site', 'b'],
          ['by', '${clientid}/${username}'],
          ['id', '${payload:dev.id}'],
          ['lost', '${payload:none}'],
        ],
      },
    ],
  });
  const device = await world.dial(v5);
  await device.connect('d1', { username: 'ann' });
  device.send(
    publishOf('raw/a/b', '{"dev":{"id":7}}', { properties: { userProperties: [['k', 'v']], contentType: 'j' } }),
  );
  device.send(publishOf('raw/a/b', 'no json'));
  await world.clock.settle();
  t.match(remote.published, [
    {
      topic: 'r-a-b',
      properties: {
        contentType: 'j',
        userProperties: [
          ['k', 'v'],
          ['topic', 'raw/a/b'],
          ['site', 'b'],
          ['by', 'd1/ann'],
          ['id', '7'],
        ],
      },
    },
    {
      topic: 'r-a-b',
      properties: {
        userProperties: [
          ['topic', 'raw/a/b'],
          ['site', 'b'],
          ['by', 'd1/ann'],
        ],
      },
    },
  ]);
  bridge.destroy();
});

t.test('a request finds its answer through the bridge: response topics are mapped by the inverse rule', async (t) => {
  const { world, remote, bridge } = await bridged({
    forwards: [
      { localTopic: 'req/#', remoteTopic: 'site7/req/#' },
      { localTopic: 'ans/#', remoteTopic: 'site7/ans/#' },
    ],
    subscriptions: [
      { remoteTopic: 'site7/reply/#', localTopic: 'reply/#', qos: 1 },
      { remoteTopic: 'site7/ask/{x#}', localTopic: 'ask/{x}', qos: 1 },
    ],
  });
  const device = await world.dial(v5);
  await device.connect('d');
  device.send(subscribeOf(1, 1, 'reply/#', 'ask/#'));
  device.send(publishOf('req/a', 'q', { properties: { responseTopic: 'reply/d/1' } }));
  device.send(publishOf('req/a', 'q', { properties: { responseTopic: 'nobody/knows' } }));
  await world.clock.settle();
  t.same(
    remote.published.map(({ properties }) => properties.responseTopic),
    ['site7/reply/d/1', 'nobody/knows'],
  );
  remote.peer.send(publishOf('site7/reply/d/1', 'answer'));
  remote.peer.send(publishOf('site7/ask/it', 'q', { properties: { responseTopic: 'site7/ans/9' } }));
  const got = (await device.receivedOf(PacketType.publish)).map(({ topic, properties }) => [
    topic,
    properties.responseTopic,
  ]);
  t.same(got, [
    ['reply/d/1', undefined],
    ['ask/it', 'ans/9'],
  ]);
  bridge.destroy();
});

t.test('rules that are tried tell what would happen, and why a message would be dropped', async (t) => {
  const origin = new Origin('device', 'c1');
  const parts = { payload: Buffer.from('{}'), qos: 2 as const, retain: true, origin };
  const settings: BridgeSettings = {
    name: 'cloud',
    clientId: 'x',
    remote: { host: 'h', port: 1883 },
    forwards: [
      { localTopic: 'a/#', remoteTopic: 'b/${payload:id}' },
      { localTopic: 'a/+', remoteTopic: 'c/$1', qos: 1, retain: false, userProperties: [['by', '${clientid}']] },
    ],
    subscriptions: [
      { remoteTopic: 'a/1', localTopic: 'first', qos: 1 },
      { remoteTopic: 'a/#', localTopic: 'second', qos: 2 },
    ],
  };
  t.same(tryRules(settings, new Message({ topic: 'a/1', ...parts })), [
    {
      bridge: 'cloud',
      list: 'forwards',
      index: 0,
      result: { dropped: 'bad-topic', why: "a message on 'a/1' has no ${payload:id}" },
    },
    {
      bridge: 'cloud',
      list: 'forwards',
      index: 1,
      result: { topic: 'c/1', qos: 1, retain: false, userProperties: [['by', 'c1']] },
    },
    {
      bridge: 'cloud',
      list: 'subscriptions',
      index: 0,
      result: { topic: 'first', qos: 1, retain: true, userProperties: [] },
    },
  ]);
  t.same(tryRules(settings, new Message({ topic: 'z', ...parts, properties: encodePublishProperties({}) })), []);
});
