// ClientSubscription: one filter of a client and who hears of it: a callback, or batches to iterate over. A QoS 1 or 2
// message is acknowledged when its callback has returned (or the promise that it returned is fulfilled), when the
// iteration asks for the batch after it, or by the application's own hand.
//
// Bounded: unacknowledged messages by the client's receive maximum; QoS 0 messages in batches by `qos0CountMax`.
import { filterMatches, parseFilter, topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import type { SubscribeEntry } from '../../protocol/wire/packets.ts';
import type { Properties } from '../../protocol/wire/properties.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { ClosedError } from '../base/errors.ts';
import type { SubscribeOptions } from './client-options.ts';
import { handle, type OnMessage, type Release } from './on-message.ts';
import type { ReceivedMessage } from './received-message.ts';

/** How a subscription is asked for, and how its messages are acknowledged. */
export interface SubscriptionTerms {
  readonly entry: SubscribeEntry;
  readonly properties: Properties;
  readonly isManual: boolean;
}

/** QoS 0 messages that wait for an iteration; beyond it the oldest is dropped. */
const qos0CountMax = 10_000;

/** One subscription. */
export class ClientSubscription {
  readonly filter: string;
  /** What the server granted; undefined until it has answered. */
  grantedQos: Qos | undefined;
  readonly #terms: SubscriptionTerms;
  readonly #matched: string;
  readonly #onMessage: OnMessage | undefined;
  readonly #end: (subscription: ClientSubscription) => Promise<void>;
  #batch: ReceivedMessage[] = [];
  #releases: Release[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;
  #isIterated = false;

  /** Made by `Client.subscribe`. */
  constructor(
    terms: SubscriptionTerms,
    onMessage: OnMessage | undefined,
    end: (subscription: ClientSubscription) => Promise<void>,
  ) {
    this.filter = terms.entry.filter;
    this.#terms = terms;
    this.#matched = parseFilter(this.filter).filter;
    this.#onMessage = onMessage;
    this.#end = end;
  }

  /** What the server is asked for. */
  get entry(): SubscribeEntry {
    return this.#terms.entry;
  }

  /** The properties that the server is asked with. */
  get properties(): Properties {
    return this.#terms.properties;
  }

  /** Whether a topic is one of this subscription. */
  matches(topic: string): boolean {
    return filterMatches(this.#matched, topic);
  }

  /** Hands a message over; `release` is called once, when it may be acknowledged. */
  deliver(message: ReceivedMessage, release: Release): void {
    if (this.#onMessage === undefined) {
      this.#collect(message, release);
      return;
    }
    handle(this.#onMessage, message, this.#terms.isManual, release);
  }

  /** The messages in batches, each with all that came since the one before. Ends when the subscription does. */
  async *batches(): AsyncGenerator<readonly ReceivedMessage[], void, void> {
    if (this.#onMessage !== undefined || this.#isIterated) {
      throw new ClosedError('the messages of this subscription go elsewhere already');
    }
    this.#isIterated = true;
    for (;;) {
      while (this.#batch.length === 0 && !this.#isOver) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#batch.length === 0) return;
      const batch = this.#batch;
      const releases = this.#releases;
      this.#batch = [];
      this.#releases = [];
      yield batch;
      for (const release of releases) release(ReasonCode.success);
    }
  }

  /** Takes the subscription back. Fulfilled when the server has confirmed it. */
  unsubscribe(): Promise<void> {
    return this.#end(this);
  }

  /** The subscription is over: iterations end behind what has come. */
  over(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  #collect(message: ReceivedMessage, release: Release): void {
    if (message.qos === 0) {
      release(ReasonCode.success);
      if (this.#batch.length >= qos0CountMax) this.#dropOldest();
    }
    this.#batch.push(message);
    if (message.qos > 0) this.#releases.push(release);
    this.#wake?.();
  }

  #dropOldest(): void {
    const index = this.#batch.findIndex(({ qos }) => qos === 0);
    if (index >= 0) this.#batch.splice(index, 1);
  }
}

/** The largest subscription identifier [MQTT-1.5.5-1]. */
const subscriptionIdentifierMax = 268_435_455;

/** Why a filter cannot be subscribed with these options; undefined if it can. */
export function subscribeFault(filter: string, options: SubscribeOptions, hasHandler: boolean): string | undefined {
  const { isNoLocal = false, isManual = false, subscriptionIdentifier: identifier = 1 } = options;
  if (isManual && !hasHandler) return 'has no handler that could acknowledge its messages (isManual)';
  if (!Number.isInteger(identifier) || identifier < 1 || identifier > subscriptionIdentifierMax) {
    return `cannot have the identifier ${identifier}, expected 1 to ${subscriptionIdentifierMax}`;
  }
  const fault = topicFilterFault(filter);
  if (fault !== undefined || !isNoLocal || !filter.startsWith('$share/')) return fault;
  return 'is shared, and cannot be subscribed without local messages'; // [MQTT-3.8.3-4]
}
