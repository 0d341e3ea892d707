// Access rules: who may publish or subscribe to which topics. Rules are tried from the top, the first that matches
// decides (the form of EMQX Edge: permit, action, topics, username, clientid, and, or; and ipaddr and fingerprint).
// A rule's topic is a filter; `${clientid}` and `${username}` stand for the device's own; `@topic` means that very
// text.
//
// A rule matches a subscription when it covers all of its filter. One that covers only a part of it does not decide
// about the subscription; but where it denies, it holds for its part: what the subscription brings is withheld there.
import { filterCovers, filtersOverlap } from '../../protocol/topic/filter-relations.ts';
import { filterMatches, parseFilter } from '../../protocol/topic/topic-filter.ts';
import { type AddressRange, isInRanges } from '../base/address-range.ts';

/** What a device wants to do with a topic. */
export type AccessAction = 'publish' | 'subscribe';

/** Whom a rule is about. */
export type RuleSubject =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'username'; readonly name: string }
  | { readonly kind: 'clientId'; readonly name: string }
  | { readonly kind: 'address'; readonly ranges: readonly AddressRange[] }
  /** The SHA-256 of the certificate, as `AB:CD:...`. */
  | { readonly kind: 'fingerprint'; readonly fingerprint: string }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly RuleSubject[] };

/** One access rule. */
export interface AclRule {
  readonly isAllowed: boolean;
  readonly action: AccessAction | 'pubsub';
  /** Filters; none means every topic. */
  readonly topics: readonly string[];
  readonly subject: RuleSubject;
}

/** Who a device is. */
export interface Identity {
  readonly clientId: string;
  readonly username: string | undefined;
  /** Where it is connected from; empty where nobody needs to know. */
  readonly address?: string | undefined;
  /** The SHA-256 of the certificate that it showed. */
  readonly fingerprint?: string | undefined;
  /** The rules do not apply to it. */
  readonly isSuperuser?: boolean | undefined;
  /** Rules of its own, before those of the broker. */
  readonly rules?: readonly AclRule[] | undefined;
}

/** Whether a topic lies where a subscription is denied. */
export type IsWithheld = (topic: string) => boolean;

/** What is decided about a subscription. */
export interface FilterDecision {
  readonly isAllowed: boolean;
  /** Present where a part of it is denied. */
  readonly isWithheld: IsWithheld | undefined;
}

/** The same without its connection: nobody is anywhere who is not there. */
export function awayIdentityOf({ clientId, username, isSuperuser, fingerprint, rules }: Identity): Identity {
  return {
    clientId,
    username,
    ...(isSuperuser === undefined ? {} : { isSuperuser }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(rules === undefined ? {} : { rules }),
  };
}

/** What the first matching rule says about a topic; undefined when none matches. */
export function firstMatch(
  rules: readonly AclRule[],
  identity: Identity,
  action: AccessAction,
  topic: string,
): boolean | undefined {
  const fits = (pattern: string): boolean => isTopicOf(pattern, identity, topic);
  return rules.find((rule) => isAbout(rule, identity, action) && fitsTopics(rule, fits))?.isAllowed;
}

/** What the rules say about a subscription to a filter; `isAllowed` is undefined when none matches all of it. */
export function firstCover(
  rules: readonly AclRule[],
  identity: Identity,
  filter: string,
): { readonly isAllowed: boolean | undefined; readonly isWithheld: IsWithheld | undefined } {
  const asked = parseFilter(filter).filter;
  const covers = (pattern: string): boolean => isFilterOf(pattern, identity, asked);
  const touches = (pattern: string): boolean => isPartOf(pattern, identity, asked);
  const about = rules.filter((rule) => isAbout(rule, identity, 'subscribe'));
  const index = about.findIndex((rule) => fitsTopics(rule, covers));
  const isAllowed = about[index]?.isAllowed;
  const before = index < 0 ? about : about.slice(0, index);
  const parts = before.filter((rule) => fitsTopics(rule, touches));
  if (!parts.some((rule) => !rule.isAllowed)) return { isAllowed, isWithheld: undefined };
  return { isAllowed, isWithheld: (topic) => firstMatch(parts, identity, 'subscribe', topic) === false };
}

function isAbout(rule: AclRule, identity: Identity, action: AccessAction): boolean {
  return (rule.action === 'pubsub' || rule.action === action) && isSubject(rule.subject, identity);
}

function fitsTopics({ topics }: AclRule, fits: (pattern: string) => boolean): boolean {
  return topics.length === 0 || topics.some(fits);
}

function isSubject(subject: RuleSubject, identity: Identity): boolean {
  switch (subject.kind) {
    case 'everybody':
      return true;
    case 'username':
      return identity.username === subject.name;
    case 'clientId':
      return identity.clientId === subject.name;
    case 'address':
      return isInRanges(identity.address ?? '', subject.ranges);
    case 'fingerprint':
      return identity.fingerprint === subject.fingerprint;
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

/** Whether a rule's topic is about a topic name. */
function isTopicOf(pattern: string, identity: Identity, topic: string): boolean {
  if (pattern.startsWith('@')) return pattern.slice(1) === topic;
  const filter = fill(pattern, identity);
  return filter !== undefined && filterMatches(filter, topic);
}

/** Whether every topic that a subscription's filter can match is matched by the rule's topic too. */
function isFilterOf(pattern: string, identity: Identity, asked: string): boolean {
  if (pattern.startsWith('@')) return pattern.slice(1) === asked;
  const filter = fill(pattern, identity);
  return filter !== undefined && filterCovers(filter, asked);
}

/** Whether any topic is matched by both, a subscription's filter and the rule's topic. */
function isPartOf(pattern: string, identity: Identity, asked: string): boolean {
  // with a wildcard in it, it is about that very filter and no topic
  if (pattern.startsWith('@')) return !/[+#]/.test(pattern) && filterMatches(asked, pattern.slice(1));
  const filter = fill(pattern, identity);
  return filter !== undefined && filtersOverlap(filter, asked);
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
