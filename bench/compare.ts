// `npm run bench:compare -- REF`: builds another revision beside this one and interleaves the two, scenario by
// scenario, so that a change can be told from the mood of the machine. Differences of more than 5 % are marked.
// The other revision is checked out under build/, with the packages that are installed here.
import { execFileSync } from 'node:child_process';
import { rmSync, symlinkSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { scenarios } from './lib/scenario.ts';
import { BenchSession } from './lib/session.ts';
import { medianOf, ratioOf, shown } from './lib/statistics.ts';
import { viaduct } from './peers.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scenario: { type: 'string', multiple: true }, runs: { type: 'string', default: '3' } },
});
const [revision] = positionals;
if (revision === undefined) {
  console.error('Usage: npm run bench:compare -- REF [--scenario NAME ...] [--runs 3]');
  process.exit(2);
}

const markFrom = 0.05;
const usual = [
  'q0',
  'q0_topics',
  'q0_1k',
  'q0_16k',
  'fanin50',
  'fanout100',
  'fanout100_q1',
  'q1',
  'q2',
  'v5to4',
  'ping50',
  'br_q1',
];
const folder = 'build/compare';
const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' });

remove();
git('worktree', 'add', '--detach', folder, revision);
try {
  symlinkSync('../../node_modules', `${folder}/node_modules`);
  execFileSync('node_modules/.bin/tsc', ['-p', `${folder}/tsconfig.json`], { stdio: 'inherit' });
  const [before, now] = [
    viaduct(revision, [`${folder}/build/src/app/main.js`]),
    viaduct('now', ['build/src/app/main.js']),
  ];
  const chosen = scenarios.filter(({ name }) => (values.scenario ?? usual).includes(name));
  const session = new BenchSession([before, now], { rounds: Number(values.runs), seconds: 1.2 });
  await session.play(chosen);
  console.log(`\n| scenario | ${revision} | now | now / ${revision} | |\n|---|---:|---:|---:|---|`);
  for (const { name } of chosen) {
    const [old, young] = [session.row(name, revision)?.cpuUs ?? [], session.row(name, 'now')?.cpuUs ?? []];
    const ratio = ratioOf(young, old);
    const mark = ratio > 1 + markFrom ? 'slower' : ratio < 1 - markFrom ? 'faster' : '';
    console.log(`| ${name} | ${shown(medianOf(old))} | ${shown(medianOf(young))} | ${ratio.toFixed(2)} | ${mark} |`);
  }
} finally {
  remove();
}

function remove(): void {
  rmSync(folder, { recursive: true, force: true });
  git('worktree', 'prune');
}
