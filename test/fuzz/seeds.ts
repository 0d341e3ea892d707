// Seeds: what cases are made from, read from the fixtures. The corpus holds every case that once went wrong; it is
// played in `npm test` and mixed into new cases.
import { readdirSync, writeFileSync } from 'node:fs';
import { fixtureJson, fixturePath, fixtureText } from '../kit/fixtures.ts';
import type { FrameFixture, Seeds } from './arbitrary-case.ts';
import type { FuzzCase } from './fuzz-case.ts';

/** A case of the corpus. */
export interface StoredCase {
  /** What went wrong, as a sentence that is true now. */
  readonly name: string;
  readonly case: FuzzCase;
}

/** All cases that once went wrong, by file. */
export function readCorpus(): ReadonlyMap<string, StoredCase> {
  const files = readdirSync(fixturePath('corpus')).filter((name) => name.endsWith('.json'));
  return new Map(files.sort().map((name) => [name, fixtureJson<StoredCase>(`corpus/${name}`)]));
}

/** Stores a find. Returns its file. */
export function storeCase(seed: number, stored: StoredCase): string {
  const path = fixturePath(`corpus/${stored.case.target}-${seed}.json`);
  writeFileSync(path, `${JSON.stringify(stored, undefined, 2)}\n`);
  return path;
}

/** What cases are made from. */
export function readSeeds(): Seeds {
  const frames = ['wellformed', 'malformed'].flatMap((name) => fixtureJson<FrameFixture[]>(`frames/${name}.json`));
  const folder = fixturePath('config/valid');
  const names = readdirSync(folder).filter((name) => name.endsWith('.conf'));
  return {
    frames,
    corpus: [...readCorpus().values()].map((stored) => stored.case),
    configs: names.map((name) => fixtureText(`config/valid/${name}`)),
  };
}
