// Shared subscriptions: who gets a message, and what becomes of it when that one goes.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import type { Broker } from '../../../src/broker/broker.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { Destination } from '../../../src/router/destination.ts';
import { Router } from '../../../src/router/router.ts';
import type { SharedOptions } from '../../../src/router/shared-groups.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const filter = '$share/workers/job/#';

/** What came, as `topic=payload`. */
function texts(packets: readonly Packet[]): readonly string[] {
  return packets.flatMap((one) => (one.type === PacketType.publish ? `${one.topic}=${one.payload.toString()}` : []));
}

/** A world with a broker, members of a group, and a publisher. */
class Workers {
  readonly world = new World();
  readonly router: Router;
  readonly members: RawPeer[] = [];
  readonly #publishers = new Map<string, RawPeer>();
  #broker: Broker | undefined;

  constructor(shared: SharedOptions) {
    this.router = new Router({ shared });
  }

  get broker(): Broker {
    if (this.#broker === undefined) throw new Error('no member joined yet');
    return this.#broker;
  }

  async join(count: number, qos: 0 | 1 | 2, sessionExpiryInterval = 100): Promise<void> {
    this.#broker ??= await this.world.openBroker({}, 1883, this.router);
    for (let index = 0; index < count; index++) {
      const member = await this.world.dial(v5);
      await member.connect(`member-${this.members.length}`, { properties: { sessionExpiryInterval } });
      member.send(subscribeOf(1, qos, filter));
      await member.received();
      this.members.push(member);
    }
  }

  async publish(clientId: string, ...packets: readonly Packet[]): Promise<void> {
    let publisher = this.#publishers.get(clientId);
    if (publisher === undefined) {
      publisher = await this.world.dial(v5);
      this.#publishers.set(clientId, publisher);
      await publisher.connect(clientId);
    }
    publisher.send(...packets);
    await publisher.received();
  }

  /** A member's connection breaks. */
  async cut(index: number): Promise<void> {
    this.members[index]?.cut();
    await this.world.clock.settle();
  }

  /** What each member got since the last call. */
  async got(): Promise<readonly (readonly string[])[]> {
    return Promise.all(this.members.map(async (member) => texts(await member.received())));
  }
}

function jobs(count: number, topic: (index: number) => string = () => 'job/x', qos: 0 | 1 | 2 = 0): readonly Packet[] {
  return Array.from({ length: count }, (_one, index) =>
    publishOf(topic(index), String(index), { qos, packetId: qos === 0 ? 0 : index + 1 }),
  );
}

t.test('round-robin: members take turns, and those away are passed over [MQTT-4.8.2-3]', async (t) => {
  const workers = new Workers({ strategy: 'round-robin' });
  await workers.join(3, 0);
  await workers.publish('p', ...jobs(6));
  t.same(
    (await workers.got()).map(({ length }) => length),
    [2, 2, 2],
  );
  await workers.cut(1);
  await workers.publish('p', ...jobs(4));
  t.same(
    (await workers.got()).map(({ length }) => length),
    [2, 0, 2],
  );
});

t.test('sticky: one member gets everything until it goes, then another one does', async (t) => {
  const workers = new Workers({ strategy: 'sticky', random: () => 0.5 });
  await workers.join(3, 0);
  await workers.publish('p', ...jobs(5));
  t.same(
    (await workers.got()).map(({ length }) => length),
    [0, 5, 0],
  );
  await workers.cut(1);
  await workers.publish('p', ...jobs(5));
  const after = (await workers.got()).map(({ length }) => length);
  t.same([...after].sort(), [0, 0, 5]);
});

t.test('random: the chance decides', async (t) => {
  const draws = [0.9, 0, 0.5, 0.9];
  const workers = new Workers({ strategy: 'random', random: () => draws.shift() ?? 0 });
  await workers.join(3, 0);
  await workers.publish('p', ...jobs(4));
  t.same(await workers.got(), [['job/x=1'], ['job/x=2'], ['job/x=0', 'job/x=3']]);
});

t.test('hash-topic: a topic keeps its member, whoever publishes; hash-client-id the other way round', async (t) => {
  for (const strategy of ['hash-topic', 'hash-client-id'] as const) {
    const workers = new Workers({ strategy });
    await workers.join(4, 0);
    const topic = (index: number): string => `job/${index % 8}`;
    for (const publisher of ['p', 'q', 'r', 's', 't']) {
      await workers.publish(publisher, ...jobs(16, topic));
    }
    const got = await workers.got();
    t.equal(got.flat().length, 80);
    const homes = new Map<string, Set<number>>();
    for (const [index, texts] of got.entries()) {
      for (const text of texts) {
        const topicOf = text.split('=')[0] ?? '';
        homes.set(topicOf, (homes.get(topicOf) ?? new Set()).add(index));
      }
    }
    const isTopic = strategy === 'hash-topic';
    t.equal(
      [...homes.values()].every(({ size }) => size === 1),
      isTopic,
      strategy,
    );
    t.ok(got.filter(({ length }) => length > 0).length > 1, 'more than one member works');
    if (!isTopic)
      t.ok(
        got.every(({ length }) => length % 16 === 0),
        'all of a publisher or nothing',
      );
  }
});

t.test('local: devices of this broker come before other members, who come when no device is there', async (t) => {
  const workers = new Workers({ strategy: 'local' });
  const elsewhere: string[] = [];
  const remote: Destination = {
    origin: new Origin('bridge', 'cloud'),
    isReady: true,
    deliver: (message) => void elsewhere.push(message.topic),
  };
  workers.router.subscribe(remote, filter, { qos: 0, isNoLocal: false, isRetainAsPublished: false, identifier: 0 });
  await workers.join(1, 0);
  await workers.publish('p', ...jobs(3));
  t.equal((await workers.got())[0]?.length, 3);
  t.same(elsewhere, []);
  await workers.cut(0);
  await workers.publish('p', ...jobs(2));
  t.equal(elsewhere.length, 2);
});

t.test('a group has the strategy of its name', async (t) => {
  const workers = new Workers({ strategy: 'round-robin', strategies: new Map([['workers', 'sticky']]) });
  await workers.join(2, 0);
  await workers.publish('p', ...jobs(4));
  t.same(
    (await workers.got()).map(({ length }) => length),
    [4, 0],
  );
});

t.test('each member gets messages at its own QoS, at most that of the message', async (t) => {
  const workers = new Workers({ strategy: 'round-robin' });
  await workers.join(1, 0);
  await workers.join(1, 1);
  await workers.publish('p', ...jobs(2, () => 'job/x', 2), ackOf(6, 1), ackOf(6, 2));
  const received = await Promise.all(workers.members.map((member) => member.receivedOf(PacketType.publish)));
  t.same(
    received.map(([one]) => one?.qos),
    [0, 1],
  );
});

t.test(
  'what a member did not acknowledge goes to another when its session ends, in order, and not before',
  async (t) => {
    const workers = new Workers({ strategy: 'sticky' });
    await workers.join(2, 1, 10);
    await workers.publish('p', ...jobs(5, () => 'job/x', 1));
    const got = await workers.members[0]?.receivedOf(PacketType.publish);
    t.equal(got?.length, 5);
    for (const { packetId } of got?.slice(0, 2) ?? []) workers.members[0]?.send(ackOf(4, packetId));
    await workers.world.clock.settle();
    await workers.cut(0);
    await workers.world.clock.advance(9000);
    t.same((await workers.got())[1], [], 'it may come back');
    await workers.world.clock.advance(2000);
    t.same((await workers.got())[1], ['job/x=2', 'job/x=3', 'job/x=4']);
    t.equal(workers.broker.status.dropped['passed-on'], 3);
  },
);

t.test(
  'what was sent at QoS 2 goes to nobody else, what still waited does [MQTT-4.8.2-4] [MQTT-4.8.2-5]',
  async (t) => {
    const workers = new Workers({ strategy: 'sticky' });
    await workers.join(1, 2, 10);
    const narrow = await workers.world.dial(v5);
    await workers.cut(0);
    workers.members.length = 0;
    await narrow.connect('member-0', {
      cleanStart: false,
      properties: { sessionExpiryInterval: 10, receiveMaximum: 1 },
    });
    workers.members.push(narrow);
    const other = await workers.world.dial(v5);
    await other.connect('other');
    other.send(subscribeOf(1, 2, filter));
    await other.received();
    workers.members.push(other);
    await workers.publish('p', ...jobs(3, () => 'job/x', 2), ackOf(6, 1), ackOf(6, 2), ackOf(6, 3));
    t.same((await workers.got())[0], ['job/x=0'], 'one is underway, two wait');
    await workers.cut(0);
    await workers.world.clock.advance(11_000);
    t.same((await workers.got())[1], ['job/x=1', 'job/x=2']);
  },
);

t.test('a message that a member refuses goes to nobody else [MQTT-4.8.2-6]', async (t) => {
  const workers = new Workers({ strategy: 'sticky' });
  await workers.join(2, 1, 0);
  await workers.publish('p', ...jobs(1, () => 'job/x', 1));
  const [message] = (await workers.members[0]?.receivedOf(PacketType.publish)) ?? [];
  const refusal = { type: PacketType.puback, packetId: message?.packetId ?? 0, properties: {} };
  workers.members[0]?.send({ ...refusal, reasonCode: ReasonCode.unspecifiedError });
  await workers.world.clock.settle();
  await workers.cut(0);
  t.same((await workers.got())[1], []);
});

t.test('without another member what waits is dropped, counted', async (t) => {
  const workers = new Workers({ strategy: 'round-robin' });
  await workers.join(1, 1, 5);
  await workers.cut(0);
  await workers.publish('p', ...jobs(2, () => 'job/x', 1));
  await workers.world.clock.advance(6000);
  t.same(workers.broker.status.dropped, { 'session-ended': 2 });
});
