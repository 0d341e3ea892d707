// Wills: the messages that devices leave for the case that they vanish. A will goes out when the connection ends badly,
// after its delay or when the session ends, whichever comes first; a device that is back before that cancels it
// [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.1.3-9] [MQTT3-3.1.2-8] [MQTT3-3.1.2-10].
// Bounded by the sessions: at most one will waits for each.
import type { Will } from '../../protocol/wire/packets.ts';
import { encodePublishProperties } from '../../protocol/wire/property-block.ts';
import { Message } from '../message/message.ts';
import { Origin } from '../message/origin.ts';
import type { WaitingWill, WillStore } from './will-store.ts';

/** Publishes a will that is due. */
export type PublishWill = (message: Message) => void;

/** The wills of one broker that wait for their delay to pass. */
export class Wills {
  readonly #publish: PublishWill;
  readonly #store: WillStore | undefined;
  readonly #waiting = new Map<string, WaitingWill>();

  /** `store`: those that wait outlive the process. */
  constructor(publish: PublishWill, store?: WillStore) {
    this.#publish = publish;
    this.#store = store;
  }

  /** Takes over those that an earlier process left. */
  async restore(): Promise<void> {
    await this.#store?.load((clientId, will) => void this.#waiting.set(clientId, will));
  }

  /** A connection ended badly. The will goes out now, or after its delay, at most `sessionExpirySeconds` from now. */
  fire(clientId: string, will: Will, sessionExpirySeconds: number, now: number): void {
    const delay = Math.min(will.properties.willDelayInterval ?? 0, sessionExpirySeconds);
    const waiting = waitingOf(clientId, will, now + delay * 1000);
    if (delay > 0) {
      this.#waiting.set(clientId, waiting);
      this.#store?.put(clientId, waiting);
    } else this.#send(waiting, now);
  }

  /**
   * The device is back: with its session carried on, a will whose delay has not passed is forgotten [MQTT-3.1.3-9];
   * otherwise it goes out now.
   */
  returned(clientId: string, isSessionCarriedOn: boolean, now: number): void {
    const waiting = this.#waiting.get(clientId);
    if (waiting === undefined) return;
    this.#forget(clientId);
    if (!isSessionCarriedOn || waiting.dueAt <= now) this.#send(waiting, now);
  }

  /** Publishes the wills whose delay has passed. */
  sweep(now: number): void {
    for (const [clientId, waiting] of this.#waiting) {
      if (waiting.dueAt > now) continue;
      this.#forget(clientId);
      this.#send(waiting, now);
    }
  }

  #forget(clientId: string): void {
    this.#waiting.delete(clientId);
    this.#store?.remove(clientId);
  }

  #send({ message, expirySeconds }: WaitingWill, now: number): void {
    if (expirySeconds === undefined) this.#publish(message);
    else {
      const { topic, payload, qos, retain, properties, origin } = message;
      const expiresAt = now + expirySeconds * 1000;
      this.#publish(new Message({ topic, payload, qos, retain, properties, origin, expiresAt }));
    }
  }
}

function waitingOf(clientId: string, will: Will, dueAt: number): WaitingWill {
  const { messageExpiryInterval: expirySeconds, willDelayInterval: _delay, ...rest } = will.properties;
  const message = new Message({
    topic: will.topic,
    payload: will.payload,
    qos: will.qos,
    retain: will.retain, // [MQTT-3.1.2-14] [MQTT-3.1.2-15] [MQTT3-3.1.2-16] [MQTT3-3.1.2-17]
    properties: encodePublishProperties(rest), // user properties in their order [MQTT-3.1.3-10]
    origin: new Origin('will', clientId),
  });
  return { message, dueAt, expirySeconds };
}
