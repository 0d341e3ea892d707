// ImportNanomq: a configuration of NanoMQ or EMQX Edge in our words. The present form is HOCON under the names that we
// use ourselves: what our schema takes is kept as it is. The old form, `bridge.mqtt.NAME.KEY=VALUE` line by line, is
// told by its first key and translated.
import { evaluateHocon } from '../config/hocon-evaluate.ts';
import type { HoconNode } from '../config/hocon-node.ts';
import { parseHocon } from '../config/hocon-parser.ts';
import { type Environment, textOfScalar } from '../config/hocon-references.ts';
import { notesOf } from '../config/notes.ts';
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
    importFlat(text, tree, report);
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

const flatKeys: Readonly<Record<string, string>> = {
  address: 'server',
  proto_ver: 'proto_ver',
  clientid: 'clientid',
  clean_start: 'clean_start',
  username: 'username',
  password: 'password',
  bridge_mode: 'enable',
  parallel: 'max_parallel_processes',
  max_send_queue_len: 'max_send_queue_len',
  max_recv_queue_len: 'max_recv_queue_len',
  'tls.enable': 'ssl.enable',
  'tls.keyfile': 'ssl.keyfile',
  'tls.certfile': 'ssl.certfile',
  'tls.cacertfile': 'ssl.cacertfile',
  'tls.key_password': 'ssl.key_password',
  'tls.verify_peer': 'ssl.verify_peer',
};

/** The old form. */
function importFlat(text: string, tree: ImportedTree, report: ImportReport): void {
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const [, path = '', value = ''] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(raw) ?? [];
    if (path === '' || raw.trim().startsWith('#')) continue;
    const isSecret = /password$/.test(path);
    const source = { line: index + 1, text: isSecret ? `${path}=***` : `${path}=${value}` };
    if (!importFlatKey(path, value, source, tree)) {
      report.say({ ...source, outcome: 'dropped', why: 'has no counterpart here' });
    }
  }
}

function importFlatKey(path: string, value: string, source: Source, tree: ImportedTree): boolean {
  const [, name, key = ''] = /^bridge\.mqtt\.([\w-]+)\.(.+)$/.exec(path) ?? [];
  if (name === undefined) return false;
  const bridge = ['bridges', 'mqtt', name];
  const [, number, part] = /^subscription\.(\d+)\.(topic|qos)$/.exec(key) ?? [];
  if (number !== undefined) {
    const isTopic = part === 'topic';
    tree.set([...bridge, 'subscription', isTopic ? '+' : '-', isTopic ? 'remote_topic' : 'qos'], value, source);
    if (isTopic) tree.set([...bridge, 'subscription', '-', 'local_topic'], '', source);
    return true;
  }
  if (key === 'forwards') {
    for (const topic of value.split(',')) {
      tree.set([...bridge, 'forwards', '+', 'local_topic'], topic.trim(), source);
      tree.set([...bridge, 'forwards', '-', 'remote_topic'], '', source);
    }
    return true;
  }
  if (key === 'keepalive') {
    tree.set([...bridge, 'keepalive'], /^\d+$/.test(value) ? `${value}s` : value, source);
    return true;
  }
  const ours = flatKeys[key];
  if (ours !== undefined) tree.set([...bridge, ...ours.split('.')], value, source);
  return ours !== undefined;
}
