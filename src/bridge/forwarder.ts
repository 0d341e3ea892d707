// Forwarder: the bridge's queue and the pump that empties it, one loop of early returns. Order: what an earlier
// connection left in the window goes first (the window sees to that), then the queue from its read position.
//
// A message leaves the queue when the remote has settled it, or when it is dropped for a reason that is counted on its
// rule. While nothing waits, runs pass the queue by: they take their places in it, and their messages come to stand
// there if the remote forgets them. Bounded by the queue's limits and the window.

import type { SendOutcome } from '../../protocol/connection/exchange.ts';
import type { PeerLimits } from '../../protocol/connection/limits.ts';
import { isExpired } from '../../protocol/session/expiry.ts';
import type { SendEntry } from '../../protocol/session/send-window.ts';
import { textOfBytes } from '../../protocol/wire/bytes.ts';
import { lowerQos, type Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import { isFailure, ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import { Message } from '../message/message.ts';
import type { Hold } from '../queue/hold.ts';
import type { MessageQueue, QueueEntry, SeenEntry } from '../queue/message-queue.ts';
import type { DropReason } from '../queue/overflow.ts';
import { Queue, type QueueLimits } from '../queue/queue.ts';
import { Shares } from '../queue/share.ts';
import type { StoredQueue } from '../queue/stored-queue.ts';
import type { BridgeContext } from './bridge-context.ts';
import { factsOf, type Waiting } from './bridge-delivery.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { ForwardQueue, ForwardRule } from './forward-rules.ts';
import { type ForwardStorage, openForwardQueue, restoreForwards } from './forward-storage.ts';
import { Intake } from './intake.ts';
import { Latencies } from './latencies.ts';
import type { QueueForecast } from './queue-plan.ts';
import { QueueWatch } from './queue-watch.ts';
import { type RefusalStatus, refusalNameOf } from './reason-table.ts';
import { Refusals } from './refusals.ts';
import { RunsUnderway } from './runs-underway.ts';

/** What the forwarder needs of its bridge's surroundings. */
export type ForwardContext = Pick<BridgeContext, 'ports' | 'budget'> & { readonly deadLetters: DeadLetters };

/** The connection as the pump sees it. */
export interface ForwardLine {
  readonly isConnected: boolean;
  /** So much waits to be written that nothing should be added. */
  readonly isCongested: boolean;
  /** What the remote takes; undefined while it is not connected. */
  readonly limits: Pick<PeerLimits, 'maximumQos' | 'isRetainAvailable'> | undefined;
  send(delivery: Delivery, token: number): SendOutcome;
  /** Whether the messages of a run may be sent as one at a QoS. */
  maySendRun(qos: Qos, run: PublishRun): boolean;
  /** Sends a run; `maySendRun` has said that it may be. `token`: of the first message, those of the others follow. */
  sendRun(forms: RunForms, qos: Qos, token: number): void;
}

/** Why the pump does not run. */
export type PauseReason = 'paused' | 'refused' | 'parked' | 'offline' | 'congested' | 'empty' | 'window-full';

/** Carries messages to the remote. */
export class Forwarder implements ForwardQueue, Waiting {
  /** How long messages take. */
  readonly latencies: Latencies;
  readonly #owner: string;
  readonly #queue: MessageQueue<ForwardRule>;
  readonly #stored: { readonly queue: StoredQueue<ForwardRule>; readonly terms: ForwardStorage } | undefined;
  readonly #intake: Intake;
  /** The queue where runs may pass it by: it is in memory. */
  readonly #memory: Queue<ForwardRule> | undefined;
  #refusal: DropReason = 'queue-full';
  readonly #limits: QueueLimits;
  readonly #shares = new Shares<ForwardRule>(({ share }) => share);
  readonly #isQos0Queued: boolean;
  readonly #line: ForwardLine;
  readonly #now: () => number;
  readonly #underway: RunsUnderway<ForwardRule> = new RunsUnderway();
  readonly #watch: QueueWatch;
  readonly #refusals: Refusals;
  readonly #deadLetters: DeadLetters;
  #isPumping = false;
  /** An operator wants nothing sent: everything waits. */
  isPaused = false;

  /** `stored`: with durability `written` or `synced`; without it messages live in memory. */
  constructor(options: BridgeOptions, line: ForwardLine, context: ForwardContext, stored?: ForwardStorage) {
    const { budget } = context;
    const { clock } = context.ports;
    const { queueCountMax, queueBytesMax, queueOverflow, isQos0Queued } = options;
    this.#line = line;
    this.#now = () => clock.now();
    this.latencies = new Latencies(this.#now);
    this.#isQos0Queued = isQos0Queued;
    this.#limits = { countMax: queueCountMax, bytesMax: queueBytesMax, overflow: queueOverflow };
    const dropped = (sequence: number, rule: ForwardRule, reason: DropReason): void => {
      // sequence 0 is the one that is being appended: `append` tells its rule
      if (sequence === 0) this.#refusal = reason;
      else {
        rule.counters.dropped.add(reason);
        this.latencies.dropped(sequence, reason);
        this.#intake.left(sequence, ReasonCode.quotaExceeded);
      }
    };
    this.#owner = `bridge/${options.name}`;
    if (stored === undefined) {
      const told = ({ sequence, tag }: QueueEntry<ForwardRule>, reason: DropReason): void =>
        dropped(sequence, tag, reason);
      this.#memory = new Queue<ForwardRule>(this.#limits, told, { shares: this.#shares, budget });
      this.#queue = this.#memory;
    } else {
      const parts = {
        owner: this.#owner,
        limits: this.#limits,
        budget,
        stored,
        dropped,
        shares: this.#shares,
        readable: () => void this.pump(),
      };
      const queue = openForwardQueue(parts);
      this.#stored = { queue, terms: stored };
      this.#queue = queue;
    }
    this.#intake = new Intake(this.#queue, options, clock, this.latencies);
    this.#watch = new QueueWatch(this.#queue, clock, this.#limits);
    this.#refusals = new Refusals(options.refusals, clock, () => void this.pump());
    this.#deadLetters = context.deadLetters;
  }

  /** See `ForwardQueue`. */
  get isRefusingWhenFull(): boolean {
    return this.#stored?.terms.storage.whenFull !== 'drop';
  }

  /** Whether the remote can be reached now. */
  get isReady(): boolean {
    return this.#line.isConnected;
  }

  /** Messages waiting, those underway included. */
  get depth(): number {
    return this.#queue.depth + this.#intake.blockedCount;
  }

  /** Bytes waiting. */
  get byteLength(): number {
    return this.#queue.byteLength + this.#underway.byteLength;
  }

  /** See `ForwardQueue`. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean {
    if (this.isPaused || this.#refusals.isActive || (qos > 0 && this.#memory === undefined)) return false;
    if (this.#queue.unreadCount > 0 || this.#line.isCongested) return false;
    const { countMax, bytesMax } = this.#limits;
    const isRoomy = this.depth + run.count <= countMax && this.byteLength + 2 * (run.end - run.start) <= bytesMax;
    return isRoomy && this.#line.maySendRun(qos, run);
  }

  /** See `ForwardQueue`. */
  takeRun(forms: RunForms, qos: Qos, rule: ForwardRule): void {
    const { count } = forms;
    if (qos === 0) {
      rule.counters.delivered.add(count);
      this.#line.sendRun(forms, qos, 0);
      return;
    }
    const first = this.#memory?.leaveOut(count) ?? 0;
    this.#underway.add({ first, count, bytes: forms.run.end - forms.run.start, owner: rule });
    this.#line.sendRun(forms, qos, first);
    if (first >= this.latencies.takeDue) {
      this.latencies.taken(first);
      this.latencies.sent(first, false);
    }
  }

  /** See `ForwardQueue`. */
  append(message: Message, rule: ForwardRule, hold?: Hold, mayWait = false): DropReason | undefined {
    if (message.qos === 0 && !this.#isQos0Queued) {
      if (!this.#line.isConnected) return 'qos-0-offline';
      if (this.#line.isCongested && !this.#hasRoomForQos0) return 'qos-0-congested';
    }
    this.#refusal = 'queue-full';
    if (!this.#intake.append(message, rule, hold, mayWait)) return this.#refusal;
    this.#watch.appended();
    this.pump();
    return undefined;
  }

  /** See `Waiting`. */
  browse(from: number, countMax: number): Promise<readonly SeenEntry<ForwardRule>[]> {
    return this.#queue.browse(from, countMax);
  }

  /** See `Waiting`. */
  withdraw(sequence: number, reason: DropReason): boolean {
    const entry = this.#queue.withdraw(sequence);
    if (entry === undefined) return false;
    this.#refusals.left(sequence);
    entry.tag.counters.dropped.add(reason);
    this.#intake.left(sequence, ReasonCode.unspecifiedError);
    return true;
  }

  /** See `Waiting`. */
  ageOf(sequence: number): number {
    return this.#watch.ageOf(sequence);
  }

  /** Sends what waits, until there is a reason not to. */
  pump(): PauseReason | undefined {
    if (this.#isPumping) return undefined;
    this.#isPumping = true;
    let pause: PauseReason | undefined;
    while (pause === undefined) pause = this.#sendNext();
    this.#isPumping = false;
    return pause;
  }

  /** The remote settled a message. */
  settled(entry: SendEntry, reasonCode: ReasonCode): void {
    if (isFailure(reasonCode)) {
      this.#refused(entry, reasonCode);
      return;
    }
    const rule = this.#queue.acknowledge(entry.token)?.tag ?? this.#settleLeftOut(entry.token);
    if (rule === undefined) return;
    if (entry.token >= this.latencies.settleDue) {
      this.latencies.settled(entry.token, 1);
    }
    if (this.#refusals.isUsed) this.#refusals.left(entry.token);
    this.#refusals.delivered();
    rule.counters.delivered.add();
    this.#intake.left(entry.token, reasonCode);
    this.pump();
  }

  /** The remote settled messages of a run. */
  runSettled(token: number, count: number): void {
    if (token + count > this.latencies.settleDue) this.latencies.settled(token, count);
    this.#settleLeftOut(token, count)?.counters.delivered.add(count);
    if (this.#queue.unreadCount > 0) this.pump();
  }

  /** The remote forgot the session: what it never owned is read again from the queue, in order. */
  sessionLost(entries: readonly SendEntry[]): void {
    for (const entry of entries) {
      const rule = this.#settleLeftOut(entry.token);
      if (entry.state === 'released') {
        const owner = rule ?? this.#queue.acknowledge(entry.token)?.tag;
        owner?.counters.delivered.add();
        this.#intake.left(entry.token, ReasonCode.success);
      } else if (rule) {
        this.#memory?.restore(entry.token, messageOf(entry.delivery, rule), rule);
      }
    }
    this.#refusals.rewound();
    this.#queue.rewind();
  }

  /** Drops everything: the bridge is removed. */
  clear(): void {
    this.#watch.stop();
    this.#refusals.stop();
    this.#intake.clear((rule) => rule.counters.dropped.add('removed'));
    this.#queue.clear('removed');
    this.latencies.clear();
    this.#underway.clear((rule, count) => rule.counters.dropped.add('removed', count));
  }

  /** A rule takes the place of another: what that has queued is its own. */
  succeed(before: ForwardRule, after: ForwardRule): void {
    after.succeed(before);
    this.#intake.succeed(before, after);
    this.#shares.rewound();
  }

  /** Takes over what an earlier process left, once the rules are there: it counts as received by them. */
  restore(): void {
    if (this.#stored) restoreForwards(this.#owner, this.#stored.queue, this.#stored.terms);
    if (this.#queue.depth > 0) this.#watch.restored();
  }

  /** Where the queue is going. */
  get forecast(): QueueForecast | undefined {
    return this.#watch.forecast;
  }

  /** What the remote refused, and what came of it. */
  get refusals(): RefusalStatus {
    return this.#refusals.status;
  }

  #refused({ token, delivery }: SendEntry, reasonCode: ReasonCode): void {
    const leftOut = this.#settleLeftOut(token);
    if (leftOut) this.#memory?.restore(token, messageOf(delivery, leftOut), leftOut);
    const entry = this.#queue.underway(token);
    if (entry === undefined) return;
    const fate = this.#refusals.refused(entry, reasonCode);
    if (fate !== undefined) this.#giveUp(entry, fate, reasonCode);
    this.pump();
  }

  #giveUp(entry: QueueEntry<ForwardRule>, fate: 'dead-letter' | 'drop', reasonCode: ReasonCode): void {
    const { sequence, tag, message } = entry;
    const reason = fate === 'drop' ? 'refused' : 'dead-letter';
    if (sequence >= this.latencies.settleDue) this.latencies.settled(sequence, 1, reason);
    this.#queue.acknowledge(sequence);
    this.#refusals.left(sequence);
    tag.counters.dropped.add(reason);
    const why = refusalNameOf(reasonCode) ?? reasonName(reasonCode).replaceAll(' ', '_');
    if (fate === 'dead-letter') this.#deadLetters.add(message, factsOf(tag, message.topic, why));
    this.#intake.left(sequence, reasonCode);
  }

  #settleLeftOut(token: number, count = 1): ForwardRule | undefined {
    const rule = this.#underway.settle(token, count);
    if (rule) this.#memory?.settleLeftOut(count);
    return rule;
  }

  /** QoS 0 waits for a slow link in a quarter of the queue, so that it never pushes out what was acknowledged. */
  get #hasRoomForQos0(): boolean {
    const { countMax, bytesMax } = this.#limits;
    return this.#queue.depth < countMax / 4 && this.#queue.byteLength < bytesMax / 4;
  }

  #sendNext(): PauseReason | undefined {
    const line = this.#line;
    if (this.isPaused) return 'paused';
    if (!line.isConnected) return 'offline';
    const refusals = this.#refusals;
    if (refusals.isPaused) return 'refused';
    const again = refusals.nextDue();
    const entry = again ?? this.#queue.peek();
    if (entry === undefined) return 'empty';
    if (line.isCongested) return 'congested';
    if (again === undefined && refusals.isParked(entry.tag)) return this.#park(entry);
    return this.#send(entry, again !== undefined);
  }

  /** A message of a parked rule is read past: others go on. */
  #park(entry: QueueEntry<ForwardRule>): PauseReason | undefined {
    if (this.#refusals.isFull) return 'parked';
    this.#queue.next();
    this.#refusals.hold(entry);
    return undefined;
  }

  /** Sends the next message of the queue, or one `isAgain`. */
  #send({ message, sequence, tag }: QueueEntry<ForwardRule>, isAgain: boolean): PauseReason | undefined {
    const line = this.#line;
    // a message is better delivered at less than dropped [MQTT-3.2.2-11] [MQTT-3.2.2-14]
    const { limits } = line;
    const qos = lowerQos(message.qos, limits?.maximumQos ?? 2);
    const retain = message.retain && limits?.isRetainAvailable !== false;
    const outcome = isExpired(message, this.#now())
      ? 'expired'
      : line.send({ message, qos, retain, subscriptionIdentifiers: undefined }, sequence);
    if (outcome === 'full') return 'window-full';
    if (outcome === 'offline') return 'offline';
    if (isAgain) this.#refusals.sent(sequence);
    else this.#queue.next();
    if (outcome === 'sent' && sequence >= this.latencies.sendDue) this.latencies.sent(sequence, qos === 0);
    if (outcome === 'sent' && qos > 0) return undefined;
    if (outcome !== 'sent') this.latencies.dropped(sequence, outcome);
    this.#queue.acknowledge(sequence);
    if (outcome === 'too-large') this.#deadLetters.add(message, factsOf(tag, message.topic, outcome));
    if (this.#refusals.isUsed) this.#refusals.left(sequence);
    this.#intake.left(sequence, outcome === 'sent' ? ReasonCode.success : ReasonCode.unspecifiedError);
    if (outcome === 'sent') tag.counters.delivered.add();
    else tag.counters.dropped.add(outcome);
    return undefined;
  }
}

/** A message as it was before it went as part of a run. */
function messageOf(delivery: Delivery, rule: ForwardRule): Message {
  const { message, qos, retain } = delivery;
  const { topicBytes, payload, properties, expiresAt } = message;
  const parts = { topic: textOfBytes(topicBytes), payload, qos, retain, properties, expiresAt };
  return new Message({ ...parts, origin: rule.origin, isOwned: false }).own();
}
