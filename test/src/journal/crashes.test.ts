// The journal and its naive model over random lives: appending, settling, putting, cleaning, cuts of power and kills at
// any operation, syncs and writes that fail, a disk that is full for a while.
import t from 'tap';
import { Journal, type JournalSettings } from '../../../src/journal/journal.ts';
import { RecordType } from '../../../src/journal/record.ts';
import { Chance } from '../../kit/chance.ts';
import { JournalModel, stateOf } from '../../kit/journal-model.ts';
import { ProcessClock } from '../../kit/kept-world.ts';
import { SeededRandom } from '../../kit/seeded-random.ts';
import { VirtualClock } from '../../kit/virtual-clock.ts';
import { FaultyDisk } from '../../sim/faulty-disk.ts';

const logs = ['a', 'b', 'c'];
const keyed = ['x', 'y'];

interface Life {
  readonly seed: number;
  readonly settings?: Partial<JournalSettings>;
  readonly steps: number;
  /** Shares of syncs and writes that fail. */
  readonly faults?: { readonly sync: number; readonly write: number };
  readonly isFullForAWhile?: boolean;
}

/** Lives one life. Returns what went wrong. */
async function live({
  seed,
  settings = {},
  steps,
  faults,
  isFullForAWhile = false,
}: Life): Promise<string | undefined> {
  const chance = new Chance(seed);
  const clock = new VirtualClock();
  const disk = new FaultyDisk(chance.fork(), clock);
  const random = new SeededRandom(seed);
  let process = new ProcessClock(clock);
  const open = async (): Promise<Journal> => {
    process.isDead = true;
    process = new ProcessClock(clock);
    disk.faults.failedSync = 0;
    disk.faults.failedWrite = 0;
    const opening = Journal.open(
      { clock: process, disk, random },
      { directory: 'data', segmentBytes: 6000, cleanBytes: 2000, reserveBytes: 0, ...settings },
    );
    const opened = await settled(clock, opening);
    disk.faults.failedSync = faults?.sync ?? 0;
    disk.faults.failedWrite = faults?.write ?? 0;
    return opened;
  };
  let journal = await open();
  let model = new JournalModel({ messages: new Map(), values: new Map() });
  const promised = new Map<'power' | 'kill', number>();
  disk.faults.latencyMsMax = 5;
  for (let step = 0; step < steps; step++) {
    turn(journal, model, chance);
    const { version } = model;
    if (chance.isTrue(0.4)) journal.wait({ stored: () => void promised.set('power', version) }, true);
    if (chance.isTrue(0.2)) journal.wait({ stored: () => void promised.set('kill', version) }, false);
    if (isFullForAWhile && chance.isTrue(0.02)) {
      disk.faults.capacityBytes = chance.isTrue(0.5) ? disk.bytesUsed + 500 : Number.POSITIVE_INFINITY;
    }
    if (chance.isTrue(0.3)) await clock.advance(chance.int(0, 30));
    if (!chance.isTrue(0.04)) continue;
    const kind = chance.isTrue(0.5) ? 'power' : 'kill';
    disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
    disk.crash(kind);
    journal = await open();
    const atLeast = Math.max(promised.get('power') ?? 0, promised.get(kind) ?? 0);
    const found = await settled(clock, stateOf(journal, logs, keyed));
    const fault = model.faultOf(found, atLeast);
    if (fault !== undefined) return `seed ${seed}, step ${step}, ${kind}: ${fault}`;
    for (const name of logs) {
      const count = [...found.messages.keys()].filter((key) => key.startsWith(`${name}/`)).length;
      if (journal.log(name).count !== count)
        return `seed ${seed}: ${name} counts ${journal.log(name).count} for ${count}`;
    }
    model = new JournalModel(found);
    promised.clear();
  }
  disk.faults.failedSync = 0;
  disk.faults.failedWrite = 0;
  disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
  await clock.advance(60_000);
  const found = await settled(clock, stateOf(journal, logs, keyed));
  const fault = model.faultOf(found, model.version);
  if (fault !== undefined) return `seed ${seed}, at the end: ${fault}`;
  if (journal.status.state.state !== 'open') return `seed ${seed}: ${journal.status.state.state} at the end`;
  await settled(clock, journal.close());
  journal = await open();
  const again = model.faultOf(await settled(clock, stateOf(journal, logs, keyed)), model.version);
  if (again !== undefined) return `seed ${seed}, after closing: ${again}`;
  await settled(clock, journal.destroy());
  return undefined;
}

/** What one turn does. */
function turn(journal: Journal, model: JournalModel, chance: Chance): void {
  model.change((messages, values) => {
    for (let count = chance.int(1, 4); count > 0; count--) {
      const kind = chance.unit();
      const name = chance.pick(logs);
      if (kind < 0.45) append(journal, messages, name, chance);
      else if (kind < 0.85) settle(journal, messages, name, chance);
      else {
        const stream = chance.pick(keyed);
        const key = `key ${chance.int(1, 6)}`;
        if (kind < 0.95) {
          const value = chance.bytes(chance.int(0, 300));
          journal.keyed(stream).put(key, value);
          values.set(`${stream}/${key}`, value.toString('latin1'));
        } else {
          journal.keyed(stream).delete(key);
          values.delete(`${stream}/${key}`);
        }
      }
    }
    if (chance.isTrue(0.005)) {
      journal.log('c').clear();
      for (const key of [...messages.keys()]) if (key.startsWith('c/')) messages.delete(key);
    }
    if (chance.isTrue(0.005)) {
      journal.remove('x');
      for (const key of [...values.keys()]) if (key.startsWith('x/')) values.delete(key);
    }
  });
}

function append(journal: Journal, messages: Map<string, string>, name: string, chance: Chance): void {
  const stream = journal.log(name);
  const count = chance.isTrue(0.2) ? chance.int(2, 6) : 1;
  const body = chance.isTrue(0.1) ? Buffer.alloc(chance.int(0, 900)) : chance.bytes(chance.int(0, 400));
  const bytes = stream.begin(count, body.length);
  body.copy(bytes, stream.at);
  const first = stream.end(body.length, count > 1 ? RecordType.run : RecordType.entry);
  for (let at = 0; at < count; at++) messages.set(`${name}/${first + at}`, `${at}:${body.toString('latin1')}`);
}

function settle(journal: Journal, messages: Map<string, string>, name: string, chance: Chance): void {
  const held = [...messages.keys()].filter((key) => key.startsWith(`${name}/`));
  const key = chance.isTrue(0.8) ? held[0] : held[chance.int(0, Math.max(0, held.length - 1))];
  if (key === undefined) return;
  const sequence = Number(key.slice(name.length + 1));
  if (chance.isTrue(0.3)) {
    const count = chance.int(1, 5);
    journal.log(name).settleRun(sequence, count);
    for (let at = sequence; at < sequence + count; at++) messages.delete(`${name}/${at}`);
    return;
  }
  if (!journal.log(name).settle(sequence)) throw new Error(`${key} was not held`);
  messages.delete(key);
}

/** Waits for a promise while time passes. */
async function settled<Result>(clock: VirtualClock, promise: Promise<Result>): Promise<Result> {
  let isDone = false;
  const done = promise.finally(() => {
    isDone = true;
  });
  for (let round = 0; round < 1000 && !isDone; round++) await clock.advance(20);
  return done;
}

const lives = Number(process.env.VIADUCT_LIVES ?? 6);

/** Lives all lives of a kind. Returns what went wrong in the first bad one. */
async function liveAll(more: Omit<Life, 'seed' | 'steps'>): Promise<string | undefined> {
  for (let seed = 1; seed <= lives; seed++) {
    const fault = await live({ seed, steps: 300, ...more });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

t.test('what was promised is there after any crash, and a turn is there whole or not at all', async (t) => {
  t.equal(await liveAll({}), undefined);
});

t.test('the same with segments that have their room from the beginning', async (t) => {
  t.equal(await liveAll({ settings: { isPreallocated: true } }), undefined);
});

t.test('the same with everything encrypted', async (t) => {
  t.equal(await liveAll({ settings: { key: Buffer.alloc(32, 7) } }), undefined);
});

t.test('the same where syncs and writes fail', async (t) => {
  t.equal(await liveAll({ faults: { sync: 0.1, write: 0.1 } }), undefined);
});

t.test('the same where the disk is full now and then', async (t) => {
  t.equal(await liveAll({ isFullForAWhile: true }), undefined);
});
