// LoopRisk: whether what a bridge sends could come back, judged by its rules alone, so that only such bridges pay for
// looking at each message. At risk is a rule whose topics a subscription of the same bridge brings in again, and one
// that passes on everything as it is: then the way back may lead over other brokers.
import { filtersOverlap } from '../../protocol/topic/filter-relations.ts';
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import { parseFilter } from '../../protocol/topic/topic-filter.ts';
import {
  type BridgeOptions,
  type ForwardRuleOptions,
  type SubscriptionRuleOptions,
  subscriptionsOf,
} from './bridge-options.ts';

type Rules = Pick<BridgeOptions, 'forwards' | 'subscriptions'>;

/** Whether messages that a rule forwards may come back. */
export function isForwardAtRisk(rule: ForwardRuleOptions, { subscriptions }: Rules): boolean {
  const mapping = RuleMapping.compile(rule.localTopic, rule.remoteTopic, rule);
  if (mapping instanceof MappingFault) return false;
  if (mapping.isIdentity && mapping.filters.some((filter) => filter === '#' || filter === '+/#')) return true;
  return subscriptions.some((other) => isEchoed(mapping, other));
}

/** Whether messages that a rule brings in may come back. */
export function isSubscriptionAtRisk(rule: SubscriptionRuleOptions, { forwards }: Rules): boolean {
  const mapping = RuleMapping.compile(rule.remoteTopic, rule.localTopic, rule);
  if (mapping instanceof MappingFault) return false;
  const asked = mapping.filters.map((filter) => parseFilter(filter).filter);
  if (mapping.isIdentity && asked.some((filter) => filter === '#' || filter === '+/#')) return true;
  return forwards.some(({ localTopic, moreFilters = [] }) =>
    [localTopic, ...moreFilters].some((filter) =>
      mapping.resultFilters.some((result) => filtersOverlap(filter, result)),
    ),
  );
}

/** Whether what a 3.x remote sends is compared with what it got: as configured, or where it may send that back. */
export function areEchoesLookedFor(options: BridgeOptions): boolean {
  if (options.loopGuard !== 'auto') return options.loopGuard === 'on';
  const rules: Rules = { forwards: options.forwards, subscriptions: subscriptionsOf(options) };
  return rules.forwards.some((rule) => {
    const mapping = RuleMapping.compile(rule.localTopic, rule.remoteTopic, rule);
    return !(mapping instanceof MappingFault) && rules.subscriptions.some((other) => isEchoed(mapping, other));
  });
}

function isEchoed({ resultFilters }: RuleMapping, subscription: SubscriptionRuleOptions): boolean {
  const mapping = RuleMapping.compile(subscription.remoteTopic, subscription.localTopic, subscription);
  if (mapping instanceof MappingFault) return false;
  return mapping.filters.some((filter) => {
    const asked = parseFilter(filter).filter;
    return resultFilters.some((result) => filtersOverlap(asked, result));
  });
}
