// ForwardHold: what of a queue is not sent for the sake of the lanes of its bridge: while they are about to change,
// only what the remote may have been sent before; while what keeps messages in order changes, nothing behind a place.
// Without messages of its own; its owner asks before it sends.
//
//   free <-> held: only what an earlier process may have sent, until the remote has said a word on all of it
import type { StoredQueue } from '../queue/stored-queue.ts';
import type { ForwardSource } from './forward-source.ts';
import type { Refusals } from './refusals.ts';

/** The hold on one queue. */
export class ForwardHold {
  /** The lanes are about to change. */
  isHeld = false;
  /** Nothing behind this sequence is sent, and no runs are taken; default all of it. */
  behind: number = Number.POSITIVE_INFINITY;
  /** The last message that an earlier process may have sent. */
  knownUntil = 0;
  readonly #stored: StoredQueue<ForwardSource> | undefined;
  readonly #refusals: Pick<Refusals, 'isAnswered'>;

  /** `stored`: the queue, where it outlives the process. */
  constructor(stored: StoredQueue<ForwardSource> | undefined, refusals: Pick<Refusals, 'isAnswered'>) {
    this.#stored = stored;
    this.#refusals = refusals;
  }

  /** Whether some of what comes now would have to wait. */
  get isHoldingNew(): boolean {
    return this.isHeld || this.behind !== Number.POSITIVE_INFINITY;
  }

  /** The last sequence that may be sent. */
  get until(): number {
    return this.isHeld ? Math.min(this.knownUntil, this.behind) : this.behind;
  }

  /**
   * Whether nothing is left that the remote may have heard of from an earlier process. What it has refused since waits
   * to be sent as a new message: that is no reason to wait for it.
   */
  get isKnownSettled(): boolean {
    const [stored, refusals, { knownUntil }] = [this.#stored, this.#refusals, this];
    if (stored === undefined || knownUntil === 0) return true;
    let sequence = stored.oldestFrom(1);
    while (sequence > 0 && sequence <= knownUntil && refusals.isAnswered(sequence)) {
      sequence = stored.oldestFrom(sequence + 1);
    }
    return sequence === 0 || sequence > knownUntil;
  }
}
