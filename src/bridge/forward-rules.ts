// ForwardRule: one local filter to one remote topic, a destination of the router. It rewrites what
// matches and appends it to the bridge's queue; the queue holding it is what its publisher's
// acknowledgement waits for.
import { topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import { MappingFault, TopicMapping } from '../../protocol/topic/topic-mapping.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { forEachMessage, type RunForms } from '../../protocol/wire/run-forms.ts';
import { UsageError } from '../base/errors.ts';
import { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { Acceptance } from '../router/acceptance.ts';
import type { Destination, Grant, RunTaker } from '../router/destination.ts';
import type { Router } from '../router/router.ts';
import type { ForwardRuleOptions } from './bridge-options.ts';
import { RuleCounters, type RuleStatus } from './bridge-status.ts';
import { mayForward } from './loop-guard.ts';
import { MappedRun } from './mapped-run.ts';

/** Where a rule puts what it forwards. */
export interface ForwardQueue {
  /** Whether the link to the remote is up. */
  readonly isReady: boolean;
  /** Takes a message. Returns why not, if it did not. */
  append(message: Message, rule: ForwardRule): DropReason | undefined;
  /** Whether a run can be passed on at a QoS now, ahead of nothing that waits. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean;
  /** Passes a run on; `mayTakeRun` has said that it can. */
  takeRun(forms: RunForms, qos: Qos, rule: ForwardRule): void;
}

/** One rule at work. */
export class ForwardRule implements Destination, RunTaker {
  readonly origin: Origin;
  readonly counters: RuleCounters = new RuleCounters();
  readonly #options: ForwardRuleOptions;
  readonly #mapping: TopicMapping;
  readonly #queue: ForwardQueue;
  /** Undefined where topics stay as they are. */
  readonly #mapped: MappedRun | undefined;

  /** Throws UsageError for a rule that cannot be compiled. */
  constructor(options: ForwardRuleOptions, origin: Origin, queue: ForwardQueue) {
    const { localTopic, remoteTopic, prefix, suffix } = options;
    this.origin = origin;
    this.#options = options;
    this.#queue = queue;
    this.#mapping = compileMapping(localTopic, remoteTopic, { prefix, suffix });
    const isKept = remoteTopic === '' || remoteTopic === localTopic;
    const isIdentity = isKept && prefix === undefined && suffix === undefined;
    this.#mapped = isIdentity ? undefined : new MappedRun(this.#mapping);
  }

  /** Whether the remote can be reached now. */
  get isReady(): boolean {
    return this.#queue.isReady;
  }

  /** See `Destination`. */
  get runTaker(): RunTaker {
    return this;
  }

  /** See `RunTaker`. What a rule raises or makes retained goes message by message. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean {
    const { qos: qosOfRule = qos, retain = false } = this.#options;
    if (retain || qosOfRule > qos || run.end - run.start > runBytesMax) return false;
    return this.#queue.mayTakeRun(qosOfRule, run);
  }

  /** See `RunTaker`. */
  takeRun(forms: RunForms, qos: Qos): void {
    const { count } = forms;
    const qosOfRule = this.#options.qos ?? qos;
    this.counters.received.add(count);
    const mapped = this.#mapped === undefined ? forms : this.#mapped.map(forms);
    if (mapped.count < count) this.counters.dropped.add('bad-topic', count - mapped.count);
    if (mapped.count === 0) return;
    // longer topics may be more than the remote takes
    if (this.#queue.mayTakeRun(qosOfRule, mapped.run)) this.#queue.takeRun(mapped, qosOfRule, this);
    else this.#appendEach(mapped, qosOfRule);
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
    if (this.#append(message.withTopic(topic, qos, retain)) === 'queue-full') {
      acceptance.refuse(ReasonCode.quotaExceeded);
    }
  }

  #append(message: Message): DropReason | undefined {
    const reason = this.#queue.append(message, this);
    if (reason !== undefined) this.counters.dropped.add(reason);
    return reason;
  }

  #appendEach(forms: RunForms, qos: Qos): void {
    forEachMessage(forms, (view) => {
      const topic = view.topic();
      const parts = { topic, payload: view.payload(), qos, retain: false, origin: this.origin, isOwned: false };
      this.#append(new Message(parts));
    });
  }
}

/** Larger runs go message by message: longer topics could make a frame longer than a packet can be. */
const runBytesMax = 1_048_576;

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
