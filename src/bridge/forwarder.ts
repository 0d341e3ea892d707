// Forwarder: the bridge's queue and the pump that empties it, one loop of early returns. Order: what an earlier
// connection left in the window goes first (the window sees to that), then the queue from its read position.
//
// A message leaves the queue when the remote has settled it, or when it is dropped for a reason that is counted on its
// rule. Bounded by the queue's limits and the window.
import type { SendOutcome } from '../../protocol/connection/exchange.ts';
import { isExpired } from '../../protocol/session/expiry.ts';
import type { SendEntry } from '../../protocol/session/send-window.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import { isFailure, type ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Message } from '../message/message.ts';
import type { DropReason } from '../queue/overflow.ts';
import { Queue, type QueueLimits } from '../queue/queue.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { ForwardQueue, ForwardRule } from './forward-rules.ts';

/** The connection as the pump sees it. */
export interface ForwardLine {
  readonly isConnected: boolean;
  /** So much waits to be written that nothing should be added. */
  readonly isCongested: boolean;
  send(delivery: Delivery, token: number): SendOutcome;
}

/** Why the pump does not run. */
export type PauseReason = 'offline' | 'congested' | 'empty' | 'window-full';

/** Carries messages to the remote. */
export class Forwarder implements ForwardQueue {
  readonly #queue: Queue<ForwardRule>;
  readonly #limits: QueueLimits;
  readonly #isQos0Queued: boolean;
  readonly #line: ForwardLine;
  readonly #now: () => number;
  #isPumping = false;

  constructor(options: BridgeOptions, line: ForwardLine, now: () => number) {
    const { queueCountMax, queueBytesMax, queueOverflow, isQos0Queued } = options;
    this.#line = line;
    this.#now = now;
    this.#isQos0Queued = isQos0Queued;
    this.#limits = { countMax: queueCountMax, bytesMax: queueBytesMax, overflow: queueOverflow };
    this.#queue = new Queue<ForwardRule>(this.#limits, ({ sequence, tag }, reason) => {
      // sequence 0 is the one that is being appended: `append` tells its rule
      if (sequence > 0) tag.counters.dropped.add(reason);
    });
  }

  /** Whether the remote can be reached now. */
  get isReady(): boolean {
    return this.#line.isConnected;
  }

  /** Messages waiting, those underway included. */
  get depth(): number {
    return this.#queue.depth;
  }

  /** Bytes waiting. */
  get byteLength(): number {
    return this.#queue.byteLength;
  }

  /** See `ForwardQueue`. */
  append(message: Message, rule: ForwardRule): DropReason | undefined {
    if (message.qos === 0 && !this.#isQos0Queued) {
      if (!this.#line.isConnected) return 'qos-0-offline';
      if (this.#line.isCongested && !this.#hasRoomForQos0) return 'qos-0-congested';
    }
    if (this.#queue.append(message, rule) === 0) return 'queue-full';
    this.pump();
    return undefined;
  }

  /** Sends what waits, until there is a reason not to. */
  pump(): PauseReason | undefined {
    if (this.#isPumping) return undefined;
    this.#isPumping = true;
    let pause: PauseReason | undefined;
    while (pause === undefined) pause = this.#sendNext();
    this.#isPumping = false;
    return pause;
  }

  /** The remote settled a message. */
  settled(entry: SendEntry, reasonCode: ReasonCode): void {
    const queued = this.#queue.acknowledge(entry.token);
    if (queued === undefined) return;
    if (isFailure(reasonCode)) queued.tag.counters.dropped.add('refused');
    else queued.tag.counters.delivered.add();
    this.pump();
  }

  /** The remote forgot the session: what it never owned is read again from the queue, in order. */
  sessionLost(entries: readonly SendEntry[]): void {
    for (const entry of entries) {
      if (entry.state === 'released') this.#queue.acknowledge(entry.token)?.tag.counters.delivered.add();
    }
    this.#queue.rewind();
  }

  /** Drops everything: the bridge is removed. */
  clear(): void {
    this.#queue.clear('removed');
  }

  /** QoS 0 waits for a slow link in a quarter of the queue, so that it never pushes out what was acknowledged. */
  get #hasRoomForQos0(): boolean {
    const { countMax, bytesMax } = this.#limits;
    return this.#queue.depth < countMax / 4 && this.#queue.byteLength < bytesMax / 4;
  }

  #sendNext(): PauseReason | undefined {
    const line = this.#line;
    if (!line.isConnected) return 'offline';
    const entry = this.#queue.peek();
    if (entry === undefined) return 'empty';
    if (line.isCongested) return 'congested';
    const { message, sequence, tag } = entry;
    const { qos, retain } = message;
    const outcome = isExpired(message, this.#now())
      ? 'expired'
      : line.send({ message, qos, retain, subscriptionIdentifiers: undefined }, sequence);
    if (outcome === 'full') return 'window-full';
    if (outcome === 'offline') return 'offline';
    this.#queue.next();
    if (outcome === 'sent' && qos > 0) return undefined;
    this.#queue.acknowledge(sequence);
    if (outcome === 'sent') tag.counters.delivered.add();
    else tag.counters.dropped.add(outcome);
    return undefined;
  }
}
