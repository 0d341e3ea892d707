// Parts that end-to-end tests need from outside: programs of the system. Where one is absent the test says so and is
// counted as skipped; with VIADUCT_E2E=required (as in CI) it fails instead.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program, or undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }
  return undefined;
}

/**
 * The options of a test that needs programs: `{}` when they are there, `{ skip: reason }` when one is not.
 * Throws where parts are required.
 */
export function needs(...programs: readonly string[]): { readonly skip?: string } {
  const missing = programs.filter((name) => findProgram(name) === undefined);
  if (missing.length === 0) return {};
  const reason = `not installed: ${missing.join(', ')}`;
  if (process.env.VIADUCT_E2E === 'required') throw new Error(`a part is required here, but ${reason}`);
  return { skip: reason };
}
