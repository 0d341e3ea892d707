// ClientPublisher: the sending half of a client. What an application publishes waits here, is sent when the
// connection allows, and settles its promise when the server has the last word. It outlives connections;
// each one is lent to it.
import type { SendOutcome } from '../../protocol/connection/exchange.ts';
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import { topicNameFault } from '../../protocol/topic/topic-name.ts';
import { bytesOf, bytesOfText, emptyBytes } from '../../protocol/wire/bytes.ts';
import { encodePublishProperties } from '../../protocol/wire/property-block.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import { isFailure, ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import { ClosedError, messageOf, RefusedError, UsageError } from '../base/errors.ts';
import { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { ClientOptions, PublishOptions } from './client-options.ts';
import { PublishQueue } from './publish-queue.ts';

/** The connection as the publisher sees it. */
export interface PublishLine {
  /** So much waits to be written that nothing should be added. */
  readonly isCongested: boolean;
  send(delivery: Delivery, token: number): SendOutcome;
}

/** Publishes for one client. */
export class ClientPublisher {
  readonly #queue: PublishQueue;
  readonly #origin: Origin;
  readonly #now: () => number;
  #line: PublishLine | undefined;
  #isPumping = false;
  #emptied: (() => void) | undefined;

  /** What is published and not settled is bounded by the options. */
  constructor(
    { queueCountMax, queueBytesMax }: Pick<ClientOptions, 'queueCountMax' | 'queueBytesMax'>,
    origin: Origin,
    now: () => number,
  ) {
    this.#queue = new PublishQueue(queueCountMax, queueBytesMax);
    this.#origin = origin;
    this.#now = now;
  }

  /** Messages published and not settled. */
  get pendingCount(): number {
    return this.#queue.size;
  }

  /** See `Client.publish`. */
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<ReasonCode> {
    const { qos = 0, retain = false, properties, signal } = options;
    const fault = topicNameFault(topic);
    if (fault !== undefined) return Promise.reject(new UsageError('TOPIC_NAME', `the topic '${topic}' ${fault}`));
    const expiry = properties?.messageExpiryInterval;
    let block = emptyBytes;
    try {
      // without a topic alias or subscription identifiers, which are not the application's to give [MQTT-3.3.4-6]
      if (properties !== undefined) block = encodePublishProperties(properties);
    } catch (error) {
      return Promise.reject(new UsageError('PROPERTIES', messageOf(error), { cause: error }));
    }
    const bytes = typeof payload === 'string' ? bytesOfText(payload) : bytesOf(payload);
    if (this.#queue.isFullFor(bytes.length + block.length)) {
      return Promise.reject(new UsageError('QUEUE_FULL', `${this.#queue.size} messages are not settled yet`));
    }
    const message = new Message({
      topic,
      payload: bytes,
      qos,
      retain,
      origin: this.#origin,
      properties: block,
      expiresAt: expiry === undefined ? 0 : this.#now() + expiry * 1000,
    });
    return new Promise((resolve, reject) => {
      const delivery = { message, qos, retain, subscriptionIdentifiers: undefined };
      const job = this.#queue.append({ delivery, resolve, reject });
      const withdraw = (): void => {
        if (this.#queue.withdraw(job)) reject(new ClosedError('publishing was called off', signal?.reason));
      };
      signal?.addEventListener('abort', withdraw, { once: true });
      this.pump();
    });
  }

  /** A connection is there, or gone. */
  use(line: PublishLine | undefined): void {
    this.#line = line;
  }

  /** Sends what waits, as far as the connection allows. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#sendNext()) {
      // one message a turn of this loop; it ends when nothing waits, the window is full or the line is congested
    }
    this.#isPumping = false;
    if (this.#queue.size === 0) this.#emptied?.();
  }

  /** The server has settled a message. */
  settled(token: number, reasonCode: ReasonCode): void {
    const job = this.#queue.settle(token);
    if (job && isFailure(reasonCode)) {
      job.reject(new RefusedError(reasonCode, `the server refused the message: ${reasonName(reasonCode)}`));
    } else {
      job?.resolve(reasonCode);
    }
    this.pump();
  }

  /** The server forgot the session: what it never owned waits again, before all else; what it owned is settled. */
  sessionLost(entries: readonly SendEntry[]): void {
    for (const { state, token } of entries) {
      if (state === 'released') this.#queue.settle(token)?.resolve(ReasonCode.success);
    }
    this.#queue.putBack(entries);
  }

  /** Calls `done` when nothing is pending any more. */
  whenEmpty(done: () => void): void {
    this.#emptied = done;
    if (this.#queue.size === 0) done();
  }

  /** Rejects everything that is not settled. */
  clear(error: Error): void {
    this.#queue.clear(error);
  }

  #sendNext(): boolean {
    const job = this.#queue.next;
    const line = this.#line;
    if (job === undefined || line === undefined || line.isCongested) return false;
    const outcome = line.send(job.delivery, job.token);
    if (outcome === 'full' || outcome === 'offline') return false;
    this.#queue.taken(outcome === 'sent' && job.delivery.qos > 0);
    if (outcome !== 'sent') job.reject(new UsageError('NOT_SENT', `the message was not sent: ${outcome}`));
    else if (job.delivery.qos === 0) job.resolve(ReasonCode.success);
    return true;
  }
}
