// ConfigTree: a configuration as plain objects, arrays and texts: what the API shows and changes. Secrets are
// recognised by their path and never leave; a mark stands for them, and a mark that comes back keeps what it stands
// for. Changes are patches: objects merge, null removes, everything else replaces (RFC 7396).
// Bounded by the configuration.
import type { HoconNode } from './hocon-node.ts';
import { textOfScalar } from './hocon-references.ts';

/** The last keys of paths whose values nobody may see. */
const secretKeys = new Set(['password', 'key_password', 'secret', 'metrics_key', 'psk']);
/** Maps whose values nobody may see: users, and headers that often authorize. */
const secretMaps = new Set(['password', 'headers', 'ws_headers']);

/** An object of a tree. */
export type Tree = Readonly<Record<string, unknown>>;

/** A key whose value differs; absent where it is not there. */
export interface TreeChange {
  readonly path: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Whether a value is an object of a tree. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether nobody may see the value at a path. */
export function isSecretPath(path: readonly string[]): boolean {
  return secretKeys.has(path.at(-1) ?? '') || secretMaps.has(path.at(-2) ?? '');
}

/** Whether nobody may see a value: by its path, or because it is an address with a password, as that of a proxy. */
export function isSecretAt(path: readonly string[], value: unknown): boolean {
  return isSecretPath(path) || (typeof value === 'string' && /^[a-z0-9+.-]+:\/\/[^/?#]*:[^/?#]*@/i.test(value));
}

/** The tree without positions, every scalar as text. */
export function plainOf(node: HoconNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plainOf(value)]));
    case 'array':
      return node.items.map(plainOf);
    case 'scalar':
      return textOfScalar(node);
    default: {
      const never: never = node;
      return never;
    }
  }
}

/** A value of a tree at a path; undefined when there is none. */
export function valueAt(tree: unknown, path: readonly string[]): unknown {
  let value = tree;
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

/** A patch that sets one value, null to remove it. */
export function patchAt(path: readonly string[], value: unknown): unknown {
  return path.reduceRight((inner: unknown, key) => ({ [key]: inner }), value);
}

/** A tree with a patch. */
export function patched(tree: unknown, patch: unknown): unknown {
  if (!isTree(patch)) return patch;
  const result = new Map(Object.entries(isTree(tree) ? tree : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, patched(result.get(key), value));
  }
  return Object.fromEntries(result);
}

/** The patch that makes one tree of another; undefined when they are the same. */
export function patchBetween(before: unknown, after: unknown): unknown {
  if (!isTree(before) || !isTree(after)) return isSame(before, after) ? undefined : after;
  const entries: (readonly [string, unknown])[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const inner = Object.hasOwn(after, key) ? patchBetween(ownOf(before, key), after[key]) : null;
    if (inner !== undefined) entries.push([key, inner]);
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Every key that differs, innermost first; arrays are compared item by item. */
export function changesBetween(before: unknown, after: unknown, path: readonly string[] = []): readonly TreeChange[] {
  if (isSame(before, after)) return [];
  const isNested = (value: unknown): value is object => isTree(value) || Array.isArray(value);
  if ((isNested(before) || before === undefined) && (isNested(after) || after === undefined)) {
    const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
    const found = [...keys].flatMap((key) =>
      changesBetween(valueAt(before, [key]), valueAt(after, [key]), [...path, key]),
    );
    if (found.length > 0) return found;
  }
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

/** A tree with a mark in place of each secret. */
export function withoutSecrets(tree: unknown, path: readonly string[] = []): unknown {
  if (typeof tree === 'string' && isSecretAt(path, tree)) return { $secret: true };
  if (Array.isArray(tree)) return tree.map((item, index) => withoutSecrets(item, [...path, String(index)]));
  if (!isTree(tree)) return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, withoutSecrets(value, [...path, key])]));
}

/** A tree that came from outside: every scalar as text, each mark as the secret that is stored at its place. */
export function withSecrets(tree: unknown, stored: unknown): unknown {
  if (isTree(tree) && tree.$secret === true) return stored ?? null;
  if (Array.isArray(tree)) return tree.map((item, index) => withSecrets(item, valueAt(stored, [String(index)])));
  if (!isTree(tree)) return typeof tree === 'number' || typeof tree === 'boolean' ? String(tree) : tree;
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, withSecrets(value, valueAt(stored, [key]))]),
  );
}

function ownOf(tree: Tree, key: string): unknown {
  return Object.hasOwn(tree, key) ? tree[key] : undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
