// hot path
// FilterTree: which filters match a topic. A tree by levels; a match walks all nodes of one level before the next, with
// two lists that are reused, so its memory does not depend on the depth of the topic and nothing recurses.
// Bounded by the filters added; nodes that hold nothing any more are removed with their last filter.
import { SmallMap } from './small-map.ts';
import { isSystemTopic } from './topic-name.ts';

interface Node<T> {
  readonly parent: Node<T> | undefined;
  readonly level: string;
  children: SmallMap<Node<T>> | undefined;
  plus: Node<T> | undefined;
  /** Values of the filter that ends here. */
  values: T[] | undefined;
  /** Values of the filter that ends here with `/#` behind it. */
  hashValues: T[] | undefined;
}

function nodeOf<T>(parent: Node<T> | undefined, level: string): Node<T> {
  return { parent, level, children: undefined, plus: undefined, values: undefined, hashValues: undefined };
}

/** Values by topic filter. Filters are valid and without `$share/name/`; a filter may hold several values. */
export class FilterTree<T> {
  readonly #root: Node<T> = nodeOf<T>(undefined, '');
  #front: Node<T>[] = [];
  #next: Node<T>[] = [];
  #size = 0;

  /** How many values the tree holds. */
  get size(): number {
    return this.#size;
  }

  /** Adds a value to a filter. The same value may be added to other filters, and again to this one. */
  add(filter: string, value: T): void {
    let node = this.#root;
    const levels = filter.split('/');
    const isHash = levels.at(-1) === '#';
    if (isHash) levels.pop();
    for (const level of levels) node = childOf(node, level);
    if (isHash) {
      if (node.hashValues) node.hashValues.push(value);
      else node.hashValues = [value];
    } else {
      if (node.values) node.values.push(value);
      else node.values = [value];
    }
    this.#size++;
  }

  /** Takes a value from a filter. Returns whether it was there. */
  remove(filter: string, value: T): boolean {
    let node: Node<T> | undefined = this.#root;
    const levels = filter.split('/');
    const isHash = levels.at(-1) === '#';
    if (isHash) levels.pop();
    for (const level of levels) {
      node = level === '+' ? node?.plus : node?.children?.get(level);
      if (node === undefined) return false;
    }
    const values = isHash ? node.hashValues : node.values;
    const index = values?.indexOf(value) ?? -1;
    if (values === undefined || index < 0) return false;
    values.splice(index, 1);
    if (values.length === 0 && isHash) node.hashValues = undefined;
    if (values.length === 0 && !isHash) node.values = undefined;
    prune(node);
    this.#size--;
    return true;
  }

  /**
   * Appends to `out` the values of every filter that matches `topic`; within one filter in the order they were added.
   */
  match(topic: string, out: T[]): void {
    let front = this.#front;
    let next = this.#next;
    // [MQTT-4.7.2-1] [MQTT3-4.7.2-1] below the root, wildcards do not match a topic that starts with `$`
    const isSystem = isSystemTopic(topic);
    if (!isSystem) append(this.#root.hashValues, out);
    front.push(this.#root);
    for (let start = 0; start <= topic.length && front.length > 0; ) {
      const slash = topic.indexOf('/', start);
      const end = slash < 0 ? topic.length : slash;
      const level = topic.slice(start, end);
      const isFirst = start === 0;
      for (let index = 0; index < front.length; index++) {
        const node = front[index];
        const exact = node?.children?.get(level);
        if (exact) enter(exact, next, out);
        if (node?.plus && !(isFirst && isSystem)) enter(node.plus, next, out);
      }
      front.length = 0;
      [front, next] = [next, front];
      start = end + 1;
    }
    for (let index = 0; index < front.length; index++) append(front[index]?.values, out);
    front.length = 0;
    this.#front = front;
    this.#next = next;
  }
}

/** Steps into a node: `a/#` matches `a` and everything below it. */
function enter<T>(node: Node<T>, next: Node<T>[], out: T[]): void {
  append(node.hashValues, out);
  next.push(node);
}

function append<T>(values: readonly T[] | undefined, out: T[]): void {
  if (values === undefined) return;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value !== undefined) out.push(value);
  }
}

function childOf<T>(node: Node<T>, level: string): Node<T> {
  if (level === '+') {
    node.plus ??= nodeOf(node, level);
    return node.plus;
  }
  node.children ??= new SmallMap();
  let child = node.children.get(level);
  if (child === undefined) {
    child = nodeOf(node, level);
    node.children.set(level, child);
  }
  return child;
}

/** Removes nodes that hold nothing, from the leaf up. */
function prune<T>(leaf: Node<T>): void {
  let node = leaf;
  while (node.parent !== undefined) {
    const isEmpty = !node.values && !node.hashValues && !node.plus && !node.children;
    if (!isEmpty) return;
    const { parent } = node;
    if (node.level === '+') parent.plus = undefined;
    else parent.children?.delete(node.level);
    if (parent.children?.size === 0) parent.children = undefined;
    node = parent;
  }
}
