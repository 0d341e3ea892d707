// SubscriptionRequests: what a remote was asked for and has not answered yet,
// by packet identifier: subscriptions, and their end. A list of filters that is too
// large for its packets is asked for in parts. Bounded by the filters of the rules; each connection
// begins anew.
import type { ClientConnection } from '../../protocol/connection/client-connection.ts';
import type { SubscribeEntry } from '../../protocol/wire/packets.ts';
import type { Properties } from '../../protocol/wire/properties.ts';
import type { Log } from '../base/log.ts';

/** Where a request goes. */
export interface RequestTarget {
  readonly machine: ClientConnection | undefined;
  /** Properties of SUBSCRIBE. */
  readonly properties: Properties;
  readonly now: number;
}

/** The open requests of one bridge. */
export class SubscriptionRequests {
  readonly #bridge: string;
  readonly #log: Log;
  /** By packet identifier, the filters of SUBSCRIBE and of UNSUBSCRIBE. */
  readonly #asked = new Map<number, readonly string[]>();

  constructor(bridge: string, log: Log) {
    this.#bridge = bridge;
    this.#log = log;
  }

  /** Another connection: nobody answers what was asked on the one before. */
  clear(): void {
    this.#asked.clear();
  }

  /** Asks for subscriptions, in as many packets as the remote's maximum packet size calls for. */
  ask({ machine, properties, now }: RequestTarget, entries: readonly SubscribeEntry[]): void {
    const filtersOf = (some: readonly SubscribeEntry[]): readonly string[] => some.map(({ filter }) => filter);
    this.#send(entries, filtersOf, (some) => machine?.subscribe(some, properties, now) ?? 0);
  }

  /** Asks for the end of subscriptions, in as many packets. */
  askEnd({ machine, now }: RequestTarget, filters: readonly string[]): void {
    this.#send(
      filters,
      (some) => some,
      (some) => machine?.unsubscribe(some, now) ?? 0,
    );
  }

  /** An answer came: the filters that it is about, in order. */
  answered(packetId: number): readonly string[] {
    const filters = this.#asked.get(packetId) ?? [];
    this.#asked.delete(packetId);
    return filters;
  }

  #send<Part>(
    parts: readonly Part[],
    filtersOf: (parts: readonly Part[]) => readonly string[],
    send: (parts: readonly Part[]) => number,
  ): void {
    if (parts.length === 0) return;
    const packetId = send(parts);
    if (packetId > 0) this.#asked.set(packetId, filtersOf(parts));
    if (packetId >= 0) return;
    const half = Math.ceil(parts.length / 2);
    if (parts.length > 1) {
      this.#send(parts.slice(0, half), filtersOf, send);
      this.#send(parts.slice(half), filtersOf, send);
    } else {
      const facts = { bridge: this.#bridge, filter: filtersOf(parts)[0] };
      this.#log.error(facts, 'not subscribed: the remote does not take so large a packet');
    }
  }
}
