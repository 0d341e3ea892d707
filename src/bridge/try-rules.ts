// TryRules: what the rules of a bridge would make of a message, told and not done. The rules
// are compiled and asked as they are in a bridge at work; only the queue and the router behind
// them are missing.
import { MappingFault } from '../../protocol/topic/mapping-fault.ts';
import type { UserProperty } from '../../protocol/wire/properties.ts';
import { decodePublishProperties } from '../../protocol/wire/property-block.ts';
import { lowerQos, ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { Message } from '../message/message.ts';
import { Origin } from '../message/origin.ts';
import type { DropReason } from '../queue/overflow.ts';
import { Acceptance } from '../router/acceptance.ts';
import type { BridgeSettings } from './bridge-context.ts';
import { bridgeDefaults } from './bridge-options.ts';
import { compiledTopics } from './compiled-topics.ts';
import { ForwardRule } from './forward-rules.ts';
import { MessageContext } from './message-context.ts';
import { SubscriptionRule } from './subscription-rules.ts';

/** What becomes of the message. */
export type TriedResult =
  | {
      readonly topic: string;
      readonly qos: number;
      readonly retain: boolean;
      readonly userProperties: readonly UserProperty[];
    }
  | { readonly dropped: DropReason; readonly why: string };

/** What one rule makes of a message. */
export interface TriedRule {
  readonly bridge: string;
  /** Messages published here are the matter of `forwards`, those at the remote of `subscriptions`. */
  readonly list: 'forwards' | 'subscriptions';
  /** The rule in that list, from 0. */
  readonly index: number;
  readonly result: TriedResult;
}

/** Tries a message on all rules of a bridge; those that are not about its topic are left out. Throws UsageError. */
export function tryRules(bridge: BridgeSettings, message: Message): readonly TriedRule[] {
  const { name, forwards = [], subscriptions = [] } = bridge;
  const tried: TriedRule[] = [];
  for (const [index, options] of forwards.entries()) {
    const taken: Message[] = [];
    const alone = {
      isReady: true,
      isRefusingWhenFull: true,
      hasRoomFor: () => true,
      append: (one: Message): undefined => void taken.push(one),
      mayTakeRun: () => false,
      takeRun: () => undefined,
    };
    const overflow = 'oldest' as const;
    const queue = { ...alone, count: 1, queueOf: () => alone };
    const context = {
      origin: new Origin('bridge', name),
      queue,
      responseMapping: () => undefined,
      now: () => 0,
      overflow,
      laneOrder: bridge.laneOrder ?? bridgeDefaults.laneOrder,
    };
    const rule = new ForwardRule(options, context);
    rule.deliver(message, { qos: 2, isRetainAsPublished: true, identifiers: undefined }, new Acceptance(nobody, 0));
    const why = faultOf(options.localTopic, options.remoteTopic, options, message);
    const isFor3x = bridge.version !== undefined && bridge.version !== ProtocolVersion.v5;
    const [sent] = taken;
    const made = isFor3x && sent ? rule.propertyPolicy?.made(sent, 0) : sent;
    const result = resultOf(made ?? sent, rule.status.dropped, why);
    if (result) tried.push({ bridge: name, list: 'forwards', index, result });
  }
  // the first rule that is about a message from the remote takes it
  const rules = subscriptions.map((options) => new SubscriptionRule(options, { responseMapping: () => undefined }));
  const index = rules.findIndex((rule) => rule.matches(message.topic));
  const options = subscriptions[index];
  if (options !== undefined) {
    const asReceived = message.withTopic(message.topic, lowerQos(message.qos, options.qos));
    const local = rules[index]?.localise(asReceived, 0);
    const why = faultOf(options.remoteTopic, options.localTopic, options, message);
    const result = local instanceof Message ? resultOf(local, {}, '') : { dropped: local ?? 'bad-topic', why };
    if (result) tried.push({ bridge: name, list: 'subscriptions', index, result });
  }
  return tried;
}

const nobody = { accepted: (): void => undefined };

function resultOf(
  message: Message | undefined,
  dropped: Partial<Record<DropReason, number>>,
  why: string,
): TriedResult | undefined {
  if (message !== undefined) {
    const { topic, qos, retain, properties } = message;
    return { topic, qos, retain, userProperties: decodePublishProperties(properties).userProperties ?? [] };
  }
  return dropped['bad-topic'] === undefined ? undefined : { dropped: 'bad-topic', why };
}

function faultOf(
  pattern: string,
  target: string,
  topics: Parameters<typeof compiledTopics>[2],
  message: Message,
): string {
  const mapped = compiledTopics(pattern, target, topics).map(message.topic, new MessageContext(message));
  return mapped instanceof MappingFault ? mapped.detail : '';
}
