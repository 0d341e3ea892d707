// SeededRandom: the same numbers every time.
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import type { Random } from '../../src/ports/ports.ts';

/** A small generator (mulberry32) with a seed. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed = 1) {
    this.#state = seed;
  }

  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  bytes(size: number): Bytes {
    return bytesOf(Uint8Array.from({ length: size }, () => Math.floor(this.unit() * 256)));
  }
}
