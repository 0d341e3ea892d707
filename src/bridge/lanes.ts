// Lanes: the connections of a bridge, one or several side by side, as its rules and the bridge see them.
// A message takes the lane of its partition (`LaneKey`), so what has one key stays in order, and a lane
// that is down stops nobody else.
//
// With one lane everything is as if there were no lanes. Bounded: 64 lanes; their queues together by the
// bounds of the bridge.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Message } from '../message/message.ts';
import type { Hold, RunHold } from '../queue/hold.ts';
import type { DropReason } from '../queue/overflow.ts';
import { bridgeDefaults } from './bridge-options.ts';
import type { BridgeLinkState, LaneStatus, WaitingState } from './bridge-status.ts';
import type { Connector } from './connector.ts';
import { FormerTopics } from './former-topics.ts';
import type { ForwardLanes, ForwardQueue } from './forward-rule-context.ts';
import type { ForwardRule } from './forward-rules.ts';
import type { ForwardSource } from './forward-source.ts';
import type { Forwarder } from './forwarder.ts';
import type { Lane, LaneOwner, LaneParts } from './lane.ts';
import { endedForGood } from './lane-endings.ts';
import { partitionOf } from './lane-key.ts';
import { LaneOrder, orderTagOf } from './lane-order.ts';
import { LaneResize } from './lane-resize.ts';
import { LaneSet, type NumberedQueue } from './lane-set.ts';
import { mergedForecasts, type QueueForecast } from './queue-plan.ts';
import type { QueuePool } from './queue-pool.ts';
import { mergedRefusals, type RefusalStatus } from './reason-table.ts';
import { RefusalRests } from './refusal-rests.ts';
import type { SubscriptionRule } from './subscription-rules.ts';

/** Who has the lanes. */
export interface LanesOwner {
  /** MQTT is up on a lane. */
  connected(lane: Lane): void;
  /** There may be less to wait for. */
  settled(): void;
  /** The state of a link has changed. */
  stateChanged(lane: Lane): void;
  /** Messages go other ways now: what routes remember is void. */
  moved(): void;
}

/** The lanes of one bridge. */
export class Lanes implements ForwardLanes, LaneOwner {
  /** See `ForwardLanes`. */
  readonly isRefusingWhenFull: boolean;
  readonly #owner: LanesOwner;
  readonly #set: LaneSet;
  readonly #order: LaneOrder;
  readonly #resize: LaneResize;
  readonly #context: LaneParts['context'];
  readonly #laneOrder: string;
  readonly #formerTopics: FormerTopics;
  readonly #forwards: LaneParts['options']['forwards'];
  readonly #pool: QueuePool;
  readonly #sendWindowMax: number;
  #rules: readonly SubscriptionRule[] = [];
  #isPaused = false;
  /** Why it is not to be connected now. */
  #rest: WaitingState | undefined;

  constructor(given: Omit<LaneParts, 'rests' | 'formerTopics'>, owner: LanesOwner) {
    const formerTopics = new FormerTopics(given.options.name, given.context.storage);
    const parts = { ...given, formerTopics };
    const { options, context, stored, pool } = parts;
    const { log, ports } = context;
    // an earlier process may have had a larger one
    this.#sendWindowMax = Math.max(options.sendWindowMax, bridgeDefaults.sendWindowMax);
    this.#context = context;
    this.#owner = owner;
    this.#pool = pool;
    this.isRefusingWhenFull = stored?.storage.whenFull !== 'drop';
    this.#set = new LaneSet({ ...parts, rests: new RefusalRests(options.refusals, ports.clock) }, this);
    const common = { name: options.name, clock: ports.clock, log, pool, set: this.#set, storage: stored?.storage };
    const more = { added: (lane: Lane) => this.#added(lane), moved: () => this.#moved() };
    this.#order = new LaneOrder({ ...common, isPaused: () => this.#isPaused, turned: () => this.#turned() });
    this.#resize = new LaneResize({ ...common, ...more, order: this.#order }, options.laneCount);
    this.#laneOrder = options.laneOrder;
    this.#formerTopics = formerTopics;
    this.#forwards = options.forwards;
  }

  // --- what rules see

  /** See `ForwardLanes`. */
  get count(): number {
    return this.#set.queues.length;
  }

  /** See `LaneSet`. */
  get numbered(): readonly NumberedQueue[] {
    return this.#set.numbered;
  }

  /** See `ForwardLanes`. */
  queueOf(partition: number): Forwarder {
    return this.#set.queueOf(partition);
  }

  /** See `ForwardQueue`. */
  get isReady(): boolean {
    return this.#set.queues.some(({ isReady }) => isReady);
  }

  /** See `ForwardQueue`. */
  append(message: Message, source: ForwardSource, hold?: Hold, mayWait?: boolean): DropReason | undefined {
    return this.#queueFor(message, source).append(message, source, hold, mayWait);
  }

  /** See `ForwardQueue`. */
  hasRoomFor(message: Message, source: ForwardSource): boolean {
    return this.#queueFor(message, source).hasRoomFor(message, source);
  }

  #queueFor({ topic }: Message, { partition }: ForwardSource): ForwardQueue {
    return this.#set.queueOf(this.count === 1 ? 0 : (partition ?? partitionOf(topic)));
  }

  /** See `ForwardQueue`: where there is one lane, which takes all of a run. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean {
    return this.count === 1 && this.#set.queueOf(0).mayTakeRun(qos, run);
  }

  /** See `ForwardQueue`. */
  takeRun(forms: RunForms, qos: Qos, source: ForwardSource, hold: RunHold): void {
    this.#set.queueOf(0).takeRun(forms, qos, source, hold);
  }

  // --- what the bridge sees

  /** The lanes, in their order; there is one at least. */
  get all(): readonly Lane[] {
    return this.#set.lanes;
  }

  /** See `LaneOwner`. */
  get isOneOfSeveral(): boolean {
    return this.#set.lanes.length > 1;
  }

  /** See `LaneResize`. */
  get wanted(): number | undefined {
    return this.#resize.wanted;
  }

  /** Messages waiting, those underway included. */
  get depth(): number {
    let depth = 0;
    for (const forwarder of this.#set.forwarders) depth += forwarder.depth;
    return depth;
  }

  /** Where the queues are going, together. */
  get forecast(): QueueForecast | undefined {
    const forecasts = [...this.#set.forwarders].flatMap(({ forecast }) => forecast ?? []);
    return mergedForecasts(forecasts, { ...this.#pool.bounds, depth: this.depth, bytes: this.byteLength });
  }

  /** When the oldest measured message was taken that waits, in ms; undefined where none is. */
  get oldestAt(): number | undefined {
    const times = [...this.#set.forwarders].flatMap(({ depth, latencies }) =>
      depth > 0 ? (latencies.oldestAt ?? []) : [],
    );
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** A rule takes the place of another: what that has queued is its own. */
  succeed(before: ForwardRule, after: ForwardRule): void {
    after.succeed(before);
    for (const forwarder of this.#set.forwarders) forwarder.succeed(before, after);
  }

  /** What the remote refused on all lanes, and what came of it. */
  get refusals(): RefusalStatus {
    return mergedRefusals([...this.#set.forwarders].map(({ refusals }) => refusals));
  }

  /** Bytes waiting. */
  get byteLength(): number {
    let bytes = 0;
    for (const forwarder of this.#set.forwarders) bytes += forwarder.byteLength;
    return bytes;
  }

  /** Messages sent and not settled. */
  get underwayCount(): number {
    return this.all.reduce((sum, { connector }) => sum + connector.sentCount, 0);
  }

  /** Whether nothing waits that could be sent now. */
  get isDrained(): boolean {
    if (!this.all.some(({ connector }) => connector.isConnected)) return true;
    if (this.#resize.isMoving) return this.depth === 0;
    return this.all.every(({ connector, forwarder }) => forwarder.depth === 0 || !connector.isConnected);
  }

  /** The lanes in numbers. */
  get status(): readonly LaneStatus[] {
    const { queues } = this.#set;
    return this.all.map((lane, index) => {
      const queue = queues[index];
      const status = lane.status(queue === lane.forwarder ? undefined : queue);
      return { ...status, link: this.linkOf(lane) };
    });
  }

  /** Whether an operator has stopped the sending. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Stops the sending, or goes on with it. */
  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    for (const { forwarder } of this.all) forwarder.isPaused = isPaused;
    for (const { forwarder } of this.all) {
      if (isPaused) forwarder.latencies.restart();
      else forwarder.pump();
    }
  }

  /** Takes over what an earlier process left, once the rules are there. */
  restore(): void {
    const sending = new Set(this.all.map(({ forwarder }) => forwarder));
    for (const one of this.#set.forwarders) one.restore(sending.has(one) ? this.#sendWindowMax : 0);
    for (const lane of this.all) lane.restoreFlows();
    this.reorder(this.#forwards);
  }

  /** See `Lane`. */
  optionsChanged(isLinkAnew: boolean): void {
    for (const lane of this.all) lane.optionsChanged(isLinkAnew);
  }

  /** What keeps messages in order is as these rules say from now on; nothing overtakes what came before. */
  reorder(forwards: LaneParts['options']['forwards']): void {
    this.#formerTopics.use(forwards);
    this.#order.change(orderTagOf({ forwards, laneOrder: this.#laneOrder }));
  }

  /** Begins to dial. */
  start(): void {
    for (const { connector } of this.all) connector.start();
    this.#resize.start();
  }

  /** Connects no more until `release`, for a reason; `untilMs`: for so long at least. */
  hold(text: string, now: number, untilMs: number | undefined): void {
    this.#rest = { state: 'waiting', since: now, retryAt: now + (untilMs ?? 0), error: text, kind: 'planned' };
    for (const { connector } of this.all) this.#hold(connector);
  }

  /** Connects again. */
  release(): void {
    this.#rest = undefined;
    for (const { connector } of this.all) connector.redial.release();
  }

  /** The state of a lane's link, as it is meant. */
  linkOf({ connector }: Lane): BridgeLinkState {
    const { state } = connector;
    return this.#rest !== undefined && state.state === 'connecting' ? this.#rest : state;
  }

  /** Something may be sent that could not before. */
  pump(): void {
    for (const { forwarder } of this.all) forwarder.pump();
  }

  #hold(connector: Connector): void {
    connector.redial.hold();
    connector.leave(this.#rest?.error);
  }

  /** There are to be so many lanes, 1 to 64. What waits is moved, in order; nothing is lost. */
  resize(count: number): void {
    this.#resize.to(count);
  }

  /** What the first lane, or all of them, subscribe to. */
  subscribe(rules: readonly SubscriptionRule[]): void {
    this.#rules = rules;
    for (const lane of this.all) lane.subscriber.change(rules, this.#set.groupSize);
  }

  /** No other change of the lanes is begun any more. */
  closing(): void {
    this.#resize.closing();
  }

  /** Disconnects all lanes in order; `isForGood`: and ends their sessions at the remote. */
  async close(isForGood = false): Promise<void> {
    this.#order.stop();
    this.#resize.stop();
    const { log, ports } = this.#context;
    const close = (lane: Lane): Promise<void> =>
      isForGood ? endedForGood(lane, { log, clock: ports.clock }) : lane.connector.close();
    await Promise.all(this.all.map(close));
  }

  /** Cuts all connections. */
  destroy(): void {
    this.#order.stop();
    this.#resize.stop();
    for (const { connector } of this.all) connector.destroy();
  }

  /** Drops everything: the bridge is gone. What is stored stays. */
  clear(): void {
    for (const forwarder of this.#set.forwarders) forwarder.clear();
  }

  // --- from the lanes

  /** See `LaneOwner`. */
  connected(lane: Lane): void {
    this.#owner.connected(lane);
  }

  /** See `LaneOwner`. */
  settled(): void {
    if (this.#order.isTurning) this.#order.check();
    if (this.#resize.wanted !== undefined) this.#resize.check();
    this.#owner.settled();
  }

  /** See `LaneOwner`. */
  stateChanged(lane: Lane): void {
    if (this.#resize.wanted !== undefined) this.#resize.check();
    this.#owner.stateChanged(lane);
  }

  #added(lane: Lane): void {
    lane.forwarder.isPaused = this.#isPaused;
    lane.restoreFlows();
    lane.subscriber.change(this.#rules, this.#set.groupSize);
    if (this.#rest) this.#hold(lane.connector);
    lane.connector.start();
    for (const { connector } of this.all) connector.rulesChanged();
  }

  #turned(): void {
    if (this.#resize.wanted !== undefined) this.#resize.check();
  }

  #moved(): void {
    for (const { forwarder } of this.all) forwarder.isPaused = this.#isPaused;
    for (const lane of this.all) lane.subscriber.change(this.#rules, this.#set.groupSize);
    this.#owner.moved();
    this.#owner.settled();
  }
}
