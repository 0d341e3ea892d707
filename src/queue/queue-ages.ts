// QueueAges: how long messages of a queue have waited, without a word about it beside each of them. Once a second,
// while anything waits, the position and the moment are noted; a message is as old as the last note before it.
// Bounded by `marksMax` notes: when there are more, every second one goes, and ages become coarser from the old end on.

interface Mark {
  /** Messages from this sequence on came at this moment or later. */
  readonly sequence: number;
  readonly at: number;
}

const marksMax = 2048;

/** The ages of the messages of one queue. Moments are ms of the monotonic clock. */
export class QueueAges {
  #marks: Mark[] = [];

  /** The next message will have `sequence`, or one behind it. */
  mark(sequence: number, now: number): void {
    if (this.#marks.at(-1)?.sequence === sequence) this.#marks.pop();
    this.#marks.push({ sequence, at: now });
    if (this.#marks.length > marksMax) this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
  }

  /** Messages before `sequence` are gone: notes about them are forgotten. */
  forgetBefore(sequence: number): void {
    const first = this.#marks.findLastIndex((mark) => mark.sequence <= sequence);
    if (first > 0) this.#marks.splice(0, first);
  }

  /** Nothing waits. */
  clear(): void {
    this.#marks = [];
  }

  /** How long a message has waited, in ms; too long by a second at most. 0 for one that came before every note. */
  ageOf(sequence: number, now: number): number {
    const mark = this.#marks.findLast((one) => one.sequence <= sequence);
    return mark === undefined ? 0 : now - mark.at;
  }
}
