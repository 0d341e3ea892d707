// ReceiveWindow: the QoS 2 messages that the peer sent and did not release yet. An identifier is recorded when its
// PUBLISH arrives, before the message is delivered, so that a repeat is known as one [MQTT-4.3.3-10] [MQTT3-4.3.3-2].
// It outlives connections.
//
//   begin -> pending --accepted--> received (PUBREC left) --release (PUBREL)--> gone
//            pending --refused--> gone
//
// Bounded: 65,535 identifiers.

/** What the arrival of a QoS 2 PUBLISH means. */
export type Arrival = 'new' | 'pending' | 'received';

interface Slot {
  isReceived: boolean;
  /** Under which the message was handed over; 0 once it was accepted. */
  ticket: number;
  /** The place of its PUBREC in the order of acknowledgements of the latest connection. */
  acknowledgeTicket: number;
}

/** Inbound QoS 2 flows of one session. */
export class ReceiveWindow {
  readonly #slots = new Map<number, Slot>();
  readonly #packetIdByTicket = new Map<number, number>();

  /** Identifiers that are not released yet. */
  get size(): number {
    return this.#slots.size;
  }

  /** A PUBLISH came. What it is: a new message, a repeat of one that awaits acceptance, or of one that was accepted. */
  arrivalOf(packetId: number): Arrival {
    const slot = this.#slots.get(packetId);
    if (slot === undefined) return 'new';
    return slot.isReceived ? 'received' : 'pending';
  }

  /** Records a new message, which is handed over under `ticket`. */
  begin(packetId: number, ticket: number): void {
    this.#slots.set(packetId, { isReceived: false, ticket, acknowledgeTicket: ticket });
    this.#packetIdByTicket.set(ticket, packetId);
  }

  /**
   * A repeat came on a new connection while acceptance is awaited: its PUBREC has its place under `acknowledgeTicket`
   * there.
   */
  repeat(packetId: number, acknowledgeTicket: number): void {
    const slot = this.#slots.get(packetId);
    if (slot) slot.acknowledgeTicket = acknowledgeTicket;
  }

  /**
   * The message handed over under `ticket` was accepted, or refused and is forgotten. Returns the ticket under which
   * its PUBREC is awaited; 0 if the ticket is none of a QoS 2 message.
   */
  accept(ticket: number, isRefused: boolean): number {
    const packetId = this.#packetIdByTicket.get(ticket);
    const slot = packetId === undefined ? undefined : this.#slots.get(packetId);
    if (packetId === undefined || slot === undefined) return 0;
    this.#packetIdByTicket.delete(ticket);
    if (isRefused) this.#slots.delete(packetId); // [MQTT-4.3.3-9]
    slot.isReceived = true;
    return slot.acknowledgeTicket;
  }

  /** PUBREL came. Whether the identifier was there to be released [MQTT-4.3.3-12] [MQTT3-4.3.3-2]. */
  release(packetId: number): boolean {
    const slot = this.#slots.get(packetId);
    if (slot === undefined || !slot.isReceived) return false;
    return this.#slots.delete(packetId);
  }

  /** Forgets everything: the session is over. */
  reset(): void {
    this.#slots.clear();
    this.#packetIdByTicket.clear();
  }
}
