// SubscriptionRule: one remote filter to one local topic. The remote is asked for the filters; what
// comes is rewritten by the first rule whose filter matches, so overlapping rules do not double a
// message that came once.
import { filterMatches, parseFilter } from '../../protocol/topic/topic-filter.ts';
import { MappingFault, type TopicMapping } from '../../protocol/topic/topic-mapping.ts';
import type { SubscribeEntry } from '../../protocol/wire/packets.ts';
import type { SubscriptionRuleOptions } from './bridge-options.ts';
import { RuleCounters, type RuleStatus } from './bridge-status.ts';
import { compileMapping } from './forward-rules.ts';

/** One rule at work. */
export class SubscriptionRule {
  readonly counters: RuleCounters = new RuleCounters();
  readonly #options: SubscriptionRuleOptions;
  readonly #filter: string;
  readonly #mapping: TopicMapping;

  /** Throws UsageError for a rule that cannot be compiled. */
  constructor(options: SubscriptionRuleOptions) {
    const { remoteTopic, localTopic, prefix, suffix } = options;
    this.#options = options;
    this.#mapping = compileMapping(remoteTopic, localTopic, { prefix, suffix });
    this.#filter = parseFilter(remoteTopic).filter;
  }

  /** What the remote is asked for; with its session kept, retained messages do not come again. */
  entry(isSessionPresent: boolean): SubscribeEntry {
    const { remoteTopic, qos, isNoLocal = true, isRetainAsPublished = true, retainHandling = 0 } = this.#options;
    return {
      filter: remoteTopic,
      qos,
      noLocal: isNoLocal && !remoteTopic.startsWith('$share/'),
      retainAsPublished: isRetainAsPublished,
      retainHandling: isSessionPresent && retainHandling === 0 ? 1 : retainHandling,
    };
  }

  /** The filter, for logs. */
  get filter(): string {
    return this.#options.remoteTopic;
  }

  /** The rule in numbers. */
  get status(): RuleStatus {
    return this.counters.status(this.#options.remoteTopic, this.#options.localTopic);
  }

  /** Whether the rule is about a remote topic. */
  matches(topic: string): boolean {
    return filterMatches(this.#filter, topic);
  }

  /** The local topic for a remote one; undefined if it would be none. */
  localTopic(topic: string): string | undefined {
    const mapped = this.#mapping.map(topic);
    return mapped instanceof MappingFault ? undefined : mapped;
  }

  /** The retain flag that a message gets here. */
  retain(asReceived: boolean): boolean {
    return this.#options.retain ?? asReceived;
  }
}
