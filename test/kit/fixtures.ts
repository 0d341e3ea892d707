// Fixtures: data of the repository that tests read. Paths are relative to `fixtures/`; tests run in the root of the
// repository.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The path of a fixture. */
export function fixturePath(path: string): string {
  return join('fixtures', path);
}

/** The text of a fixture. */
export function fixtureText(path: string): string {
  return readFileSync(fixturePath(path), 'utf8');
}

/** A fixture in JSON, as the type that its test knows it to have. */
export function fixtureJson<Data>(path: string): Data {
  return JSON.parse(fixtureText(path));
}
