// LaneKey: which lane a message takes. A key of the message (its topic at the remote, what a template makes of its
// local topic, or its publisher) is hashed into one of 256 partitions, and partitions are shared out evenly among the
// lanes. Both steps are pure: the same key takes the same lane today, tomorrow and in the next version, as long as
// there are as many lanes. Bounded by `topicsMax` remembered topics of a template.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import type { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import { textHash } from '../base/text-hash.ts';
import type { Message } from '../message/message.ts';
import type { ForwardRuleOptions } from './bridge-options.ts';
import { compiledTopics } from './compiled-topics.ts';

/** Partitions of every bridge; never another number, since stored messages carry theirs. */
export const partitionCount = 256;

/** The lanes of a bridge at most. */
export const lanesMax = 64;

/** The partition of a key, 0 to 255. */
export function partitionOf(key: string): number {
  let hash = textHash(key);
  // the low bits alone would follow the last character
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b_3c6d);
  return (hash ^ (hash >>> 13)) & (partitionCount - 1);
}

/** The place of a partition's lane among so many, 0 and up. */
export function laneOf(partition: number, laneCount: number): number {
  return Math.floor((partition * laneCount) / partitionCount);
}

const topicsMax = 4096;

/** What keeps the messages of one rule in order, where it is not their topic at the remote. */
export class LaneKey {
  /** Undefined: the publisher. */
  readonly #mapping: RuleMapping | undefined;
  readonly #partitions = new Map<string, number>();

  private constructor(mapping: RuleMapping | undefined) {
    this.#mapping = mapping;
  }

  /**
   * The key of a rule: `topic` is undefined here, `publisher`, or a template of captures of the rule's filter. Throws
   * UsageError for a template that cannot be compiled.
   */
  static of(rule: ForwardRuleOptions, order: string): LaneKey | undefined {
    if (order === 'topic') return undefined;
    if (order === 'publisher') return new LaneKey(undefined);
    const { localTopic, moreFilters = [] } = rule;
    return new LaneKey(compiledTopics(localTopic, order, { moreFilters }));
  }

  /** Whether the topic alone says the partition. */
  get isByTopic(): boolean {
    return this.#mapping !== undefined && !this.#mapping.needsContext;
  }

  /** The partition of a local message. */
  partitionOf(message: Message): number {
    return this.#mapping === undefined ? partitionOf(message.origin.name) : this.partitionOfTopic(message.topic);
  }

  /** The partition of a local topic. */
  partitionOfTopic(topic: string): number {
    const known = this.#partitions.get(topic);
    if (known !== undefined) return known;
    const key = this.#mapping?.map(topic);
    const partition = partitionOf(key === undefined || key instanceof MappingFault ? topic : key);
    if (this.#partitions.size >= topicsMax) this.#partitions.clear();
    this.#partitions.set(topic, partition);
    return partition;
  }
}
