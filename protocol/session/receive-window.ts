// ReceiveWindow: the QoS 2 messages that the peer sent and did not release yet. An identifier is recorded when its
// PUBLISH arrives, before the message is delivered, so that a repeat is known as one [MQTT-4.3.3-10] [MQTT3-4.3.3-2].
// It outlives connections.
//
//   begin -> pending --accepted--> received (PUBREC left) --release (PUBREL)--> gone
//            pending --refused--> gone
//
// Bounded: 65,535 identifiers.
import { IdSet } from './id-set.ts';

/** What the arrival of a QoS 2 PUBLISH means. */
export type Arrival = 'new' | 'pending' | 'received';

/** A message whose acceptance is awaited. */
interface Pending {
  readonly packetId: number;
  /** The place of its PUBREC in the order of acknowledgements of the latest connection. */
  acknowledgeTicket: number;
}

/** Inbound QoS 2 flows of one session. */
export class ReceiveWindow {
  /** The identifier of the message that was accepted or refused last. */
  lastAccepted = 0;
  readonly #received = new IdSet();
  /** Identifiers of messages whose acceptance is awaited. */
  readonly #awaiting = new IdSet();
  /** The same by the ticket under which the message was handed over. */
  #pending: Map<number, Pending> | undefined;

  /** Identifiers that are not released yet. */
  get size(): number {
    return this.#received.size + this.#awaiting.size;
  }

  /** A PUBLISH came. What it is: a new message, a repeat of one that awaits acceptance, or of one that was accepted. */
  arrivalOf(packetId: number): Arrival {
    if (this.#received.has(packetId)) return 'received';
    return this.#awaiting.has(packetId) ? 'pending' : 'new';
  }

  /** Records a new message, which is handed over under `ticket`. */
  begin(packetId: number, ticket: number): void {
    this.#awaiting.add(packetId);
    this.#pending ??= new Map();
    this.#pending.set(ticket, { packetId, acknowledgeTicket: ticket });
  }

  /**
   * Records new messages that are accepted together, or not at all. Returns false, having recorded none, if one of them
   * is a repeat.
   */
  beginRun(packetIds: Uint16Array, count: number): boolean {
    if (this.#awaiting.size > 0) return false;
    for (let index = 0; index < count; index++) {
      if (this.#received.add(packetIds[index] ?? 0)) continue;
      this.refuseRun(packetIds, index);
      return false;
    }
    return true;
  }

  /** The messages of a run were not taken: they are forgotten. */
  refuseRun(packetIds: Uint16Array, count: number): void {
    for (let index = 0; index < count; index++) this.#received.delete(packetIds[index] ?? 0);
  }

  /**
   * A repeat came on a new connection while acceptance is awaited: its PUBREC has its place under `acknowledgeTicket`
   * there.
   */
  repeat(packetId: number, acknowledgeTicket: number): void {
    const pending = this.#find(packetId);
    if (pending) pending.acknowledgeTicket = acknowledgeTicket;
  }

  /**
   * The message handed over under `ticket` was accepted, or refused and is forgotten. Returns the ticket under which
   * its PUBREC is awaited; 0 if the ticket is none of a QoS 2 message.
   */
  accept(ticket: number, isRefused: boolean): number {
    const pending = this.#pending?.get(ticket);
    if (pending === undefined) return 0;
    this.#pending?.delete(ticket);
    this.#awaiting.delete(pending.packetId);
    this.lastAccepted = pending.packetId;
    if (!isRefused) this.#received.add(pending.packetId); // [MQTT-4.3.3-9]
    return pending.acknowledgeTicket;
  }

  /** An earlier process had accepted a message with this identifier, and the peer has not released it. */
  restore(packetId: number): void {
    this.#received.add(packetId);
  }

  /** PUBREL came. Whether the identifier was there to be released [MQTT-4.3.3-12] [MQTT3-4.3.3-2]. */
  release(packetId: number): boolean {
    return this.#received.delete(packetId);
  }

  /** Forgets everything: the session is over. */
  reset(): void {
    this.#received.clear();
    this.#awaiting.clear();
    this.#pending = undefined;
  }

  #find(packetId: number): Pending | undefined {
    if (this.#pending === undefined) return undefined;
    for (const pending of this.#pending.values()) if (pending.packetId === packetId) return pending;
    return undefined;
  }
}
