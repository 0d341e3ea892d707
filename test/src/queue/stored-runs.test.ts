// A stored queue is the queue in memory, but for what it outlives: a naive twin says so, for messages and for runs that
// pass by; and a run on the disk is its messages.
import t from 'tap';
import { RecordType } from '../../../src/journal/record.ts';
import { Queue, type QueueLimits } from '../../../src/queue/queue.ts';
import { QueueBudget } from '../../../src/queue/queue-budget.ts';
import type { StoredQueue } from '../../../src/queue/stored-queue.ts';
import { Chance } from '../../kit/chance.ts';
import { noHold as hold, messageOf, QueueBench, runOf } from '../../kit/queue-bench.ts';

t.test('a run takes one record, and is read back message by message without those that are settled', async (t) => {
  const bench = new QueueBench();
  const journal = await bench.open();
  const queue = bench.queueOf(journal);
  const texts = ['zero', 'one', '', 'three', 'four', 'five'];
  const forms = runOf(texts);
  t.ok(queue.passage.mayPass(1, forms.run));
  await bench.clock.advance(3000);
  const { records } = journal.status;
  t.equal(queue.passage.pass(forms, 1, 7, hold), 1);
  t.match(queue, { depth: 6, unreadCount: 0, lastSequence: 6, oldestSequence: 1 });
  await bench.clock.advance(3000);
  t.equal(journal.status.records - records, 1);
  t.equal(queue.peek(), undefined, 'it has passed by');
  const seen = await queue.browse(3, 2);
  t.same(
    seen.map(({ sequence, message, tag, isUnderway }) => [sequence, message.payload.toString(), tag, isUnderway]),
    [
      [3, '', 7, true],
      [4, 'three', 7, true],
    ],
  );
  queue.passage.passed(1, 1, 7);
  queue.passage.passed(4, 2, 7);
  t.equal(queue.depth, 3);
  t.equal(queue.withdraw(2), undefined, 'it is underway');
  queue.append(messageOf('behind'), 8);
  const closing = journal.close();
  await bench.clock.advance(1000);
  await closing;
  const again = bench.queueOf(await bench.open());
  const counts: string[] = [];
  again.forEachTag((tag, count) => void counts.push(`${count} of ${tag}`));
  t.same(counts, ['3 of 7', '1 of 8']);
  t.equal(again.reach(3), 6);
  t.same(await bench.readAll(again), ['one', '', 'five', 'behind']);
  t.match(again.acknowledge(2), { tag: 7, message: { topic: 'a/b', qos: 1, retain: false } });
});

t.test('damage costs the run in which it is, is told with its place, and costs nothing else', async (t) => {
  const bench = new QueueBench();
  const journal = await bench.open();
  const queue = bench.queueOf(journal);
  for (const texts of [['one', 'two'], ['damaged', 'with it'], ['three']]) {
    queue.passage.pass(runOf(texts), 1, 7, hold);
  }
  queue.passage.passed(3, 1, 7);
  const closing = journal.close();
  await bench.clock.advance(1000);
  await closing;
  const path = 'data/0000000001.seg';
  const file = await bench.disk.open(path, 'read');
  bench.disk.flipBit(path, (await file.read(0, file.size)).indexOf('damaged'));
  const again = bench.queueOf(await bench.open());
  t.match(bench.damage, [{ path }]);
  t.same(await bench.readAll(again), ['one', 'two', 'three']);
});

t.test('what says that it is a run and is none is counted as damaged, every message of it', async (t) => {
  for (const body of ['', '1100', '110004', '110004c000', '11000432', '110004320900016100016f6e65', '1101']) {
    const bench = new QueueBench();
    const journal = await bench.open();
    const queue = bench.queueOf(journal);
    const stream = journal.log('q');
    const length = body.length / 2;
    stream.begin(2, length, 7).write(body, stream.at, 'hex');
    stream.end(length, RecordType.run);
    queue.append(messageOf('behind'), 8);
    await bench.clock.advance(3000);
    t.same(await bench.readAll(queue), ['behind'], body);
    t.same(bench.dropped, ['1 of 7: damaged', '2 of 7: damaged']);
  }
});

/** Plays one life on both queues. Returns what differs. */
async function live(seed: number): Promise<string | undefined> {
  const chance = new Chance(seed);
  const bench = new QueueBench();
  const limits: QueueLimits = { countMax: 20, bytesMax: 1_000_000, overflow: chance.pick(['oldest', 'newest']) };
  // some have hardly any memory
  if (seed % 2 === 0) bench.budget = new QueueBudget(chance.int(1, 1000));
  const stored = bench.queueOf(await bench.open(), limits);
  const naive = new Queue<number>(limits, () => undefined);
  const underway: number[] = [];
  const passed: Twins['passed'] = [];
  for (let step = 0; step < 300; step++) {
    await bench.clock.advance(5);
    const differs = play(chance, { stored, naive, underway, passed, step });
    if (differs !== undefined) return `seed ${seed}, step ${step}: ${differs}`;
    if (naive.depth !== stored.depth || naive.unreadCount !== stored.unreadCount) return `seed ${seed}: other counts`;
  }
  return undefined;
}

interface Twins {
  readonly stored: StoredQueue<number>;
  readonly naive: Queue<number>;
  readonly underway: number[];
  /** Messages of runs that are not settled. */
  readonly passed: { readonly sequence: number; readonly tag: number }[];
  readonly step: number;
}

/** A run passes both queues, if it may. */
function pass(chance: Chance, { stored, naive, passed, step }: Twins): string | undefined {
  const forms = runOf(Array.from({ length: chance.int(1, 6) }, () => 'x'.repeat(chance.int(0, 200))));
  if (!naive.mayPass() || naive.depth + forms.count > 20) return undefined;
  if (!stored.passage.mayPass(1, forms.run)) return 'a run does not pass';
  const first = naive.pass(forms);
  if (stored.passage.pass(forms, 1, step, hold) !== first) return 'another place';
  for (let index = 0; index < forms.count; index++) passed.push({ sequence: first + index, tag: step });
  return undefined;
}

/** Messages of runs are settled, next ones together, or stand in the queues from now on. */
function settle(chance: Chance, { stored, naive, passed, underway }: Twins): undefined {
  const at = chance.unit() < 0.5 ? 0 : chance.int(0, Math.max(0, passed.length - 1));
  const [first] = passed.slice(at);
  if (first === undefined) return;
  const { sequence, tag } = first;
  if (chance.unit() < 0.3) {
    passed.splice(at, 1);
    naive.restore(sequence, messageOf('again'), tag);
    stored.passage.restore(sequence, messageOf('again'), tag);
    underway.push(sequence);
    return;
  }
  let count = 1;
  for (; count < 4; count++) {
    const next = passed[at + count];
    if (next?.sequence !== sequence + count || next.tag !== tag) break;
  }
  passed.splice(at, count);
  naive.passed(sequence, count);
  stored.passage.passed(sequence, count, tag);
}

function play(chance: Chance, twins: Twins): string | undefined {
  const { stored, naive, underway, passed, step } = twins;
  const kind = chance.unit();
  if (kind < 0.06) return pass(chance, twins);
  if (kind < 0.14) return settle(chance, twins);
  if (kind < 0.45) {
    const message = messageOf('x'.repeat(chance.int(0, 200)));
    const sequence = naive.append(message, step);
    if (sequence !== stored.append(message, step)) return 'another sequence';
    if (kind > 0.2 || sequence === 0) return undefined;
    const entry = naive.readLast();
    if (entry) underway.push(entry.sequence);
    return stored.readLast(message, step)?.sequence === entry?.sequence ? undefined : 'another entry out of turn';
  }
  if (kind < 0.7) {
    const entry = naive.next();
    if (entry) underway.push(entry.sequence);
    return stored.next()?.sequence === entry?.sequence ? undefined : 'another entry';
  }
  if (kind < 0.95) {
    const [sequence = 0] = underway.splice(chance.int(0, Math.max(0, underway.length - 1)), 1);
    return naive.acknowledge(sequence)?.tag === stored.acknowledge(sequence)?.tag ? undefined : 'another tag';
  }
  // whoever reads again has taken runs apart before
  for (const { sequence, tag } of passed.splice(0)) {
    naive.restore(sequence, messageOf('again'), tag);
    stored.passage.restore(sequence, messageOf('again'), tag);
  }
  naive.rewind();
  stored.rewind();
  underway.length = 0;
  return undefined;
}

t.test('over random lives a stored queue does what the queue in memory does', async (t) => {
  for (let seed = 1; seed <= 10; seed++) t.equal(await live(seed), undefined);
});
