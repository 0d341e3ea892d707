// Tap run: runs test files as programs of their own and reads from their output which names passed. A file's TAP is
// nested by indentation; a name counts where its line says `ok`, without SKIP, and nowhere in the run `not ok`.
import { spawn } from 'node:child_process';
import { addProofs, idsOfName, type Side } from './spec-ledger.ts';

/** Files at work at the same time. */
const concurrency = 2;

/** What came of a run. */
export interface TestRun {
  /** The sides that are proved, by id. */
  readonly proofs: ReadonlyMap<string, ReadonlySet<Side>>;
  /** Tests that failed, with their file. */
  readonly failures: readonly string[];
}

/** One line of TAP that says how a test or an assertion went. */
export interface TapResult {
  readonly isOk: boolean;
  readonly name: string;
}

/** The results of a file's TAP, at any depth, those skipped left out. */
export function tapResults(text: string): readonly TapResult[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(not )?ok \d+(?: - (.*))?$/.exec(line.replace(/\r$/, ''));
    if (match === null || / # SKIP\b/i.test(line)) return [];
    return [{ isOk: match[1] === undefined, name: (match[2] ?? '').replace(/ # time=.*$/, '') }];
  });
}

/** Runs test files (`test/.../x.test.ts`, built before) and collects what they prove. */
export async function runTests(
  paths: readonly string[],
  progress: (done: number, path: string) => void,
): Promise<TestRun> {
  const proofs = new Map<string, Set<Side>>();
  const broken = new Set<string>();
  const failures: string[] = [];
  const waiting = [...paths];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const { output, status } = await runFile(path);
      const results = tapResults(output);
      const namesOf = (isWanted: boolean): string[] =>
        results.filter(({ isOk }) => isOk === isWanted).map(({ name }) => name);
      addProofs(proofs, namesOf(true).flatMap(idsOfName), path);
      const failed = namesOf(false).map((name) => `${path}: ${name}`);
      for (const id of failed.flatMap(idsOfName)) broken.add(id);
      failures.push(...(status !== 0 && failed.length === 0 ? [`${path}: ended with ${status}`] : failed));
      progress(++done, path);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  for (const id of broken) proofs.delete(id);
  return { proofs, failures };
}

function runFile(path: string): Promise<{ readonly output: string; readonly status: number }> {
  return new Promise((resolve, reject) => {
    const built = `build/${path.replace(/\.ts$/, '.js')}`;
    const env = { ...process.env, TAP_TIMEOUT: '120' }; // seconds, as in .taprc
    const child = spawn(process.execPath, [built], { stdio: ['ignore', 'pipe', 'ignore'], env });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ output, status: code ?? 1 }));
  });
}
