// EnvelopeOpener: messages from a remote that carry the properties of 5.0 in an envelope, as they were before. What is
// none passes as it is; what looks like one and cannot be opened does too, and is counted.
// Bounded as envelopes are.
import { messageDeadline } from '../../protocol/session/expiry.ts';
import { decodePublishProperties, encodePublishProperties } from '../../protocol/wire/property-block.ts';
import { Message } from '../message/message.ts';
import { openEnvelope } from './property-envelope.ts';

/** What became of envelopes. */
export interface EnvelopeCounts {
  readonly opened: number;
  /** Passed on as they came. */
  readonly bad: number;
}

/** Opens those of one rule. */
export class EnvelopeOpener {
  #counts: EnvelopeCounts = { opened: 0, bad: 0 };

  /** What was done so far. */
  get counts(): EnvelopeCounts {
    return this.#counts;
  }

  /** The message that was put in; the one that came if it is no envelope. `now`: ms of the monotonic clock. */
  open(message: Message, now: number): Message {
    const { opened, bad } = this.#counts;
    const found = openEnvelope(message.payload);
    if (found === 'plain') return message;
    if (found === 'bad') {
      this.#counts = { opened, bad: bad + 1 };
      return message;
    }
    this.#counts = { opened: opened + 1, bad };
    const { topic, qos, retain, origin, properties: block } = message;
    const outer = block.length === 0 ? {} : decodePublishProperties(block);
    const users = [...(outer.userProperties ?? []), ...(found.properties.userProperties ?? [])];
    const { messageExpiryInterval = -1, ...inner } = found.properties;
    const properties = encodePublishProperties({
      ...outer,
      ...inner,
      ...(users.length === 0 ? {} : { userProperties: users }),
    });
    const expiresAt = messageExpiryInterval < 0 ? message.expiresAt : messageDeadline(messageExpiryInterval, now);
    return new Message({ topic, payload: found.payload, qos, retain, properties, expiresAt, origin });
  }
}
