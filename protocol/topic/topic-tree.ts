// TopicTree: which topics a filter matches; the other way round from FilterTree, for retained messages. A tree by
// levels; a match keeps its own stack, so that no depth of topics can overflow the one of the machine.
// Bounded by the topics set; nodes that hold nothing any more are removed with their last topic.

interface Node<T> {
  readonly parent: Node<T> | undefined;
  readonly level: string;
  readonly children: Map<string, Node<T>>;
  topic: string | undefined;
  value: T | undefined;
}

interface Step<T> {
  readonly node: Node<T>;
  /** Index of the filter's level that is to be matched among the node's children. */
  readonly depth: number;
}

/** One value for each topic, found by topic or by filter. */
export class TopicTree<T> {
  readonly #root: Node<T> = { parent: undefined, level: '', children: new Map(), topic: undefined, value: undefined };
  readonly #byTopic = new Map<string, Node<T>>();

  /** How many topics have a value. */
  get size(): number {
    return this.#byTopic.size;
  }

  /** Sets the value of a topic. Returns the one it had. */
  set(topic: string, value: T): T | undefined {
    let node = this.#byTopic.get(topic);
    if (node === undefined) {
      node = this.#nodeOf(topic);
      this.#byTopic.set(topic, node);
    }
    const before = node.value;
    node.value = value;
    return before;
  }

  /** The value of a topic. */
  get(topic: string): T | undefined {
    return this.#byTopic.get(topic)?.value;
  }

  /** Removes a topic. Returns the value it had. */
  delete(topic: string): T | undefined {
    const node = this.#byTopic.get(topic);
    if (node === undefined) return undefined;
    const before = node.value;
    this.#byTopic.delete(topic);
    node.topic = undefined;
    node.value = undefined;
    for (let empty: Node<T> = node; empty.parent !== undefined; empty = empty.parent) {
      if (empty.topic !== undefined || empty.children.size > 0) break;
      empty.parent.children.delete(empty.level);
    }
    return before;
  }

  /**
   * Visits every topic that a valid filter (without `$share/name/`) matches. The visitor changes nothing in the tree.
   */
  match(filter: string, visit: (topic: string, value: T) => void): void {
    const levels = filter.split('/');
    const stack: Step<T>[] = [{ node: this.#root, depth: 0 }];
    for (let step = stack.pop(); step; step = stack.pop()) {
      const { node, depth } = step;
      const level = levels[depth];
      if (level === undefined) {
        visitNode(node, visit);
      } else if (level === '#') {
        if (node.parent !== undefined) visitNode(node, visit);
        pushChildren(stack, node, depth);
      } else if (level === '+') {
        pushChildren(stack, node, depth + 1);
      } else {
        const child = node.children.get(level);
        if (child) stack.push({ node: child, depth: depth + 1 });
      }
    }
  }

  #nodeOf(topic: string): Node<T> {
    let node = this.#root;
    for (const level of topic.split('/')) {
      let child = node.children.get(level);
      if (child === undefined) {
        child = { parent: node, level, children: new Map(), topic: undefined, value: undefined };
        node.children.set(level, child);
      }
      node = child;
    }
    node.topic = topic;
    return node;
  }
}

function visitNode<T>(node: Node<T>, visit: (topic: string, value: T) => void): void {
  if (node.topic !== undefined && node.value !== undefined) visit(node.topic, node.value);
}

/** All children, except that a wildcard at the root passes over `$` topics [MQTT-4.7.2-1] [MQTT3-4.7.2-1]. */
function pushChildren<T>(stack: Step<T>[], node: Node<T>, depth: number): void {
  for (const child of node.children.values()) {
    if (node.parent === undefined && child.level.startsWith('$')) continue;
    stack.push({ node: child, depth });
  }
}
