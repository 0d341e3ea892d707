// Intake: how messages get into a bridge's queue when more than appending is asked for.
//
//   latest  an unread message of the same topic gives way to the one that comes
//   block   a full queue lets QoS 1 wait, unacknowledged, in the order in which it came for each rule, higher classes
//           first: a device that has as much underway as it may sends no more, one of 3.x is not read any more,
//           and nothing is lost; QoS 2 is refused for now: its identifier is remembered with the message or not at all
//   end to end: the publisher is acknowledged when the remote has settled the message, or after `endToEndMsMax`, when
//           it is stored as its durability says
// Where a bridge has several lanes, what leaves one of them makes room in all: rules have their limits once. Bounded by
// `blockedCountMax` waiting messages of all lanes, and as `LatestTopics` is.
import { isFailure, ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Message } from '../message/message.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { Hold } from '../queue/hold.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { ForwardSource, ForwardWhole } from './forward-source.ts';
import type { Latencies } from './latencies.ts';
import { type EarlierMessages, LatestTopics } from './latest-topics.ts';

/** A message that waits for room, unacknowledged. */
export interface Blocked {
  readonly message: Message;
  readonly hold: Hold;
}

/** Whose publisher waits until the remote has settled its message. */
export interface Awaited {
  readonly hold: Hold;
  readonly until: number;
}

/** A message that was accepted in another queue. */
interface Adopted {
  readonly message: Message;
  readonly rule: ForwardSource;
  /** See `QueueEntry`. */
  readonly queuedAt: number;
}

/** Who wants to know what comes into the queue, and what leaves it. */
export interface QueueFollower {
  /** `isNew`: it comes from a publisher; else from another queue. */
  came(sequence: number, message: Message, rule: ForwardSource, isNew: boolean): void;
  left(sequence: number): void;
}

/** How often it is looked whether those that are blocked may go on, besides when a message leaves. */
const admitMs = 500;

/** What the way into a queue works with. */
export interface IntakeParts {
  readonly queue: MessageQueue<ForwardSource>;
  readonly options: BridgeOptions;
  readonly clock: Clock;
  readonly latencies: Latencies;
  /** The ways into the queues of all lanes where anything waits for room. */
  readonly waiting: Set<Intake>;
  /** What waited for room is in the queue. */
  readonly admitted: () => void;
  /** Whether a message could ever be held: others do not wait for room. */
  readonly couldHold: (message: Message, rule: ForwardSource) => boolean;
}

/** The way into one queue. */
export class Intake {
  readonly #queue: MessageQueue<ForwardSource>;
  readonly #options: BridgeOptions;
  readonly #clock: Clock;
  readonly #latencies: Latencies;
  readonly #waiting: Set<Intake>;
  readonly #admitted: () => void;
  readonly #couldHold: IntakeParts['couldHold'];
  /** By rule, what waits for room. */
  readonly #blocked = new Map<ForwardSource, Blocked[]>();
  #blockedCount = 0;
  /** What is let in may push something out, whose place is free then: one after the other. */
  #isAdmitting = false;
  #isAdmitDue = false;
  followedBy: QueueFollower | undefined;
  readonly #latest: LatestTopics;
  /** By sequence, in their order: whose publisher waits for the remote. */
  readonly #awaited = new Map<number, Awaited>();
  #timer: Timer | undefined;
  #admitTimer: Timer | undefined;

  constructor({ queue, options, clock, latencies, waiting, admitted, couldHold }: IntakeParts) {
    this.#waiting = waiting;
    this.#couldHold = couldHold;
    this.#admitted = admitted;
    this.#queue = queue;
    this.#options = options;
    this.#clock = clock;
    this.#latencies = latencies;
    this.#latest = new LatestTopics(queue, (sequence, rule) => this.#replaced(sequence, rule));
  }

  /** Messages that wait for room. */
  get blockedCount(): number {
    return this.#blockedCount;
  }

  /** Takes a message. Returns whether it did; the queue has told why not, if it was asked. */
  append(message: Message, rule: ForwardSource, hold: Hold | undefined, mayWait: boolean): boolean {
    const waiting = this.#blocked.get(rule);
    const isNext = rule.isBlocking ? this.hasRoomFor(message, rule) : waiting === undefined;
    if (isNext || hold === undefined) return this.#take(message, rule, hold);
    if (!mayWait || !this.#couldHold(message, rule) || this.#waitingCount >= this.#options.blockedCountMax)
      return false;
    hold.hold();
    const blocked = { message: message.own(), hold };
    if (waiting) waiting.push(blocked);
    else this.#blocked.set(rule, [blocked]);
    this.#blockedMore(1);
    this.#admitLater();
    return true;
  }

  /** Whether a message would be next in a queue that blocks, and has room there. */
  hasRoomFor(message: Message, rule: ForwardSource): boolean {
    return !this.#blocked.has(rule) && this.#queue.hasRoomFor(message, rule);
  }

  /** A rule takes the place of another, and its place in line. */
  succeed(before: ForwardWhole, after: ForwardWhole): void {
    for (const [source, waiting] of [...this.#blocked]) {
      const { partition } = source;
      if (source !== (partition === undefined ? before : before.partOf(partition))) continue;
      const next = partition === undefined ? after : after.partOf(partition);
      this.#blocked.delete(source);
      this.#blocked.set(next, [...(this.#blocked.get(next) ?? []), ...waiting]);
    }
  }

  /** Messages of an earlier process are there: of each topic the last one waits. */
  restored(earlier: EarlierMessages): void {
    this.#latest.restore(earlier);
  }

  /** A message has left the queue: settled by the remote, or dropped for a reason. */
  left(sequence: number, reasonCode: ReasonCode): void {
    this.followedBy?.left(sequence);
    const awaited = this.#awaited.get(sequence);
    if (awaited) {
      this.#awaited.delete(sequence);
      if (isFailure(reasonCode)) awaited.hold.refuse(reasonCode);
      awaited.hold.stored();
    }
    for (const one of this.#waiting) if (one.#admit() && one !== this) one.#admitted();
  }

  /** A message leaves for another queue. Returns whose publisher waits for the remote, which goes with it. */
  moved(sequence: number): Awaited | undefined {
    const awaited = this.#awaited.get(sequence);
    this.#awaited.delete(sequence);
    this.#latencies.dropped(sequence, 'moved');
    this.followedBy?.left(sequence);
    return awaited;
  }

  /** Takes a message out of another queue, which was accepted there. Returns its sequence; 0 if it had no room. */
  adopt(adopted: Adopted, awaited: Awaited | undefined): number {
    const sequence = this.#put(adopted.message, adopted.rule, undefined, adopted);
    if (sequence === 0 || awaited === undefined) return sequence;
    this.#awaited.set(sequence, awaited);
    this.#timer ??= this.#clock.schedule(Math.max(0, awaited.until - this.#clock.now()), () => this.#giveUp());
    return sequence;
  }

  /** Takes out a message that waits for room, with its rule: of each rule they come in their order. */
  unblock(): (Blocked & { readonly rule: ForwardSource }) | undefined {
    const [next] = this.#blocked;
    const [rule, waiting = []] = next ?? [];
    const first = waiting.shift();
    if (rule === undefined || first === undefined) return undefined;
    if (waiting.length === 0) this.#blocked.delete(rule);
    this.#blockedMore(-1);
    return { ...first, rule };
  }

  /** Takes a message that waited for room elsewhere. */
  block(blocked: Blocked, rule: ForwardSource): void {
    const waiting = this.#blocked.get(rule) ?? [];
    this.#blocked.set(rule, waiting);
    waiting.push(blocked);
    this.#blockedMore(1);
    this.#admitLater();
  }

  /** Nothing is taken any more: who waits is refused, and tries again. Returns how many of whom. */
  clear(refused: (rule: ForwardSource) => void): void {
    this.#timer?.cancel();
    this.#admitTimer?.cancel();
    this.#latest.stop();
    for (const [rule, waiting] of this.#blocked) {
      for (const { hold } of waiting) {
        hold.refuse(ReasonCode.quotaExceeded, true);
        hold.stored();
        refused(rule);
      }
    }
    this.#blocked.clear();
    this.#blockedMore(-this.#blockedCount);
    for (const sequence of [...this.#awaited.keys()]) this.left(sequence, ReasonCode.success);
  }

  #take(message: Message, rule: ForwardSource, hold: Hold | undefined): boolean {
    const sequence = this.#put(message, rule, hold);
    if (sequence === 0) return false;
    if (rule.isEndToEnd && hold && message.qos > 0) this.#await(sequence, hold);
    return true;
  }

  #put(message: Message, rule: ForwardSource, hold: Hold | undefined, adopted?: Adopted): number {
    const isCompacted = rule.share.terms.overflow === 'latest';
    if (isCompacted) this.#latest.replace(message.topic);
    const sequence = this.#queue.append(message, rule, hold, adopted?.queuedAt || undefined);
    if (sequence === 0) return 0;
    if (sequence >= this.#latencies.takeDue) this.#latencies.taken(sequence, message, rule.filter);
    if (isCompacted) this.#latest.came(message.topic, sequence);
    this.followedBy?.came(sequence, message, rule, adopted === undefined);
    return sequence;
  }

  #replaced(sequence: number, rule: ForwardSource): void {
    rule.counters.dropped.add('replaced');
    this.#latencies.dropped(sequence, 'replaced');
    this.left(sequence, ReasonCode.success);
  }

  #await(sequence: number, hold: Hold): void {
    hold.hold();
    this.#awaited.set(sequence, { hold, until: this.#clock.now() + this.#options.endToEndMsMax });
    this.#timer ??= this.#clock.schedule(this.#options.endToEndMsMax, () => this.#giveUp());
  }

  /** Those that have waited too long are acknowledged as their durability says. */
  #giveUp(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [sequence, { until }] of this.#awaited) {
      if (until > now) {
        this.#timer = this.#clock.schedule(until - now, () => this.#giveUp());
        return;
      }
      this.left(sequence, ReasonCode.success);
    }
  }

  /** A disk that has room again tells nobody. */
  #admitLater(): void {
    this.#admitTimer ??= this.#clock.schedule(admitMs, () => {
      this.#admitTimer = undefined;
      if (this.#admit()) this.#admitted();
      if (this.#blockedCount > 0) this.#admitLater();
    });
  }

  get #waitingCount(): number {
    let count = 0;
    for (const one of this.#waiting) count += one.#blockedCount;
    return count;
  }

  #blockedMore(more: number): void {
    this.#blockedCount += more;
    if (this.#blockedCount > 0) this.#waiting.add(this);
    else this.#waiting.delete(this);
  }

  /** Lets in what has room. Returns whether anything had. */
  #admit(): boolean {
    this.#isAdmitDue = true;
    if (this.#isAdmitting) return false;
    this.#isAdmitting = true;
    const before = this.#blockedCount;
    while (this.#isAdmitDue) {
      this.#isAdmitDue = false;
      const rules = [...this.#blocked.keys()];
      if (rules.length > 1) rules.sort((one, other) => other.share.terms.priority - one.share.terms.priority);
      for (const rule of rules) this.#admitOf(rule, this.#blocked.get(rule) ?? []);
    }
    this.#isAdmitting = false;
    return this.#blockedCount < before;
  }

  #admitOf(rule: ForwardSource, waiting: Blocked[]): void {
    for (let [first] = waiting; first && this.#queue.hasRoomFor(first.message, rule); [first] = waiting) {
      waiting.shift();
      this.#blockedMore(-1);
      if (!this.#take(first.message, rule, first.hold)) {
        rule.counters.dropped.add('disk-full');
        first.hold.refuse(ReasonCode.quotaExceeded, true);
      }
      first.hold.stored();
    }
    if (waiting.length === 0) this.#blocked.delete(rule);
  }
}
