// What a large journal costs: a few bytes of memory for each message, and a start that tells how far it is.
import process from 'node:process';
import t from 'tap';
import { EntryIndex } from '../../../src/journal/entry-index.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { Chance } from '../../kit/chance.ts';
import { SeededRandom } from '../../kit/seeded-random.ts';
import { VirtualClock } from '../../kit/virtual-clock.ts';
import { FaultyDisk } from '../../sim/faulty-disk.ts';

t.test('a message that waits takes at most 32 bytes of memory, however large it is', (t) => {
  const count = 500_000;
  const memory = (): number => process.memoryUsage().arrayBuffers;
  const before = memory();
  const index = new EntryIndex();
  for (let sequence = 1; sequence <= count; sequence++) {
    index.push({ sequence, count: 1, position: sequence * 1_000_000, size: 1_000_000, tag: sequence % 3 });
  }
  const each = (memory() - before) / count;
  t.equal(index.size, count);
  t.ok(each <= 32, `${each.toFixed(1)} bytes`);
  t.end();
});

t.test('a start tells how much of the journal it has read, up to all of it', async (t) => {
  const clock = new VirtualClock();
  const ports = { clock, disk: new FaultyDisk(new Chance(1)), random: new SeededRandom(5) };
  const options = { directory: 'data', reserveBytes: 0, segmentBytes: 100_000 };
  const first = await Journal.open(ports, options);
  const stream = first.log('q');
  for (let nth = 0; nth < 50; nth++) {
    stream.begin(1, 10_000).fill(7, stream.at, stream.at + 10_000);
    stream.end(10_000);
    await clock.advance(100);
  }
  const closing = first.close();
  await clock.advance(1000);
  await closing;
  const told: (readonly [number, number])[] = [];
  const again = await Journal.open(ports, options, { progressed: (bytes, total) => void told.push([bytes, total]) });
  t.equal(again.log('q').count, 50);
  t.ok(told.length >= 5, 'with each segment at least');
  const total = told[0]?.[1] ?? 0;
  t.ok(total > 500_000, `${total} bytes`);
  t.ok(told.every(([bytes, of], index) => of === total && bytes > (told[index - 1]?.[0] ?? 0) && bytes <= total));
  t.ok((told.at(-1)?.[0] ?? 0) > 0.99 * total, 'and ends with the end');
  await again.destroy();
});
