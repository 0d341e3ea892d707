// ImportMosquitto: a mosquitto.conf in our words. The file is read line by line; `listener`
// and `connection` begin sections. Whatever has no counterpart is reported as not carried;
// what means something else here says what.
import type { ImportReport } from './import-report.ts';
import type { ImportedTree, Source } from './imported-tree.ts';
import { MosquittoBridge } from './mosquitto-bridge.ts';
import { bridgeKeys } from './mosquitto-bridge-keys.ts';
import { brokerKeys, type Conversion, listenerKeys, ownListenerKeys } from './mosquitto-keys.ts';
import { topicRulesOf } from './mosquitto-topics.ts';

interface Section {
  readonly kind: 'broker' | 'listener' | 'bridge';
  path: readonly string[];
}

/** Reads a mosquitto.conf into a tree. */
export function importMosquitto(text: string, tree: ImportedTree, report: ImportReport): void {
  new MosquittoImport(tree, report).read(text);
}

class MosquittoImport {
  readonly #tree: ImportedTree;
  readonly #report: ImportReport;
  #section: Section = { kind: 'broker', path: [] };
  #listeners = 0;
  #isPerListener = false;
  /** The connection that is being read. */
  #bridge: MosquittoBridge | undefined;

  constructor(tree: ImportedTree, report: ImportReport) {
    this.#tree = tree;
    this.#report = report;
  }

  read(text: string): void {
    for (const [index, raw] of text.split(/\r?\n/).entries()) {
      const words = raw.trim();
      if (words === '' || words.startsWith('#')) continue;
      const source = { line: index + 1, text: shown(words) };
      const [key = '', ...rest] = words.split(/\s+/);
      this.#line(key, rest, source);
    }
    this.#bridge?.end();
  }

  #line(key: string, values: readonly string[], source: Source): void {
    const isBridge = this.#section.kind === 'bridge';
    if (key === 'per_listener_settings') this.#isPerListener = values[0] === 'true';
    if (key === 'listener' || key === 'port') this.#beginListener(values, source);
    else if (key === 'connection') this.#beginBridge(values, source);
    else if (isBridge && this.#bridge?.take(key, values[0] ?? '', source)) return;
    else if (isBridge && key === 'topic') this.#topic(values, source);
    else if (isBridge && /^address(es)?$/.test(key)) this.#addresses(values, source);
    else if (this.#section.kind === 'listener' && key === 'protocol') this.#protocol(values, source);
    else this.#convert(this.#keys()[key], values.join(' '), source);
  }

  #keys(): Readonly<Record<string, Conversion>> {
    if (this.#section.kind === 'bridge') return bridgeKeys;
    if (this.#section.kind !== 'listener') return brokerKeys;
    return { ...brokerKeys, ...listenerKeys, ...(this.#isPerListener ? ownListenerKeys : {}) };
  }

  #convert(conversion: Conversion | undefined, value: string, source: Source): void {
    if (conversion === undefined || 'dropped' in conversion) {
      if (conversion?.isTls === true) this.#encrypt();
      this.#report.say({ ...source, outcome: 'dropped', why: conversion?.dropped ?? 'has no counterpart here' });
      return;
    }
    if (conversion.isTls === true) this.#encrypt();
    const base = conversion.isGlobal === true ? [] : this.#section.path;
    for (const [index, path] of conversion.path.entries()) {
      this.#tree.set([...base, ...path], conversion.value?.(value, index) ?? value, source);
    }
    const { changed, changedAt = value } = conversion;
    const isChanged = changed !== undefined && changedAt === value;
    this.#report.say({ ...source, outcome: isChanged ? 'changed' : 'kept', ...(isChanged ? { why: changed } : {}) });
  }

  #beginListener([port = '1883', host = '0.0.0.0']: readonly string[], source: Source): void {
    this.#bridge?.end();
    this.#bridge = undefined;
    const name = this.#listeners++ === 0 ? 'default' : `listener${this.#listeners}`;
    this.#section = { kind: 'listener', path: ['listeners', 'tcp', name] };
    this.#tree.set([...this.#section.path, 'bind'], `${host.includes(':') ? `[${host}]` : host}:${port}`, source);
  }

  #beginBridge([name = 'bridge']: readonly string[], source: Source): void {
    this.#bridge?.end();
    const plain = name.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, 64);
    this.#section = { kind: 'bridge', path: ['bridges', 'mqtt', plain] };
    this.#bridge = new MosquittoBridge(this.#section.path, this.#tree, this.#report);
    this.#report.say({ ...source, outcome: 'kept' });
    // what mosquitto does where nothing is said
    const bridge = this.#section.path;
    this.#tree.set([...bridge, 'clientid'], `\${hostname}.${name}`, source);
    this.#tree.set([...bridge, 'proto_ver'], '4', source);
    this.#tree.set([...bridge, 'no_local_v4'], 'true', source);
    this.#tree.set([...bridge, 'clean_start'], 'false', source);
    if (plain !== name) {
      this.#report.say({
        ...source,
        outcome: 'changed',
        why: `the bridge is called ${plain}: names have no other signs`,
      });
    }
  }

  /** A listener with certificates is one of another kind; a bridge with them has another address. */
  #encrypt(): void {
    const { kind, path } = this.#section;
    if (kind === 'listener') this.#move(path[1] === 'ws' || path[1] === 'wss' ? 'wss' : 'ssl');
    if (kind !== 'bridge') return;
    for (const key of ['server', 'hybrid_servers']) {
      const node = this.#tree.get([...path, key]);
      if (node?.kind !== 'value') continue;
      const { value } = node;
      this.#tree.set([...path, key], typeof value === 'string' ? tlsOf(value) : value.map(tlsOf), node.source);
    }
  }

  #protocol([protocol = '']: readonly string[], source: Source): void {
    if (protocol === 'websockets') this.#move(this.#section.path[1] === 'ssl' ? 'wss' : 'ws');
    const isKnown = protocol === 'websockets' || protocol === 'mqtt';
    this.#report.say({ ...source, outcome: isKnown ? 'kept' : 'dropped', why: isKnown ? '' : 'is not spoken here' });
  }

  /** Makes the listener one of another kind. */
  #move(kind: string): void {
    const [all = 'listeners', before = 'tcp', name = 'default'] = this.#section.path;
    if (before === kind) return;
    this.#section.path = [all, kind, name];
    this.#tree.move([all, before, name], this.#section.path);
  }

  #addresses(values: readonly string[], source: Source): void {
    const isEncrypted = this.#tree.get([...this.#section.path, 'ssl']) !== undefined;
    const [first, ...others] = values.map(serverOf).map((one) => (isEncrypted ? tlsOf(one) : one));
    if (first !== undefined) this.#tree.set([...this.#section.path, 'server'], first, source);
    if (others.length === 0) return;
    this.#tree.set([...this.#section.path, 'hybrid_bridging'], 'true', source);
    this.#tree.set([...this.#section.path, 'hybrid_servers'], others, source);
  }

  #topic(values: readonly string[], source: Source): void {
    const rules = topicRulesOf(values);
    if (typeof rules === 'string') {
      this.#report.say({ ...source, outcome: 'dropped', why: rules });
      return;
    }
    for (const { list, ...rule } of rules) {
      for (const [index, [key, value]] of Object.entries(rule).entries()) {
        this.#tree.set([...this.#section.path, list, index === 0 ? '+' : '-', key], value, source);
      }
    }
  }
}

function serverOf(address: string): string {
  const [, host = address, port = '1883'] = /^(.*?)(?::(\d+))?$/.exec(address) ?? [];
  return `mqtt-tcp://${host}:${port}`;
}

function tlsOf(server: string): string {
  return server.replace(/^mqtt-tcp:/, 'tls+mqtt-tcp:');
}

/** A line of the report never shows a password. */
function shown(words: string): string {
  return words.replace(/^((?:remote_|local_|bridge_|)(?:password|psk)\s+).*/, '$1***');
}
