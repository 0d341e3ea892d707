// Bridge: one configured relation between the local router and a remote broker. It joins a connector (the link), a
// forwarder (local to remote) and a receiver (remote to local), and knows nothing of the broker: they meet in the
// router.
//
//   open --close--> closing (no new messages are taken, what waits is sent within a bound) --> closed
//   open --destroy--> closed
import type { SendEntry } from '../../protocol/session/send-window.ts';
import { isFailure, type ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import { ClosedError } from '../base/errors.ts';
import { Origin } from '../message/origin.ts';
import { type BridgeContext, type BridgeSettings, pathsOf } from './bridge-context.ts';
import { BridgeDelivery } from './bridge-delivery.ts';
import { type BridgeOptions, bridgeDefaults } from './bridge-options.ts';
import type { BridgeStatus } from './bridge-status.ts';
import { Connector } from './connector.ts';
import type { ConnectorOwner } from './connector-parts.ts';
import { openDeadLetters } from './dead-letters.ts';
import { DeliveryLedger, type LedgerEntry } from './delivery-ledger.ts';
import type { ForwardRule } from './forward-rules.ts';
import { type ForwardStorage, strictestOf } from './forward-storage.ts';
import { Forwarder } from './forwarder.ts';
import type { LatencyViews } from './latencies.ts';
import { Notifications } from './notifications.ts';
import { Receiver } from './receiver.ts';
import { RuleMaker } from './rule-maker.ts';
import { Subscriber } from './subscriber.ts';
import type { SubscriptionRule } from './subscription-rules.ts';
import { TraceStarter } from './trace-context.ts';

/** Why a bridge is closed: it was told to, or something broke. */
export interface BridgeClosed {
  readonly error: Error | undefined;
}

/** One bridge. */
export class Bridge {
  readonly name: string;
  /** Fulfilled when the bridge is closed, whichever way. */
  readonly closed: Promise<BridgeClosed>;
  /** What people do with its messages. */
  readonly delivery: BridgeDelivery;
  readonly #context: BridgeContext;
  readonly #connector: Connector;
  readonly #forwarder: Forwarder;
  readonly #receiver: Receiver;
  readonly #notifications: Notifications;
  #forwards: readonly ForwardRule[];
  readonly #ruleMaker: RuleMaker;
  readonly #ledger: DeliveryLedger | undefined;
  readonly #subscriber: Subscriber;
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
    const origin = new Origin('bridge', options.name);
    const { router } = context;
    this.#notifications = new Notifications(options, { origin, router, wallMs: () => context.ports.clock.wallMs() });
    const clock = context.ports.clock;
    this.#connector = new Connector({ ...context, options }, this.#owner());
    const stored = this.#storedTerms(context, options, origin);
    const deadLetters = openDeadLetters(context, options, origin);
    this.#forwarder = new Forwarder(options, this.#connector, { ...context, deadLetters }, stored);
    const { ledgerSize, ledgerSampleOf, traceRatio } = options;
    if (ledgerSize > 0) {
      this.#ledger = new DeliveryLedger({ size: ledgerSize, sampleOf: ledgerSampleOf }, clock);
      this.#forwarder.latencies.follow(this.#ledger.trail(0));
    }
    this.#ruleMaker = new RuleMaker(options, {
      ledger: this.#ledger,
      trace: traceRatio === undefined ? undefined : new TraceStarter(context.ports.random, traceRatio),
      origin,
      queue: this.#forwarder,
      now: () => clock.now(),
      paths: pathsOf(context, options),
      toRemote: (local) => firstInverse(this.#subscriptions, local),
      toLocal: (remote) => firstInverse(this.#forwards, remote),
    });
    const { forwards, subscriptions } = this.#ruleMaker.make(options);
    this.#forwards = forwards;
    this.#subscriptions = subscriptions;
    this.#former = this.#ruleMaker.former;
    this.delivery = new BridgeDelivery({
      queue: this.#forwarder,
      deadLetters,
      ruleOf: (key) => this.#ruleOf(key),
    });
    this.#forwarder.restore();
    this.#forwarder.isPaused = context.storage?.isPaused(`bridge/${options.name}`) === true;
    const { log } = context;
    this.#subscriber = new Subscriber({ name: this.name, clock, log, line: this.#connector }, subscriptions);
    this.#receiver = new Receiver(this.#subscriptions, {
      origin,
      router: context.router,
      session: () => this.#connector.session,
      refusedForNow: () => this.#connector.breakOff('no room for a message now'),
    });
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
    const hasState = context.storage?.knows(`bridge/${settings.name}`) === true;
    const options = {
      forwards: [],
      subscriptions: [],
      ...bridgeDefaults,
      ...(hasState ? { hasSessionState: true } : {}),
      ...settings,
    };
    const bridge = new Bridge(context, options);
    for (const rule of bridge.#forwards) rule.attach(context.router);
    bridge.#stateChanged();
    bridge.#connector.start();
    return bridge;
  }

  /** The bridge, now. */
  get status(): BridgeStatus {
    const { forecast } = this.#forwarder;
    const { oldestAt } = this.#forwarder.latencies;
    const isWaiting = oldestAt !== undefined && this.#forwarder.depth > 0;
    return {
      name: this.name,
      remote: this.#connector.remote,
      remotes: this.#connector.remotes,
      degradations: this.#connector.degradations,
      link: this.#connector.state,
      connects: this.#connector.remotes.reduce((sum, { connects }) => sum + connects, 0),
      queueDepth: this.#forwarder.depth,
      queueBytes: this.#forwarder.byteLength,
      ...(isWaiting ? { oldestMs: Math.round(this.#context.ports.clock.now() - oldestAt) } : {}),
      underway: this.#connector.session.underwayCount,
      deadLetters: this.delivery.deadLetters.status,
      refusals: this.#forwarder.refusals,
      ...(forecast === undefined ? {} : { forecast }),
      forwards: this.#allForwards.map((rule) => rule.status),
      subscriptions: this.#subscriptions.map((rule) => {
        const refused = this.#subscriber.reasonsOf(rule.filters);
        return refused === undefined ? rule.status : { ...rule.status, refused };
      }),
      echoes: this.#connector.echoes.count,
      unmatched: this.#receiver.unmatched.value,
    };
  }

  /** What became of the latest messages, newest first; undefined where no ledger is kept. */
  get ledger(): Iterable<LedgerEntry> | undefined {
    return this.#ledger?.entries();
  }

  /** How long messages take to the remote, those that were measured. */
  get latencies(): LatencyViews {
    return this.#forwarder.latencies.views;
  }

  /** Whether an operator has stopped the sending. */
  get isPaused(): boolean {
    return this.#forwarder.isPaused;
  }

  /**
   * Sends nothing more until `resume`: messages wait in the queue, the link stays. Kept over a restart where there is a
   * storage.
   */
  pause(): void {
    this.#forwarder.isPaused = true;
    this.#forwarder.latencies.restart();
    this.#context.storage?.setPaused(`bridge/${this.name}`, true);
  }

  /** Sends again, what waits first. */
  resume(): void {
    this.#forwarder.isPaused = false;
    this.#context.storage?.setPaused(`bridge/${this.name}`, false);
    this.#forwarder.pump();
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
   * after `timeoutMs` (default 5000) is dropped, counted as `removed`.
   */
  async close(options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#state !== 'open') {
      await this.closed;
      return;
    }
    this.#state = 'closing';
    for (const rule of this.#forwards) rule.detach(this.#context.router);
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#checkDrained();
    const bound = this.#context.ports.clock.schedule(options.timeoutMs ?? 5000, () => this.#drained?.());
    options.signal?.addEventListener('abort', () => this.#drained?.(), { once: true });
    await drained;
    bound.cancel();
    this.#notify(false);
    await this.#connector.close();
    this.#finish(undefined);
  }

  /**
   * Other rules from now on; those that did not change keep their numbers. What waits goes on as it was mapped; the
   * remote is asked for what is new, and for the end of what is gone. Throws UsageError for a rule that cannot be
   * compiled, and nothing has changed then.
   */
  updateRules(rules: Pick<BridgeOptions, 'forwards' | 'subscriptions'>): void {
    if (this.#state !== 'open') throw new ClosedError(`the bridge ${this.name} is closed`);
    const forwardsBefore = this.#forwards;
    const { forwards, subscriptions } = this.#ruleMaker.make(rules);
    const { router } = this.#context;
    for (const rule of forwardsBefore) if (!forwards.includes(rule)) rule.detach(router);
    for (const rule of forwards) if (!forwardsBefore.includes(rule)) rule.attach(router);
    for (const rule of forwardsBefore) {
      if (forwards.includes(rule)) continue;
      this.#forwarder.succeed(rule, forwards.find(({ key }) => key === rule.key) ?? this.#former);
    }
    this.#forwards = forwards;
    this.#subscriptions = subscriptions;
    this.#receiver.rules = subscriptions;
    this.#subscriber.change(subscriptions);
  }

  /** Dials at once if the bridge waits: something has changed that may have been in the way. */
  wake(): void {
    this.#connector.wake();
  }

  /** Closes at once: what waits is dropped, counted as `removed`. */
  destroy(error?: Error): void {
    if (this.#state === 'closed') return;
    for (const rule of this.#forwards) rule.detach(this.#context.router);
    this.#connector.destroy();
    this.#finish(error);
  }

  /** `close` with its defaults. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Queues are stored where there is a storage, unless the bridge is to live in memory, or has no rules. */
  #storedTerms(context: BridgeContext, options: BridgeOptions, origin: Origin): ForwardStorage | undefined {
    const { storage } = context;
    const { durability } = options;
    const strictest = strictestOf(options);
    if (storage === undefined || strictest === 'memory') return undefined;
    return {
      storage,
      durability,
      strictest,
      origin,
      sessions: this.#connector.sessions,
      ruleOf: (key) => this.#ruleOf(key),
    };
  }

  #ruleOf(key: number): ForwardRule {
    return this.#forwards.find((rule) => rule.key === key) ?? this.#former;
  }

  #owner(): ConnectorOwner {
    const { clock } = this.#context.ports;
    return {
      connected: (isSessionPresent) => this.#connected(isSessionPresent),
      writable: () => void this.#forwarder.pump(),
      messageReceived: (publish, ticket) => this.#receiver.receive(publish, ticket, clock.now()),
      messageSettled: (entry, reasonCode) => this.#settled(entry, reasonCode),
      runSettled: (token, count) => {
        this.#forwarder.runSettled(token, count);
        this.#connector.settled();
        this.#checkDrained();
      },
      sessionLost: (entries) => this.#forwarder.sessionLost(entries),
      subscribed: (filters, reasonCodes) => this.#subscribed(filters, reasonCodes),
      stateChanged: () => this.#stateChanged(),
    };
  }

  #connected(isSessionPresent: boolean): void {
    this.#subscriber.connected(isSessionPresent);
    this.#notify(true);
    this.#forwarder.pump();
    this.#checkDrained();
  }

  #notify(isConnected: boolean): void {
    const delivery = this.#notifications.delivery(isConnected);
    if (delivery !== undefined) this.#connector.tell(delivery);
  }

  #settled(entry: SendEntry, reasonCode: ReasonCode): void {
    this.#forwarder.settled(entry, reasonCode);
    this.#connector.settled();
    if (isFailure(reasonCode)) {
      const facts = { bridge: this.name, reason: reasonName(reasonCode) };
      this.#context.log.warn(facts, 'the remote refused a message');
    }
    this.#checkDrained();
  }

  #subscribed(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    // its packet identifier may have been in the way of a message's
    this.#forwarder.pump();
    this.#subscriber.answered(filters, reasonCodes);
  }

  #stateChanged(): void {
    if (this.#connector.state.state !== 'connected') {
      this.#subscriber.disconnected();
      this.#forwarder.latencies.restart();
    }
    this.#notifications.changed(this.#connector.state, this.#connector.remote);
    if (this.#listeners.size === 0) return;
    const { status } = this;
    for (const listener of this.#listeners) listener(status);
  }

  #checkDrained(): void {
    if (this.#state !== 'closing') return;
    if (this.#forwarder.depth === 0 || !this.#connector.isConnected) this.#drained?.();
  }

  #finish(error: Error | undefined): void {
    this.#state = 'closed';
    this.#forwarder.clear();
    this.#resolveClosed({ error });
  }
}

/** What the first rule that can says of a topic on its other side. */
function firstInverse(
  rules: readonly { readonly inverse: (topic: string) => string | undefined }[],
  topic: string,
): string | undefined {
  for (const rule of rules) {
    const found = rule.inverse(topic);
    if (found !== undefined) return found;
  }
  return undefined;
}
