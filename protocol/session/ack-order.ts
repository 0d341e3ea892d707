// hot path
// AckOrder: PUBACK and PUBREC leave in the order in which their PUBLISH came [MQTT-4.6.0-2] [MQTT-4.6.0-3]
// [MQTT3-4.6.0-2] [MQTT3-4.6.0-3], whenever the messages were accepted. It belongs to one connection: a ticket of
// another one is ignored. Tickets are consecutive, so a ticket is a position. Bounded by the receive maximum, which its
// user watches.
import type { ReasonCode } from '../wire/reason-code.ts';

/** Writes the acknowledgements that are due. */
export interface AckWriter {
  /** PUBREC if `isQos2`, PUBACK otherwise. */
  acknowledge(packetId: number, isQos2: boolean, reasonCode: ReasonCode): void;
}

const awaiting = -1;
const qos2Flag = 0x1_0000;

/** Acknowledgements of one connection in receipt order. */
export class AckOrder {
  readonly #writer: AckWriter;
  /** Packet identifier, with `qos2Flag` for QoS 2. */
  readonly #packets: number[] = [];
  /** Reason code, or `awaiting`. */
  readonly #reasons: (ReasonCode | typeof awaiting)[] = [];
  #head = 0;
  #firstTicket: number;

  /** `firstTicket`: the ticket of the first message that will come. */
  constructor(writer: AckWriter, firstTicket: number) {
    this.#writer = writer;
    this.#firstTicket = firstTicket;
  }

  /** Messages whose acknowledgement has not left. */
  get awaitingCount(): number {
    return this.#packets.length - this.#head;
  }

  /** A message came, with the next ticket. */
  push(packetId: number, isQos2: boolean): void {
    this.#packets.push(isQos2 ? packetId | qos2Flag : packetId);
    this.#reasons.push(awaiting);
  }

  /** The message of a ticket may be acknowledged; those behind it that were waiting follow. */
  settle(ticket: number, reasonCode: ReasonCode): void {
    const index = ticket - this.#firstTicket;
    if (index < this.#head || index >= this.#packets.length || this.#reasons[index] !== awaiting) return;
    this.#reasons[index] = reasonCode;
    if (index === this.#head) this.#write();
  }

  #write(): void {
    for (; this.#head < this.#packets.length; this.#head++) {
      const reason = this.#reasons[this.#head] ?? awaiting;
      if (reason === awaiting) break;
      const packet = this.#packets[this.#head] ?? 0;
      this.#writer.acknowledge(packet & 0xffff, packet >= qos2Flag, reason);
    }
    this.#forget();
  }

  /** Gives back the room of what has left. */
  #forget(): void {
    const isEmpty = this.#head === this.#packets.length;
    if (!isEmpty && this.#head < 1024) return;
    this.#firstTicket += this.#head;
    if (isEmpty) {
      this.#packets.length = 0;
      this.#reasons.length = 0;
    } else {
      this.#packets.splice(0, this.#head);
      this.#reasons.splice(0, this.#head);
    }
    this.#head = 0;
  }
}
