// Runs to sessions that outlive the process, against their twin that gets every message alone: what each device gets,
// with which identifiers and flags, when publishers are acknowledged and what is counted must be the same, in
// whichever process messages are sent and settled.
import fc from 'fast-check';
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import type { Packet } from '../../../protocol/wire/packets.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import type { Durability } from '../../../src/base/durability.ts';
import { KeptWorld } from '../../kit/kept-world.ts';
import { ackOf, publishOf, type RawPeer, subscribeOf } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;
const { publish: PUBLISH, puback, pubrec, pubrel, pubcomp } = PacketType;

type Order = 'first' | 'last' | 'all' | 'refuse';
type Step =
  | { readonly kind: 'publish'; readonly topic: string; readonly qos: Qos; readonly repeat: number }
  | { readonly kind: 'acknowledge'; readonly who: number; readonly order: Order }
  | { readonly kind: 'leave' | 'return'; readonly who: number }
  | { readonly kind: 'crash'; readonly crash: 'kill' | 'power' };

const who = fc.integer({ min: 0, max: 1 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant<'publish'>('publish'),
        topic: fc.constantFrom('a', 'a', 'a', 'b'),
        qos: fc.constantFrom<Qos>(0, 1, 1, 1, 2),
        repeat: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant<'acknowledge'>('acknowledge'),
        who,
        order: fc.constantFrom<Order>('first', 'last', 'all', 'all', 'refuse'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom<'leave' | 'return'>('leave', 'return'), who }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant<'crash'>('crash'),
        crash: fc.constantFrom<'kill' | 'power'>('kill', 'power'),
      }),
    },
  ),
  { maxLength: 25 },
);

const version = fc.constantFrom(v311, v5);
const settings = fc.record({
  publisher: version,
  listeners: fc.array(version, { minLength: 1, maxLength: 2 }),
  durability: fc.constantFrom<Durability>('written', 'synced'),
  sendWindowMax: fc.constantFrom(4, 1000),
  queueCountMax: fc.constantFrom(8, 1000),
  chunkBytes: fc.constantFrom(30, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
});
type Setting = typeof settings extends fc.Arbitrary<infer Type> ? Type : never;

/** A device with a session that is kept; it acknowledges when it is told to. */
class Listener {
  readonly got: string[] = [];
  readonly #world: KeptWorld;
  readonly #name: string;
  readonly #version: ProtocolVersion;
  #peer: RawPeer | undefined;
  #owed: Packet[] = [];

  constructor(world: KeptWorld, name: string, version: ProtocolVersion) {
    this.#world = world;
    this.#name = name;
    this.#version = version;
  }

  async connect(): Promise<RawPeer> {
    const peer = await this.#world.world.dial(this.#version);
    this.#peer = peer;
    this.#owed = [];
    peer.onPacket = (packet) => {
      this.got.push(JSON.stringify(packet));
      const isOwed = packet.type === PUBLISH && packet.qos > 0;
      if (isOwed) this.#owed.push(ackOf(packet.qos === 1 ? puback : pubrec, packet.packetId));
      if (packet.type === pubrel) this.#owed.push(ackOf(pubcomp, packet.packetId));
    };
    const properties = this.#version === v5 ? { sessionExpiryInterval: 3600 } : {};
    await peer.connect(this.#name, { cleanStart: false, properties });
    return peer;
  }

  acknowledge(order: Order): void {
    const owed = order === 'all' ? this.#owed.splice(0) : this.#owed.splice(order === 'last' ? -1 : 0, 1);
    const isRefused = order === 'refuse' && this.#version === v5;
    const sent = owed.map((one) => (isRefused && one.type === puback ? { ...one, reasonCode: 0x80 as const } : one));
    if (sent.length > 0) this.#peer?.send(...sent);
  }

  leave(): void {
    this.#peer?.cut();
    this.#peer = undefined;
    this.#owed = [];
  }
}

/** Plays one conversation. Returns what everybody got and what was counted. */
async function play(all: readonly Step[], setting: Setting, isNaive: boolean): Promise<readonly string[]> {
  const kw = new KeptWorld();
  const { world } = kw;
  const answers: string[] = [];
  const books: string[] = [];
  const begin = async (crash: 'kill' | 'power'): Promise<Awaited<ReturnType<KeptWorld['start']>>> => {
    world.net.chunkBytes = Number.POSITIVE_INFINITY;
    const { durability, sendWindowMax, queueCountMax } = setting;
    const broker = { durability, sendWindowMax, queueCountMax };
    const process = await kw.start({ crash, broker });
    if (isNaive) process.router.runStopsOf = () => undefined;
    return process;
  };
  const dial = async (): Promise<RawPeer> => {
    const peer = await world.dial(setting.publisher);
    peer.onPacket = (packet) => {
      answers.push(JSON.stringify(packet));
      if (packet.type === pubrec) peer.send(ackOf(pubrel, packet.packetId));
    };
    await peer.connect('publisher');
    world.net.chunkBytes = setting.chunkBytes;
    return peer;
  };
  let { broker } = await begin('kill');
  const listeners = setting.listeners.map((one, index) => new Listener(kw, `listener-${index}`, one));
  for (const listener of listeners) (await listener.connect()).send(subscribeOf(1, 1, 'a'), subscribeOf(2, 2, 'b'));
  let publisher = await dial();
  let packetId = 0;
  for (const step of all) {
    const listener = listeners[('who' in step ? step.who : 0) % listeners.length];
    if (step.kind === 'publish') {
      const packets = Array.from({ length: step.repeat }, () =>
        publishOf(step.topic, `${++packetId}`, { qos: step.qos, packetId: step.qos > 0 ? packetId : 0 }),
      );
      publisher.send(...packets);
    } else if (step.kind === 'acknowledge') {
      listener?.acknowledge(step.order);
    } else if (step.kind === 'crash') {
      // what was only written a cut of power leaves to chance
      ({ broker } = await begin(setting.durability === 'synced' ? step.crash : 'kill'));
      for (const one of listeners) await one.connect();
      publisher = await dial();
    } else {
      listener?.leave();
      await world.clock.settle();
      if (step.kind === 'return') await listener?.connect();
    }
    await world.clock.advance(50);
    const { received, matched, sent, settled, dropped } = broker.status;
    books.push(JSON.stringify({ received, matched, sent, settled, dropped }));
  }
  return [answers.join(' '), books.join(' '), ...listeners.map(({ got }) => got.join(' '))];
}

t.test('a run to a session that outlives the process is one record, whoever has gone', async (t) => {
  for (const durability of ['written', 'synced'] as const) {
    const kw = new KeptWorld();
    const { journal } = await kw.start({ broker: { durability } });
    const listener = new Listener(kw, 'listener', v311);
    (await listener.connect()).send(subscribeOf(1, 1, 'a'));
    const publisher = await kw.world.dial(v311);
    await publisher.connect('publisher');
    const send = async (first: number): Promise<number> => {
      const before = journal.status.records;
      const ids = Array.from({ length: 50 }, (_, index) => first + index);
      publisher.send(...ids.map((packetId) => publishOf('a', `${packetId}`, { qos: 1, packetId })));
      await kw.world.clock.advance(100);
      return journal.status.records - before;
    };
    // the first makes the topic known
    await send(1);
    listener.acknowledge('all');
    await kw.world.clock.advance(100);
    t.equal(await send(51), 1, durability);
    t.equal((await publisher.receivedOf(puback)).length, 100);
    t.equal(listener.got.filter((packet) => packet.includes('"qos":1')).length, 100);
  }
});

t.test('whatever devices get and acknowledge, and whenever the process dies, runs change nothing', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, settings, async (all, setting) => {
      const [withRuns, without] = [await play(all, setting, false), await play(all, setting, true)];
      for (const [index, got] of withRuns.entries()) {
        if (got !== without[index]) throw new Error(`${index}: ${got} instead of ${without[index]}`);
      }
    }),
    { numRuns: 100 },
  );
  t.pass('100 conversations');
});
