// Access: who may connect, and what they may do. A user list with passwords and a list of rules; both can be replaced
// while the broker runs, and the new rules hold at once for everybody.
// Passwords are compared in constant time, and unknown users take as long as known ones.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { type AccessAction, type AclRule, firstMatch, type Identity } from './acl.ts';

/** One user who may connect. */
export interface UserOptions {
  readonly username: string;
  readonly password: string;
}

/** Who may connect, publish and subscribe. */
export interface AccessOptions {
  /** Devices without user name may connect; with an empty user list, also those with one. Default true. */
  readonly isAnonymousAllowed: boolean;
  readonly users: readonly UserOptions[];
  readonly rules: readonly AclRule[];
  /** What holds where no rule matches. Default true. */
  readonly isAllowedWithoutMatch: boolean;
  /** A denied publish or subscribe ends the connection. Default false: it is refused with a reason code. */
  readonly isDenialDisconnecting: boolean;
}

/** The broker's door keeper. */
export class Access {
  #options: AccessOptions;
  #digests = new Map<string, Buffer>();
  #generation = 0;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.update(options);
  }

  /** Grows whenever the rules change: decisions remembered under an older number are void. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether a denied publish or subscribe ends the connection. */
  get isDenialDisconnecting(): boolean {
    return this.#options.isDenialDisconnecting;
  }

  /** Replaces users and rules. */
  update(options: AccessOptions): void {
    this.#options = options;
    this.#generation++;
    this.#digests = new Map(options.users.map((user) => [user.username, digest(user.password)]));
  }

  /** Whether a device may connect: success, or the reason why not. */
  authenticate(username: string | undefined, password: Bytes | undefined): ReasonCode {
    const { isAnonymousAllowed, users } = this.#options;
    if (username === undefined || users.length === 0) {
      return isAnonymousAllowed ? ReasonCode.success : ReasonCode.notAuthorized;
    }
    const expected = this.#digests.get(username);
    const isRight = timingSafeEqual(digest(password ?? ''), expected ?? digest(''));
    return expected !== undefined && isRight ? ReasonCode.success : ReasonCode.badUserNameOrPassword;
  }

  /** Whether a connected device may publish to a topic, or subscribe to a filter. */
  isAllowed(identity: Identity, action: AccessAction, topic: string): boolean {
    const { rules, isAllowedWithoutMatch } = this.#options;
    if (rules.length === 0) return isAllowedWithoutMatch;
    return firstMatch(rules, identity, action, topic) ?? isAllowedWithoutMatch;
  }
}

function digest(secret: string | Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}
