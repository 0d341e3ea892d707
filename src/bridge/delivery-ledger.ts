// DeliveryLedger: what became of the messages of a bridge, one entry each: when it came, what it was mapped to, when
// it was sent, when the remote settled it, or why it was dropped. Off unless it is asked for; then every message is
// handled by itself, which costs speed. It lives in memory: after a restart it begins anew.
//
//   queued --sent--> sent --settled--> delivered        any --dropped--> dropped (reason)
//
// Bounded by `size` entries, the oldest go; the trail of each queue by the entries that are there.
import type { Message } from '../message/message.ts';
import type { Clock } from '../ports/ports.ts';
import { traceIdOf } from './trace-context.ts';

/** What has become of a message so far. */
export type LedgerOutcome = 'queued' | 'sent' | 'delivered' | 'dropped';

/** One message. Moments are ms since 1970. */
export interface LedgerEntry {
  /** Grows by one. */
  readonly id: number;
  readonly at: number;
  /** The topic here; empty where it is not known any more. */
  readonly topic: string;
  /** The topic at the remote; empty where the message was dropped before it had one. */
  readonly remoteTopic: string;
  /** The filter of the rule. */
  readonly rule: string;
  readonly qos: 0 | 1 | 2;
  readonly size: number;
  readonly outcome: LedgerOutcome;
  /** By which of several connections it went, from 0. */
  readonly lane: number;
  readonly sentAt?: number;
  readonly settledAt?: number;
  /** Why it was dropped. */
  readonly reason?: string;
  /** Of its traceparent. */
  readonly traceId?: string;
}

type Writable = { -readonly [Key in keyof LedgerEntry]: LedgerEntry[Key] };

/** How much is written down. */
export interface LedgerOptions {
  /** Entries at most. */
  readonly size: number;
  /** Of so many messages one is written down; 1: all. */
  readonly sampleOf: number;
}

/** The entries of one bridge. */
export class DeliveryLedger {
  readonly #options: LedgerOptions;
  readonly #clock: Clock;
  readonly #entries: (Writable | undefined)[] = [];
  readonly #trails = new Set<LedgerTrail>();
  #lastId = 0;
  #seen = 0;
  /** The topic here of the message that a rule is passing on, in this turn. */
  #heard = '';

  constructor(options: LedgerOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** The entries, newest first. */
  *entries(): Generator<LedgerEntry, void, void> {
    const { size } = this.#options;
    for (let id = this.#lastId; id > Math.max(0, this.#lastId - size); id--) {
      const entry = this.#entries[id % size];
      if (entry !== undefined) yield { ...entry };
    }
  }

  /** The trail of a queue: it tells what becomes of its messages. */
  trail(lane: number): LedgerTrail {
    const trail = new LedgerTrail(this, lane);
    this.#trails.add(trail);
    return trail;
  }

  /** A rule passes on a message of a topic here. */
  heard(topic: string): void {
    this.#heard = topic;
  }

  /** A rule drops a message before it has a place in a queue. */
  refused(message: Message, rule: string, reason: string): void {
    const entry = this.#add(message, rule, { remoteTopic: '', lane: 0 });
    if (entry === undefined) return;
    entry.topic = message.topic;
    this.drop(entry, reason);
  }

  /** Writes a message down, if it is its turn. */
  write(message: Message, rule: string, lane: number): Writable | undefined {
    return this.#add(message, rule, { remoteTopic: message.topic, lane });
  }

  /** The message was sent. */
  send(entry: Writable): void {
    if (entry.outcome !== 'queued') return;
    entry.outcome = 'sent';
    entry.sentAt = this.#wallMs();
  }

  /** The message has arrived. */
  settle(entry: Writable): void {
    entry.outcome = 'delivered';
    entry.settledAt = this.#wallMs();
  }

  /** The message will not arrive. */
  drop(entry: Writable, reason: string): void {
    entry.outcome = 'dropped';
    entry.reason = reason;
    entry.settledAt = this.#wallMs();
  }

  #add(message: Message, rule: string, more: Pick<LedgerEntry, 'remoteTopic' | 'lane'>): Writable | undefined {
    const { size, sampleOf } = this.#options;
    if (this.#seen++ % sampleOf !== 0) return undefined;
    const id = ++this.#lastId;
    const gone = this.#entries[id % size];
    if (gone !== undefined) for (const trail of this.#trails) trail.forget(gone);
    const traceId = traceIdOf(message.properties);
    const entry: Writable = {
      id,
      at: this.#wallMs(),
      topic: this.#heard,
      rule,
      qos: message.qos,
      size: message.payload.length,
      outcome: 'queued',
      ...more,
      ...(traceId === undefined ? {} : { traceId }),
    };
    this.#heard = '';
    this.#entries[id % size] = entry;
    return entry;
  }

  #wallMs(): number {
    return Math.round(this.#clock.wallMs());
  }
}

/** The messages of one queue, by their sequences. */
export class LedgerTrail {
  readonly #ledger: DeliveryLedger;
  readonly #lane: number;
  readonly #bySequence = new Map<number, Writable>();
  readonly #sequences = new Map<number, number>();

  /** Made by `DeliveryLedger.trail`. */
  constructor(ledger: DeliveryLedger, lane: number) {
    this.#ledger = ledger;
    this.#lane = lane;
  }

  /** A message came to wait. */
  taken(sequence: number, message: Message, rule: string): void {
    const entry = this.#ledger.write(message, rule, this.#lane);
    if (entry === undefined) return;
    this.#bySequence.set(sequence, entry);
    this.#sequences.set(entry.id, sequence);
  }

  /** It was sent; `isSettled`: nothing more is heard of it. */
  sent(sequence: number, isSettled: boolean): void {
    const entry = this.#bySequence.get(sequence);
    if (entry === undefined) return;
    this.#ledger.send(entry);
    if (isSettled) this.settled(sequence, undefined);
  }

  /** The remote settled it; `refused`: why it did not take it. */
  settled(sequence: number, refused: string | undefined): void {
    const entry = this.#bySequence.get(sequence);
    if (entry === undefined) return;
    if (refused === undefined) this.#ledger.settle(entry);
    else this.#ledger.drop(entry, refused);
    this.forget(entry);
  }

  /** It was dropped. */
  dropped(sequence: number, reason: string): void {
    this.settled(sequence, reason);
  }

  /** All that wait are dropped. */
  clear(reason: string): void {
    for (const sequence of [...this.#bySequence.keys()]) this.dropped(sequence, reason);
  }

  /** An entry is out of reach. */
  forget({ id }: LedgerEntry): void {
    const sequence = this.#sequences.get(id);
    if (sequence === undefined) return;
    this.#sequences.delete(id);
    this.#bySequence.delete(sequence);
  }
}
