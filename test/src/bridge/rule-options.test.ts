// What single options of a rule ask of the other side: QoS and the retain flag of what goes, the options of SUBSCRIBE,
// and the limits of a remote that both obey.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { SubscribeEntry } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { ForwardRuleOptions, SubscriptionRuleOptions } from '../../../src/bridge/bridge-options.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { Acceptance } from '../../../src/router/acceptance.ts';
import { openBridge, publishLocally, Remote } from '../../kit/remote.ts';
import { publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;

async function forwarded(options: Partial<ForwardRuleOptions>, retain: boolean): Promise<readonly string[]> {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, v5);
  const bridge = openBridge(world, { forwards: [{ localTopic: 'up/#', remoteTopic: '', ...options }] });
  await world.clock.settle();
  for (const qos of [0, 1, 2] as const) {
    const payload = Buffer.from(String(qos));
    const message = new Message({ topic: 'up/a', payload, qos, retain, origin: new Origin('device', 'one') });
    world.router.publish(message, new Acceptance({ accepted: () => undefined }, 1));
  }
  await world.clock.settle();
  bridge.destroy();
  return remote.published.map(
    ({ payload, qos, retain: isKept }) => `${payload} as ${qos}${isKept ? ', retained' : ''}`,
  );
}

t.test('a rule sets the QoS of what it sends, or caps it', async (t) => {
  t.strictSame(await forwarded({}, false), ['0 as 0', '1 as 1', '2 as 2']);
  t.strictSame(await forwarded({ qosMax: 1 }, false), ['0 as 0', '1 as 1', '2 as 1']);
  t.strictSame(await forwarded({ qos: 2 }, false), ['0 as 2', '1 as 2', '2 as 2']);
});

t.test('a rule keeps the retain flag, sets it, or clears it', async (t) => {
  t.strictSame(await forwarded({ qos: 0 }, true), ['0 as 0, retained', '1 as 0, retained', '2 as 0, retained']);
  t.strictSame(await forwarded({ qos: 0, retain: false }, true), ['0 as 0', '1 as 0', '2 as 0']);
  t.strictSame(await forwarded({ qos: 0, retain: true }, false), [
    '0 as 0, retained',
    '1 as 0, retained',
    '2 as 0, retained',
  ]);
});

async function asked(version: ProtocolVersion, more: Partial<SubscriptionRuleOptions>): Promise<SubscribeEntry> {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, version);
  const subscriptions = [{ remoteTopic: 'down/#', localTopic: '', qos: 1, ...more } as const];
  const bridge = openBridge(world, { version, subscriptions });
  await world.clock.settle();
  const [entry] = remote.peer.packets.flatMap((one) => (one.type === PacketType.subscribe ? one.entries : []));
  bridge.destroy();
  if (entry === undefined) throw new Error('nothing was asked for');
  return entry;
}

t.test(
  'a rule asks for no-local and retain-as-published unless it says otherwise, and for retained as it says',
  async (t) => {
    t.match(await asked(v5, {}), { qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 0 });
    t.match(await asked(v5, { isNoLocal: false }), { noLocal: false, retainAsPublished: true });
    t.match(await asked(v5, { isRetainAsPublished: false }), { noLocal: true, retainAsPublished: false });
    t.match(await asked(v5, { retainHandling: 1 }), { retainHandling: 1 });
    t.match(await asked(v5, { retainHandling: 2 }), { retainHandling: 2 });
    t.match(await asked(v5, { remoteTopic: '$share/g/down/#' }), { noLocal: false }, '[MQTT-3.8.3-4]');
    t.match(await asked(v311, {}), { qos: 1, noLocal: false, retainAsPublished: false }, '3.1.1 has no such options');
  },
);

t.test(
  'what a remote announced holds: QoS and retain are lowered, what is too large goes aside [MQTT-3.2.2-11]',
  async (t) => {
    const world = new World();
    const remote = new Remote();
    remote.properties = { maximumQos: 1, retainAvailable: false, maximumPacketSize: 60, serverKeepAlive: 7 };
    await remote.open(world, v5);
    const bridge = openBridge(world, { forwards: [{ localTopic: 'up/#', remoteTopic: '', retain: true }] });
    await world.clock.settle();
    publishLocally(world, 'up/a', 'small', 2);
    publishLocally(world, 'up/a', 'x'.repeat(100), 1);
    await world.clock.settle();
    t.match(remote.published, [{ qos: 1, retain: false }]);
    t.equal(remote.published.length, 1);
    t.match(bridge.status.forwards, [{ received: 2, delivered: 1, dropped: { 'too-large': 1 } }]);
    remote.peer.packets.length = 0;
    await world.clock.advance(7500);
    t.ok(
      remote.peer.packets.some(({ type }) => type === PacketType.pingreq),
      'its keep-alive [MQTT-3.2.2-21]',
    );
    bridge.destroy();
  },
);

t.test(
  'topic aliases save the topic between a bridge and its remote, both ways, until the line is another',
  async (t) => {
    const world = new World();
    const remote = new Remote();
    remote.properties = { topicAliasMaximum: 5 };
    await remote.open(world, v5);
    const broker = await world.openBroker({});
    const bridge = openBridge(world, {
      properties: { topicAliasMaximum: 3 },
      subscriptions: [{ remoteTopic: 'down/#', localTopic: 'here/#', qos: 0 }],
    });
    const device = await world.dial(v5);
    await device.connect('reader');
    device.send(subscribeOf(1, 0, 'here/#'));
    await device.received();
    t.equal(remote.connects[0]?.properties.topicAliasMaximum, 3, '[MQTT-3.1.2-26] so many the remote may use');
    for (const payload of ['1', '2']) publishLocally(world, 'up/a', payload, 1);
    await world.clock.settle();
    t.match(remote.published, [
      { topic: 'up/a', properties: { topicAlias: 1 } },
      { topic: '', properties: { topicAlias: 1 } },
    ]);
    remote.peer.send(publishOf('down/x', '1', { properties: { topicAlias: 2 } }));
    remote.peer.send(publishOf('', '2', { properties: { topicAlias: 2 } }));
    const got = await device.receivedOf(PacketType.publish);
    t.same(
      got.map(({ topic, payload }) => `${topic} ${payload}`),
      ['here/x 1', 'here/x 2'],
    );
    remote.peer.cut();
    await world.clock.advance(5000);
    publishLocally(world, 'up/a', '3', 1);
    await world.clock.settle();
    t.match(remote.published.at(-1), { topic: 'up/a', properties: { topicAlias: 1 } }, '[MQTT-3.3.2-7] begun anew');
    bridge.destroy();
    broker.destroy();
  },
);
