// hot path
// ReadMemory: memory that a busy link reads into, again and again, so that large traffic is neither copied nor makes
// garbage. What refers to a piece of it beyond the turn of its input (a payload in a write that the system did not take
// at once) holds it; held memory is read into only behind what came before, and left to its holders when it is full.
//
// Invariant: a byte that somebody holds is never overwritten. Bounded: the pool lends `busyMax` pieces at a time, and
// keeps at most four of up to 1 MiB.
import { allocateBytes, type Bytes } from '../../protocol/wire/bytes.ts';
import type { Held } from './arena.ts';

/** When links read into memory of their own, and how much of it there is. */
export interface ReadOptions {
  /** A chunk of at least this many bytes makes a link busy. Default 16384. */
  readonly busyBytes: number;
  /** Chunks of at most `quietBytes`, this many in a row, make it quiet again. Default 8. */
  readonly quietChunks: number;
  /** See `quietChunks`. Default 4096. */
  readonly quietBytes: number;
  /** Bytes of memory for a busy link; more only for larger packets. Default 262144. */
  readonly memoryBytes: number;
  /** Links that are busy at a time at most; the others read as if they were quiet. Default 16. */
  readonly busyMax: number;
}

/** The defaults of `ReadOptions`. */
export const readDefaults: ReadOptions = {
  busyBytes: 16_384,
  quietChunks: 8,
  quietBytes: 4096,
  memoryBytes: 262_144,
  busyMax: 16,
};

/** Pieces kept for the next link, and their size at most. */
const spareMax = 4;
const spareBytesMax = 1_048_576;

/** One piece of memory, lent to one link. */
export class ReadMemory implements Held {
  readonly bytes: Bytes;
  readonly #pool: ReadPool;
  #holds = 0;
  #isGivenBack = false;

  constructor(bytes: Bytes, pool: ReadPool) {
    this.bytes = bytes;
    this.#pool = pool;
  }

  /** Whether somebody refers to a part of it. */
  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Somebody refers to a part of it from now on. */
  hold(): void {
    this.#holds++;
  }

  /** Somebody who held it does not any more. */
  release(): void {
    this.#holds--;
    if (this.#isGivenBack && this.#holds === 0) this.#pool.keep(this);
  }

  /** The link needs it no more; it may be used again when nobody holds it. */
  giveBack(): void {
    if (this.#isGivenBack) return;
    this.#isGivenBack = true;
    this.#pool.returned();
    if (this.#holds === 0) this.#pool.keep(this);
  }
}

/** The memory of all busy links of a process. */
export class ReadPool {
  /** Of every link that reads from here. */
  readonly options: ReadOptions;
  readonly #spare: Bytes[] = [];
  #lent = 0;

  constructor(options: ReadOptions = readDefaults) {
    this.options = options;
  }

  /** Memory of at least `size` bytes; undefined when as many links are busy as may be. */
  lend(size: number): ReadMemory | undefined {
    if (this.#lent >= this.options.busyMax) return undefined;
    this.#lent++;
    const index = this.#spare.findIndex(({ length }) => length >= size && length <= 4 * size);
    const bytes = index < 0 ? allocateBytes(size) : this.#spare.splice(index, 1)[0];
    return new ReadMemory(bytes ?? allocateBytes(size), this);
  }

  /** A link gave memory back, which may be held still. */
  returned(): void {
    this.#lent--;
  }

  /** Memory that nobody uses any more. */
  keep(memory: ReadMemory): void {
    if (memory.bytes.length > spareBytesMax) return;
    if (this.#spare.length === spareMax) this.#spare.shift();
    this.#spare.push(memory.bytes);
  }
}
