// Runs against their twin: the same traffic, once where frames may be passed on as slices, once where every message is
// read and written anew. What each subscriber gets must be the same, byte for byte.
import fc from 'fast-check';
import t from 'tap';
import { type Packet, PacketType } from '../../../protocol/index.ts';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../../protocol/wire/publish-run.ts';
import type { RunForms } from '../../../protocol/wire/run-forms.ts';
import type { ReadOptions } from '../../../src/link/read-memory.ts';
import { Origin } from '../../../src/message/origin.ts';
import type { Acceptance } from '../../../src/router/acceptance.ts';
import type { RunAcceptance } from '../../../src/router/run-acceptance.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf, versions, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const { publish: PUBLISH, puback, pubrec, pubrel, pubcomp } = PacketType;

/** Which of the acknowledgements that are owed are sent; or those that were sent last, again. */
type Order = 'first' | 'last' | 'all' | 'again';

type Step =
  | {
      readonly kind: 'publish';
      readonly topic: string;
      readonly payload: string;
      readonly qos: Qos;
      readonly retain: boolean;
      readonly properties: Properties;
      readonly repeat: number;
    }
  | { readonly kind: 'turn' }
  | { readonly kind: 'again' }
  | { readonly kind: 'acknowledge'; readonly who: number; readonly order: Order }
  | { readonly kind: 'return'; readonly who: number }
  | {
      readonly kind: 'subscribe';
      readonly who: number;
      readonly filter: string;
      readonly qos: Qos;
      readonly isOn: boolean;
    };

const who = fc.integer({ min: 0, max: 2 });
const qos = fc.constantFrom<Qos>(0, 0, 1, 1, 2, 2);
/** Some of what is passed on as it came, and some of what makes work for each message. */
const properties = fc.constantFrom<Properties>(
  { contentType: 'x' },
  { contentType: 'xy' },
  {
    payloadFormatIndicator: 1,
    contentType: 'é',
    userProperties: [
      ['a', 'b'],
      ['a', 'é'],
    ],
  },
  { userProperties: [['name', 'v'.repeat(119)]] },
  { correlationData: bytesOfText('c'), userProperties: [['a', '']] },
  { responseTopic: 'r', correlationData: bytesOfText('c') },
  { messageExpiryInterval: 10, contentType: 'x' },
  { topicAlias: 1, contentType: 'x' },
);
const long = 'x'.repeat(6000);
const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('publish' as const),
        topic: fc.constantFrom('a', 'a', 'a', 'b/c', 'é'),
        payload: fc.oneof({ weight: 6, arbitrary: fc.string({ maxLength: 8 }) }, fc.constant(long)),
        qos,
        retain: fc.constantFrom(false, false, false, false, false, true),
        properties: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, properties),
        repeat: fc.integer({ min: 1, max: 6 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('acknowledge' as const),
        who,
        order: fc.constantFrom<Order>('first', 'last', 'all', 'all', 'all', 'again'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('return' as const), who }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('subscribe' as const),
        who,
        filter: fc.constantFrom('a', '#', 'b/+', '$share/g/a'),
        qos,
        isOn: fc.boolean(),
      }),
    },
  ),
  { maxLength: 30 },
);

interface Setting {
  readonly publisher: ProtocolVersion;
  readonly listeners: readonly { readonly version: ProtocolVersion; readonly qos: Qos }[];
  readonly chunkBytes: number;
  readonly sendWindowMax: number;
  readonly receiveMaximum: number;
  readonly reads: Partial<ReadOptions>;
  /** What 5.0 listeners state. */
  readonly limits: Properties;
}

/** A subscriber that acknowledges when it is told to, and comes back with its session when it is told to. */
class Listener {
  readonly got: string[] = [];
  readonly #world: World;
  readonly #name: string;
  readonly #version: ProtocolVersion;
  readonly #limits: Properties;
  #peer: RawPeer | undefined;
  #owed: Packet[] = [];
  #sent: Packet[] = [];

  constructor(world: World, name: string, setting: Setting, version: ProtocolVersion) {
    this.#world = world;
    this.#name = name;
    this.#version = version;
    this.#limits = { ...setting.limits, receiveMaximum: setting.receiveMaximum };
  }

  async connect(): Promise<void> {
    const peer = await this.#world.dial(this.#version);
    this.#peer = peer;
    peer.onPacket = (packet) => {
      this.got.push(JSON.stringify(packet));
      const isOwed = packet.type === PUBLISH && packet.qos > 0;
      if (isOwed) this.#owed.push(ackOf(packet.qos === 1 ? puback : pubrec, packet.packetId));
      if (packet.type === pubrel) this.#owed.push(ackOf(pubcomp, packet.packetId));
    };
    const properties = this.#version === v5 ? { sessionExpiryInterval: 100, ...this.#limits } : {};
    await peer.connect(this.#name, { cleanStart: false, properties });
  }

  send(packet: Packet): void {
    this.#peer?.send(packet);
  }

  acknowledge(order: Order): void {
    if (order === 'all') this.#sent = this.#owed.splice(0);
    else if (order !== 'again') this.#sent = this.#owed.splice(order === 'first' ? 0 : -1, 1);
    if (this.#sent.length > 0) this.#peer?.send(...this.#sent);
  }

  async comeBack(): Promise<void> {
    this.#peer?.cut();
    await this.#world.clock.settle();
    this.#owed = [];
    this.#sent = [];
    await this.connect();
  }
}

/** Plays the steps in a world of its own. Returns what the publisher and each listener got. */
async function play(
  all: readonly Step[],
  setting: Setting,
  isNaive: boolean,
  onLater = (): void => undefined,
): Promise<readonly string[]> {
  const world = new World(isNaive ? { busyMax: 0 } : setting.reads);
  // two acknowledgements never fit into one chunk
  world.net.chunkBytes = isNaive ? Math.min(7, setting.chunkBytes) : setting.chunkBytes;
  await world.openBroker({ sendWindowMax: setting.sendWindowMax });
  const held: Acceptance[] = [];
  const slow = {
    origin: new Origin('application', 'slow'),
    isReady: true,
    deliver: (_message: unknown, _grant: unknown, acceptance: Acceptance) => {
      acceptance.hold();
      held.push(acceptance);
    },
  };
  const own = { qos: 2, isNoLocal: false, isRetainAsPublished: false, identifier: 0 } as const;
  world.router.subscribe(slow, 'b/c', own);
  const storing = {
    ...slow,
    origin: new Origin('application', 'storing'),
    runTaker: {
      mayTakeRun: (level: Qos, run: PublishRun) => level === 0 || run.mayWait,
      takeRun: (_forms: RunForms, level: Qos, acceptance: RunAcceptance) => {
        if (level === 0) return;
        const hold = acceptance.open();
        hold.hold();
        held.push(hold);
        onLater();
      },
    },
  };
  world.router.subscribe(storing, 'é', own);
  if (isNaive) world.router.runStopsOf = () => undefined;
  const publisher = await world.dial(setting.publisher);
  await publisher.connect('publisher');
  const answers: string[] = [];
  publisher.onPacket = (packet) => {
    answers.push(JSON.stringify(packet));
    if (packet.type === pubrec && packet.packetId % 5 !== 0) publisher.send(ackOf(pubrel, packet.packetId));
  };
  const listeners: Listener[] = [];
  for (const [index, { version, qos: listenerQos }] of setting.listeners.entries()) {
    const listener = new Listener(world, `listener-${index}`, setting, version);
    await listener.connect();
    listener.send(subscribeOf(1, listenerQos, 'a'));
    listeners.push(listener);
  }
  await world.clock.settle();
  let packetId = 1;
  let last: Packet[] = [];
  for (const step of all) {
    const listener = listeners[('who' in step ? step.who : 0) % listeners.length];
    if (step.kind !== 'publish' && step.kind !== 'again') await world.clock.settle();
    if (step.kind === 'turn') for (const acceptance of held.splice(0)) acceptance.settle();
    if (step.kind === 'again') publisher.send(...last);
    if (step.kind === 'acknowledge') listener?.acknowledge(step.order);
    if (step.kind === 'return') await listener?.comeBack();
    if (step.kind === 'subscribe' && step.isOn) listener?.send(subscribeOf(2, step.qos, step.filter));
    if (step.kind === 'subscribe' && !step.isOn) {
      listener?.send({ type: PacketType.unsubscribe, packetId: 3, filters: [step.filter], properties: {} });
    }
    if (step.kind !== 'publish') await world.clock.settle();
    if (step.kind === 'publish') {
      const stated = setting.publisher === v5 ? step.properties : {};
      last = Array.from({ length: step.repeat }, () => {
        const more = {
          qos: step.qos,
          retain: step.retain,
          packetId: step.qos > 0 ? packetId++ : 0,
          properties: stated,
        };
        return publishOf(step.topic, step.payload, more);
      });
      publisher.send(...last);
    }
  }
  await world.clock.settle();
  const lines = [answers.join(' '), ...listeners.map(({ got }) => got.join(' '))];
  return lines.map((line) => line.replaceAll(long, '(long)'));
}

const settings = fc.record({
  publisher: fc.constantFrom(...versions),
  listeners: fc.array(fc.record({ version: fc.constantFrom(...versions), qos }), { minLength: 1, maxLength: 3 }),
  chunkBytes: fc.constantFrom(1, 13, 100, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  sendWindowMax: fc.constantFrom(3, 10, 1000),
  receiveMaximum: fc.constantFrom(4, 1000),
  limits: fc.constantFrom<Properties>(
    {},
    { topicAliasMaximum: 1 },
    { topicAliasMaximum: 5, maximumPacketSize: 40 },
    { maximumPacketSize: 30 },
  ),
  reads: fc.constantFrom<Partial<ReadOptions>>(
    { busyBytes: 1, quietChunks: 2, quietBytes: 4, memoryBytes: 16, busyMax: 2 },
    { busyBytes: 30, quietChunks: 1, quietBytes: 100, memoryBytes: 200 },
    { busyBytes: 100, memoryBytes: 20_000 },
  ),
});

t.test(
  'whatever is published, acknowledged and repeated, in whatever chunks and versions, runs change nothing',
  async (t) => {
    let laterCount = 0;
    const later = (): void => void laterCount++;
    await fc.assert(
      fc.asyncProperty(steps, settings, async (all, setting) => {
        const [withRuns, without] = [await play(all, setting, false, later), await play(all, setting, true)];
        for (const [index, got] of withRuns.entries()) {
          if (got !== without[index]) throw new Error(`peer ${index}: ${got} instead of ${without[index]}`);
        }
      }),
      { numRuns: 400 },
    );
    t.ok(laterCount > 50, `${laterCount} runs were acknowledged later`);
  },
);

t.test('a flood to one topic leaves as slices of what came in, and is counted message by message', async (t) => {
  const world = new World();
  const broker = await world.openBroker();
  const [publisher, listener] = [await world.dial(v311), await world.dial(v311)];
  await publisher.connect('publisher');
  await listener.connect('listener');
  listener.send(subscribeOf(1, 0, 'a'));
  await listener.received();
  publisher.send(...Array.from({ length: 1000 }, (_one, index) => publishOf('a', String(index))));
  const got = await listener.receivedOf(PacketType.publish);
  t.same(
    got.map(({ payload }) => Number(payload)),
    Array.from({ length: 1000 }, (_one, index) => index),
  );
  t.match(broker.status, { received: 1000, matched: 1000, sent: 1000, dropped: {} });
});

t.test(
  'large messages of QoS 1 to one subscriber are sent from where they are kept, under its own identifiers',
  async (t) => {
    const world = new World();
    const broker = await world.openBroker();
    const [publisher, listener] = [await world.dial(v311), await world.dial(v311)];
    await publisher.connect('publisher');
    await listener.connect('listener');
    listener.send(subscribeOf(1, 1, 'a'));
    await listener.received();
    const payloads = Array.from({ length: 8 }, (_one, index) => String(index).repeat(9000));
    const send = (from: number): Promise<readonly Packet[]> => {
      publisher.send(...payloads.map((one, index) => publishOf('a', one, { qos: 1, packetId: from + index })));
      return listener.received();
    };
    await send(100);
    const got = (await send(500)).filter((packet) => packet.type === PUBLISH);
    t.same(
      got.map(({ packetId, payload }) => `${packetId} ${payload}`),
      payloads.map((one, index) => `${9 + index} ${one}`),
    );
    t.same(
      (await publisher.receivedOf(puback)).map(({ packetId }) => packetId),
      [...payloads.keys()].map((index) => 100 + index).concat([...payloads.keys()].map((index) => 500 + index)),
    );
    t.match(broker.status, { received: 16, sent: 16, settled: 0 });
    listener.send(...got.map(({ packetId }) => ackOf(puback, packetId)));
    await listener.received();
    t.equal(broker.status.settled, 8);
  },
);

t.test('messages that nobody gets are acknowledged as such, in runs too [MQTT-3.4.2-1]', async (t) => {
  const world = new World();
  await world.openBroker();
  const publisher = await world.dial(v5);
  await publisher.connect('publisher');
  for (const from of [1, 11]) {
    publisher.send(
      ...Array.from({ length: 5 }, (_one, index) => publishOf('a', '', { qos: 1, packetId: from + index })),
    );
    const got = await publisher.receivedOf(puback);
    t.same(
      got.map(({ reasonCode }) => reasonCode),
      [16, 16, 16, 16, 16],
    );
  }
});

t.test('a rule that changes in the middle of a flood holds for the rest of it', async (t) => {
  const access = {
    isAnonymousAllowed: true,
    users: [],
    rules: [],
    isAllowedWithoutMatch: true,
    isDenialDisconnecting: false,
  };
  const world = new World();
  const broker = await world.openBroker({ access });
  const [publisher, listener] = [await world.dial(v5), await world.dial(v5)];
  await publisher.connect('publisher');
  await listener.connect('listener');
  listener.send(subscribeOf(1, 0, 'a'));
  await listener.received();
  const flood = Array.from({ length: 10 }, () => publishOf('a', 'x'));
  publisher.send(...flood);
  t.equal((await listener.received()).length, 10);
  broker.updateAccess({ ...access, isAllowedWithoutMatch: false });
  publisher.send(...flood);
  t.same(await listener.received(), []);
  t.equal(broker.status.denied, 10);
});
