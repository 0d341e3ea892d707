// HeldMemory: what a queue in the journal holds of its messages in memory beside, as a budget of many queues sees it.
// It may be asked to let go of it: what stands in the journal is read again when its turn comes, and nothing is lost.
// A counter; bounded by the front and the window of the queue.
import type { Budgeted, QueueBudget } from './queue-budget.ts';

/** Bytes of messages that stand in the journal and in memory. */
export class HeldMemory implements Budgeted {
  /** See `Budgeted`. */
  byteLength = 0;
  /** See `Budgeted`. */
  readonly isStored = true;
  readonly #budget: QueueBudget | undefined;
  readonly #letGo: (bytesMax: number) => void;

  /** `letGo` gives back what it can until at most so many bytes are held. */
  constructor(budget: QueueBudget | undefined, letGo: (bytesMax: number) => void) {
    this.#budget = budget;
    this.#letGo = letGo;
  }

  /** So many bytes more are held. */
  grew(bytes: number): void {
    this.byteLength += bytes;
    this.#budget?.grew(this, bytes);
  }

  /** So many bytes less are held. */
  shrank(bytes: number): void {
    this.byteLength -= bytes;
    this.#budget?.shrank(this, bytes);
  }

  /** See `Budgeted`. */
  giveWay(bytesMax: number): void {
    this.#letGo(bytesMax);
  }
}
