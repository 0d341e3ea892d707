// A journal on a real file system that fills up, on one that is or turns read-only, and where files may not grow: what
// was promised stays, and everything goes on when there is room again. Mounting needs the right to do so, or a
// namespace that grants it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { nodePorts } from '../../src/app/node-ports.ts';
import { Journal } from '../../src/journal/journal.ts';
import { surveyJournal } from '../../src/journal/survey.ts';
import {
  coverReadOnly,
  makeImage,
  mayMountImages,
  mountImage,
  mountMemory,
  mountWay,
  namespaceCommand,
  repairImage,
} from '../kit/mounts.ts';
import { until } from '../kit/real-world.ts';

t.setTimeout(60_000);

// from a namespace of its own this file is run again, where it may mount
const way = process.env.VIADUCT_MOUNTS === undefined ? mountWay() : 'here';
if (way === 'none' && process.env.VIADUCT_E2E === 'required') throw new Error('no file system may be mounted here');
const options = way === 'here' ? {} : { skip: 'this user may not mount file systems' };
if (way === 'namespace') {
  const [command, ...flags] = namespaceCommand;
  const args = [...flags, process.execPath, '--enable-source-maps', fileURLToPath(import.meta.url)];
  void t.spawn(command, args, { env: { ...process.env, VIADUCT_MOUNTS: 'namespace' } }, 'in a namespace of its own');
} else defineTests();

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

function defineTests(): void {
  t.test(
    'a file system that fills up stops what is new, keeps the rest, and is used again later',
    options,
    async (t) => {
      const folder = mountMemory(t, '1m');
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
    },
  );

  t.test(
    'a journal on a read-only file system can be looked at, and says why it cannot be opened',
    options,
    async (t) => {
      const folder = mountMemory(t, '4m');
      const directory = join(folder, 'data');
      const journal = await Journal.open(nodePorts(), { directory, reserveBytes: 0 });
      append(journal, 'before');
      await journal.close();
      execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
      await t.rejects(Journal.open(nodePorts(), { directory }), { code: 'ERR_STORAGE_EROFS', message: /read-only/ });
      const { streams } = await surveyJournal(nodePorts().disk, { directory });
      t.match(streams, [{ name: 'q', count: 1 }]);
      execFileSync('mount', ['-o', 'remount,bind,rw', folder]);
      t.equal(await countOf(directory), 1);
    },
  );

  t.test(
    'a file system that turns read-only under a journal stops what is new, costs nothing, and is used again later',
    options,
    async (t) => {
      const directory = join(mountMemory(t, '16m'), 'data');
      const journal = await Journal.open(nodePorts(), { directory, reserveBytes: 0, segmentBytes: 50_000 });
      let promised = 0;
      append(journal, 'before');
      journal.wait({ stored: () => void promised++ }, true);
      await until('the first one', () => promised === 1);
      const uncover = coverReadOnly(t, directory);
      let appended = 1;
      // what is open can be written to; the next segment cannot be made
      for (let round = 0; round < 500 && journal.isAccepting; round++) {
        append(journal, 'x'.repeat(1000));
        appended++;
        journal.wait({ stored: () => void promised++ }, true);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      t.match(journal.status.state, { state: 'failing', detail: /read-only/ });
      t.ok(promised < appended, `${promised} of ${appended} are promised`);
      uncover();
      await until('it stores again', () => journal.isAccepting && promised === appended);
      await journal.close();
      t.equal(await countOf(directory), appended, 'nothing was lost meanwhile');
    },
  );

  defineDiskTests();
}

/** What only a disk can show: that even an open file is not written to any more. */
function defineDiskTests(): void {
  if (way !== 'here') return;
  if (!mayMountImages()) {
    t.comment('no loop device may be had here: of file systems that turn read-only, the one in memory is tested alone');
    return;
  }
  const name = 'a disk that fails, so that its file system turns read-only, stops the journal and costs nothing';
  t.test(name, async (t) => {
    const image = makeImage(t, '16M');
    const folder = mountImage(t, image);
    const directory = join(folder, 'data');
    const journal = await Journal.open(nodePorts(), { directory, reserveBytes: 0 });
    let promised = 0;
    for (let count = 1; count <= 100; count++) {
      append(journal, 'before');
      journal.wait({ stored: () => void promised++ }, true);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until('all of them', () => promised === 100);
    execFileSync('mount', ['-o', 'remount,abort', folder]); // as the system does when the disk fails
    let storedAfter = 0;
    append(journal, 'after');
    journal.wait({ stored: () => void storedAfter++ }, true);
    await until('it notices', () => !journal.isAccepting);
    t.match(journal.status.state, { state: 'failing', detail: /read-only/ });
    t.equal(storedAfter, 0, 'nobody is told that it is safe');
    await journal.destroy();
    repairImage(folder, image);
    t.equal(await countOf(join(mountImage(t, image), 'data')), 100, 'what was promised is there');
  });
}

const once = process.env.VIADUCT_MOUNTS === undefined ? {} : { skip: 'played outside of the namespace' };

t.test('where files may not grow any more, the journal goes on in new ones', once, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-limit-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const directory = join(folder, 'data');
  const module = (path: string): string => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
  const script = `
    const [{ nodePorts }, { Journal }] = await Promise.all([
      import(${module('src/app/node-ports.js')}), import(${module('src/journal/journal.js')})]);
    const journal = await Journal.open(nodePorts(), { directory: ${JSON.stringify(directory)}, reserveBytes: 0 });
    let stored = 0;
    for (let count = 0; count < 200; count++) {
      const stream = journal.log('q');
      stream.begin(1, 1000).fill(120, stream.at, stream.at + 1000);
      stream.end(1000);
      await new Promise((done) => journal.wait({ stored: done }, true));
      stored++;
    }
    console.log(stored);
    await journal.close();`;
  // without what a test runner puts into every process: it takes the signal of the limit for an end
  const limited = `unset NODE_OPTIONS; ulimit -f 50; exec ${process.execPath} --input-type=module -e "$1"`;
  const stored = execFileSync('bash', ['-c', limited, 'bash', script], { encoding: 'utf8', timeout: 50_000 });
  t.equal(Number(stored), 200, '200 KB in files of 50 KB');
  t.equal(await countOf(directory), 200);
});
