// The journal one promise at a time: what is found again, what damage costs, what is refused, and what it takes.
import t from 'tap';
import { EntryIndex } from '../../../src/journal/entry-index.ts';
import { Journal, type JournalSettings } from '../../../src/journal/journal.ts';
import type { Damage, JournalListener } from '../../../src/journal/journal-status.ts';
import { RecordType } from '../../../src/journal/record.ts';
import { seedOf } from '../../../src/journal/segment-header.ts';
import { surveyJournal } from '../../../src/journal/survey.ts';
import { Chance } from '../../kit/chance.ts';
import { stateOf } from '../../kit/journal-model.ts';
import { SeededRandom } from '../../kit/seeded-random.ts';
import { VirtualClock } from '../../kit/virtual-clock.ts';
import { FaultyDisk } from '../../sim/faulty-disk.ts';

/** A disk with a journal on it. */
class Bench {
  readonly clock = new VirtualClock();
  readonly disk = new FaultyDisk(new Chance(1));
  readonly damage: Damage[] = [];
  readonly tails: Damage[] = [];
  readonly states: string[] = [];

  async open(settings: Partial<JournalSettings> = {}): Promise<Journal> {
    const listener: JournalListener = {
      damaged: (place) => void this.damage.push(place),
      tailCut: (place) => void this.tails.push(place),
      stateChanged: ({ state }) => void this.states.push(state),
    };
    const ports = { clock: this.clock, disk: this.disk, random: new SeededRandom(5) };
    return await Journal.open(ports, { directory: 'data', reserveBytes: 0, ...settings }, listener);
  }

  /** Appends a text to a stream. Returns its sequence. */
  append(journal: Journal, name: string, text: string, count = 1): number {
    const stream = journal.log(name);
    const bytes = stream.begin(count, text.length);
    bytes.write(text, stream.at, 'latin1');
    return stream.end(text.length);
  }

  /** Waits for something while time passes. */
  async settled<Result>(promise: Promise<Result>): Promise<Result> {
    let isDone = false;
    const done = promise.finally(() => {
      isDone = true;
    });
    for (let round = 0; round < 200 && !isDone; round++) await this.clock.advance(50);
    return done;
  }

  async textsOf(journal: Journal, name: string): Promise<readonly string[]> {
    const { messages } = await this.settled(stateOf(journal, [name], []));
    return [...messages.values()].map((text) => text.slice(text.indexOf(':') + 1));
  }
}

t.test('messages and values are found again in a new process, and what was settled is not', async (t) => {
  const bench = new Bench();
  const journal = await bench.open();
  bench.append(journal, 'plant7', 'one');
  const two = bench.append(journal, 'plant7', 'two');
  bench.append(journal, 'plant7', 'three');
  t.ok(journal.log('plant7').settle(two));
  t.notOk(journal.log('plant7').settle(two), 'once is enough');
  journal.keyed('retained').put('a/b', Buffer.from('x'));
  journal.keyed('retained').put('a/b', Buffer.from('y'));
  journal.keyed('retained').put('gone', Buffer.from('z'));
  journal.keyed('retained').delete('gone');
  await bench.settled(journal.close());
  const again = await bench.open();
  t.same(again.names, ['plant7', 'retained']);
  t.same(await bench.textsOf(again, 'plant7'), ['one', 'three']);
  const { values } = await bench.settled(stateOf(again, [], ['retained']));
  t.same([...values], [['retained/a/b', 'y']]);
  t.equal(bench.append(again, 'plant7', 'four'), 4, 'sequences go on');
  await bench.settled(again.close());
});

t.test('a flipped bit costs the record in which it is, and is told with file and offset', async (t) => {
  const bench = new Bench();
  const journal = await bench.open();
  for (const text of ['first', 'second', 'third']) {
    bench.append(journal, 'a', text);
    await bench.settled(journal.flush());
  }
  await bench.settled(journal.close());
  const path = 'data/0000000001.seg';
  const file = await bench.disk.open(path, 'read');
  const offset = (await file.read(0, file.size)).indexOf('second');
  bench.disk.flipBit(path, offset);
  const survey = await surveyJournal(bench.disk, { directory: 'data' });
  t.equal(survey.damage.length, 1, 'without opening it, too');
  const again = await bench.open();
  t.same(await bench.textsOf(again, 'a'), ['first', 'third']);
  t.equal(bench.damage.length, 1);
  const [damage] = bench.damage;
  t.equal(damage?.path, path);
  t.ok(damage !== undefined && damage.offset <= offset && offset < damage.offset + damage.length);
  t.equal(again.status.quarantined, 1);
  await again.destroy();
  const aside = (await bench.disk.readText('data/quarantine.jsonl')).trimEnd().split('\n');
  t.equal(aside.length, 1);
  const line: unknown = JSON.parse(aside[0] ?? '');
  t.match(line, { file: path, offset: damage?.offset, length: damage?.length, bytes: String });
  const bytes = typeof line === 'object' && line !== null && 'bytes' in line ? String(line.bytes) : '';
  t.match(Buffer.from(bytes, 'base64').toString('latin1'), /econd|s.cond|se.ond|sec.nd|seco.d|secon/);
  bench.disk.crash('kill');
  await (await bench.open()).destroy();
  t.equal((await surveyJournal(bench.disk, { directory: 'data' })).aside, 1, 'and once is enough');
});

t.test('what is put aside is bounded', async (t) => {
  const bench = new Bench();
  const journal = await bench.open();
  for (let index = 0; index < 20; index++) {
    bench.append(journal, 'a', `${index}`.padStart(1000, 'x'));
    await bench.settled(journal.flush());
  }
  await bench.settled(journal.close());
  const path = 'data/0000000001.seg';
  for (let index = 0; index < 15; index++) bench.disk.flipBit(path, 500 + index * 1070);
  const again = await bench.open({ quarantineBytesMax: 3000 });
  await again.destroy();
  const text = await bench.disk.readText('data/quarantine.jsonl');
  t.ok(text.length <= 3000);
  t.match(text, /"bytes":/);
  t.notMatch(text.trimEnd().split('\n').at(-1), /"bytes":/, 'the last ones are told without their bytes');
});

t.test('a flipped bit in the last group costs no more than one before it', async (t) => {
  for (const word of ['first', 'second', 'third']) {
    const bench = new Bench();
    const journal = await bench.open();
    for (const text of ['first', 'second', 'third']) bench.append(journal, 'a', text);
    await bench.settled(journal.close());
    const path = 'data/0000000001.seg';
    const file = await bench.disk.open(path, 'read');
    bench.disk.flipBit(path, (await file.read(0, file.size)).indexOf(word));
    const again = await bench.open();
    t.same(
      await bench.textsOf(again, 'a'),
      ['first', 'second', 'third'].filter((text) => text !== word),
    );
    await again.destroy();
  }
});

t.test('a write that a crash cut off is left out whole', async (t) => {
  const bench = new Bench();
  const journal = await bench.open();
  bench.append(journal, 'a', 'promised');
  await bench.settled(journal.flush());
  bench.append(journal, 'a', 'one of two');
  bench.append(journal, 'a', 'two of two');
  await bench.settled(journal.close());
  const file = await bench.disk.open('data/0000000001.seg');
  await file.truncate(file.size - 40);
  const again = await bench.open();
  t.same(await bench.textsOf(again, 'a'), ['promised']);
  t.equal(bench.tails.length, 1);
  t.equal(bench.damage.length, 0, 'nobody was promised that');
  bench.append(again, 'a', 'new');
  await bench.settled(again.close());
  const third = await bench.open();
  t.same(await bench.textsOf(third, 'a'), ['promised', 'new']);
  await third.destroy();
});

t.test('a damaged header of a segment is concluded from the segment before it', async (t) => {
  const bench = new Bench();
  const journal = await bench.open({ segmentBytes: 300 });
  for (let number = 1; number <= 12; number++) {
    bench.append(journal, 'a', `${number}`.padStart(60));
    await bench.settled(journal.flush());
  }
  await bench.settled(journal.close());
  bench.disk.flipBit('data/0000000002.seg', 20);
  const again = await bench.open();
  t.equal((await bench.textsOf(again, 'a')).length, 12);
  t.equal(bench.damage.length, 1);
  await again.destroy();
});

t.test('a stream that was removed stays away, also where its name was freed before its messages', async (t) => {
  const bench = new Bench();
  const journal = await bench.open({ segmentBytes: 1000 });
  journal.log('gone');
  await bench.settled(journal.flush());
  for (let index = 0; index < 4; index++) {
    bench.append(journal, 'gone', 'x'.repeat(400));
    bench.append(journal, 'kept', 'y'.repeat(400));
    await bench.settled(journal.flush());
  }
  journal.remove('gone');
  journal.log('kept').settle(1);
  await bench.settled(journal.flush());
  const { liveBytes } = journal.status;
  await bench.settled(journal.close());
  const again = await bench.open();
  t.same(again.names, ['kept'], 'and not as one whose name is lost');
  t.equal(again.status.liveBytes, liveBytes);
  await again.destroy();
});

t.test('one process at a time', async (t) => {
  const bench = new Bench();
  const journal = await bench.open();
  await t.rejects(bench.open(), { code: 'ERR_STORAGE_LOCKED' });
  await bench.settled(journal.close());
  const again = await bench.open();
  await again.destroy();
});

t.test('another version of the format, another kind of record and another key are refused', async (t) => {
  const bench = new Bench();
  const journal = await bench.open({ key: Buffer.alloc(32, 1) });
  bench.append(journal, 'a', 'secret');
  await bench.settled(journal.close());
  const path = 'data/0000000001.seg';
  const file = await bench.disk.open(path);
  const bytes = await file.read(0, file.size);
  t.equal(bytes.indexOf('secret'), -1, 'nothing can be read on the disk');
  await t.rejects(bench.open(), { code: 'ERR_STORAGE_KEY', message: /there is no key/ });
  await t.rejects(bench.open({ key: Buffer.alloc(32, 2) }), { code: 'ERR_STORAGE_KEY', message: /another key/ });
  await t.rejects(bench.open({ key: Buffer.alloc(31) }), { code: 'ERR_USAGE_JOURNAL_KEY' });
  const right = await bench.open({ key: Buffer.alloc(32, 1) });
  t.same(await bench.textsOf(right, 'a'), ['secret']);
  await right.destroy();
});

t.test('a record of a newer version is refused by its place', async (t) => {
  const bench = new Bench();
  const journal = await bench.open();
  bench.append(journal, 'a', 'x');
  await bench.settled(journal.close());
  const path = 'data/0000000001.seg';
  const file = await bench.disk.open(path);
  const bytes = await file.read(0, file.size);
  // the first record names the stream: it becomes one of a kind that is not known
  t.equal(bytes[72 + 12], RecordType.put);
  bytes[72 + 12] = 99;
  const { crc32 } = await import('node:zlib');
  const length = 16 + bytes.readUInt32BE(72 + 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(72 + 4, 72 + length), seedOf(bytes.subarray(24, 40))), 72);
  await file.write(0, [bytes]);
  await t.rejects(bench.open(), { code: 'ERR_STORAGE_FORMAT', message: /0000000001\.seg at 72: a record of type 99/ });
});

t.test('a run is settled by ranges, moves on and needs its key like all other entries', async (t) => {
  const bench = new Bench();
  const settings = { key: Buffer.alloc(32, 1), segmentBytes: 4096, cleanBytes: 1024 };
  const journal = await bench.open(settings);
  const stream = journal.log('slow');
  const held = (one: typeof stream): readonly number[] => [1, 2, 3, 4, 5, 6, 7].filter((at) => one.has(at));
  for (const count of [5, 2]) {
    stream.begin(count, 4).write(`run${count}`, stream.at, 'latin1');
    stream.end(4, RecordType.run);
  }
  stream.settle(4);
  stream.settleRun(1, 2);
  t.same(held(stream), [3, 5, 6, 7]);
  for (let number = 0; number < 500; number++) {
    const sequence = bench.append(journal, 'fast', 'x'.repeat(100));
    journal.log('fast').settleRun(sequence, 1);
    if (number % 10 === 0) await bench.settled(journal.flush());
  }
  t.ok(journal.status.bytesMoved > 0);
  t.equal(stream.count, 4);
  await bench.settled(journal.close());
  const again = await bench.open(settings);
  const restored = again.log('slow');
  t.same(held(restored), [3, 5, 6, 7]);
  t.same(await bench.textsOf(again, 'slow'), ['run5', 'run5', 'run2', 'run2']);
  restored.settleRun(3, 4);
  t.same(held(restored), [7]);
  restored.settleRun(1, 100);
  t.match(restored, { count: 0, byteLength: 0 });
  await again.destroy();
});

t.test('what nobody needs is freed, and long-lived messages move on', async (t) => {
  const bench = new Bench();
  const journal = await bench.open({ segmentBytes: 4096, cleanBytes: 1024 });
  const old = bench.append(journal, 'slow', 'long-lived');
  for (let number = 0; number < 1000; number++) {
    const sequence = bench.append(journal, 'fast', 'x'.repeat(100));
    journal.log('fast').settle(sequence);
    if (number % 10 === 0) await bench.settled(journal.flush());
  }
  const { status } = journal;
  t.ok(status.bytes < 30_000, `${status.bytes} bytes are kept of ${status.bytesWritten}`);
  t.ok(status.bytesMoved > 0);
  t.ok(journal.log('slow').has(old));
  t.same(await bench.textsOf(journal, 'slow'), ['long-lived']);
  await bench.settled(journal.compact());
  t.ok(journal.status.bytes < 2000, `${journal.status.bytes} bytes after compacting`);
  await bench.settled(journal.close());
  const again = await bench.open();
  t.same(await bench.textsOf(again, 'slow'), ['long-lived']);
  await again.destroy();
});

t.test('a full disk stops new messages, and heals by itself', async (t) => {
  const bench = new Bench();
  const journal = await bench.open({ roomCheckMs: 1000 });
  let stored = 0;
  bench.disk.faults.capacityBytes = bench.disk.bytesUsed + 200;
  bench.append(journal, 'a', 'x'.repeat(1000));
  journal.wait({ stored: () => stored++ }, true);
  await bench.clock.advance(3000);
  t.equal(stored, 0, 'nobody is told that it is safe');
  t.equal(journal.status.state.state, 'failing');
  t.notOk(journal.isAccepting);
  bench.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
  await bench.clock.advance(10_000);
  t.equal(stored, 1);
  t.ok(journal.isAccepting);
  t.ok(journal.status.abandoned > 0 || bench.states.includes('failing'));
  await bench.settled(journal.close());
});

t.test('the reserve is left to others', async (t) => {
  const bench = new Bench();
  bench.disk.faults.capacityBytes = 10_000;
  const journal = await bench.open({ reserveBytes: 5000, roomCheckMs: 1000 });
  t.ok(journal.isAccepting);
  bench.append(journal, 'a', 'x'.repeat(6000));
  await bench.settled(journal.flush());
  await bench.clock.advance(2000);
  bench.append(journal, 'b', 'y');
  await bench.settled(journal.flush());
  t.equal(journal.status.state.state, 'full');
  bench.disk.faults.capacityBytes = 100_000;
  await bench.clock.advance(5000);
  t.ok(journal.isAccepting);
  await bench.settled(journal.close());
});

t.test('a sync that fails is not tried again on the same file', async (t) => {
  const bench = new Bench();
  const journal = await bench.open();
  bench.append(journal, 'a', 'before');
  await bench.settled(journal.flush());
  bench.disk.faults.failedSync = 1;
  bench.append(journal, 'a', 'behind');
  let stored = 0;
  journal.wait({ stored: () => stored++ }, true);
  await bench.clock.advance(300);
  t.equal(stored, 0);
  bench.disk.faults.failedSync = 0;
  await bench.clock.advance(10_000);
  t.equal(stored, 1);
  t.equal(journal.status.abandoned, 1);
  bench.disk.crash('power');
  const again = await bench.open();
  t.same(await bench.textsOf(again, 'a'), ['before', 'behind']);
  await again.destroy();
});

t.test('an entry is found by any of its messages, and a block is given up when nothing in it is held', (t) => {
  const index = new EntryIndex();
  for (let sequence = 1; sequence <= 5000; sequence++) {
    index.push({ sequence, count: 1, position: sequence * 100, size: 100, tag: 7 });
  }
  for (let sequence = 1; sequence <= 5000; sequence += 2) {
    t.ok(index.find(sequence));
    index.remove();
  }
  t.equal(index.size, 2500);
  t.notOk(index.find(1));
  t.ok(index.findFrom(1));
  t.equal(index.found.sequence, 2);
  for (let sequence = 2; sequence <= 4998; sequence += 2) if (index.find(sequence)) index.remove();
  t.ok(index.findFrom(1));
  t.equal(index.found.sequence, 5000);
  t.end();
});
