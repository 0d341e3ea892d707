// StrictSession: what a strict server remembers of a client: what the client subscribed to, the QoS 2 messages that the
// server owns and the client has not released, and the messages for the client, waiting and underway, in order.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import type { Packet } from '../../protocol/wire/packets.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { Entry } from './ledger.ts';

/** A message for a client. */
export interface Outgoing {
  readonly entry: Entry;
  readonly topic: string;
  readonly qos: Qos;
  readonly payload: Bytes;
}

interface Underway extends Outgoing {
  readonly packetId: number;
  isReleased: boolean;
}

/** One session. */
export class StrictSession {
  readonly subscriptions: Map<string, Qos> = new Map();
  /** QoS 2 messages received and not released, by packet identifier. */
  readonly owned: Map<number, Entry> = new Map();
  readonly #waiting: Outgoing[] = [];
  readonly #underway = new Map<number, Underway>();
  #send: ((packet: Packet) => void) | undefined;
  #windowMax = 0;
  #lastId = 0;

  /** Messages for the client that are not settled. */
  get pendingCount(): number {
    return this.#waiting.length + this.#underway.size;
  }

  /** All messages that it knows of, both ways. */
  entries(): readonly Entry[] {
    const outgoing = [...this.#waiting, ...this.#underway.values()].map(({ entry }) => entry);
    return [...outgoing, ...this.owned.values()];
  }

  /** A connection is there: what is underway is sent again, in order. */
  attach(send: (packet: Packet) => void, windowMax: number): void {
    this.#send = send;
    this.#windowMax = windowMax;
    for (const message of this.#underway.values()) {
      if (message.isReleased) this.#release(message.packetId);
      else this.#publish(message, true);
    }
    this.#pump();
  }

  /** The connection that sends is over; one that was before it is none of ours any more. */
  detach(send: ((packet: Packet) => void) | undefined): void {
    if (this.#send === send) this.#send = undefined;
  }

  /** A message for the client. */
  push(message: Outgoing): void {
    if (message.qos > 0) {
      this.#waiting.push(message);
      this.#pump();
    } else if (this.#send) {
      this.#publish({ ...message, packetId: 0, isReleased: false }, false);
    }
  }

  /** The client has acknowledged. */
  acknowledged(type: Packet['type'], packetId: number, isFailure: boolean): void {
    const message = this.#underway.get(packetId);
    if (message === undefined) return;
    if (type === PacketType.pubrec && !isFailure) {
      message.isReleased = true;
      this.#release(packetId);
      return;
    }
    this.#underway.delete(packetId);
    this.#pump();
  }

  #pump(): void {
    while (this.#send && this.#underway.size < this.#windowMax) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      do this.#lastId = (this.#lastId % 0xffff) + 1;
      while (this.#underway.has(this.#lastId));
      const message = { ...next, packetId: this.#lastId, isReleased: false };
      this.#underway.set(this.#lastId, message);
      this.#publish(message, false);
    }
  }

  #publish({ topic, qos, payload, packetId }: Underway, dup: boolean): void {
    const properties = {};
    this.#send?.({ type: PacketType.publish, topic, payload, qos, retain: false, dup, packetId, properties });
  }

  #release(packetId: number): void {
    this.#send?.({ type: PacketType.pubrel, packetId, reasonCode: 0, properties: {} });
  }
}
