// RuleMapping: the topics of one rule. A rule may have several filters, each with a mapping
// of its own to the same target, and filters on topics that it leaves out. The first filter
// that matches decides, so a topic has one name on the other side.
import { MappingFault } from './mapping-fault.ts';
import { filterMatches, topicFilterFault } from './topic-filter.ts';
import { TopicMapping } from './topic-mapping.ts';
import type { MappingContext } from './topic-template.ts';

/** What a rule does to topics, besides its filter and its target. See `TopicMapping` for what may stand there. */
export interface RuleTopics {
  /** More filters of the same rule. */
  readonly moreFilters?: readonly string[];
  /** Filters on topics that the rule leaves out. */
  readonly excludes?: readonly string[];
  /** Put in front of the mapped topic as it is. */
  readonly prefix?: string;
  /** Put behind the mapped topic as it is. */
  readonly suffix?: string;
  /** Stands for each slash of the mapped topic; the original one goes into the user property `topic`. */
  readonly flatten?: string;
}

interface Part {
  /** The filter as it is subscribed to, with its share name. */
  readonly filter: string;
  readonly mapping: TopicMapping;
}

const sharedPattern = /^(\$share\/[^/]+\/)(.+)$/;

/** The compiled topics of one rule. */
export class RuleMapping {
  readonly #parts: readonly Part[];
  /** Filters on topics that it leaves out. */
  readonly excludes: readonly string[];

  private constructor(parts: readonly Part[], excludes: readonly string[]) {
    this.#parts = parts;
    this.excludes = excludes;
  }

  /** Compiles the topics of a rule, or says what is wrong with them. */
  static compile(pattern: string, target: string, topics: RuleTopics): RuleMapping | MappingFault {
    const { excludes = [] } = topics;
    for (const filter of excludes) {
      const fault = topicFilterFault(filter);
      if (fault !== undefined) return new MappingFault(`the excluded filter '${filter}' ${fault}`);
    }
    const parts = partsOf(pattern, target, topics);
    return parts instanceof MappingFault ? parts : new RuleMapping(parts, excludes);
  }

  /** What to subscribe to, share names included. */
  get filters(): readonly string[] {
    return this.#parts.map(({ filter }) => filter);
  }

  /** For each filter of `filters`: a filter that matches every topic that comes out. */
  get resultFilters(): readonly string[] {
    return this.#parts.map(({ mapping }) => mapping.resultFilter);
  }

  /** Whether every topic stays as it is and none is left out. */
  get isIdentity(): boolean {
    return this.excludes.length === 0 && this.#parts.every(({ mapping }) => mapping.isIdentity);
  }

  /** Whether more than the topic of a message is needed to map it. */
  get needsContext(): boolean {
    return this.#parts.some(({ mapping }) => mapping.needsContext);
  }

  /** Whether what comes out always says what went in: each of its topics has an inverse. */
  get isInvertible(): boolean {
    return this.#parts.every(({ mapping }) => mapping.isInvertible);
  }

  /** Whether the rule is about a topic. */
  matches(topic: string): boolean {
    return this.#mappingOf(topic) !== undefined;
  }

  /** The topic on the other side, or why there is none; undefined for a topic that the rule is not about. */
  map(topic: string, context?: MappingContext): string | MappingFault | undefined {
    return this.#mappingOf(topic)?.map(topic, context);
  }

  /** A topic that this rule maps to the one given; undefined where it does not say which. */
  inverse(mapped: string): string | undefined {
    for (const { mapping } of this.#parts) {
      const topic = mapping.inverse(mapped);
      if (topic !== undefined && this.#mappingOf(topic) === mapping) return topic;
    }
    return undefined;
  }

  #mappingOf(topic: string): TopicMapping | undefined {
    if (this.excludes.some((filter) => filterMatches(filter, topic))) return undefined;
    return this.#parts.find(({ mapping }) => mapping.matches(topic))?.mapping;
  }
}

function partsOf(pattern: string, target: string, topics: RuleTopics): readonly Part[] | MappingFault {
  const { prefix, suffix, flatten, moreFilters = [] } = topics;
  const parts: Part[] = [];
  for (const one of [pattern, ...moreFilters]) {
    const [, share = '', plain = one] = sharedPattern.exec(one) ?? [];
    const mapping = TopicMapping.compile({
      pattern: plain,
      target,
      ...(prefix === undefined ? {} : { prefix }),
      ...(suffix === undefined ? {} : { suffix }),
      ...(flatten === undefined ? {} : { flatten }),
    });
    if (mapping instanceof MappingFault) return mapping;
    const filter = `${share}${mapping.filter}`;
    const fault = topicFilterFault(filter);
    if (fault !== undefined) return new MappingFault(`the filter '${one}' ${fault}`);
    parts.push({ filter, mapping });
  }
  return parts;
}
