// Refusals: messages that the remote refused and that are to be sent again, and what stands still until then. They stay
// in the queue, read and not acknowledged, so that a restart or a lost session sends them in their place again.
//
//   refused --retry, pause, park--> waiting --due--> sent again --refused--> ... --tries used up--> dead letter
//
// A parked rule's messages are read past and wait here in their order, so that other rules go on. Bounded by `heldMax`
// messages: with more, the queue stands until the rule is due. What is over meanwhile, its owner drops.
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { QueueEntry } from '../queue/message-queue.ts';
import type { ForwardSource } from './forward-source.ts';
import {
  type RefusalAction,
  type RefusalOptions,
  type RefusalStatus,
  refusalActionOf,
  refusalNameOf,
} from './reason-table.ts';

interface Waiting {
  readonly entry: QueueEntry<ForwardSource>;
  readonly dueAt: number;
}

/** Messages that wait to be sent again, at most. */
export const heldMax = 2000;

const none: readonly QueueEntry<ForwardSource>[] = [];

/** What waits to be sent again. */
export class Refusals {
  readonly #options: RefusalOptions;
  readonly #clock: Clock;
  readonly #wake: () => void;
  /** By sequence. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #tries = new Map<number, number>();
  readonly #parked = new Map<ForwardSource, number>();
  readonly #codes: Record<string, number> = {};
  #pausedUntil = 0;
  #pauseMs: number;
  #timer: Timer | undefined;
  #timerAt = 0;

  /** `wake`: something is due. */
  constructor(options: RefusalOptions, clock: Clock, wake: () => void) {
    this.#options = options;
    this.#clock = clock;
    this.#wake = wake;
    this.#pauseMs = options.pauseMs;
  }

  /** Whether anything waits or stands still: whoever comes now must not overtake it. */
  get isActive(): boolean {
    return this.#waiting.size > 0 || this.#parked.size > 0 || this.isPaused;
  }

  /** Whether nothing at all is to be sent now. */
  get isPaused(): boolean {
    return this.#pausedUntil > this.#clock.now();
  }

  /** Whether any message was refused, or read past, that is still here. */
  get isUsed(): boolean {
    return this.#tries.size > 0 || this.#waiting.size > 0;
  }

  /** Whether no more of parked rules can be held. */
  get isFull(): boolean {
    return this.#waiting.size >= heldMax;
  }

  /** See `RefusalStatus`. */
  get status(): RefusalStatus {
    const now = this.#clock.now();
    const parked = [...this.#parked].filter(([, until]) => until > now).map(([rule]) => rule.filter);
    const status = { codes: { ...this.#codes }, waiting: this.#waiting.size, parked: [...new Set(parked)] };
    return this.isPaused ? { ...status, pausedUntil: this.#pausedUntil } : status;
  }

  /** The remote refused a message. Returns what is to become of it: undefined if it waits here to be sent again. */
  refused(entry: QueueEntry<ForwardSource>, reasonCode: ReasonCode): 'dead-letter' | 'drop' | undefined {
    const name = refusalNameOf(reasonCode) ?? `code ${reasonCode}`;
    this.#codes[name] = (this.#codes[name] ?? 0) + 1;
    const action = refusalActionOf(reasonCode, this.#options);
    if (action === 'dead-letter' || action === 'drop') return action;
    const { sequence, tag } = entry;
    const tries = (this.#tries.get(sequence) ?? 0) + 1;
    if (action !== 'pause' && tries >= this.#options.triesMax) return 'dead-letter';
    this.#tries.set(sequence, tries);
    this.#wait(entry, this.#dueAt(action, tag));
    return undefined;
  }

  /** A message has left the queue: delivered, or dropped. */
  left(sequence: number): void {
    this.#tries.delete(sequence);
    this.#waiting.delete(sequence);
  }

  /** The remote took a message: the next pause is a short one again. */
  delivered(): void {
    this.#pauseMs = this.#options.pauseMs;
  }

  /** Whether a rule's messages wait. */
  isParked(rule: ForwardSource): boolean {
    const until = this.#parked.get(rule);
    if (until === undefined) return false;
    if (until > this.#clock.now()) return true;
    this.#parked.delete(rule);
    return false;
  }

  /** A message of a parked rule waits here. */
  hold(entry: QueueEntry<ForwardSource>): void {
    this.#wait(entry, this.#parked.get(entry.tag) ?? 0);
  }

  /** The first message that is to be sent now. */
  nextDue(): QueueEntry<ForwardSource> | undefined {
    if (this.#waiting.size === 0) return undefined;
    const now = this.#clock.now();
    let first: QueueEntry<ForwardSource> | undefined;
    for (const { entry, dueAt } of this.#waiting.values()) {
      const isDue = dueAt <= now && !this.isParked(entry.tag);
      if (isDue && (first === undefined || entry.sequence < first.sequence)) first = entry;
    }
    return first;
  }

  /** What waits here, for whoever lets some of it go. */
  waitingEntries(): readonly QueueEntry<ForwardSource>[] {
    return this.#waiting.size === 0 ? none : Array.from(this.#waiting.values(), ({ entry }) => entry);
  }

  /** A message that was due is underway. Returns whether it was one of those. */
  sent(sequence: number): boolean {
    return this.#waiting.delete(sequence);
  }

  /** The queue is read again from its beginning: whatever waited here comes from there. */
  rewound(): void {
    this.#waiting.clear();
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#waiting.clear();
    this.#tries.clear();
  }

  #dueAt(action: Exclude<RefusalAction, 'dead-letter' | 'drop'>, rule: ForwardSource): number {
    const now = this.#clock.now();
    const { retryMs, parkMs, pauseMsMax } = this.#options;
    if (action === 'retry') return now + retryMs;
    if (action === 'park') {
      const until = this.isParked(rule) ? (this.#parked.get(rule) ?? now) : now + parkMs;
      this.#parked.set(rule, until);
      return until;
    }
    if (!this.isPaused) {
      this.#pausedUntil = now + this.#pauseMs;
      this.#pauseMs = Math.min(2 * this.#pauseMs, pauseMsMax);
    }
    return this.#pausedUntil;
  }

  #wait(entry: QueueEntry<ForwardSource>, dueAt: number): void {
    this.#waiting.set(entry.sequence, { entry, dueAt });
    this.#wakeAt(dueAt);
  }

  #wakeAt(at: number): void {
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#clock.schedule(Math.max(at - this.#clock.now(), 0), () => {
      this.#timer = undefined;
      this.#wake();
      const now = this.#clock.now();
      const later = [...this.#waiting.values()].map(({ dueAt }) => dueAt).filter((dueAt) => dueAt > now);
      if (later.length > 0) this.#wakeAt(later.reduce((one, other) => Math.min(one, other)));
    });
  }
}
