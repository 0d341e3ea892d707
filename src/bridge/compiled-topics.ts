// CompiledTopics: the topics of a rule, ready for use. Protocol answers with faults, bridges are
// opened or not: here the one becomes the other, a UsageError that says what is wrong with the
// rule.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { RuleMapping, type RuleTopics } from '../../protocol/topic/rule-mapping.ts';
import { UsageError } from '../base/errors.ts';

/** Compiles the topics of a rule. Throws UsageError (`ERR_USAGE_TOPIC_MAPPING`) for topics that cannot be. */
export function compiledTopics(pattern: string, target: string, topics: RuleTopics): RuleMapping {
  const mapping = RuleMapping.compile(pattern, target, topics);
  if (mapping instanceof MappingFault) throw new UsageError('TOPIC_MAPPING', mapping.detail);
  return mapping;
}
