// UserTable: the users who may connect with a password, and how each is checked. Passwords in the clear (from a
// configuration) are kept as digests and compared in constant time; stored hashes are worked out beside the loop, and
// remembered for a short while. An unknown user costs as much as a known one.
// A table never changes: other users make another table.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { emptyBytes } from '../../protocol/wire/bytes.ts';
import { UsageError } from '../base/errors.ts';
import type { Clock } from '../ports/ports.ts';
import { digestOf, isSameSecret, keyedDigestOf } from '../secrets/digests.ts';
import {
  isPasswordOf,
  type PasswordHash,
  parsePasswordHash,
  scramIterationsDefault,
} from '../secrets/password-hash.ts';
import { type ScramVerifier, scramBytesOf, scramVerifierOf } from '../secrets/scram.ts';
import type { SlowHash } from '../secrets/slow-hash.ts';
import type { VerifiedLogins } from './verified-logins.ts';

/** One user, with a password or the hash of one: `$scrypt$`, `$scram-sha-256$`, `$7$` or `$6$`. */
export type UserOptions =
  | { readonly username: string; readonly password: string }
  | { readonly username: string; readonly passwordHash: string };

/** What is known of a password that was shown. */
export type PasswordFinding = 'right' | 'wrong' | 'unknown';

/** What all tables of one broker share. */
export interface UserTableTools {
  readonly clock: Clock;
  readonly slowHash: SlowHash;
  readonly verified: VerifiedLogins;
  /** 32 random bytes of this process. */
  readonly key: Bytes;
}

interface User {
  /** What stands for the password: other text, other password. */
  readonly stored: string;
  readonly secret: { readonly kind: 'digest'; readonly digest: Bytes } | PasswordHash;
  /** Only where it came in the clear. */
  readonly password?: string;
  verifier?: Promise<ScramVerifier>;
}

/** The users of a broker. */
export class UserTable {
  readonly #users = new Map<string, User>();
  readonly #tools: UserTableTools;
  /** What a password of an unknown user is compared with. */
  readonly #dummy: User['secret'];

  /** Throws UsageError for a hash that is none. */
  constructor(users: readonly UserOptions[], tools: UserTableTools) {
    this.#tools = tools;
    for (const user of users) this.#users.set(user.username, this.#userOf(user));
    const secrets = [...this.#users.values()].map(({ secret }) => secret);
    const slow = secrets.find(({ kind }) => kind !== 'digest' && kind !== 'sha512');
    this.#dummy = slow ?? secrets[0] ?? { kind: 'digest', digest: digestOf('sha256') };
  }

  /** How many users there are. */
  get size(): number {
    return this.#users.size;
  }

  /** What stands for the password of a user: it changes with it. Undefined when there is no such user. */
  storedOf(username: string): string | undefined {
    return this.#users.get(username)?.stored;
  }

  /** Checks a password. Rejects with SlowHashBusy when too many are being checked. */
  check(username: string, shown: Bytes | undefined): PasswordFinding | Promise<PasswordFinding> {
    const user = this.#users.get(username);
    const password = shown ?? emptyBytes;
    const secret = user?.secret ?? this.#dummy;
    if (secret.kind === 'digest') {
      // [MQTT3-3.1.2-22] a missing password is the empty one, and nobody has that
      const isRight = isSameSecret(digestOf('sha256', password), secret.digest);
      return user === undefined ? 'unknown' : isRight && shown !== undefined ? 'right' : 'wrong';
    }
    return this.#checkHash(username, user, password, secret);
  }

  /** What SCRAM needs of a user; for one who is not there, or whose hash does not serve, something that never fits. */
  async verifierOf(username: string): Promise<{ readonly verifier: ScramVerifier; readonly isReal: boolean }> {
    const user = this.#users.get(username);
    const salt = keyedDigestOf(this.#tools.key, 'salt', username).subarray(0, 16);
    if (user?.secret.kind === 'scram') return { verifier: user.secret.verifier, isReal: true };
    if (user?.password !== undefined) {
      const bytes = scramBytesOf(user.password);
      user.verifier ??= scramVerifierOf(bytes, salt, scramIterationsDefault, this.#tools.slowHash);
      return { verifier: await user.verifier, isReal: true };
    }
    const nothing = keyedDigestOf(this.#tools.key, 'nobody', username);
    const verifier = { iterations: scramIterationsDefault, salt, storedKey: nothing, serverKey: nothing };
    return { verifier, isReal: false };
  }

  async #checkHash(
    username: string,
    user: User | undefined,
    password: Bytes,
    secret: PasswordHash,
  ): Promise<PasswordFinding> {
    const { clock, slowHash, verified } = this.#tools;
    const tag = user && verified.tagOf(username, user.stored, password);
    if (tag !== undefined && verified.has(tag, clock.now())) return 'right';
    const isRight = await isPasswordOf(password, secret, slowHash);
    if (tag === undefined) return 'unknown';
    if (isRight) verified.add(tag, clock.now());
    return isRight ? 'right' : 'wrong';
  }

  #userOf(user: UserOptions): User {
    if ('password' in user) {
      const digest = digestOf('sha256', user.password);
      const stored = keyedDigestOf(this.#tools.key, user.password).toString('base64');
      return { stored, secret: { kind: 'digest', digest }, password: user.password };
    }
    const secret = parsePasswordHash(user.passwordHash);
    if (typeof secret !== 'string') return { stored: user.passwordHash, secret };
    throw new UsageError('PASSWORD_HASH', `the password of the user '${user.username}': ${secret}`);
  }
}
