// Lane: one of the connections of a bridge, with a queue and sessions of its own; most bridges have one. It joins a
// connector, a forwarder and what it asks of the remote, and tells the bridge of what concerns all of it.
//
// Its forwarder is another one after the lanes have become more or fewer; the connection and its sessions stay. Bounded
// by the bounds of its parts.
import type { ReceivedPublish } from '../../protocol/connection/received-publish.ts';
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import { textOfBytes } from '../../protocol/wire/bytes.ts';
import { isFailure, type ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import type { BridgeContext } from './bridge-context.ts';
import type { BridgeNews } from './bridge-news.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { BridgePace } from './bridge-pace.ts';
import type { LaneStatus } from './bridge-status.ts';
import { Connector } from './connector.ts';
import type { ConnectorOwner } from './connector-parts.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { DeliveryLedger } from './delivery-ledger.ts';
import type { FormerTopics } from './former-topics.ts';
import { type ForwardStorage, restoreFlows } from './forward-storage.ts';
import { Forwarder } from './forwarder.ts';
import type { KeptMessages } from './kept-messages.ts';
import { KnownFilters } from './known-filters.ts';
import { flowsOwnerOf } from './lane-layout.ts';
import { laneOptionsOf } from './lane-options.ts';
import type { LatencyHistograms } from './latencies.ts';
import type { BridgeBytes } from './link-bytes.ts';
import type { EchoGuard } from './loop-guard.ts';
import { adopt } from './option-change.ts';
import { type HeldBack, PoisonWatch, type WatchedLane } from './poison-watch.ts';
import { PooledLimits, type QueuePool } from './queue-pool.ts';
import type { Receiver } from './receiver.ts';
import type { RefusalRests } from './refusal-rests.ts';
import { Subscriber } from './subscriber.ts';

/** What all lanes of a bridge work with. */
export interface LaneParts {
  readonly context: BridgeContext;
  /** Those of the bridge. */
  readonly options: BridgeOptions;
  readonly stored: ForwardStorage | undefined;
  readonly echoes: EchoGuard;
  readonly receiver: Receiver;
  readonly pool: QueuePool;
  readonly histograms: LatencyHistograms;
  readonly bytes: BridgeBytes;
  readonly pace: BridgePace;
  /** What stands still since the remote refused something. */
  readonly rests: RefusalRests;
  /** Told what becomes of messages; default nobody. */
  readonly ledger: DeliveryLedger | undefined;
  readonly deadLetters: DeadLetters;
  /** Told of messages that are isolated. */
  readonly news: BridgeNews;
  readonly formerTopics: FormerTopics;
  /** Where what was delivered is kept, if it is. */
  readonly kept: KeptMessages | undefined;
}

/** Who has the lanes. */
export interface LaneOwner {
  readonly isOneOfSeveral: boolean;
  /** MQTT is up on a lane. */
  connected(lane: Lane): void;
  /** A message was settled, or a lane is up: there may be less to wait for. */
  settled(): void;
  /** The state of its link has changed. */
  stateChanged(lane: Lane): void;
}

/** One lane. */
export class Lane implements ConnectorOwner, WatchedLane {
  /** From 1. */
  readonly number: number;
  readonly options: BridgeOptions;
  readonly connector: Connector;
  readonly subscriber: Subscriber;
  readonly #poison: PoisonWatch;
  readonly #parts: LaneParts;
  readonly #owner: LaneOwner;
  #forwarder: Forwarder;
  #deliveredBefore = 0;
  /** Since when it is not connected, in ms. */
  #lostAt: number | undefined;

  /** `hasState`: an earlier process may have left something of its session; `queue`: the name of its queue. */
  constructor(parts: LaneParts, owner: LaneOwner, own: { number: number; queue: string; hasState: boolean }) {
    const { context, options, echoes } = parts;
    const { number, queue, hasState } = own;
    this.number = number;
    this.#parts = parts;
    this.#owner = owner;
    const { clock } = context.ports;
    this.#lostAt = clock.now();
    this.options = { ...laneOptionsOf(options, number), hasSessionState: hasState };
    const isOneOfSeveral = (): boolean => owner.isOneOfSeveral;
    const bytes = parts.bytes.ofLane(number);
    const connectorParts = { ...context, options: this.options, lane: number, isOneOfSeveral, echoes, bytes };
    this.connector = new Connector(connectorParts, this);
    const { name, clientId, laneSubscriptions: sharing } = options;
    // another gateway may have a bridge of this name, but not with this client id
    const group = clientId.replaceAll(/[/+#]/g, '_');
    this.subscriber = new Subscriber({
      name,
      clock,
      log: context.log,
      line: this.connector,
      known: new KnownFilters(flowsOwnerOf(name, number), context.storage),
      lane: number,
      group,
      sharing,
    });
    this.#forwarder = this.makeForwarder(queue);
    const poison = { owner: flowsOwnerOf(name, number), options: this.options, storage: parts.stored?.storage };
    this.#poison = new PoisonWatch({ ...poison, clock, lane: this });
  }

  /** The bridge has other options. `isLinkAnew`: and the remote is to be told. Throws as `Connector.reconnect`. */
  optionsChanged(isLinkAnew: boolean): void {
    const { hasSessionState } = this.options;
    adopt(this.options, { ...laneOptionsOf(this.#parts.options, this.number), hasSessionState });
    if (isLinkAnew) this.connector.reconnect();
    else this.connector.rulesChanged();
  }

  /** Sends the messages of this lane. */
  get forwarder(): Forwarder {
    return this.#forwarder;
  }

  /** A forwarder over this connection, whose queue has a name. */
  makeForwarder(queue: string): Forwarder {
    const { context, options, stored, histograms, ledger, deadLetters, kept } = this.#parts;
    const { pool, pace, rests, formerTopics } = this.#parts;
    const limits = new PooledLimits(pool, context.ports.clock);
    const forwarder = new Forwarder({
      options,
      line: this.connector,
      context: { ...context, deadLetters, kept, formerTopics },
      limits,
      pace,
      histograms,
      rests,
      stored: stored && { ...stored, owner: queue },
    });
    pool.add(forwarder);
    if (ledger) forwarder.latencies.follow(ledger.trail(this.number - 1));
    return forwarder;
  }

  /** From now on another forwarder sends the messages of this lane. */
  use(forwarder: Forwarder): void {
    this.#poison.forget(this.connector.session);
    this.#deliveredBefore = this.delivered;
    this.#forwarder = forwarder;
  }

  /** Takes over what an earlier process left of the sessions. */
  restoreFlows(): void {
    const { stored, options } = this.#parts;
    if (stored === undefined) return;
    const flows = { owner: flowsOwnerOf(options.name, this.number), sessions: this.connector.sessions };
    const { holding, stored: queue } = this.#forwarder;
    const unsentFrom = holding.knownUntil + 1;
    restoreFlows(flows, stored, { unsentFrom, skip: (sequence) => queue?.skip(sequence) });
  }

  /** Messages that the remote has, by this lane. */
  get delivered(): number {
    return this.#deliveredBefore + this.#forwarder.delivered;
  }

  /** For how long it has not been connected, in ms; 0 while it is. */
  get lostMs(): number {
    return this.#lostAt === undefined ? 0 : this.#parts.context.ports.clock.now() - this.#lostAt;
  }

  /** Whether nothing is underway, nor anything that an earlier process may have sent. */
  get isSettled(): boolean {
    return this.connector.underwayCount === 0 && this.#forwarder.holding.isKnownSettled;
  }

  /** Whether nothing is underway, and everything up to a sequence has left the queue. */
  isSettledUntil(sequence: number): boolean {
    const { oldestSequence } = this.#forwarder.places;
    return this.connector.underwayCount === 0 && (oldestSequence === 0 || oldestSequence > sequence);
  }

  /** Whether messages wait for a suspect to prove itself. */
  get isHoldingBack(): boolean {
    return this.#poison.isHoldingBack;
  }

  /** What is underway is not waited for any more: it is read again from the queue, and may come twice. */
  abandon(): void {
    this.#forwarder.sessionLost(this.connector.session.moveAway());
    this.#forwarder.holding.knownUntil = 0;
  }

  /** The lane, now. `depth` and `bytes`: what waits for it elsewhere. */
  status(elsewhere: { readonly depth: number; readonly byteLength: number } | undefined): LaneStatus {
    const { connector } = this;
    const { bytesSent, bytesReceived } = this.#parts.bytes.ofLane(this.number);
    return {
      lane: this.number,
      clientId: this.options.clientId,
      link: connector.state,
      remote: connector.remote,
      queueDepth: this.#forwarder.depth + (elsewhere?.depth ?? 0),
      queueBytes: this.#forwarder.byteLength + (elsewhere?.byteLength ?? 0),
      underway: connector.sentCount,
      delivered: this.delivered,
      bytesSent,
      bytesReceived,
    };
  }

  // --- from the watch

  /** See `WatchedLane`. */
  slotOf(sent: SendEntry): number {
    return this.#forwarder.slotOf(sent);
  }

  /** See `WatchedLane`. */
  suspected({ delivery }: SendEntry): void {
    const facts = { bridge: this.options.name, lane: this.number, topic: textOfBytes(delivery.message.topicBytes) };
    this.#parts.context.log.warn(facts, 'the link ends on a message again and again: it is sent alone');
  }

  /** See `WatchedLane`. */
  holdBack(isHeldBack: HeldBack | undefined): void {
    this.#forwarder.holdBack(isHeldBack);
  }

  /** See `WatchedLane`. */
  setAside(token: number): void {
    const topic = this.#forwarder.isolate(token, this.connector.session.giveUp(token));
    if (topic === undefined) return;
    const text = `the remote hangs up on a message to ${topic}, and on no other: it is with the dead letters`;
    this.#parts.context.log.warn({ bridge: this.options.name, topic }, text);
    this.#parts.news.tell('poison', text);
  }

  /** See `WatchedLane`. */
  renew(detail: string): void {
    this.connector.leave(detail, true);
  }

  // --- from the connector

  /** See `ConnectorOwner`. */
  opening(): void {
    this.#poison.opening(this.connector.session);
  }

  /** See `ConnectorOwner`. */
  cut(): boolean {
    return this.#poison.cut(this.connector.session);
  }

  /** See `ConnectorOwner`. */
  connected(isSessionPresent: boolean): void {
    this.#lostAt = undefined;
    const { hasProperties, limits, sessionName } = this.connector;
    // only 5.0 says whether a server shares subscriptions among clients
    const isShareAvailable = hasProperties && limits?.isSharedAvailable === true;
    this.subscriber.connected({ isSessionPresent, isShareAvailable, sessionName });
    this.#poison.connected();
    this.#owner.connected(this);
    this.#forwarder.pump();
    this.#owner.settled();
  }

  /** See `ConnectorOwner`. */
  writable(): void {
    this.#forwarder.pump();
  }

  /** See `ConnectorOwner`. */
  messageReceived(publish: ReceivedPublish, ticket: number): void {
    this.#parts.receiver.receive(publish, ticket, this.connector);
  }

  /** See `ConnectorOwner`. */
  messageSettled(entry: SendEntry, reasonCode: ReasonCode): void {
    this.#poison.settled(this.connector.session, entry, !isFailure(reasonCode));
    this.#forwarder.settled(entry, reasonCode);
    this.connector.settled();
    if (isFailure(reasonCode)) {
      const facts = { bridge: this.options.name, reason: reasonName(reasonCode) };
      this.#parts.context.log.warn(facts, 'the remote refused a message');
    }
    this.#owner.settled();
  }

  /** See `ConnectorOwner`. */
  runSettled(token: number, count: number): void {
    this.#poison.settled(this.connector.session, { token, state: 'published' }, true);
    this.#forwarder.runSettled(token, count);
    this.connector.settled();
    this.#owner.settled();
  }

  /** See `ConnectorOwner`. */
  sessionLost(entries: readonly SendEntry[]): void {
    this.#forwarder.sessionLost(entries);
    this.#owner.settled();
  }

  /** See `ConnectorOwner`. */
  subscribed(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    // its packet identifier may have been in the way of a message's
    this.#forwarder.pump();
    this.subscriber.answered(filters, reasonCodes);
  }

  /** See `ConnectorOwner`. */
  unsubscribed(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    this.#forwarder.pump();
    this.subscriber.ended(filters, reasonCodes);
  }

  /** See `ConnectorOwner`. */
  stateChanged(): void {
    const isUp = this.connector.state.state === 'connected';
    if (!isUp) {
      this.#lostAt ??= this.#parts.context.ports.clock.now();
      this.subscriber.disconnected();
      this.#poison.disconnected();
      this.#forwarder.latencies.restart();
    }
    this.#owner.stateChanged(this);
  }
}
