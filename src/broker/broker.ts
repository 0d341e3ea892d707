// Broker: listeners, connections, sessions and wills, tied to a router that it shares with the bridges.
//
//   open --close()--> closing (no new connections, devices are told, what is written leaves) --> closed
//   open --destroy()--> closed
//
// One sweep each `sweepIntervalMs` looks at sessions and wills; deadlines of connections are watched by the turn.

import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { ReasonCode as Reason } from '../../protocol/wire/reason-code.ts';
import { Access } from '../access/access.ts';
import type { AccessOptions } from '../access/access-options.ts';
import { messageOf } from '../base/errors.ts';
import type { Message } from '../message/message.ts';
import type { Socket, Timer } from '../ports/ports.ts';
import { Acceptance } from '../router/acceptance.ts';
import { AccessReviews } from './access-reviews.ts';
import { type BrokerOptions, brokerDefaults } from './broker-options.ts';
import type { BrokerContext, BrokerRooms } from './broker-rooms.ts';
import { BrokerCounters, type BrokerStatus } from './broker-status.ts';
import { brokerVersion } from './broker-version.ts';
import { DeviceConnection } from './device-connection.ts';
import { type Door, Doors } from './doors.ts';
import { DropLog } from './drop-log.ts';
import type { ListenerOptions } from './listener-options.ts';
import type { RefusalCause } from './refusals.ts';
import { type SeenDevice, seenDevices } from './seen-devices.ts';
import { SessionStore } from './session-store.ts';
import { SessionTable } from './session-table.ts';
import { SysTopics } from './sys-topics.ts';
import { WillStore } from './will-store.ts';
import { Wills } from './wills.ts';

/** A listener that is open. */
export interface OpenListener {
  readonly name: string;
  readonly host: string;
  /** The port really bound. */
  readonly port: number;
  /** The Unix socket; host and port mean nothing then. */
  readonly socketPath?: string;
  readonly isEncrypted: boolean;
  readonly isWebSocket: boolean;
  /** Connections that came through it and are open. */
  readonly connections: number;
  /** All that came through it since it was opened. */
  readonly accepted: number;
  /** Those that were turned away there, by reason. */
  readonly refused: Partial<Record<RefusalCause, number>>;
}

/** Why a broker is closed: it was told to, or something broke. */
export interface BrokerClosed {
  readonly error: Error | undefined;
}

/** How a broker is closed. */
export interface CloseOptions {
  /** Default 5000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Where devices find another broker, as `host` or `host:port`, several with spaces between. */
  readonly serverReference?: string;
  /** Whether they are to go there from now on. Default false. */
  readonly isServerMoved?: boolean;
}

/** An MQTT broker. */
export class Broker {
  /** Fulfilled when the broker is closed, whichever way. */
  readonly closed: Promise<BrokerClosed>;
  readonly #rooms: BrokerRooms;
  readonly #connections = new Map<DeviceConnection, Door>();
  readonly #doors: Doors;
  readonly #openedAt: number;
  readonly #sysTopics: SysTopics;
  readonly #drops: DropLog;
  #state: BrokerStatus['state'] = 'open';
  #sweep: Timer | undefined;
  #publishesSystemAt: number;
  #resolveClosed: (reason: BrokerClosed) => void = () => undefined;
  #emptied: (() => void) | undefined;
  /** One for all connections. */
  readonly #gone = (connection: DeviceConnection): void => this.#forget(connection);

  private constructor(context: BrokerContext, options: BrokerOptions) {
    const counters = new BrokerCounters();
    this.#drops = new DropLog(context.log);
    const { storage } = context;
    const store = storage && new SessionStore(storage);
    const wills = new Wills((message) => {
      counters.wills.add();
      this.#route(message, () => undefined);
    }, storage && new WillStore(storage));
    const sessions = new SessionTable(
      context,
      { options, counters, drops: this.#drops, clock: context.ports.clock },
      store,
    );
    const access = new Access(options.access, { ...context.ports, ...context });
    const reviews = new AccessReviews({ ...context, access, sessions });
    this.#rooms = { ...context, options, access, reviews, sessions, wills, counters };
    this.#doors = new Doors(this.#rooms, {
      isOpen: () => this.#state === 'open',
      entered: (socket, door) => this.#enter(socket, door),
      closed: (door) => this.#sendOut(door),
    });
    this.#openedAt = context.ports.clock.now();
    this.#publishesSystemAt = this.#openedAt;
    this.#sysTopics = new SysTopics(context.router, brokerVersion, this.#openedAt);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /**
   * Opens a broker with all its listeners. Options left out have the values of `brokerDefaults`.
   * Rejects with a `LinkError` that names the address if a listener cannot be opened; none is left open then.
   * `restored` is called with it when the sessions of an earlier process are there and before any device is.
   */
  static async open(
    context: BrokerContext,
    options: Partial<BrokerOptions> & Pick<BrokerOptions, 'listeners'>,
    more: { readonly signal?: AbortSignal; readonly restored?: (broker: Broker) => void } = {},
  ): Promise<Broker> {
    const broker = new Broker(context, { ...brokerDefaults, ...options });
    try {
      await broker.#rooms.sessions.restore();
      await broker.#rooms.wills.restore();
      more.restored?.(broker);
      for (const listener of options.listeners) {
        more.signal?.throwIfAborted();
        await broker.#doors.open(listener);
      }
    } catch (error) {
      broker.destroy(error instanceof Error ? error : new Error(messageOf(error)));
      throw error;
    }
    broker.#sweepLater();
    return broker;
  }

  /** The listeners that are open. */
  get listeners(): readonly OpenListener[] {
    return this.#doors.all.map(({ options, listener, connections, accepted, refused }) => ({
      name: options.name,
      host: options.host,
      port: listener?.port ?? options.port,
      ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
      isEncrypted: options.tls !== undefined,
      isWebSocket: options.webSocket !== undefined,
      connections,
      accepted: accepted.value,
      refused: refused.toJSON(),
    }));
  }

  /** The broker in numbers, now. */
  get status(): BrokerStatus {
    const { counters, sessions, router, ports } = this.#rooms;
    const waiting = sessions.count();
    return {
      ...counters.traffic.with(this.#connections.keys()),
      state: this.#state,
      uptimeMs: ports.clock.now() - this.#openedAt,
      connections: this.#connections.size,
      connectionsTotal: counters.connections.value,
      connectionsTurnedAway: counters.turnedAway.value,
      connectsTotal: counters.connects.value,
      refused: this.#doors.refusals.counts.toJSON(),
      readPauses: counters.readPauses.value,
      ...(this.#rooms.storage ? { storage: this.#rooms.storage.status } : {}),
      sessions: sessions.size,
      connected: waiting.connected,
      sessionsExpired: counters.sessionsExpired.value,
      subscriptions: router.subscriptionCount,
      sharedSubscriptions: router.sharedCount,
      retained: router.retained.size,
      retainedBytes: router.retained.byteLength,
      queued: waiting.queued,
      queuedBytes: waiting.queuedBytes,
      underway: waiting.underway,
      received: counters.received.value,
      refusedLogins: counters.refusedLogins.toJSON(),
      denied: counters.denied.value,
      matched: counters.matched.value,
      sent: counters.sent.value,
      settled: counters.settled.value,
      delivered: counters.settled.value + counters.sentOnce.value,
      held: waiting.held,
      dropped: counters.dropped.toJSON(),
      payloadBytesReceived: counters.payloadBytesReceived.value,
      payloadBytesSent: counters.payloadBytesSent.value,
    };
  }

  /** All sessions with their connections, gathered as they are taken; the broker must not run between two of them. */
  devices(): Iterable<SeenDevice> {
    return seenDevices(this.#rooms.sessions.all, this.#connections);
  }

  /** The session of a client id. */
  device(clientId: string): SeenDevice | undefined {
    const session = this.#rooms.sessions.get(clientId);
    return session && [...seenDevices([session], this.#connections)][0];
  }

  /** Disconnects a device and ends its session. Returns whether there was one. */
  kick(clientId: string): boolean {
    const session = this.#rooms.sessions.get(clientId);
    if (session === undefined) return false;
    session.line?.disconnect(Reason.administrativeAction, 'disconnected by an operator');
    this.#rooms.sessions.end(session);
    return true;
  }

  /**
   * Publishes on behalf of the application; fulfilled with the reason code once every destination holds the message.
   */
  publish(message: Message): Promise<ReasonCode> {
    return new Promise((resolve) => this.#route(message, resolve));
  }

  /**
   * Replaces users, methods and access rules; they hold at once: devices whose user is gone or has another password are
   * disconnected. Throws UsageError, and changes nothing, for a password hash that is none.
   */
  updateAccess(access: AccessOptions): void {
    this.#rooms.access.update(access);
    for (const connection of [...this.#connections.keys()]) connection.reviewAccess();
    this.#rooms.reviews.reviewAll();
  }

  /**
   * What somebody may do who is no device, by the access rules, as they are at each question: publish to a topic, or
   * receive what is published there. Nobody else is asked (`http_auth`): without a rule it is as without a match.
   */
  rightsOf(principal: { readonly clientId: string; readonly username?: string }): {
    readonly mayPublish: (topic: string) => boolean;
    readonly mayReceive: (topic: string) => boolean;
  } {
    const { access } = this.#rooms;
    const identity = { clientId: principal.clientId, username: principal.username };
    return {
      mayPublish: (topic) => access.ruleOf(identity, 'publish', topic),
      mayReceive: (topic) => access.ruleOf(identity, 'subscribe', topic),
    };
  }

  /**
   * Opens, changes and closes listeners until they are as `listeners` says; those that stay as they are do not notice.
   * Certificates and limits hold for those who come from now on; who came through a listener that is gone is told and
   * disconnected. What cannot be done is logged, and stays as it was.
   */
  async updateListeners(listeners: readonly ListenerOptions[]): Promise<void> {
    if (this.#state === 'open') await this.#doors.update(listeners);
  }

  /**
   * Closes in order: no new connections, 5.0 devices are told, what is written leaves. Whatever is not done after
   * `timeoutMs` (default 5000) is cut. A `serverReference` tells 5.0 devices where to go, for now or, with
   * `isServerMoved`, for good.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    if (this.#state !== 'open') {
      await this.closed;
      return;
    }
    this.#state = 'closing';
    this.#sweep?.cancel();
    await this.#doors.close();
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    const { serverReference, isServerMoved = false } = options;
    const elsewhere = isServerMoved ? Reason.serverMoved : Reason.useAnotherServer;
    const reasonCode = serverReference === undefined ? Reason.serverShuttingDown : elsewhere;
    for (const connection of [...this.#connections.keys()]) {
      connection.disconnect(reasonCode, 'the broker is closing', serverReference);
    }
    if (this.#connections.size === 0) this.#emptied?.();
    const bound = this.#rooms.ports.clock.schedule(options.timeoutMs ?? 5000, () => this.#emptied?.());
    options.signal?.addEventListener('abort', () => this.#emptied?.(), { once: true });
    await emptied;
    bound.cancel();
    this.destroy();
  }

  /** Closes at once: connections are cut, sessions forgotten. */
  destroy(error?: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#sweep?.cancel();
    this.#rooms.reviews.stop();
    void this.#doors.close(); // it rejects never
    for (const connection of [...this.#connections.keys()]) connection.destroy();
    this.#resolveClosed({ error });
  }

  /** `close` with its defaults. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enter(socket: Socket, door: Door): () => number {
    const connection = new DeviceConnection(socket, door.rooms, this.#gone);
    this.#connections.set(connection, door);
    return () => connection.messagesReceived;
  }

  #sendOut(door: Door): void {
    for (const [connection, own] of [...this.#connections]) {
      if (own === door) connection.disconnect(Reason.administrativeAction, 'the listener was closed');
    }
  }

  #forget(connection: DeviceConnection): void {
    const door = this.#connections.get(connection);
    if (door) door.connections--;
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#emptied?.();
  }

  #route(message: Message, accepted: (reasonCode: ReasonCode) => void): void {
    this.#rooms.router.publish(message, new Acceptance({ accepted: (_ticket, reasonCode) => accepted(reasonCode) }, 0));
  }

  #sweepLater(): void {
    const { clock } = this.#rooms.ports;
    this.#sweep = clock.schedule(this.#rooms.options.sweepIntervalMs, () => {
      const now = clock.now();
      this.#rooms.access.sweep(now);
      this.#rooms.reviews.sweep(now);
      this.#drops.sweep(now);
      this.#rooms.sessions.sweep(now);
      this.#rooms.wills.sweep(now);
      this.#publishSystemTopics(now);
      if (this.#state === 'open') this.#sweepLater();
    });
  }

  #publishSystemTopics(now: number): void {
    const { systemTopics, systemTopicsIntervalMs: interval } = this.#rooms.options;
    if (interval === 0 || systemTopics === 'off' || now < this.#publishesSystemAt) return;
    this.#publishesSystemAt = now + interval;
    this.#sysTopics.publish(this.status, this.#rooms.heapBytes?.() ?? 0, now);
  }
}
