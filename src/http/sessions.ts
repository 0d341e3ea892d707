// Sessions: who is logged in. A token is 32 random bytes that only its holder has; here stands its digest. A session
// ends when it was not used for `idleMsMax`, in any case after `ageMsMax`, with its user, and with a new password.
// Bounded by `sessionsMax`: the one that was used longest ago makes room.
import type { Clock, Random } from '../ports/ports.ts';
import { digestOf } from '../secrets/digests.ts';
import type { Role } from './api-types.ts';
import type { Principal } from './principal.ts';

/** The bounds of sessions. */
export interface SessionOptions {
  /** Default 30 minutes. */
  readonly idleMsMax: number;
  /** Default 12 hours. */
  readonly ageMsMax: number;
  /** Default 1000. */
  readonly sessionsMax: number;
}

/** The defaults. */
export const sessionDefaults: SessionOptions = { idleMsMax: 1_800_000, ageMsMax: 43_200_000, sessionsMax: 1000 };

interface Session {
  readonly username: string;
  readonly openedAt: number;
  usedAt: number;
}

/** What users are now, as far as sessions need it: a role that was taken away counts at once. */
export type UserNow = (username: string) => { readonly role: Role; readonly mustChangePassword: boolean } | undefined;

/** All sessions. */
export class Sessions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #userNow: UserNow;
  readonly #options: SessionOptions;
  /** By the digest of the token; least recently used first. */
  readonly #sessions = new Map<string, Session>();

  constructor(
    ports: { readonly clock: Clock; readonly random: Random },
    userNow: UserNow,
    options: SessionOptions = sessionDefaults,
  ) {
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#userNow = userNow;
    this.#options = options;
  }

  /** Opens a session. Returns its token. */
  open(username: string): string {
    const token = this.#random.bytes(32).toString('base64url');
    const now = this.#clock.now();
    for (const [id, session] of this.#sessions) {
      if (this.#sessions.size < this.#options.sessionsMax && !this.#isOver(session, now)) break;
      this.#sessions.delete(id);
    }
    this.#sessions.set(idOf(token), { username, openedAt: now, usedAt: now });
    return token;
  }

  /** Who holds a token; using it keeps the session alive. */
  find(token: string): Principal | undefined {
    const id = idOf(token);
    const session = this.#sessions.get(id);
    const now = this.#clock.now();
    if (session === undefined) return undefined;
    const user = this.#userNow(session.username);
    this.#sessions.delete(id);
    if (user === undefined || this.#isOver(session, now)) return undefined;
    session.usedAt = now;
    this.#sessions.set(id, session);
    const { idleMsMax, ageMsMax } = this.#options;
    const leftMs = Math.min(idleMsMax, session.openedAt + ageMsMax - now);
    const { username } = session;
    return { username, ...user, via: 'session', sessionId: id, expiresAt: Math.round(this.#clock.wallMs() + leftMs) };
  }

  /** Whether one is open; asking does not keep it alive. */
  isOpen(id: string): boolean {
    const session = this.#sessions.get(id);
    const isThere = session !== undefined && !this.#isOver(session, this.#clock.now());
    return isThere && this.#userNow(session.username) !== undefined;
  }

  /** Ends one. */
  close(id: string): void {
    this.#sessions.delete(id);
  }

  /** Ends all of a user, but for one. */
  closeAllOf(username: string, except?: string): void {
    for (const [id, session] of this.#sessions) {
      if (session.username === username && id !== except) this.#sessions.delete(id);
    }
  }

  #isOver({ openedAt, usedAt }: Session, now: number): boolean {
    return now - usedAt >= this.#options.idleMsMax || now - openedAt >= this.#options.ageMsMax;
  }
}

/** What stands for a token here: whoever reads memory or a dump has no token. */
function idOf(token: string): string {
  return digestOf('sha256', token).toString('base64url');
}
