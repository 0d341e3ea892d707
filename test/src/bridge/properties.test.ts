// Properties of 5.0 messages on their way to remotes of 3.x and back: vectors, any message there and back, and what is
// counted; a topic is always one.
import fc from 'fast-check';
import t from 'tap';
import { topicNameFault } from '../../../protocol/topic/topic-name.ts';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { decodePublishProperties, encodePublishProperties } from '../../../protocol/wire/property-block.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import type { BridgeSettings } from '../../../src/bridge/bridge-context.ts';
import type { ForwardRuleOptions } from '../../../src/bridge/bridge-options.ts';
import { EnvelopeOpener } from '../../../src/bridge/envelope-opener.ts';
import { openEnvelope } from '../../../src/bridge/property-envelope.ts';
import { PropertyPolicy, propertiesLeft } from '../../../src/bridge/property-policy.ts';
import { tryRules } from '../../../src/bridge/try-rules.ts';
import { Message } from '../../../src/message/message.ts';
import { Origin } from '../../../src/message/origin.ts';
import { fixtureJson } from '../../kit/fixtures.ts';
import { openBridge, Remote } from '../../kit/remote.ts';
import { publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v5, v311 } = ProtocolVersion;
const origin = new Origin('device', 'd');
const now = 1000;

interface Vector {
  readonly id: string;
  readonly policy: NonNullable<ForwardRuleOptions['properties3x']>;
  readonly names?: readonly string[];
  readonly payload: string;
  readonly properties: Omit<Properties, 'correlationData'> & { readonly correlationData?: string };
  readonly result: { readonly topic?: string; readonly payload: string };
}

function bytesIn(text: string): Buffer {
  return text.startsWith('hex:') ? Buffer.from(text.slice(4), 'hex') : bytesOfText(text.replace(/^text:/, ''));
}

function messageOf(payload: Buffer, properties: Properties, topic = 'a/b'): Message {
  const { messageExpiryInterval } = properties;
  const expiresAt = messageExpiryInterval === undefined ? 0 : now + messageExpiryInterval * 1000;
  const block = encodePublishProperties(properties);
  return new Message({ topic, payload, qos: 1, retain: false, properties: block, expiresAt, origin });
}

function policyOf(properties3x: Vector['policy'], topicProperties: readonly string[] = []): PropertyPolicy {
  const policy = PropertyPolicy.of({ localTopic: '#', remoteTopic: '', properties3x, topicProperties });
  if (policy === undefined) throw new Error('no policy');
  return policy;
}

t.test('each policy makes of a message what its vector says', async (t) => {
  for (const vector of fixtureJson<readonly Vector[]>('properties/to-3x.json')) {
    const { id, names, payload, result } = vector;
    const { correlationData: data, ...rest } = vector.properties;
    const properties = data === undefined ? rest : { ...rest, correlationData: bytesIn(data) };
    const made = policyOf(vector.policy, names).made(messageOf(bytesIn(payload), properties), now);
    t.equal(made.payload.toString(), result.payload, id);
    t.equal(made.topic, result.topic ?? 'a/b', id);
    t.equal(made.properties.length, 0, id);
  }
});

t.test('what is no envelope is known, and what looks like one is not guessed at', async (t) => {
  for (const { result, payload } of fixtureJson<readonly { result: string; payload: string }[]>(
    'properties/envelopes.json',
  )) {
    const opened = openEnvelope(bytesOfText(payload));
    t.equal(typeof opened === 'string' ? opened : 'opened', result, payload);
    if (typeof opened !== 'string') t.equal(opened.payload.toString(), 'x');
  }
  t.equal(openEnvelope(Buffer.from([0xff, 0x7b])), 'plain');
});

const word = fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => !text.includes('\0'));
const topicOf = word.filter((text) => text !== '' && topicNameFault(text) === undefined);
const propertiesOf: fc.Arbitrary<Properties> = fc.record(
  {
    payloadFormatIndicator: fc.constantFrom<0 | 1>(0, 1),
    messageExpiryInterval: fc.nat(0xffff_ffff),
    contentType: word,
    responseTopic: topicOf,
    correlationData: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    userProperties: fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: [] },
);
const payloadOf = fc.oneof(
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary' }).map(bytesOfText),
);

t.test('any message comes out of its envelope as it was put in', async () => {
  fc.assert(
    fc.property(payloadOf, propertiesOf, (payload, properties) => {
      const message = messageOf(payload, properties);
      const made = policyOf('envelope').made(message, now);
      const back = new EnvelopeOpener().open(made, now);
      const isSame = back.payload.equals(payload) && back.expiresAt === message.expiresAt;
      return isSame && back.properties.equals(message.properties) && back.topic === message.topic;
    }),
  );
});

t.test('a payload that happens to be JSON is not opened unless it is an envelope', async () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const opened = openEnvelope(bytesOfText(text));
      return opened === 'plain' || text.includes('mqtt5');
    }),
  );
});

t.test('whatever the properties, a topic stays one, with as many levels more as were chosen', async () => {
  const names = ['user:a', 'content_type', 'response_topic', 'correlation_data', 'user:b'];
  const named = fc.record({ a: word, b: word });
  fc.assert(
    fc.property(topicOf, propertiesOf, named, (topic, properties, { a, b }) => {
      const userProperties = [['a', a] as const, ['b', b] as const];
      const message = messageOf(Buffer.from('x'), { ...properties, userProperties }, topic);
      const made = policyOf('topic', names).made(message, now).topic;
      return topicNameFault(made) === undefined && made.split('/').length === topic.split('/').length + 5;
    }),
  );
});

t.test('a topic that has no room for more stays as it is, and the loss is counted', async (t) => {
  const policy = policyOf('topic', ['content_type']);
  const message = messageOf(Buffer.from('x'), { contentType: 'text/plain' }, 'a'.repeat(65_530));
  t.equal(policy.made(message, now).topic, message.topic);
  policy.sent(message);
  const large = messageOf(Buffer.alloc(1024 * 1024 + 1), { contentType: 'text/plain' });
  const enveloping = policyOf('envelope');
  t.equal(enveloping.made(large, now).payload, large.payload);
  enveloping.sent(large);
  const none = { dropped: 0, enveloped: 0, tooLarge: 0, inTopic: 0 };
  t.same(
    [policy.counts, enveloping.counts],
    [
      { ...none, dropped: 1 },
      { ...none, tooLarge: 1 },
    ],
  );
});

t.test(
  'no envelope is written that would not be opened: escapes become base64, and what is left is counted',
  async (t) => {
    const escapes = Buffer.alloc(1024 * 1024, 1);
    const policy = policyOf('envelope');
    const made = policy.made(messageOf(escapes, { payloadFormatIndicator: 1 }), now);
    t.ok(made.payload.toString().startsWith('{"mqtt5":1,"encoding":"base64"'));
    t.ok(new EnvelopeOpener().open(made, now).payload.equals(escapes));
    const value = 'x'.repeat(60_000);
    const userProperties = Array.from({ length: 20 }, (_, index) => [`name${index}`, value] as const);
    const large = messageOf(Buffer.alloc(900_000), { userProperties });
    t.ok(policy.made(large, now).payload === large.payload);
    policy.sent(large);
    t.match(policy.counts, { tooLarge: 1, enveloped: 0 });
  },
);

async function bridged(version: ProtocolVersion, more: Partial<BridgeSettings>) {
  const world = new World();
  const remote = new Remote();
  await remote.open(world, version);
  await world.openBroker();
  const bridge = openBridge(world, { version, ...more });
  await world.clock.advance(50);
  const device = await world.dial(v5);
  await device.connect('device');
  return { world, remote, bridge, device };
}

const withProperties = { properties: { contentType: 'text/plain', payloadFormatIndicator: 1 as const } };

t.test('each rule does with properties what it says, and counts what it sends', async (t) => {
  const forwards = [
    { localTopic: 'none', remoteTopic: '' },
    { localTopic: 'drop', remoteTopic: '', properties3x: 'drop' as const },
    { localTopic: 'wrap', remoteTopic: '', properties3x: 'envelope' as const },
    { localTopic: 'name', remoteTopic: '', properties3x: 'topic' as const, topicProperties: ['content_type'] },
  ];
  const { world, remote, bridge, device } = await bridged(v311, { forwards });
  for (const [index, topic] of ['none', 'drop', 'wrap', 'name', 'wrap'].entries()) {
    device.send(publishOf(topic, 'x', { qos: 1, packetId: index + 1, ...(index < 4 ? withProperties : {}) }));
  }
  await world.clock.advance(100);
  const came = remote.published.map(({ topic, payload }) => [topic, payload.toString()]);
  const properties = '{"payload_format_indicator":1,"content_type":"text/plain"}';
  t.same(came, [
    ['none', 'x'],
    ['drop', 'x'],
    ['wrap', `{"mqtt5":1,"encoding":"text","payload":"x","properties":${properties}}`],
    ['name/text%2Fplain', 'x'],
    ['wrap', 'x'],
  ]);
  const counts = { dropped: 0, enveloped: 0, tooLarge: 0, inTopic: 0 };
  t.notOk('properties' in (bridge.status.forwards[0] ?? {}));
  t.same(
    bridge.status.forwards.slice(1).map((rule) => rule.properties),
    [
      { ...counts, dropped: 1 },
      { ...counts, enveloped: 1 },
      { ...counts, inTopic: 1 },
    ],
  );
});

t.test('a remote of 5.0 gets the properties as they are, whatever the rule says', async (t) => {
  const forwards = [{ localTopic: 'up', remoteTopic: '', properties3x: 'envelope' as const }];
  const { world, remote, bridge, device } = await bridged(v5, { forwards });
  device.send(publishOf('up', 'x', { qos: 1, packetId: 1, ...withProperties }));
  await world.clock.advance(100);
  t.match(remote.published, [{ payload: Buffer.from('x'), properties: { contentType: 'text/plain' } }]);
  t.match(bridge.status.forwards, [{ properties: { enveloped: 0 } }]);
});

t.test('what waited in the queue has what is left of its expiry in the envelope', async (t) => {
  const world = new World();
  const remote = new Remote();
  await world.openBroker();
  const forwards = [{ localTopic: 'up', remoteTopic: '', properties3x: 'envelope' as const }];
  openBridge(world, { version: v311, forwards, backoff: { delayMsMin: 100, delayMsMax: 200, stableMs: 1 } });
  const device = await world.dial(v5);
  await device.connect('device');
  device.send(publishOf('up', 'x', { qos: 1, packetId: 1, properties: { messageExpiryInterval: 60 } }));
  await world.clock.advance(20_000);
  await remote.open(world, v311);
  await world.clock.advance(1000);
  const { properties } = JSON.parse(remote.payloads[0] ?? '{}');
  t.ok(properties.message_expiry_interval >= 39 && properties.message_expiry_interval <= 41);
});

t.test('envelopes from a remote are opened where that is asked, and counted where they cannot be', async (t) => {
  const subscriptions = [
    { remoteTopic: 'open/#', localTopic: '', qos: 1 as const, isOpeningEnvelopes: true },
    { remoteTopic: 'shut/#', localTopic: '', qos: 1 as const },
  ];
  const { world, remote, bridge, device } = await bridged(v311, { forwards: [], subscriptions });
  device.send(subscribeOf(1, 1, '#'));
  await world.clock.advance(50);
  await device.received();
  const message = messageOf(Buffer.from('x'), { ...withProperties.properties, messageExpiryInterval: 9 });
  const envelope = policyOf('envelope').made(message, now).payload.toString();
  const sent = [envelope, '{"mqtt5":1,"encoding":"text"}', 'plain'];
  for (const [index, payload] of sent.entries()) {
    remote.peer.send(publishOf('open/a', payload, { qos: 1, packetId: index + 1 }));
  }
  remote.peer.send(publishOf('shut/a', envelope, { qos: 1, packetId: 9 }));
  await world.clock.advance(100);
  const came = (await device.receivedOf(3)).map(({ payload, properties }) => [payload.toString(), properties]);
  t.match(came, [
    ['x', { contentType: 'text/plain', payloadFormatIndicator: 1, messageExpiryInterval: 9 }],
    [sent[1], {}],
    ['plain', {}],
    [envelope, {}],
  ]);
  t.match(bridge.status.subscriptions, [{ envelopes: { opened: 1, bad: 1 } }, {}]);
  t.notOk('envelopes' in (bridge.status.subscriptions[1] ?? {}));
});

t.test('trying a topic shows the levels that properties make of it', async (t) => {
  const forwards = [
    { localTopic: 'a/#', remoteTopic: '', properties3x: 'topic' as const, topicProperties: ['user:site'] },
  ];
  const settings = { name: 'b', clientId: 'b', remote: { host: 'h', port: 1 }, forwards };
  const message = messageOf(Buffer.from('x'), { userProperties: [['site', 'north']] });
  t.match(tryRules({ ...settings, version: v311 }, message), [{ result: { topic: 'a/b/north' } }]);
  t.match(tryRules({ ...settings, version: v5 }, message), [{ result: { topic: 'a/b' } }]);
});

t.test('the properties of a message are those of its block, and its expiry', async (t) => {
  const message = messageOf(Buffer.from('x'), { contentType: 'c', messageExpiryInterval: 5 });
  t.same(propertiesLeft(message, now + 1500), { contentType: 'c', messageExpiryInterval: 4 });
  t.same(decodePublishProperties(message.properties), { contentType: 'c' });
});
