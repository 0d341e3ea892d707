// ImportNanomq: a configuration of NanoMQ or EMQX Edge in our words. The present form is HOCON under the names that we
// use ourselves: what our schema takes is kept as it is. The old form, `bridge.mqtt.NAME.KEY=VALUE` line by line, is
// told by its first key and translated.
import { evaluateHocon } from '../config/hocon-evaluate.ts';
import type { HoconNode } from '../config/hocon-node.ts';
import { parseHocon } from '../config/hocon-parser.ts';
import { type Environment, textOfScalar } from '../config/hocon-references.ts';
import { notesOf } from '../config/notes.ts';
import { importNanomqFlat } from './import-nanomq-flat.ts';
import type { ImportReport } from './import-report.ts';
import type { ImportedTree, Source } from './imported-tree.ts';

const oldForm = /^\s*bridge\.mqtt\.[\w-]+(?:\.[\w-]+)*\s*=/m;

/** Reads a configuration of either form. Throws ConfigError for one that is no HOCON. */
export function importNanomq(
  text: string,
  tree: ImportedTree,
  report: ImportReport,
  from: { readonly file: string; readonly environment: Environment },
): void {
  if (oldForm.test(text)) {
    importNanomqFlat(text, tree, report);
    return;
  }
  const at = { file: from.file, line: 1, column: 1 };
  const noIncludes = (): readonly never[] => [];
  const root = evaluateHocon(parseHocon(from.file, text), at, noIncludes, from.environment);
  const lines = text.split(/\r?\n/);
  copy(root, [], tree);
  for (const note of notesOf(root)) {
    const key = note.path.split('.').at(-1) ?? note.path;
    const isMentioned = lines[note.line - 1]?.includes(key) ?? false;
    if (isMentioned) report.say({ line: note.line, text: note.path, outcome: 'changed', why: note.text });
  }
  sayWhatDiffers(root, [], report);
}

const verified =
  'unless verify_peer = false is said, certificate and name of the remote are verified here; there they never were';

/** What stands there under the same name, and does something else there. */
const differences: readonly (readonly [path: RegExp, value: RegExp, why: string])[] = [
  [/\.forwards\.local_topic$/, /^\$SYS\//, 'is forwarded here, as it is written; there nothing of $SYS ever was'],
  [/\.(forwards|subscription)\.(retain|retain_as_published)$/, /^true$/, 'holds here; there only 1 counted'],
  [/^bridges\.mqtt\.[^.]+\.keepalive$/, /^\d+$/, 'a bare number meant nothing there: 60s were kept'],
];

function sayWhatDiffers(node: HoconNode, path: readonly string[], report: ImportReport): void {
  if (node.kind === 'array') for (const item of node.items) sayWhatDiffers(item, path, report);
  if (node.kind === 'object') {
    for (const [key, { at, value }] of node.entries) {
      const inner = [...path, key];
      const isOfBridge = /^bridges\.mqtt\.[^.]+\.ssl$/.test(inner.join('.'));
      if (isOfBridge) report.say({ line: at.line, text: inner.join('.'), outcome: 'changed', why: verified });
      sayWhatDiffers(value, inner, report);
    }
  }
  if (node.kind !== 'scalar') return;
  const shown = path.join('.');
  const found = differences.find(([of, value]) => of.test(shown) && value.test(textOfScalar(node)));
  if (found !== undefined) report.say({ line: node.at.line, text: shown, outcome: 'changed', why: found[2] });
}

/** A tree of HOCON as an imported one. */
function copy(node: HoconNode, path: readonly string[], tree: ImportedTree): void {
  if (node.kind === 'scalar') {
    tree.set(path, textOfScalar(node), sourceOf(node, path));
    return;
  }
  if (node.kind === 'object') {
    for (const [key, { value }] of node.entries) copy(value, [...path, key], tree);
    return;
  }
  if (node.items.every((item) => item.kind === 'scalar')) {
    const texts = node.items.map((item) => (item.kind === 'scalar' ? textOfScalar(item) : ''));
    tree.set(path, texts, sourceOf(node, path));
    return;
  }
  for (const item of node.items) copyItem(item, path, tree);
}

function copyItem(item: HoconNode, path: readonly string[], tree: ImportedTree): void {
  if (item.kind !== 'object') return;
  let isFirst = true;
  for (const [key, { value }] of item.entries) {
    copy(value, [...path, isFirst ? '+' : '-', key], tree);
    isFirst = false;
  }
}

function sourceOf(node: HoconNode, path: readonly string[]): Source {
  const shown = path
    .map((key, index) => (key === '+' || key === '-' ? '' : `${index === 0 ? '' : '.'}${key}`))
    .join('');
  return { line: node.at.line, text: shown };
}
