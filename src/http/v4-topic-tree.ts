// V4TopicTree: subscriptions as `/api/v4` shows them: an array of levels, from the root down; each level of a filter
// stands there once, with how many levels are below it and who subscribes exactly there.
// Bounded by the subscriptions that are given.

/** One subscription. */
export interface TreeSubscription {
  readonly clientid: string;
  readonly topic: string;
}

/** One level of a filter. */
export interface TreeLevel {
  readonly topic: string;
  /** Levels right below. */
  readonly cld_cnt: number;
  /** Who subscribes exactly here. */
  readonly clientid?: readonly string[];
}

interface Node {
  readonly topic: string;
  readonly below: Map<string, Node>;
  readonly clients: string[];
}

/** The levels, the root first. */
export function topicLevels(subscriptions: readonly TreeSubscription[]): readonly (readonly TreeLevel[])[] {
  const root: Node = { topic: '', below: new Map(), clients: [] };
  for (const { clientid, topic } of subscriptions) {
    let node = root;
    for (const level of topic.split('/')) {
      const next: Node = node.below.get(level) ?? { topic: level, below: new Map(), clients: [] };
      node.below.set(level, next);
      node = next;
    }
    node.clients.push(clientid);
  }
  const levels: TreeLevel[][] = [];
  for (let nodes: readonly Node[] = [root]; nodes.length > 0; nodes = nodes.flatMap(({ below }) => [...below.values()]))
    levels.push(nodes.map(shownOf));
  return levels;
}

function shownOf({ topic, below, clients }: Node): TreeLevel {
  return { topic, cld_cnt: below.size, ...(clients.length === 0 ? {} : { clientid: clients }) };
}
