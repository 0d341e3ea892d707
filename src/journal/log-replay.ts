// LogReplay: one log stream while its records are read again. Entries come in order, but for those that the
// cleaner had moved to the end: they are kept in runs of their own, each in order, and joined when all is
// read.
import { EntryIndex, type FoundEntry, type IndexedEntry } from './entry-index.ts';
import type { RestoredLog } from './log-stream.ts';

/** One stream. */
export class LogReplay {
  readonly #release: (position: number, size: number) => void;
  readonly #runs: EntryIndex[] = [new EntryIndex()];
  readonly #ahead = new Map<number, Set<number>>();
  #nextSequence = 1;

  /** `release`: the record at a place is needed no more. */
  constructor(release: (position: number, size: number) => void) {
    this.#release = release;
  }

  /** The next sequence is at least this one. */
  expect(nextSequence: number): void {
    this.#nextSequence = Math.max(this.#nextSequence, nextSequence);
  }

  /** An entry, or the new place of one. */
  entry(entry: IndexedEntry): void {
    const { sequence, count, position, size } = entry;
    const isNew = sequence >= this.#nextSequence;
    this.expect(sequence + count);
    const before = isNew ? undefined : this.#runs.find((run) => run.find(sequence));
    if (before) {
      this.#release(before.found.position, before.found.size);
      before.move(position, size);
      return;
    }
    let run = this.#runs.find((one) => one.lastSequence < sequence);
    if (run === undefined) {
      run = new EntryIndex();
      this.#runs.push(run);
    }
    run.push(entry);
  }

  /** Messages are settled, as far as they are held. */
  settle(first: number, count: number): void {
    for (const run of this.#runs) {
      for (let from = first; run.findFrom(from) && run.found.sequence < first + count; ) {
        const { found } = run;
        from = found.sequence + found.count;
        this.#settleIn(run, first - found.sequence, first + count - found.sequence);
      }
    }
  }

  /** Whether there are messages that are not settled. */
  get hasMessages(): boolean {
    return this.#runs.some(({ size }) => size > 0);
  }

  /** Everything is read. */
  restored(): RestoredLog {
    const [first] = this.#runs;
    const index = this.#runs.length === 1 && first !== undefined ? first : joined(this.#runs);
    return { index, nextSequence: this.#nextSequence, ahead: this.#ahead };
  }

  /** Of the entry that was found, the messages from one index up to another are settled. */
  #settleIn(run: EntryIndex, from: number, to: number): void {
    const { found } = run;
    const end = Math.min(to, found.count);
    if (from > found.settled) {
      const ahead = this.#ahead.get(found.sequence) ?? new Set();
      for (let at = from; at < end; at++) ahead.add(at);
      this.#ahead.set(found.sequence, ahead);
      return;
    }
    let settled = Math.max(found.settled, end);
    const ahead = this.#ahead.get(found.sequence);
    while (ahead?.delete(settled)) settled++;
    for (const at of ahead ?? []) if (at < settled) ahead?.delete(at);
    if (ahead?.size === 0) this.#ahead.delete(found.sequence);
    if (settled < found.count) {
      run.setSettled(settled);
      return;
    }
    this.#ahead.delete(found.sequence);
    this.#release(found.position, found.size);
    run.remove();
  }
}

function joined(runs: readonly EntryIndex[]): EntryIndex {
  const entries: FoundEntry[] = [];
  for (const run of runs) run.forEach((entry) => void entries.push({ ...entry }));
  entries.sort((one, other) => one.sequence - other.sequence);
  const index = new EntryIndex();
  for (const entry of entries) {
    index.push(entry);
    if (entry.settled > 0 && index.find(entry.sequence)) index.setSettled(entry.settled);
  }
  return index;
}
