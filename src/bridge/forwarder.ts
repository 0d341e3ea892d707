// Forwarder: the bridge's queue and the pump that empties it, one loop of early returns. Order: what an earlier
// connection left in the window goes first (the window sees to that), then the queue from its read position.
//
// A message leaves the queue when the remote has settled it, or when it is dropped for a reason that is counted on its
// rule. While nothing waits, runs pass the queue by: they take their places in it, and their messages come to stand
// there if the remote forgets them. Bounded by the queue's limits and the window.
import { isExpired } from '../../protocol/session/expiry.ts';
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import { textOfBytes } from '../../protocol/wire/bytes.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import { isFailure, ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Message } from '../message/message.ts';
import type { Hold, RunHold } from '../queue/hold.ts';
import type { MessageQueue, QueueEntry } from '../queue/message-queue.ts';
import type { DropReason } from '../queue/overflow.ts';
import { Queue } from '../queue/queue.ts';
import type { RunPassage } from '../queue/run-passage.ts';
import { Shares } from '../queue/share.ts';
import type { StoredQueue } from '../queue/stored-queue.ts';
import { slotOf } from './backlog-slots.ts';
import { Departures } from './departures.ts';
import { ForwardHold } from './forward-hold.ts';
import type { ForwardQueue } from './forward-rule-context.ts';
import type { ForwardSource, ForwardWhole } from './forward-source.ts';
import { openForwardQueue } from './forward-storage.ts';
import type { ForwarderParts, ForwardLine, MovingMessage, PauseReason } from './forwarder-parts.ts';
import { Intake } from './intake.ts';
import { Latencies } from './latencies.ts';
import { PassingRuns } from './passing-runs.ts';
import type { HeldBack } from './poison-watch.ts';
import { takenIn, takenOut } from './queue-moves.ts';
import type { QueueForecast } from './queue-plan.ts';
import type { PooledLimits, PooledQueue } from './queue-pool.ts';
import { QueueWatch } from './queue-watch.ts';
import type { RefusalStatus } from './reason-table.ts';
import { SendOrder } from './send-order.ts';
import { sentForm } from './sent-form.ts';

/** Carries messages to the remote. */
export class Forwarder implements ForwardQueue, PooledQueue {
  /** How long messages take. */
  readonly latencies: Latencies;
  readonly #queue: MessageQueue<ForwardSource>;
  /** The queue where it is in the journal. */
  readonly stored: StoredQueue<ForwardSource> | undefined;
  readonly #intake: Intake;
  readonly #couldHold: (message: Message, rule: ForwardSource) => boolean;
  /** The way of runs past the queue. */
  readonly #passage: RunPassage<ForwardSource>;
  readonly #runs: PassingRuns;
  #refusal: DropReason = 'queue-full';
  readonly #limits: PooledLimits;
  readonly #shares = new Shares<ForwardSource>(({ share }) => share);
  readonly #isQos0Queued: boolean;
  readonly #line: ForwardLine;
  readonly #now: () => number;
  readonly #watch: QueueWatch;
  readonly #order: SendOrder;
  readonly #departures: Departures;
  #isPumping = false;
  /** An operator wants nothing sent: everything waits. */
  isPaused = false;
  /** What the lanes of the bridge want kept back. */
  readonly holding: ForwardHold;
  /** Told when something can be moved that could not before. */
  movable: () => void = () => undefined;

  constructor(parts: ForwarderParts) {
    const { options, line, context, limits, histograms, stored } = parts;
    const { budget, deadLetters, kept } = context;
    const { clock } = context.ports;
    this.#line = line;
    this.#now = () => clock.now();
    this.latencies = new Latencies(this.#now, histograms);
    this.#isQos0Queued = options.isQos0Queued;
    this.#limits = limits;
    const dropped = (sequence: number, tag: ForwardSource, reason: DropReason, qos: Qos): void => {
      // sequence 0 is the one that is being appended: `append` tells its rule
      if (sequence === 0) this.#refusal = reason;
      else this.#departures.dropped({ sequence, tag, qos }, reason, ReasonCode.quotaExceeded);
    };
    const shares = this.#shares;
    if (stored === undefined) {
      const told = ({ sequence, tag, message }: QueueEntry<ForwardSource>, reason: DropReason): void =>
        dropped(sequence, tag, reason, message.qos);
      const memory = new Queue<ForwardSource>(limits, told, { shares, budget });
      this.#queue = memory;
      this.#passage = memory;
    } else {
      const readable = (): void => {
        this.pump();
        this.movable();
      };
      const { owner } = stored;
      this.stored = openForwardQueue({ owner, limits, budget, stored, dropped, shares, readable });
      this.#queue = this.stored;
      this.#passage = this.stored.passage;
    }
    const [queue, latencies, admitted] = [this.#queue, this.latencies, (): void => void this.pump()];
    this.#order = new SendOrder(queue, parts, admitted);
    this.#couldHold = (message, rule) =>
      limits.couldHold(message, rule) && (stored !== undefined || budget?.couldHold(message.byteLength) !== false);
    const ways = { waiting: limits.waiting, admitted, couldHold: this.#couldHold };
    const intake = new Intake({ queue, options, clock, latencies, ...ways });
    this.#intake = intake;
    this.#intake.followedBy = {
      came: (sequence, message, tag, isNew) => this.#order.came(sequence, message, tag, isNew && this.#isSending),
      left: (sequence) => this.#order.left(sequence),
    };
    this.#watch = new QueueWatch(this.#queue, clock, this.#limits, () => this.#dropOld());
    const forgo = (sequence: number): void => line.forgo(sequence);
    const { refusals } = this.#order;
    this.holding = new ForwardHold(this.stored, refusals);
    const departures = new Departures({ queue, intake, refusals, latencies, deadLetters, kept, forgo });
    this.#departures = departures;
    this.#runs = new PassingRuns({ queue, passage: this.#passage, line, latencies, departures });
    limits.queue = this;
  }

  /** Whether the remote can be reached now. */
  get isReady(): boolean {
    return this.#line.isConnected;
  }

  /** Messages waiting, those underway included. */
  get depth(): number {
    return this.#queue.depth + this.#intake.blockedCount;
  }

  /** Messages that the remote has, since the process began. */
  get delivered(): number {
    return this.#departures.delivered;
  }

  /** Bytes waiting. */
  get byteLength(): number {
    return this.#queue.byteLength + this.#runs.byteLength;
  }

  /** See `ForwardQueue`. */
  mayTakeRun(qos: Qos, run: PublishRun): boolean {
    if (this.isPaused || this.holding.isHoldingNew || this.#order.isActive || this.#intake.blockedCount > 0)
      return false;
    const { countMax, bytesMax } = this.#limits;
    return this.#runs.mayTake(qos, run, countMax - this.depth, bytesMax - this.byteLength);
  }

  /** See `ForwardQueue`. */
  takeRun(forms: RunForms, qos: Qos, rule: ForwardSource, hold: RunHold): void {
    this.#runs.take(forms, qos, rule, hold);
    if (qos > 0) this.#watch.appended();
  }

  /** See `ForwardQueue`. */
  append(message: Message, rule: ForwardSource, hold?: Hold, mayWait = false): DropReason | undefined {
    if (message.qos === 0 && !(rule.isQos0Kept ?? this.#isQos0Queued)) {
      if (!this.#line.isConnected) return 'qos-0-offline';
      const isSlow = this.#line.isCongested || this.#order.isLimited;
      if (isSlow && !this.#limits.hasRoomForQos0(this.#queue)) return 'qos-0-congested';
    }
    this.#refusal = 'queue-full';
    this.#limits.makeRoom(message.byteLength, rule);
    if (!this.#intake.append(message, rule, hold, mayWait)) {
      return this.#refusal === 'queue-full' && !this.#couldHold(message, rule) ? 'too-large' : this.#refusal;
    }
    this.#watch.appended();
    this.pump();
    return undefined;
  }

  /** See `ForwardQueue`. */
  hasRoomFor(message: Message, rule: ForwardSource): boolean {
    return this.#intake.hasRoomFor(message, rule) || !this.#couldHold(message, rule);
  }

  /** The queue, for whoever looks at it or numbers it. */
  get places(): Pick<MessageQueue<ForwardSource>, 'browse' | 'lastSequence' | 'oldestSequence' | 'beginAt'> {
    return this.#queue;
  }

  /** Takes an unread message out, which its rule counts under a reason. Returns whether it was there. */
  withdraw(sequence: number, reason: DropReason): boolean {
    const entry = this.#queue.withdraw(sequence);
    if (entry === undefined) return false;
    const { tag, message } = entry;
    this.#departures.dropped({ sequence, tag, qos: message.qos }, reason, ReasonCode.unspecifiedError);
    return true;
  }

  /** How long a message has waited, in ms. */
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
    const left = this.#queue.acknowledge(entry.token) ?? this.#leftOut(entry.token);
    if (left === undefined) return;
    this.#order.refusals.rests.delivered();
    this.#departures.arrived(left, reasonCode);
    this.pump();
  }

  /** The remote settled messages of a run. */
  runSettled(token: number, count: number): void {
    if (token + count > this.latencies.settleDue) this.latencies.settled(token, count);
    const rule = this.#runs.settle(token, count);
    if (rule) this.#departures.count(rule, count);
    if (this.#queue.unreadCount > 0) this.pump();
  }

  /** The remote forgot the session: what it never owned is read again from the queue, in order. */
  sessionLost(entries: readonly SendEntry[]): void {
    for (const entry of entries) {
      if (entry.state === 'released') {
        const left = this.#queue.acknowledge(entry.token) ?? this.#leftOut(entry.token);
        if (left) this.#departures.arrived(left);
      } else {
        this.#recall(entry);
      }
    }
    this.#order.rewound();
  }

  /** Drops everything: the bridge is removed. */
  clear(): void {
    this.#watch.stop();
    this.#order.stop();
    this.#intake.clear((rule) => rule.counters.dropped.add('removed'));
    this.#queue.clear('removed');
    this.latencies.clear();
    this.#runs.clear((rule, count) => {
      // what is stored outlives the forwarder
      if (this.stored === undefined) rule.counters.dropped.add('removed', count);
    });
  }

  /** A rule has taken the place of another: what waits for room has its place in line. */
  succeed(before: ForwardWhole, after: ForwardWhole): void {
    this.#intake.succeed(before, after);
    this.#order.succeeded(after);
    this.#shares.rewound();
  }

  /** Takes over what an earlier process left, with the rules there; `windowMax` of it the remote may have heard of. */
  restore(windowMax: number): void {
    if (this.#queue.depth > 0) this.#watch.restored();
    if (this.stored === undefined) return;
    this.stored.forEachTag((source, count) => source.counters.received.add(count));
    // what was read past is none of the window
    const knownUntil = windowMax === 0 ? 0 : this.stored.reach(windowMax + this.#order.readPastMax);
    this.holding.knownUntil = knownUntil;
    this.#intake.restored({ newFrom: this.stored.newFrom, knownUntil });
  }

  /** Where the queue is going. */
  get forecast(): QueueForecast | undefined {
    return this.#watch.forecast;
  }

  /** What the remote refused, and what came of it. */
  get refusals(): RefusalStatus {
    return this.#order.refusals.status;
  }

  /** The slot of what a sent message must stay in order with. */
  slotOf({ token, delivery }: SendEntry): number {
    const { message = { topic: textOfBytes(delivery.message.topicBytes) }, tag } = this.#queue.underway(token) ?? {};
    return slotOf(message, tag ?? this.#runs.ownerOf(token) ?? { partition: undefined });
  }

  /** From now on this is not sent, until another word; undefined: all is. */
  holdBack(isHeldBack: HeldBack | undefined): void {
    this.#order.isHeldBack = isHeldBack && (({ sequence, message, tag }) => isHeldBack(sequence, slotOf(message, tag)));
  }

  /** A message that breaks the link is set aside; `sent`: where it was. Returns its topic; undefined if it is gone. */
  isolate(token: number, sent: SendEntry | undefined): string | undefined {
    const entry = sent ? this.#recalled(sent) : (this.#queue.underway(token) ?? this.#queue.withdraw(token));
    return this.#departures.isolated(entry);
  }

  #recalled(sent: SendEntry): QueueEntry<ForwardSource> | undefined {
    this.#recall(sent);
    const entry = this.#queue.underway(sent.token);
    return entry && this.#order.asOfNow(entry);
  }

  #refused(sent: SendEntry, reasonCode: ReasonCode): void {
    const entry = this.#recalled(sent);
    if (entry === undefined) return;
    const fate = this.#order.refusals.refused(entry, reasonCode);
    if (fate !== undefined) this.#departures.refused(entry, fate, reasonCode);
    this.pump();
  }

  /** Sends nothing that the remote cannot have heard of, and takes no runs; or goes on. */
  hold(isHeld: boolean): void {
    this.holding.isHeld = isHeld;
    this.pump();
  }

  /** Its messages are about to go to another queue: nothing is underway, and what waits to be sent again comes too. */
  beginMove(): void {
    this.hold(true);
    this.#order.rewound();
  }

  /** Takes the oldest message up to a sequence out, for another queue; undefined if none is at hand: see `movable`. */
  moveOut(until: number): MovingMessage | undefined {
    return takenOut({ queue: this.#queue, intake: this.#intake, refusals: this.#order.refusals }, until);
  }

  /** Takes a message out of another queue. */
  moveIn(moving: MovingMessage): void {
    takenIn({ intake: this.#intake, refusals: this.#order.refusals }, moving);
    this.#watch.appended();
  }

  /** See `PooledQueue`. */
  dropFor(source: ForwardSource): boolean {
    return this.#queue.dropFor(source);
  }

  /** See `PooledQueue`. */
  dropOwn(source: ForwardSource): boolean {
    return this.#queue.dropOwn(source);
  }

  /** What has waited for too long, or is not worth anything any more, in the queue or to be sent again. */
  #dropOld(): void {
    this.#queue.dropOld();
    const now = this.#now();
    for (const entry of this.#order.waitingEntries()) {
      if (isExpired(entry.message, now)) this.#departures.drop(entry, 'expired');
      else if (this.#queue.isTooOld(entry)) this.#departures.drop(entry, 'too-old');
    }
  }

  #leftOut(sequence: number): { sequence: number; tag: ForwardSource } | undefined {
    const tag = this.#runs.settle(sequence);
    return tag && { sequence, tag };
  }

  /** A message that went in a run stands in the queue from now on. */
  #recall(sent: SendEntry): void {
    const rule = this.#runs.recall(sent);
    if (rule) this.#order.restore(this.#passage, sent, rule);
  }

  /** Whether what comes now is sent as soon as nothing is before it. */
  get #isSending(): boolean {
    return this.#line.isConnected && !this.isPaused && !this.holding.isHoldingNew;
  }

  #sendNext(): PauseReason | undefined {
    if (this.isPaused) return 'paused';
    if (!this.#line.isConnected) return 'offline';
    const { holding } = this;
    if (holding.isHeld && holding.isKnownSettled) return 'held';
    const entry = this.#order.next(holding);
    if (typeof entry === 'string') return entry;
    if (entry.sequence > holding.until) return 'held';
    return this.#line.isCongested ? 'congested' : this.#send(entry);
  }

  #send(entry: QueueEntry<ForwardSource>): PauseReason | undefined {
    const { message, sequence } = entry;
    const line = this.#line;
    const now = this.#now();
    const policy = line.hasProperties ? undefined : entry.tag.propertyPolicy;
    const made = sentForm(line, message, policy, now);
    const outcome = isExpired(message, now) ? 'expired' : line.send(made, sequence);
    if (outcome === 'full') return 'window-full';
    if (outcome === 'offline') return 'offline';
    this.#order.take(entry, outcome === 'sent');
    if (outcome === 'sent') policy?.sent(message);
    if (outcome === 'sent' && sequence >= this.latencies.sendDue) this.latencies.sent(sequence, made.qos === 0);
    if (outcome === 'sent' && made.qos > 0) return undefined;
    if (outcome !== 'sent') this.#departures.drop(entry, outcome);
    else if (this.#queue.acknowledge(sequence)) this.#departures.arrived(entry);
    return undefined;
  }
}
