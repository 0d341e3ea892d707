// SendOrder: which message of a bridge's queue is sent next: one that the remote refused before and that is due again,
// else the next in line. In line is the queue itself or, where rates are limited or live messages have a share, what
// `Pacing` says of it. Messages of a parked rule are read past, and wait with those that were refused; so do those that
// a suspected message holds back.
//
// A message stays where it is until it is taken. Bounded as `Refusals` and `Pacing` are.
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import type { Message } from '../message/message.ts';
import type { MessageQueue, QueueEntry } from '../queue/message-queue.ts';
import type { RunPassage } from '../queue/run-passage.ts';
import type { ForwardHold } from './forward-hold.ts';
import { type ForwardSource, messageOf } from './forward-source.ts';
import type { ForwarderParts, PauseReason } from './forwarder-parts.ts';
import { pacedCountMax } from './paced-lines.ts';
import { liveShareDefault, Pacing } from './pacing.ts';
import { heldMax, Refusals } from './refusals.ts';

type OrderParts = Pick<ForwarderParts, 'options' | 'pace' | 'context' | 'rests'>;

/** The order of one queue. */
export class SendOrder {
  readonly refusals: Refusals;
  readonly #parts: OrderParts;
  readonly #queue: MessageQueue<ForwardSource>;
  readonly #pump: () => void;
  #pacing: Pacing | undefined;
  /** What is not sent while a suspect is held back; undefined: none is. */
  isHeldBack: ((entry: QueueEntry<ForwardSource>) => boolean) | undefined;

  /** `pump`: sends what may be sent. */
  constructor(queue: MessageQueue<ForwardSource>, parts: OrderParts, pump: () => void) {
    const { options, pace, context, rests } = parts;
    this.#parts = parts;
    this.#queue = queue;
    this.#pump = pump;
    this.refusals = new Refusals({ options: options.refusals, clock: context.ports.clock, rests, wake: pump });
    const isPaced = pace.gate !== undefined || this.#hasBudget || (options.liveShare ?? 0) > 0;
    if (isPaced || options.forwards.some(({ rate }) => rate !== undefined)) this.#pacing = this.#newPacing();
  }

  /** Messages before one that was sent which may be unread, or read past, at most: a short budget has no bound. */
  get readPastMax(): number {
    return this.#hasBudget ? Number.POSITIVE_INFINITY : heldMax + 3 * pacedCountMax;
  }

  get #hasBudget(): boolean {
    return this.#parts.options.plan?.budget !== undefined;
  }

  /** Whether anything waits that whoever comes now must not overtake. */
  get isActive(): boolean {
    return this.refusals.isActive || this.isHeldBack !== undefined || this.#pacing?.isFree === false;
  }

  /** Whether a rate holds back what is sent. */
  get isLimited(): boolean {
    return this.#pacing?.isLimiting === true;
  }

  /** A message was appended; `isSending`: nothing but what is before it is in its way. */
  came(sequence: number, message: Message, tag: ForwardSource, isSending: boolean): void {
    // a rule that has a rate only now
    if (tag.rate && this.#pacing === undefined) this.#pacing = this.#newPacing();
    this.#pacing?.came(sequence, message, tag, isSending && this.#mayOvertake(tag));
  }

  /** The next message to be sent, or why there is none. `isHeld`: nothing that came lately, see `ForwardHold`. */
  next({ isHeld, until }: Pick<ForwardHold, 'isHeld' | 'until'>): QueueEntry<ForwardSource> | PauseReason {
    const { refusals } = this;
    if (refusals.rests.isPaused) return 'refused';
    const again = refusals.nextDue((entry) => {
      if (isHeld && (entry.sequence > until || refusals.isAnswered(entry.sequence))) return false;
      // what was refused waits for the same limits as everything else
      return !this.#isResting(entry, isHeld) && (this.#pacing?.maySend(entry.tag) ?? true);
    });
    if (again) return this.asOfNow(again);
    for (;;) {
      const entry = this.#pacing === undefined ? (this.#queue.peek() ?? 'empty') : this.#pacing.next(isHeld);
      if (typeof entry === 'string') return entry;
      if (!this.#isResting(entry, isHeld)) return this.asOfNow(entry);
      if (refusals.isFull) return 'parked';
      this.#take(entry);
      refusals.hold(entry);
    }
  }

  /** A message as it is sent: under the topic that the rules of now give it. */
  asOfNow(entry: QueueEntry<ForwardSource>): QueueEntry<ForwardSource> {
    const { formerTopics } = this.#parts.context;
    if (!formerTopics.isUsed) return entry;
    const { message, tag } = entry;
    const topic = formerTopics.topicOf(tag.key, message.topic);
    return topic === message.topic ? entry : { ...entry, message: message.withTopic(topic) };
  }

  /** The message that is next is taken. `isSent`: the remote gets it. */
  take(entry: QueueEntry<ForwardSource>, isSent: boolean): void {
    if (isSent) this.#pacing?.sent(entry);
    if (!this.refusals.sent(entry.sequence)) this.#take(entry);
  }

  /** A rule has taken the place of another: its rate counts for what waits already. */
  succeeded(rule: ForwardSource): void {
    if (rule.rate) this.#pacing ??= this.#newPacing();
    if (this.#parts.context.formerTopics.isUsed) this.#pacing?.topicsChanged();
  }

  /** A message has left the queue. */
  left(sequence: number): void {
    this.#pacing?.left(sequence);
  }

  /** A message that went in a run takes its place in the queue after all. */
  restore(passage: RunPassage<ForwardSource>, { token, delivery }: SendEntry, tag: ForwardSource): void {
    const message = messageOf(delivery, tag);
    passage.restore(token, message, tag);
    this.#pacing?.restored(token, message, tag);
  }

  /** The queue is read again from its beginning. */
  rewound(): void {
    this.refusals.rewound();
    this.#queue.rewind();
    this.#pacing?.rewound();
  }

  /** What was read past and waits, for whoever lets some of it go. */
  waitingEntries(): readonly QueueEntry<ForwardSource>[] {
    const refused = this.refusals.waitingEntries();
    return this.#pacing === undefined ? refused : [...refused, ...this.#pacing.waitingEntries()];
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.refusals.stop();
    this.#pacing?.stop();
  }

  /** Whether a message waits for others; `isHeld`: what its rule waits for is asked about once more. */
  #isResting(entry: QueueEntry<ForwardSource>, isHeld: boolean): boolean {
    return (!isHeld && this.refusals.rests.isParked(entry.tag)) || this.isHeldBack?.(entry) === true;
  }

  #mayOvertake(tag: ForwardSource): boolean {
    return this.isHeldBack === undefined && !this.refusals.rests.isParked(tag);
  }

  #take(entry: QueueEntry<ForwardSource>): void {
    if (this.#pacing) this.#pacing.take(entry);
    else this.#queue.next();
  }

  #newPacing(): Pacing {
    const { pace, options } = this.#parts;
    const { liveShare = liveShareDefault } = options;
    const asOfNow = (entry: QueueEntry<ForwardSource>): QueueEntry<ForwardSource> => this.asOfNow(entry);
    return new Pacing({ queue: this.#queue, pace, liveShare, pump: this.#pump, asOfNow });
  }
}
