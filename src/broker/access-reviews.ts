// AccessReviews: what new rules, another user, or another answer of those who are asked mean for subscriptions that are
// there. One that is not allowed any more is suspended: nothing comes for it, not what waits either, but the device
// need not know; it goes on when it is allowed again.
//
//   rules decide: at once                others decide (HTTP): asked again, when rules change and when their answers'
//                                        time is over; until they answer, and where they do not, it stays as it is
//
// Bounded: `askedMax` sessions are asked about at a time, one subscription of each; sessions wait as themselves.
import type { Access } from '../access/access.ts';
import type { FilterDecision } from '../access/acl.ts';
import type { Log } from '../base/log.ts';
import type { Ports } from '../ports/ports.ts';
import type { SubscriptionOptions } from '../router/destination.ts';
import type { Router } from '../router/router.ts';
import type { DeviceSession } from './device-session.ts';
import type { SessionTable } from './session-table.ts';

const askedMax = 4;
/** Sessions that are looked at in one go. */
const breathAfter = 100;

/** What reviews need of the broker. */
export interface ReviewRooms {
  readonly access: Access;
  readonly sessions: SessionTable;
  readonly router: Router;
  readonly log: Log;
  readonly ports: Ports;
}

/** Looks at the subscriptions of sessions. */
export class AccessReviews {
  readonly #rooms: ReviewRooms;
  /** Sessions about which others are to be asked. */
  readonly #waiting = new Set<DeviceSession>();
  #asking = 0;
  #asksAgainAt: number;

  constructor(rooms: ReviewRooms) {
    this.#rooms = rooms;
    this.#asksAgainAt = this.#nextRound();
  }

  /** Rules or users have changed: all sessions. */
  reviewAll(): void {
    for (const session of this.#rooms.sessions.all) this.review(session);
    this.#asksAgainAt = this.#nextRound();
  }

  /** All subscriptions of a session: at once where the rules know, later where others must be asked. */
  review(session: DeviceSession): void {
    const { identity } = session;
    if (identity === undefined) return;
    let isAsked = false;
    for (const filter of [...session.subscriptions.keys()]) {
      const decision = this.#rooms.access.knownAbout(identity, filter);
      const options = session.subscriptions.get(filter);
      if (decision === undefined) isAsked = true;
      else if (options !== undefined) this.#apply(session, filter, options, decision);
    }
    session.recheck();
    if (!isAsked) return;
    this.#waiting.add(session);
    this.#begin();
  }

  /** Asks again when the time of the answers is over, and all have been asked before. */
  sweep(now: number): void {
    if (now < this.#asksAgainAt || this.#asking > 0) return;
    this.#asksAgainAt = this.#nextRound();
    for (const session of this.#rooms.sessions.all) this.#waiting.add(session);
    for (let worker = 0; worker < askedMax; worker++) this.#begin();
  }

  /** Asks nobody any more. */
  stop(): void {
    this.#waiting.clear();
  }

  #begin(): void {
    if (this.#asking < askedMax) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#asking++;
    let seen = 0;
    for (let session = this.#next(); session; session = this.#next()) {
      await this.#askAbout(session);
      // most have nothing to be asked about, and others want to go on
      if (++seen % breathAfter === 0) await this.#breath();
    }
    this.#asking--;
  }

  #breath(): Promise<void> {
    return new Promise((resolve) => void this.#rooms.ports.clock.schedule(1, resolve));
  }

  #next(): DeviceSession | undefined {
    const [session] = this.#waiting;
    if (session) this.#waiting.delete(session);
    return session;
  }

  async #askAbout(session: DeviceSession): Promise<void> {
    const { access } = this.#rooms;
    for (const filter of [...session.subscriptions.keys()]) {
      const options = session.subscriptions.get(filter);
      const { identity } = session;
      if (identity === undefined || options === undefined || access.knownAbout(identity, filter)) continue;
      const decision = await access.askAgain(identity, filter);
      // meanwhile it may be another subscription, or that of another user
      const isSame = session.identity === identity && session.subscriptions.get(filter) === options;
      if (decision !== undefined && isSame) this.#apply(session, filter, options, decision);
    }
    session.recheck();
  }

  #apply(session: DeviceSession, filter: string, options: SubscriptionOptions, decision: FilterDecision): void {
    const { router, log } = this.#rooms;
    const { isAllowed, isWithheld } = decision;
    const isSuspended = session.suspended?.has(filter) === true;
    if (isAllowed === !isSuspended && isWithheld === undefined && options.isWithheld === undefined) return;
    if (isAllowed) {
      const changed = { ...options, isWithheld };
      session.subscriptions.set(filter, changed);
      session.suspended?.delete(filter);
      router.subscribe(session, filter, changed);
    } else if (!isSuspended) {
      session.suspended ??= new Set();
      session.suspended.add(filter);
      router.unsubscribe(session, filter);
      session.forgetReplay(filter);
      const { name: clientId } = session.origin;
      log.info({ clientId, filter }, 'subscription suspended: it is not allowed any more');
    }
  }

  #nextRound(): number {
    return this.#rooms.ports.clock.now() + this.#rooms.access.answersHoldMs;
  }
}
