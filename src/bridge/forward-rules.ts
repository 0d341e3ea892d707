// ForwardRule: one local filter to one remote topic, a destination of the router. It rewrites what
// matches and appends it to the bridge's queue; the queue holding it is what its publisher's
// acknowledgement waits for.

import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import type { RuleMapping } from '../../protocol/topic/rule-mapping.ts';
import { lowerQos, type Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Durability } from '../base/durability.ts';
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { Hold, RunHold } from '../queue/hold.ts';
import type { DropReason } from '../queue/overflow.ts';
import { QueueShare } from '../queue/share.ts';
import type { Acceptance } from '../router/acceptance.ts';
import type { Destination, Grant, RunTaker } from '../router/destination.ts';
import type { Router } from '../router/router.ts';
import type { ForwardRuleOptions } from './bridge-options.ts';
import { RuleCounters, type RuleStatus } from './bridge-status.ts';
import { compiledTopics } from './compiled-topics.ts';
import type { ForwardQueue, ForwardRuleContext } from './forward-rule-context.ts';
import { ForwardPart, type ForwardSource, type ForwardWhole } from './forward-source.ts';
import { LaneKey, partitionOf } from './lane-key.ts';
import { mayForward } from './loop-guard.ts';
import { MappedRun } from './mapped-run.ts';
import { MessageContext } from './message-context.ts';
import { PropertyPolicy } from './property-policy.ts';
import type { RateGate } from './rate-gate.ts';
import { RetainHere } from './retain-here.ts';
import { RuleGate } from './rule-gate.ts';
import { ruleKeysOf } from './rule-keys.ts';
import { RuleProperties } from './rule-properties.ts';
import { RuleRuns, type RunWay } from './rule-runs.ts';
import {
  qos0ShareOf,
  replayShareOf,
  type SideOwner,
  SideSource,
  type SourceTerms,
  shareTermsOf,
} from './side-source.ts';

/** One rule at work. */
export class ForwardRule implements Destination, RunTaker, ForwardWhole, SideOwner {
  readonly origin: Origin;
  counters: RuleCounters = new RuleCounters();
  /** By which its messages are known to be its own after a restart. */
  readonly key: number;
  /** See `ForwardRuleOptions`. */
  readonly isEndToEnd: boolean;
  /** Those of the rule that is in this one's place now. */
  #terms: SourceTerms;
  /** See `ForwardSource`. */
  readonly isQos0Kept: boolean | undefined;
  /** Present: its QoS 0 messages wait by themselves. */
  readonly #qos0: SideSource | undefined;
  readonly #qos0Key: number;
  readonly #replay: SideSource;
  /** See `ForwardSource`. */
  readonly isReplay: boolean = false;
  readonly partition: undefined;
  readonly #laneKey: LaneKey | undefined;
  readonly #parts: ForwardSource[] = [];
  readonly #runs: Map<ForwardQueue, Map<ForwardSource, RuleRuns>> = new Map();
  /** See `RuleOptions`. */
  readonly durability: Durability | undefined;
  readonly #options: ForwardRuleOptions;
  readonly #context: ForwardRuleContext;
  readonly #mapping: RuleMapping;
  readonly #properties: RuleProperties;
  readonly #gate: RuleGate | undefined;
  /** Present where the last message of each topic is retained here. */
  readonly #here: RetainHere | undefined;
  /** Undefined where topics stay as they are. */
  readonly #mapped: MappedRun | undefined;
  /** Whether each message has to be looked at by itself. */
  readonly #isSingle: boolean;

  /** Throws UsageError for a rule that cannot be compiled. */
  constructor(options: ForwardRuleOptions, context: ForwardRuleContext) {
    const { localTopic, remoteTopic, userProperties = [], flatten } = options;
    this.origin = context.origin;
    const keys = ruleKeysOf(options, context.copy ?? 0);
    this.key = keys.own;
    this.#qos0Key = keys.qos0;
    const share = new QueueShare(shareTermsOf(options, context));
    const qos0Share = qos0ShareOf(options, share.terms);
    const rate = options.rate && context.gateOf?.(options.rate);
    const shares = { share, qos0Share: qos0Share ?? share, replayShare: replayShareOf(share.terms) };
    this.#terms = { ...shares, rate, propertyPolicy: PropertyPolicy.of(options) };
    this.#qos0 = qos0Share && new SideSource(this, this.#qos0Key, false);
    this.#replay = new SideSource(this, keys.replay, true);
    this.isQos0Kept = options.qos0Policy === undefined ? undefined : qos0Share !== undefined;
    this.#options = options;
    this.#context = context;
    this.#mapping = compiledTopics(localTopic, remoteTopic, options);
    this.#properties = new RuleProperties(userProperties, flatten !== undefined, context.responseMapping);
    this.#gate = RuleGate.of(options);
    this.#here = options.isRetainedHere === true ? new RetainHere(context.origin, this.#mapping) : undefined;
    this.#mapped = this.#mapping.isIdentity ? undefined : new MappedRun(this.#mapping);
    this.isEndToEnd = options.isEndToEnd ?? false;
    this.#laneKey = LaneKey.of(options, options.laneOrder ?? context.laneOrder);
    this.durability = options.durability;
    this.#isSingle =
      this.isEndToEnd ||
      this.#laneKey?.isByTopic === false ||
      options.queueCountMax !== undefined ||
      options.queueBytesMax !== undefined ||
      this.share.terms.ageMsMax !== undefined ||
      this.share.terms.overflow === 'latest' ||
      this.#mapping.needsContext ||
      this.#properties.isForAll ||
      this.#gate !== undefined ||
      options.rate !== undefined ||
      options.properties3x !== undefined ||
      context.paths !== undefined ||
      context.trace !== undefined ||
      context.ledger !== undefined ||
      context.rights !== undefined ||
      context.isKeeping === true;
  }

  /** Whether nothing of it is dropped for want of room: publishers wait. */
  get isBlocking(): boolean {
    return this.share.terms.overflow === 'block';
  }

  /** Takes the place of another rule: what that has queued is its own, and counts as received by it. */
  succeed(before: ForwardRule): void {
    const isSame = before.key === this.key;
    if (isSame) this.counters = before.counters;
    else this.counters.received.add(before.counters.queued);
    before.counters = this.counters;
    const [own, old] = [this.#terms, before.#terms];
    own.share.adopt(old.share);
    if (old.qos0Share !== old.share) own.qos0Share.adopt(old.qos0Share);
    own.replayShare.adopt(old.replayShare);
    // all that were in this place before see it too
    Object.assign(old, own);
    if (isSame) this.#terms = old;
  }

  /** See `ForwardSource`. */
  get share(): QueueShare {
    return this.#terms.share;
  }

  /** See `SideOwner`. */
  get qos0Share(): QueueShare {
    return this.#terms.qos0Share;
  }

  /** See `SideOwner`. */
  get replayShare(): QueueShare {
    return this.#terms.replayShare;
  }

  /** See `ForwardSource`. */
  get rate(): RateGate | undefined {
    return this.#terms.rate;
  }

  /** See `ForwardSource`. */
  get propertyPolicy(): PropertyPolicy | undefined {
    return this.#terms.propertyPolicy;
  }

  /** See `ForwardSource`. */
  get ruleKey(): number {
    return this.key;
  }

  /** Whose messages of this rule a stored key stands for; undefined where it stands for another rule. */
  sourceOf(key: number): ForwardWhole | undefined {
    if (key === this.#qos0Key) return this.#qos0 ?? this;
    if (key === this.#replay.key) return this.#replay;
    return key === this.key ? this : undefined;
  }

  /** Whether the remote can be reached now. */
  get isReady(): boolean {
    return this.#context.queue.isReady;
  }

  /** See `Destination`. */
  get runTaker(): RunTaker {
    return this;
  }

  /** See `Destination`: one for each lane, so that the topics of a run all take the same. */
  runTakerOf(topic: string): RunTaker {
    const { queue } = this.#context;
    const key = this.#laneKey;
    if (this.#isSingle || (key === undefined && queue.count === 1)) return this;
    const mapped = key === undefined ? this.#mapping.map(topic) : undefined;
    const partition = key?.partitionOfTopic(topic) ?? partitionOf(typeof mapped === 'string' ? mapped : topic);
    const source = key === undefined ? this : this.partOf(partition);
    return this.#runsOf(queue.queueOf(partition), source);
  }

  /** See `ForwardWhole`. */
  partOf(partition: number): ForwardSource {
    const part = this.#parts[partition] ?? new ForwardPart(this, { partition });
    this.#parts[partition] = part;
    return part;
  }

  /** See `RunTaker`. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean {
    return this.mayTakeRunInto(this.#context.queue, qos, run);
  }

  /** See `RunTaker`. */
  takeRun(forms: RunForms, qos: Qos, hold: RunHold): void {
    this.takeRunInto({ queue: this.#context.queue, source: this }, forms, qos, hold);
  }

  /** See `RunTaker`. What a rule raises, makes retained or looks at by itself goes message by message. */
  mayTakeRunInto(queue: ForwardQueue, qos: Qos, run: PublishRun): boolean {
    const qosOfRule = this.#qosOf(qos);
    const { retain = false } = this.#options;
    if (this.#isSingle || retain || qosOfRule > qos || run.end - run.start > runBytesMax) return false;
    if (!queue.mayTakeRun(qosOfRule, run)) return false;
    const mapped = this.#mapped?.map(run);
    // longer topics may be more than the remote takes
    return mapped === undefined || mapped.count === 0 || queue.mayTakeRun(qosOfRule, mapped);
  }

  /** See `RunTaker`: the run that `mayTakeRunInto` was asked about last. */
  takeRunInto({ queue, source }: RunWay, forms: RunForms, qos: Qos, hold: RunHold): void {
    const { counters } = this;
    const mapped = this.#mapped?.forms(forms.version) ?? forms;
    counters.received.add(forms.count - (this.#mapped?.excluded ?? 0));
    const faulty = this.#mapped?.faulty ?? 0;
    if (faulty > 0) counters.dropped.add('bad-topic', faulty);
    if (mapped.count === 0) return;
    counters.payloadBytes.add(mapped.run.payloadBytes);
    queue.takeRun(mapped, this.#qosOf(qos), source, hold);
  }

  /** Whether what is retained here gets to the remote, besides the messages that come. */
  get isSyncing(): boolean {
    return (this.#options.isRetainedSynced ?? true) && this.#options.retain !== false;
  }

  /** All filters that it listens to. */
  get filters(): readonly string[] {
    return this.#mapping.filters;
  }

  /** What it listens to here. */
  get filter(): string {
    return this.#options.localTopic;
  }

  /** The rule in numbers. */
  get status(): RuleStatus {
    const { localTopic, remoteTopic, note } = this.#options;
    const limited = this.rate?.status;
    const properties = this.propertyPolicy?.counts;
    return {
      ...this.counters.status(localTopic, remoteTopic, note),
      ...(limited === undefined ? {} : { limited }),
      ...(properties === undefined ? {} : { properties }),
    };
  }

  /** The local topic that this rule maps to a remote one; undefined where it does not say which. */
  inverse(remoteTopic: string): string | undefined {
    return this.#mapping.inverse(remoteTopic);
  }

  /** Begins to hear of local messages; again when the lanes have changed: whoever remembers ways finds them anew. */
  attach(router: Router): void {
    this.#runs.clear();
    const options = { qos: 2, isNoLocal: false, isRetainAsPublished: true, identifier: 0 } as const;
    for (const filter of this.#mapping.filters) router.subscribe(this, filter, options);
    this.#here?.attach(router);
  }

  /** Hears no more. */
  detach(router: Router): void {
    for (const filter of this.#mapping.filters) router.unsubscribe(this, filter);
    this.#here?.detach(router);
  }

  /** See `Destination`. */
  deliver(message: Message, _grant: Grant, acceptance: Acceptance): void {
    if (!mayForward(message, this.origin)) return;
    const context = this.#mapping.needsContext ? new MessageContext(message) : undefined;
    const topic = this.#mapping.map(message.topic, context);
    if (topic === undefined) return;
    this.counters.received.add();
    if (this.#context.rights?.mayReceive(message.topic) === false) {
      this.#drop(message, 'denied');
      return;
    }
    const refused = topic instanceof MappingFault ? 'bad-topic' : this.#gate?.refuse(message, this.#context.now());
    if (topic instanceof MappingFault || refused !== undefined) {
      this.#drop(message, refused ?? 'bad-topic');
      return;
    }
    const rewritten = this.#rewritten(message, topic);
    if (rewritten === undefined) {
      this.#gate?.undo(message);
      this.#drop(message, 'loop');
      return;
    }
    this.#context.ledger?.heard(message.topic);
    const reason = this.#append(rewritten, this.#sourceOf(message), acceptance, message.qos === 1);
    const isDiskFull = reason === 'disk-full' && this.#context.queue.isRefusingWhenFull;
    const isFull = reason === 'queue-full' || reason === 'too-large' || isDiskFull;
    const isForNow = reason === 'disk-full' || (this.isBlocking && reason !== 'too-large');
    if (isFull) acceptance.refuse(ReasonCode.quotaExceeded, isForNow);
    if (message.retain) this.#context.retained?.changed(this, message.topic, reason === undefined);
    if (reason === undefined) return;
    this.#gate?.undo(message);
    this.#context.ledger?.refused(message, this.filter, reason);
  }

  /** See `Destination`. */
  isFullFor(message: Message): boolean {
    if (!this.isBlocking || !mayForward(message, this.origin)) return false;
    const mapped = this.mapAnew(message);
    return mapped !== undefined && !this.#context.queue.hasRoomFor(mapped, this.#sourceOf(message));
  }

  /** A local message of the past as it would be on the other side now; undefined where this rule does not take it. */
  mapAnew(message: Message): Message | undefined {
    const topic = this.#mapping.map(message.topic, new MessageContext(message));
    if (topic === undefined || topic instanceof MappingFault) return undefined;
    const { retain = message.retain } = this.#options;
    return message.rewritten(topic, this.#properties.rewrite(message), this.#qosOf(message.qos), retain);
  }

  /** Takes a message that was delivered before, as it is for the other side. Returns why not, if it did not. */
  replay(message: Message, partition: number | undefined): DropReason | undefined {
    const reason = this.#context.queue.append(message, partOf(this.#replay, partition));
    this.counters.received.add(reason === undefined ? 1 : 0);
    this.counters.payloadBytes.add(reason === undefined ? message.payload.length : 0);
    return reason;
  }

  #drop(message: Message, reason: DropReason): void {
    this.counters.dropped.add(reason);
    this.#context.ledger?.refused(message, this.filter, reason);
  }

  /** The message on the other side; undefined if it has been here before, or has come too far. */
  #rewritten(message: Message, topic: string): Message | undefined {
    const { retain = message.retain } = this.#options;
    const { paths, trace } = this.#context;
    const own = this.#properties.rewrite(message);
    const properties = paths === undefined ? own : paths.stamp(own, message.origin.kind === 'bridge');
    if (properties === undefined) return undefined;
    const traced = trace === undefined ? properties : trace.stamp(properties);
    return message.rewritten(topic, traced, this.#qosOf(message.qos), retain);
  }

  #qosOf(published: Qos): Qos {
    const { qos = published, qosMax = qos } = this.#options;
    return lowerQos(qos, qosMax);
  }

  /** Whose the message is in a queue. */
  #sourceOf(message: Message): ForwardSource {
    return this.#laneKey === undefined ? this : this.partOf(this.#laneKey.partitionOf(message));
  }

  #append(message: Message, whole: ForwardSource, hold?: Hold, mayWait = false): DropReason | undefined {
    const source = message.qos === 0 && this.#qos0 ? partOf(this.#qos0, whole.partition) : whole;
    const reason = this.#context.queue.append(message, source, hold, mayWait);
    if (reason === undefined) this.counters.payloadBytes.add(message.payload.length);
    else this.counters.dropped.add(reason);
    return reason;
  }

  #runsOf(queue: ForwardQueue, source: ForwardSource): RuleRuns {
    const known = this.#runs.get(queue) ?? new Map<ForwardSource, RuleRuns>();
    this.#runs.set(queue, known);
    const runs = known.get(source) ?? new RuleRuns(this, { queue, source });
    known.set(source, runs);
    return runs;
  }
}

function partOf(whole: ForwardWhole, partition: number | undefined): ForwardSource {
  return partition === undefined ? whole : whole.partOf(partition);
}

/** Larger runs go message by message: longer topics could make a frame longer than a packet can be. */
const runBytesMax = 1_048_576;
