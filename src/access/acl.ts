// Access rules: who may publish or subscribe to which topics. Rules are tried from the top, the first that matches
// decides (the form of EMQX Edge: permit, action, topics, username, clientid, and, or).
// A rule's topic is a filter; `${clientid}` and `${username}` stand for the device's own; `@topic` means that very
// text.
import { filterMatches, parseFilter } from '../../protocol/topic/topic-filter.ts';

/** What a device wants to do with a topic. */
export type AccessAction = 'publish' | 'subscribe';

/** Whom a rule is about. */
export type RuleSubject =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'username'; readonly name: string }
  | { readonly kind: 'clientId'; readonly name: string }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly RuleSubject[] };

/** One access rule. */
export interface AclRule {
  readonly isAllowed: boolean;
  readonly action: AccessAction | 'pubsub';
  /** Filters; none means every topic. */
  readonly topics: readonly string[];
  readonly subject: RuleSubject;
}

/** Who a device says it is. */
export interface Identity {
  readonly clientId: string;
  readonly username: string | undefined;
}

/** What the first matching rule says; undefined when none matches. */
export function firstMatch(
  rules: readonly AclRule[],
  identity: Identity,
  action: AccessAction,
  topic: string,
): boolean | undefined {
  for (const rule of rules) {
    if (rule.action !== 'pubsub' && rule.action !== action) continue;
    if (!isSubject(rule.subject, identity)) continue;
    if (rule.topics.length > 0 && !rule.topics.some((one) => isTopicOf(one, identity, action, topic))) continue;
    return rule.isAllowed;
  }
  return undefined;
}

function isSubject(subject: RuleSubject, identity: Identity): boolean {
  switch (subject.kind) {
    case 'everybody':
      return true;
    case 'username':
      return identity.username === subject.name;
    case 'clientId':
      return identity.clientId === subject.name;
    case 'and':
      return subject.parts.every((part) => isSubject(part, identity));
    case 'or':
      return subject.parts.some((part) => isSubject(part, identity));
    default: {
      const never: never = subject;
      return never;
    }
  }
}

function isTopicOf(pattern: string, identity: Identity, action: AccessAction, topic: string): boolean {
  if (pattern.startsWith('@')) return pattern.slice(1) === topic;
  const filter = fill(pattern, identity);
  if (filter === undefined) return false;
  return action === 'subscribe' ? covers(filter, topic) : filterMatches(filter, topic);
}

/** Whether every topic that a subscription's filter can match is matched by the rule's filter too. */
function covers(ruleFilter: string, subscribed: string): boolean {
  const rule = ruleFilter.split('/');
  const asked = parseFilter(subscribed).filter.split('/');
  for (const [index, level] of rule.entries()) {
    if (level === '#') return true;
    const wanted = asked[index];
    if (wanted === undefined || wanted === '#' || (level !== '+' && level !== wanted)) return false;
  }
  return rule.length === asked.length;
}

/** Undefined when a placeholder has no value, or one that would change the filter's meaning. */
function fill(pattern: string, identity: Identity): string | undefined {
  if (!pattern.includes('${')) return pattern;
  const values: Record<string, string> = { clientid: identity.clientId, username: identity.username ?? '' };
  let isSafe = true;
  const filter = pattern.replace(/\$\{(clientid|username)\}/g, (_whole, name: string) => {
    const value = values[name] ?? '';
    if (value === '' || /[+#/]/.test(value)) isSafe = false;
    return value;
  });
  return isSafe ? filter : undefined;
}
