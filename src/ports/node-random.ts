// NodeRandom: jitter from the engine's generator, bytes from the system's
// cryptographic one. Identifiers and secrets always take the second; the first only
// spreads retries in time.
import { randomBytes } from 'node:crypto';
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import type { Random } from './ports.ts';

/** The system's randomness. */
export class NodeRandom implements Random {
  /** See `Random.unit`. */
  unit(): number {
    return Math.random();
  }

  /** See `Random.bytes`. */
  bytes(size: number): Bytes {
    return bytesOf(randomBytes(size));
  }
}
