// ForwardSource: whose messages those in a queue are: of a rule as a whole, or, where their order does not follow from
// their topic, of one partition of a rule. The partition is stored with them, since nothing else of the local message
// is left that would tell it. Bounded: 256 parts a rule.

import { textOfBytes } from '../../protocol/wire/bytes.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import type { Durability } from '../base/durability.ts';
import { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import type { QueueShare } from '../queue/share.ts';
import type { RuleCounters } from './bridge-status.ts';
import type { PropertyPolicy } from './property-policy.ts';
import type { RateGate } from './rate-gate.ts';

/** What a queue knows of the rule that queued a message. */
export interface ForwardSource {
  /** By which the rule is known again after a restart. */
  readonly key: number;
  /** The key of the rule as a whole. */
  readonly ruleKey: number;
  readonly origin: Origin;
  readonly counters: RuleCounters;
  /** See `ForwardRuleOptions`. */
  readonly isEndToEnd: boolean;
  /** Whether nothing of it is dropped for want of room: publishers wait. */
  readonly isBlocking: boolean;
  /** The rates of the rule on all lanes; undefined: no limit. */
  readonly rate: RateGate | undefined;
  /** What becomes of 5.0 properties at a remote of 3.x; undefined: they are left out. */
  readonly propertyPolicy: PropertyPolicy | undefined;
  /** Whether its messages wait at QoS 0 too while the link is down; undefined: as the bridge says. */
  readonly isQos0Kept: boolean | undefined;
  /** See `RuleOptions`; undefined: that of the bridge. */
  readonly durability: Durability | undefined;
  /** What the rule has in the queues of all lanes, and may have. */
  readonly share: QueueShare;
  /** What the rule listens to here. */
  readonly filter: string;
  /** See `ForwardRule`. */
  inverse(remoteTopic: string): string | undefined;
  /** Undefined: it follows from the topic. */
  readonly partition: number | undefined;
  /** Whether its messages were delivered before, and are not kept for another replay. */
  readonly isReplay: boolean;
}

/** A rule that can name a part of itself. */
export interface ForwardWhole extends ForwardSource {
  /** The messages of one of 256 partitions. */
  partOf(partition: number): ForwardSource;
}

/** Some messages of a rule: those of one partition, or those that a rule of an earlier time has left to it. */
export class ForwardPart implements ForwardWhole {
  readonly partition: number | undefined;
  readonly key: number;
  readonly #rule: ForwardSource;
  readonly #parts: ForwardSource[] = [];

  /** `key`: where it is not that of the rule. */
  constructor(rule: ForwardSource, { partition, key = rule.key }: Partial<Pick<ForwardSource, 'partition' | 'key'>>) {
    this.#rule = rule;
    this.partition = partition;
    this.key = key;
  }

  /** See `ForwardWhole`. */
  partOf(partition: number): ForwardSource {
    const part = this.#parts[partition] ?? new ForwardPart(this, { partition });
    this.#parts[partition] = part;
    return part;
  }

  /** See `ForwardSource`. */
  get ruleKey(): number {
    return this.#rule.ruleKey;
  }

  /** See `ForwardSource`. */
  get origin(): Origin {
    return this.#rule.origin;
  }

  /** See `ForwardSource`. */
  get counters(): RuleCounters {
    return this.#rule.counters;
  }

  /** See `ForwardSource`. */
  get isBlocking(): boolean {
    return this.#rule.isBlocking;
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
  get isQos0Kept(): boolean | undefined {
    return this.#rule.isQos0Kept;
  }

  /** See `ForwardSource`. */
  get durability(): Durability | undefined {
    return this.#rule.durability;
  }

  /** See `ForwardSource`. */
  get isReplay(): boolean {
    return this.#rule.isReplay;
  }

  /** See `ForwardSource`. */
  get share(): QueueShare {
    return this.#rule.share;
  }

  /** See `ForwardSource`. */
  get filter(): string {
    return this.#rule.filter;
  }

  /** See `ForwardSource`. */
  inverse(remoteTopic: string): string | undefined {
    return this.#rule.inverse(remoteTopic);
  }

  /** See `ForwardSource`. */
  get isEndToEnd(): boolean {
    return this.#rule.isEndToEnd;
  }
}

/** A message as it was before it went as part of a run. */
export function messageOf(delivery: Delivery, rule: ForwardSource): Message {
  const { message, qos, retain } = delivery;
  const { topicBytes, payload, properties, expiresAt } = message;
  const parts = { topic: textOfBytes(topicBytes), payload, qos, retain, properties, expiresAt };
  return new Message({ ...parts, origin: rule.origin, isOwned: false }).own();
}
