// MosquittoBridge: the keys of one `connection` of mosquitto.conf that mean something only together, wherever they
// stand: a lazy start with its threshold and idle time is `connect_when`, `bridge_outgoing_retain` is said for each
// rule, and retained messages come in with their flag. Told when the connection is read to its end.
import type { ImportReport } from './import-report.ts';
import type { ImportedTree, Source } from './imported-tree.ts';

interface Said {
  readonly value: string;
  readonly source: Source;
}

/** What mosquitto has where a lazy bridge says nothing. */
const lazyDefaults = { threshold: '10', idle_timeout: '60' } as const;

/** One connection, while it is read. */
export class MosquittoBridge {
  readonly #path: readonly string[];
  readonly #tree: ImportedTree;
  readonly #report: ImportReport;
  readonly #said = new Map<string, Said>();

  constructor(path: readonly string[], tree: ImportedTree, report: ImportReport) {
    this.#path = path;
    this.#tree = tree;
    this.#report = report;
  }

  /** Keeps a key until the end; false for one that stands for itself. */
  take(key: string, value: string, source: Source): boolean {
    if (key === 'bridge_tls_use_os_certs' && value === 'false') {
      this.#report.say({ ...source, outcome: 'kept' });
      return true;
    }
    if (!/^(start_type|threshold|idle_timeout|bridge_outgoing_retain)$/.test(key)) return false;
    this.#said.set(key, { value, source });
    this.#report.say({ ...source, outcome: 'kept' });
    return true;
  }

  /** The connection is read: what was kept becomes keys of ours. */
  end(): void {
    this.#start();
    this.#retain();
  }

  #start(): void {
    const type = this.#said.get('start_type');
    const isLazy = type?.value === 'lazy';
    for (const key of ['threshold', 'idle_timeout'] as const) {
      const said = this.#said.get(key);
      if (isLazy) {
        const value = said?.value ?? lazyDefaults[key];
        const ours = key === 'threshold' ? ['messages', value] : ['idle', `${value}s`];
        this.#tree.set([...this.#path, 'connect_when', ours[0] ?? ''], ours[1] ?? '', said?.source ?? type.source);
      } else if (said !== undefined) {
        this.#report.say({ ...said.source, outcome: 'dropped', why: 'counts only beside start_type lazy' });
      }
    }
    if (type === undefined || isLazy) return;
    const isAutomatic = type.value === 'automatic';
    const why = isAutomatic
      ? ''
      : 'a bridge starts with the broker, or on demand (connect_when); pause it over the API';
    this.#report.say({ ...type.source, outcome: isAutomatic ? 'kept' : 'dropped', why });
  }

  #retain(): void {
    const said = this.#said.get('bridge_outgoing_retain');
    if (said?.value === 'false') this.#forEach('forwards', 'retain', { ...said, value: '0' });
    if (said !== undefined) this.#report.say({ ...said.source, outcome: 'kept' });
    // mosquitto asks for the flag wherever it can be asked for
    this.#forEach('subscription', 'retain_as_published', undefined);
  }

  /** Sets a key in every rule of a list; a source of its own where none is given. */
  #forEach(list: string, key: string, said: Said | undefined): void {
    const node = this.#tree.get([...this.#path, list]);
    if (node?.kind !== 'list') return;
    for (const rule of node.items) {
      if (rule.kind !== 'map') continue;
      const [first] = rule.entries.values();
      const source = said?.source ?? (first?.kind === 'value' ? first.source : undefined);
      if (source !== undefined) rule.entries.set(key, { kind: 'value', value: said?.value ?? 'true', source });
    }
  }
}
