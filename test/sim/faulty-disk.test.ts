// The faulty disk keeps what it has promised, and no more.
import t from 'tap';
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import type { DiskFile } from '../../src/ports/ports.ts';
import { Chance } from '../kit/chance.ts';
import { FaultyDisk } from './faulty-disk.ts';

const text = async (disk: FaultyDisk, path: string): Promise<string> => {
  const file = await disk.open(path);
  return (await file.read(0, 1_000_000)).toString();
};

const write = (file: DiskFile, content: string): Promise<void> => file.append([bytesOfText(content)]);

/** A disk with a file whose beginning is safe and whose end is not. */
async function written(seed: number): Promise<FaultyDisk> {
  const disk = new FaultyDisk(new Chance(seed));
  const file = await disk.open('data/one');
  await write(file, 'safe.');
  await file.sync();
  await disk.syncDirectory('data');
  for (const part of ['aaaa', 'bbbb', 'cccc']) await write(file, part);
  return disk;
}

t.test('what was synced survives a power cut, and what was not is whole, torn, or gone', async (t) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const disk = await written(seed);
    t.equal(await text(disk, 'data/one'), 'safe.aaaabbbbcccc');
    disk.crash('power');
    const left = await text(disk, 'data/one');
    t.match(left, /^safe\.(?:a{0,4}|[a\0]{4}(?:b{0,4}|[b\0]{4}c{0,4}))$/u);
    seen.add(left);
  }
  for (const some of ['safe.', 'safe.aa', 'safe.aaaabbbbcccc', 'safe.\0\0\0\0bbbb']) t.ok(seen.has(some), some);
});

t.test('a killed process loses nothing that was written', async (t) => {
  const disk = await written(1);
  disk.crash('kill');
  t.equal(await text(disk, 'data/one'), 'safe.aaaabbbbcccc');
});

t.test('a name is safe when its directory was synced, and an old one comes back otherwise', async (t) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const disk = await written(seed);
    const fresh = await disk.open('data/two');
    await write(fresh, 'new');
    await fresh.sync();
    await disk.rename('data/two', 'data/one');
    disk.crash('power');
    const names = (await disk.list('data')).map(({ name }) => name).join();
    seen.add(`${names} ${(await text(disk, 'data/one')).slice(0, 3)}`);
  }
  t.same([...seen].sort(), ['one new', 'one saf', 'one,two new', 'one,two saf']);
});

t.test('handles from before a crash never answer', async (t) => {
  const disk = await written(1);
  const file = await disk.open('data/one');
  disk.crash('kill');
  let isAnswered = false;
  void write(file, 'late').then(() => {
    isAnswered = true;
  });
  t.equal(await text(disk, 'data/one'), 'safe.aaaabbbbcccc');
  t.notOk(isAnswered);
});

t.test('a full disk keeps what fits and says so; a failed sync may lose writes for good', async (t) => {
  const disk = await written(1);
  const file = await disk.open('data/one');
  disk.faults.capacityBytes = 19;
  await t.rejects(write(file, 'dddd'), { code: 'ERR_STORAGE_FULL' });
  t.equal(await text(disk, 'data/one'), 'safe.aaaabbbbccccdd');

  const seen = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const other = await written(seed);
    const one = await other.open('data/one');
    other.faults.failedSync = 1;
    await t.rejects(one.sync(), { code: 'ERR_STORAGE_EIO' });
    other.faults.failedSync = 0;
    await one.sync();
    other.crash('power');
    seen.add(await text(other, 'data/one'));
  }
  t.ok(seen.has('safe.aaaabbbbcccc'));
  t.ok(seen.has('safe.\0\0\0\0bbbbcccc'));
});

t.test('a crash may come right before any operation', async (t) => {
  const disk = await written(1);
  const file = await disk.open('data/one');
  disk.onOperation = (operation) => {
    if (operation === 'sync') disk.crash('power');
  };
  let isSynced = false;
  void file.sync().then(() => {
    isSynced = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.match(await text(disk, 'data/one'), /^safe\./);
  t.notOk(isSynced);
});

t.test('a flipped bit is read, and stays', async (t) => {
  const disk = await written(1);
  disk.flipBit('data/one', 0);
  t.not((await text(disk, 'data/one'))[0], 's');
  disk.crash('power');
  t.not((await text(disk, 'data/one'))[0], 's');
});
