// RuleFindings: what the rules of one bridge do to each other that nobody can have meant: a rule that gets no message,
// messages that arrive twice, excludes that leave nothing out, answers that find no way back. Where two rules meet is
// decided on their filters; what they make of it is tried on one topic of it. Judgements without state.
// Bounded by the pairs of rules of a bridge.
import { filterCovers, filtersOverlap } from '../../protocol/topic/filter-relations.ts';
import type { Finding } from './finding.ts';
import { nameOf, type RuleFlow, sharedPart } from './rule-flows.ts';

/** Findings about rules beside each other; `flows` are those of all bridges. */
export function ruleFindings(flows: readonly RuleFlow[]): readonly Finding[] {
  const rules = byRule(flows);
  return rules.flatMap((own) => {
    const earlier = flows.filter((flow) => isSameList(flow, own[0]) && flow.place < (own[0]?.place ?? 0));
    const empty = unreachable(own, earlier);
    return [
      ...empty,
      ...unusedExcludes(own),
      ...(empty.length > 0 ? [] : [...overlapping(own, earlier), ...doubled(own, earlier)]),
      ...withoutInverse(own, flows),
      ...otherInverse(own, earlier),
    ];
  });
}

/** A rule that excludes all that it takes, or a subscription that those before it leave nothing to. */
function unreachable(own: readonly RuleFlow[], earlier: readonly RuleFlow[]): readonly Finding[] {
  const [first] = own;
  if (first === undefined) return [];
  const finding = (text: string): Finding => ({ code: 'rule-unreachable', path: nameOf(first), text });
  if (own.every((flow) => sharedPart(flow.from, flow) === undefined)) {
    return [finding('never gets a message: its exclude leaves nothing of its filters; remove the exclude or the rule')];
  }
  // every forward rule that matches sends; of subscriptions the first takes the message
  if (first.kind === 'forwards') return [];
  const covering = own.map(({ from }) => earlier.find((flow) => isCovering(flow, from)));
  const [by] = covering;
  if (by === undefined || covering.includes(undefined)) return [];
  const taken = `${nameOf(by)} takes all of ${first.from} before it`;
  return [finding(`never gets a message: ${taken}; put this rule in front of that one`)];
}

function isCovering(flow: RuleFlow, filter: string): boolean {
  return filterCovers(flow.from, filter) && !flow.excludes.some((exclude) => filtersOverlap(exclude, filter));
}

/** Subscriptions of which the remote may send the same message twice. */
function overlapping(own: readonly RuleFlow[], earlier: readonly RuleFlow[]): readonly Finding[] {
  const [first] = own;
  if (first === undefined || first.kind === 'forwards') return [];
  for (const flow of own) {
    const other = earlier.find((before) => sharedPart(flow.from, before) !== undefined);
    if (other === undefined) continue;
    const both = 'what matches both is taken by that one';
    const what = `asks for ${flow.from}, and ${nameOf(other)} for ${other.from}: ${both}`;
    const remedy = 'twice where the remote sends a copy for each; use filters that do not overlap, or dedupe_window';
    return [{ code: 'rules-overlap', path: nameOf(flow), text: `${what}, ${remedy}` }];
  }
  return [];
}

/** Forward rules that send the same message twice to the same topic. */
function doubled(own: readonly RuleFlow[], earlier: readonly RuleFlow[]): readonly Finding[] {
  for (const flow of own) {
    if (flow.kind !== 'forwards') continue;
    const other = earlier.find((before) => isSentTwice(before, flow));
    if (other === undefined) continue;
    const what = `sends what matches ${other.from} too a second time, under the same topic`;
    return [{ code: 'message-doubled', path: nameOf(flow), text: `${what}; exclude it from one of the rules` }];
  }
  return [];
}

function isSentTwice(one: RuleFlow, other: RuleFlow): boolean {
  const part = sharedPart(one.from, other);
  if (part === undefined || sharedPart(part, one) === undefined) return false;
  const mapped = one.mapping.map(exampleOf(part));
  return typeof mapped === 'string' && mapped === other.mapping.map(exampleOf(part));
}

/** Excludes that no filter of their rule meets. */
function unusedExcludes(own: readonly RuleFlow[]): readonly Finding[] {
  const [first] = own;
  if (first === undefined) return [];
  return first.excludes
    .filter((exclude) => !own.some(({ from }) => filtersOverlap(exclude, from)))
    .map((exclude) => {
      const text = `excludes ${exclude}, which its filters do not match anyway; mend the exclude, or remove it`;
      return { code: 'exclude-unused', path: nameOf(first), text };
    });
}

/** Rules of a bridge in both directions by which no answer finds back. */
function withoutInverse(own: readonly RuleFlow[], flows: readonly RuleFlow[]): readonly Finding[] {
  const [first] = own;
  if (first === undefined || first.bridge.version !== 5 || first.mapping.isInvertible) return [];
  if (!flows.some(({ bridge, kind }) => bridge === first.bridge && kind !== first.kind)) return [];
  const [target, side] = first.kind === 'forwards' ? ['remote_topic', 'local'] : ['local_topic', 'remote'];
  const what = `does not say in its ${target} all that its filter takes: a response topic there has no ${side} name`;
  const remedy = 'where requests are answered, give each wildcard a level of its own';
  return [{ code: 'inverse-missing', path: nameOf(first), text: `${what}; ${remedy}` }];
}

/** Rules that lead to one topic from two: an answer goes the way of the first. */
function otherInverse(own: readonly RuleFlow[], earlier: readonly RuleFlow[]): readonly Finding[] {
  for (const flow of own) {
    const other = earlier.find((before) => isOtherInverse(before, flow));
    if (other === undefined) continue;
    const back = 'a response topic there is mapped back';
    const what = `leads to ${flow.to} as ${nameOf(other)} does from other topics: ${back}`;
    const remedy = 'by that rule alone; give one of them a prefix of its own';
    return [{ code: 'inverse-ambiguous', path: nameOf(flow), text: `${what} ${remedy}` }];
  }
  return [];
}

function isOtherInverse(one: RuleFlow, other: RuleFlow): boolean {
  if (one.bridge.version !== 5 || !filtersOverlap(one.to, other.to)) return false;
  // the narrower of the two is what both can make
  const topic = exampleOf(filterCovers(one.to, other.to) ? other.to : one.to);
  const [mine, theirs] = [one.mapping.inverse(topic), other.mapping.inverse(topic)];
  return mine !== undefined && theirs !== undefined && mine !== theirs;
}

/** A topic that a filter matches. */
function exampleOf(filter: string): string {
  return filter
    .split('/')
    .map((level) => (level === '+' || level === '#' ? 'any' : level))
    .join('/');
}

function isSameList(one: RuleFlow, other: RuleFlow | undefined): boolean {
  return one.bridge === other?.bridge && one.kind === other.kind;
}

function byRule(flows: readonly RuleFlow[]): readonly (readonly RuleFlow[])[] {
  const rules = new Map<string, RuleFlow[]>();
  for (const flow of flows) {
    const own = rules.get(nameOf(flow));
    if (own) own.push(flow);
    else rules.set(nameOf(flow), [flow]);
  }
  return [...rules.values()];
}
