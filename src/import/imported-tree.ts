// ImportedTree: a configuration of ours while it is being made out of somebody else's: keys and values, each with the
// line that it comes from, so that whatever our schema refuses can be told where its owner wrote it.
// Bounded by the file that is read.

/** Where a value comes from. */
export interface Source {
  /** From 1. */
  readonly line: number;
  /** The key or the words, as they stand there. */
  readonly text: string;
}

/** A value, a map or a list. */
export type ImportedNode =
  | { readonly kind: 'value'; readonly value: string | readonly string[]; readonly source: Source }
  | { readonly kind: 'map'; readonly entries: Map<string, ImportedNode> }
  | { readonly kind: 'list'; readonly items: ImportedNode[] };

/** A tree that grows by paths. */
export class ImportedTree {
  readonly root: ImportedNode & { readonly kind: 'map' } = { kind: 'map', entries: new Map() };

  /** Sets a value at a path of keys; `+` begins a new item of a list, `-` means its last one. */
  set(path: readonly string[], value: string | readonly string[], source: Source): void {
    let node: ImportedNode = this.root;
    for (const [index, key] of path.entries()) {
      const next = path[index + 1];
      const made = (): ImportedNode => {
        if (next === undefined) return { kind: 'value', value, source };
        return next === '+' || next === '-' ? { kind: 'list', items: [] } : { kind: 'map', entries: new Map() };
      };
      node = step(node, key, made, next === undefined);
    }
  }

  /** What stands at a path; keys of lists are numbers. */
  get(path: readonly string[]): ImportedNode | undefined {
    let node: ImportedNode | undefined = this.root;
    for (const key of path) node = childOf(node, key);
    return node;
  }

  /** Takes away what stands at a path, and maps and lists that are empty then. Returns the sources of what went. */
  remove(path: readonly string[]): readonly Source[] {
    const node = this.get(path);
    const key = path.at(-1);
    const parent = this.get(path.slice(0, -1));
    if (node === undefined || key === undefined || parent === undefined) return [];
    if (parent.kind === 'map') parent.entries.delete(key);
    if (parent.kind === 'list') parent.items.splice(Number(key), 1);
    const isEmpty =
      parent.kind === 'map' ? parent.entries.size === 0 : parent.kind === 'list' && parent.items.length === 0;
    if (isEmpty) this.remove(path.slice(0, -1));
    return sourcesOf(node);
  }

  /** Puts what stands at one path to another one, whose last key is new. */
  move(from: readonly string[], to: readonly string[]): void {
    const node = this.get(from);
    if (node === undefined) return;
    this.remove(from);
    let parent: ImportedNode = this.root;
    for (const key of to.slice(0, -1)) {
      parent = step(parent, key, () => ({ kind: 'map', entries: new Map() }), false);
    }
    if (parent.kind === 'map') parent.entries.set(to.at(-1) ?? '', node);
  }

  /** The sources of all that is left. */
  get sources(): readonly Source[] {
    return sourcesOf(this.root);
  }

  /** The values without their sources: what the schema checks. */
  get plain(): unknown {
    return plainOf(this.root);
  }
}

function step(node: ImportedNode | undefined, key: string, made: () => ImportedNode, isLast: boolean): ImportedNode {
  if (node?.kind === 'list') {
    const last = node.items.at(-1);
    if (key === '-' && last !== undefined) return last;
    const item = made();
    node.items.push(item);
    return item;
  }
  const before = node?.kind === 'map' ? node.entries.get(key) : undefined;
  if (before !== undefined && !isLast && before.kind !== 'value') return before;
  const fresh = made();
  if (node?.kind === 'map') node.entries.set(key, fresh);
  return fresh;
}

function childOf(node: ImportedNode | undefined, key: string): ImportedNode | undefined {
  if (node?.kind === 'map') return node.entries.get(key);
  return node?.kind === 'list' ? node.items[Number(key)] : undefined;
}

function sourcesOf(node: ImportedNode): readonly Source[] {
  if (node.kind === 'value') return [node.source];
  return (node.kind === 'map' ? [...node.entries.values()] : node.items).flatMap(sourcesOf);
}

function plainOf(node: ImportedNode): unknown {
  if (node.kind === 'value') return node.value;
  if (node.kind === 'list') return node.items.map(plainOf);
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, plainOf(value)]));
}
