// ReplayEntrance: where messages of the past come into a bridge. To the remote that had them they go as they went, by
// the rule that queued them; at another bridge each of its rules maps them anew that takes their local topic. Loops
// are none of its matter: what goes back to where it came from was asked for.
// Bounded by the share of replayed messages in the queue.
import { decodePublishProperties, encodePublishProperties } from '../../protocol/wire/property-block.ts';
import type { Message } from '../message/message.ts';
import type { ForwardRule } from './forward-rules.ts';
import type { OwnedMessage } from './kept-form.ts';
import type { ReplayTarget, ReplayWay } from './replay-target.ts';

/** What it works with. */
export interface ReplayEntranceParts {
  /** The rule of a key; one that stands for it where it is not there any more. */
  readonly ruleOf: (key: number) => ForwardRule;
  readonly forwards: () => readonly ForwardRule[];
  readonly depth: () => number;
  readonly isClosed: () => boolean;
}

/** The entrance of one bridge. */
export class ReplayEntrance implements ReplayTarget {
  readonly #parts: ReplayEntranceParts;

  constructor(parts: ReplayEntranceParts) {
    this.#parts = parts;
  }

  /** See `ReplayTarget`. */
  get isClosed(): boolean {
    return this.#parts.isClosed();
  }

  /** See `ReplayTarget`. */
  get isEmpty(): boolean {
    return this.#parts.depth() === 0;
  }

  /** See `ReplayTarget`. */
  ownWays({ message, ruleKey, partition }: OwnedMessage): readonly ReplayWay[] {
    return [() => this.#parts.ruleOf(ruleKey).replay(message, partition)];
  }

  /** See `ReplayTarget`. */
  waysOf(message: Message): readonly ReplayWay[] {
    return this.#parts.forwards().flatMap((rule) => {
      const mapped = rule.mapAnew(message);
      return mapped === undefined ? [] : [() => rule.replay(mapped, undefined)];
    });
  }
}

/** A message that says in a user property when it was delivered first; `at` in ms since 1970, 0 where nobody knows. */
export function marked(message: Message, property: string | undefined, at: number): Message {
  if (property === undefined) return message;
  const { topic, qos, retain, properties } = message;
  const before = decodePublishProperties(properties);
  const others = (before.userProperties ?? []).filter(([name]) => name !== property);
  const value = at === 0 ? 'unknown' : new Date(at).toISOString();
  const userProperties = [...others, [property, value] as const];
  return message.rewritten(topic, encodePublishProperties({ ...before, userProperties }), qos, retain);
}
