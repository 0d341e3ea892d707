// HoconEvaluate: statements -> the tree they mean. Later statements win, objects merge, included files stand in place
// of their statement; then references are replaced (`hocon-references.ts`). A value that a later one may still need,
// because that is an optional reference or an object on top of a reference, stays behind it until then. Bounded by
// `levelsMax` levels, through all includes.
import { ConfigError } from '../base/errors.ts';
import {
  type Assignment,
  type Expression,
  type HoconEntry,
  type HoconNode,
  type HoconObject,
  type Include,
  levelsMax,
  type Position,
  type Statement,
} from './hocon-node.ts';
import { type Environment, replaceReferences } from './hocon-references.ts';

/** The statements of the file of an include. */
export type IncludedStatements = (include: Include) => readonly Statement[];

/** The tree of a file's statements. Throws ConfigError for references that lead nowhere. */
export function evaluateHocon(
  statements: readonly Statement[],
  at: Position,
  included: IncludedStatements,
  environment: Environment,
): HoconObject {
  const root: HoconObject = { kind: 'object', at, entries: new Map() };
  new Evaluation(included).assignAll(root, statements, 0);
  replaceReferences(root, environment);
  return root;
}

class Evaluation {
  readonly #included: IncludedStatements;

  constructor(included: IncludedStatements) {
    this.#included = included;
  }

  assignAll(target: HoconObject, statements: readonly Statement[], level: number): void {
    for (const statement of statements) {
      if (statement.kind === 'include') this.assignAll(target, this.#included(statement), level);
      else this.#assign(target, statement, level);
    }
  }

  #assign(target: HoconObject, { path, at, value, isAppend }: Assignment, level: number): void {
    const inner = level + path.length;
    checkLevel(inner, at);
    let parent = target;
    for (const key of path.slice(0, -1)) parent = childObject(parent, key, at);
    const key = path.at(-1) ?? '';
    if (isAppend) append(parent, key, at, this.#build(value, inner));
    else if (value.kind === 'object') this.assignAll(childObject(parent, key, at), value.statements, inner);
    else replace(parent, key, at, this.#build(value, inner));
  }

  #build(expression: Expression, level: number): HoconNode {
    checkLevel(level, expression.at);
    switch (expression.kind) {
      case 'object': {
        const object: HoconObject = { kind: 'object', at: expression.at, entries: new Map() };
        this.assignAll(object, expression.statements, level);
        return object;
      }
      case 'array':
        return {
          kind: 'array',
          at: expression.at,
          items: expression.items.map((item) => this.#build(item, level + 1)),
        };
      case 'scalar':
        return expression;
      default: {
        const never: never = expression;
        return never;
      }
    }
  }
}

/** The object at a key, made if there is none; a reference there is what it will be merged with. */
function childObject(parent: HoconObject, key: string, at: Position): HoconObject {
  const entry = parent.entries.get(key);
  if (entry?.value.kind === 'object') return entry.value;
  const fresh: HoconObject = { kind: 'object', at, entries: new Map() };
  parent.entries.set(key, {
    at,
    value: fresh,
    before: entry && isReference(entry.value) ? kept(entry, at) : undefined,
  });
  return fresh;
}

function append(parent: HoconObject, key: string, at: Position, value: HoconNode): void {
  const before = parent.entries.get(key)?.value;
  if (before?.kind === 'array') before.items.push(value);
  else parent.entries.set(key, { at, value: { kind: 'array', at, items: before ? [before, value] : [value] } });
}

/** An optional reference leaves in place what was there before, should it lead nowhere. */
function replace(parent: HoconObject, key: string, at: Position, value: HoconNode): void {
  const isOptional = isReference(value) && value.parts[0]?.kind === 'reference' && value.parts[0].isOptional;
  parent.entries.set(key, { at, value, before: isOptional ? kept(parent.entries.get(key), at) : undefined });
}

/** What stays behind a value; only so many of them behind each other. */
function kept(entry: HoconEntry | undefined, at: Position): HoconEntry | undefined {
  let count = 0;
  for (let one = entry; one !== undefined; one = one.before) count++;
  checkLevel(count, at);
  return entry;
}

function isReference(node: HoconNode): node is HoconNode & { readonly kind: 'scalar' } {
  return node.kind === 'scalar' && node.parts.length === 1 && node.parts[0]?.kind === 'reference';
}

function checkLevel(level: number, at: Position): void {
  if (level <= levelsMax) return;
  const expected = `expected at most ${levelsMax} levels inside each other`;
  throw new ConfigError('SYNTAX', [{ ...at, path: '', value: '', expected }]);
}
