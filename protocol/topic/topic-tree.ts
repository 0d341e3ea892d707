// TopicTree: which topics a filter matches; the other way round from FilterTree, for retained messages. A tree by
// levels; a match keeps its own stack, as deep as the topics, so that it can rest between two of them and no depth can
// overflow the stack of the machine.
// Bounded by the topics set; nodes that hold nothing any more are removed with their last topic.

interface Node<T> {
  readonly parent: Node<T> | undefined;
  readonly level: string;
  readonly children: Map<string, Node<T>>;
  topic: string | undefined;
  value: T | undefined;
}

interface Step<T> {
  /** What is left of the nodes side by side that are to be looked at. */
  readonly nodes: Iterator<Node<T>>;
  /** Index of the filter's level that is to be matched among the children of each. */
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
   * Every value whose topic a valid filter (without `$share/name/`) matches, one at a time. The tree may change between
   * two of them: what is set meanwhile may or may not come, what is deleted does not.
   */
  *matches(filter: string): Generator<T, void, void> {
    const levels = filter.split('/');
    const stack: Step<T>[] = [{ nodes: [this.#root].values(), depth: 0 }];
    for (let step = stack.at(-1); step; step = stack.at(-1)) {
      const next = step.nodes.next();
      if (next.done === true) {
        stack.pop();
        continue;
      }
      const node = next.value;
      const { depth } = step;
      if (this.#isHidden(node, levels[0])) continue;
      const level = levels[depth];
      const isWhole = level === undefined || (level === '#' && node !== this.#root);
      if (isWhole && node.value !== undefined) yield node.value;
      if (level === '#') stack.push({ nodes: node.children.values(), depth });
      else if (level === '+') stack.push({ nodes: node.children.values(), depth: depth + 1 });
      else if (level !== undefined) pushChild(stack, node.children.get(level), depth + 1);
    }
  }

  /** A wildcard at the root passes over `$` topics [MQTT-4.7.2-1] [MQTT3-4.7.2-1]. */
  #isHidden(node: Node<T>, firstLevel: string | undefined): boolean {
    const isWildcard = firstLevel === '#' || firstLevel === '+';
    return isWildcard && node.parent === this.#root && node.level.startsWith('$');
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

function pushChild<T>(stack: Step<T>[], child: Node<T> | undefined, depth: number): void {
  if (child) stack.push({ nodes: [child].values(), depth });
}
