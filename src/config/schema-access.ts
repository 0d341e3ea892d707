// The section `auth`: who may connect, by which methods, and what they may do. Rules have the form of
// EMQX Edge; what it calls by another name, or does not have, is said where the key stands. Whatever
// changes nothing is an error or has a note.
import * as v from 'valibot';
import { topicFilterFault } from '../../protocol/topic/topic-filter.ts';
import { topicTextFault } from '../../protocol/topic/topic-name.ts';
import { type AddressRange, parseAddressRange } from '../base/address-range.ts';
import { isPasswordHash, parsePasswordHash } from '../secrets/password-hash.ts';
import type { AuthConfig, RuleConfig, SubjectConfig } from './config-types.ts';
import { authDefaults as defaults, loginGuardDefaults as guardDefaults } from './defaults.ts';
import { httpAuth, tokens } from './schema-methods.ts';
import {
  checkedText,
  duration,
  flag,
  ignored,
  type Kind,
  kindOf,
  oneOf,
  section,
  text,
  textMap,
  texts,
  whole,
} from './schema-values.ts';

/** One network, or several. */
const addressRanges: Kind<readonly AddressRange[]> = texts(
  kindOf('an address or a network, as 10.1.2.3, 10.0.0.0/8 or fd00::/8', parseAddressRange),
);

/** With or without colons, in either case. */
const fingerprint: Kind<string> = kindOf('the SHA-256 of a certificate: 64 hexadecimal digits', (value) => {
  const digits = value.replaceAll(':', '').toUpperCase();
  return /^[0-9A-F]{64}$/.test(digits) ? digits.replaceAll(/..(?!$)/g, '$&:') : undefined;
});

interface RawSubject {
  readonly username?: string | undefined;
  readonly clientid?: string | undefined;
  readonly ipaddr?: readonly AddressRange[] | undefined;
  readonly fingerprint?: string | undefined;
  readonly and?: readonly RawSubject[] | undefined;
  readonly or?: readonly RawSubject[] | undefined;
}

const rawSubject: Kind<RawSubject> = v.lazy(() => section(subjectKeys));
const subjectKeys = {
  username: v.optional(text),
  clientid: v.optional(text),
  ipaddr: v.optional(addressRanges),
  fingerprint: v.optional(fingerprint),
  and: v.optional(v.array(rawSubject, 'expected an array of conditions')),
  or: v.optional(v.array(rawSubject, 'expected an array of conditions')),
};

/** Several conditions side by side must all hold. */
function subjectOf(raw: RawSubject): SubjectConfig {
  const parts: SubjectConfig[] = [];
  if (raw.username !== undefined) parts.push({ kind: 'username', name: raw.username });
  if (raw.clientid !== undefined) parts.push({ kind: 'clientId', name: raw.clientid });
  if (raw.ipaddr !== undefined) parts.push({ kind: 'address', ranges: raw.ipaddr });
  if (raw.fingerprint !== undefined) parts.push({ kind: 'fingerprint', fingerprint: raw.fingerprint });
  if (raw.and !== undefined) parts.push({ kind: 'and', parts: raw.and.map(subjectOf) });
  if (raw.or !== undefined) parts.push({ kind: 'or', parts: raw.or.map(subjectOf) });
  const [only] = parts;
  if (only === undefined) return { kind: 'everybody' };
  return parts.length === 1 ? only : { kind: 'and', parts };
}

/** A filter in which `${clientid}` and `${username}` may stand, or `@` and a topic word for word. */
const ruleTopic: Kind<string> = checkedText((value) =>
  value.startsWith('@')
    ? topicTextFault(value.slice(1))
    : topicFilterFault(value.replaceAll(/\$\{(clientid|username)\}/g, 'x')),
);

const rule: Kind<RuleConfig> = v.pipe(
  section({
    permit: oneOf({ allow: true, deny: false }),
    action: v.optional(oneOf({ publish: 'publish', subscribe: 'subscribe', pubsub: 'pubsub' } as const), 'pubsub'),
    topics: v.optional(texts(ruleTopic), []),
    ...subjectKeys,
  }),
  v.transform(({ permit, action, topics, ...raw }) => ({
    isAllowed: permit,
    action,
    topics,
    subject: subjectOf(raw),
  })),
);

/** Users with their passwords, in the clear or as hashes. */
const passwords: Kind<readonly (readonly [string, string])[]> = v.pipe(
  textMap,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [username, password] of dataset.value) {
      const hash = isPasswordHash(password) ? parsePasswordHash(password) : undefined;
      const path = { type: 'object', origin: 'value', input: {}, key: username, value: password } as const;
      if (typeof hash === 'string') addIssue({ message: hash, path: [path] });
    }
  }),
);

/** `auth`. */
export const authKind: Kind<AuthConfig> = v.pipe(
  section({
    allow_anonymous: v.optional(flag, 'true'),
    no_match: v.optional(oneOf({ allow: true, deny: false }), 'allow'),
    deny_action: v.optional(oneOf({ ignore: false, disconnect: true }), 'ignore'),
    password: v.optional(passwords, {}),
    password_file: v.optional(text),
    superusers: v.optional(texts(text), []),
    cache_ttl: v.optional(duration('0s', '1h'), defaults.cache_ttl),
    acl: v.optional(section({ rules: v.optional(v.array(rule, 'expected an array of rules'), []) }), {}),
    cache: v.optional(ignored),
    login_guard: v.optional(
      section({
        free_failures: v.optional(whole(0, 1_000_000), guardDefaults.free_failures),
        delay_min: v.optional(duration('1ms', '60s'), guardDefaults.delay_min),
        delay_max: v.optional(duration('0s', '60s'), guardDefaults.delay_max),
        memory: v.optional(duration('1s', '24h'), guardDefaults.memory),
        addresses: v.optional(whole(1, 10_000_000), guardDefaults.addresses),
      }),
      {},
    ),
    order: v.optional(texts(oneOf({ password: 'password', jwt: 'jwt', http: 'http' } as const))),
    http_auth: v.optional(httpAuth),
    jwt: v.optional(tokens),
  }),
  v.transform((raw) => ({
    isAnonymousAllowed: raw.allow_anonymous,
    users: raw.password.map(([username, password]) =>
      isPasswordHash(password) ? { username, passwordHash: password } : { username, password },
    ),
    ...(raw.password_file === undefined ? {} : { passwordFile: raw.password_file }),
    superusers: raw.superusers,
    ...(raw.http_auth === undefined ? {} : { http: raw.http_auth }),
    ...(raw.jwt === undefined ? {} : { token: raw.jwt }),
    ...(raw.order === undefined ? {} : { order: raw.order }),
    verifiedTtlMs: raw.cache_ttl,
    guard: {
      freeCount: raw.login_guard.free_failures,
      delayMsMin: raw.login_guard.delay_min,
      delayMsMax: raw.login_guard.delay_max,
      memoryMs: raw.login_guard.memory,
      addressesMax: raw.login_guard.addresses,
    },
    rules: raw.acl.rules,
    isAllowedWithoutMatch: raw.no_match,
    isDenialDisconnecting: raw.deny_action,
  })),
);
