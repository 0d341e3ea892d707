// FormerTopics: where messages go that a rule has queued which is written otherwise now. Mostly they go as they were
// mapped then. Where rules of now are to have them (`on_change = remap`), their local topic, as the mapping of then
// tells it, is mapped anew by the first such rule that takes it; what has no single local topic, or none of them takes,
// goes as it was mapped.
//
// Which rules there were stands in the journal where there is one, as keys without values, which are at hand at a
// start. Bounded: `rulesMax` rules of a bridge, of which the oldest are forgotten.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { RuleMapping, type RuleTopics } from '../../protocol/topic/rule-mapping.ts';
import { emptyBytes } from '../../protocol/wire/bytes.ts';
import type { KeptValues, Storage } from '../queue/storage.ts';
import type { ForwardRuleOptions } from './bridge-options.ts';
import { ruleKeysOf } from './rule-keys.ts';

const streamName = 'rule-topics';
const rulesMax = 256;

/** What tells the mapping of a rule. */
interface Definition extends RuleTopics {
  readonly localTopic: string;
  readonly remoteTopic: string;
  readonly copy: number;
}

/** The topics of the rules that a bridge has, and had. */
export class FormerTopics {
  readonly #name: string;
  readonly #stream: KeptValues | undefined;
  /** By their text, oldest first. */
  readonly #definitions = new Map<string, Definition>();
  /** By the keys of rules of earlier times. */
  #former: ReadonlyMap<number, RuleMapping> = new Map();
  /** Rules of now that take what they have left. */
  #takers: readonly RuleMapping[] = [];

  /** Without a storage nothing is known of earlier processes. */
  constructor(name: string, storage: Storage | undefined) {
    this.#name = name;
    this.#stream = storage?.journal.keyed(streamName);
    for (const key of this.#stream?.keys() ?? []) {
      const [bridge, text = ''] = key.split('\0');
      const definition = bridge === name ? definitionOf(text) : undefined;
      if (definition) this.#definitions.set(text, definition);
    }
  }

  /** Whether any message may have another topic now. */
  get isUsed(): boolean {
    return this.#takers.length > 0 && this.#former.size > 0;
  }

  /** These are the rules from now on. */
  use(rules: readonly ForwardRuleOptions[]): void {
    const current = numbered(rules);
    const texts = new Set(current.map((definition) => JSON.stringify(definition)));
    for (const [index, text] of [...texts].entries()) {
      const definition = current[index];
      if (definition === undefined || this.#definitions.has(text)) continue;
      this.#definitions.set(text, definition);
      this.#stream?.put(`${this.#name}\0${text}`, emptyBytes);
    }
    const old = [...this.#definitions.keys()].filter((text) => !texts.has(text));
    for (const text of old.slice(0, Math.max(0, this.#definitions.size - rulesMax))) this.#forget(text);
    this.#takers = rules.flatMap((rule) => (rule.isRemapping === true ? mappingOf(rule) : []));
    const isCurrent = new Set(current.flatMap((definition) => keysOf(definition)));
    const former = new Map<number, RuleMapping>();
    for (const definition of this.#definitions.values()) {
      const [mapping] = mappingOf(definition);
      for (const key of keysOf(definition)) if (mapping && !isCurrent.has(key)) former.set(key, mapping);
    }
    this.#former = former;
  }

  /** The topic at the remote of a message that a rule of a key has mapped to one. */
  topicOf(key: number, topic: string): string {
    const local = this.#former.get(key)?.inverse(topic);
    if (local === undefined) return topic;
    for (const taker of this.#takers) {
      const mapped = taker.needsContext ? undefined : taker.map(local);
      if (typeof mapped === 'string') return mapped;
    }
    return topic;
  }

  #forget(text: string): void {
    this.#definitions.delete(text);
    this.#stream?.delete(`${this.#name}\0${text}`);
  }
}

/** A bridge is gone for good. */
export function forgetFormerTopics(storage: Storage, bridge: string): void {
  storage.forgetKeys(streamName, (key) => key.startsWith(`${bridge}\0`));
}

/** Rules with the same topics are told apart as `RuleMaker` does. */
function numbered(rules: readonly ForwardRuleOptions[]): readonly Definition[] {
  const copies = new Map<string, number>();
  return rules.map(({ localTopic, remoteTopic, moreFilters, excludes, prefix, suffix, flatten }) => {
    const topics = `${localTopic}\n${remoteTopic}`;
    const copy = copies.get(topics) ?? 0;
    copies.set(topics, copy + 1);
    return {
      localTopic,
      remoteTopic,
      copy,
      ...(moreFilters === undefined ? {} : { moreFilters }),
      ...(excludes === undefined ? {} : { excludes }),
      ...(prefix === undefined ? {} : { prefix }),
      ...(suffix === undefined ? {} : { suffix }),
      ...(flatten === undefined ? {} : { flatten }),
    };
  });
}

function keysOf(definition: Definition): readonly number[] {
  const { own, qos0, replay } = ruleKeysOf(definition, definition.copy);
  return [own, qos0, replay];
}

function mappingOf(rule: RuleTopics & { readonly localTopic: string; readonly remoteTopic: string }): RuleMapping[] {
  const mapping = RuleMapping.compile(rule.localTopic, rule.remoteTopic, rule);
  return mapping instanceof MappingFault ? [] : [mapping];
}

/** What `use` has written; undefined for what another version may have. */
function definitionOf(text: string): Definition | undefined {
  const found: unknown = JSON.parse(text);
  const isOurs = typeof found === 'object' && found !== null && 'localTopic' in found && 'remoteTopic' in found;
  // as: nobody else writes this stream, and a record is whole or none
  return isOurs ? (found as Definition) : undefined;
}
