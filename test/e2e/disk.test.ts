// The disk port on a real file system: whole texts replaced, appended files read back, faults that name the path.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { bytesOfText } from '../../protocol/wire/bytes.ts';
import { NodeDisk } from '../../src/ports/node-disk.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-disk-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const disk = new NodeDisk();

t.test('a text is replaced whole, and nothing else is left behind', async (t) => {
  const path = join(folder, 'text');
  await disk.replaceText(path, 'one');
  await disk.replaceText(path, 'two');
  t.equal(await disk.readText(path), 'two');
  t.same(await disk.list(folder), [{ name: 'text', isDirectory: false }]);
  await disk.remove(path);
  await disk.remove(path);
  t.same(await disk.list(folder), []);
  t.same(await disk.list(join(folder, 'nowhere')), []);
});

t.test('a file is appended to in one write, read at positions, cut, and found again as it was', async (t) => {
  await disk.makeDirectory(join(folder, 'a', 'b'));
  const path = join(folder, 'a', 'b', 'log');
  const file = await disk.open(path);
  await file.append([bytesOfText('hello '), bytesOfText('world')]);
  t.equal(file.size, 11);
  t.equal((await file.read(6, 100)).toString(), 'world');
  await file.truncate(5);
  await file.append([bytesOfText('!')]);
  await file.sync();
  await file.close();
  await disk.syncDirectory(join(folder, 'a', 'b'));
  const again = await disk.open(path);
  t.equal((await again.read(0, again.size)).toString(), 'hello!');
  await again.close();
  await disk.rename(path, join(folder, 'moved'));
  t.equal(await disk.readText(join(folder, 'moved')), 'hello!');
});

t.test('a fault names the path and the code of the system', async (t) => {
  const path = join(folder, 'missing');
  await t.rejects(disk.readText(path), { code: 'ERR_STORAGE_ENOENT', path, message: /missing/ });
  await t.rejects(disk.open(folder), { code: 'ERR_STORAGE_EISDIR', blame: 'disk' });
});

t.test('a file is written at positions too, and one that is opened for reading stays as it is', async (t) => {
  const path = join(folder, 'positions');
  const file = await disk.open(path);
  await file.append([bytesOfText('hello '), bytesOfText('world')]);
  await file.write(6, [bytesOfText('there'), bytesOfText('!')]);
  t.equal(file.size, 12);
  await file.close();
  const reader = await disk.open(path, 'read');
  t.equal((await reader.read(0, 100)).toString(), 'hello there!');
  await t.rejects(reader.append([bytesOfText('?')]), { code: 'ERR_STORAGE_EBADF' });
  await reader.close();
  await t.rejects(disk.open(join(folder, 'nowhere'), 'read'), { code: 'ERR_STORAGE_ENOENT' });
});

t.test('the room that is left on the file system is known', async (t) => {
  t.ok((await disk.freeBytes(folder)) > 0);
  await t.rejects(disk.freeBytes(join(folder, 'nowhere', 'at', 'all')), { code: 'ERR_STORAGE_ENOENT' });
});

t.test('a lock has one holder; one that a dead process left is taken over', async (t) => {
  const path = join(folder, 'lock');
  const lock = await disk.lock(path);
  await t.rejects(disk.lock(path), {
    code: 'ERR_STORAGE_LOCKED',
    message: new RegExp(`another process, ${process.pid}`),
  });
  await lock.release();
  for (const left of ['', '999999999 1 gone', `${process.pid} of another life`]) {
    writeFileSync(path, left);
    const taken = await disk.lock(path);
    await taken.release();
  }
  t.notOk(existsSync(path));
});
