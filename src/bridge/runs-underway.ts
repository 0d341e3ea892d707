// hot path
// RunsUnderway: whose messages a bridge has sent in runs, by the places that they took in its queue. A run leaves when
// all of its messages are settled; they are, mostly, in order. Bounded by the send window.

/** Messages that took consecutive places. */
export interface RunUnderway<Owner> {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
  readonly owner: Owner;
}

interface Kept<Owner> {
  readonly run: RunUnderway<Owner>;
  left: number;
}

/** The runs of one bridge that are not settled. */
export class RunsUnderway<Owner> {
  #runs: Kept<Owner>[] = [];
  #byteLength = 0;

  /** Bytes of all runs that are not settled whole. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** A run was sent. */
  add(run: RunUnderway<Owner>): void {
    this.#runs.push({ run, left: run.count });
    this.#byteLength += run.bytes;
  }

  /**
   * The messages of one run at `count` places from `place` on, of each of which this is told once, are settled. Returns
   * whose they were; undefined if they are none.
   */
  settle(place: number, count: number): Owner | undefined {
    const runs = this.#runs;
    for (let index = 0; index < runs.length; index++) {
      const kept = runs[index];
      if (kept === undefined || place < kept.run.first || place >= kept.run.first + kept.run.count) continue;
      kept.left -= count;
      if (kept.left === 0) {
        this.#byteLength -= kept.run.bytes;
        runs.splice(index, 1);
      }
      return kept.run.owner;
    }
    return undefined;
  }

  /** Whose the message at a place is; undefined if it is none of these. */
  ownerOf(place: number): Owner | undefined {
    return this.#runs.find(({ run: { first, count } }) => place >= first && place < first + count)?.run.owner;
  }

  /** Forgets all of them, and tells how many messages of whom were not settled. */
  clear(forgotten: (owner: Owner, count: number) => void): void {
    for (const { run, left } of this.#runs) forgotten(run.owner, left);
    this.#runs = [];
    this.#byteLength = 0;
  }
}
