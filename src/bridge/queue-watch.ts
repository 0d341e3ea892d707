// QueueWatch: looks at a bridge's queue once a second while anything is in it: when messages came, for their ages, and
// how many came and left, for how long the queue will last. What has become too old is dropped then.
//
//   empty --a message comes--> watching --a look finds nothing--> empty
//
// Bounded: one timer, the notes of `QueueAges` and the looks of `QueuePlan`.
import type { Clock, Timer } from '../ports/ports.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import { QueueAges } from '../queue/queue-ages.ts';
import type { ForwardSource } from './forward-source.ts';
import { type QueueBounds, type QueueForecast, QueuePlan } from './queue-plan.ts';

const lookMs = 1000;

type Used = 'depth' | 'byteLength' | 'lastSequence' | 'oldestSequence';
type Watched = Pick<MessageQueue<ForwardSource>, Used>;

/** Watches one queue. */
export class QueueWatch {
  readonly #queue: Watched;
  readonly #clock: Clock;
  readonly #ages: QueueAges = new QueueAges();
  readonly #plan: QueuePlan;
  readonly #dropOld: () => void;
  #timer: Timer | undefined;

  /** `dropOld` lets go of what has waited for too long. */
  constructor(queue: Watched, clock: Clock, bounds: QueueBounds, dropOld: () => void) {
    this.#dropOld = dropOld;
    this.#queue = queue;
    this.#plan = new QueuePlan(bounds);
    this.#clock = clock;
  }

  /** A message was appended. */
  appended(): void {
    if (this.#timer === undefined) this.#look(this.#queue.lastSequence);
  }

  /** Messages of an earlier process are there: they are as old as this one. */
  restored(): void {
    this.#look(1);
  }

  /** How long a message has waited, in ms. */
  ageOf(sequence: number): number {
    return this.#ages.ageOf(sequence, this.#clock.now());
  }

  /** See `QueuePlan`. */
  get forecast(): QueueForecast | undefined {
    return this.#plan.forecast;
  }

  /** Looks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #look(sequence: number): void {
    this.#dropOld();
    const { depth, byteLength: bytes, lastSequence: came, oldestSequence } = this.#queue;
    if (depth === 0) {
      this.stop();
      this.#ages.clear();
      this.#plan.clear();
      return;
    }
    if (oldestSequence > 0) this.#ages.forgetBefore(oldestSequence);
    const at = this.#clock.now();
    this.#ages.mark(sequence, at);
    this.#plan.look({ at, came, depth, bytes });
    this.#timer = this.#clock.schedule(lookMs, () => this.#look(this.#queue.lastSequence + 1));
  }
}
