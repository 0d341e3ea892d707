// Receiver: messages from the remote on their way into the router. The
// remote's acknowledgement waits until every local destination that must hold
// the message holds it.
import type { ReceivedPublish } from '../../protocol/connection/received-publish.ts';
import { messageDeadline } from '../../protocol/session/expiry.ts';
import type { Session } from '../../protocol/session/session.ts';
import { isFailure, ReasonCode } from '../../protocol/wire/reason-code.ts';
import { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import { Counter } from '../metrics/counter.ts';
import { Acceptance } from '../router/acceptance.ts';
import type { Router } from '../router/router.ts';
import type { LocalRights } from './local-rights.ts';
import type { SubscriptionRule } from './subscription-rules.ts';

/** What a receiver works with. */
export interface ReceiverParts {
  readonly origin: Origin;
  readonly router: Router;
  /** What the bridge may bring in here; absent: everything. */
  readonly rights?: LocalRights | undefined;
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number;
}

/** The connection over which a message came. */
export interface ReceivingLine {
  /** That with the server which is connected. */
  readonly session: Session;
  /** There is no room for a message now: where the remote cannot be told so, it is to send it again. */
  breakOff(detail: string): void;
}

/** Brings messages in. */
export class Receiver {
  /** Messages that no rule was about: leftovers of an earlier configuration in the remote's session. */
  readonly unmatched: Counter = new Counter();
  /** The rules; the first that is about a topic takes it. */
  rules: readonly SubscriptionRule[];
  readonly #origin: Origin;
  readonly #router: Router;
  readonly #now: () => number;
  readonly #rights: LocalRights | undefined;

  constructor(rules: readonly SubscriptionRule[], parts: ReceiverParts) {
    const { origin, router, now, rights } = parts;
    this.#rights = rights;
    this.#now = now;
    this.rules = rules;
    this.#origin = origin;
    this.#router = router;
  }

  /** Takes one message; see `ExchangeSink.messageReceived`. */
  receive(publish: ReceivedPublish, ticket: number, line: ReceivingLine): void {
    const now = this.#now();
    // a late acceptance belongs to the server that sent the message
    const { session } = line;
    const rule = this.rules.find((one) => one.matches(publish.topic));
    if (rule === undefined) {
      this.unmatched.add();
      session.accept(ticket, ReasonCode.success);
      return;
    }
    const { counters } = rule;
    counters.received.add();
    const received = new Message({
      topic: publish.topic,
      topicBytes: publish.topicBytes,
      payload: publish.payload,
      qos: publish.qos,
      retain: publish.retain,
      properties: publish.properties,
      expiresAt: messageDeadline(publish.messageExpiryInterval, now),
      origin: this.#origin,
      isOwned: false,
    });
    const localised = rule.localise(received, now);
    const isKept = typeof localised === 'string' || this.#rights?.mayPublish(localised.topic) !== false;
    const message = isKept ? localised : 'denied';
    if (typeof message === 'string') {
      counters.dropped.add(message);
      session.accept(ticket, ReasonCode.success);
      return;
    }
    counters.payloadBytes.add(message.payload.length);
    const accepted = (_ticket: number, reasonCode: ReasonCode, isForNow: boolean): void => {
      if (isForNow) line.breakOff('no room for a message now');
      if (isFailure(reasonCode)) counters.dropped.add('refused');
      else counters.delivered.add();
      // that nobody subscribes is for servers to say [MQTT-3.4.2-1] [MQTT-3.5.2-1]
      session.accept(ticket, isFailure(reasonCode) ? reasonCode : ReasonCode.success);
    };
    this.#router.publish(message, new Acceptance({ accepted }, ticket, rule.durability));
  }
}
