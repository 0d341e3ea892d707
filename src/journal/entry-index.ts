// hot path
// EntryIndex: where the entries of one log stream stand in the journal, in order of their sequences. 20 bytes an
// entry, however large its messages are and however many it holds; blocks of 1,024 entries are made at the end and
// given up when nothing in them is held any more. Bounded by the limits of whoever appends.

const blockSize = 1024;

class Block {
  /** The sequence of its first entry; those of all are counted from it. */
  readonly base: number;
  readonly offsets = new Uint32Array(blockSize);
  /** Place in the journal; -1 once the entry is gone. */
  readonly positions = new Float64Array(blockSize);
  readonly sizes = new Uint32Array(blockSize);
  /** Messages of the entry; how many of them, from the first on, are settled. */
  readonly counts = new Uint16Array(blockSize);
  readonly settled = new Uint16Array(blockSize);
  /** The tag of all entries, until two differ. */
  tag: number;
  tags: Uint32Array | undefined;
  length = 0;
  held = 0;
  /** The first that may be held. */
  first = 0;

  constructor(base: number, tag: number) {
    this.base = base;
    this.tag = tag;
  }

  sequenceOf(slot: number): number {
    return this.base + (this.offsets[slot] ?? 0);
  }
}

/** Where one entry was found; borrowed, and used again for the next one. */
export interface FoundEntry {
  /** Sequence of its first message. */
  sequence: number;
  count: number;
  position: number;
  size: number;
  /** The owner's own number for it. */
  tag: number;
  /** Messages from the first on that are settled. */
  settled: number;
}

/** An entry that is to be indexed. */
export type IndexedEntry = Readonly<Omit<FoundEntry, 'settled'>>;

/** The entries of a stream. */
export class EntryIndex {
  /** What the last `find` or `at` found. */
  readonly found: FoundEntry = { sequence: 0, count: 0, position: 0, size: 0, tag: 0, settled: 0 };
  #blocks: Block[] = [];
  #block: Block | undefined;
  #slot = 0;
  #held = 0;
  #lastSequence = 0;

  /** Entries held. */
  get size(): number {
    return this.#held;
  }

  /** The sequence of the first message of the last entry that was pushed. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Adds an entry whose sequence is above all others. `count`: 1 to 65535. */
  push({ sequence, count, position, size, tag }: IndexedEntry): void {
    let block = this.#blocks.at(-1);
    if (block === undefined || block.length === blockSize) {
      block = new Block(sequence, tag);
      this.#blocks.push(block);
    }
    const slot = block.length++;
    block.offsets[slot] = sequence - block.base;
    block.positions[slot] = position;
    block.sizes[slot] = size;
    block.counts[slot] = count;
    block.settled[slot] = 0;
    if (tag !== block.tag || block.tags) {
      block.tags ??= new Uint32Array(blockSize).fill(block.tag);
      block.tags[slot] = tag;
    }
    block.held++;
    this.#held++;
    this.#lastSequence = sequence;
  }

  /** Finds the entry that holds a message; false if there is none. */
  find(sequence: number): boolean {
    const block = this.#blockOf(sequence);
    if (block === undefined) return false;
    const low = slotOf(block, sequence);
    const isHeld = low < block.length && (block.positions[low] ?? -1) >= 0;
    if (!isHeld || sequence < block.sequenceOf(low)) return false;
    if (sequence >= block.sequenceOf(low) + (block.counts[low] ?? 0)) return false;
    this.#show(block, low);
    return true;
  }

  /** Finds the first entry held with a message of at least `sequence`; false if there is none. */
  findFrom(sequence: number): boolean {
    const blocks = this.#blocks;
    for (let index = Math.max(0, this.#indexOf(sequence)); index < blocks.length; index++) {
      const block = blocks[index];
      if (block === undefined || block.held === 0) continue;
      for (let slot = slotOf(block, sequence); slot < block.length; slot++) {
        if ((block.positions[slot] ?? -1) < 0) continue;
        if (block.sequenceOf(slot) + (block.counts[slot] ?? 0) <= sequence) continue;
        this.#show(block, slot);
        return true;
      }
    }
    return false;
  }

  /** Counts messages of the found entry, from the first on, as settled. */
  setSettled(count: number): void {
    if (this.#block) this.#block.settled[this.#slot] = count;
    this.found.settled = count;
  }

  /** The found entry stands somewhere else now. */
  move(position: number, size: number): void {
    if (this.#block === undefined) return;
    this.#block.positions[this.#slot] = position;
    this.#block.sizes[this.#slot] = size;
  }

  /** The found entry is gone. */
  remove(): void {
    const block = this.#block;
    if (block === undefined || (block.positions[this.#slot] ?? -1) < 0) return;
    block.positions[this.#slot] = -1;
    block.held--;
    this.#held--;
    while (block.first < block.length && (block.positions[block.first] ?? -1) < 0) block.first++;
    if (block.held > 0 || (block.length < blockSize && block === this.#blocks.at(-1))) return;
    this.#blocks.splice(this.#blocks.indexOf(block), 1);
    this.#block = undefined;
  }

  /** Forgets all entries. */
  clear(): void {
    this.#blocks = [];
    this.#block = undefined;
    this.#held = 0;
  }

  /** Visits the entries held, in order; `found` tells of each. */
  forEach(visit: (entry: FoundEntry) => void): void {
    for (const block of [...this.#blocks]) {
      for (let slot = block.first; slot < block.length; slot++) {
        if ((block.positions[slot] ?? -1) < 0) continue;
        this.#show(block, slot);
        visit(this.found);
      }
    }
  }

  #show(block: Block, slot: number): void {
    this.#block = block;
    this.#slot = slot;
    const { found } = this;
    found.sequence = block.sequenceOf(slot);
    found.count = block.counts[slot] ?? 0;
    found.position = block.positions[slot] ?? 0;
    found.size = block.sizes[slot] ?? 0;
    found.tag = block.tags === undefined ? block.tag : (block.tags[slot] ?? 0);
    found.settled = block.settled[slot] ?? 0;
  }

  #blockOf(sequence: number): Block | undefined {
    return this.#blocks[this.#indexOf(sequence)];
  }

  /** The last block that begins at or before a sequence; -1 if none does. */
  #indexOf(sequence: number): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if ((blocks[middle]?.base ?? 0) <= sequence) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }
}

/** The last slot from `first` on that begins at or before a sequence; `first` if none does. */
function slotOf(block: Block, sequence: number): number {
  let low = block.first;
  let high = block.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (block.sequenceOf(middle) <= sequence) low = middle;
    else high = middle - 1;
  }
  return low;
}
