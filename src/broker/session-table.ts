// SessionTable: the sessions of the broker by client id. A session lives while its device is connected and, after that,
// as long as its expiry interval says [MQTT-4.1.0-1] [MQTT-4.1.0-2] [MQTT3-4.1.0-1].
// Bounded by `sessionsMax`; what waits in memory for all of them together by `queueMemoryMax`.
import { QueueBudget } from '../queue/queue-budget.ts';
import type { Router } from '../router/router.ts';
import type { BrokerOptions } from './broker-options.ts';
import { DeviceSession } from './device-session.ts';
import { type SessionTerms, sessionTermsOf } from './session-class.ts';
import type { SessionCommon } from './session-common.ts';
import type { SessionStore } from './session-store.ts';

/** A session for a device that connects, and whether it was there before. */
export interface OpenedSession {
  readonly session: DeviceSession;
  readonly isPresent: boolean;
}

/** What a CONNECT asks for, and what its session is held to. */
export interface SessionWish {
  readonly cleanStart: boolean;
  readonly expirySeconds: number;
  readonly terms: SessionTerms;
}

/** All sessions in numbers. */
export interface SessionCounts {
  /** Devices connected. */
  readonly connected: number;
  /** Messages that wait, and their bytes. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** QoS 1 and 2 messages that were sent and are not settled. */
  readonly underway: number;
  /** Copies that wait or are underway. */
  readonly held: number;
}

/** Where sessions live; see `BrokerContext`. */
export interface TableContext {
  readonly router: Router;
  readonly budget?: QueueBudget;
}

/** All sessions of one broker. */
export class SessionTable {
  /** By client id [MQTT3-3.1.3-2]. */
  readonly #sessions = new Map<string, DeviceSession>();
  readonly #router: Router;
  readonly #options: BrokerOptions;
  readonly #common: SessionCommon;
  readonly #store: SessionStore | undefined;

  /** `store`: sessions that are kept outlive the process. `budget`: see `BrokerContext`. */
  constructor(context: TableContext, common: Omit<SessionCommon, 'budget'>, store?: SessionStore) {
    this.#store = store;
    this.#router = context.router;
    this.#options = common.options;
    this.#common = { ...common, budget: context.budget ?? new QueueBudget(common.options.queueMemoryMax) };
  }

  /** Takes over the sessions that an earlier process left, before devices come. */
  async restore(): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    for (const { clientId, expiresAt, durability, subscriptions } of await store.load()) {
      const terms = sessionTermsOf(this.#options, clientId, undefined, durability);
      const session = new DeviceSession(clientId, this.#common, terms, store);
      session.expiresAt = expiresAt;
      this.#sessions.set(clientId, session);
      for (const [filter, options] of subscriptions) {
        session.subscriptions.set(filter, options);
        this.#router.subscribe(session, filter, options);
      }
    }
  }

  /** Whether what waits has hardly any room left, in memory or in the journal. */
  get isShort(): boolean {
    const isFull = this.#common.budget.byteLength > 0.75 * this.#options.queueMemoryMax;
    return isFull || this.#store?.storage.journal.isAccepting === false;
  }

  /** How many sessions there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /** What all sessions have together: devices connected, messages that wait and their bytes, messages underway. */
  count(): SessionCounts {
    let [connected, queued, queuedBytes, underway, held] = [0, 0, 0, 0, 0];
    for (const session of this.#sessions.values()) {
      if (session.isReady) connected++;
      queued += session.queueDepth;
      queuedBytes += session.queueBytes;
      const { underwayCount, forgoneCount } = session.flows;
      underway += underwayCount;
      // what was read from the queue is in the window as well
      held += underwayCount - forgoneCount + session.unreadCount;
    }
    return { connected, queued, queuedBytes, underway, held };
  }

  /** All of them, connected or not. */
  get all(): Iterable<DeviceSession> {
    return this.#sessions.values();
  }

  /** The session of a client id. */
  get(clientId: string): DeviceSession | undefined {
    return this.#sessions.get(clientId);
  }

  /**
   * The session for a CONNECT: the old one if it is to go on, a new one otherwise [MQTT-3.1.2-4] [MQTT-3.1.2-5]
   * [MQTT-3.1.2-6] [MQTT-3.1.3-2] [MQTT3-3.1.2-4] [MQTT3-3.1.2-6] [MQTT3-3.1.4-3]. One whose time has passed counts as
   * gone, whether or not a sweep has met it. Undefined when there is no room for one more.
   */
  open(clientId: string, wish: SessionWish, now: number): OpenedSession | undefined {
    const { cleanStart, terms } = wish;
    const expirySeconds = Math.min(wish.expirySeconds, this.#options.sessionExpiryMax);
    const before = this.#sessions.get(clientId);
    const isOver = before !== undefined && before.expiresAt <= now;
    if (before && !cleanStart && !isOver) {
      before.durability = terms.durability;
      before.store?.connected(clientId, expirySeconds, terms.durability);
      return { session: before, isPresent: true };
    }
    if (before) this.end(before);
    if (this.#sessions.size >= this.#options.sessionsMax) return undefined;
    const store = expirySeconds > 0 && terms.durability !== 'memory' ? this.#store : undefined;
    const session = new DeviceSession(clientId, this.#common, terms, store);
    store?.connected(clientId, expirySeconds, terms.durability);
    this.#sessions.set(clientId, session);
    return { session, isPresent: false };
  }

  /**
   * The device went away, and not before [MQTT3-4.1.0-2]: the session ends now, or is kept for `expirySeconds`
   * (4294967295: for ever) [MQTT-3.1.2-23].
   */
  keep(session: DeviceSession, expirySeconds: number, now: number): void {
    if (expirySeconds === 0) this.end(session);
    else {
      session.expiresAt = expirySeconds >= 0xffffffff ? Number.POSITIVE_INFINITY : now + expirySeconds * 1000;
      session.store?.left(session.origin.name, expirySeconds, session.durability);
    }
  }

  /** Ends a session: its subscriptions and waiting messages are gone. */
  end(session: DeviceSession): void {
    for (const filter of session.subscriptions.keys()) this.#router.unsubscribe(session, filter);
    const filters = [...session.subscriptions.keys()];
    session.subscriptions.clear();
    if (this.#sessions.get(session.origin.name) === session) this.#sessions.delete(session.origin.name);
    session.end();
    session.store?.ended(session.origin.name, filters);
  }

  /** Ends the sessions whose time is over. */
  sweep(now: number): void {
    for (const session of this.#sessions.values()) {
      if (session.expiresAt > now) continue;
      this.#common.counters.sessionsExpired.add();
      this.end(session);
    }
  }
}
