// SettleImport: makes an imported tree one that our schema takes. What it refuses is taken out and told with the line
// that it came from, until nothing is refused any more; so an importer may try whatever might be understood, and gains
// with every key that the schema learns. Bounded: each round takes something out.
import { checkSchema } from '../config/schema.ts';
import type { ImportReport } from './import-report.ts';
import type { ImportedTree } from './imported-tree.ts';

/** Takes out what the schema refuses, and reports on every source. */
export function settleImport(tree: ImportedTree, report: ImportReport): void {
  for (;;) {
    const result = checkSchema(filledIn(tree.plain));
    const [issue] = Array.isArray(result) ? result : [];
    if (issue === undefined) break;
    const path = reached(tree, issue.path);
    const sources = tree.remove(path);
    const where = issue.path.join('.');
    for (const { line, text } of sources) {
      const why = issue.message.replace(/^unknown key;.*/, 'a key that we do not have');
      report.say({ line, text, outcome: 'dropped', why: text === where ? why : `${where}: ${why}` });
    }
    if (sources.length === 0) break;
  }
  for (const { line, text } of tree.sources) report.say({ line, text, outcome: 'kept' });
}

/** The values as they will be on a machine: what is filled in there is some word. */
function filledIn(plain: unknown): unknown {
  if (typeof plain === 'string') return plain.replace(/\$\{(?:env:\w+|hostname|bridge|VIN)\}/g, 'x');
  if (Array.isArray(plain)) return plain.map(filledIn);
  if (typeof plain !== 'object' || plain === null) return plain;
  return Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, filledIn(value)]));
}

/** The innermost thing on a path that exists; a key that is missing takes what it is missing in with it. */
function reached(tree: ImportedTree, path: readonly string[]): readonly string[] {
  let depth = path.length;
  while (depth > 1 && tree.get(path.slice(0, depth)) === undefined) depth--;
  return path.slice(0, depth);
}
