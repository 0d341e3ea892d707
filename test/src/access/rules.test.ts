// Access rules: who may do what, what a subscription that is only partly allowed brings, and that new rules hold
// at once for devices that are connected.
import fc from 'fast-check';
import t from 'tap';
import { filterMatches } from '../../../protocol/topic/topic-filter.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet, PublishPacket } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { type AccessOptions, accessDefaults } from '../../../src/access/access-options.ts';
import { type AclRule, firstCover, firstMatch, type Identity, type RuleSubject } from '../../../src/access/acl.ts';
import { parseAddressRange } from '../../../src/base/address-range.ts';
import { ackOf, publishOf, subscribeOf, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const everybody: RuleSubject = { kind: 'everybody' };
const anyone: Identity = { clientId: 'c', username: 'u' };

function rule(isAllowed: boolean, action: AclRule['action'], topics: readonly string[], subject = everybody): AclRule {
  return { isAllowed, action, topics, subject };
}

const deny = (...topics: readonly string[]): AclRule => rule(false, 'subscribe', topics);
const allow = (...topics: readonly string[]): AclRule => rule(true, 'subscribe', topics);

function access(rules: readonly AclRule[], more: Partial<AccessOptions> = {}): AccessOptions {
  return { ...accessDefaults, rules, ...more };
}

function topicsOf(packets: readonly Packet[]): readonly string[] {
  return packets
    .filter((packet): packet is PublishPacket => packet.type === PacketType.publish)
    .map(({ topic }) => topic);
}

const level = fc.constantFrom('a', 'b', 'c');
const topic = fc.array(level, { minLength: 1, maxLength: 3 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'));
const rules = fc.array(
  fc
    .tuple(fc.boolean(), fc.array(filter, { minLength: 1, maxLength: 2 }))
    .map(([is, topics]) => rule(is, 'subscribe', topics)),
  { maxLength: 5 },
);

/** Whether one filter matches whatever the other does, tried on all topics of few levels. */
function coversNaively(one: string, other: string): boolean {
  const names = ['a', 'b', 'c', 'other'];
  const topics = names.flatMap((x) => [
    x,
    ...names.flatMap((y) => [
      `${x}/${y}`,
      ...names.flatMap((z) => [`${x}/${y}/${z}`, ...names.map((w) => `${x}/${y}/${z}/${w}`)]),
    ]),
  ]);
  return topics.every((name) => !filterMatches(other, name) || filterMatches(one, name));
}

t.test(
  'a topic comes through a subscription unless a rule that denies it comes before the one that grants it',
  async (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(rules, filter, topic, (some, asked, name) => {
          fc.pre(filterMatches(asked, name));
          const { isAllowed, isWithheld } = firstCover(some, anyone, asked);
          const deciding = some.findIndex(({ topics }) => topics.some((one) => coversNaively(one, asked)));
          const before = deciding < 0 ? some : some.slice(0, deciding);
          const naive = before.find(({ topics }) => topics.some((one) => filterMatches(one, name)))?.isAllowed ?? true;
          return isAllowed === some[deciding]?.isAllowed && (isWithheld?.(name) ?? false) === !naive;
        }),
        { numRuns: 500 },
      ),
    );
  },
);

t.test('rules know users, clients, networks, certificates, and what is made of them', async (t) => {
  const range = parseAddressRange('10.0.0.0/8');
  const subjects: readonly (readonly [RuleSubject, Identity, boolean])[] = [
    [{ kind: 'username', name: 'u' }, anyone, true],
    [{ kind: 'clientId', name: 'x' }, anyone, false],
    [{ kind: 'address', ranges: range ? [range] : [] }, { ...anyone, address: '10.1.2.3' }, true],
    [{ kind: 'address', ranges: range ? [range] : [] }, { ...anyone, address: '192.168.1.1' }, false],
    [{ kind: 'address', ranges: range ? [range] : [] }, anyone, false],
    [{ kind: 'fingerprint', fingerprint: 'AB' }, { ...anyone, fingerprint: 'AB' }, true],
    [{ kind: 'fingerprint', fingerprint: 'AB' }, anyone, false],
    [
      {
        kind: 'and',
        parts: [
          { kind: 'username', name: 'u' },
          { kind: 'clientId', name: 'x' },
        ],
      },
      anyone,
      false,
    ],
    [
      {
        kind: 'or',
        parts: [
          { kind: 'username', name: 'u' },
          { kind: 'clientId', name: 'x' },
        ],
      },
      anyone,
      true,
    ],
  ];
  for (const [subject, identity, isAbout] of subjects) {
    const found = firstMatch([rule(true, 'pubsub', [], subject)], identity, 'publish', 't');
    t.equal(found, isAbout ? true : undefined, JSON.stringify(subject));
  }
});

t.test('a placeholder stands for the device, and never for more than one level', async (t) => {
  const own = [rule(true, 'pubsub', ['d/${clientid}/#'])];
  t.equal(firstMatch(own, anyone, 'publish', 'd/c/x'), true);
  t.equal(firstMatch(own, { ...anyone, clientId: '+' }, 'publish', 'd/x/x'), undefined);
  t.equal(firstMatch(own, { ...anyone, clientId: 'a/b' }, 'publish', 'd/a/b/x'), undefined);
  t.equal(firstCover([allow('@a/+')], anyone, 'a/+').isAllowed, true, 'that very filter');
  t.equal(firstCover([allow('@a/+')], anyone, 'a/b').isAllowed, undefined);
});

t.test(
  'a subscription to everything brings everything but what is denied, live, retained, and to 3.1.1 as well',
  async (t) => {
    const world = new World();
    await world.openBroker({ access: access([allow('secret/public'), deny('secret/#'), allow('#')]) });
    const source = await world.dial(v5);
    await source.connect('source');
    source.send(publishOf('secret/kept', 'x', { retain: true }), publishOf('kept', 'x', { retain: true }));
    await source.received();
    for (const version of [v311, v5]) {
      const device = await world.dial(version);
      await device.connect('device');
      device.send(subscribeOf(1, 0, '#'));
      const first = await device.received();
      t.match(first[0], { type: PacketType.suback, reasonCodes: [0] });
      t.same(topicsOf(first), ['kept'], 'retained');
      source.send(...['secret', 'secret/a', 'secret/public', 'open'].map((name) => publishOf(name, 'x')));
      t.same(topicsOf(await device.received()), ['secret/public', 'open'], 'live');
      device.cut();
    }
  },
);

t.test('a filter that is denied as a whole is refused, and so is a shared one that is denied in part', async (t) => {
  const world = new World();
  await world.openBroker({ access: access([deny('secret/#')]) });
  const device = await world.dial(v5);
  await device.connect('device');
  device.send(subscribeOf(1, 1, 'secret/a', 'secret/+', '$share/g/#', '#'));
  const { notAuthorized } = ReasonCode;
  t.match(await device.received(), [{ reasonCodes: [notAuthorized, notAuthorized, notAuthorized, 1] }]);
});

t.test('new rules hold at once: what is not allowed any more stops coming, and comes again when it is', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const [device, source] = [await world.dial(v5), await world.dial(v5)];
  await device.connect('device');
  await source.connect('source');
  device.send(subscribeOf(1, 1, 'a/#', 'b/+'));
  await device.received();
  const publish = async () => {
    source.send(...['a/1', 'a/2', 'b/1'].map((name) => publishOf(name, 'x')));
    return topicsOf(await device.received());
  };
  t.same(await publish(), ['a/1', 'a/2', 'b/1']);
  broker.updateAccess(access([deny('a/1', 'b/#')]));
  t.same(await publish(), ['a/2']);
  t.equal(broker.status.subscriptions, 1);
  broker.updateAccess(access([]));
  t.same(await publish(), ['a/1', 'a/2', 'b/1']);
  broker.updateAccess(access([deny('b/#')]));
  device.send({ type: PacketType.unsubscribe, packetId: 2, filters: ['b/+'], properties: {} });
  t.match(await device.received(), [{ reasonCodes: [ReasonCode.success] }], 'a suspended one can be ended');
  broker.updateAccess(access([rule(false, 'publish', ['a/#'])]));
  source.send(publishOf('a/1', 'x', { qos: 1, packetId: 9 }));
  t.match((await source.received()).slice(-1), [{ type: PacketType.puback, reasonCode: ReasonCode.notAuthorized }]);
  t.same(topicsOf(await device.received()), []);
});

t.test('what waited when the rules changed comes only as far as it is still allowed', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const away = await world.dial(v5);
  const kept = { cleanStart: false, properties: { sessionExpiryInterval: 600 } };
  await away.connect('away', kept);
  away.send(subscribeOf(1, 1, 'a/+', 'b/#', 'c', 'gone'));
  await away.received();
  away.cut();
  const source = await world.dial(v5);
  await source.connect('source');
  for (const [index, name] of ['a/1', 'b/x', 'a/2', 'c', 'b/y', 'gone'].entries()) {
    source.send(publishOf(name, 'x', { qos: 1, packetId: index + 1 }));
  }
  await source.received();
  broker.updateAccess(access([deny('a/2', 'b/#')]));
  const back = await world.dial(v5);
  const [, ...rest] = await back.connect('away', { ...kept });
  t.same(topicsOf(rest), ['a/1', 'c', 'gone']);
  t.same(broker.status.dropped, { denied: 3 });
  back.send(...[1, 2, 3].map((packetId) => ackOf(PacketType.puback, packetId)));
  broker.updateAccess(access([]));
  source.send(publishOf('b/z', 'x', { qos: 1, packetId: 9 }));
  await source.received();
  t.same(topicsOf(await back.received()), ['b/z'], 'and comes again when it is');
});

t.test('what waited for a member that may not be one any more goes to another', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const [slow, other, source] = [await world.dial(v5), await world.dial(v5), await world.dial(v5)];
  await slow.connect('slow', { properties: { receiveMaximum: 1 } });
  await source.connect('source');
  slow.send(subscribeOf(1, 1, '$share/g/a'));
  await slow.received();
  for (const packetId of [1, 2, 3]) source.send(publishOf('a', String(packetId), { qos: 1, packetId }));
  await source.received();
  await other.connect('other');
  other.send(subscribeOf(1, 1, '$share/g/a'));
  await other.received();
  const subject = { kind: 'clientId', name: 'slow' } as const;
  broker.updateAccess(access([rule(false, 'subscribe', ['a'], subject)]));
  slow.send(ackOf(PacketType.puback, 1));
  t.equal(topicsOf(await slow.received()).length, 1, 'what was underway stays');
  t.equal(topicsOf(await other.received()).length, 2);
  t.same(broker.status.dropped, { 'passed-on': 2 });
});

t.test('an absent device finds its subscriptions as the rules have them now', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const away = await world.dial(v311);
  await away.connect('away', { cleanStart: false });
  away.send(subscribeOf(1, 1, 'a', 'b'));
  await away.received();
  away.cut();
  await world.clock.settle();
  broker.updateAccess(access([deny('a')]));
  const source = await world.dial(v5);
  await source.connect('source');
  source.send(publishOf('a', 'x', { qos: 1, packetId: 1 }), publishOf('b', 'x', { qos: 1, packetId: 2 }));
  await source.received();
  const back = await world.dial(v311);
  t.same(topicsOf(await back.connect('away', { cleanStart: false })), ['b']);
});

t.test(
  'with deny_action disconnect a denied subscription ends the connection, and rules mean nothing to a superuser',
  async (t) => {
    const world = new World();
    const users = ['admin', 'other'].map((username) => ({ username, password: 'p' }));
    const options = { users, superusers: ['admin'], isDenialDisconnecting: true };
    await world.openBroker({ access: access([rule(false, 'pubsub', [])], options) });
    for (const username of ['admin', 'other']) {
      const device = await world.dial(v5);
      await device.connect(username, { username, password: Buffer.from('p') });
      device.send(subscribeOf(1, 1, '#'));
      const [packet] = await device.received();
      t.equal(packet?.type, username === 'admin' ? PacketType.suback : PacketType.disconnect, username);
    }
  },
);

t.test('whom others are asked about waits, and what follows comes after it, in order', async (t) => {
  const world = new World();
  const open: ((isAllowed: boolean | undefined) => void)[] = [];
  const asked: string[] = [];
  const authorizer: AccessOptions['authorizer'] = {
    ask: (identity, action, name) => {
      asked.push(`${identity.clientId} ${action} ${name}`);
      return new Promise((resolve) => open.push(resolve));
    },
  };
  await world.openBroker({ access: access([allow('free')], { ...(authorizer && { authorizer }) }) });
  const [device, source] = [await world.dial(v5), await world.dial(v5)];
  await device.connect('device');
  await source.connect('source');
  device.send(subscribeOf(1, 1, 'free', 'a/#'), { type: PacketType.pingreq });
  t.same(await device.received(), [], 'nothing is looked at before the answer');
  open[0]?.(true);
  t.match(await device.received(), [{ type: PacketType.suback, reasonCodes: [1, 1] }, { type: PacketType.pingresp }]);
  source.send(
    publishOf('a/1', '1', { qos: 1, packetId: 1 }),
    publishOf('a/2', '2', { qos: 1, packetId: 2 }),
    publishOf('a/3', '3', { qos: 1, packetId: 3 }),
  );
  t.same(await source.received(), []);
  open[1]?.(true);
  await world.clock.settle();
  open[2]?.(false);
  await world.clock.settle();
  open[3]?.(undefined);
  t.match(await source.received(), [
    { packetId: 1, reasonCode: 0 },
    { packetId: 2, reasonCode: ReasonCode.notAuthorized },
    { packetId: 3, reasonCode: 0 },
  ]);
  t.same(topicsOf(await device.received()), ['a/1', 'a/3']);
  t.same(asked, ['device subscribe a/#', 'source publish a/1', 'source publish a/2', 'source publish a/3']);
  source.send(publishOf('a/4', '4', { qos: 1, packetId: 4 }));
  await world.clock.settle();
  source.cut();
  await world.clock.settle();
  open[4]?.(true);
  t.same(topicsOf(await device.received()), [], 'who vanished meanwhile is not heard');
});
