// Pacing: which message a bridge sends next where rates are limited, or where what is new is not to wait for a backlog.
// Live is a message that comes while others wait, none of which it must follow (`BacklogSlots`): it is read out of its
// turn. All others are backlog, in the order of the queue. While both wait, live messages get `liveShare` of what is
// sent; while one does, it gets all.
//
//   queue --its rule may send--> next | --its rule may not--> held, in a line of the rule --it may--> next
//   comes --nothing before it that it must follow--> live, in a line of the rule --its share, its rule may--> next
//
// QoS 2 is never live: its identifier follows from its place. A rewind makes all of it backlog again. While a budget is
// short, lower classes stay unread, and the others are read out of their turn. Bounded as the lines and slots are.
import type { Message } from '../message/message.ts';
import type { MessageQueue, QueueEntry } from '../queue/message-queue.ts';
import { BacklogSlots, slotOf } from './backlog-slots.ts';
import type { ForwardSource } from './forward-source.ts';
import type { ForwarderParts } from './forwarder-parts.ts';
import { type Paced, PacedLines } from './paced-lines.ts';
import type { RateGate, RateWaiter } from './rate-gate.ts';

/** What is sent in what order where no share is said. */
export const liveShareDefault = 0.5;

/** What a pacing works with. */
export interface PacingParts {
  readonly queue: MessageQueue<ForwardSource>;
  /** That of the bridge. */
  readonly pace: ForwarderParts['pace'];
  /** 0 to 0.99; 0: nothing is read out of its turn. */
  readonly liveShare: number;
  /** Sends what may be sent. */
  readonly pump: () => void;
  /** See `SendOrder`. */
  readonly asOfNow: (entry: QueueEntry<ForwardSource>) => QueueEntry<ForwardSource>;
}

/** The pace of one queue. */
export class Pacing implements RateWaiter {
  /** See `RateWaiter`. */
  isInTurn = false;
  readonly #parts: PacingParts;
  readonly #live = new PacedLines();
  readonly #held = new PacedLines();
  readonly #slots = new BacklogSlots();
  /** By sequence, the slots of what was read out of its turn and is not settled. */
  readonly #ahead = new Map<number, number>();
  readonly #gates = new Set<RateGate>();
  readonly #mayHeld: (paced: Paced) => boolean;
  readonly #mayLive: (paced: Paced) => boolean;
  /** What each got while both waited, by its share. */
  #liveUsed = 0;
  #backlogUsed = 0;
  /** Whether both had something when it was looked last. */
  #wereBoth = false;
  /** While a budget is short: the lowest class that is sent, and before which sequence nothing of such is unread. */
  #shortMin = 0;
  #shortFrom = 0;

  constructor(parts: PacingParts) {
    this.#parts = parts;
    this.#mayLive = ({ entry }) => this.#mayNow(entry.tag);
    this.#mayHeld = ({ entry, slot }) => !this.#isBehind(this.#live, slot) && this.#mayNow(entry.tag);
    this.topicsChanged();
  }

  /** What waits is looked through for its topics: until then nothing is live. */
  topicsChanged(): void {
    const { queue, asOfNow } = this.#parts;
    this.#slots.look(queue, queue.lastSequence + 1, asOfNow);
  }

  /** See `RateWaiter`. */
  pump(): void {
    this.#parts.pump();
  }

  /** Whether messages that follow each other may go as one past all of this. */
  get isFree(): boolean {
    const { gate, priorityMin } = this.#parts.pace;
    return gate === undefined && priorityMin === 0 && this.#live.count === 0 && this.#held.count === 0;
  }

  /** Whether a limit holds back now. */
  get isLimiting(): boolean {
    return this.#parts.pace.gate?.status !== undefined;
  }

  /** A message was appended to the queue; `isSending`: the remote can be reached, and nothing is paused. */
  came(sequence: number, message: Message, tag: ForwardSource, isSending: boolean): void {
    const slot = slotOf(message, tag);
    if (isSending && this.#isLive(message, tag, slot)) {
      const entry = this.#parts.queue.readLast(message, tag);
      if (entry) {
        this.#ahead.set(sequence, slot);
        this.#live.add({ entry, slot });
        return;
      }
    }
    this.#slots.came(slot, sequence);
  }

  /** The next message that may be sent; it stays where it is until it is taken. `isHeld`: none that is live. */
  next(isHeld: boolean): QueueEntry<ForwardSource> | 'limited' | 'empty' {
    const { pace, queue } = this.#parts;
    if (this.#live.count + this.#held.count + queue.unreadCount === 0) return 'empty';
    if (!this.#mayPass(pace.gate)) return 'limited';
    const live = isHeld || this.#live.count === 0 ? undefined : this.#live.first(this.#isSent, this.#mayLive);
    if (live === undefined) this.#wereBoth = false;
    if (live && this.#wereBoth && this.#liveUsed <= this.#backlogUsed) return live.entry;
    const backlog = this.#nextOfBacklog();
    const areBoth = live !== undefined && backlog !== undefined;
    if (areBoth && !this.#wereBoth) [this.#liveUsed, this.#backlogUsed] = [0, 0];
    this.#wereBoth = areBoth;
    const isLiveDue = areBoth && this.#liveUsed <= this.#backlogUsed;
    return (isLiveDue ? live.entry : (backlog ?? live?.entry)) ?? 'limited';
  }

  /** A message that was next is taken out: it is sent, dropped, or waits elsewhere. */
  take({ sequence, message }: QueueEntry<ForwardSource>): void {
    const { liveShare, pace } = this.#parts;
    const cost = pace.gate?.costOf(message.byteLength) ?? 1;
    if (this.#live.take(sequence)) {
      this.#liveUsed += cost / liveShare;
      return;
    }
    this.#backlogUsed += cost / (1 - liveShare);
    if (!this.#held.take(sequence)) this.#read(sequence);
  }

  /** Whether a message of a rule may be sent now; if a rate is against it, all that waits is tried again later. */
  maySend(rule: ForwardSource): boolean {
    return this.#mayPass(this.#parts.pace.gate) && this.#mayNow(rule);
  }

  /** A message was sent: it is paid for. */
  sent({ message, tag }: QueueEntry<ForwardSource>): void {
    this.#parts.pace.gate?.passed(message.byteLength);
    tag.rate?.passed(message.byteLength);
    this.isInTurn = false;
  }

  /** A message has left the queue: it waits here no more either. */
  left(sequence: number): void {
    if (this.#ahead.delete(sequence)) this.#live.take(sequence);
    else if (this.#held.count > 0) this.#held.take(sequence);
  }

  /** A message that went in a run is in the queue after all. */
  restored(sequence: number, message: Message, tag: ForwardSource): void {
    this.#slots.came(slotOf(message, tag), sequence);
  }

  /** What was read and waits here. */
  waitingEntries(): readonly QueueEntry<ForwardSource>[] {
    return [...this.#held.entries(), ...this.#live.entries()];
  }

  /** The queue is read again from its beginning. */
  rewound(): void {
    for (const [sequence, slot] of this.#ahead) this.#slots.came(slot, sequence);
    this.#ahead.clear();
    this.#live.clear();
    this.#held.clear();
    this.#slots.rewound();
    this.#shortFrom = 0;
  }

  /** Nothing is sent any more. */
  stop(): void {
    for (const gate of this.#gates) gate.leave(this);
    this.#gates.clear();
    this.#slots.stop();
    this.#live.clear();
    this.#held.clear();
  }

  #isLive(message: Message, tag: ForwardSource, slot: number): boolean {
    const { liveShare, queue } = this.#parts;
    const isFollowed = queue.unreadCount > 1 || this.#held.count > 0 || this.#live.count > 0;
    if (liveShare === 0 || message.qos === 2 || !isFollowed || !this.#isSent(tag)) return false;
    if (this.#live.isFull()) return false;
    if (!this.#slots.isFree(slot) || this.#held.lineOf(slot) !== undefined) return false;
    const line = this.#live.lineOf(slot);
    return line === undefined || line === tag;
  }

  /** What may not be sent yet is read past, so that other rules go on. */
  #nextOfBacklog(): QueueEntry<ForwardSource> | undefined {
    const held = this.#held.count === 0 ? undefined : this.#held.first(this.#isSent, this.#mayHeld);
    if (held) return held.entry;
    for (let entry = this.#peek(); entry; entry = this.#peek()) {
      const slot = slotOf(this.#parts.asOfNow(entry).message, entry.tag);
      const isFollowing = this.#isBehind(this.#live, slot) || this.#isBehind(this.#held, slot);
      if (!isFollowing && this.#mayNow(entry.tag)) return entry;
      if (this.#held.isFull(this.#parts.pace.priorityMin > 0)) return undefined;
      this.#read(entry.sequence);
      this.#held.add({ entry, slot });
    }
    return undefined;
  }

  /** The next unread message, of those classes that are sent. */
  #peek(): QueueEntry<ForwardSource> | undefined {
    const { queue, pace } = this.#parts;
    if (pace.priorityMin === 0) return queue.peek();
    if (pace.priorityMin !== this.#shortMin) this.#shortFrom = 0;
    this.#shortMin = pace.priorityMin;
    this.#shortFrom = queue.findUnread(this.#shortFrom, this.#isSent) || queue.lastSequence + 1;
    return queue.peekAt(this.#shortFrom);
  }

  /** A message is read: in its turn, or out of it. */
  #read(sequence: number): void {
    const { queue, pace } = this.#parts;
    if (pace.priorityMin > 0) {
      queue.readAt(sequence);
      this.#shortFrom = sequence + 1;
      return;
    }
    queue.next();
    this.#slots.read(sequence);
  }

  /** Whether a message of a slot must follow another that waits in lines, and that is sent. */
  #isBehind(lines: PacedLines, slot: number): boolean {
    const line = lines.lineOf(slot);
    return line !== undefined && this.#isSent(line);
  }

  /** Whether the class of a rule is sent. What is a part of a class below its rule goes with that. */
  readonly #isSent = ({ share }: ForwardSource): boolean =>
    Math.ceil(share.terms.priority) >= this.#parts.pace.priorityMin;

  /** Whether a rule may send now: its class, and its rate. */
  #mayNow(rule: ForwardSource): boolean {
    return this.#isSent(rule) && this.#mayPass(rule.rate);
  }

  #mayPass(gate: RateGate | undefined): boolean {
    if (gate === undefined) return true;
    if (gate.mayPass(this)) {
      this.#gates.delete(gate);
      return true;
    }
    this.#gates.add(gate);
    return false;
  }
}
