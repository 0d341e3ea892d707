// Chance: decisions out of one seed. The same seed decides the same, so a seed is a whole story.
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { SeededRandom } from './seeded-random.ts';

/** Decides by a seed. */
export class Chance {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  /** A number of at least 0 and below 1. */
  unit(): number {
    return this.#random.unit();
  }

  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.#random.unit() * (to - from + 1));
  }

  /** True in a share of the cases, 0 to 1. */
  isTrue(share: number): boolean {
    return this.#random.unit() < share;
  }

  /** One of a list, which is not empty. */
  pick<Item>(list: readonly Item[]): Item {
    const item = list[Math.floor(this.#random.unit() * list.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }

  /** Bytes of all kinds. */
  bytes(size: number): Bytes {
    return bytesOf(Uint8Array.from({ length: size }, () => Math.floor(this.#random.unit() * 256)));
  }

  /** A generator of its own, so that one part of a story does not change when another takes more numbers. */
  fork(): Chance {
    return new Chance(Math.floor(this.#random.unit() * 0x1_0000_0000));
  }
}
