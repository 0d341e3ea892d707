// The rules of a bridge, `forwards` and `subscription`, under the key names of EMQX Edge
// and with keys of our own. What the keys of a rule say together is checked as well:
// filters against what is made of them.
import * as v from 'valibot';
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import { PropertyTemplate } from '../../protocol/topic/property-template.ts';
import { RuleMapping, type RuleTopics } from '../../protocol/topic/rule-mapping.ts';
import type { ForwardConfig, OverflowConfig, RuleConfigParts, SubscriptionConfig } from './bridge-config.ts';
import { present } from './present.ts';
import { durability } from './schema-durability.ts';
import { rateFault, rateKeys, sendRateOf } from './schema-rates.ts';
import {
  duration,
  flag,
  type Kind,
  kindOf,
  oneOf,
  qos,
  queueAge,
  section,
  size,
  text,
  textMap,
  texts,
  unused,
  whole,
} from './schema-values.ts';

/** What can be put into topics, besides user properties. */
const topicPropertyNames: readonly string[] = [
  'content_type',
  'response_topic',
  'correlation_data',
  'payload_format_indicator',
  'message_expiry_interval',
];

/** 0 and 1 override the flag; 2, which the incumbent's documents show, keeps it. */
const retain = oneOf({ '0': false, '1': true, false: false, true: true, '2': 'keep' as const });

/** What gives way in a full queue. */
export const overflow: Kind<OverflowConfig> = oneOf({
  oldest: 'oldest',
  newest: 'newest',
  priority: 'priority',
  latest: 'latest',
  block: 'block',
} as const);

const priorities = { low: 1, normal: 5, high: 9 } as const;

/** A class by its name, or 0 to 9. */
export const priority: Kind<number> = kindOf('low, normal, high, or 0 to 9', (value) => {
  const named = Object.entries(priorities).find(([name]) => name === value)?.[1];
  return named ?? (/^\d$/.test(value) ? Number(value) : undefined);
});

/** The policy of a bridge that says nothing: classes count as soon as a rule has one. */
export function overflowOf(forwards: readonly RuleDraft<{ readonly priority?: number }>[]): OverflowConfig {
  return forwards.some(({ config }) => config.priority !== undefined) ? 'priority' : 'oldest';
}

/** The keys of rules in both directions. */
const ruleKeys = {
  enable: v.optional(flag, 'true'),
  note: v.optional(text),
  qos_max: v.optional(qos),
  retain: v.optional(retain),
  prefix: v.optional(text),
  suffix: v.optional(text),
  exclude: v.optional(texts(text), []),
  flatten: v.optional(text),
  sample: v.optional(whole(1, 1_000_000)),
  change_only: v.optional(flag, 'false'),
  change_only_max_age: v.optional(duration('1ms', '365d')),
  min_interval: v.optional(duration('1ms', '365d')),
  dedupe_window: v.optional(duration('1ms', '7d')),
  dedupe_property: v.optional(text),
  durability: v.optional(durability),
  user_property: v.optional(textMap),
};

/** A rule of `forwards`. */
export const forwardKind: Kind<RuleDraft<Omit<ForwardConfig, 'place'>>> = v.pipe(
  section({
    ...ruleKeys,
    local_topic: texts(text),
    remote_topic: text,
    qos: v.optional(qos),
    retained_sync: v.optional(flag),
    retain_here: v.optional(flag),
    overflow: v.optional(overflow),
    priority: v.optional(priority),
    max_send_queue_len: v.optional(whole(1, 100_000_000)),
    max_send_queue_bytes: v.optional(size('1KB', '1024GB')),
    max_send_queue_age: v.optional(queueAge),
    ...rateKeys,
    properties_3x: v.optional(oneOf({ drop: 'drop', envelope: 'envelope', topic: 'topic' } as const)),
    topic_properties: v.optional(texts(text), []),
    qos_0: v.optional(oneOf({ drop: 'drop', buffer: 'buffer', persist: 'persist' } as const)),
    qos_0_max_len: v.optional(whole(1, 100_000_000)),
    qos_0_max_age: v.optional(queueAge),
    on_change: v.optional(oneOf({ keep: false, remap: true } as const)),
    ack: v.optional(oneOf({ stored: false, 'end-to-end': true } as const)),
  }),
  v.rawTransform(({ dataset, addIssue }) => {
    const raw = dataset.value;
    const [localTopic = '', ...moreFilters] = raw.local_topic;
    const config = present({
      localTopic,
      remoteTopic: raw.remote_topic,
      qos: raw.qos,
      isEndToEnd: raw.ack,
      isRetainedSynced: raw.retained_sync,
      isRetainedHere: raw.retain_here,
      isRemapping: raw.on_change,
      queueOverflow: raw.overflow,
      priority: raw.priority,
      queueCountMax: raw.max_send_queue_len,
      queueBytesMax: raw.max_send_queue_bytes,
      queueAgeMsMax: raw.max_send_queue_age,
      rate: sendRateOf(raw),
      properties3x: raw.properties_3x,
      topicProperties: raw.topic_properties.length === 0 ? undefined : raw.topic_properties,
      qos0Policy: raw.qos_0,
      qos0CountMax: raw.qos_0_max_len,
      qos0AgeMsMax: raw.qos_0_max_age,
      ...ruleConfigOf(raw, moreFilters),
    });
    const message =
      ruleFault(localTopic, raw.remote_topic, config) ??
      qos0Fault(config) ??
      rateFault(raw) ??
      propertyFault(raw.properties_3x, raw.topic_properties);
    if (message !== undefined) addIssue({ message });
    return { isEnabled: raw.enable, config };
  }),
);

/** A rule of `subscription`. */
export const subscriptionKind: Kind<RuleDraft<Omit<SubscriptionConfig, 'place'>>> = v.pipe(
  section({
    ...ruleKeys,
    remote_topic: texts(text),
    local_topic: text,
    qos: v.optional(qos, '0'),
    retain_as_published: v.optional(flag, 'false'),
    retain_handling: v.optional(qos, '0'),
    nolocal: v.optional(flag, 'true'),
    open_envelopes: v.optional(flag),
    stream_id: v.optional(unused(whole(0, 0xffff_ffff))),
  }),
  v.rawTransform(({ dataset, addIssue }) => {
    const raw = dataset.value;
    const [remoteTopic = '', ...moreFilters] = raw.remote_topic;
    const config = present({
      remoteTopic,
      localTopic: raw.local_topic,
      qos: raw.qos,
      isRetainAsPublished: raw.retain_as_published,
      retainHandling: raw.retain_handling,
      isNoLocal: raw.nolocal,
      isOpeningEnvelopes: raw.open_envelopes,
      ...ruleConfigOf(raw, moreFilters),
    });
    const message = ruleFault(remoteTopic, raw.local_topic, config);
    if (message !== undefined) addIssue({ message });
    return { isEnabled: raw.enable, config };
  }),
);

/** A rule, and whether it is to be used. */
export interface RuleDraft<RuleConfig> {
  readonly isEnabled: boolean;
  readonly config: RuleConfig;
}

/** What the common keys of a rule say. */
function ruleConfigOf(raw: v.InferOutput<v.ObjectSchema<typeof ruleKeys, undefined>>, moreFilters: readonly string[]) {
  return {
    note: raw.note,
    qosMax: raw.qos_max,
    retain: raw.retain === 'keep' ? undefined : raw.retain,
    prefix: raw.prefix,
    suffix: raw.suffix,
    moreFilters: moreFilters.length === 0 ? undefined : moreFilters,
    excludes: raw.exclude.length === 0 ? undefined : raw.exclude,
    flatten: raw.flatten,
    sampleOf: raw.sample,
    isChangeOnly: raw.change_only || undefined,
    unchangedAgeMsMax: raw.change_only_max_age,
    intervalMsMin: raw.min_interval,
    duplicateWindowMs: raw.dedupe_window,
    duplicateProperty: raw.dedupe_property,
    durability: raw.durability,
    userProperties: raw.user_property,
  };
}

/** Bounds of messages that never wait. */
function qos0Fault(rule: Pick<ForwardConfig, 'qos0Policy' | 'qos0CountMax' | 'qos0AgeMsMax'>): string | undefined {
  const { qos0Policy = 'drop', qos0CountMax, qos0AgeMsMax } = rule;
  const isBounded = qos0CountMax !== undefined || qos0AgeMsMax !== undefined;
  const expected = 'expected qos_0 = buffer or persist beside qos_0_max_len and qos_0_max_age, which bound it';
  return isBounded && qos0Policy === 'drop' ? expected : undefined;
}

/** Properties for topics, where none or too many are named. */
function propertyFault(policy: ForwardConfig['properties3x'], names: readonly string[]): string | undefined {
  const isCountRight = policy === 'topic' ? names.length >= 1 && names.length <= 8 : names.length === 0;
  if (!isCountRight) {
    const few = 'expected 1 to 8 topic_properties beside properties_3x = topic';
    return `${few}, as [ "user:site", "content_type" ], and none elsewhere`;
  }
  const wrong = names.find((name) => !topicPropertyNames.includes(name) && !/^user:./.test(name));
  if (wrong === undefined) return undefined;
  return `expected topic_properties out of ${topicPropertyNames.join(', ')} and user:NAME; '${wrong}' is none`;
}

/** What is wrong with the topics and templates of a rule. */
function ruleFault(
  pattern: string,
  target: string,
  rule: RuleTopics & Pick<RuleConfigParts, 'userProperties' | 'duplicateWindowMs' | 'duplicateProperty'>,
): string | undefined {
  if (rule.duplicateProperty !== undefined && rule.duplicateWindowMs === undefined) {
    return 'expected dedupe_window, as 60s, beside dedupe_property: it says how long one is remembered';
  }
  const mapping = RuleMapping.compile(pattern, target, rule);
  if (mapping instanceof MappingFault) return mapping.detail;
  for (const [name, value] of rule.userProperties ?? []) {
    const template = PropertyTemplate.compile(value);
    if (template instanceof MappingFault) return `user_property.${name}: ${template.detail}`;
  }
  return undefined;
}

/** The rules that are switched on, with their places. */
export function enabled<RuleConfig>(
  drafts: readonly RuleDraft<RuleConfig>[],
): readonly (RuleConfig & { readonly place: number })[] {
  return drafts
    .map(({ isEnabled, config }, place) => ({ isEnabled, config: { ...config, place } }))
    .filter(({ isEnabled }) => isEnabled)
    .map(({ config }) => config);
}
