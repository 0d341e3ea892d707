// What a broker can be told not to serve, and what it tells its devices of that, in all versions.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { ConnackPacket, ConnectPacket, Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import type { BrokerOptions } from '../../../src/broker/broker-options.ts';
import { publishOf, type RawPeer, subscribeOf, versions, World } from '../../kit/world.ts';

const { v31, v311, v5 } = ProtocolVersion;
const { connack, disconnect, puback, pubrec, publish, suback } = PacketType;

/** A device of a broker with these options, and what CONNACK told it. */
async function deviceOf(
  options: Partial<BrokerOptions>,
  version: ProtocolVersion = v5,
  more: Partial<ConnectPacket> = {},
): Promise<{ world: World; device: RawPeer; answer: ConnackPacket }> {
  const world = new World();
  await world.openBroker(options);
  const device = await world.dial(version);
  const [answer] = await device.connect('device', more);
  if (answer?.type !== connack) throw new Error('no CONNACK came');
  return { world, device, answer };
}

/** What comes back for a packet, as type and reason codes. */
async function answersTo(device: RawPeer, ...packets: readonly Packet[]): Promise<readonly unknown[]> {
  device.send(...packets);
  return (await device.received()).map((packet) => ({
    type: packet.type,
    ...('reasonCode' in packet ? { reasonCode: packet.reasonCode } : {}),
    ...('reasonCodes' in packet ? { reasonCodes: packet.reasonCodes } : {}),
  }));
}

t.test(
  'everything that is not served is announced in CONNACK, nothing that is [MQTT-3.2.2-9] [MQTT-3.2.2-13]',
  async (t) => {
    const { answer } = await deviceOf({
      maximumQos: 1,
      isRetainAvailable: false,
      isWildcardAvailable: false,
      isSharedAvailable: false,
      isSubscriptionIdentifierAvailable: false,
    });
    t.match(answer.properties, {
      maximumQos: 1,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      sharedSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
    });
    const { answer: usual } = await deviceOf({});
    t.same(
      Object.keys(usual.properties).sort(),
      ['maximumPacketSize', 'receiveMaximum', 'topicAliasMaximum'],
      'what is as the standard assumes is not said',
    );
  },
);

for (const version of versions) {
  t.test(
    `in version ${version} a message above the maximum QoS ends the connection, as a run too [MQTT-3.2.2-9]`,
    async (t) => {
      const { device } = await deviceOf({ maximumQos: 1 }, version);
      const below = [publishOf('a', '0'), publishOf('a', '1', { qos: 1, packetId: 1 })];
      t.match(await answersTo(device, ...below), [{ type: puback }]);
      const above = [publishOf('a', '2', { qos: 2, packetId: 2 }), publishOf('a', '3', { qos: 2, packetId: 3 })];
      const told = version === v5 ? [{ type: disconnect, reasonCode: ReasonCode.qosNotSupported }] : [];
      t.match(await answersTo(device, ...above), told);
      t.ok(device.isClosed);
    },
  );

  t.test(
    `in version ${version} a retained message ends the connection where none is kept [MQTT-3.2.2-14]`,
    async (t) => {
      const { world, device } = await deviceOf({ isRetainAvailable: false }, version);
      const told = version === v5 ? [{ type: disconnect, reasonCode: ReasonCode.retainNotSupported }] : [];
      t.match(await answersTo(device, publishOf('a', 'x', { retain: true })), told);
      t.ok(device.isClosed);
      t.equal(world.router.retained.size, 0);
    },
  );
}

t.test('a subscription above the maximum QoS is granted at the maximum [MQTT-3.2.2-10] [MQTT-3.8.4-8]', async (t) => {
  const { device } = await deviceOf({ maximumQos: 1 });
  t.match(await answersTo(device, subscribeOf(1, 2, 'a')), [{ type: suback, reasonCodes: [1] }]);
});

t.test('filters of a kind that was announced as not served end a 5.0 connection, each with its code', async (t) => {
  const cases = [
    [{ isWildcardAvailable: false }, 'a/+', {}, ReasonCode.wildcardSubscriptionsNotSupported],
    [{ isWildcardAvailable: false }, '$share/g/#', {}, ReasonCode.wildcardSubscriptionsNotSupported],
    [{ isSharedAvailable: false }, '$share/g/a', {}, ReasonCode.sharedSubscriptionsNotSupported],
    [
      { isSubscriptionIdentifierAvailable: false },
      'a',
      { subscriptionIdentifiers: [1] },
      ReasonCode.subscriptionIdentifiersNotSupported,
    ],
  ] as const;
  for (const [options, filter, properties, reasonCode] of cases) {
    const { device } = await deviceOf(options);
    const subscribe = { ...subscribeOf(1, 0, filter), properties };
    t.match(await answersTo(device, subscribe), [{ type: disconnect, reasonCode }], filter);
    t.ok(device.isClosed);
  }
});

t.test('to 3.x devices, who were not told, filters of such a kind are refused one by one', async (t) => {
  const options = { isWildcardAvailable: false, isSharedAvailable: false };
  const { device } = await deviceOf(options, v311);
  const subscribe = subscribeOf(1, 1, 'a', 'a/+', '$share/g/a');
  t.match(await answersTo(device, subscribe), [{ type: suback, reasonCodes: [1, 0x80, 0x80] }]);
  t.notOk(device.isClosed);
});

t.test('a will that the broker would not serve is refused with CONNECT [MQTT-3.2.2-12] [MQTT-3.2.2-13]', async (t) => {
  const will = { topic: 'a', payload: Buffer.from('x'), qos: 2, retain: false, properties: {} } as const;
  const qos = await deviceOf({ maximumQos: 1 }, v5, { will });
  t.equal(qos.answer.reasonCode, ReasonCode.qosNotSupported);
  const retain = await deviceOf({ isRetainAvailable: false }, v5, { will: { ...will, qos: 0, retain: true } });
  t.equal(retain.answer.reasonCode, ReasonCode.retainNotSupported);
  const older = await deviceOf({ maximumQos: 1 }, v311, { will });
  t.equal(older.answer.reasonCode, ReasonCode.serverUnavailable, '3.x has no better code than 3');
});

t.test('topics and filters with too many levels are refused, and the connection goes on', async (t) => {
  const { device } = await deviceOf({ topicLevelsMax: 3 });
  const subscribe = subscribeOf(1, 0, 'a/b/c', 'a/b/c/d');
  t.match(await answersTo(device, subscribe), [{ reasonCodes: [0, ReasonCode.topicFilterInvalid] }]);
  const deep = { packetId: 1, qos: 1 } as const;
  t.match(await answersTo(device, publishOf('a/b/c/d', '', deep), publishOf('a/b/c/d', '', { ...deep, packetId: 2 })), [
    { type: puback, reasonCode: ReasonCode.topicNameInvalid },
    { type: puback, reasonCode: ReasonCode.topicNameInvalid },
  ]);
  t.match(await answersTo(device, publishOf('a/b/c', '', deep)), [{ type: publish }, { type: puback, reasonCode: 0 }]);
});

t.test('the server keep-alive overrules that of 5.0 devices, and is what counts [MQTT-3.2.2-21]', async (t) => {
  const { world, device, answer } = await deviceOf({ serverKeepAliveS: 10 }, v5, { keepAlive: 1000 });
  t.equal(answer.properties.serverKeepAlive, 10);
  await world.clock.advance(14_000);
  t.notOk(device.isClosed);
  await world.clock.advance(2000);
  t.ok(device.isClosed, 'one and a half times ten seconds of silence');
  const bounded = await deviceOf({ keepAliveSMax: 60 }, v5, { keepAlive: 0 });
  t.equal(bounded.answer.properties.serverKeepAlive, 60, 'no keep-alive at all is longer than the longest');
  const short = await deviceOf({ keepAliveSMax: 60 }, v5, { keepAlive: 30 });
  t.equal(short.answer.properties.serverKeepAlive, undefined);
});

t.test(
  '3.1 devices may have long client ids, unless the broker is strict [MQTT-3.1.3-8] [MQTT3-3.1.3-9]',
  async (t) => {
    const clientId = 'x'.repeat(24);
    t.equal((await deviceOf({}, v31, { clientId })).answer.reasonCode, ReasonCode.success);
    const strict = await deviceOf({ isV31ClientIdShort: true }, v31, { clientId });
    t.equal(strict.answer.reasonCode, ReasonCode.clientIdentifierNotValid);
    const newer = await deviceOf({ isV31ClientIdShort: true, clientIdLengthMax: 24 }, v5, { clientId });
    t.equal(newer.answer.reasonCode, ReasonCode.success);
    const short = await deviceOf({ clientIdLengthMax: 23 }, v5, { clientId });
    t.equal(short.answer.reasonCode, ReasonCode.clientIdentifierNotValid);
  },
);

t.test('response information comes to those who ask, with their client id [MQTT-3.1.2-28]', async (t) => {
  const options = { responseInformation: ['reply/$', '{clientid}/'].join('') };
  const asked = await deviceOf(options, v5, { properties: { requestResponseInformation: true } });
  t.equal(asked.answer.properties.responseInformation, 'reply/device/');
  const silent = await deviceOf(options);
  t.equal(silent.answer.properties.responseInformation, undefined);
});

t.test('a payload that is not the text it is declared to be is refused, where the broker looks', async (t) => {
  const bad = { payload: Buffer.from([0xff, 0xfe]), properties: { payloadFormatIndicator: 1 } } as const;
  const { device } = await deviceOf({ isPayloadFormatValidated: true });
  device.send(subscribeOf(9, 0, '#'));
  await device.received();
  const packets = [
    publishOf('a', '', { ...bad, qos: 1, packetId: 1 }),
    publishOf('a', '', { ...bad, qos: 2, packetId: 2 }),
    publishOf('a', '', bad),
  ];
  t.match(await answersTo(device, ...packets), [
    { type: puback, reasonCode: ReasonCode.payloadFormatInvalid },
    { type: pubrec, reasonCode: ReasonCode.payloadFormatInvalid },
  ]);
  const good = publishOf('a', 'ä', { properties: { payloadFormatIndicator: 1 }, qos: 1, packetId: 3 });
  t.match(await answersTo(device, good), [{ type: publish }, { type: puback, reasonCode: 0 }]);
  const will = { topic: 'a', payload: bad.payload, qos: 0, retain: false, properties: bad.properties } as const;
  const refused = await deviceOf({ isPayloadFormatValidated: true }, v5, { will });
  t.equal(refused.answer.reasonCode, ReasonCode.payloadFormatInvalid);
  const careless = await deviceOf({});
  t.match(await answersTo(careless.device, publishOf('a', '', { ...bad, qos: 1, packetId: 1 })), [
    { type: puback, reasonCode: ReasonCode.noMatchingSubscribers },
  ]);
});

t.test(
  'refusals are explained to who wants to know, as far as the device takes it [MQTT-3.1.2-29] [MQTT-3.9.2-1]',
  async (t) => {
    const explained = async (properties: ConnectPacket['properties']): Promise<readonly Packet[]> => {
      const { device } = await deviceOf({ topicLevelsMax: 1 }, v5, { properties });
      device.send(subscribeOf(1, 0, 'a/b'));
      return device.received();
    };
    t.match(await explained({ requestProblemInformation: true }), [
      { properties: { reasonString: 'a/b: topic filter invalid' } },
    ]);
    t.same((await explained({ requestProblemInformation: false }))[0], {
      type: suback,
      packetId: 1,
      reasonCodes: [ReasonCode.topicFilterInvalid],
      properties: {},
    });
    t.match(
      await explained({ requestProblemInformation: true, maximumPacketSize: 20 }),
      [{ type: suback, properties: { reasonString: undefined } }],
      'the reason string would be too large, the packet is not',
    );
  },
);

t.test('a broker that is drained tells 5.0 devices where to go, and ends the others', async (t) => {
  for (const [isServerMoved, reasonCode] of [
    [false, ReasonCode.useAnotherServer],
    [true, ReasonCode.serverMoved],
  ] as const) {
    const world = new World();
    const broker = await world.openBroker();
    const [device, older] = [await world.dial(v5), await world.dial(v311)];
    await device.connect('device');
    await older.connect('older');
    const closed = broker.close({ serverReference: 'other:1883', isServerMoved });
    t.match(await device.received(), [{ type: disconnect, reasonCode, properties: { serverReference: 'other:1883' } }]);
    t.same(await older.received(), []);
    t.ok(older.isClosed);
    await closed;
  }
});
