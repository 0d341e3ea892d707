// Wills: the messages that devices leave for the case that they vanish. A will goes out when the connection ends badly,
// after its delay or when the session ends, whichever comes first; a device that is back before that cancels it
// [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.1.3-9] [MQTT3-3.1.2-8] [MQTT3-3.1.2-10].
// Bounded by the sessions: at most one will waits for each.
import type { Will } from '../../protocol/wire/packets.ts';
import { encodePublishProperties } from '../../protocol/wire/property-block.ts';
import { Message } from '../message/message.ts';
import { Origin } from '../message/origin.ts';

/** Publishes a will that is due. */
export type PublishWill = (message: Message) => void;

interface Waiting {
  readonly will: Will;
  readonly dueAt: number;
}

/** The wills of one broker that wait for their delay to pass. */
export class Wills {
  readonly #publish: PublishWill;
  readonly #waiting = new Map<string, Waiting>();

  constructor(publish: PublishWill) {
    this.#publish = publish;
  }

  /** A connection ended badly. The will goes out now, or after its delay, at most `sessionExpirySeconds` from now. */
  fire(clientId: string, will: Will, sessionExpirySeconds: number, now: number): void {
    const delay = Math.min(will.properties.willDelayInterval ?? 0, sessionExpirySeconds);
    if (delay > 0) this.#waiting.set(clientId, { will, dueAt: now + delay * 1000 });
    else this.#send(clientId, will, now);
  }

  /**
   * The device is back: with its session carried on, a will whose delay has not passed is forgotten [MQTT-3.1.3-9];
   * otherwise it goes out now.
   */
  returned(clientId: string, isSessionCarriedOn: boolean, now: number): void {
    const waiting = this.#waiting.get(clientId);
    if (waiting === undefined) return;
    this.#waiting.delete(clientId);
    if (!isSessionCarriedOn || waiting.dueAt <= now) this.#send(clientId, waiting.will, now);
  }

  /** Publishes the wills whose delay has passed. */
  sweep(now: number): void {
    for (const [clientId, { will, dueAt }] of this.#waiting) {
      if (dueAt > now) continue;
      this.#waiting.delete(clientId);
      this.#send(clientId, will, now);
    }
  }

  #send(clientId: string, will: Will, now: number): void {
    const expiry = will.properties.messageExpiryInterval;
    const { messageExpiryInterval: _expiry, willDelayInterval: _delay, ...rest } = will.properties;
    this.#publish(
      new Message({
        topic: will.topic,
        payload: will.payload,
        qos: will.qos,
        retain: will.retain, // [MQTT-3.1.2-14] [MQTT-3.1.2-15] [MQTT3-3.1.2-16] [MQTT3-3.1.2-17]
        properties: encodePublishProperties(rest), // user properties in their order [MQTT-3.1.3-10]
        expiresAt: expiry === undefined ? 0 : now + expiry * 1000,
        origin: new Origin('will', clientId),
      }),
    );
  }
}
