// Bridge: one configured relation between the local router and a remote broker. It joins a connector (the link), a
// forwarder (local to remote) and a receiver (remote to local), and meets the broker nowhere but in the router.
//
//   open --close--> closing (no new messages are taken, what waits is sent within a bound) --> closed
//   open --destroy--> closed
import { assert, ClosedError } from '../base/errors.ts';
import { Origin } from '../message/origin.ts';
import type { AnswerWatch } from './answer-watch.ts';
import type { BridgeClosed, BridgeCloseOptions } from './bridge-close.ts';
import { type BridgeContext, type BridgeSettings, optionsOf, pathsOf, rightsOf } from './bridge-context.ts';
import { BridgeDelivery } from './bridge-delivery.ts';
import { BridgeNews } from './bridge-news.ts';
import { type BridgeOptions, subscriptionsOf } from './bridge-options.ts';
import { BridgePace } from './bridge-pace.ts';
import type { BridgeLinkState, BridgeStatus } from './bridge-status.ts';
import { openDeadLetters } from './dead-letters.ts';
import { loweredFor } from './degradations.ts';
import { DeliveryLedger, type LedgerEntry } from './delivery-ledger.ts';
import { firstInverse } from './first-inverse.ts';
import type { ForwardRule } from './forward-rules.ts';
import { storedTermsOf } from './forward-storage.ts';
import { openKept } from './kept-messages.ts';
import type { Lane } from './lane.ts';
import { isLaneLeft } from './lane-layout.ts';
import { LaneWaiting } from './lane-waiting.ts';
import { Lanes, type LanesOwner } from './lanes.ts';
import { type LatencyHistograms, type LatencyViews, newHistograms, viewsOf } from './latencies.ts';
import { BridgeBytes } from './link-bytes.ts';
import { LocalInterest } from './local-interest.ts';
import { EchoGuard } from './loop-guard.ts';
import { mergedRemotes } from './merged-remotes.ts';
import { Notifications } from './notifications.ts';
import { adopt, changeOf, type OptionChange, type RuleChange } from './option-change.ts';
import { QueuePool } from './queue-pool.ts';
import { Receiver } from './receiver.ts';
import { ReplayEntrance } from './replay-entrance.ts';
import { Replays } from './replays.ts';
import { RetainedSync } from './retained-sync.ts';
import { RuleMaker } from './rule-maker.ts';
import type { SubscriptionRule } from './subscription-rules.ts';
import { TraceStarter } from './trace-context.ts';

/** One bridge. */
export class Bridge {
  readonly name: string;
  /** Fulfilled when the bridge is closed, whichever way. */
  readonly closed: Promise<BridgeClosed>;
  /** What people do with its messages. */
  readonly delivery: BridgeDelivery;
  /** What happens besides the states of the link. */
  readonly news: BridgeNews = new BridgeNews();
  /** What was delivered, and its replay. */
  readonly replays: Replays;
  /** Where messages of the past come in. */
  readonly entrance: ReplayEntrance;
  readonly #context: BridgeContext;
  /** One object, which its parts look at when they need it; see `adopt`. */
  readonly #options: BridgeOptions;
  readonly #lanes: Lanes;
  readonly #echoes: EchoGuard;
  readonly #receiver: Receiver;
  readonly #notifications: Notifications;
  readonly #interest: LocalInterest;
  readonly #retained: RetainedSync;
  #forwards: readonly ForwardRule[];
  readonly #ruleMaker: RuleMaker;
  readonly #pace: BridgePace;
  readonly #ledger: DeliveryLedger | undefined;
  readonly #histograms: LatencyHistograms = newHistograms();
  readonly #bytes = new BridgeBytes();
  /** Stands for rules of an earlier configuration: their messages go on, as they were mapped then. */
  readonly #former: ForwardRule;
  #subscriptions: readonly SubscriptionRule[];
  readonly #listeners = new Set<(status: BridgeStatus) => void>();
  #state: 'open' | 'closing' | 'closed' = 'open';
  #resolveClosed: (reason: BridgeClosed) => void = () => undefined;
  #drained: (() => void) | undefined;

  private constructor(context: BridgeContext, options: BridgeOptions) {
    this.name = options.name;
    this.#context = context;
    this.#options = options;
    const origin = new Origin('bridge', options.name);
    const { router } = context;
    this.#notifications = new Notifications(options, { origin, router, wallMs: () => context.ports.clock.wallMs() });
    const { clock, random } = context.ports;
    const now = (): number => clock.now();
    this.#echoes = new EchoGuard(random.bytes(4).readInt32LE(0), now);
    const heard = { origin, now, rights: rightsOf(context, options) };
    this.#receiver = new Receiver([], { ...heard, router });
    const { queueCountMax: countMax, queueBytesMax: bytesMax, queueOverflow: overflow } = options;
    const pool = new QueuePool({ countMax, bytesMax, overflow });
    const stored = storedTermsOf(context, options, origin, (key) => this.#ruleOf(key).sourceOf(key) ?? this.#former);
    const deadLetters = openDeadLetters(context, options, origin);
    const { ledgerSize: size, ledgerSampleOf: sampleOf, traceRatio } = options;
    this.#ledger = size > 0 ? new DeliveryLedger({ size, sampleOf }, clock) : undefined;
    const kept = openKept(context, options, origin);
    this.#pace = new BridgePace(options, { clock, storage: context.storage, bytes: this.#bytes });
    const counted = { histograms: this.#histograms, bytes: this.#bytes };
    const told = { ...counted, ledger: this.#ledger, deadLetters, kept, pace: this.#pace, news: this.news };
    const parts = { context, options, stored, pool, echoes: this.#echoes, receiver: this.#receiver, ...told };
    this.#lanes = new Lanes(parts, this.#owner());
    const changed = (): void => this.#lanes.subscribe(this.#subscriptions);
    this.#interest = new LocalInterest({ interests: router.interests, clock, changed });
    this.#retained = new RetainedSync({
      name: options.name,
      clock,
      log: context.log,
      retained: router.retained,
      storage: context.storage,
      isRemote: (topic) => firstInverse(this.#subscriptions, topic) !== undefined,
      line: this.#lanes,
    });
    this.#ruleMaker = new RuleMaker(options, {
      ledger: this.#ledger,
      interest: this.#interest,
      retained: this.#retained,
      isKeeping: kept !== undefined,
      trace: traceRatio === undefined ? undefined : new TraceStarter(random, traceRatio),
      ...heard,
      queue: this.#lanes,
      laneOrder: options.laneOrder,
      gateOf: (limits) => this.#pace.gateOf(limits),
      paths: pathsOf(context, options),
      toRemote: (local) => firstInverse(this.#subscriptions, local),
      toLocal: (remote) => firstInverse(this.#forwards, remote),
    });
    this.#interest.use(options.transparent || undefined);
    const { forwards, subscriptions } = this.#ruleMaker.make({ ...options, subscriptions: subscriptionsOf(options) });
    this.#forwards = forwards;
    this.#subscriptions = subscriptions;
    this.#former = this.#ruleMaker.former;
    const ruleOf = (key: number): ForwardRule => this.#ruleOf(key);
    const waiting = new LaneWaiting(this.#lanes, ruleOf);
    this.delivery = new BridgeDelivery({ queue: waiting, deadLetters, ruleOf });
    const [forwardsOf, isClosed] = [() => this.#forwards, () => this.#state !== 'open'];
    this.entrance = new ReplayEntrance({ ruleOf, forwards: forwardsOf, depth: () => this.#lanes.depth, isClosed });
    const { name, news, entrance } = this;
    this.replays = new Replays({ ...context, name, kept, clock, news, entrance, ruleOf });
    this.#receiver.rules = subscriptions;
    this.#lanes.subscribe(subscriptions);
    this.#lanes.restore();
    this.#lanes.isPaused = context.storage?.isPaused(`bridge/${options.name}`) === true;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /**
   * Opens a bridge: from now on it takes messages and dials its remote, for as long as it lives.
   * Throws UsageError for a rule that cannot be compiled and for options that no CONNECT can hold;
   * that the remote cannot be reached is no error but a state.
   */
  static open(context: BridgeContext, settings: BridgeSettings): Bridge {
    const bridge = new Bridge(context, optionsOf(settings, isLaneLeft(context.storage, settings.name)));
    for (const rule of bridge.#forwards) rule.attach(context.router);
    bridge.#retained.use(bridge.#forwards);
    bridge.#stateChanged();
    const rules = () => ({ forwards: bridge.#allForwards, subscriptions: bridge.#subscriptions });
    bridge.#pace.start(bridge.#lanes, rules, bridge.#stateChanged.bind(bridge));
    bridge.#lanes.start();
    bridge.replays.resume();
    return bridge;
  }

  /** The bridge, now. */
  get status(): BridgeStatus {
    const lanes = this.#lanes.all.map(({ connector }) => connector);
    const remotes = mergedRemotes(lanes.map((connector) => connector.remotes));
    const { wanted, oldestAt, forecast } = this.#lanes;
    const replay = this.replays.status;
    return {
      name: this.name,
      remote: this.#first.remote,
      remotes,
      degradations: [...new Set(lanes.flatMap(({ degradations }) => degradations))],
      link: this.#link,
      lanes: this.#lanes.status,
      ...(wanted === undefined ? {} : { lanesWanted: wanted }),
      connects: remotes.reduce((sum, { connects }) => sum + connects, 0),
      bytesSent: this.#bytes.bytesSent,
      bytesReceived: this.#bytes.bytesReceived,
      queueDepth: this.#lanes.depth,
      queueBytes: this.#lanes.byteLength,
      ...(oldestAt === undefined ? {} : { oldestMs: Math.round(this.#context.ports.clock.now() - oldestAt) }),
      underway: this.#lanes.underwayCount,
      deadLetters: this.delivery.deadLetters.status,
      refusals: this.#lanes.refusals,
      ...this.#pace.status(forecast),
      ...(replay === undefined ? {} : { replay }),
      forwards: this.#allForwards.map((rule) => rule.status),
      subscriptions: this.#subscriptions.map((rule) => {
        const refused = this.#lanes.all[0]?.subscriber.reasonsOf(rule.filters);
        return refused === undefined ? rule.status : { ...rule.status, refused };
      }),
      echoes: this.#echoes.count,
      unmatched: this.#receiver.unmatched.value,
    };
  }

  /** What became of the latest messages, newest first; undefined where no ledger is kept. */
  get ledger(): Iterable<LedgerEntry> | undefined {
    return this.#ledger?.entries();
  }

  /** How long messages take to the remote, those that were measured. */
  get latencies(): LatencyViews {
    return viewsOf(this.#histograms);
  }

  /** The first lane, which speaks for the bridge. */
  get #first(): Lane['connector'] {
    const [first] = this.#lanes.all;
    assert(first !== undefined, 'a bridge has a lane');
    return first.connector;
  }

  get #link(): BridgeLinkState {
    const links = this.#lanes.all.map((lane) => this.#lanes.linkOf(lane));
    return links.find(({ state }) => state !== 'connected') ?? this.#first.state;
  }

  /** Whether an operator has stopped the sending. */
  get isPaused(): boolean {
    return this.#lanes.isPaused;
  }

  /**
   * Sends nothing more until `resume`: messages wait in the queue, the link stays. Kept over a restart where there is a
   * storage.
   */
  pause(): void {
    this.#lanes.isPaused = true;
    this.#context.storage?.setPaused(`bridge/${this.name}`, true);
  }

  /** Sends again, what waits first. */
  resume(): void {
    this.#lanes.isPaused = false;
    this.#context.storage?.setPaused(`bridge/${this.name}`, false);
  }

  get #allForwards(): readonly ForwardRule[] {
    return this.#former.counters.received.value === 0 ? this.#forwards : [...this.#forwards, this.#former];
  }

  /** Calls `listener` whenever the state of the link changes. Returns how to stop that. */
  onStatus(listener: (status: BridgeStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Closes in order: takes no more messages, sends what waits if the remote is there, disconnects. Whatever is not done
   * after `timeoutMs` is dropped, counted as `removed`.
   */
  async close(options: BridgeCloseOptions = {}): Promise<void> {
    if (this.#state !== 'open') {
      await this.closed;
      return;
    }
    this.#state = 'closing';
    this.#interest.stop();
    this.#retained.stop();
    this.replays.stop();
    for (const rule of this.#forwards) rule.detach(this.#context.router);
    this.#lanes.closing();
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#checkDrained();
    const bound = this.#context.ports.clock.schedule(options.timeoutMs ?? 5000, () => this.#drained?.());
    options.signal?.addEventListener('abort', () => this.#drained?.(), { once: true });
    await drained;
    bound.cancel();
    this.#notify(false);
    await this.#lanes.close(options.isForGood);
    this.#finish(undefined);
  }

  /**
   * Other rules from now on; those that did not change keep their numbers. What waits goes on as it was mapped; the
   * remote is asked for what is new, and for the end of what is gone. `laneCount`: so many lanes from now on; default
   * as many as before; so is `transparent`. Throws UsageError for a rule that cannot be compiled, and nothing has
   * changed then.
   */
  updateRules(rules: RuleChange): void {
    if (this.#state !== 'open') throw new ClosedError(`the bridge ${this.name} is closed`);
    const forwardsBefore = this.#forwards;
    const transparent = rules.transparent ?? this.#interest.options ?? false;
    const lists = { forwards: rules.forwards, subscriptions: subscriptionsOf({ ...rules, transparent }) };
    const { forwards, subscriptions } = this.#ruleMaker.make(lists);
    adopt(this.#options, { ...this.#options, ...rules, transparent });
    this.#interest.use(transparent || undefined);
    const { router } = this.#context;
    this.#lanes.optionsChanged(false);
    this.#lanes.reorder(rules.forwards);
    for (const rule of forwardsBefore) if (!forwards.includes(rule)) rule.detach(router);
    for (const rule of forwards) if (!forwardsBefore.includes(rule)) rule.attach(router);
    for (const rule of forwardsBefore) {
      if (forwards.includes(rule)) continue;
      this.#lanes.succeed(rule, forwards.find(({ key }) => key === rule.key) ?? this.#former);
    }
    this.#forwards = forwards;
    this.#subscriptions = subscriptions;
    this.#receiver.rules = subscriptions;
    this.#lanes.subscribe(subscriptions);
    this.#retained.use(forwards);
    if (rules.laneCount !== undefined) this.#lanes.resize(rules.laneCount);
  }

  /**
   * Other settings from now on: queue and sessions stay, and the link where it may. Returns what it took; `all`: the
   * bridge would have to be opened anew, and nothing has changed. Throws as `updateRules`.
   */
  change(settings: BridgeSettings): OptionChange {
    const fresh = optionsOf(settings, this.#options.hasSessionState);
    const change = changeOf(this.#options, fresh, this.#context.storage !== undefined);
    if (change === 'all' || change === 'none') return change;
    this.updateRules(fresh);
    adopt(this.#options, fresh);
    this.#lanes.optionsChanged(change === 'link');
    return change;
  }

  /** What the remote says of subscriptions from now on, to the first lane, which asks for all of them. */
  watchAnswers(): AnswerWatch | undefined {
    return this.#lanes.all[0]?.subscriber.watch();
  }

  /** Dials at once if the bridge waits: something has changed that may have been in the way. */
  wake(): void {
    for (const { connector } of this.#lanes.all) connector.wake();
  }

  /** Closes at once: what waits is dropped, counted as `removed`. */
  destroy(error?: Error): void {
    if (this.#state === 'closed') return;
    this.#interest.stop();
    this.#retained.stop();
    for (const rule of this.#forwards) rule.detach(this.#context.router);
    this.#lanes.destroy();
    this.#finish(error);
  }

  /** `close` with its defaults. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ruleOf(key: number): ForwardRule {
    return this.#forwards.find((rule) => rule.sourceOf(key) !== undefined) ?? this.#former;
  }

  #owner(): LanesOwner {
    return {
      connected: ({ number, connector }) => {
        if (number > 1) return;
        this.#notify(true);
        this.#retained.connected(connector.sessionName, connector.limits?.isRetainAvailable !== false);
      },
      settled: () => this.#checkDrained(),
      stateChanged: () => this.#stateChanged(),
      moved: () => {
        if (this.#state === 'open') for (const rule of this.#forwards) rule.attach(this.#context.router);
      },
    };
  }

  #notify(isConnected: boolean): void {
    const delivery = this.#notifications.delivery(isConnected);
    if (delivery !== undefined) this.#first.send(loweredFor(this.#first.limits, delivery), 0);
  }

  #stateChanged(): void {
    this.#notifications.changed(this.#first.state, this.#first.remote);
    if (this.#listeners.size === 0) return;
    const { status } = this;
    for (const listener of this.#listeners) listener(status);
  }

  #checkDrained(): void {
    if (this.#state === 'closing' && this.#lanes.isDrained) this.#drained?.();
  }

  #finish(error: Error | undefined): void {
    this.#state = 'closed';
    this.replays.close();
    this.#pace.stop();
    this.#lanes.clear();
    this.#resolveClosed({ error });
  }
}
