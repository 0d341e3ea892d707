// HoconReferences: replaces `${a.b}` by what it points to: a value of the configuration, else a variable of the
// environment. What a reference brings in is a copy, so that nothing that is changed in one place changes in another.
// Bounded: `hopsMax` references that lead to each other, `copiesMax` copied values, `joinedLengthMax` characters of a
// joined text, `levelsMax` levels; a circle is told as such. No input makes it hang or exhausts the stack.
import { ConfigError, type ConfigFault } from '../base/errors.ts';
import {
  type HoconEntry,
  type HoconNode,
  type HoconObject,
  type HoconReference,
  type HoconScalar,
  levelsMax,
  type Position,
} from './hocon-node.ts';
import { shownText } from './shown-text.ts';

/** The environment that references may point to. */
export type Environment = Readonly<Record<string, string | undefined>>;

const hopsMax = 16;
const copiesMax = 100_000;
const joinedLengthMax = 1024 * 1024;

/** Replaces all references below `root`. Throws one ConfigError for all that lead nowhere. */
export function replaceReferences(root: HoconObject, environment: Environment): void {
  new References(root, environment).replace();
}

/** The text of a scalar whose references were replaced. */
export function textOfScalar(node: HoconScalar): string {
  return node.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

class References {
  readonly #root: HoconObject;
  readonly #environment: Environment;
  readonly #faults = new Map<string, ConfigFault>();
  /** Values being replaced right now: whoever meets one of them again goes round in a circle. */
  readonly #open = new Set<HoconNode>();
  readonly #done = new Set<HoconNode>();
  #hops = 0;
  #copies = 0;

  constructor(root: HoconObject, environment: Environment) {
    this.#root = root;
    this.#environment = environment;
  }

  replace(): void {
    this.#replaceIn(this.#root);
    if (this.#faults.size > 0) throw new ConfigError('REFERENCE', [...this.#faults.values()]);
  }

  #replaceIn(node: HoconNode): void {
    if (node.kind === 'scalar' || this.#done.has(node)) return;
    this.#open.add(node);
    if (node.kind === 'object') {
      for (const [key, entry] of node.entries) if (!this.#replaceEntry(entry)) node.entries.delete(key);
    } else {
      const items = node.items.flatMap((item) => this.#replaced(item) ?? []);
      node.items.length = 0;
      for (const item of items) node.items.push(item);
    }
    this.#open.delete(node);
    this.#done.add(node);
  }

  /** False when nothing is left of the entry: an optional reference to nothing, or null. */
  #replaceEntry(entry: HoconEntry): boolean {
    const value = this.#replaced(entry.value);
    const { before } = entry;
    entry.before = undefined;
    const isBeforeLeft = before !== undefined && this.#replaceEntry(before);
    if (value === undefined) {
      if (isBeforeLeft) entry.value = before.value;
      return isBeforeLeft;
    }
    entry.value = isBeforeLeft ? merged(before.value, value) : value;
    return true;
  }

  #replaced(node: HoconNode): HoconNode | undefined {
    if (node.kind !== 'scalar') {
      this.#replaceIn(node);
      return node;
    }
    if (node.parts.every((part) => part.kind === 'text')) return node.parts.length === 0 ? undefined : node;
    this.#open.add(node);
    const [first] = node.parts;
    const isAlone = node.parts.length === 1 && first?.kind === 'reference';
    const value = isAlone ? this.#lookUp(first) : this.#join(node);
    this.#open.delete(node);
    return value;
  }

  #join(node: HoconScalar): HoconScalar {
    let text = '';
    for (const part of node.parts) {
      if (part.kind === 'text') text += part.text;
      else text += this.#textOf(part);
      if (text.length > joinedLengthMax) throw tooMuch(node.at, `a text of at most ${joinedLengthMax} characters`);
    }
    return { kind: 'scalar', at: node.at, parts: [{ kind: 'text', text }] };
  }

  #textOf(reference: HoconReference): string {
    const value = this.#lookUp(reference);
    if (value === undefined) return '';
    if (value.kind === 'scalar') return textOfScalar(value);
    this.#fault(reference, 'expected a text to put between other texts');
    return '';
  }

  /** A copy of what a reference points to. */
  #lookUp(reference: HoconReference): HoconNode | undefined {
    if (this.#hops >= hopsMax) {
      this.#fault(reference, `expected at most ${hopsMax} references that lead to each other`);
      return undefined;
    }
    this.#hops++;
    const faultsBefore = this.#faults.size;
    const found = this.#find(reference);
    this.#hops--;
    if (found === 'circle') {
      this.#fault(reference, 'expected a value; this reference goes round in a circle');
      return undefined;
    }
    if (found !== undefined) return this.#copy(found, reference.at, 0);
    const { path, isOptional, at } = reference;
    const variable = Object.hasOwn(this.#environment, path) ? this.#environment[path] : undefined;
    if (variable !== undefined) return { kind: 'scalar', at, parts: [{ kind: 'text', text: variable }] };
    const isToldAlready = this.#faults.size > faultsBefore;
    if (!isOptional && !isToldAlready)
      this.#fault(reference, 'expected a key of this configuration or a variable of the environment');
    return undefined;
  }

  #find({ path }: HoconReference): HoconNode | 'circle' | undefined {
    let node: HoconNode = this.#root;
    for (const key of path.split('.')) {
      const entry: HoconEntry | undefined = node.kind === 'object' ? node.entries.get(key) : undefined;
      if (entry === undefined) return undefined;
      const isOpen = this.#open.has(entry.value);
      const isScalar = entry.value.kind === 'scalar';
      if (isScalar && isOpen) return 'circle';
      if (!isOpen && (isScalar || entry.before !== undefined) && !this.#replaceEntry(entry)) return undefined;
      node = entry.value;
    }
    if (this.#open.has(node)) return 'circle';
    this.#replaceIn(node);
    return node;
  }

  #copy(node: HoconNode, at: Position, level: number): HoconNode {
    this.#copies++;
    if (this.#copies > copiesMax) throw tooMuch(at, `references that bring in at most ${copiesMax} values in all`);
    if (level > levelsMax) throw tooMuch(at, `at most ${levelsMax} levels inside each other`);
    if (node.kind === 'scalar') return node;
    if (node.kind === 'array') {
      return { ...node, items: node.items.map((item) => this.#copy(item, at, level + 1)) };
    }
    const entries = new Map<string, HoconEntry>();
    for (const [key, entry] of node.entries) {
      entries.set(key, { at: entry.at, value: this.#copy(entry.value, at, level + 1) });
    }
    return { ...node, entries };
  }

  #fault({ at, path }: HoconReference, expected: string): void {
    const place = `${at.file}:${at.line}:${at.column}`;
    if (this.#faults.has(place)) return;
    this.#faults.set(place, {
      ...at,
      path: `\${${shownText(path)}}`,
      value: '',
      expected,
    });
  }
}

/** Two objects in one, the later wins and objects inside are merged as well; of anything else, the later. */
function merged(before: HoconNode, later: HoconNode): HoconNode {
  if (before.kind !== 'object' || later.kind !== 'object') return later;
  for (const [key, { at, value }] of later.entries) {
    const old = before.entries.get(key);
    before.entries.set(key, { at, value: old === undefined ? value : merged(old.value, value) });
  }
  return before;
}

function tooMuch(at: Position, expected: string): ConfigError {
  return new ConfigError('REFERENCE', [{ ...at, path: '', value: '', expected: `expected ${expected}` }]);
}
