// A stored queue: what it reads back, what it gives up, and what becomes of it when the disk fails.
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { Message } from '../../../src/message/message.ts';
import type { Hold } from '../../../src/queue/hold.ts';
import { QueueBudget } from '../../../src/queue/queue-budget.ts';
import { deadlineOf, readMessage, storedBytesOf, writeMessage } from '../../../src/queue/stored-message.ts';
import { messageOf, origin, QueueBench } from '../../kit/queue-bench.ts';

t.test('what a queue holds is read in order, whatever part of it is in memory', async (t) => {
  const bench = new QueueBench();
  const journal = await bench.open();
  const queue = bench.queueOf(journal);
  const texts = Array.from({ length: 300 }, (_, index) => `${index}`.padStart(10_000));
  for (const text of texts) queue.append(messageOf(text), 7);
  t.equal(queue.unreadCount, 300);
  await bench.clock.advance(1000);
  t.same(await bench.readAll(queue), texts, 'three megabytes, of which one is in memory');
  t.ok(bench.readable > 0);
  t.equal(queue.unreadCount, 0);
  for (let sequence = 1; sequence <= 150; sequence++) t.equal(queue.acknowledge(sequence)?.tag, 7);
  t.equal(queue.acknowledge(150), undefined, 'once');
  queue.rewind();
  t.equal(queue.depth, 150);
  t.same(await bench.readAll(queue), texts.slice(150));
  const closing = journal.close();
  await bench.clock.advance(1000);
  await closing;
  const again = bench.queueOf(await bench.open());
  t.equal(again.depth, 150);
  t.same(await bench.readAll(again), texts.slice(150), 'and in another process');
});

t.test(
  'an entry of several messages that cannot be read any more costs all of them, each counted, and nothing else',
  async (t) => {
    const bench = new QueueBench();
    const journal = await bench.open();
    const queue = bench.queueOf(journal);
    const text = 'the three of them';
    const stream = journal.log('q');
    const bytes = stream.begin(3, text.length, 7);
    bytes.write(text, stream.at, 'latin1');
    stream.end(text.length);
    queue.append(messageOf('behind'), 8);
    t.equal(queue.depth, 4);
    await bench.clock.advance(3000);
    const path = 'data/0000000001.seg';
    const file = await bench.disk.open(path, 'read');
    bench.disk.flipBit(path, (await file.read(0, file.size)).indexOf(text));
    t.same(await bench.readAll(queue), ['behind']);
    t.same(bench.dropped, ['1 of 7: damaged', '2 of 7: damaged', '3 of 7: damaged']);
    t.equal(queue.depth, 1, 'nothing is held that nobody can have');
  },
);

t.test('what stands in the journal is let go from memory when that is short, and nothing of it is lost', async (t) => {
  const bench = new QueueBench();
  bench.budget = new QueueBudget(100_000);
  const journal = await bench.open();
  const queue = bench.queueOf(journal);
  const texts = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(10_000));
  for (const text of texts) {
    queue.append(messageOf(text), 7);
    if (bench.budget.byteLength > 100_000) t.fail(`${bench.budget.byteLength} bytes in memory`);
  }
  t.ok(bench.budget.byteLength > 10_000, 'but what comes next is at hand');
  t.ok(bench.budget.hasRoomFor(80_000), 'which makes room for others as well');
  await bench.clock.advance(1000);
  const got: string[] = [];
  for (let sequence = 1; sequence <= 100; sequence++) {
    if (queue.peek() === undefined) await bench.clock.advance(20);
    const entry = queue.peek();
    got.push(entry?.message.payload.toString() ?? '');
    queue.next();
    queue.acknowledge(sequence);
  }
  t.same(got, texts);
  t.same(bench.dropped, []);
  t.equal(bench.budget.byteLength, 0);
  queue.append(messageOf('left'), 7);
  queue.clear();
  t.equal(bench.budget.byteLength, 0, 'nothing of a queue that is gone counts');
});

t.test(
  'what is read out of its turn is not read again, until the queue is, in the order in which all came',
  async (t) => {
    const bench = new QueueBench();
    bench.budget = new QueueBudget(10_000_000);
    const journal = await bench.open();
    const queue = bench.queueOf(journal);
    const texts = Array.from({ length: 300 }, (_, index) => `${index}`.padStart(10_000));
    const ahead = [20, 21, 250, 299];
    for (const [index, text] of texts.entries()) {
      queue.append(messageOf(text), 7);
      if (!ahead.includes(index)) continue;
      t.equal(queue.readLast(messageOf(text), 7)?.message.payload.toString(), text);
      t.equal(queue.readLast(messageOf(text), 7), undefined, 'once');
    }
    t.equal(queue.unreadCount, 296);
    queue.acknowledge(251);
    await bench.clock.advance(1000);
    t.equal(queue.peek()?.sequence, 1);
    queue.rewind();
    const left = texts.filter((_, index) => index !== 250);
    t.same(await bench.readAll(queue), left);
    queue.rewind();
    t.same(await bench.readAll(queue), left, 'and again');
    for (let sequence = 1; sequence <= 300; sequence++) queue.acknowledge(sequence);
    t.equal(queue.depth, 0);
    t.equal(bench.budget.byteLength, 0);
  },
);

t.test('what was read out of its turn is passed over', async (t) => {
  const bench = new QueueBench();
  const queue = bench.queueOf(await bench.open());
  const texts = Array.from({ length: 300 }, (_, index) => `${index}`.padStart(10_000));
  for (const [index, text] of texts.entries()) {
    queue.append(messageOf(text), 7);
    if (index % 50 === 49) queue.readLast(messageOf(text), 7);
  }
  await bench.clock.advance(1000);
  t.same(
    await bench.readAll(queue),
    texts.filter((_, index) => index % 50 !== 49),
  );
});

t.test('a message of QoS 2 is not sent before its place is safe', async (t) => {
  const bench = new QueueBench();
  const queue = bench.queueOf(await bench.open());
  queue.append(messageOf('one', 2), 1);
  t.equal(queue.peek(), undefined);
  await bench.clock.advance(100);
  t.equal(bench.readable, 1);
  t.equal(queue.peek()?.message.payload.toString(), 'one');
});

t.test('whoever holds is told when the message is synced, and not when the disk fails', async (t) => {
  const bench = new QueueBench();
  const journal = await bench.open();
  const queue = bench.queueOf(journal);
  const told: string[] = [];
  const hold: Hold = {
    durability: 'memory',
    hold: () => void told.push('hold'),
    stored: () => void told.push('stored'),
    refuse: () => undefined,
  };
  queue.append(messageOf('one'), 1, hold);
  t.same(told, ['hold']);
  await bench.clock.advance(50);
  t.same(told, ['hold', 'stored']);
  bench.disk.faults.failedSync = 1;
  queue.append(messageOf('two'), 1, hold);
  await bench.clock.advance(500);
  t.same(told, ['hold', 'stored', 'hold']);
  t.equal(queue.append(messageOf('three'), 9, hold), 0, 'nothing new is taken then');
  t.same(bench.dropped, ['0 of 9: disk-full']);
  bench.disk.faults.failedSync = 0;
  await bench.clock.advance(10_000);
  t.same(told, ['hold', 'stored', 'hold', 'stored']);
  t.ok(queue.append(messageOf('four'), 1, hold) > 0);
});

t.test('a full queue drops the oldest unread or the one that comes, with the tag of its owner', async (t) => {
  const bench = new QueueBench();
  const journal = await bench.open();
  const queue = bench.queueOf(journal, { countMax: 3 });
  for (let tag = 1; tag <= 3; tag++) queue.append(messageOf(`${tag}`), tag);
  queue.next();
  queue.append(messageOf('4'), 4);
  t.same(bench.dropped, ['2 of 2: queue-full'], "what is underway is the receiver's");
  const newest = bench.queueOf(journal, { countMax: 3, overflow: 'newest' });
  t.equal(newest.append(messageOf('5'), 5), 0);
  t.same(bench.dropped.at(-1), '0 of 5: queue-full');
});

t.test('a message is read back as it was, with the time that is left for it', (t) => {
  const clock = { now: () => 5000, wallMs: () => 1_700_000_000_000 };
  const properties = bytesOfText('props');
  const parts = { topic: 'ä/b', payload: bytesOfText('x'), qos: 2, retain: true, properties, origin } as const;
  const message = new Message({ ...parts, expiresAt: 65_000 });
  const bytes = Buffer.alloc(storedBytesOf(message, [1, 2]));
  const end = writeMessage(bytes, 0, { message, tags: [1, 2] }, clock);
  const later = { now: () => 100, wallMs: () => 1_700_000_020_000 };
  const back = readMessage(bytes.subarray(0, end), origin, later);
  t.same(back?.tags, [1, 2]);
  t.match(back?.message, { topic: 'ä/b', qos: 2, retain: true, expiresAt: 100 + 60_000 - 20_000 });
  t.equal(back?.message.payload.toString(), 'x');
  t.equal(back?.message.properties.toString(), 'props');
  t.end();
});

t.test('a clock that jumped back, or wakes in 1970, expires nothing', (t) => {
  const at = (wallMs: number): { now: () => number; wallMs: () => number } => ({ now: () => 50, wallMs: () => wallMs });
  const stored = 1_700_000_000_000;
  t.equal(deadlineOf(stored, 1000, at(stored + 400)), 650);
  t.equal(deadlineOf(stored, 1000, at(stored - 86_400_000)), 1050, 'back by a day');
  t.equal(deadlineOf(stored, 1000, at(12_345)), 1050, 'in 1970');
  t.equal(deadlineOf(12_345, 1000, at(stored)), 1050, 'stored in 1970');
  t.ok(deadlineOf(stored, 1000, at(stored + 5000)) < 50, 'over');
  t.end();
});

for (const overflow of ['oldest', 'newest'] as const) {
  t.test(`a journal without room: the ${overflow} gives way where that is wanted, and it heals`, async (t) => {
    const bench = new QueueBench();
    const journal = await bench.open({ bytesMax: 100_000, roomCheckMs: 500 });
    const queue = bench.queueOf(journal, { overflow });
    const fill = async (from: number, to: number): Promise<void> => {
      for (let index = from; index < to; index++) queue.append(messageOf(`${index}`.padStart(1000)), index);
      await bench.clock.advance(1500);
    };
    await fill(0, 120);
    t.equal(journal.isFull, true);
    t.equal(queue.append(messageOf('refused'), 999), 0);
    t.same(bench.dropped.splice(0), ['0 of 999: disk-full'], 'that is what happens where nothing else is said');
    bench.whenFull = 'drop';
    const dropping = bench.queueOf(journal, { overflow });
    for (let index = 120; index < 130; index++) dropping.append(messageOf(`${index}`.padStart(1000)), index);
    t.equal(bench.dropped.length, 10);
    t.match(bench.dropped[0], overflow === 'oldest' ? '1 of 0: disk-full' : '0 of 120: disk-full');
    t.equal(dropping.depth, 120, 'no more than before');
    await bench.clock.advance(5000);
    t.ok(journal.status.bytes < 180_000, 'and hardly larger on the disk');
    for (let round = 0; round < 60; round++) {
      const entry = dropping.peek();
      if (entry === undefined) await bench.clock.advance(50);
      else if (dropping.next()) dropping.acknowledge(entry.sequence);
    }
    await bench.clock.advance(20_000);
    t.equal(journal.isFull, false, 'with room it takes messages again');
    t.ok(dropping.append(messageOf('again'), 1) > 0);
  });
}

t.test('a disk that does not read is asked again in a while, not without a pause, until it does', async (t) => {
  const bench = new QueueBench();
  const first = await bench.open();
  bench.queueOf(first).append(messageOf('kept'), 1);
  await bench.clock.advance(3000);
  bench.disk.crash('kill');
  const journal = await bench.open();
  const queue = bench.queueOf(journal);
  bench.disk.faults.failedRead = 1;
  let tries = 0;
  // whoever hears that there is something to read reads
  const ask = (): void => {
    tries = bench.readable;
    queue.peek();
  };
  ask();
  for (let round = 0; round < 100; round++) {
    await bench.clock.advance(20);
    if (bench.readable > tries) ask();
  }
  t.ok(tries > 0 && tries < 50, 'it was asked now and then');
  t.match(bench.unreadable, [/^data\/\S+ cannot be read at byte \d+: /], 'told once, with file and offset');
  t.ok(journal.status.unreadable > 1, 'and counted each time');
  bench.disk.faults.failedRead = 0;
  t.same(await bench.readAll(queue), ['kept']);
});
