// Programs: the command `viaduct` in each form in which users have it: as the package, as the one-file bundle in a
// directory that cannot be written to, and that without a JIT.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One form of the command. */
export interface Program {
  readonly name: string;
  /** What Node is called with before the command's own arguments. */
  readonly args: readonly string[];
}

/** All forms, and how to remove what was made for them. Makes the bundle. */
export function allPrograms(): { readonly programs: readonly Program[]; readonly remove: () => void } {
  execFileSync(process.execPath, ['build/src/bundle/bundle.js'], { stdio: 'pipe' });
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-bundle-'));
  const file = join(folder, 'viaduct.cjs');
  copyFileSync('dist/viaduct.cjs', file);
  chmodSync(file, 0o444);
  chmodSync(folder, 0o555);
  // older ones warn about WebAssembly, newer ones do not know the flag
  const isOld = Number(process.versions.node.split('.')[0]) < 22;
  const programs = [
    { name: 'the package', args: ['build/src/app/main.js'] },
    { name: 'the bundle', args: [file] },
    { name: 'the bundle without JIT', args: [...(isOld ? ['--no-expose-wasm'] : []), '--jitless', file] },
  ];
  const remove = (): void => {
    chmodSync(folder, 0o755);
    rmSync(folder, { recursive: true, force: true });
  };
  return { programs, remove };
}
