// SessionReplays: retained messages that are still to come to one session, by the filters that asked for them: behind
// what waits, as fast as the device takes them, one filter after the other [MQTT-3.3.1-8] [MQTT3-3.3.1-6]
// [MQTT3-3.3.1-8]. They are read from the store when their turn comes, so they take no memory before.
// Bounded by the subscriptions of the session: another replay of a filter takes the place of one before.
import type { SendOutcome } from '../../protocol/connection/exchange.ts';
import { lowerQos } from '../../protocol/wire/protocol-version.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import type { SubscriptionOptions } from '../router/destination.ts';
import type { RetainedReplay } from '../router/retained-replay.ts';

/** Whose messages they are. */
export interface ReplaySession {
  /** The options of a subscription as they are now; undefined when it is gone. */
  optionsOf(filter: string): SubscriptionOptions | undefined;
  /** Sends one, and counts it; not `full`, nor `offline`: then it is tried again. */
  sendRetained(delivery: Delivery): SendOutcome;
}

interface Replay {
  readonly source: RetainedReplay;
  readonly options: SubscriptionOptions;
}

/** The replays of one session. */
export class SessionReplays {
  readonly #session: ReplaySession;
  readonly #replays = new Map<string, Replay>();

  constructor(session: ReplaySession) {
    this.#session = session;
  }

  /** Whether nothing is to come any more. */
  get isDone(): boolean {
    return this.#replays.size === 0;
  }

  /** Adds the retained messages of a subscription, which go last. */
  add(filter: string, source: RetainedReplay, options: SubscriptionOptions): void {
    this.#replays.delete(filter);
    this.#replays.set(filter, { source, options });
  }

  /** What is left of a filter's messages does not come. */
  forget(filter: string): void {
    this.#replays.delete(filter);
  }

  /** Sends the next one. Returns false when there is none, or it has to wait. */
  sendNext(): boolean {
    for (const [filter, replay] of this.#replays) {
      const message = replay.source.peek();
      if (message) return this.#send(filter, replay);
      this.#replays.delete(filter);
    }
    return false;
  }

  #send(filter: string, replay: Replay): boolean {
    const { source } = replay;
    const message = source.peek();
    if (message === undefined) return false;
    const options = this.#session.optionsOf(filter) ?? replay.options;
    if (options.isWithheld?.(message.topic)) {
      source.taken(false);
      return true;
    }
    const subscriptionIdentifiers = options.identifier > 0 ? [options.identifier] : undefined;
    const qos = lowerQos(message.qos, options.qos);
    const outcome = this.#session.sendRetained({ message, qos, retain: true, subscriptionIdentifiers });
    if (outcome === 'full' || outcome === 'offline') return false;
    source.taken(outcome === 'expired'); // then it is retained no more
    return true;
  }
}
