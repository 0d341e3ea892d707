// The bridge as a destination of runs, against its twin that gets every message alone: what the remote gets, and what
// the rules count, must be the same, whatever is published and acknowledged, and however often the link breaks.
import fc from 'fast-check';
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import type { Properties } from '../../../protocol/wire/properties.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import type { ForwardRuleOptions } from '../../../src/bridge/bridge-options.ts';
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
  | { readonly kind: 'cut'; readonly isKept: boolean; readonly isForAll: boolean; readonly ms: number };

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
  properties: fc.constantFrom({}, { topicAliasMaximum: 2 }, { maximumPacketSize: 45 }),
});
type Setting = typeof settings extends fc.Arbitrary<infer Type> ? Type : never;

/** The other end: acknowledges when it is told to, keeps the session or forgets it. */
class SlowRemote {
  readonly got: string[] = [];
  isKept = false;
  #peer: RawPeer | undefined;
  #owed: Packet[] = [];

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
    this.got.push(JSON.stringify(packet));
    if (packet.type === PacketType.connect) {
      const properties = setting.remote === v5 ? setting.properties : {};
      const sessionPresent = this.isKept && setting.remote !== ProtocolVersion.v31;
      peer.send({ type: PacketType.connack, sessionPresent, reasonCode: 0, properties });
    }
    const isOwed = packet.type === PUBLISH && packet.qos > 0;
    if (isOwed) this.#owed.push(ackOf(packet.qos === 1 ? puback : pubrec, packet.packetId));
    if (packet.type === pubrel) this.#owed.push(ackOf(pubcomp, packet.packetId));
  }
}

async function play(all: readonly Step[], setting: Setting, isNaive: boolean): Promise<readonly string[]> {
  const world = new World();
  if (isNaive) world.router.runStopsOf = () => undefined;
  await world.openBroker();
  const remote = new SlowRemote();
  await remote.open(world, setting);
  const bridge = openBridge(world, {
    version: setting.remote,
    forwards: setting.forwards,
    sendWindowMax: setting.sendWindowMax,
    queueCountMax: setting.queueCountMax,
    queueOverflow: 'newest',
    acknowledgeTimeoutMs: 0,
    keepAlive: 0,
    backoff: { delayMsMin: 100, delayMsMax: 100, stableMs: 1 },
  });
  world.net.chunkBytes = setting.chunkBytes;
  const dial = async (): Promise<RawPeer> => {
    const publisher = await world.dial(setting.publisher);
    publisher.onPacket = (packet) => {
      answers.push(JSON.stringify(packet));
      if (packet.type === pubrec) publisher.send(ackOf(pubrel, packet.packetId));
    };
    await publisher.connect('publisher');
    return publisher;
  };
  const answers: string[] = [];
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
    } else {
      remote.isKept = step.isKept;
      if (step.isForAll) world.net.cut();
      else remote.cut();
      await world.clock.settle();
      if (step.isForAll) publisher = await dial();
      await world.clock.advance(step.ms);
    }
    await world.clock.settle();
    for (const { received, delivered, dropped, queued } of bridge.status.forwards) {
      const total = Object.values(dropped).reduce((sum, count) => sum + count, 0);
      if (received !== delivered + total + queued) throw new Error('in is not delivered + dropped + queued');
    }
    const { queueDepth, underway, forwards } = bridge.status;
    books.push(JSON.stringify({ queueDepth, underway, forwards }));
    if (queueDepth !== forwards.reduce((sum, { queued }) => sum + queued, 0)) throw new Error('the depth is wrong');
  }
  bridge.destroy();
  const { forwards } = bridge.status;
  const lines = [remote.got.join(' '), answers.join(' '), books.join(' '), JSON.stringify(forwards)];
  return lines.map((line) => line.replace(/"(\d+,){100,}\d+"|(46,){100,}/g, '(long)'));
}

t.test('whatever is published and acknowledged, and however the link breaks, runs change nothing', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, settings, async (all, setting) => {
      const [withRuns, without] = [await play(all, setting, false), await play(all, setting, true)];
      for (const [index, got] of withRuns.entries()) {
        if (got !== without[index]) throw new Error(`${index}: ${got} instead of ${without[index]}`);
      }
    }),
    { numRuns: 400 },
  );
  t.pass('400 conversations');
});
