// hot path
// Turn: makes one gathered write out of all that a batch got in one turn of the event loop. A batch reports once when
// its first bytes come; at the end of the chunk that is being handled it is flushed if it has been quiet, so that a
// single message leaves without delay. One that was flushed a moment ago waits for the end of the turn, so that many
// sources share one write. Outside of input everything waits for the end of the turn.
//
// Invariant: a batch that reported is flushed before the turn is over. Bounded by the number of batches.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { Clock } from '../ports/ports.ts';
import { Arena } from './arena.ts';
import { Deadlines } from './deadlines.ts';
import { type ReadMemory, ReadPool } from './read-memory.ts';

/** Something with bytes to flush; the turn alone sets `isQueued`. */
export interface Flushable {
  /** Whether the turn knows of it already. */
  isQueued: boolean;
  /** When it last flushed, in ms of the monotonic clock. */
  flushedAt: number;
  /** Writes what it has, in one write; nothing if it has nothing. */
  flush(): void;
}

/**
 * How long a batch must have been quiet, in ms, to be flushed before the end of the turn: about the cost of ten writes.
 */
const quietMs = 0.05;

/** One per event loop: every link of a process shares it. */
export class Turn {
  /** Where the batches of this turn get their memory. */
  readonly arena: Arena = new Arena();
  /** Where busy links get the memory that they read into. */
  readonly reads: ReadPool;
  /** The memory of the input that is being handled, if it can be held; set by who has it handled. */
  inputMemory: ReadMemory | undefined;
  /** What the input that is being handled lies in, and later input will overwrite; set by who has it handled. */
  inputBuffer: Bytes['buffer'] | undefined;
  /** Where connections have their deadlines watched. */
  readonly deadlines: Deadlines;
  /** The clock of everything that shares the turn. */
  readonly clock: Clock;
  #now = 0;
  #queued: Flushable[] = [];
  #spare: Flushable[] = [];
  #inputDepth = 0;
  #isDeferred = false;

  constructor(clock: Clock, reads: ReadPool = new ReadPool()) {
    this.clock = clock;
    this.deadlines = new Deadlines(clock);
    this.reads = reads;
  }

  /**
   * The time, in whole ms of the monotonic clock, which unlike fractions take no memory: while input is handled, when
   * that began.
   */
  get now(): number {
    return this.#inputDepth > 0 ? this.#now : Math.trunc(this.clock.now());
  }

  /** Whether `bytes` are of the input that is being handled, so that they do not last. */
  isInput(bytes: Bytes): boolean {
    return this.inputBuffer !== undefined && bytes.buffer === this.inputBuffer;
  }

  /** Input is about to be handled; calls may nest, each needs its `inputEnded`. */
  inputBegan(): void {
    if (this.#inputDepth === 0) this.#now = Math.trunc(this.clock.now());
    this.#inputDepth++;
  }

  /** The input is handled: batches that were quiet are flushed now, the others at the end of the turn. */
  inputEnded(): void {
    this.#inputDepth--;
    if (this.#inputDepth === 0 && this.#queued.length > 0) this.#flush(quietMs);
  }

  /** A batch got its first bytes. */
  add(batch: Flushable): void {
    batch.isQueued = true;
    this.#queued.push(batch);
    if (this.#inputDepth === 0) this.#defer();
  }

  #defer(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.clock.defer(() => {
      this.#isDeferred = false;
      this.#flush(0);
    });
  }

  #flush(quietForMs: number): void {
    const batches = this.#queued;
    this.#queued = this.#spare;
    const now = this.clock.now();
    for (const batch of batches) {
      if (now - batch.flushedAt >= quietForMs) {
        batch.isQueued = false;
        batch.flushedAt = now;
        batch.flush();
      } else {
        this.#queued.push(batch);
      }
    }
    batches.length = 0;
    this.#spare = batches;
    if (this.#queued.length > 0) this.#defer();
  }
}
