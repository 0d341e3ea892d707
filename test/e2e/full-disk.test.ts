// A journal on a real file system that fills up, and on one that is read-only: what was promised stays, and everything
// goes on when there is room again. Mounting needs the right to do so.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { nodePorts } from '../../src/app/node-ports.ts';
import { Journal } from '../../src/journal/journal.ts';
import { surveyJournal } from '../../src/journal/survey.ts';
import { until } from '../kit/real-world.ts';

t.setTimeout(60_000);

/** Whether this user may mount file systems. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const options = mayMount() ? {} : { skip: 'this user may not mount file systems' };

/** A small file system of its own. */
function mountSmall(t: Test, size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-small-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  t.teardown(() => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function append(journal: Journal, text: string): number {
  const stream = journal.log('q');
  const bytes = stream.begin(1, text.length);
  bytes.write(text, stream.at, 'latin1');
  return stream.end(text.length);
}

async function countOf(directory: string): Promise<number> {
  const journal = await Journal.open(nodePorts(), { directory, reserveBytes: 0 });
  const { count } = journal.log('q');
  await journal.close();
  return count;
}

t.test('a file system that fills up stops what is new, keeps the rest, and is used again later', options, async (t) => {
  const folder = mountSmall(t, '1m');
  const directory = join(folder, 'data');
  mkdirSync(directory);
  writeFileSync(join(folder, 'others'), Buffer.alloc(400_000));
  const journal = await Journal.open(nodePorts(), { directory, reserveBytes: 0, segmentBytes: 100_000 });
  const promised: number[] = [];
  let appended = 0;
  for (let round = 0; round < 200 && journal.isAccepting; round++) {
    for (let nth = 0; nth < 10; nth++) append(journal, 'x'.repeat(1000));
    appended += 10;
    const here = appended;
    journal.wait({ stored: () => void promised.push(here) }, true);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.notOk(journal.isAccepting);
  t.match(journal.status.state, { state: 'failing', detail: /./ });
  const before = promised.at(-1) ?? 0;
  t.ok(before > 100 && before < appended, `${before} of ${appended} are promised`);
  rmSync(join(folder, 'others'));
  await until('it stores again', () => journal.isAccepting && promised.at(-1) === appended);
  await journal.close();
  t.equal(await countOf(directory), appended, 'nothing was lost meanwhile');
});

t.test(
  'a journal on a read-only file system can be looked at, and says why it cannot be opened',
  options,
  async (t) => {
    const folder = mountSmall(t, '4m');
    const directory = join(folder, 'data');
    const journal = await Journal.open(nodePorts(), { directory, reserveBytes: 0 });
    append(journal, 'before');
    await journal.close();
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    await t.rejects(Journal.open(nodePorts(), { directory }), { code: 'ERR_STORAGE_EROFS', message: /read-only/ });
    const { streams } = await surveyJournal(nodePorts().disk, { directory });
    t.match(streams, [{ name: 'q', count: 1 }]);
    execFileSync('mount', ['-o', 'remount,rw', folder]);
    t.equal(await countOf(directory), 1);
  },
);
