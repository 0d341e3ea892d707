// Runs against their twin: the same traffic, once where frames may be passed on as slices, once where every message is
// read and written anew. What each subscriber gets must be the same, byte for byte.
import fc from 'fast-check';
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';
import { Origin } from '../../../src/message/origin.ts';
import { publishOf, type RawPeer, subscribeOf, versions, World } from '../../kit/world.ts';

const { v311, v5 } = ProtocolVersion;

interface Publish {
  readonly kind: 'publish';
  readonly topic: string;
  readonly payload: string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly hasProperties: boolean;
  readonly repeat: number;
}

type Step =
  | Publish
  | { readonly kind: 'turn' }
  | { readonly kind: 'subscribe'; readonly who: number; readonly filter: string; readonly isOn: boolean };

const publish = fc.record({
  kind: fc.constant('publish' as const),
  topic: fc.constantFrom('a', 'a', 'a', 'b/c', 'é'),
  payload: fc.string({ maxLength: 8 }),
  qos: fc.constantFrom<Qos>(0, 0, 0, 0, 1),
  retain: fc.constantFrom(false, false, false, false, false, true),
  hasProperties: fc.constantFrom(false, false, false, false, true),
  repeat: fc.integer({ min: 1, max: 6 }),
});
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: publish },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('subscribe' as const),
        who: fc.integer({ min: 0, max: 2 }),
        filter: fc.constantFrom('a', '#', 'b/+', '$share/g/a'),
        isOn: fc.boolean(),
      }),
    },
  ),
  { maxLength: 25 },
);

interface Setting {
  readonly publisher: ProtocolVersion;
  readonly listeners: readonly ProtocolVersion[];
  readonly chunkBytes: number;
}

/** Plays the steps in a world of its own. Returns what each listener got, in hex. */
async function play(all: readonly Step[], setting: Setting, isNaive: boolean): Promise<readonly string[]> {
  const world = new World();
  world.net.chunkBytes = setting.chunkBytes;
  await world.openBroker();
  if (isNaive) {
    // somebody who cannot take frames hears of everything: so every message is read
    const reader = { origin: new Origin('application', 'reader'), isReady: true, deliver: () => undefined };
    world.router.subscribe(reader, '#', { qos: 0, isNoLocal: false, isRetainAsPublished: false, identifier: 0 });
  }
  const publisher = await world.dial(setting.publisher);
  await publisher.connect('publisher');
  const listeners: RawPeer[] = [];
  for (const [index, version] of setting.listeners.entries()) {
    const listener = await world.dial(version);
    await listener.connect(`listener-${index}`);
    listener.send(subscribeOf(1, 1, 'a'));
    listeners.push(listener);
  }
  await world.clock.settle();
  let packetId = 1;
  for (const step of all) {
    if (step.kind === 'turn') await world.clock.settle();
    if (step.kind === 'subscribe') {
      await world.clock.settle();
      const listener = listeners[step.who % listeners.length];
      if (step.isOn) listener?.send(subscribeOf(2, 1, step.filter));
      else listener?.send({ type: PacketType.unsubscribe, packetId: 3, filters: [step.filter], properties: {} });
      await world.clock.settle();
    }
    if (step.kind === 'publish') {
      const packets = Array.from({ length: step.repeat }, () => {
        const properties = step.hasProperties && setting.publisher === v5 ? { contentType: 'x' } : {};
        const more = { qos: step.qos, retain: step.retain, packetId: step.qos > 0 ? packetId++ : 0, properties };
        return publishOf(step.topic, step.payload, more);
      });
      publisher.send(...packets);
    }
  }
  await world.clock.settle();
  return listeners.map((listener) => JSON.stringify(listener.packets));
}

const settings = fc.record({
  publisher: fc.constantFrom(...versions),
  listeners: fc.array(fc.constantFrom(...versions), { minLength: 1, maxLength: 3 }),
  chunkBytes: fc.constantFrom(1, 13, 100, Number.POSITIVE_INFINITY),
});

t.test('whatever is published, in whatever chunks and versions, runs change nothing', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, settings, async (all, setting) => {
      const [withRuns, without] = [await play(all, setting, false), await play(all, setting, true)];
      for (const [index, got] of withRuns.entries()) {
        if (got !== without[index]) throw new Error(`listener ${index}: ${got} instead of ${without[index]}`);
      }
    }),
    { numRuns: 150 },
  );
  t.pass('150 conversations');
});

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
