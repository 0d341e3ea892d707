// Remotes: the servers of one bridge, and which of them is dialled next. Each has its own back-off, so a dead one never
// delays the others, and all together are not tried more often than one by one.
//
//   ordered: the first that is due    round-robin: the next that is due    weighted: drawn among those that are due
//
// When none is due, the one that is due first is waited for.
import { Session } from '../../protocol/session/session.ts';
import { assert } from '../base/errors.ts';
import type { DialPlan } from '../link/redial.ts';
import type { Clock, DialOptions, PeerCertificate, Random } from '../ports/ports.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { RemoteStatus } from './bridge-status.ts';
import { type Trouble, troubleOfError } from './link-trouble.ts';
import { RemoteServer, type ServerSession, type ServerSources } from './remote-server.ts';

/** The servers of a bridge. */
export class Remotes implements DialPlan {
  readonly #options: BridgeOptions;
  readonly #sources: ServerSources;
  #servers: readonly RemoteServer[];
  readonly #clock: Clock;
  readonly #random: Random;
  #current: RemoteServer;
  #next: RemoteServer | undefined;
  #trouble: Trouble | undefined;
  /** What the server in use showed on the socket that was opened last. */
  certificate: PeerCertificate | undefined;

  constructor(options: BridgeOptions, sources: ServerSources & { readonly clock: Clock }) {
    this.#options = options;
    this.#sources = sources;
    this.#clock = sources.clock;
    this.#random = sources.random;
    this.#servers = this.#made([]);
    this.#current = this.#first;
    this.#current = this.#choose(sources.clock.now(), true);
  }

  /** The servers, in their order; there is one at least. */
  get servers(): readonly RemoteServer[] {
    return this.#servers;
  }

  /**
   * The options are other ones now: servers are made anew, to which the next try goes. One that was there before, under
   * the same client id, keeps its session; `current` is another object in any case.
   */
  remake(): void {
    const before = this.#servers;
    const { address } = this.#current;
    this.#servers = this.#made(before);
    this.#current = this.#servers.find((server) => server.address === address) ?? this.#first;
    this.#next = undefined;
  }

  get #first(): RemoteServer {
    const [first] = this.#servers;
    assert(first !== undefined, 'a bridge has a server');
    return first;
  }

  #made(before: readonly RemoteServer[]): readonly RemoteServer[] {
    const options = this.#options;
    const { clientId, sendWindowMax, receiveMaximum, isSessionShared, hasSessionState } = options;
    const [old] = before;
    const ofAll = (): ServerSession => {
      return { session: new Session({ clientId, sendWindowMax, receiveMaximum }), isKnown: hasSessionState };
    };
    const sharedAt: ServerSources['sharedAt'] = (place, id) =>
      this.servers.find((one) => one.isAt(place) && one.clientId === id)?.shared;
    const sources = { ...this.#sources, sharedAt };
    const shared = isSessionShared ? (old?.clientId === clientId ? old.shared : ofAll()) : undefined;
    return [options.remote, ...options.backups].map((remote) => {
      const fresh = new RemoteServer(remote, options, sources, shared);
      const same = before.find((one) => one.address === fresh.address && one.clientId === fresh.clientId);
      return same === undefined ? fresh : new RemoteServer(remote, options, sources, same.shared);
    });
  }

  /** The sessions with all servers, with the address of the first server that has each. */
  get sessions(): ReadonlyMap<Session, string> {
    const sessions = new Map<Session, string>();
    for (const { session, address } of this.servers) if (!sessions.has(session)) sessions.set(session, address);
    return sessions;
  }

  /** The server that is, or was last, dialled. */
  get current(): RemoteServer {
    return this.#current;
  }

  /** The servers that are to be preferred to the current one, best first. */
  get preferred(): readonly RemoteServer[] {
    const before =
      this.#options.remoteOrder === 'ordered' ? this.servers.slice(0, this.servers.indexOf(this.#current)) : [];
    return this.#current.isBetterKnown ? [...before, this.#current] : before;
  }

  /** The servers in numbers. */
  get status(): readonly RemoteStatus[] {
    const now = this.#clock.now();
    return this.servers.map((server) => server.status(now, server === this.#current));
  }

  /** The connection goes on at this server. */
  moveTo(server: RemoteServer): void {
    this.#current = server;
    server.moved();
  }

  /** Why the connection ends, before `failed` is told of it. */
  explain(trouble: Trouble): void {
    this.#trouble = trouble;
  }

  /** The trouble that was explained last. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** See `DialPlan`. */
  dial(signal: AbortSignal): DialOptions | Promise<DialOptions> {
    this.#current = this.#next ?? this.#current;
    this.#next = undefined;
    return this.#current.dialOptions(this.#clock.now(), signal);
  }

  /** See `DialPlan`. */
  connected(now: number): void {
    this.#current.connected(now, this.certificate);
  }

  /** See `DialPlan`. */
  failed(now: number, unit: number, error: Error | undefined): number {
    if (error !== undefined) this.#trouble = troubleOfError(error);
    const trouble = this.#trouble ?? { kind: 'lost', text: 'the connection was lost', delayMsMin: 0 };
    this.#current.failed(now, unit, trouble);
    this.#next = this.#choose(now, false);
    return Math.max(0, this.#next.retryAt - now);
  }

  /** See `DialPlan`. */
  woken(): void {
    for (const server of this.servers) server.forgive();
    this.#next = this.#choose(this.#clock.now(), true);
  }

  #choose(now: number, isAnew: boolean): RemoteServer {
    const due = this.servers.filter(({ retryAt }) => retryAt <= now);
    if (due.length === 0) {
      return this.servers.reduce((best, one) => (one.retryAt < best.retryAt ? one : best));
    }
    const [first = this.#current] = due;
    const { remoteOrder } = this.#options;
    if (remoteOrder === 'weighted') return this.#draw(due);
    if (remoteOrder === 'ordered' || isAnew) return first;
    const place = this.servers.indexOf(this.#current);
    return due.find((server) => this.servers.indexOf(server) > place) ?? first;
  }

  #draw(due: readonly RemoteServer[]): RemoteServer {
    const total = due.reduce((sum, { options }) => sum + (options.weight ?? 1), 0);
    let place = this.#random.unit() * total;
    for (const server of due) {
      place -= server.options.weight ?? 1;
      if (place < 0) return server;
    }
    return due.at(-1) ?? this.#current;
  }
}
