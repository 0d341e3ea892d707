// SideSource: messages of one rule that are an owner of their own in the queue, with bounds of their own: those that go
// out at QoS 0, where the rule says that they wait while the link is down, and those that are replayed. They are below
// the rule's class: however many come, they push out each other and never what was acknowledged.
// Bounded by their share in all lanes together: QoS 0 by `qos0CountMax` messages and `qos0AgeMsMax`, replays by
// `replayedCountMax` messages.
import type { Durability } from '../base/durability.ts';
import type { Origin } from '../message/origin.ts';
import { QueueShare, type ShareTerms } from '../queue/share.ts';
import type { ForwardRuleOptions } from './bridge-options.ts';
import type { RuleCounters } from './bridge-status.ts';
import type { ForwardRuleContext } from './forward-rule-context.ts';
import { ForwardPart, type ForwardSource, type ForwardWhole } from './forward-source.ts';
import type { PropertyPolicy } from './property-policy.ts';
import type { RateGate } from './rate-gate.ts';

/** Messages of QoS 0 that wait where a rule does not say how many may. */
export const qos0CountMaxDefault = 1000;
/** Replayed messages of one rule that wait at most: what comes now is not far behind them. */
export const replayedCountMax = 500;

/** What a rule has that a rule which takes its place hands on to its messages. */
export interface SourceTerms {
  readonly share: QueueShare;
  /** That of its QoS 0 messages; the same one where they are not counted apart. */
  readonly qos0Share: QueueShare;
  /** That of its replayed messages. */
  readonly replayShare: QueueShare;
  readonly rate: RateGate | undefined;
  readonly propertyPolicy: PropertyPolicy | undefined;
}

/** A rule of whose messages some are counted apart. */
export interface SideOwner extends ForwardSource, Pick<SourceTerms, 'qos0Share' | 'replayShare'> {}

/** A part of a rule. */
export class SideSource implements ForwardWhole {
  readonly key: number;
  /** Nobody waits for the acknowledgement of a message that has none [MQTT-4.3.1-1]. */
  readonly isEndToEnd: boolean = false;
  readonly isBlocking: boolean = false;
  readonly isQos0Kept: boolean = true;
  /** See `ForwardSource`. */
  readonly isReplay: boolean;
  readonly partition: undefined;
  readonly #rule: SideOwner;
  readonly #parts: ForwardSource[] = [];

  /** `key`: by which its messages are known again after a restart. */
  constructor(rule: SideOwner, key: number, isReplay: boolean) {
    this.isReplay = isReplay;
    this.#rule = rule;
    this.key = key;
  }

  /** See `ForwardSource`. */
  get share(): QueueShare {
    return this.isReplay ? this.#rule.replayShare : this.#rule.qos0Share;
  }

  /** See `ForwardSource`. */
  get ruleKey(): number {
    return this.#rule.key;
  }

  /** See `ForwardSource`. */
  get origin(): Origin {
    return this.#rule.origin;
  }

  /** See `ForwardSource`: those of the rule. */
  get counters(): RuleCounters {
    return this.#rule.counters;
  }

  /** See `ForwardSource`. */
  get rate(): RateGate | undefined {
    return this.#rule.rate;
  }

  /** See `ForwardSource`. */
  get propertyPolicy(): PropertyPolicy | undefined {
    return this.#rule.propertyPolicy;
  }

  /** See `ForwardSource`. */
  get durability(): Durability | undefined {
    return this.#rule.durability;
  }

  /** See `ForwardSource`. */
  get filter(): string {
    return this.#rule.filter;
  }

  /** See `ForwardSource`. */
  inverse(remoteTopic: string): string | undefined {
    return this.#rule.inverse(remoteTopic);
  }

  /** See `ForwardWhole`. */
  partOf(partition: number): ForwardSource {
    const part = this.#parts[partition] ?? new ForwardPart(this, { partition });
    this.#parts[partition] = part;
    return part;
  }
}

/** The share of the QoS 0 messages of a rule; undefined where the rule does not let them wait by itself. */
export function qos0ShareOf(options: ForwardRuleOptions, rule: ShareTerms): QueueShare | undefined {
  const { qos0Policy = 'drop', qos0CountMax: countMax = qos0CountMaxDefault, qos0AgeMsMax = rule.ageMsMax } = options;
  if (qos0Policy === 'drop') return undefined;
  const { overflow, priority } = rule;
  return new QueueShare({
    // no publisher of QoS 0 can be made to wait
    overflow: overflow === 'block' ? 'oldest' : overflow,
    priority: priority - 0.5,
    countMax,
    ...(qos0AgeMsMax === undefined ? {} : { ageMsMax: qos0AgeMsMax }),
  });
}

/** The share of replayed messages: one that finds no room waits where it comes from. */
export function replayShareOf({ priority }: ShareTerms): QueueShare {
  return new QueueShare({ overflow: 'newest', priority: priority - 0.75, countMax: replayedCountMax });
}

/** The terms of a rule's own messages. */
export function shareTermsOf(
  options: ForwardRuleOptions,
  { overflow, ageMsMax }: Pick<ForwardRuleContext, 'overflow' | 'ageMsMax'>,
): ShareTerms {
  const { queueOverflow = overflow, priority = 5, queueCountMax, queueBytesMax, queueAgeMsMax = ageMsMax } = options;
  return {
    overflow: queueOverflow,
    priority,
    ...(queueCountMax === undefined ? {} : { countMax: queueCountMax }),
    ...(queueBytesMax === undefined ? {} : { bytesMax: queueBytesMax }),
    ...(queueAgeMsMax === undefined ? {} : { ageMsMax: queueAgeMsMax }),
  };
}
