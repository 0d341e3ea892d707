// AccessOptions: everything that decides who may connect, and what they may do. It can be replaced while the broker
// runs; programs bring methods of their own as `steps` and `authenticators`.
// Everything that is remembered or waits has its bound here, with its default.
import type { AclRule } from './acl.ts';
import type { Authenticator } from './authenticator.ts';
import type { Authorizer } from './authorizer.ts';
import type { HttpAccessOptions } from './http-access.ts';
import type { LoginStep } from './login.ts';
import type { LoginGuardOptions } from './login-guard.ts';
import type { TokenAccessOptions } from './token-access.ts';
import type { UserOptions } from './user-table.ts';

/** The methods of login that are built in. */
export type MethodName = 'password' | 'jwt' | 'http';

/** Who may connect, publish and subscribe. */
export interface AccessOptions {
  /**
   * Devices without user name may connect when no method has decided; where there is no method at all, also those with
   * one. Default true.
   */
  readonly isAnonymousAllowed: boolean;
  readonly users: readonly UserOptions[];
  /** Users to whom the rules do not apply. Default none. */
  readonly superusers?: readonly string[];
  /** Tried from the top; the first that matches decides. */
  readonly rules: readonly AclRule[];
  /** Asked where no rule decides. */
  readonly authorizer?: Authorizer;
  /** What holds where no rule matches. Default true. */
  readonly isAllowedWithoutMatch: boolean;
  /** A denied publish or subscribe ends the connection. Default false: it is refused with a reason code. */
  readonly isDenialDisconnecting: boolean;
  /** Tokens that let in. Default: none does. */
  readonly token?: TokenAccessOptions;
  /** A web server that decides. Default: none. */
  readonly http?: HttpAccessOptions;
  /** In which order the methods are asked. Default `password`, `jwt`, `http`; one that is not named is not asked. */
  readonly order?: readonly MethodName[];
  /** How whoever guesses passwords is slowed down. */
  readonly guard?: Partial<LoginGuardOptions>;
  /** More methods of login, asked before the others. */
  readonly steps?: readonly LoginStep[];
  /** More methods of enhanced authentication, beside SCRAM-SHA-256. */
  readonly authenticators?: readonly Authenticator[];
  /** How long a password that was right is not worked out again, in ms; 0 to 3,600,000. Default 60,000. */
  readonly verifiedTtlMs?: number;
}

/** Everybody may do everything. */
export const accessDefaults: AccessOptions = {
  isAnonymousAllowed: true,
  users: [],
  rules: [],
  isAllowedWithoutMatch: true,
  isDenialDisconnecting: false,
};
