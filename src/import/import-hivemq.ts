// ImportHivemq: the bridges and listeners of a HiveMQ Edge configuration (XML) in our words. The document is read as a
// stream of elements; what stands in an element that means something is put into the tree, the rest is reported.
// Bounded by the document; entities are those of XML alone.
import sax from 'sax';
import { ConfigError } from '../base/errors.ts';
import { hivemqTarget } from './hivemq-target.ts';
import type { ImportReport } from './import-report.ts';
import type { ImportedTree, Source } from './imported-tree.ts';

/** A rule while it is being read. */
interface Rule {
  readonly list: 'forwards' | 'subscription';
  readonly filters: { readonly text: string; readonly source: Source }[];
  readonly excludes: string[];
  readonly properties: Map<string, string>;
  destination: string;
  qosMax: string;
  isRetainKept: boolean;
}

const bridgeKeys: Readonly<Record<string, string>> = {
  'remote-broker.mqtt.client-id': 'clientid',
  'remote-broker.mqtt.clean-start': 'clean_start',
  'remote-broker.authentication.mqtt-simple-authentication.username': 'username',
  'remote-broker.authentication.mqtt-simple-authentication.password': 'password',
  'remote-broker.tls.enabled': 'ssl.enable',
  'remote-broker.tls.verify-hostname': 'ssl.verify_peer',
};

const inSeconds: Readonly<Record<string, string>> = { 'remote-broker.mqtt.keep-alive': 'keepalive' };

/** Reads a configuration. Throws ConfigError for one that is no XML. */
export function importHivemq(text: string, tree: ImportedTree, report: ImportReport, file: string): void {
  const reading = new HivemqImport(tree, report);
  const parser = sax.parser(true, { trim: true, position: true });
  parser.onopentag = ({ name }) => reading.open(name);
  parser.ontext = (words) => reading.text(words, parser.line + 1);
  parser.onclosetag = () => reading.close();
  parser.onerror = (error) => {
    const [expected = ''] = error.message.split('\n');
    const at = { file, line: parser.line + 1, column: parser.column + 1 };
    throw new ConfigError('SYNTAX', [{ ...at, path: '', value: '', expected: `expected XML: ${expected}` }]);
  };
  parser.write(text).close();
}

class HivemqImport {
  readonly #tree: ImportedTree;
  readonly #report: ImportReport;
  readonly #path: string[] = [];
  #bridge: string[] | undefined;
  #remote: { host: string; port: string; isEncrypted: boolean; source: Source | undefined } = emptyRemote();
  #rule: Rule | undefined;
  #propertyName = '';
  #listener: { kind: string; host: string; port: string; source: Source | undefined } | undefined;
  #listeners = 0;

  constructor(tree: ImportedTree, report: ImportReport) {
    this.#tree = tree;
    this.#report = report;
  }

  open(name: string): void {
    this.#path.push(name);
    if (name === 'mqtt-bridge') this.#remote = emptyRemote();
    if (name === 'forwarded-topic') this.#rule = emptyRule('forwards');
    if (name === 'remote-subscription') this.#rule = emptyRule('subscription');
    const kind = /^(tcp|tls-tcp|websocket|tls-websocket)-listener$/.exec(name)?.[1];
    if (kind !== undefined) this.#listener = { kind, host: '0.0.0.0', port: '', source: undefined };
  }

  text(words: string, line: number): void {
    const place = this.#path.slice(this.#path.lastIndexOf('mqtt-bridge') + 1).join('.');
    const isSecret = /password$/.test(place);
    const source = { line, text: `<${this.#path.at(-1)}>${isSecret ? '***' : words}` };
    const isTaken =
      this.#listener === undefined
        ? this.#path.includes('mqtt-bridge') && this.#bridgeText(place, words, source)
        : this.#listenerText(words, source);
    if (!isTaken) this.#report.say({ ...source, outcome: 'dropped', why: 'has no counterpart here' });
  }

  close(): void {
    const name = this.#path.pop();
    if (name === 'remote-broker') this.#putServer();
    if (name === 'forwarded-topic' || name === 'remote-subscription') this.#putRule();
    if (name?.endsWith('-listener')) this.#putListener();
  }

  #listenerText(words: string, source: Source): boolean {
    const listener = this.#listener;
    const name = this.#path.at(-1);
    if (listener === undefined || (name !== 'port' && name !== 'bind-address')) return false;
    listener.source = source;
    if (name === 'port') listener.port = words;
    else listener.host = words;
    return true;
  }

  #putListener(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener?.source === undefined) return;
    const kinds: Readonly<Record<string, string>> = { 'tls-tcp': 'ssl', websocket: 'ws', 'tls-websocket': 'wss' };
    const name = this.#listeners++ === 0 ? 'default' : `listener${this.#listeners}`;
    const path = ['listeners', kinds[listener.kind] ?? 'tcp', name, 'bind'];
    this.#tree.set(path, `${listener.host}:${listener.port}`, listener.source);
  }

  #bridgeText(place: string, words: string, source: Source): boolean {
    if (this.#rule !== undefined) return this.#ruleText(this.#rule, place, words, source);
    if (place === 'id') {
      this.#bridge = ['bridges', 'mqtt', words.replaceAll(/[^A-Za-z0-9_-]/g, '-')];
      return true;
    }
    const bridge = this.#bridge;
    if (bridge === undefined) return false;
    if (place === 'remote-broker.host' || place === 'remote-broker.port') {
      this.#remote.source = source;
      if (place.endsWith('host')) this.#remote.host = words;
      else this.#remote.port = words;
      return true;
    }
    if (place === 'remote-broker.tls.enabled') this.#remote.isEncrypted = words === 'true';
    if (place === 'remote-broker.mqtt.session-expiry') {
      this.#tree.set([...bridge, 'conn_properties', 'session_expiry_interval'], words, source);
      return true;
    }
    const period = inSeconds[place];
    const key = period ?? bridgeKeys[place];
    if (key === undefined) return false;
    this.#tree.set([...bridge, ...key.split('.')], period === undefined ? words : `${words}s`, source);
    return true;
  }

  #ruleText(rule: Rule, place: string, words: string, source: Source): boolean {
    const name = this.#path.at(-1);
    if (name === 'mqtt-topic-filter' && place.includes('excludes')) rule.excludes.push(words);
    else if (name === 'mqtt-topic-filter') rule.filters.push({ text: words, source });
    else if (name === 'destination') rule.destination = words;
    else if (name === 'max-qos') rule.qosMax = words;
    else if (name === 'preserve-retain') rule.isRetainKept = words === 'true';
    else if (name === 'key') this.#propertyName = words;
    else if (name === 'value') rule.properties.set(this.#propertyName, words);
    else return false;
    this.#report.say({ ...source, outcome: 'kept' });
    return true;
  }

  #putServer(): void {
    const { host, port, isEncrypted, source } = this.#remote;
    if (this.#bridge === undefined || source === undefined) return;
    const server = `${isEncrypted ? 'tls+' : ''}mqtt-tcp://${host}:${port === '' ? '1883' : port}`;
    this.#tree.set([...this.#bridge, 'server'], server, source);
  }

  /** A rule a filter: what a destination means depends on the levels of the filter. */
  #putRule(): void {
    const rule = this.#rule;
    this.#rule = undefined;
    if (rule === undefined || this.#bridge === undefined) return;
    const [from, to] = rule.list === 'forwards' ? ['local_topic', 'remote_topic'] : ['remote_topic', 'local_topic'];
    for (const { text: filter, source } of rule.filters) {
      const target = hivemqTarget(rule.destination, filter);
      if (typeof target !== 'string') {
        this.#report.say({ ...source, outcome: 'dropped', why: target.fault });
        continue;
      }
      const put = (key: string, value: string | readonly string[], isFirst = false): void =>
        this.#tree.set([...(this.#bridge ?? []), rule.list, isFirst ? '+' : '-', key], value, source);
      put(from ?? '', filter, true);
      put(to ?? '', target);
      put(rule.list === 'forwards' ? 'qos_max' : 'qos', rule.qosMax);
      if (rule.excludes.length > 0) put('exclude', rule.excludes);
      if (!rule.isRetainKept) put('retain', '0');
      for (const [key, value] of rule.properties) {
        this.#tree.set([...this.#bridge, rule.list, '-', 'user_property', key], value, source);
      }
    }
  }
}

function emptyRule(list: Rule['list']): Rule {
  return {
    list,
    filters: [],
    excludes: [],
    properties: new Map(),
    destination: '{#}',
    qosMax: '2',
    isRetainKept: false,
  };
}

function emptyRemote(): { host: string; port: string; isEncrypted: boolean; source: Source | undefined } {
  return { host: '', port: '', isEncrypted: false, source: undefined };
}
