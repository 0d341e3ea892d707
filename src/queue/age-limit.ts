// AgeLimit: how long messages may wait in a queue: of each owner its own, or one for all. It is not their expiry, of
// which receivers are told. A message is stamped when it comes, on the monotonic clock, if a limit holds for it then;
// one that came before has no age. Looked at from the oldest on, when something comes or goes: no timer of its own.
// Without state but for whether it is used at all.
import type { QueueEntry } from './message-queue.ts';
import type { Shares } from './share.ts';
import type { ExpiryClock } from './stored-message.ts';

/** What a limit of age needs. */
export interface AgeTerms {
  readonly clock: Pick<ExpiryClock, 'now'>;
  /** How long messages may wait, in ms, where owners do not say so each. Default no limit. */
  readonly msMax?: number | undefined;
}

/** The limit of one queue. */
export class AgeLimit<Tag> {
  readonly #clock: Pick<ExpiryClock, 'now'>;
  readonly #msMaxOf: (tag: Tag) => number | undefined;
  /** Whether a message came for which a limit holds. */
  isUsed = false;

  private constructor({ clock, msMax }: AgeTerms, shares: Shares<Tag> | undefined) {
    this.#clock = clock;
    this.#msMaxOf = shares ? (tag) => shares.of(tag).terms.ageMsMax : () => msMax;
  }

  /** That of a queue; undefined where nothing is ever too old. */
  static of<Tag>(age: AgeTerms | undefined, shares: Shares<Tag> | undefined): AgeLimit<Tag> | undefined {
    return age && (shares !== undefined || age.msMax !== undefined) ? new AgeLimit(age, shares) : undefined;
  }

  /** When a message comes that comes now, in whole ms of the monotonic clock; 0 where no limit holds. */
  stampOf(tag: Tag): number {
    if (this.#msMaxOf(tag) === undefined) return 0;
    this.isUsed = true;
    return Math.ceil(this.#clock.now()) || 1;
  }

  /** Whether a message has waited for too long. */
  isTooOld({ tag, queuedAt }: QueueEntry<Tag>): boolean {
    if (queuedAt === 0) return false;
    const msMax = this.#msMaxOf(tag);
    return msMax !== undefined && this.#clock.now() - queuedAt > msMax;
  }
}
