// TopicPattern: the filter of a rule with names for what its wildcards match. `{name}` stands for `+`, `{name#}` for
// `#`; a level that is nothing else is meant, so braces within a level are just characters.
// Captures are taken by position; names are only another way to say which.
import { MappingFault } from './mapping-fault.ts';
import { filterMatches, topicFilterFault } from './topic-filter.ts';

/** What the wildcards of a pattern matched in one topic. */
export interface Captures {
  /** What each one-level wildcard matched, from the left. */
  readonly plus: readonly string[];
  /** What the last wildcard `#` matched; undefined where it matched the level above alone. */
  readonly hash: string | undefined;
}

/** Which capture a name means: the number of a one-level wildcard from 0, or the rest. */
export type CapturePlace = number | 'hash';

const namedLevel = /^\{([A-Za-z_][A-Za-z0-9_-]*)(#?)\}$/;

/** A compiled pattern. */
export class TopicPattern {
  /** The filter to subscribe to: wildcards in place of names. */
  readonly filter: string;
  /** Its levels. */
  readonly levels: readonly string[];
  /** One-level wildcards. */
  readonly plusCount: number;
  /** Whether it ends in `#`. */
  readonly hasHash: boolean;
  readonly #names: ReadonlyMap<string, CapturePlace>;

  private constructor(levels: readonly string[], names: ReadonlyMap<string, CapturePlace>) {
    this.filter = levels.join('/');
    this.levels = levels;
    this.plusCount = levels.filter((level) => level === '+').length;
    this.hasHash = levels.at(-1) === '#';
    this.#names = names;
  }

  /** Compiles a pattern, or says what is wrong with it. */
  static compile(text: string): TopicPattern | MappingFault {
    const names = new Map<string, CapturePlace>();
    const levels: string[] = [];
    let plusCount = 0;
    for (const level of text.split('/')) {
      const named = namedLevel.exec(level);
      const plain = named === null ? level : named[2] === '#' ? '#' : '+';
      const name = named?.[1];
      if (name !== undefined) {
        if (names.has(name)) return new MappingFault(`the filter '${text}' has two captures of the name '${name}'`);
        names.set(name, plain === '#' ? 'hash' : plusCount);
      }
      if (plain === '+') plusCount++;
      levels.push(plain);
    }
    const fault = topicFilterFault(levels.join('/'));
    return fault === undefined ? new TopicPattern(levels, names) : new MappingFault(`the filter '${text}' ${fault}`);
  }

  /** Names of captures, in the order of the pattern. */
  get names(): readonly string[] {
    return [...this.#names.keys()];
  }

  /** Which capture a name means; undefined for an unknown name. */
  placeOf(name: string): CapturePlace | undefined {
    return this.#names.get(name);
  }

  /** Whether a topic matches. */
  matches(topic: string): boolean {
    return filterMatches(this.filter, topic);
  }

  /** What the wildcards match in a topic that matches. */
  capture(topic: string): Captures {
    const levels = topic.split('/');
    const plus: string[] = [];
    for (const [index, level] of this.levels.entries()) {
      if (level === '#') return { plus, hash: index < levels.length ? levels.slice(index).join('/') : undefined };
      if (level === '+') plus.push(levels[index] ?? '');
    }
    return { plus, hash: undefined };
  }

  /** The topic that has these captures: the other way round. */
  fill(captures: Captures): string {
    let next = 0;
    const filled: string[] = [];
    for (const level of this.levels) {
      if (level === '+') filled.push(captures.plus[next++] ?? '');
      else if (level !== '#') filled.push(level);
      else if (captures.hash !== undefined) filled.push(captures.hash);
    }
    return filled.join('/');
  }
}
