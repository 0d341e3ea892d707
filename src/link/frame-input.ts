// hot path
// FrameInput: the bytes that come in on one link, from chunks to frames. The chunks of a quiet link are borrowed, and
// the scanner collects what is not whole. A busy one reads into memory of its own (`ReadMemory`): frames are handed
// over where they were read; the beginning of one that is not whole waits there, and the rest is read right behind it.
//
//   quiet --a large chunk--> busy --many small chunks, or no memory left--> quiet
//
// Bounded: memory grows for a large packet to at most four times what has come of it.
import { type Bytes, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { type FrameHandler, FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { Malformed } from '../../protocol/wire/malformed.ts';
import type { ReadMemory, ReadPool } from './read-memory.ts';

/** Room for less than this share of the memory is not worth a read. */
const roomShareMin = 0.25;

/** The incoming half of one link. */
export class FrameInput {
  readonly #scanner: FrameScanner;
  readonly #pool: ReadPool;
  readonly #handler: FrameHandler;
  #memory: ReadMemory | undefined;
  /** What of the memory came and was not handed over: `from` to `to`. */
  #from = 0;
  #to = 0;
  #isBusy = false;
  #isStopped = false;
  #smallChunks = 0;

  constructor(maximumPacketSize: number, pool: ReadPool, handler: FrameHandler) {
    this.#scanner = new FrameScanner(maximumPacketSize);
    this.#pool = pool;
    this.#handler = handler;
  }

  /** The memory that frames lie in while they are handed over; undefined when they belong to who gets them. */
  get memory(): ReadMemory | undefined {
    return this.#memory;
  }

  /** See `FrameScanner.mayRepeat`. */
  allowRepeats(): void {
    this.#scanner.mayRepeat = true;
  }

  /** Takes a chunk and hands over every frame that is whole with it. Returns why the stream is broken, if it is. */
  take(chunk: Bytes): Malformed | undefined {
    const memory = this.#memory;
    if (memory === undefined) {
      if (chunk.length >= this.#pool.options.busyBytes) this.#isBusy = true;
      return this.#scanner.scan(chunk, this.#handler);
    }
    if (chunk.buffer !== memory.bytes.buffer) {
      this.#becomeQuiet();
      return this.#scanner.scan(chunk, this.#handler);
    }
    this.#to += chunk.length;
    this.#watch(chunk.length);
    return this.#isStopped ? undefined : this.#scan(memory);
  }

  /** Goes on with what was kept when the handler said stop. */
  resume(): Malformed | undefined {
    this.#isStopped = false;
    return this.#memory === undefined ? this.#scanner.resume(this.#handler) : this.#scan(this.#memory);
  }

  /** Where the next chunk is to be read to; undefined when it may be anywhere. */
  room(): Bytes | undefined {
    if (this.#memory === undefined) {
      if (!this.#isBusy || this.#scanner.isStopped) return undefined;
      this.#becomeBusy();
    } else if (!this.#isBusy && !this.#isStopped && this.#from === this.#to) {
      this.#becomeQuiet();
    } else {
      this.#makeRoom(this.#memory);
    }
    return this.#memory?.bytes.subarray(this.#to);
  }

  /** The link is gone. */
  close(): void {
    this.#memory?.giveBack();
    this.#memory = undefined;
    this.#isBusy = false;
  }

  #scan(memory: ReadMemory): Malformed | undefined {
    const rest = memory.bytes.subarray(this.#from, this.#to);
    const done = this.#scanner.scanHeld(rest, this.#handler);
    if (done instanceof Malformed) return done;
    this.#from += done;
    this.#isStopped = this.#scanner.isStopped;
    return undefined;
  }

  #watch(chunkBytes: number): void {
    const { quietBytes, quietChunks } = this.#pool.options;
    this.#smallChunks = chunkBytes > quietBytes ? 0 : this.#smallChunks + 1;
    if (this.#smallChunks >= quietChunks) this.#isBusy = false;
  }

  #becomeBusy(): void {
    const begun = this.#scanner.partial();
    this.#smallChunks = 0;
    this.#memory = this.#pool.lend(this.#sizeFor(begun.length));
    if (this.#memory === undefined) {
      this.#isBusy = false;
      return;
    }
    begun.copy(this.#memory.bytes);
    this.#from = 0;
    this.#to = begun.length;
    this.#scanner.forgetPartial();
  }

  #becomeQuiet(): void {
    const rest = this.#memory?.bytes.subarray(this.#from, this.#to);
    if (rest && (rest.length > 0 || this.#isStopped)) this.#scanner.keep(copyOfBytes(rest), this.#isStopped);
    this.#memory?.giveBack();
    this.#memory = undefined;
    this.#isBusy = false;
  }

  /** Sees to it that there is room behind what waits: at the front of the memory if that is free, or elsewhere. */
  #makeRoom(memory: ReadMemory): void {
    const { length } = memory.bytes;
    if (this.#from === this.#to && !memory.isHeld) {
      this.#from = 0;
      this.#to = 0;
    }
    const isRoomy = length - this.#to >= length * roomShareMin;
    const isLarger = this.#sizeFor(this.#to - this.#from) > length;
    if (isRoomy && !isLarger) return;
    if (!memory.isHeld && !isLarger) {
      memory.bytes.copyWithin(0, this.#from, this.#to);
    } else {
      const rest = memory.bytes.subarray(this.#from, this.#to);
      memory.giveBack();
      const other = this.#pool.lend(this.#sizeFor(rest.length));
      if (other === undefined) throw new Error('the pool lends what was given back');
      rest.copy(other.bytes);
      this.#memory = other;
    }
    this.#to -= this.#from;
    this.#from = 0;
  }

  /** Bytes of memory for a frame of which `begun` bytes have come: for four like it, or two large ones. */
  #sizeFor(begun: number): number {
    const { memoryBytes } = this.#pool.options;
    const frame = this.#scanner.partialFrameSize;
    const wanted = Math.min(4 * frame, Math.max(2 * frame, 4 * memoryBytes));
    const full = begun * (1 + roomShareMin) < memoryBytes ? 0 : 2 * begun + 1;
    return Math.max(memoryBytes, full, Math.min(wanted, 4 * begun));
  }
}
