// ForwardRule: one local filter to one remote topic, a destination of the router. It rewrites what
// matches and appends it to the bridge's queue; the queue holding it is what its publisher's
// acknowledgement waits for.
import { topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import { MappingFault, TopicMapping } from '../../protocol/topic/topic-mapping.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { UsageError } from '../base/errors.ts';
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { Acceptance } from '../router/acceptance.ts';
import type { Destination, Grant } from '../router/destination.ts';
import type { Router } from '../router/router.ts';
import type { ForwardRuleOptions } from './bridge-options.ts';
import { RuleCounters, type RuleStatus } from './bridge-status.ts';
import { mayForward } from './loop-guard.ts';

/** Where a rule puts what it forwards. */
export interface ForwardQueue {
  /** Whether the link to the remote is up. */
  readonly isReady: boolean;
  /** Takes a message. Returns why not, if it did not. */
  append(message: Message, rule: ForwardRule): DropReason | undefined;
}

/** One rule at work. */
export class ForwardRule implements Destination {
  readonly origin: Origin;
  readonly counters: RuleCounters = new RuleCounters();
  readonly #options: ForwardRuleOptions;
  readonly #mapping: TopicMapping;
  readonly #queue: ForwardQueue;

  /** Throws UsageError for a rule that cannot be compiled. */
  constructor(options: ForwardRuleOptions, origin: Origin, queue: ForwardQueue) {
    const { localTopic, remoteTopic, prefix, suffix } = options;
    this.origin = origin;
    this.#options = options;
    this.#queue = queue;
    this.#mapping = compileMapping(localTopic, remoteTopic, { prefix, suffix });
  }

  /** Whether the remote can be reached now. */
  get isReady(): boolean {
    return this.#queue.isReady;
  }

  /** The rule in numbers. */
  get status(): RuleStatus {
    return this.counters.status(this.#options.localTopic, this.#options.remoteTopic);
  }

  /** Begins to hear of local messages. */
  attach(router: Router): void {
    const options = { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 } as const;
    router.subscribe(this, this.#options.localTopic, options);
  }

  /** Hears no more. */
  detach(router: Router): void {
    router.unsubscribe(this, this.#options.localTopic);
  }

  /** See `Destination`. */
  deliver(message: Message, _grant: Grant, acceptance: Acceptance): void {
    if (!mayForward(message, this.origin)) return;
    this.counters.received.add();
    const topic = this.#mapping.map(message.topic);
    if (topic instanceof MappingFault) {
      this.counters.dropped.add('bad-topic');
      return;
    }
    const { qos = message.qos, retain = message.retain } = this.#options;
    const reason = this.#queue.append(message.withTopic(topic, qos, retain), this);
    if (reason === undefined) return;
    this.counters.dropped.add(reason);
    if (reason === 'queue-full') acceptance.refuse(ReasonCode.quotaExceeded);
  }
}

/** Compiles a rule's topics; throws UsageError with what is wrong with them. */
export function compileMapping(
  pattern: string,
  target: string,
  more: { readonly prefix: string | undefined; readonly suffix: string | undefined },
): TopicMapping {
  const shared = /^\$share\/[^/]+\/(.+)$/.exec(pattern)?.[1];
  const fault = topicFilterFault(pattern);
  if (fault !== undefined) throw new UsageError('TOPIC_FILTER', `the filter '${pattern}' ${fault}`);
  const mapping = TopicMapping.compile({
    pattern: shared ?? pattern,
    target,
    ...(more.prefix === undefined ? {} : { prefix: more.prefix }),
    ...(more.suffix === undefined ? {} : { suffix: more.suffix }),
  });
  if (mapping instanceof MappingFault) throw new UsageError('TOPIC_MAPPING', mapping.detail);
  return mapping;
}
