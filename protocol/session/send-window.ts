// hot path
// SendWindow: the QoS 1 and 2 messages sent to the peer that it has not settled, in the order in which they were sent.
// It outlives connections. `open` starts a connection anew: the quota is the peer's own, and what was published before
// is due once more, in the original order, before anything new.
//
//   add -> published --settle (PUBACK, or a failure)--------------> gone
//          published --release (PUBREC)--> released --settle (PUBCOMP)--> gone
//
// A released entry never becomes published again. Nothing is due twice on one connection. Bounded by `sizeMax`.
import type { Delivery } from '../wire/publishable.ts';
import { PacketIds } from './packet-ids.ts';

/** One message underway. */
export interface SendEntry {
  /** 1 to 65535. */
  readonly packetId: number;
  readonly delivery: Delivery;
  /** The owner's own number, for instance the sequence in its queue. */
  readonly token: number;
  /** `published`: the peer may have it; `released`: the peer owns it and PUBCOMP is awaited. */
  readonly state: 'published' | 'released';
}

class Entry implements SendEntry {
  readonly packetId: number;
  readonly delivery: Delivery;
  readonly token: number;
  state: 'published' | 'released' = 'published';
  /** Whether it takes one of this connection's quota. */
  isCounted = false;

  constructor(packetId: number, delivery: Delivery, token: number) {
    this.packetId = packetId;
    this.delivery = delivery;
    this.token = token;
  }
}

/** Outbound flows of one session. */
export class SendWindow {
  /** Shared with SUBSCRIBE and UNSUBSCRIBE of a client, which draw from the same identifiers. */
  readonly ids: PacketIds = new PacketIds();
  readonly #sizeMax: number;
  readonly #entries = new Map<number, Entry>();
  #isOpen = false;
  #quota = 0;
  #qos2Quota = 0;
  #due: Entry[] = [];
  #dueIndex = 0;

  /** `sizeMax`: messages underway at most, 1 to 65535. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  /** Messages underway. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether everything from before this connection was sent again. */
  get isCaughtUp(): boolean {
    return this.#dueIndex >= this.#due.length;
  }

  /** What is underway, oldest first. */
  entries(): readonly SendEntry[] {
    return [...this.#entries.values()];
  }

  /**
   * A connection begins. `quota`: the peer's receive maximum, 1 to 65535 [MQTT-4.9.0-1]; `qos2Max` bounds the QoS 2
   * messages among them. Returns the released entries, whose PUBREL is due at once, in order.
   */
  open(quota: number, qos2Max: number = quota): readonly SendEntry[] {
    this.#isOpen = true;
    this.#quota = quota;
    this.#qos2Quota = qos2Max;
    this.#due = [];
    this.#dueIndex = 0;
    const released: SendEntry[] = [];
    for (const entry of this.#entries.values()) {
      entry.isCounted = false;
      if (entry.state === 'published') {
        this.#due.push(entry);
      } else {
        released.push(entry);
        this.#count(entry);
      }
    }
    return released;
  }

  /** The connection is over. */
  close(): void {
    this.#isOpen = false;
    this.#due = [];
    this.#dueIndex = 0;
  }

  /**
   * The next entry from before this connection that is to be sent again [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT3-4.4.0-1]
   * [MQTT3-4.6.0-1], if the quota allows one; each comes once.
   */
  nextDue(): SendEntry | undefined {
    for (; this.#dueIndex < this.#due.length; this.#dueIndex++) {
      const entry = this.#due[this.#dueIndex];
      // it may have been settled in the meantime by a peer that remembered it
      if (entry === undefined || this.#entries.get(entry.packetId) !== entry || entry.state === 'released') continue;
      if (!this.#hasRoom(entry.delivery)) return undefined;
      this.#dueIndex++;
      this.#count(entry);
      return entry;
    }
    return undefined;
  }

  /** Whether a new message may be sent now: nothing older is due, and quota and size allow one. */
  canAdd(delivery: Delivery): boolean {
    return this.#isOpen && this.isCaughtUp && this.#entries.size < this.#sizeMax && this.#hasRoom(delivery);
  }

  /** Takes a message that is sent now. Undefined when there is no room or no free packet identifier. */
  add(delivery: Delivery, token: number): SendEntry | undefined {
    if (!this.canAdd(delivery)) return undefined;
    const packetId = this.ids.take();
    if (packetId === 0) return undefined;
    const entry = new Entry(packetId, delivery, token);
    this.#entries.set(packetId, entry);
    this.#count(entry);
    return entry;
  }

  /** What is underway with this packet identifier. */
  get(packetId: number): SendEntry | undefined {
    return this.#entries.get(packetId);
  }

  /** PUBREC came: the peer owns the message from now on. Undefined for an unknown identifier. */
  release(packetId: number): SendEntry | undefined {
    const entry = this.#entries.get(packetId);
    if (entry) entry.state = 'released'; // [MQTT-4.3.3-6] never published again [MQTT3-4.3.3-1]
    return entry;
  }

  /** The peer's last word on a message came: it leaves. Undefined for an unknown identifier. */
  settle(packetId: number): SendEntry | undefined {
    const entry = this.#entries.get(packetId);
    if (entry === undefined) return undefined;
    this.#entries.delete(packetId);
    this.ids.give(packetId);
    if (entry.isCounted) {
      this.#quota++; // [MQTT-4.9.0-2]
      if (entry.delivery.qos === 2) this.#qos2Quota++;
    }
    return entry;
  }

  /** Forgets everything: the session is over. Returns what was underway, in order: the peer owns the released ones. */
  reset(): readonly SendEntry[] {
    const underway = this.entries();
    for (const { packetId } of underway) this.ids.give(packetId);
    this.#entries.clear();
    this.#due = [];
    this.#dueIndex = 0;
    return underway;
  }

  #hasRoom(delivery: Delivery): boolean {
    return this.#quota > 0 && (delivery.qos < 2 || this.#qos2Quota > 0); // [MQTT-3.3.4-9] [MQTT-4.9.0-3]
  }

  #count(entry: Entry): void {
    entry.isCounted = true;
    this.#quota--;
    if (entry.delivery.qos === 2) this.#qos2Quota--;
  }
}
