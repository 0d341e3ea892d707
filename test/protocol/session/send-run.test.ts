// A send window with runs against one where each message was added alone: whatever the peer acknowledges, in whatever
// order, and however often the connection breaks, both hold the same. And sets of identifiers against plain ones.
import fc from 'fast-check';
import t from 'tap';
import { IdSet } from '../../../protocol/session/id-set.ts';
import { PacketIds } from '../../../protocol/session/packet-ids.ts';
import type { SendEntry } from '../../../protocol/session/send-entry.ts';
import { SendWindow } from '../../../protocol/session/send-window.ts';
import { bytesOfText, joinBytes } from '../../../protocol/wire/bytes.ts';
import { encodePacket } from '../../../protocol/wire/codec.ts';
import { FramePool } from '../../../protocol/wire/kept-frames.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { publishOf } from '../../kit/world.ts';

/** A step: add a run, or something that the peer or the network does to the message of a number. */
type Step =
  | { readonly kind: 'run' | 'single'; readonly qos: 1 | 2; readonly count: number }
  | { readonly kind: 'settle' | 'release'; readonly nth: number; readonly count: number }
  | { readonly kind: 'reopen' | 'look' };

const qos = fc.constantFrom<1 | 2>(1, 2);
const nth = fc.constantFrom(0, 0, 0, 1, 5);
const count = fc.integer({ min: 1, max: 6 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constantFrom<'run' | 'single'>('run', 'run', 'single'), qos, count }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constantFrom<'settle' | 'release'>('settle', 'release'), nth, count }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom<'reopen' | 'look'>('reopen', 'look') }) },
  ),
  { maxLength: 40 },
);

const payloadOf = (number: number): string => `message ${number}`;

/** One window and what was done to it, either with runs or message by message. */
class Side {
  readonly window = new SendWindow(12);
  readonly #hasRuns: boolean;
  readonly #pool = new FramePool();

  constructor(hasRuns: boolean, areIdsKept: boolean) {
    this.#hasRuns = hasRuns;
    this.window.areIdsKept = areIdsKept;
    this.window.open(10, 6);
  }

  /** Adds `count` messages if all of them have room. Returns the first identifier, 0 for none. */
  add(kind: 'run' | 'single', level: 1 | 2, count: number, number: number): number {
    if (!this.window.canAddRun(level, count, number)) return 0;
    if (this.#hasRuns && kind === 'run') {
      const packets = Array.from({ length: count }, (_one, index) =>
        encodePacket(publishOf('a', payloadOf(number + index), { qos: level, packetId: 9 }), ProtocolVersion.v311),
      );
      const frames = this.#pool.copy(joinBytes(packets));
      return this.window.addRun({ frames, version: ProtocolVersion.v311, count, qos: level, token: number });
    }
    const ids = Array.from({ length: count }, (_one, index) => {
      const message = {
        topicBytes: bytesOfText('a'),
        payload: bytesOfText(payloadOf(number + index)),
        properties: bytesOfText(''),
        expiresAt: 0,
      };
      const delivery = { message, qos: level, retain: false, subscriptionIdentifiers: undefined };
      return this.window.add(delivery, number + index)?.packetId ?? 0;
    });
    return ids[0] ?? 0;
  }

  /** PUBACK, PUBREC or PUBCOMP for consecutive identifiers, as a connection takes them. Returns what came of each. */
  acknowledge(kind: 'settle' | 'release', packetId: number, count: number): readonly string[] {
    const results: string[] = [];
    while (results.length < count) {
      const [next, left] = [packetId + results.length, count - results.length];
      const taken = this.#hasRuns ? this.#acknowledgeRun(kind, next, left) : 0;
      const result = kind === 'settle' ? 'settled' : 'released';
      results.push(...Array.from({ length: taken }, () => result));
      if (taken === 0) results.push(this.#acknowledgeOne(kind, next));
    }
    return results;
  }

  #acknowledgeRun(kind: 'settle' | 'release', packetId: number, count: number): number {
    const { window } = this;
    if (kind === 'release') return window.releaseNext(packetId, count);
    const run = window.runToSettle(packetId, 1) ?? window.runToSettle(packetId, 2);
    return run === undefined ? 0 : window.settleNext(run, count);
  }

  #acknowledgeOne(kind: 'settle' | 'release', packetId: number): string {
    const { window } = this;
    const entry = window.get(packetId);
    if (entry === undefined) return 'nothing';
    if (kind === 'release') {
      if (entry.delivery.qos !== 2) return 'nothing';
      window.release(packetId);
      return 'released';
    }
    if (entry.delivery.qos === 2 && entry.state === 'published') return 'nothing';
    window.settle(packetId);
    return 'settled';
  }

  /** A new connection: what is due, as text. */
  reopen(): string {
    this.window.close();
    const released = this.window.open(10, 6);
    const due: SendEntry[] = [];
    for (let entry = this.window.nextDue(); entry; entry = this.window.nextDue()) due.push(entry);
    return `${textOf(released)} | ${textOf(due)}`;
  }
}

function textOf(entries: readonly SendEntry[]): string {
  return entries
    .map(({ packetId, delivery, state, token }) =>
      [packetId, delivery.message.payload.toString(), delivery.qos, state, token].join(':'),
    )
    .join(' ');
}

t.test('a run is the same as its messages one by one [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-4.9.0-2]', async (t) => {
  let taken = 0;
  const property = fc.property(steps, fc.boolean(), (all, areIdsKept) => {
    const [runs, singles] = [new Side(true, areIdsKept), new Side(false, areIdsKept)];
    let underway: number[] = [];
    // identifiers that follow from numbers begin anew soon
    let number = areIdsKept ? 64_980 : 1;
    for (const step of all) {
      const results = [runs, singles].map((side) => {
        if (step.kind === 'run' || step.kind === 'single') return side.add(step.kind, step.qos, step.count, number);
        if (step.kind === 'settle' || step.kind === 'release') {
          const first = underway[step.nth % Math.max(underway.length, 1)] ?? 99;
          return side.acknowledge(step.kind, first, step.count).join(' ');
        }
        return step.kind === 'reopen' ? side.reopen() : textOf(side.window.entries());
      });
      if (results[0] !== results[1]) throw new Error(`${step.kind}: ${results[0]} instead of ${results[1]}`);
      if (runs.window.size !== singles.window.size) throw new Error(`size ${runs.window.size}`);
      if (step.kind === 'run' || step.kind === 'single') {
        const first = Number(results[0]);
        if (first > 0) underway.push(...Array.from({ length: step.count }, (_one, index) => first + index));
        if (first > 0 && step.kind === 'run') taken++;
        number += step.count;
      }
      if (step.kind === 'settle') {
        const first = underway[step.nth % Math.max(underway.length, 1)] ?? 99;
        const settled = String(results[0]).split(' ');
        underway = underway.filter((id) => settled[id - first] !== 'settled');
      }
    }
    const [ours, theirs] = [textOf(runs.window.entries()), textOf(singles.window.entries())];
    if (ours !== theirs) throw new Error(`${ours} instead of ${theirs}`);
  });
  fc.assert(property, { numRuns: 1500 });
  t.ok(taken > 500, `${taken} runs were taken`);
});

t.test('identifiers of a run are consecutive and free, whatever is in use [MQTT-2.2.1-3]', async (t) => {
  const ids = new PacketIds();
  t.ok(ids.mayTakeRun(3));
  t.equal(ids.takeRun(3), 1);
  t.equal(ids.take(), 4);
  while (ids.take() !== 65_530);
  for (let id = 1; id < 65_530; id++) if (id !== 2) ids.give(id);
  t.notOk(ids.mayTakeRun(6), 'the range ends too soon, and 2 is in use');
  t.ok(ids.mayTakeRun(5));
  t.equal(ids.takeRun(5), 65_531);
  t.notOk(ids.mayTakeRun(2), '2 is in use');
  ids.give(2);
  ids.give(65_532);
  t.ok(ids.mayTakeRun(6));
  t.equal(ids.takeRun(6), 1);
  t.equal(ids.take(), 7);
});

t.test('identifiers of a run follow from its tokens where they have to be the same after a restart', async (t) => {
  const [window, frames] = [new SendWindow(100), new FramePool().copy(bytesOfText('x'))];
  window.areIdsKept = true;
  window.open(100);
  const parts = { frames, version: ProtocolVersion.v311, qos: 1 } as const;
  t.ok(window.canAddRun(1, 3, 64_997));
  t.equal(window.addRun({ ...parts, count: 3, token: 64_997 }), 64_998);
  t.notOk(window.canAddRun(1, 2, 65_000 + 64_996), 'the second one is in use');
  t.notOk(window.canAddRun(1, 2, 65_000 + 64_999), 'they begin anew behind the first');
  t.ok(window.canAddRun(1, 2, 65_000));
  t.equal(window.addRun({ ...parts, count: 2, token: 65_000 }), 1);
});

t.test('a set of identifiers is a set', async (t) => {
  const id = fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(1, 31, 32, 1023, 1024, 65_535));
  const operations = fc.array(fc.tuple(fc.constantFrom('add', 'add', 'delete', 'has', 'clear'), id), { maxLength: 60 });
  fc.assert(
    fc.property(operations, (all) => {
      const [ours, plain] = [new IdSet(), new Set<number>()];
      return all.every(([operation, one]) => {
        if (operation === 'clear') {
          ours.clear();
          plain.clear();
        }
        if (operation === 'add') {
          const isNew = !plain.has(one);
          plain.add(one);
          if (ours.add(one) !== isNew) return false;
        }
        if (operation === 'delete' && ours.delete(one) !== plain.delete(one)) return false;
        return ours.has(one) === plain.has(one) && ours.size === plain.size;
      });
    }),
    { numRuns: 500 },
  );
  t.pass('500 histories');
});

t.test(
  'kept frames stay as they are until all who keep them let go, and their memory is used again then',
  async (t) => {
    const pool = new FramePool();
    const copyOf = (letter: string, size: number) => pool.copy(bytesOfText(letter.repeat(size)));
    const first = copyOf('a', 100);
    first.keep();
    first.keep();
    first.letGo();
    const second = copyOf('b', 100);
    t.not(second.bytes.buffer, first.bytes.buffer, 'somebody keeps the first');
    second.keep();
    second.letGo();
    const large = copyOf('c', 5000);
    t.not(large.bytes.buffer, second.bytes.buffer, 'it is too large for that memory');
    const third = copyOf('d', 1000);
    t.equal(third.bytes.buffer, second.bytes.buffer);
    t.equal(first.bytes.toString(), 'a'.repeat(100));
    t.equal(large.bytes.toString(), 'c'.repeat(5000));
    t.equal(third.bytes.toString(), 'd'.repeat(1000));
    const [window, frames] = [new SendWindow(10), copyOf('e', 5000)];
    window.open(10);
    const packetId = window.addRun({ frames, version: ProtocolVersion.v311, count: 1, qos: 1, token: 0 });
    t.not(copyOf('f', 5000).bytes.buffer, frames.bytes.buffer, 'the window keeps it');
    const run = window.runToSettle(packetId, 1);
    t.equal(run && window.settleNext(run, 5), 1);
    t.equal(copyOf('g', 5000).bytes.buffer, frames.bytes.buffer, 'it is settled');
  },
);
