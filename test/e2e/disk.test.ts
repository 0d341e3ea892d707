// The disk port on a real file system: whole texts replaced, appended files read back, faults that name the path.
import { mkdtempSync, rmSync } from 'node:fs';
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
