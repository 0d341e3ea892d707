// What a journal is told does something: when groups are written and synced, when room is given back, how segments are
// made and named, and what stands on the disk where it is encrypted.
import t from 'tap';
import { Journal, type JournalSettings } from '../../../src/journal/journal.ts';
import { Chance } from '../../kit/chance.ts';
import { SeededRandom } from '../../kit/seeded-random.ts';
import { VirtualClock } from '../../kit/virtual-clock.ts';
import { FaultyDisk } from '../../sim/faulty-disk.ts';

/** A disk with a journal on it. */
class Bench {
  readonly clock = new VirtualClock();
  readonly disk = new FaultyDisk(new Chance(1));

  async open(settings: Partial<JournalSettings> = {}): Promise<Journal> {
    const ports = { clock: this.clock, disk: this.disk, random: new SeededRandom(5) };
    return await Journal.open(ports, { directory: 'data', reserveBytes: 0, ...settings });
  }
}

function append(journal: Journal, text: string, name = 'plant7'): number {
  const stream = journal.log(name);
  const bytes = stream.begin(1, text.length);
  bytes.write(text, stream.at, 'latin1');
  return stream.end(text.length);
}

t.test('what was written is synced after the time for it, though nobody waits [sync_time]', async (t) => {
  const bench = new Bench();
  const journal = await bench.open({ syncMs: 700 });
  append(journal, 'first'); // its segment is safe with it
  await bench.clock.advance(2000);
  const { syncs, groups } = journal.status;
  const told: string[] = [];
  append(journal, 'one');
  journal.wait({ stored: () => void told.push('written') }, false);
  await bench.clock.advance(600);
  t.same(told, ['written']);
  t.equal(journal.status.groups, groups + 1);
  t.equal(journal.status.syncs, syncs, 'not yet');
  await bench.clock.advance(200);
  t.equal(journal.status.syncs, syncs + 1);
  await bench.clock.advance(10_000);
  t.equal(journal.status.syncs, syncs + 1, 'once');
  await journal.destroy();
});

for (const [name, settings, texts] of [
  ['so many records [batch_count]', { batchCount: 5 }, ['a', 'b', 'c']],
  ['so many bytes [batch_bytes]', { batchBytes: 1000 }, ['a'.repeat(400), 'b'.repeat(400), 'c'.repeat(400)]],
] as const) {
  t.test(`a group is written when it has ${name}`, async (t) => {
    const bench = new Bench();
    const journal = await bench.open({ batchCount: 1000, batchMs: 500, lazyMs: 60_000, ...settings });
    const [first, second, third] = texts;
    append(journal, first);
    append(journal, second);
    await bench.clock.advance(1000);
    t.equal(journal.status.groups, 0);
    append(journal, third);
    await bench.clock.advance(1);
    t.match(journal.status, { groups: 1, records: 5 }, 'two of them name the stream');
    await journal.destroy();
  });
}

t.test('a group is written when somebody has waited for so long [batch_time]', async (t) => {
  const bench = new Bench();
  const journal = await bench.open({ batchMs: 500, lazyMs: 60_000 });
  append(journal, 'one');
  journal.wait({ stored: () => undefined }, true);
  await bench.clock.advance(490);
  append(journal, 'two');
  t.equal(journal.status.groups, 0);
  await bench.clock.advance(20);
  t.match(journal.status, { groups: 1, records: 4 }, 'two of them name the stream');
  await journal.destroy();
});

t.test('the share that may be needed by nobody is kept, and no more [compact_share]', async (t) => {
  const bytesWith = async (garbageShareMax: number): Promise<{ bytes: number; moved: number }> => {
    const bench = new Bench();
    const journal = await bench.open({ segmentBytes: 65_536, cleanBytes: 8192, garbageShareMax });
    for (let index = 0; index < 4000; index++) {
      const sequence = append(journal, 'x'.repeat(200));
      if (index % 10 > 0) journal.log('plant7').settle(sequence); // one of ten is needed
      if (index % 20 === 0) await bench.clock.advance(150);
    }
    await bench.clock.advance(5000);
    const { bytes, bytesMoved: moved } = journal.status;
    await journal.destroy();
    return { bytes, moved };
  };
  const [low, high] = [await bytesWith(0.2), await bytesWith(0.95)];
  t.ok(low.moved > 0);
  t.ok(low.bytes < high.bytes / 2, `${low.bytes} bytes and ${high.bytes} bytes are kept`);
  t.ok(low.moved > high.moved, 'which costs writing');
});

t.test('a segment has its whole room from the beginning where that is wanted [preallocate]', async (t) => {
  for (const isPreallocated of [false, true]) {
    const bench = new Bench();
    const journal = await bench.open({ segmentBytes: 65_536, isPreallocated });
    append(journal, 'one');
    await bench.clock.advance(1000);
    const size = Math.max(...bench.disk.files.values());
    t.equal(size > 65_536, isPreallocated, `${size} bytes`);
    await journal.destroy();
  }
});

t.test('a message is not safe before the name of its segment is, and no name before what it stands for', async (t) => {
  const bench = new Bench();
  const journal = await bench.open();
  const done: string[] = [];
  bench.disk.onOperation = (operation, path) =>
    void done.push(path.endsWith('.seg') ? operation : `${operation} ${path}`);
  append(journal, 'one');
  journal.wait({ stored: () => void done.push('told') }, true);
  await bench.clock.advance(1000);
  const told = done.indexOf('told');
  const named = done.indexOf('sync-directory data');
  t.ok(done.indexOf('sync') < named && named < told, done.join(', '));
  await journal.destroy();
});

t.test('nothing of a message stands readable on an encrypted disk, and nothing is read with another key', async (t) => {
  for (const key of [undefined, Buffer.alloc(32, 7)]) {
    const bench = new Bench();
    const settings = key === undefined ? {} : { key };
    const journal = await bench.open(settings);
    append(journal, 'a secret of the plant');
    journal.keyed('retained').put('a/topic/of/it', Buffer.from('another secret'));
    await bench.clock.advance(1000);
    const texts = await Promise.all([...bench.disk.files.keys()].map((path) => bench.disk.readText(path)));
    const isReadable = ['a secret of', 'another secret', 'a/topic'].map((word) =>
      texts.some((text) => text.includes(word)),
    );
    t.strictSame(
      isReadable,
      Array.from({ length: 3 }, () => key === undefined),
    );
    await journal.destroy();
    if (key) await t.rejects(bench.open({ key: Buffer.alloc(32, 8) }), { code: 'ERR_STORAGE_KEY' });
  }
});
