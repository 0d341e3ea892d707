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
  queueLimit: string;
  isRetainKept: boolean;
}

const bridgeKeys: Readonly<Record<string, string>> = {
  'remote-broker.mqtt.client-id': 'clientid',
  'remote-broker.mqtt.clean-start': 'clean_start',
  'remote-broker.mqtt.keep-alive': 'keepalive',
  'remote-broker.authentication.mqtt-simple-authentication.username': 'username',
  'remote-broker.authentication.mqtt-simple-authentication.password': 'password',
  'remote-broker.mqtt.session-expiry': 'conn_properties.session_expiry_interval',
  'remote-broker.tls.enabled': 'ssl.enable',
  'remote-broker.tls.verify-hostname': 'ssl.verify_peer',
  'remote-broker.tls.handshake-timeout': 'connect_timeout',
  'loop-prevention.enabled': 'loop_guard',
  'loop-prevention.hop-count-limit': 'loop_hops',
};

const inSeconds: readonly string[] = ['remote-broker.mqtt.keep-alive', 'remote-broker.tls.handshake-timeout'];

/** What a key means here, where that is something else. */
const changes: Readonly<Record<string, string>> = {
  'remote-broker.tls.verify-hostname': 'switches off all verification here, there only that of the name',
  'remote-broker.tls.handshake-timeout': 'the time for connecting and TLS together',
  'loop-prevention.hop-count-limit': 'in MQTT 5.0; in older versions messages that come back are known by their bytes',
};

const keystore = 'a keystore of Java is not read: put certificate and key into PEM files, for ssl.certfile and keyfile';
const truststore = 'a truststore of Java is not read: put its authorities into one PEM file, for ssl.cacertfile';

/** Why what stands at a place is not carried. */
const losses: readonly (readonly [place: RegExp, why: string])[] = [
  [/^remote-broker\.tls\.keystore\./, keystore],
  [/^remote-broker\.tls\.truststore\./, truststore],
  [/^remote-broker\.tls\.cipher-suites\./, 'suites have their names of OpenSSL here: ssl.ciphers'],
  [/^persist$/, 'what waits is kept in the journal, where data.dir says so, and durability how safely'],
];

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
  #remote: RemoteDraft = emptyRemote();
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
    if (isTaken) return;
    const why = losses.find(([of]) => of.test(place))?.[1] ?? 'has no counterpart here';
    this.#report.say({ ...source, outcome: 'dropped', why });
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
    if (place === 'id') return this.#idText(words, source);
    const bridge = this.#bridge;
    if (bridge === undefined) return false;
    if (place === 'remote-broker.host' || place === 'remote-broker.port')
      return this.#addressText(place, words, source);
    if (place === 'remote-broker.tls.enabled') this.#remote.isEncrypted = words === 'true';
    if (place.startsWith('remote-broker.websocket.')) return this.#webSocketText(place, words, source);
    if (place === 'remote-broker.tls.protocols.protocol') return this.#protocolText(bridge, words, source);
    const key = bridgeKeys[place];
    if (key === undefined) return false;
    const value = key === 'loop_guard' ? (words === 'true' ? 'auto' : 'off') : words;
    this.#tree.set([...bridge, ...key.split('.')], inSeconds.includes(place) ? `${value}s` : value, source);
    const why = changes[place];
    const isChanged = why !== undefined && !(place.endsWith('verify-hostname') && words === 'true');
    if (isChanged) this.#report.say({ ...source, outcome: 'changed', why });
    return true;
  }

  #idText(words: string, source: Source): boolean {
    const name = words.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 64);
    this.#bridge = ['bridges', 'mqtt', name];
    const why = name === words ? '' : `the bridge is called ${name}: names have no other signs`;
    this.#report.say({ ...source, outcome: why === '' ? 'kept' : 'changed', why });
    return true;
  }

  #addressText(place: string, words: string, source: Source): boolean {
    this.#remote.source = source;
    if (place.endsWith('host')) this.#remote.host = words;
    else this.#remote.port = words;
    this.#report.say({ ...source, outcome: 'kept' });
    return true;
  }

  #webSocketText(place: string, words: string, source: Source): boolean {
    const key = place.slice('remote-broker.websocket.'.length);
    if (key === 'enabled') this.#remote.isWebSocket = words === 'true';
    if (key === 'server-path') this.#remote.path = words;
    const isKept = key === 'enabled' || key === 'server-path' || (key === 'subprotocol' && words === 'mqtt');
    if (isKept) this.#report.say({ ...source, outcome: 'kept' });
    return isKept;
  }

  /** The lowest of those that are listed. */
  #protocolText(bridge: readonly string[], words: string, source: Source): boolean {
    const version = /^TLSv(1\.[23])$/.exec(words)?.[1];
    if (version === undefined) return false;
    const path = [...bridge, 'ssl', 'tls_version_min'];
    const before = this.#tree.get(path);
    const isLower = before?.kind !== 'value' || before.value === '1.3';
    if (isLower) this.#tree.set(path, version, source);
    this.#report.say({ ...source, outcome: 'changed', why: 'the lowest version counts, and those above it' });
    return true;
  }

  #ruleText(rule: Rule, place: string, words: string, source: Source): boolean {
    const name = this.#path.at(-1);
    if (name === 'mqtt-topic-filter' && place.includes('excludes')) rule.excludes.push(words);
    else if (name === 'mqtt-topic-filter') rule.filters.push({ text: words, source });
    else if (name === 'destination') rule.destination = words;
    else if (name === 'max-qos') rule.qosMax = words;
    else if (name === 'preserve-retain') rule.isRetainKept = words === 'true';
    else if (name === 'queue-limit') rule.queueLimit = words;
    else if (name === 'key') this.#propertyName = words;
    else if (name === 'value') rule.properties.set(this.#propertyName, words);
    else return false;
    this.#report.say({ ...source, outcome: 'kept' });
    return true;
  }

  #putServer(): void {
    const { host, port, isEncrypted, isWebSocket, path, source } = this.#remote;
    if (this.#bridge === undefined || source === undefined) return;
    const plain = isWebSocket ? 'ws' : 'mqtt-tcp';
    const scheme = isEncrypted ? (isWebSocket ? 'wss' : 'tls+mqtt-tcp') : plain;
    const way = isWebSocket ? `/${path.replace(/^\//, '')}` : '';
    const server = `${scheme}://${host}:${port === '' ? '1883' : port}${way}`;
    this.#tree.set([...this.#bridge, 'server'], server, source);
  }

  /** A rule a filter: what a destination means depends on the levels of the filter. */
  #putRule(): void {
    const rule = this.#rule;
    this.#rule = undefined;
    if (rule === undefined || this.#bridge === undefined) return;
    const [from, to] = rule.list === 'forwards' ? ['local_topic', 'remote_topic'] : ['remote_topic', 'local_topic'];
    for (const { text: filter, source } of rule.filters) {
      const target = rule.destination === '{#}' ? '' : hivemqTarget(rule.destination, filter);
      if (typeof target !== 'string') {
        this.#report.say({ ...source, outcome: 'dropped', why: target.fault });
        continue;
      }
      const put = (key: string, value: string | readonly string[], isFirst = false): void =>
        this.#tree.set([...(this.#bridge ?? []), rule.list, isFirst ? '+' : '-', key], value, source);
      put(from ?? '', filter, true);
      put(to ?? '', target);
      for (const [key, value] of moreKeysOf(rule)) put(key, value);
      for (const [key, value] of rule.properties) {
        this.#tree.set([...this.#bridge, rule.list, '-', 'user_property', key], value, source);
      }
    }
  }
}

/** What a rule says besides its topics. */
function moreKeysOf(rule: Rule): readonly (readonly [string, string | readonly string[]])[] {
  const keys: (readonly [string, string | readonly string[]])[] = [
    [rule.list === 'forwards' ? 'qos_max' : 'qos', rule.qosMax],
  ];
  if (rule.excludes.length > 0) keys.push(['exclude', rule.excludes]);
  if (rule.queueLimit !== '') keys.push(['max_send_queue_len', rule.queueLimit]);
  if (!rule.isRetainKept) keys.push(['retain', '0']);
  else if (rule.list === 'subscription') keys.push(['retain_as_published', 'true']);
  return keys;
}

function emptyRule(list: Rule['list']): Rule {
  return {
    list,
    filters: [],
    excludes: [],
    properties: new Map(),
    destination: '{#}',
    qosMax: '2',
    queueLimit: '',
    isRetainKept: false,
  };
}

/** The address of a remote, while it is being read. */
interface RemoteDraft {
  host: string;
  port: string;
  path: string;
  isEncrypted: boolean;
  isWebSocket: boolean;
  source: Source | undefined;
}

function emptyRemote(): RemoteDraft {
  return { host: '', port: '', path: 'mqtt', isEncrypted: false, isWebSocket: false, source: undefined };
}
