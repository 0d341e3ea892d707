// Ledger: who published what, and who got it. Every payload is unique, so that the ledger can say of each message
// whether it was lost, doubled, changed, out of order, or never published at all.
//
// What is promised: a message that its publisher knows to be accepted arrives at least once at QoS 1 and exactly once
// at QoS 2, where every step of its way has that QoS; messages of one publisher to one topic arrive in order for the
// first time. A message is `excused` when a node lost its memory on which nothing was promised.
import type { Qos } from '../../protocol/wire/protocol-version.ts';

/** A published message. */
export interface Entry {
  readonly id: string;
  readonly publisher: string;
  readonly topic: string;
  readonly qos: Qos;
  /** Counts the messages of a publisher to a topic. */
  readonly number: number;
  /** Counts all messages of a publisher. */
  readonly place: number;
  readonly payload: string;
  state: 'pending' | 'accepted' | 'refused';
  isExcused: boolean;
  /** A receiver refused it once: it may come later than others. */
  isRefusedOnce: boolean;
  /** How often each receiver got it. */
  readonly received: Map<string, number>;
  /** How often it has arrived at each node. */
  readonly at: Map<string, number>;
}

/** How a message gets to a receiver. */
export interface Expected {
  readonly topic: string;
  readonly qos: Qos;
  /** What is in order, besides each topic of each publisher: what has this key, at QoS 1 and 2. Default nothing. */
  readonly orderKey?: string;
}

/** Somebody who is to get messages: one client, or all members of a shared group. */
export interface Receiver {
  readonly name: string;
  /** The topic and highest QoS under which a message gets there; undefined if it does not. */
  expects(topic: string): Expected | undefined;
  /** Whether order is promised: not to a group. */
  readonly isOrdered: boolean;
}

/** All messages of a world. */
export class Ledger {
  readonly faults: string[] = [];
  /** Messages that came behind later ones after they had been sent twice: an earlier copy was dropped, and counted. */
  readonly late: Set<string> = new Set();
  /** Nodes that lost their memory a moment ago. */
  readonly forgetful: Set<string> = new Set();
  readonly #entries = new Map<string, Entry>();
  readonly #receivers = new Map<string, Receiver>();
  readonly #excusedQos = new Set<Qos>();
  readonly #numbers = new Map<string, number>();
  /** The highest place that a receiver got, by receiver and what is in order. */
  readonly #latest = new Map<string, number>();

  /** Somebody who is to get messages from now on. */
  addReceiver(receiver: Receiver): void {
    this.#receivers.set(receiver.name, receiver);
  }

  /** A message is about to be published. */
  publish(publisher: string, topic: string, qos: Qos, size: number): Entry {
    const key = `${publisher} ${topic}`;
    const number = (this.#numbers.get(key) ?? 0) + 1;
    this.#numbers.set(key, number);
    const place = (this.#numbers.get(publisher) ?? 0) + 1;
    this.#numbers.set(publisher, place);
    const id = `${publisher}|${topic}|${number}`;
    const payload = `${id}|${qos}|${size}|${'x'.repeat(size)}`;
    const entry: Entry = {
      id,
      publisher,
      topic,
      qos,
      number,
      place,
      payload,
      state: 'pending',
      // a bridge without state begins a new session: what waits for it at the remote goes with the old one
      isExcused: this.#excusedQos.has(qos) || this.forgetful.size > 0,
      isRefusedOnce: false,
      received: new Map(),
      at: new Map(),
    };
    this.#entries.set(id, entry);
    return entry;
  }

  /** Somebody got a message. */
  received(name: string, topic: string, payload: string, qos: Qos): void {
    // wills and what is retained are the matter of the final check
    if (/^(will|state|kept)\//.test(topic)) return;
    const id = idOf(payload);
    const entry = this.#entries.get(id);
    const receiver = this.#receivers.get(name);
    if (entry === undefined || entry.payload !== payload) {
      this.#fault(`${name} got a message that nobody published: ${payload.slice(0, 60)}`);
      return;
    }
    // a visitor may hear anything that was said
    if (receiver === undefined) return;
    const expected = receiver.expects(entry.topic);
    if (expected === undefined || expected.topic !== topic) {
      this.#fault(`${name} got ${id} under the topic ${topic}`);
      return;
    }
    if (qos > Math.min(entry.qos, expected.qos)) this.#fault(`${name} got ${id} at QoS ${qos}`);
    const count = (entry.received.get(name) ?? 0) + 1;
    entry.received.set(name, count);
    if (count === 1 && receiver.isOrdered && !entry.isRefusedOnce) {
      const isPromised = Math.min(entry.qos, expected.qos) > 0;
      this.#checkOrder(`${name} ${entry.publisher} ${entry.topic}`, name, entry, isPromised);
      const { orderKey } = expected;
      if (isPromised && orderKey !== undefined) this.#checkOrder(`${name} ${orderKey}`, name, entry, true);
    }
    // a step at QoS 1 may double what another step carries at QoS 0
    const isOnce = entry.qos === 0 || Math.min(entry.qos, expected.qos) === 2;
    if (count > 1 && isOnce && !entry.isExcused) {
      this.#fault(`${name} got ${id} ${count} times at QoS ${Math.min(entry.qos, expected.qos)}`);
    }
  }

  /** The message of a payload. */
  find(payload: string): Entry | undefined {
    return this.#entries.get(idOf(payload));
  }

  /** A PUBLISH has arrived at a node. */
  arrived(node: string, payload: string): void {
    const entry = this.#entries.get(idOf(payload));
    if (entry === undefined) return;
    entry.at.set(node, (entry.at.get(node) ?? 0) + 1);
    if (this.forgetful.size > 0) entry.isExcused = true;
  }

  /**
   * A node lost its memory: what it had and was not done is excused. So is what waited at the remote for the bridge of
   * an edge that did: its new session begins empty.
   */
  memoryLost(node: string): void {
    this.forgetful.add(node);
    for (const entry of this.#entries.values()) {
      const isThere = entry.at.has(node) || (node === 'edge' && entry.at.has('remote'));
      if (isThere && !this.#isDone(entry)) entry.isExcused = true;
    }
  }

  /** Nothing is promised to messages of this QoS any more. */
  excuseQos(qos: Qos): void {
    this.#excusedQos.add(qos);
    for (const entry of this.#entries.values()) if (entry.qos === qos) entry.isExcused = true;
  }

  /** Promised messages that did not arrive, as far as can be said now. */
  missing(): readonly string[] {
    const missing: string[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'accepted' || entry.isExcused) continue;
      for (const name of this.#waiting(entry)) missing.push(`${name} did not get ${entry.id}`);
    }
    return missing;
  }

  /** Messages whose publisher does not know what became of them. */
  pending(): readonly string[] {
    return [...this.#entries.values()].filter(({ state }) => state === 'pending').map(({ id }) => id);
  }

  /** Messages published and deliveries made, for a summary. */
  get counts(): { readonly published: number; readonly received: number } {
    let received = 0;
    for (const entry of this.#entries.values()) for (const count of entry.received.values()) received += count;
    return { published: this.#entries.size, received };
  }

  #isDone(entry: Entry): boolean {
    return entry.state !== 'pending' && this.#waiting(entry).length === 0;
  }

  #waiting(entry: Entry): readonly string[] {
    const waiting: string[] = [];
    for (const { name, expects } of this.#receivers.values()) {
      const expected = expects(entry.topic);
      if (expected === undefined || Math.min(entry.qos, expected.qos) === 0) continue;
      if (!entry.received.has(name)) waiting.push(name);
    }
    return waiting;
  }

  #checkOrder(key: string, name: string, entry: Entry, isPromised: boolean): void {
    const latest = this.#latest.get(key) ?? 0;
    if (entry.place > latest) this.#latest.set(key, entry.place);
    else if ([...entry.at.values()].some((count) => count > 1)) {
      // at QoS 0 a first copy may be lost on the way, and nobody counts it
      if (isPromised) this.late.add(`${name} got ${entry.id}`);
    } else this.#fault(`${name} got ${entry.id} (${entry.place}) after number ${latest}`);
  }

  #fault(text: string): void {
    this.faults.push(text);
  }
}

function idOf(payload: string): string {
  return payload.split('|', 3).join('|');
}
