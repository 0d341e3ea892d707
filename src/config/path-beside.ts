// PathBeside: files that a configuration names, as seen from the file that names them. It
// stands alone because much that runs needs it, and nothing of what reads a configuration.
// No state.
import { dirname, isAbsolute, join } from 'node:path';

/** A path as seen from the file that names it. */
export function pathBeside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}
