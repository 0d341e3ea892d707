// SubscriptionRule: remote filters to one local topic. The remote is asked for the filters; what
// comes is rewritten by the first rule whose filter matches, so overlapping rules do not double a
// message that came once.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import type { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import type { SubscribeEntry } from '../../protocol/wire/packets.ts';
import { lowerQos } from '../../protocol/wire/protocol-version.ts';
import type { Durability } from '../base/durability.ts';
import type { Message } from '../message/message.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { SubscriptionRuleOptions } from './bridge-options.ts';
import { RuleCounters, type RuleStatus } from './bridge-status.ts';
import { compiledTopics } from './compiled-topics.ts';
import { EnvelopeOpener } from './envelope-opener.ts';
import type { LocalInterest } from './local-interest.ts';
import type { PathGuard } from './loop-guard.ts';
import { MessageContext } from './message-context.ts';
import { RuleGate } from './rule-gate.ts';
import { type ResponseMapping, RuleProperties } from './rule-properties.ts';

/** What a rule works with. */
export interface SubscriptionRuleParts {
  /** The local name of a remote response topic. */
  readonly responseMapping: ResponseMapping;
  /** Writes the way of messages that may come back. */
  readonly paths?: PathGuard | undefined;
  /** What devices want. */
  readonly interest?: LocalInterest | undefined;
}

/** One rule at work. */
export class SubscriptionRule {
  readonly counters: RuleCounters = new RuleCounters();
  readonly #options: SubscriptionRuleOptions;
  readonly #mapping: RuleMapping;
  readonly #properties: RuleProperties;
  readonly #gate: RuleGate | undefined;
  readonly #paths: PathGuard | undefined;
  readonly #opener: EnvelopeOpener | undefined;
  /** Present where what devices want says what is asked for. */
  readonly #interest: LocalInterest | undefined;

  /** Throws UsageError for a rule that is none. */
  constructor(options: SubscriptionRuleOptions, { responseMapping, paths, interest }: SubscriptionRuleParts) {
    const { remoteTopic, localTopic, userProperties = [], flatten } = options;
    this.#options = options;
    this.#mapping = compiledTopics(remoteTopic, localTopic, options);
    this.#properties = new RuleProperties(userProperties, flatten !== undefined, responseMapping);
    this.#gate = RuleGate.of(options);
    this.#paths = paths;
    if (options.isOpeningEnvelopes === true) this.#opener = new EnvelopeOpener();
    this.#interest = options.isByInterest === true ? interest : undefined;
  }

  /** What the remote is asked for; with its session kept, retained messages do not come again. */
  entries(isSessionPresent: boolean): readonly SubscribeEntry[] {
    const { qos, isNoLocal = true, isRetainAsPublished = true, retainHandling = 0 } = this.#options;
    const asked = this.#interest?.asked ?? new Map(this.#mapping.filters.map((filter) => [filter, qos]));
    return [...asked].map(([filter, level]) => ({
      filter,
      qos: level,
      noLocal: isNoLocal && !filter.startsWith('$share/'),
      retainAsPublished: isRetainAsPublished,
      retainHandling: isSessionPresent && retainHandling === 0 ? 1 : retainHandling,
    }));
  }

  /** See `RuleOptions`. */
  get durability(): Durability | undefined {
    return this.#options.durability;
  }

  /** The filters that the remote is asked for, in the order of `entries`. */
  get filters(): readonly string[] {
    return this.#interest === undefined ? this.#mapping.filters : [...this.#interest.asked.keys()];
  }

  /** The rule in numbers. */
  get status(): RuleStatus {
    const { remoteTopic, localTopic, note } = this.#options;
    const status = this.counters.status(remoteTopic, localTopic, note);
    return {
      ...status,
      ...(this.#interest === undefined ? {} : { interest: this.#interest.status }),
      ...(this.#opener === undefined ? {} : { envelopes: this.#opener.counts }),
    };
  }

  /** Whether the rule is about a remote topic. */
  matches(topic: string): boolean {
    return this.#mapping.matches(topic);
  }

  /** The remote topic that this rule maps to a local one; undefined where it does not say which. */
  inverse(localTopic: string): string | undefined {
    return this.#mapping.inverse(localTopic);
  }

  /** The message as it goes on here, from one that the rule is about; or why it does not. */
  localise(received: Message, now: number): Message | DropReason {
    const message = this.#opener === undefined ? received : this.#opener.open(received, now);
    const context = this.#mapping.needsContext ? new MessageContext(message) : undefined;
    const topic = this.#mapping.map(message.topic, context);
    if (topic === undefined || topic instanceof MappingFault) return 'bad-topic';
    const refused = this.#gate?.refuse(message, now);
    if (refused !== undefined) return refused;
    const own = this.#properties.rewrite(message);
    const properties = this.#paths === undefined ? own : this.#paths.stamp(own, false);
    if (properties === undefined) return 'loop';
    const { retain = message.retain, qosMax = message.qos } = this.#options;
    const qos = lowerQos(message.qos, qosMax);
    const isSame = topic === message.topic && properties === message.properties;
    if (isSame && retain === message.retain && qos === message.qos) return message;
    return message.borrowedAs({ topic, properties, qos, retain });
  }
}
