// SubscriptionRequests: what a remote was asked for and has not answered yet,
// by packet identifier; a list of filters that is too large for its packets is
// asked for in parts. Bounded by the filters of the rules; each connection
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
  readonly #asked = new Map<number, readonly SubscribeEntry[]>();

  constructor(bridge: string, log: Log) {
    this.#bridge = bridge;
    this.#log = log;
  }

  /** Another connection: nobody answers what was asked on the one before. */
  clear(): void {
    this.#asked.clear();
  }

  /** Asks for subscriptions, in as many packets as the remote's maximum packet size calls for. */
  ask(target: RequestTarget, entries: readonly SubscribeEntry[]): void {
    const packetId = target.machine?.subscribe(entries, target.properties, target.now) ?? 0;
    if (packetId > 0) this.#asked.set(packetId, entries);
    if (packetId >= 0) return;
    const half = Math.ceil(entries.length / 2);
    if (entries.length > 1) {
      this.ask(target, entries.slice(0, half));
      this.ask(target, entries.slice(half));
    } else {
      const facts = { bridge: this.#bridge, filter: entries[0]?.filter };
      this.#log.error(facts, 'not subscribed: the remote does not take so large a packet');
    }
  }

  /** An answer came: the filters that it is about, in order. */
  answered(packetId: number): readonly string[] {
    const filters = this.#asked.get(packetId)?.map(({ filter }) => filter) ?? [];
    this.#asked.delete(packetId);
    return filters;
  }
}
