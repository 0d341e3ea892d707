// Refusals: messages that the remote refused and that are to be sent again, and what was read past because its rule is
// parked or its key is held back. They stay in the queue, read and not acknowledged, so that a restart or a lost
// session sends them in their place again.
//
//   refused --retry, pause, park--> waiting --due--> sent again --refused--> ... --tries used up--> dead letter
//
// What stands still, on all lanes, is the matter of `RefusalRests`. Bounded by `heldMax` messages: with more, the queue
// stands until some may go. What is over meanwhile, its owner drops.
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Clock, Timer } from '../ports/ports.ts';
import type { QueueEntry } from '../queue/message-queue.ts';
import type { ForwardSource } from './forward-source.ts';
import { type RefusalOptions, type RefusalStatus, refusalActionOf, refusalNameOf } from './reason-table.ts';
import type { RefusalRests } from './refusal-rests.ts';

interface Waiting {
  readonly entry: QueueEntry<ForwardSource>;
  readonly dueAt: number;
  /** The remote has said no to it, in this process: it holds nothing of it. */
  readonly isAnswered: boolean;
}

/** What refusals work with. */
export interface RefusalParts {
  readonly options: RefusalOptions;
  readonly clock: Clock;
  /** What stands still at the bridge. */
  readonly rests: RefusalRests;
  /** Something is due. */
  readonly wake: () => void;
}

/** Messages that wait to be sent again, at most. */
export const heldMax = 2000;

const none: readonly QueueEntry<ForwardSource>[] = [];

/** What waits to be sent again, of one queue. */
export class Refusals {
  readonly rests: RefusalRests;
  readonly #parts: RefusalParts;
  /** By sequence. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #tries = new Map<number, number>();
  readonly #codes: Record<string, number> = {};
  #timer: Timer | undefined;
  #timerAt = 0;

  constructor(parts: RefusalParts) {
    this.#parts = parts;
    this.rests = parts.rests;
    this.rests.join(parts.wake);
  }

  /** Whether anything waits or stands still: whoever comes now must not overtake it. */
  get isActive(): boolean {
    return this.#waiting.size > 0 || this.rests.isActive;
  }

  /** Whether any message was refused, or read past, that is still here. */
  get isUsed(): boolean {
    return this.#tries.size > 0 || this.#waiting.size > 0;
  }

  /** Whether no more can be read past. */
  get isFull(): boolean {
    return this.#waiting.size >= heldMax;
  }

  /** See `RefusalStatus`. */
  get status(): RefusalStatus {
    return { codes: { ...this.#codes }, waiting: this.#waiting.size, ...this.rests.status };
  }

  /** The remote refused a message. Returns what is to become of it: undefined if it waits here to be sent again. */
  refused(entry: QueueEntry<ForwardSource>, reasonCode: ReasonCode): 'dead-letter' | 'drop' | undefined {
    const name = refusalNameOf(reasonCode) ?? `code ${reasonCode}`;
    this.#codes[name] = (this.#codes[name] ?? 0) + 1;
    const { options, clock } = this.#parts;
    const action = refusalActionOf(reasonCode, options);
    if (action === 'dead-letter' || action === 'drop') return action;
    const { sequence, tag } = entry;
    const tries = this.triesOf(sequence) + 1;
    if (action !== 'pause' && tries >= options.triesMax) return 'dead-letter';
    this.#tries.set(sequence, tries);
    if (action === 'pause') this.rests.pause();
    else if (action === 'park') this.rests.park(tag);
    const dueAt = action === 'retry' ? clock.now() + options.retryMs : 0;
    this.#waiting.set(sequence, { entry, dueAt, isAnswered: true });
    if (dueAt > 0) this.#wakeAt(dueAt);
    return undefined;
  }

  /** How often a message was refused. */
  triesOf(sequence: number): number {
    return this.#tries.get(sequence) ?? 0;
  }

  /** A message comes from another queue, where it was refused so often. */
  adopt(sequence: number, tries: number): void {
    if (tries > 0 && sequence > 0) this.#tries.set(sequence, tries);
  }

  /** A message has left the queue: delivered, or dropped. */
  left(sequence: number): void {
    this.#tries.delete(sequence);
    this.#waiting.delete(sequence);
  }

  /** A message that may not be sent now waits here. */
  hold(entry: QueueEntry<ForwardSource>): void {
    this.#waiting.set(entry.sequence, { entry, dueAt: 0, isAnswered: false });
  }

  /** The first message that may be sent now, of those that `mayGo` says. */
  nextDue(mayGo: (entry: QueueEntry<ForwardSource>) => boolean): QueueEntry<ForwardSource> | undefined {
    if (this.#waiting.size === 0) return undefined;
    const now = this.#parts.clock.now();
    let first: QueueEntry<ForwardSource> | undefined;
    for (const { entry, dueAt } of this.#waiting.values()) {
      const isFirst = first === undefined || entry.sequence < first.sequence;
      if (isFirst && dueAt <= now && mayGo(entry)) first = entry;
    }
    return first;
  }

  /** Whether the remote has said no to a message that waits here: it is not underway, nor ever was by now. */
  isAnswered(sequence: number): boolean {
    return this.#waiting.get(sequence)?.isAnswered === true;
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
    this.rests.leave(this.#parts.wake);
    this.#waiting.clear();
    this.#tries.clear();
  }

  #wakeAt(at: number): void {
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    const { clock, wake } = this.#parts;
    this.#timer = clock.schedule(Math.max(at - clock.now(), 0), () => {
      this.#timer = undefined;
      wake();
      const now = clock.now();
      const later = [...this.#waiting.values()].map(({ dueAt }) => dueAt).filter((dueAt) => dueAt > now);
      if (later.length > 0) this.#wakeAt(later.reduce((one, other) => Math.min(one, other)));
    });
  }
}
