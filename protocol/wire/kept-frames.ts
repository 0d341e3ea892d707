// hot path
// KeptFrames: a copy of the frames of a run, shared by all who have to keep them until they are settled. Memory that
// everybody has let go of is used for the next copy, so that a steady stream makes no garbage.
//
// Invariant: bytes that somebody keeps are not written again. Bounded: `spareBytesMax` wait for the next runs.
import { allocateBytes, type Bytes } from './bytes.ts';

/** What a window of 1,000 short messages takes, and more. */
const spareBytesMax = 262_144;
/** Larger pieces are left to the garbage collector. */
const keptBytesMax = 65_536;
const pieceBytesMin = 1024;

/** One copy, kept by as many as say so. */
export class KeptFrames {
  readonly bytes: Bytes;
  readonly #memory: Bytes;
  readonly #pool: FramePool;
  #keepers = 0;

  constructor(bytes: Bytes, memory: Bytes, pool: FramePool) {
    this.bytes = bytes;
    this.#memory = memory;
    this.#pool = pool;
  }

  /** Somebody keeps the frames. Who never lets go of them leaves them to the garbage collector. */
  keep(): void {
    this.#keepers++;
  }

  /** Somebody who kept them has no more use for them. */
  letGo(): void {
    this.#keepers--;
    if (this.#keepers === 0) this.#pool.takeBack(this.#memory);
  }
}

/** Memory for the copies of one publisher. */
export class FramePool {
  readonly #spare: Bytes[] = [];
  #spareBytes = 0;

  /** A copy of frames, which nobody keeps yet. */
  copy(frames: Bytes): KeptFrames {
    const { length } = frames;
    const index = this.#spare.findIndex((piece) => piece.length >= length);
    const memory = index < 0 ? undefined : this.#spare.splice(index, 1)[0];
    this.#spareBytes -= memory?.length ?? 0;
    const piece = memory ?? allocateBytes(sizeFor(length));
    frames.copy(piece);
    return new KeptFrames(piece.subarray(0, length), piece, this);
  }

  /** Memory that nobody keeps any more. */
  takeBack(memory: Bytes): void {
    if (memory.length > keptBytesMax || this.#spareBytes + memory.length > spareBytesMax) return;
    this.#spareBytes += memory.length;
    this.#spare.push(memory);
  }
}

/** The next power of two, for what can be used again. */
function sizeFor(length: number): number {
  if (length > keptBytesMax) return length;
  let size = pieceBytesMin;
  while (size < length) size *= 2;
  return size;
}
