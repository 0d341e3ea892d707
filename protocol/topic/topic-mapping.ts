// TopicMapping: the compiled rewrite of a rule, from the topic that its pattern matched to the topic on the other side.
// Three kinds of target, tried in this order:
//   empty            the topic stays
//   anchor           a piece of the pattern: the slice of the topic that stands at that place (EMQX Edge's form)
//   template         see `TopicTemplate`
// Then the levels are joined by another separator if the rule flattens, and prefix and suffix are put on as they are.
// Whatever comes out is checked: never an invalid topic.
import { MappingFault } from './mapping-fault.ts';
import { topicNameFault } from './topic-name.ts';
import { TopicPattern } from './topic-pattern.ts';
import { type MappingContext, TopicTemplate } from './topic-template.ts';

/** What a mapping is compiled from. */
export interface MappingRule {
  /** The filter that topics have matched, with or without names; see `TopicPattern`. */
  readonly pattern: string;
  /** The other side; empty keeps the topic. */
  readonly target: string;
  /** Put in front, no slash added. Default empty. */
  readonly prefix?: string;
  /** Put behind, no slash added. Default empty. */
  readonly suffix?: string;
  /** Stands for each slash of the mapped topic, prefix and suffix aside. Absent: slashes stay. */
  readonly flatten?: string;
}

/** A compiled rule. */
export class TopicMapping {
  readonly #rule: MappingRule;
  readonly #pattern: TopicPattern;
  /** Undefined where the topic stays. */
  readonly #template: TopicTemplate | undefined;

  private constructor(rule: MappingRule, pattern: TopicPattern, template: TopicTemplate | undefined) {
    this.#rule = rule;
    this.#pattern = pattern;
    this.#template = template;
  }

  /** Compiles a rule, or says what is wrong with it. */
  static compile(rule: MappingRule): TopicMapping | MappingFault {
    const pattern = TopicPattern.compile(rule.pattern);
    if (pattern instanceof MappingFault) return pattern;
    const { prefix = '', suffix = '', flatten = '' } = rule;
    for (const [name, text] of Object.entries({ prefix, suffix, 'flatten separator': flatten })) {
      const fault = text === '' ? undefined : topicNameFault(text);
      if (fault !== undefined) return new MappingFault(`the ${name} '${text}' ${fault}`);
    }
    const template = templateOf(pattern, rule);
    return template instanceof MappingFault ? template : new TopicMapping(rule, pattern, template);
  }

  /** The filter that the rule's pattern subscribes to. */
  get filter(): string {
    return this.#pattern.filter;
  }

  /** A filter that matches every topic that comes out of this mapping. */
  get resultFilter(): string {
    const { prefix = '', suffix = '', flatten } = this.#rule;
    const levels = [...(flatten === undefined ? (this.#template?.shape ?? this.#pattern.levels) : ['+'])];
    return withSuffix(withPrefix(levels, prefix), suffix).join('/');
  }

  /** Whether topics stay as they are. */
  get isIdentity(): boolean {
    const { prefix = '', suffix = '', flatten } = this.#rule;
    return this.#template === undefined && prefix === '' && suffix === '' && flatten === undefined;
  }

  /** Whether more than the topic of a message is needed to map it. */
  get needsContext(): boolean {
    return this.#template?.needsContext ?? false;
  }

  /** Whether what comes out always says what went in, so that `inverse` finds it. */
  get isInvertible(): boolean {
    if (this.#rule.flatten !== undefined) return false;
    return this.#template === undefined || this.#template.isInvertible(this.#pattern);
  }

  /** Whether a topic matches the rule's pattern. */
  matches(topic: string): boolean {
    return this.#pattern.matches(topic);
  }

  /** The topic on the other side of one that matches the pattern, or why there is none. */
  map(topic: string, context?: MappingContext): string | MappingFault {
    const { prefix = '', suffix = '', flatten } = this.#rule;
    const filled = this.#template === undefined ? topic : this.#template.fill(this.#pattern.capture(topic), context);
    if (filled instanceof MappingFault) return new MappingFault(`a message on '${topic}' ${filled.detail}`);
    const mapped = `${prefix}${flatten === undefined ? filled : filled.replaceAll('/', flatten)}${suffix}`;
    const fault = topicNameFault(mapped);
    return fault === undefined ? mapped : new MappingFault(`'${topic}' becomes a topic that ${fault}`);
  }

  /**
   * The topic that is mapped to this one: the rule the other way round. Undefined where there is none, or where the
   * rule does not say which.
   */
  inverse(mapped: string): string | undefined {
    const { prefix = '', suffix = '', flatten } = this.#rule;
    const isWrapped = mapped.startsWith(prefix) && mapped.endsWith(suffix);
    if (!isWrapped || mapped.length < prefix.length + suffix.length || flatten !== undefined) return undefined;
    const filled = mapped.slice(prefix.length, mapped.length - suffix.length);
    const captures = this.#template?.unfill(filled, this.#pattern);
    const topic = this.#template === undefined ? filled : captures && this.#pattern.fill(captures);
    const isTopic = topic !== undefined && topicNameFault(topic) === undefined && this.matches(topic);
    // whatever was guessed must lead back
    return isTopic && this.map(topic) === mapped ? topic : undefined;
  }
}

function templateOf(pattern: TopicPattern, rule: MappingRule): TopicTemplate | MappingFault | undefined {
  const { target } = rule;
  if (target === '' || target === rule.pattern || target === pattern.filter) return undefined;
  if (target.startsWith('$share/')) return new MappingFault(`'${target}': a topic cannot be shared`);
  const misplaced = target.split('/').find((level) => level.length > 1 && /[+#]/.test(level.replaceAll('$#', '')));
  if (misplaced !== undefined) {
    return new MappingFault(`the topic '${target}' has '+' or '#' beside other characters of its level`);
  }
  if (target.split('/').slice(0, -1).includes('#')) {
    return new MappingFault(`the topic '${target}' has '#' before its last level`);
  }
  const fault = topicNameFault(target.replaceAll(/[+#]/g, 'x'));
  if (fault !== undefined) return new MappingFault(`the topic '${target}' ${fault}`);
  return anchorOf(pattern, target) ?? TopicTemplate.compile(target, pattern);
}

/**
 * The slice of the topic at the place where the levels of `target` first stand in the pattern; undefined if they do
 * not. Half a level is no place: `s/#` is no piece of `sensors/#`, but another name for it.
 */
function anchorOf(pattern: TopicPattern, target: string): TopicTemplate | undefined {
  if (!/[+#]/.test(target)) return undefined;
  const at = `/${pattern.filter}/`.indexOf(`/${target}/`);
  if (at < 0) return undefined;
  const from = pattern.filter.slice(0, at).split('/').length - 1;
  return TopicTemplate.ofLevels(pattern, from, from + target.split('/').length);
}

/** The levels of a filter with a text put in front of what it matches. */
function withPrefix(levels: readonly string[], prefix: string): readonly string[] {
  if (prefix === '') return levels;
  const before = prefix.split('/');
  const glued = before.pop() ?? '';
  const [first = '', ...rest] = levels;
  if (glued === '') return [...before, ...levels];
  if (first === '#') return [...before, '+', '#'];
  return [...before, first === '+' ? '+' : `${glued}${first}`, ...rest];
}

/** The levels of a filter with a text put behind what it matches. */
function withSuffix(levels: readonly string[], suffix: string): readonly string[] {
  const last = levels.at(-1) ?? '';
  if (suffix === '') return levels;
  // where `#` matched nothing, the level before it gets the suffix
  if (last === '#') return levels.length > 1 ? [...levels.slice(0, -2), '+', '#'] : levels;
  const [glued = '', ...behind] = suffix.split('/');
  return [...levels.slice(0, -1), last === '+' || glued === '' ? last : `${last}${glued}`, ...behind];
}
