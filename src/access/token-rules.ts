// TokenRules: access rules that a token brings for its device, in either form that EMQX reads:
// `{ "pub": [...], "sub": [...], "all": [...] }`, each a list of allowed topics; or a list of
// `{ "permission": "allow", "action": "publish", "topic": "a/#" }`, tried from the top.
// Bounded by `rulesMax`.
import { topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import type { AclRule } from './acl.ts';

const rulesMax = 1000;
const actions: Readonly<Record<string, AclRule['action']>> = {
  publish: 'publish',
  pub: 'publish',
  subscribe: 'subscribe',
  sub: 'subscribe',
  all: 'pubsub',
  pubsub: 'pubsub',
};

/** The rules of a claim; undefined when it cannot be understood. */
export function rulesOfClaim(claim: unknown): readonly AclRule[] | undefined {
  if (typeof claim !== 'object' || claim === null) return undefined;
  const found = Array.isArray(claim) ? claim.map(ruleOf) : Object.entries(claim).map(allowOf);
  const rules: AclRule[] = [];
  for (const rule of found) {
    if (rule === undefined) return undefined;
    rules.push(rule);
  }
  return rules.length > rulesMax ? undefined : rules;
}

function allowOf([name, topics]: [string, unknown]): AclRule | undefined {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  const list = topicsOf(topics);
  return action === undefined || list === undefined ? undefined : ruleWith(true, action, list);
}

function ruleOf(value: unknown): AclRule | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { permission, action = 'all', topic }: Record<string, unknown> = { ...value };
  const known = typeof action === 'string' && Object.hasOwn(actions, action) ? actions[action] : undefined;
  const list = topicsOf(topic);
  if (known === undefined || list === undefined || list.length === 0) return undefined;
  return permission === 'allow' || permission === 'deny' ? ruleWith(permission === 'allow', known, list) : undefined;
}

/** A rule without topics is about all of them, so an empty list of allowed ones must not become one. */
function ruleWith(isAllowed: boolean, action: AclRule['action'], topics: readonly string[]): AclRule {
  const subject = topics.length === 0 ? ({ kind: 'or', parts: [] } as const) : ({ kind: 'everybody' } as const);
  return { isAllowed, action, topics, subject };
}

function topicsOf(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const topics: string[] = [];
  for (const one of list) {
    if (typeof one !== 'string' || faultOf(one) !== undefined) return undefined;
    topics.push(one);
  }
  return topics;
}

function faultOf(topic: string): string | undefined {
  return topicFilterFault(topic.replace(/^@/, '').replaceAll(/\$\{(clientid|username)\}/g, 'x'));
}
