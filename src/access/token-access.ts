// TokenAccess: lets in whoever shows a JSON web token that we trust, in the place of the password (or of
// the user name). The token says until when, and may say for whom and what for: claims that must fit,
// rules of its own. A device is disconnected when its token runs out.
//
// What is no token at all is left to other methods; a token that is wrong is refused.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Clock } from '../ports/ports.ts';
import { type TokenClaims, type TokenKeyOptions, TokenKeys } from '../secrets/web-token.ts';
import type { AclRule } from './acl.ts';
import type { Login, LoginStep, RefusalReason, Verdict } from './login.ts';
import { rulesOfClaim } from './token-rules.ts';

/** Which tokens let a device in. */
export interface TokenAccessOptions {
  readonly keys: TokenKeyOptions;
  /** Where the token stands. Default `password`. */
  readonly from: 'password' | 'username';
  /** How far our clock and that of the issuer may differ, in seconds. Default 30. */
  readonly leewayS: number;
  /** A token without `exp` is refused. Default true. */
  readonly isExpiryRequired: boolean;
  /** What `iss` must be. */
  readonly issuer?: string;
  /** What `aud` must be or contain. */
  readonly audience?: string;
  /** The claim that must be the user name; where the token stands in its place, the claim that names the user. */
  readonly usernameClaim?: string;
  /** The claim that must be the client id. */
  readonly clientIdClaim?: string;
  /** The claim with rules of the device's own; absent: none. */
  readonly rulesClaim?: string;
}

/** Lets in by tokens. */
export class TokenAccess implements LoginStep {
  readonly #options: TokenAccessOptions;
  readonly #clock: Clock;
  readonly #keys: TokenKeys;

  /** Throws an Error that says what is wrong with the keys. */
  constructor(options: TokenAccessOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#keys = new TokenKeys(options.keys);
  }

  /** See `LoginStep`. */
  check(login: Login): Verdict {
    const token = tokenOf(this.#options.from === 'password' ? login.password : login.username);
    if (token === undefined) return { kind: 'ignore' };
    const claims = this.#keys.claimsOf(token);
    if (typeof claims === 'string') return refused('bad-token');
    const why = this.#timeFault(claims) ?? (this.#isMeant(claims, login) ? undefined : 'bad-token');
    if (why !== undefined) return refused(why);
    const rules = this.#rulesOf(claims);
    if (rules === undefined) return refused('bad-token');
    const { exp } = claims;
    return {
      kind: 'allow',
      admission: {
        method: 'jwt',
        username: this.#usernameOf(claims, login),
        isSuperuser: false,
        ...(rules.length === 0 ? {} : { rules }),
        ...(typeof exp === 'number' ? { expiresAt: this.#clock.now() + this.#secondsLeft(exp) * 1000 } : {}),
      },
    };
  }

  #secondsLeft(moment: number): number {
    return moment + this.#options.leewayS - this.#clock.wallMs() / 1000;
  }

  #timeFault({ exp, nbf, iat }: TokenClaims): RefusalReason | undefined {
    const { isExpiryRequired, leewayS } = this.#options;
    if (exp === undefined ? isExpiryRequired : typeof exp !== 'number') return 'bad-token';
    if (typeof exp === 'number' && this.#secondsLeft(exp) <= 0) return 'expired-token';
    for (const start of [nbf, iat]) {
      if (start === undefined) continue;
      if (typeof start !== 'number' || this.#secondsLeft(start) - 2 * leewayS > 0) return 'bad-token';
    }
    return undefined;
  }

  #isMeant(claims: TokenClaims, login: Login): boolean {
    const { issuer, audience, usernameClaim, clientIdClaim, from } = this.#options;
    const { iss, aud } = claims;
    if (issuer !== undefined && iss !== issuer) return false;
    if (audience !== undefined && aud !== audience && !(Array.isArray(aud) && aud.includes(audience))) return false;
    if (clientIdClaim !== undefined && claims[clientIdClaim] !== login.clientId) return false;
    if (usernameClaim === undefined) return true;
    const name = claims[usernameClaim];
    return from === 'username' ? typeof name === 'string' : name === login.username;
  }

  #usernameOf(claims: TokenClaims, { username }: Login): string | undefined {
    if (this.#options.from === 'password') return username;
    const name = claims[this.#options.usernameClaim ?? 'sub'];
    return typeof name === 'string' ? name : undefined;
  }

  /** Undefined when there are some, but they cannot be understood. */
  #rulesOf(claims: TokenClaims): readonly AclRule[] | undefined {
    const { rulesClaim } = this.#options;
    const claim = rulesClaim === undefined ? undefined : claims[rulesClaim];
    return claim === undefined ? [] : rulesOfClaim(claim);
  }
}

function refused(why: RefusalReason): Verdict {
  return { kind: 'deny', reasonCode: ReasonCode.notAuthorized, why };
}

/** Three parts with dots between them, the first of which begins an object. */
function tokenOf(shown: Bytes | string | undefined): string | undefined {
  const text = shown?.toString() ?? '';
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(text) ? text : undefined;
}
