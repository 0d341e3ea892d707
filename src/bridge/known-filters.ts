// KnownFilters: what the sessions at a bridge's servers may be subscribed to, by server: everything that was ever asked
// for there and not yet taken back. A remote keeps the subscriptions of a session for as long as it keeps the session,
// so whoever takes a rule out of the configuration, even between two processes, has to take it back there. Kept in the
// journal where there is one, in the group of the turn in which it is asked for, as keys without values, which are at
// hand at a start. Bounded by the filters of the rules, for at most `serversMax` servers of this and earlier times.
import { emptyBytes } from '../../protocol/wire/bytes.ts';
import type { KeptValues, Storage } from '../queue/storage.ts';

/** Servers of which filters are remembered. */
const serversMax = 16;
const streamName = 'remote-filters';

/** What the servers of one lane know. */
export class KnownFilters {
  readonly #owner: string;
  readonly #stream: KeptValues | undefined;
  /** By server, those used last at the end. */
  readonly #servers = new Map<string, Set<string>>();
  #server = '';

  /** `owner`: the lane, as in `flowsOwnerOf`. Without a storage nothing is known of earlier processes. */
  constructor(owner: string, storage: Storage | undefined) {
    this.#owner = owner;
    this.#stream = storage?.journal.keyed(streamName);
    for (const key of this.#stream?.keys() ?? []) {
      const [whose, server = '', filter = ''] = key.split('\0');
      if (whose === owner) this.#of(server).add(filter);
    }
  }

  /** From now on it is about the session at this server, which it has kept or not. */
  use(server: string, isSessionPresent: boolean): void {
    this.#server = server;
    const known = this.#of(server);
    this.#servers.delete(server);
    this.#servers.set(server, known);
    if (!isSessionPresent) this.remove([...known]);
    for (const [oldest] of this.#servers) {
      if (this.#servers.size <= serversMax) break;
      this.#forget(oldest);
    }
  }

  /** What the server may know and is not wanted. */
  besides(wanted: ReadonlySet<string>): readonly string[] {
    return [...this.#of(this.#server)].filter((filter) => !wanted.has(filter));
  }

  /** These are about to be asked for. */
  add(filters: Iterable<string>): void {
    const known = this.#of(this.#server);
    for (const filter of filters) {
      if (known.has(filter)) continue;
      known.add(filter);
      this.#stream?.put(this.#keyOf(this.#server, filter), emptyBytes);
    }
  }

  /** The server knows these no more. */
  remove(filters: readonly string[]): void {
    const known = this.#of(this.#server);
    for (const filter of filters) if (known.delete(filter)) this.#stream?.delete(this.#keyOf(this.#server, filter));
  }

  #forget(server: string): void {
    for (const filter of this.#of(server)) this.#stream?.delete(this.#keyOf(server, filter));
    this.#servers.delete(server);
  }

  #of(server: string): Set<string> {
    const known = this.#servers.get(server) ?? new Set();
    this.#servers.set(server, known);
    return known;
  }

  #keyOf(server: string, filter: string): string {
    return `${this.#owner}\0${server}\0${filter}`;
  }
}

/** A bridge is gone for good, with all of its lanes: their names are what `isOwn` says. */
export function forgetFilters(storage: Storage, isOwn: (owner: string) => boolean): void {
  storage.forgetKeys(streamName, (key) => isOwn(key.slice(0, key.indexOf('\0'))));
}
