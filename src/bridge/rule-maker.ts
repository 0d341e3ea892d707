// RuleMaker: makes the rules of a bridge, and makes them anew when they change while it runs: a rule
// that is the same as before stays the same object, with its numbers and what it has seen. All are
// compiled before any takes effect.
import type { Origin } from '../message/origin.ts';
import type { OverflowPolicy } from '../queue/overflow.ts';
import type { BridgeOptions, ForwardRuleOptions, SubscriptionRuleOptions } from './bridge-options.ts';
import type { DeliveryLedger } from './delivery-ledger.ts';
import type { ForwardLanes } from './forward-rule-context.ts';
import { ForwardRule } from './forward-rules.ts';
import type { LocalInterest } from './local-interest.ts';
import type { LocalRights } from './local-rights.ts';
import type { PathGuard } from './loop-guard.ts';
import { isForwardAtRisk, isSubscriptionAtRisk } from './loop-risk.ts';
import type { RateGate, RateLimits } from './rate-gate.ts';
import type { RetainedSync } from './retained-sync.ts';
import { SubscriptionRule } from './subscription-rules.ts';
import type { TraceStarter } from './trace-context.ts';

type RuleTerms = Pick<BridgeOptions, 'loopGuard' | 'queueOverflow' | 'queueAgeMsMax' | 'isRetainedSynced'>;
type RuleLists = Pick<BridgeOptions, 'forwards' | 'subscriptions'>;

/** What rules work with. */
export interface RuleMakerParts {
  readonly origin: Origin;
  readonly queue: ForwardLanes;
  readonly laneOrder: string;
  readonly now: () => number;
  readonly gateOf: (limits: RateLimits) => RateGate;
  readonly paths: PathGuard | undefined;
  /** See `ForwardRuleContext`. */
  readonly trace?: TraceStarter | undefined;
  readonly ledger?: DeliveryLedger | undefined;
  /** See `ForwardRuleContext`. */
  readonly rights?: LocalRights | undefined;
  /** Told of retained messages. */
  readonly retained?: RetainedSync | undefined;
  /** What devices want. */
  readonly interest?: LocalInterest | undefined;
  readonly isKeeping?: boolean;
  /** The remote name of a local response topic, and the local one of a remote topic. */
  readonly toRemote: (topic: string) => string | undefined;
  readonly toLocal: (topic: string) => string | undefined;
}

/** The rules of one bridge. */
export interface Rules {
  readonly forwards: readonly ForwardRule[];
  readonly subscriptions: readonly SubscriptionRule[];
}

/** Makes rules. */
export class RuleMaker {
  /** Stands for rules of an earlier configuration: their messages go on, as they were mapped then. */
  readonly former: ForwardRule;
  readonly #isGuardedAlways: boolean;
  readonly #isRetainedSynced: boolean;
  readonly #overflow: OverflowPolicy;
  readonly #ageMsMax: number | undefined;
  readonly #parts: RuleMakerParts;
  #forwards = new Map<string, ForwardRule>();
  #subscriptions = new Map<string, SubscriptionRule>();

  constructor(options: RuleTerms, parts: RuleMakerParts) {
    const { loopGuard, queueOverflow, queueAgeMsMax, isRetainedSynced } = options;
    this.#isRetainedSynced = isRetainedSynced;
    this.#overflow = queueOverflow;
    this.#ageMsMax = queueAgeMsMax;
    this.#isGuardedAlways = loopGuard === 'on';
    this.#parts = parts;
    this.former = this.#forward(
      { localTopic: '#', remoteTopic: '', note: 'former rules', laneOrder: 'topic' },
      undefined,
      0,
    );
  }

  /** The rules of these options. Throws UsageError for one that cannot be compiled. */
  make(options: RuleLists): Rules {
    const { paths, toLocal, interest } = this.#parts;
    const forwards = new Map<string, ForwardRule>();
    const copies = new Map<string, number>();
    for (const rule of options.forwards) {
      const guard = this.#isGuardedAlways || isForwardAtRisk(rule, options) ? paths : undefined;
      const key = keyOf(rule, guard, forwards);
      const topics = `${rule.localTopic}\n${rule.remoteTopic}`;
      const copy = copies.get(topics) ?? 0;
      copies.set(topics, copy + 1);
      forwards.set(key, this.#forwards.get(key) ?? this.#forward(rule, guard, copy));
    }
    const subscriptions = new Map<string, SubscriptionRule>();
    for (const rule of options.subscriptions) {
      const guard = this.#isGuardedAlways || isSubscriptionAtRisk(rule, options) ? paths : undefined;
      const key = keyOf(rule, guard, subscriptions);
      const parts = { responseMapping: toLocal, paths: guard, interest };
      const made = this.#subscriptions.get(key) ?? new SubscriptionRule(rule, parts);
      subscriptions.set(key, made);
    }
    this.#forwards = forwards;
    this.#subscriptions = subscriptions;
    return { forwards: [...forwards.values()], subscriptions: [...subscriptions.values()] };
  }

  #forward(rule: ForwardRuleOptions, paths: PathGuard | undefined, copy: number): ForwardRule {
    const { toRemote, ...parts } = this.#parts;
    const terms = { overflow: this.#overflow, ageMsMax: this.#ageMsMax };
    const context = { ...parts, responseMapping: toRemote, paths, ...terms, copy };
    return new ForwardRule({ isRetainedSynced: this.#isRetainedSynced, ...rule }, context);
  }
}

/** Rules that are written alike are the same rule; a second one of them is another. */
function keyOf(
  rule: ForwardRuleOptions | SubscriptionRuleOptions,
  guard: PathGuard | undefined,
  taken: ReadonlyMap<string, unknown>,
): string {
  let key = `${guard === undefined ? '' : 'guarded '}${JSON.stringify(rule)}`;
  while (taken.has(key)) key += '+';
  return key;
}
