// Authentication: who sent a request. Three proofs: a session's token (cookie of a page, or bearer), the key of a
// program (bearer, `vk_...`), and, where it is allowed, user and password (Basic, for old programs). Wrong passwords
// count against their address and their user; while those are locked out, no password is checked at all.
import type { ServedRequest } from '../ports/http-server.ts';
import type { Clock } from '../ports/ports.ts';
import { HttpRefusal } from './http-refusal.ts';
import { LockOut } from './lock-out.ts';
import type { Principal, Seen } from './principal.ts';
import type { Sessions } from './sessions.ts';
import type { WebUsers } from './web-users.ts';

/** Finds out who asks. */
export class Authentication {
  readonly #users: WebUsers;
  readonly #sessions: Sessions;
  readonly #clock: Clock;
  readonly #lockOut = new LockOut();

  constructor(users: WebUsers, sessions: Sessions, clock: Clock) {
    this.#users = users;
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /** Who sent a request; undefined when it shows nothing. Rejects with HttpRefusal for what is wrong. */
  async principalOf(request: ServedRequest, mayUsePassword: boolean, seen: Seen): Promise<Principal | undefined> {
    const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(/\s+/, 2);
    if (scheme.toLowerCase() === 'bearer') return this.#ofToken(value);
    if (scheme.toLowerCase() === 'basic' && mayUsePassword) return this.#ofPassword(value, request, seen);
    const token = cookieOf(request);
    return token === undefined ? undefined : this.#sessions.find(token);
  }

  /** Checks user and password. Rejects with HttpRefusal when they are wrong, or nobody may try now. */
  async login(username: string, password: string, request: ServedRequest, seen: Seen): Promise<Principal> {
    const { remoteAddress } = request;
    // a name that nobody has may be a password in the wrong field: it is not written down
    if (this.#users.now(username) !== undefined) seen.tried = username;
    this.#mayTry(remoteAddress, username);
    const isRight = await this.#users.check(username, password);
    const user = this.#users.now(username);
    if (!isRight || user === undefined) {
      this.#lockOut.failed(remoteAddress, username, this.#clock.now());
      throw new HttpRefusal('WRONG_LOGIN', 'wrong user or password');
    }
    this.#lockOut.succeeded(remoteAddress);
    this.#users.loggedIn(username);
    seen.tried = undefined;
    return { username, ...user, via: 'password', expiresAt: this.#clock.wallMs() };
  }

  /** Tokens are 32 random bytes: nobody guesses one, and a wrong one locks nobody out. */
  #ofToken(token: string): Principal {
    const key = token.startsWith('vk_') ? this.#users.keyOf(token) : undefined;
    if (key !== undefined) {
      const { name, role } = key;
      return { username: `key:${name}`, role, via: 'key', expiresAt: 0, mustChangePassword: false };
    }
    const principal = this.#sessions.find(token);
    if (principal !== undefined) return principal;
    throw new HttpRefusal('UNAUTHENTICATED', 'the token is not known, or its time is over');
  }

  async #ofPassword(value: string, request: ServedRequest, seen: Seen): Promise<Principal> {
    const text = Buffer.from(value, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 0) throw new HttpRefusal('WRONG_LOGIN', 'expected user:password in Base64');
    return this.login(text.slice(0, colon), text.slice(colon + 1), request, seen);
  }

  #mayTry(address: string, username: string): void {
    const waitMs = this.#lockOut.waitMs(address, username, this.#clock.now());
    if (waitMs > 0) throw new HttpRefusal('TOO_MANY', `too many failed logins; wait ${Math.ceil(waitMs / 1000)} s`);
  }
}

/** The cookie of sessions; over TLS browsers bind it to this very host. */
export function cookieName(isEncrypted: boolean): string {
  return isEncrypted ? '__Host-viaduct' : 'viaduct_session';
}

/** `Set-Cookie` for a token, or for its end. */
export function cookieHeader(token: string | undefined, isEncrypted: boolean): string {
  const parts = [`${cookieName(isEncrypted)}=${token ?? ''}`, 'Path=/', 'HttpOnly', 'SameSite=Strict'];
  if (isEncrypted) parts.push('Secure');
  if (token === undefined) parts.push('Max-Age=0');
  return parts.join('; ');
}

function cookieOf({ headers, isEncrypted }: ServedRequest): string | undefined {
  const prefix = `${cookieName(isEncrypted)}=`;
  const found = (headers.cookie ?? '').split(/;\s*/).find((one) => one.startsWith(prefix));
  const token = found?.slice(prefix.length);
  return token === '' ? undefined : token;
}
