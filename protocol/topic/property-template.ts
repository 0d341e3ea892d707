// PropertyTemplate: the value of a user property that a rule adds to messages. It is a template
// like that of a topic, in which `$#` is the whole topic of the message; what comes with the
// message may hold any character, since it becomes no topic.
import { MappingFault } from './mapping-fault.ts';
import { TopicPattern } from './topic-pattern.ts';
import { type MappingContext, TopicTemplate } from './topic-template.ts';

/** A compiled value. */
export class PropertyTemplate {
  readonly #template: TopicTemplate;

  private constructor(template: TopicTemplate) {
    this.#template = template;
  }

  /** Compiles a value, or says what is wrong with it. */
  static compile(text: string): PropertyTemplate | MappingFault {
    const pattern = TopicPattern.compile('#');
    if (pattern instanceof MappingFault) return pattern;
    const template = TopicTemplate.compile(text, pattern);
    return template instanceof MappingFault ? template : new PropertyTemplate(template);
  }

  /** The value for a message; undefined if it lacks what the template asks for. */
  fill(topic: string, context: MappingContext): string | undefined {
    const text = this.#template.fill({ plus: [], hash: topic }, context, true);
    return text instanceof MappingFault ? undefined : text;
  }
}
