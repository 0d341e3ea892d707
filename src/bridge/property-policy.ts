// PropertyPolicy: what becomes of the properties of 5.0 messages where the remote speaks 3.x, which has none: they are
// dropped, put into a JSON envelope with the payload (`envelopeOf`), or into levels of the topic (`topicWith`). What
// was done is counted by rule, each message when it is sent. Messages without properties go as they are.
// Bounded: what has no room in an envelope or a topic goes without its properties.
import { type Bytes, emptyBytes } from '../../protocol/wire/bytes.ts';
import type { Properties } from '../../protocol/wire/properties.ts';
import { decodePublishProperties } from '../../protocol/wire/property-block.ts';
import { Message } from '../message/message.ts';
import type { ForwardRuleOptions } from './bridge-options.ts';
import { envelopeOf } from './property-envelope.ts';
import { topicWith } from './property-topic.ts';

/** Messages by what became of their properties. */
export interface PropertyCounts {
  /** Sent without them. */
  readonly dropped: number;
  readonly enveloped: number;
  /** Sent without them: the envelope would be too large to be opened. */
  readonly tooLarge: number;
  /** In levels of the topic, those that were chosen. */
  readonly inTopic: number;
}

/** A message as it goes out, and what that did to its properties. */
interface Made {
  readonly made: Message;
  readonly fate: keyof PropertyCounts;
}

/** The policy of one rule. */
export class PropertyPolicy {
  readonly #kind: 'drop' | 'envelope' | 'topic';
  readonly #names: readonly string[];
  #counts: PropertyCounts = { dropped: 0, enveloped: 0, tooLarge: 0, inTopic: 0 };
  /** What was made of a message that could not be sent yet. */
  #last: (Made & { readonly message: Message }) | undefined;

  private constructor(kind: 'drop' | 'envelope' | 'topic', names: readonly string[]) {
    this.#kind = kind;
    this.#names = names;
  }

  /** The policy that options ask for; undefined where they do not: properties are left out uncounted. */
  static of({ properties3x, topicProperties = [] }: ForwardRuleOptions): PropertyPolicy | undefined {
    return properties3x === undefined ? undefined : new PropertyPolicy(properties3x, topicProperties);
  }

  /** What was done so far. */
  get counts(): PropertyCounts {
    return this.#counts;
  }

  /** The message as it goes to a remote of 3.x. `now`: ms of the monotonic clock. */
  made(message: Message, now: number): Message {
    if (message.properties.length === 0 && message.expiresAt === 0) return message;
    // what is left of an expiry interval is another thing each time
    if (this.#last?.message !== message || message.expiresAt > 0) this.#last = { message, ...this.#make(message, now) };
    return this.#last.made;
  }

  /** A message was sent as it was made. */
  sent(message: Message): void {
    if (this.#last?.message !== message) return;
    const { fate } = this.#last;
    this.#last = undefined;
    this.#counts = { ...this.#counts, [fate]: this.#counts[fate] + 1 };
  }

  #make(message: Message, now: number): Made {
    const { topic, payload } = message;
    const properties = propertiesLeft(message, now);
    if (this.#kind === 'envelope') {
      const envelope = envelopeOf({ payload, properties });
      return { made: changed(message, topic, envelope ?? payload), fate: envelope ? 'enveloped' : 'tooLarge' };
    }
    const named = this.#kind === 'topic' ? topicWith(topic, this.#names, properties) : topic;
    return { made: changed(message, named, payload), fate: named === topic ? 'dropped' : 'inTopic' };
  }
}

/** All properties of a message, with what is left of its expiry interval. */
export function propertiesLeft({ properties, expiresAt }: Message, now: number): Properties {
  const written = properties.length === 0 ? {} : decodePublishProperties(properties);
  if (expiresAt === 0) return written;
  return { ...written, messageExpiryInterval: Math.max(0, Math.ceil((expiresAt - now) / 1000)) };
}

function changed(message: Message, topic: string, payload: Bytes): Message {
  return new Message({ ...partsOf(message), topic, payload, expiresAt: message.expiresAt });
}

function partsOf({ qos, retain, origin }: Message): Pick<Message, 'qos' | 'retain' | 'origin' | 'properties'> {
  return { qos, retain, origin, properties: emptyBytes };
}
