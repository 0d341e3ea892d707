// SlowHash: hashes that are slow on purpose, worked out on Node's threads, so that the loop never waits for one. Only a
// few at a time, because files and name lookups use the same four threads; the rest waits in order, and what would
// wait too long is refused at once.
// Bounded by `concurrencyMax` and `waitingMax`.
import { pbkdf2, scrypt } from 'node:crypto';
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { SlowHashBusy } from './slow-hash-busy.ts';

/** The bounds of slow hashing. */
export interface SlowHashOptions {
  /** Hashes worked out at a time, 1 to 4. Default 2. */
  readonly concurrencyMax: number;
  /** Hashes that may wait for their turn. Default 1000. */
  readonly waitingMax: number;
}

/** The defaults. */
export const slowHashDefaults: SlowHashOptions = { concurrencyMax: 2, waitingMax: 1000 };

/** The cost of scrypt; the memory that it takes is 128 * 2^costLog2 * blockSize bytes. */
export interface ScryptCost {
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelism: number;
}

/** What PBKDF2 is told. */
export interface Pbkdf2Cost {
  readonly digest: 'sha256' | 'sha512';
  readonly iterations: number;
}

/** Told what came of it, as Node does. */
type Done = (error: Error | null, key: Uint8Array) => void;

/** Works out slow hashes, a few at a time. */
export class SlowHash {
  readonly #options: SlowHashOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: Partial<SlowHashOptions> = {}) {
    this.#options = { ...slowHashDefaults, ...options };
  }

  /** `length` bytes of scrypt. Rejects with SlowHashBusy when too much waits. */
  scrypt(password: Uint8Array, salt: Uint8Array, cost: ScryptCost, length: number): Promise<Bytes> {
    const { costLog2, blockSize, parallelism } = cost;
    const numbers = { N: 2 ** costLog2, r: blockSize, p: parallelism };
    // twice what it needs: the limit is for what nobody meant
    const maxmem = 256 * numbers.N * numbers.r + 1024 * numbers.r * numbers.p;
    return this.#inTurn((done) => scrypt(password, salt, length, { ...numbers, maxmem }, done));
  }

  /** `length` bytes of PBKDF2. Rejects with SlowHashBusy when too much waits. */
  pbkdf2(password: Uint8Array, salt: Uint8Array, cost: Pbkdf2Cost, length: number): Promise<Bytes> {
    return this.#inTurn((done) => pbkdf2(password, salt, cost.iterations, length, cost.digest, done));
  }

  #inTurn(start: (done: Done) => void): Promise<Bytes> {
    if (this.#waiting.length >= this.#options.waitingMax) return Promise.reject(new SlowHashBusy());
    return new Promise((resolve, reject) => {
      const run = (): void => {
        this.#running++;
        start((error, key) => {
          this.#running--;
          if (error) reject(error);
          else resolve(bytesOf(key));
          this.#waiting.shift()?.();
        });
      };
      if (this.#running < this.#options.concurrencyMax) run();
      else this.#waiting.push(run);
    });
  }
}
