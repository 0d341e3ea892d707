// ImportNanomqFlat: the old form of a configuration of NanoMQ, `bridge.mqtt.NAME.KEY=VALUE` line by line, in our words.
// Rules are numbered there; those of one number are one rule, in whatever order their keys stand.
// Bounded by the lines.
import type { ImportReport } from './import-report.ts';
import type { ImportedTree, Source } from './imported-tree.ts';

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
  keepalive: 'keepalive',
  backoff_max: 'backoff_max',
  'tls.enable': 'ssl.enable',
  'tls.keyfile': 'ssl.keyfile',
  'tls.certfile': 'ssl.certfile',
  'tls.cacertfile': 'ssl.cacertfile',
  'tls.key_password': 'ssl.key_password',
  'tls.verify_peer': 'ssl.verify_peer',
};

/** Times, which the old form writes as bare numbers of seconds. */
const inSeconds: readonly string[] = ['keepalive', 'backoff_max'];

const sides = { forwards: ['local_topic', 'remote_topic'], subscription: ['remote_topic', 'local_topic'] } as const;

/** Reads a configuration of the old form. */
export function importNanomqFlat(text: string, tree: ImportedTree, report: ImportReport): void {
  const reading = new FlatImport(tree);
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const [, path = '', value = ''] = /^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(raw) ?? [];
    if (path === '' || raw.trim().startsWith('#')) continue;
    const isSecret = /password$/.test(path);
    const source = { line: index + 1, text: isSecret ? `${path}=***` : `${path}=${value}` };
    if (!reading.take(path, value, source)) {
      report.say({ ...source, outcome: 'dropped', why: 'has no counterpart here' });
    }
  }
  reading.end();
}

/** Keys of a rule, with what they say. */
type RuleKeys = Map<string, { readonly value: string; readonly source: Source }>;

class FlatImport {
  readonly #tree: ImportedTree;
  /** Rules by bridge, list and number, in the order of their first keys. */
  readonly #rules = new Map<string, { readonly path: readonly string[]; readonly keys: RuleKeys }>();

  constructor(tree: ImportedTree) {
    this.#tree = tree;
  }

  /** Takes a line; false for one that means nothing here. */
  take(path: string, value: string, source: Source): boolean {
    const cache = /^bridge\.sqlite\.(\w+)$/.exec(path)?.[1];
    if (cache !== undefined) this.#tree.set(['bridges', 'mqtt', 'cache', cache], value, source);
    const [, name, key = ''] = /^bridge\.mqtt\.([\w-]+)\.(.+)$/.exec(path) ?? [];
    if (name === undefined) return cache !== undefined;
    const bridge = ['bridges', 'mqtt', name];
    if (key === 'forwards') {
      for (const [index, topic] of value.split(',').entries()) {
        this.#rule([...bridge, 'forwards'], `list ${index}`).set('local_topic', { value: topic.trim(), source });
      }
      return true;
    }
    const [, list, number = '', part = ''] = /^(forwards|subscription)\.(\d+)\.(\w+)$/.exec(key) ?? [];
    if (list !== undefined) {
      // `topic` is what the oldest files call it
      const ours = part === 'topic' ? (list === 'forwards' ? 'local_topic' : 'remote_topic') : part;
      this.#rule([...bridge, list], number).set(ours, { value, source });
      return true;
    }
    const ours = flatKeys[key];
    const isBare = inSeconds.includes(key) && /^\d+$/.test(value);
    if (ours !== undefined) this.#tree.set([...bridge, ...ours.split('.')], isBare ? `${value}s` : value, source);
    return ours !== undefined;
  }

  /** All lines are read: the rules are put into the tree. */
  end(): void {
    for (const { path, keys } of this.#rules.values()) {
      const [from, to] = path.at(-1) === 'forwards' ? sides.forwards : sides.subscription;
      const [some] = keys.values();
      if (some === undefined) continue;
      const first = keys.get(from);
      // without its filter a rule is refused by the schema, and told
      if (first !== undefined) this.#tree.set([...path, '+', from], first.value, first.source);
      else this.#tree.set([...path, '+', from], [], some.source);
      const target = keys.get(to) ?? { value: '', source: some.source };
      this.#tree.set([...path, '-', to], target.value, target.source);
      for (const [key, { value, source }] of keys) {
        if (key !== from && key !== to) this.#tree.set([...path, '-', key], value, source);
      }
    }
  }

  #rule(path: readonly string[], number: string): RuleKeys {
    const id = `${path.join('.')} ${number}`;
    const known = this.#rules.get(id) ?? { path, keys: new Map() };
    this.#rules.set(id, known);
    return known.keys;
  }
}
