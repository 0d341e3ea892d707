// The bridge as a destination of runs, against its twin that gets every message alone: what the remote gets, and what
// the rules count, must be the same, whatever is published and acknowledged, and however often the link breaks; and
// where the queue is in the journal, whenever the process dies.
import fc from 'fast-check';
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import type { Bridge } from '../../../src/bridge/bridge.ts';
import type { ForwardRuleOptions } from '../../../src/bridge/bridge-options.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { openBridge } from '../../kit/remote.ts';
import { ackOf, publishOf, type RawPeer, versions, World } from '../../kit/world.ts';

const { v5 } = ProtocolVersion;
const { publish: PUBLISH, puback, pubrec, pubrel, pubcomp } = PacketType;

type Step =
  | {
      readonly kind: 'publish';
      readonly topic: string;
      readonly qos: Qos;
      readonly repeat: number;
      readonly size: number;
      readonly properties: Properties;
    }
  | { readonly kind: 'acknowledge'; readonly order: 'first' | 'last' | 'all' }
  | { readonly kind: 'cut'; readonly isKept: boolean; readonly isForAll: boolean; readonly ms: number }
  /** The process dies, and another one begins. */
  | { readonly kind: 'crash'; readonly isKept: boolean; readonly crash: 'kill' | 'power' };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant<'publish'>('publish'),
        topic: fc.constantFrom('up/a', 'up/a', 'up/b', 'up/long/one', 'other'),
        qos: fc.constantFrom<Qos>(0, 1, 1, 2, 2),
        repeat: fc.integer({ min: 1, max: 6 }),
        size: fc.constantFrom(0, 10, 7000),
        properties: fc.constantFrom<Properties>(
          {},
          { contentType: 'x' },
          { userProperties: [['a', 'v'.repeat(124)]] },
          { responseTopic: 'up/answers', messageExpiryInterval: 100 },
        ),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant<'acknowledge'>('acknowledge'),
        order: fc.constantFrom<'first' | 'last' | 'all'>('first', 'last', 'all', 'all'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant<'cut'>('cut'),
        isKept: fc.boolean(),
        isForAll: fc.boolean(),
        ms: fc.constantFrom(0, 5000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant<'crash'>('crash'),
        isKept: fc.boolean(),
        crash: fc.constantFrom<'kill' | 'power'>('kill', 'power'),
      }),
    },
  ),
  { maxLength: 30 },
);

const rules: readonly (readonly ForwardRuleOptions[])[] = [
  [{ localTopic: 'up/#', remoteTopic: '' }],
  [{ localTopic: 'up/#', remoteTopic: 'far/away/#' }],
  [{ localTopic: 'up/#', remoteTopic: 'up/#', prefix: 'site/', qos: 1 }],
  [{ localTopic: '#', remoteTopic: 'all', qos: 0 }],
  [
    { localTopic: 'up/a', remoteTopic: 'one', qos: 2 },
    { localTopic: 'up/b', remoteTopic: 'two' },
  ],
  [{ localTopic: 'up/#', remoteTopic: 'kept/#', retain: true }],
  [{ localTopic: 'up/#', remoteTopic: '', prefix: 'a-prefix-that-is-longer-than-most/' }],
  [
    { localTopic: 'up/#', remoteTopic: '' },
    { localTopic: 'up/a', remoteTopic: 'again' },
  ],
];

const settings = fc.record({
  publisher: fc.constantFrom(...versions),
  remote: fc.constantFrom(...versions),
  forwards: fc.constantFrom(...rules),
  chunkBytes: fc.constantFrom(50, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  sendWindowMax: fc.constantFrom(4, 1000),
  queueCountMax: fc.constantFrom(8, 1000),
  /** What the broker takes. */
  receiveMaximum: fc.constantFrom(4, 1000, 1000),
  properties: fc.constantFrom({}, { topicAliasMaximum: 2 }, { maximumPacketSize: 45 }),
});
type Setting = (typeof settings extends fc.Arbitrary<infer Type> ? Type : never) & {
  /** Where the queue is in the journal. */
  readonly durability?: 'written' | 'synced';
};
const storedSettings = fc
  .tuple(settings, fc.constantFrom<'written' | 'synced'>('written', 'synced'))
  .map(([setting, durability]): Setting => ({ ...setting, durability }));

/** The other end: acknowledges when it is told to, keeps the session or forgets it. */
class SlowRemote {
  readonly got: string[] = [];
  isKept = false;
  #peer: RawPeer | undefined;
  #owed: Packet[] = [];
  readonly #known = new Map<number, number>();

  async open(world: World, setting: Setting): Promise<void> {
    await world.listen(setting.remote, 9000, (peer) => {
      this.#peer = peer;
      this.#owed = [];
      peer.onPacket = (packet) => this.#take(peer, packet, setting);
    });
  }

  cut(): void {
    this.#peer?.cut();
  }

  acknowledge(order: 'first' | 'last' | 'all'): void {
    const owed = order === 'all' ? this.#owed.splice(0) : this.#owed.splice(order === 'first' ? 0 : -1, 1);
    if (owed.length > 0) this.#peer?.send(...owed);
  }

  #take(peer: RawPeer, packet: Packet, setting: Setting): void {
    this.got.push(JSON.stringify('packetId' in packet ? this.#named(packet, setting) : packet));
    if (packet.type === PacketType.connect) {
      const properties = setting.remote === v5 ? setting.properties : {};
      const sessionPresent = this.isKept && setting.remote !== ProtocolVersion.v31;
      peer.send({ type: PacketType.connack, sessionPresent, reasonCode: 0, properties });
    }
    const isOwed = packet.type === PUBLISH && packet.qos > 0;
    if (isOwed) this.#owed.push(ackOf(packet.qos === 1 ? puback : pubrec, packet.packetId));
    if (packet.type === pubrel) this.#owed.push(ackOf(pubcomp, packet.packetId));
  }

  /** Stored messages have identifiers by their places, and QoS 0 takes none in a run: they are named as they appear. */
  #named(packet: { readonly packetId: number }, { durability }: Setting): object {
    if (durability === undefined) return packet;
    const name = this.#known.get(packet.packetId) ?? this.#known.size;
    this.#known.set(packet.packetId, name);
    return { ...packet, packetId: name };
  }
}

/** Broker and bridge in one process; with a journal others may follow it. */
class Stage {
  readonly world: World;
  readonly #setting: Setting;
  readonly #isNaive: boolean;
  readonly #kept: KeptWorld | undefined;
  #bridge: Bridge | undefined;

  constructor(setting: Setting, isNaive: boolean) {
    this.#setting = setting;
    this.#isNaive = isNaive;
    this.#kept = setting.durability && new KeptWorld();
    this.world = this.#kept?.world ?? new World();
  }

  get bridge(): Bridge {
    if (this.#bridge === undefined) throw new Error('there is no bridge yet');
    return this.#bridge;
  }

  /** Begins a process; the one before dies. */
  async start(crash: 'kill' | 'power' = 'kill'): Promise<void> {
    const { forwards, sendWindowMax, queueCountMax, remote, durability, receiveMaximum } = this.#setting;
    const bridge = {
      version: remote,
      forwards,
      sendWindowMax,
      queueCountMax,
      queueOverflow: 'newest',
      acknowledgeTimeoutMs: 0,
      keepAlive: 0,
      backoff: { delayMsMin: 100, delayMsMax: 100, stableMs: 1 },
      ...(durability && { durability }),
    } as const;
    if (this.#kept === undefined) {
      if (this.#isNaive) this.world.router.runStopsOf = () => undefined;
      await this.world.openBroker({ receiveMaximum });
      this.#bridge = openBridge(this.world, bridge);
      return;
    }
    const process = await this.#kept.start({ crash, bridge, broker: { receiveMaximum } });
    if (this.#isNaive) process.router.runStopsOf = () => undefined;
    this.#bridge = process.bridge;
    await this.settle();
  }

  /** Everything that can happen has happened; what is stored is. */
  async settle(): Promise<void> {
    if (this.#kept) await this.world.clock.advance(50);
    else await this.world.clock.settle();
  }
}

async function play(all: readonly Step[], setting: Setting, isNaive: boolean): Promise<readonly string[]> {
  const stage = new Stage(setting, isNaive);
  const { world } = stage;
  const remote = new SlowRemote();
  await remote.open(world, setting);
  await stage.start();
  world.net.chunkBytes = setting.chunkBytes;
  const dial = async (): Promise<RawPeer> => {
    const publisher = await world.dial(setting.publisher);
    publisher.onPacket = (packet) => {
      // a publisher may be read on a moment later; PUBCOMP has an order of its own
      (packet.type === pubcomp ? completions : answers).push(JSON.stringify(packet));
      if (packet.type === pubrec) publisher.send(ackOf(pubrel, packet.packetId));
    };
    await publisher.connect('publisher');
    return publisher;
  };
  const answers: string[] = [];
  const completions: string[] = [];
  const books: string[] = [];
  let publisher = await dial();
  let packetId = 1;
  for (const step of all) {
    if (step.kind === 'publish') {
      const packets = Array.from({ length: step.repeat }, (_one, index) => {
        const properties = setting.publisher === v5 ? step.properties : {};
        const more = { qos: step.qos, packetId: step.qos > 0 ? packetId++ : 0, properties };
        return publishOf(step.topic, `${packetId}-${index}`.padEnd(step.size, '.'), more);
      });
      publisher.send(...packets);
    } else if (step.kind === 'acknowledge') {
      remote.acknowledge(step.order);
    } else if (step.kind === 'crash') {
      if (setting.durability === undefined) continue;
      remote.isKept = step.isKept;
      world.net.chunkBytes = Number.POSITIVE_INFINITY;
      // what was only written a cut of power leaves to chance
      await stage.start(setting.durability === 'synced' ? step.crash : 'kill');
      publisher = await dial();
      world.net.chunkBytes = setting.chunkBytes;
    } else {
      remote.isKept = step.isKept;
      if (step.isForAll) world.net.cut();
      else remote.cut();
      await world.clock.settle();
      if (step.isForAll) publisher = await dial();
      await world.clock.advance(step.ms);
    }
    await stage.settle();
    const { bridge } = stage;
    for (const { received, delivered, dropped, queued } of bridge.status.forwards) {
      const total = Object.values(dropped).reduce((sum, count) => sum + count, 0);
      if (received !== delivered + total + queued) throw new Error('in is not delivered + dropped + queued');
    }
    const { queueDepth, underway, forwards } = bridge.status;
    books.push(JSON.stringify({ queueDepth, underway, forwards }));
    if (queueDepth !== forwards.reduce((sum, { queued }) => sum + queued, 0)) throw new Error('the depth is wrong');
  }
  stage.bridge.destroy();
  const { forwards } = stage.bridge.status;
  const lines = [
    remote.got.join(' '),
    answers.join(' '),
    completions.join(' '),
    books.join(' '),
    JSON.stringify(forwards),
  ];
  return lines.map((line) => line.replace(/"(\d+,){100,}\d+"|(46,){100,}/g, '(long)'));
}

async function compare(all: readonly Step[], setting: Setting): Promise<void> {
  const [withRuns, without] = [await play(all, setting, false), await play(all, setting, true)];
  for (const [index, got] of withRuns.entries()) {
    if (got !== without[index]) throw new Error(`${index}: ${got} instead of ${without[index]}`);
  }
}

t.test('whatever is published and acknowledged, and however the link breaks, runs change nothing', async (t) => {
  await fc.assert(fc.asyncProperty(steps, settings, compare), { numRuns: 400 });
  t.pass('400 conversations');
});

t.test('nor do they where they are stored, in whichever process they are sent and settled', async (t) => {
  await fc.assert(fc.asyncProperty(steps, storedSettings, compare), { numRuns: 80 });
  t.pass('80 conversations');
});
