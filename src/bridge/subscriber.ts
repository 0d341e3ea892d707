// Subscriber: what a bridge's connection asks of its remote: the filters of the
// rules at every connection, the end of those that are gone, and again those that
// were refused. Bounded by the filters of the rules.
import type { SubscribeEntry } from '../../protocol/wire/packets.ts';
import { isFailure, type ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import type { Log } from '../base/log.ts';
import type { Clock } from '../ports/ports.ts';
import { RefusedFilters } from './refused-filters.ts';
import type { SubscriptionRule } from './subscription-rules.ts';

/** The connection as it is asked for subscriptions. */
export interface SubscriptionLine {
  readonly isConnected: boolean;
  subscribe(entries: readonly SubscribeEntry[]): void;
  unsubscribe(filters: readonly string[]): void;
}

/** What a subscriber works with. */
export interface SubscriberParts {
  /** The name of the bridge. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly line: SubscriptionLine;
}

/** The subscriptions of one connection. */
export class Subscriber {
  readonly #parts: SubscriberParts;
  readonly #refused: RefusedFilters;
  /** Filters of rules that are gone, which the remote may still know. */
  readonly #unwanted = new Set<string>();
  #rules: readonly SubscriptionRule[];

  constructor(parts: SubscriberParts, rules: readonly SubscriptionRule[]) {
    this.#parts = parts;
    this.#rules = rules;
    this.#refused = new RefusedFilters(parts.clock, (filters) => this.#askAgain(filters));
  }

  /** See `RefusedFilters`. */
  reasonsOf(filters: readonly string[]): Readonly<Record<string, string>> | undefined {
    return this.#refused.reasonsOf(filters);
  }

  /** MQTT is up: everything is asked for. */
  connected(isSessionPresent: boolean): void {
    if (isSessionPresent) this.#unsubscribeUnwanted();
    this.#unwanted.clear();
    const entries = this.#rules.flatMap((rule) => rule.entries(isSessionPresent));
    const { line } = this.#parts;
    if (entries.length > 0) line.subscribe(entries);
  }

  /** MQTT is not up any more. */
  disconnected(): void {
    this.#refused.stop();
  }

  /** Other rules from now on: the remote is asked for what is new, and for the end of what is gone. */
  change(rules: readonly SubscriptionRule[]): void {
    const before = this.#rules;
    this.#rules = rules;
    const wanted = new Set(rules.flatMap(({ filters }) => filters));
    const gone = before.flatMap(({ filters }) => filters).filter((filter) => !wanted.has(filter));
    for (const filter of wanted) this.#unwanted.delete(filter);
    for (const filter of gone) this.#unwanted.add(filter);
    this.#refused.forget(gone);
    const { line } = this.#parts;
    if (!line.isConnected) return;
    this.#unsubscribeUnwanted();
    const fresh = rules.filter((rule) => !before.includes(rule)).flatMap((rule) => rule.entries(false));
    if (fresh.length > 0) line.subscribe(fresh);
  }

  /** The remote has answered for these filters. */
  answered(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    this.#refused.answered(filters, reasonCodes);
    const { log, name } = this.#parts;
    for (const [index, reasonCode] of reasonCodes.entries()) {
      if (!isFailure(reasonCode)) continue;
      const facts = { bridge: name, filter: filters[index], reason: reasonName(reasonCode) };
      log.error(facts, 'the remote refused a subscription');
    }
  }

  #unsubscribeUnwanted(): void {
    this.#parts.line.unsubscribe([...this.#unwanted]);
    this.#unwanted.clear();
  }

  #askAgain(filters: ReadonlySet<string>): void {
    const entries = this.#rules.flatMap((rule) => rule.entries(false));
    this.#parts.line.subscribe(entries.filter(({ filter }) => filters.has(filter)));
  }
}
