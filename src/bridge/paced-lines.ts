// PacedLines: messages that were read from a bridge's queue and wait for their rule to be allowed to send: one line a
// rule, so that rules wait for themselves alone. What has one key stays in one line, whichever rule it is of, so that
// nothing overtakes what it must follow.
// Bounded by `pacedCountMax` messages and `bytesMax` bytes, after which no more are read; twice as much while a budget
// is short, so that what waits of lower classes is in nobody's way.
import type { QueueEntry } from '../queue/message-queue.ts';
import type { ForwardSource } from './forward-source.ts';

/** A message with the slot that its key has; see `BacklogSlots`. */
export interface Paced {
  readonly entry: QueueEntry<ForwardSource>;
  readonly slot: number;
}

interface SlotUse {
  readonly line: ForwardSource;
  count: number;
}

/** Messages held in memory by one set of lines at most. */
export const pacedCountMax = 1000;
const bytesMax = 1024 * 1024;

/** Lines of waiting messages. */
export class PacedLines {
  readonly #lines = new Map<ForwardSource, Paced[]>();
  readonly #slots = new Map<number, SlotUse>();
  #count = 0;
  #bytes = 0;

  /** Messages that wait. */
  get count(): number {
    return this.#count;
  }

  /** Whether no more can be held; `isShort`: a budget is. */
  isFull(isShort = false): boolean {
    const factor = isShort ? 2 : 1;
    return this.#count >= factor * pacedCountMax || this.#bytes >= factor * bytesMax;
  }

  /** Whose line the messages of a slot are in; undefined if none waits. */
  lineOf(slot: number): ForwardSource | undefined {
    return this.#slots.get(slot)?.line;
  }

  /** A message waits from now on, behind all of its slot. */
  add(paced: Paced): void {
    const { entry, slot } = paced;
    const use = this.#slots.get(slot) ?? { line: entry.tag, count: 0 };
    use.count++;
    this.#slots.set(slot, use);
    const line = this.#lines.get(use.line);
    if (line) line.push(paced);
    else this.#lines.set(use.line, [paced]);
    this.#count++;
    this.#bytes += entry.message.byteLength;
  }

  /** Of those that are first in their line of what is sent at all, and may be sent now, the one that came first. */
  first(isSent: (source: ForwardSource) => boolean, maySend: (paced: Paced) => boolean): Paced | undefined {
    let found: Paced | undefined;
    for (const line of this.#lines.values()) {
      const first = line.find(({ entry }) => isSent(entry.tag));
      if (first === undefined || (found && found.entry.sequence < first.entry.sequence)) continue;
      if (maySend(first)) found = first;
    }
    return found;
  }

  /** All that wait. */
  entries(): readonly QueueEntry<ForwardSource>[] {
    return [...this.#lines.values()].flatMap((line) => line.map(({ entry }) => entry));
  }

  /** A message is sent, or gone. Returns whether it waited here. */
  take(sequence: number): boolean {
    if (this.#count === 0) return false;
    for (const [source, line] of this.#lines) {
      const place = line.findIndex(({ entry }) => entry.sequence === sequence);
      const [taken] = place < 0 ? [] : line.splice(place, 1);
      if (taken === undefined) continue;
      if (line.length === 0) this.#lines.delete(source);
      this.#count--;
      this.#bytes -= taken.entry.message.byteLength;
      const use = this.#slots.get(taken.slot);
      if (use && --use.count === 0) this.#slots.delete(taken.slot);
      return true;
    }
    return false;
  }

  /** All of them are unread again. */
  clear(): void {
    this.#lines.clear();
    this.#slots.clear();
    this.#count = 0;
    this.#bytes = 0;
  }
}
