// Notifications: whether a bridge is connected, as retained messages: `1` or `0` where mosquitto has them, with a JSON
// beside it here; and, on a topic of one's choice, at the remote too, where a will says the `0` that we cannot.
//
//   here:  $SYS/broker/connection/NAME/state  1 or 0,  $SYS/broker/connection/NAME/status  {"state": ...}

import { bytesOfText } from '../../protocol/wire/bytes.ts';
import type { Will } from '../../protocol/wire/packets.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import { Acceptance } from '../router/acceptance.ts';
import type { Router } from '../router/router.ts';
import type { BridgeOptions } from './bridge-options.ts';
import type { BridgeLinkState } from './bridge-status.ts';

/** The topic at the remote; undefined where nothing is told there. */
export function remoteTopicOf(options: BridgeOptions): string | undefined {
  return options.isNotifying && !options.isNotifyingHereOnly ? options.notificationTopic : undefined;
}

/** The will of a bridge: its own, or that of its notifications. */
export function willOf(options: BridgeOptions): Will | undefined {
  const topic = remoteTopicOf(options);
  if (options.will !== undefined || topic === undefined) return options.will;
  return { topic, payload: bytesOfText('0'), qos: 1, retain: true, properties: {} };
}

/** Tells of the state of one bridge. */
export class Notifications {
  readonly #options: BridgeOptions;
  readonly #origin: Origin;
  readonly #router: Router;
  readonly #wallMs: () => number;
  #last = '';

  constructor(options: BridgeOptions, parts: { origin: Origin; router: Router; wallMs: () => number }) {
    this.#options = options;
    this.#origin = parts.origin;
    this.#router = parts.router;
    this.#wallMs = parts.wallMs;
  }

  /** The state of the link has changed: it is told here. */
  changed(link: BridgeLinkState, remote: string): void {
    const { name, isNotifying, notificationTopic } = this.#options;
    if (!isNotifying) return;
    const state = link.state === 'connected' ? '1' : '0';
    const base = `$SYS/broker/connection/${name}`;
    if (state !== this.#last) this.#publish(notificationTopic ?? `${base}/state`, state);
    this.#last = state;
    const { state: word } = link;
    const trouble = link.state === 'waiting' ? { error: link.error, kind: link.kind } : {};
    const since = new Date(this.#wallMs()).toISOString();
    this.#publish(`${base}/status`, JSON.stringify({ state: word, remote, since, ...trouble }));
  }

  /** What the remote is told, as a message to send; undefined where nothing is. */
  delivery(isConnected: boolean): Delivery | undefined {
    const topic = remoteTopicOf(this.#options);
    if (topic === undefined) return undefined;
    const message = this.#message(topic, isConnected ? '1' : '0');
    return { message, qos: 1, retain: true, subscriptionIdentifiers: undefined };
  }

  #publish(topic: string, text: string): void {
    this.#router.publish(this.#message(topic, text), new Acceptance({ accepted: () => undefined }, 0));
  }

  #message(topic: string, text: string): Message {
    return new Message({ topic, payload: bytesOfText(text), qos: 1, retain: true, origin: this.#origin });
  }
}
