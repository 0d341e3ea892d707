// VerifiedLogins: passwords that were found right a short while ago, so that a thousand devices that reconnect together
// do not cost a thousand slow hashes. What is kept is a keyed digest, under a key that lives and dies with the
// process; it covers the stored hash too, so that a changed password is unknown at once.
// Bounded by `countMax` and `ttlMs`.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { keyedDigestOf } from '../secrets/digests.ts';

/** The bounds of the memory of verified logins. */
export interface VerifiedLoginsOptions {
  /** How long one is believed, in ms; 0 turns the memory off. Default 60,000. */
  readonly ttlMs: number;
  /** How many are kept. Default 10,000. */
  readonly countMax: number;
}

/** Remembers verified logins. */
export class VerifiedLogins {
  readonly #key: Bytes;
  readonly #options: VerifiedLoginsOptions;
  readonly #until = new Map<string, number>();

  /** `key`: 32 random bytes. */
  constructor(key: Bytes, options: VerifiedLoginsOptions) {
    this.#key = key;
    this.#options = options;
  }

  /** How many are kept. */
  get size(): number {
    return this.#until.size;
  }

  /** The name under which a login is remembered. */
  tagOf(username: string, stored: string, password: Uint8Array): string {
    const length = `${username.length}:${stored.length}:`;
    return keyedDigestOf(this.#key, length, username, stored, password).toString('base64');
  }

  /** Whether a login was verified a short while ago. */
  has(tag: string, now: number): boolean {
    const until = this.#until.get(tag);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#until.delete(tag);
    return false;
  }

  /** Remembers a login that was verified just now. */
  add(tag: string, now: number): void {
    if (this.#options.ttlMs === 0) return;
    this.#until.delete(tag);
    this.#until.set(tag, now + this.#options.ttlMs);
    // the oldest stands first
    for (const oldest of this.#until.keys()) {
      if (this.#until.size <= this.#options.countMax) break;
      this.#until.delete(oldest);
    }
  }
}
