// HoconEvaluate: statements -> the tree they mean. Later statements win, objects merge, included files stand in place of their
// statement; then references are replaced by what they point to, in the configuration or in the environment.
// Bounded: references follow each other at most `hopsMax` times, so a circle is an error and not a hang.
import { ConfigError } from '../base/errors.ts';
import type {
  Expression,
  HoconArray,
  HoconNode,
  HoconObject,
  HoconScalar,
  Include,
  Position,
  Statement,
} from './hocon-node.ts';

/** The statements of the file of an include. */
export type IncludedStatements = (include: Include) => readonly Statement[];

/** The environment that references may point to. */
export type Environment = Readonly<Record<string, string | undefined>>;

const hopsMax = 32;

/** The tree of a file's statements. Throws ConfigError for references that lead nowhere. */
export function evaluateHocon(
  statements: readonly Statement[],
  at: Position,
  included: IncludedStatements,
  environment: Environment,
): HoconObject {
  const root: HoconObject = { kind: 'object', at, entries: new Map() };
  assignAll(root, statements, included);
  return new References(root, environment).resolveRoot();
}

function assignAll(target: HoconObject, statements: readonly Statement[], included: IncludedStatements): void {
  for (const statement of statements) {
    if (statement.kind === 'include') {
      assignAll(target, included(statement), included);
      continue;
    }
    const { path, at, value, isAppend } = statement;
    let parent = target;
    for (const key of path.slice(0, -1)) parent = childObject(parent, key, at);
    assign(parent, path.at(-1) ?? '', { at, isAppend, value: build(value, included) });
  }
}

function build(expression: Expression, included: IncludedStatements): HoconNode {
  switch (expression.kind) {
    case 'object': {
      const object: HoconObject = { kind: 'object', at: expression.at, entries: new Map() };
      assignAll(object, expression.statements, included);
      return object;
    }
    case 'array':
      return { kind: 'array', at: expression.at, items: expression.items.map((item) => build(item, included)) };
    case 'scalar':
      return expression;
    default: {
      const never: never = expression;
      return never;
    }
  }
}

function childObject(parent: HoconObject, key: string, at: Position): HoconObject {
  const child = parent.entries.get(key)?.value;
  if (child?.kind === 'object') return child;
  const fresh: HoconObject = { kind: 'object', at, entries: new Map() };
  parent.entries.set(key, { at, value: fresh });
  return fresh;
}

interface NewValue {
  readonly at: Position;
  readonly isAppend: boolean;
  readonly value: HoconNode;
}

function assign(parent: HoconObject, key: string, { at, isAppend, value }: NewValue): void {
  const before = parent.entries.get(key)?.value;
  if (isAppend) {
    const array: HoconArray = before?.kind === 'array' ? before : { kind: 'array', at, items: before ? [before] : [] };
    array.items.push(value);
    parent.entries.set(key, { at, value: array });
  } else if (before?.kind === 'object' && value.kind === 'object') {
    for (const [name, entry] of value.entries) {
      assign(before, name, { at: entry.at, isAppend: false, value: entry.value });
    }
  } else {
    parent.entries.set(key, { at, value });
  }
}

/** Replaces references, everywhere. */
class References {
  readonly #root: HoconObject;
  readonly #environment: Environment;

  constructor(root: HoconObject, environment: Environment) {
    this.#root = root;
    this.#environment = environment;
  }

  resolveRoot(): HoconObject {
    this.#resolveChildren(this.#root);
    return this.#root;
  }

  #resolveChildren(node: HoconNode): void {
    if (node.kind === 'object') {
      for (const [key, entry] of node.entries) {
        const value = this.#resolve(entry.value, 0);
        if (value === undefined) node.entries.delete(key);
        else entry.value = value;
      }
    } else if (node.kind === 'array') {
      const items = node.items.flatMap((item) => this.#resolve(item, 0) ?? []);
      node.items.splice(0, node.items.length, ...items);
    }
  }

  /** Undefined for an optional reference that leads nowhere. */
  #resolve(node: HoconNode, hops: number): HoconNode | undefined {
    if (node.kind !== 'scalar') {
      if (hops === 0) this.#resolveChildren(node);
      return node;
    }
    const [only] = node.parts;
    if (only?.kind === 'reference' && node.parts.length === 1) return this.#lookUp(only, hops);
    return this.#join(node, hops);
  }

  #join(node: HoconScalar, hops: number): HoconScalar {
    if (node.parts.every((part) => part.kind === 'text')) return node;
    const texts = node.parts.map((part) => {
      if (part.kind === 'text') return part.text;
      const value = this.#lookUp(part, hops);
      if (value === undefined) return '';
      if (value.kind !== 'scalar') throw fault(part.at, part.path, 'a text to put between other texts');
      return textOfScalar(value);
    });
    return { kind: 'scalar', at: node.at, parts: [{ kind: 'text', text: texts.join('') }] };
  }

  #lookUp(
    reference: { readonly path: string; readonly isOptional: boolean; readonly at: Position },
    hops: number,
  ): HoconNode | undefined {
    const { path, at, isOptional } = reference;
    if (hops >= hopsMax) throw fault(at, path, 'a value; this reference goes round in a circle');
    let node: HoconNode | undefined = this.#root;
    for (const key of path.split('.')) node = node?.kind === 'object' ? node.entries.get(key)?.value : undefined;
    if (node !== undefined) return this.#resolve(node, hops + 1);
    const variable = this.#environment[path];
    if (variable !== undefined) return { kind: 'scalar', at, parts: [{ kind: 'text', text: variable }] };
    if (isOptional) return undefined;
    throw fault(at, path, 'a key of this configuration or a variable of the environment');
  }
}

/** The text of a scalar whose references were replaced. */
export function textOfScalar(node: HoconScalar): string {
  return node.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

function fault(at: Position, path: string, expected: string): ConfigError {
  return new ConfigError('REFERENCE', [{ ...at, path: `\${${path}}`, value: '', expected: `expected ${expected}` }]);
}
