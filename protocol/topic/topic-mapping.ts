// TopicMapping: the compiled rewrite of a rule, from the topic that its pattern matched to the topic on the other side.
// Three kinds of target, tried in this order:
//   empty            the topic stays
//   anchor           a piece of the pattern: the slice of the topic that stands at that place (EMQX Edge's form)
//   template         constants, `+` and `#` (taken in turn from what the pattern's wildcards matched), `$1`..`$n`, `$#`
// Then prefix and suffix are put on as they are. Whatever comes out is checked: never an invalid topic.
import { filterMatches, topicFilterFault } from './topic-filter.ts';
import { topicNameFault } from './topic-name.ts';

/** What a mapping is compiled from. */
export interface MappingRule {
  /** The filter that topics have matched. */
  readonly pattern: string;
  /** The other side; empty keeps the topic. */
  readonly target: string;
  /** Put in front, no slash added. Default empty. */
  readonly prefix?: string;
  /** Put behind, no slash added. Default empty. */
  readonly suffix?: string;
}

/** Why a rule cannot be compiled, or a topic not be mapped. */
export class MappingFault {
  readonly detail: string;

  constructor(detail: string) {
    this.detail = detail;
  }
}

type Rewrite = (topic: string) => string;

/** A compiled rule. */
export class TopicMapping {
  readonly #pattern: string;
  readonly #rewrite: Rewrite;
  readonly #prefix: string;
  readonly #suffix: string;

  private constructor(pattern: string, rewrite: Rewrite, prefix: string, suffix: string) {
    this.#pattern = pattern;
    this.#rewrite = rewrite;
    this.#prefix = prefix;
    this.#suffix = suffix;
  }

  /** Compiles a rule, or says what is wrong with it. */
  static compile(rule: MappingRule): TopicMapping | MappingFault {
    const { pattern, target, prefix = '', suffix = '' } = rule;
    const patternFault = topicFilterFault(pattern);
    if (patternFault !== undefined) return new MappingFault(`the filter '${pattern}' ${patternFault}`);
    for (const [name, text] of [
      ['prefix', prefix],
      ['suffix', suffix],
    ] as const) {
      const fault = text === '' ? undefined : topicNameFault(text);
      if (fault !== undefined) return new MappingFault(`the ${name} '${text}' ${fault}`);
    }
    const rewrite = rewriteOf(pattern, target);
    return rewrite instanceof MappingFault ? rewrite : new TopicMapping(pattern, rewrite, prefix, suffix);
  }

  /** Whether a topic matches the rule's pattern. */
  matches(topic: string): boolean {
    return filterMatches(this.#pattern, topic);
  }

  /** The topic on the other side of one that matches the pattern, or why there is none. */
  map(topic: string): string | MappingFault {
    const mapped = `${this.#prefix}${this.#rewrite(topic)}${this.#suffix}`;
    const fault = topicNameFault(mapped);
    return fault === undefined ? mapped : new MappingFault(`'${topic}' becomes a topic that ${fault}`);
  }
}

function rewriteOf(pattern: string, target: string): Rewrite | MappingFault {
  if (target === '') return (topic) => topic;
  if (!/[+#$]/.test(target)) {
    const fault = topicNameFault(target);
    return fault === undefined ? () => target : new MappingFault(`the topic '${target}' ${fault}`);
  }
  if (target.startsWith('$share/')) return new MappingFault(`'${target}': a topic cannot be shared`);
  const plain = target.replaceAll('$#', '$');
  const fault = /[+#]/.test(plain) ? topicFilterFault(plain) : topicNameFault(plain);
  if (fault !== undefined) return new MappingFault(`the topic '${target}' ${fault}`);
  return anchorOf(pattern, target) ?? templateOf(pattern, target);
}

/**
 * The slice of the topic at the place where the levels of `target` first stand in `pattern`; undefined if they do not.
 * Half a level is no place: `s/#` is no piece of `sensors/#`, but another name for it.
 */
function anchorOf(pattern: string, target: string): Rewrite | undefined {
  if (!/[+#]/.test(target)) return undefined;
  const at = `/${pattern}/`.indexOf(`/${target}/`);
  if (at < 0) return undefined;
  const skipped = pattern.slice(0, at).split('/').length - 1;
  const isRest = at + target.length === pattern.length;
  const kept = isRest ? Number.POSITIVE_INFINITY : target.split('/').length;
  return (topic) =>
    topic
      .split('/')
      .slice(skipped, skipped + kept)
      .join('/');
}

interface Captures {
  /** What each `+` of the pattern matched. */
  readonly plus: readonly string[];
  /** What `#` matched; undefined where it matched the level above alone. */
  readonly hash: string | undefined;
}

function capturesOf(pattern: readonly string[], topic: string): Captures {
  const levels = topic.split('/');
  const plus: string[] = [];
  for (const [index, level] of pattern.entries()) {
    if (level === '#') return { plus, hash: index < levels.length ? levels.slice(index).join('/') : undefined };
    if (level === '+') plus.push(levels[index] ?? '');
  }
  return { plus, hash: undefined };
}

function templateOf(pattern: string, target: string): Rewrite | MappingFault {
  const levels = pattern.split('/');
  const plusCount = levels.filter((level) => level === '+').length;
  const hasHash = levels.at(-1) === '#';
  const parts = target.split('/');
  const wantedPlus = parts.filter((part) => part === '+').length;
  const wantsHash = parts.at(-1) === '#' || /\$#/.test(target);
  if (wantedPlus > plusCount) {
    return new MappingFault(`'${target}' has ${wantedPlus} times '+', but '${pattern}' only ${plusCount} times`);
  }
  if (wantsHash && !hasHash) return new MappingFault(`'${target}' takes what '#' matched, but '${pattern}' has no '#'`);
  for (const [, number] of target.matchAll(/\$(\d+)/g)) {
    if (Number(number) >= 1 && Number(number) <= plusCount) continue;
    return new MappingFault(`'${target}' takes $${number}, but '${pattern}' has ${plusCount} times '+'`);
  }
  return (topic) => fillTemplate(parts, capturesOf(levels, topic));
}

function fillTemplate(parts: readonly string[], captures: Captures): string {
  const filled: string[] = [];
  let nextPlus = 0;
  for (const part of parts) {
    if (part === '+') filled.push(captures.plus[nextPlus++] ?? '');
    else if (part === '#' || part === '$#') {
      if (captures.hash !== undefined) filled.push(captures.hash);
    } else filled.push(fillLevel(part, captures));
  }
  return filled.join('/');
}

function fillLevel(part: string, captures: Captures): string {
  return part.replace(/\$(\d+|#)/g, (_whole, name: string) =>
    name === '#' ? (captures.hash ?? '') : (captures.plus[Number(name) - 1] ?? ''),
  );
}
