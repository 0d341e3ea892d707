// MessageContext: what a rule's templates may ask of a message beyond its topic. The payload is
// read as JSON when a template first asks for a field. Bounded by `payloadBytesMax`: a larger
// payload has no fields, and `wordLengthMax`: a longer value is no word.
import type { MappingContext } from '../../protocol/topic/topic-template.ts';
import { textOfBytes } from '../../protocol/wire/bytes.ts';
import type { Message } from '../message/message.ts';

const payloadBytesMax = 65_536;
const wordLengthMax = 1024;

/** One message as templates see it. */
export class MessageContext implements MappingContext {
  readonly #message: Message;
  #parsed: unknown;
  #isParsed = false;

  constructor(message: Message) {
    this.#message = message;
  }

  /** See `MappingContext`. */
  get clientId(): string | undefined {
    const { kind, name } = this.#message.origin;
    return kind === 'device' || kind === 'will' ? name : undefined;
  }

  /** See `MappingContext`. */
  get username(): string | undefined {
    return this.#message.origin.username;
  }

  /** See `MappingContext`. Text, numbers and truth values are words; lists, objects and null are none. */
  payloadField(path: string): string | undefined {
    let value = this.#json();
    for (const name of path.split('.')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = Object.entries(value).find(([key]) => key === name)?.[1];
    }
    const isWord = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    const word = isWord ? String(value) : '';
    return word === '' || word.length > wordLengthMax ? undefined : word;
  }

  #json(): unknown {
    if (this.#isParsed) return this.#parsed;
    this.#isParsed = true;
    const { payload } = this.#message;
    if (payload.length > payloadBytesMax) return undefined;
    try {
      this.#parsed = JSON.parse(textOfBytes(payload));
    } catch {
      // a payload that is no JSON has no fields: the template says so in its fault
      this.#parsed = undefined;
    }
    return this.#parsed;
  }
}
