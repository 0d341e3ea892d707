// hot path
// AckOrder: PUBACK and PUBREC leave in the order in which their PUBLISH came [MQTT-4.6.0-2] [MQTT-4.6.0-3]
// [MQTT3-4.6.0-2] [MQTT3-4.6.0-3], whenever the messages were accepted. It belongs to one connection: a ticket of
// another one is ignored. Tickets are consecutive, so a ticket is a position. Bounded by the receive maximum, which its
// user watches.
import { ReasonCode } from '../wire/reason-code.ts';

/** Writes the acknowledgements that are due. */
export interface AckWriter {
  /** PUBREC if `isQos2`, PUBACK otherwise. */
  acknowledge(packetId: number, isQos2: boolean, reasonCode: ReasonCode): void;
  /** PUBACK without failure for the first `count` packets, in their order. */
  acknowledgeRun(packetIds: Uint16Array, count: number): void;
}

const awaiting = -1;
const qos2Flag = 0x1_0000;
const noIds = new Uint16Array(0);

/** Acknowledgements of one connection in receipt order. */
export class AckOrder {
  readonly #writer: AckWriter;
  /** Packet identifier, with `qos2Flag` for QoS 2. */
  readonly #packets: number[] = [];
  /** Reason code, or `awaiting`. */
  readonly #reasons: (ReasonCode | typeof awaiting)[] = [];
  #head = 0;
  #firstTicket: number;
  /** Of the run that is being acknowledged. */
  #ids: Uint16Array = noIds;

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

  /** The messages of `count` tickets from `ticket` on may be acknowledged, all of them of QoS 1. */
  settleRun(ticket: number, count: number): void {
    const from = ticket - this.#firstTicket;
    if (from < this.#head || from + count > this.#packets.length) return;
    this.#reasons.fill(ReasonCode.success, from, from + count);
    if (from !== this.#head) return;
    this.#head = from + count;
    if (this.#ids.length < count) this.#ids = new Uint16Array(Math.max(128, count));
    for (let index = 0; index < count; index++) this.#ids[index] = this.#packets[from + index] ?? 0;
    this.#writer.acknowledgeRun(this.#ids, count);
    this.#write();
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
