// `npm run mutants -- [--only PATTERN] [--seeds N]`: plants each bug in a copy of the built program and lets the
// simulator look for it, seed after seed, at most N. The score is printed; exit code 1 when a bug is not seen, or
// cannot be planted because its text is not there.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { transformSync } from 'esbuild';
import { bridgeMutants } from './bridge-mutants.ts';
import { brokerMutants } from './broker-mutants.ts';
import { checkerMutants } from './checker-mutants.ts';
import { journalMutants } from './journal-mutants.ts';
import { laneMutants } from './lane-mutants.ts';
import type { Mutant } from './mutant.ts';
import { sessionMutants } from './session-mutants.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, seeds: { type: 'string', default: '60' } } });

/** The longest that a mutant may take: it may loop for ever. */
const timeoutMs = 120_000;

/** A copy of the built program in which files can be changed. */
class Scratch {
  readonly #folder = mkdtempSync(join(tmpdir(), 'viaduct-mutants-'));

  constructor() {
    for (const name of ['src', 'protocol', 'test']) {
      cpSync(join('build', name), join(this.#folder, 'build', name), { recursive: true });
    }
    cpSync('package.json', join(this.#folder, 'package.json'));
    for (const name of ['node_modules', 'fixtures']) symlinkSync(resolve(name), join(this.#folder, name));
  }

  /** Plants a bug. Returns how to take it out again, or what is wrong with it. */
  plant({ file, text, becomes }: Mutant): (() => void) | string {
    const source = readFileSync(file, 'utf8');
    const count = source.split(text).length - 1;
    if (count !== 1) return `its text stands ${count} times in ${file}`;
    const path = join(this.#folder, 'build', file.replace(/\.ts$/, '.js'));
    const before = readFileSync(path, 'utf8');
    const { code } = transformSync(
      source.replace(text, () => becomes),
      { loader: 'ts', format: 'esm', target: 'es2023' },
    );
    writeFileSync(path, code.replaceAll(/((?:from|import) "\.[^"]*)\.ts"/g, '$1.js"'));
    return () => writeFileSync(path, before);
  }

  /** Lets the simulator look. Returns what it said; empty if it saw nothing. */
  simulate(from: number, seeds: number, durability: string): string {
    const where = ['--from', String(from), '--seeds', String(seeds), '--durability', durability];
    return this.#run(['build/test/sim/run.js', '--fast', '--first', ...where]);
  }

  /** Lets a test look, likewise. */
  test(file: string): string {
    return this.#run([join('build', file.replace(/\.ts$/, '.js'))]);
  }

  #run(flags: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, flags, {
      cwd: this.#folder,
      encoding: 'utf8',
      timeout: timeoutMs,
      env: { PATH: process.env.PATH },
    });
    if (status === 0) return '';
    return status === null ? 'no rest: the simulator was stopped' : `${stdout}${stderr}`;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function look({ test, seed, durability }: Mutant, scratch: Scratch): string {
  if (test !== undefined) return scratch.test(test);
  const known = seed === undefined ? '' : scratch.simulate(seed, 1, durability ?? 'memory');
  return known || scratch.simulate(1, Number(values.seeds), durability ?? 'memory');
}

/** What became of a mutant, in one line; ends in a fault if it was not seen. */
function judge(mutant: Mutant, scratch: Scratch): { readonly isSeen: boolean; readonly line: string } {
  const takeOut = scratch.plant(mutant);
  if (typeof takeOut === 'string') return { isSeen: false, line: `ERROR  ${mutant.name}: ${takeOut}` };
  const said = look(mutant, scratch);
  takeOut();
  if (said === '') return { isSeen: false, line: `MISSED ${mutant.name} (${mutant.like})` };
  const seed = /seed (\d+)/.exec(said)?.[1] ?? '?';
  const fault = said.split('\n').find((line) => mutant.seen.test(line));
  if (fault === undefined) return { isSeen: false, line: `OTHER  ${mutant.name}: seed ${seed}: ${said.slice(0, 300)}` };
  return { isSeen: true, line: `seen   ${mutant.name}: seed ${seed}: ${fault.trim().slice(0, 110)}` };
}

function main(): number {
  const all = [
    ...sessionMutants,
    ...brokerMutants,
    ...bridgeMutants,
    ...laneMutants,
    ...journalMutants,
    ...checkerMutants,
  ];
  const only = new RegExp(values.only ?? '');
  const chosen = all.filter(({ name, file }) => only.test(`${name} ${file}`));
  const scratch = new Scratch();
  let seen = 0;
  try {
    for (const mutant of chosen) {
      const { isSeen, line } = judge(mutant, scratch);
      if (isSeen) seen++;
      console.log(line);
    }
  } finally {
    scratch.remove();
  }
  console.log(`mutants: ${seen} of ${chosen.length} seen`);
  return seen === chosen.length ? 0 : 1;
}

process.exit(main());
