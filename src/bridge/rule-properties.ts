// RuleProperties: what a rule changes in the properties of a message: user properties of its own, and the response
// topic, which is given its name on the other side so that an answer finds its way back.
// A message that needs no change keeps its bytes as they are.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { PropertyTemplate } from '../../protocol/topic/property-template.ts';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { UserProperty } from '../../protocol/wire/properties.ts';
import { decodePublishProperties, encodePublishProperties } from '../../protocol/wire/property-block.ts';
import { UsageError } from '../base/errors.ts';
import type { Message } from '../message/message.ts';
import { MessageContext } from './message-context.ts';

/** The topic on the other side on which an answer to this one is awaited; undefined where no rule says. */
export type ResponseMapping = (responseTopic: string) => string | undefined;

interface OwnProperty {
  readonly name: string;
  readonly value: PropertyTemplate;
}

/** The name of the user property that holds the topic of a flattened message. */
export const originalTopicName = 'topic';

/** The changes that one rule makes. */
export class RuleProperties {
  readonly #own: readonly OwnProperty[];
  readonly #keepsTopic: boolean;
  readonly #responseMapping: ResponseMapping;

  /**
   * `keepsTopic`: the original topic goes into a user property. Throws UsageError for a template that cannot be
   * compiled.
   */
  constructor(pairs: readonly UserProperty[], keepsTopic: boolean, responseMapping: ResponseMapping) {
    this.#own = pairs.map(([name, text]) => {
      const value = PropertyTemplate.compile(text);
      if (value instanceof MappingFault) throw new UsageError('TOPIC_MAPPING', `${name}: ${value.detail}`);
      return { name, value };
    });
    this.#keepsTopic = keepsTopic;
    this.#responseMapping = responseMapping;
  }

  /** Whether every message gets something. */
  get isForAll(): boolean {
    return this.#own.length > 0 || this.#keepsTopic;
  }

  /** The properties of a message on the other side. */
  rewrite(message: Message): Bytes {
    if (message.properties.length === 0 && !this.isForAll) return message.properties;
    const before = decodePublishProperties(message.properties);
    const responseTopic = before.responseTopic === undefined ? undefined : this.#responseMapping(before.responseTopic);
    const added = this.#added(message);
    if (added.length === 0 && responseTopic === undefined) return message.properties;
    return encodePublishProperties({
      ...before,
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(added.length === 0 ? {} : { userProperties: [...(before.userProperties ?? []), ...added] }),
    });
  }

  #added(message: Message): readonly UserProperty[] {
    const added: UserProperty[] = this.#keepsTopic ? [[originalTopicName, message.topic]] : [];
    const context = new MessageContext(message);
    for (const { name, value } of this.#own) {
      const text = value.fill(message.topic, context);
      if (text !== undefined) added.push([name, text]);
    }
    return added;
  }
}
