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
  /** The number of the lane, from 1. */
  readonly lane: number;
  /** The name under which lanes share a subscription: that of nobody else at this remote. */
  readonly group: string;
  /** See `BridgeOptions.laneSubscriptions`. */
  readonly sharing: 'auto' | 'all' | 'none';
}

const sharePrefix = '$share/';

/** The subscriptions of one lane. */
export class Subscriber {
  readonly #parts: SubscriberParts;
  readonly #refused: RefusedFilters;
  /** Filters of rules that are gone, which the remote may still know. */
  readonly #unwanted = new Set<string>();
  #rules: readonly SubscriptionRule[] = [];
  /** How many lanes there are to share what they can. */
  #groupSize = 1;
  #isShareAvailable = true;
  /** Filters that the remote did not want to be shared. */
  readonly #unshared = new Set<string>();

  constructor(parts: SubscriberParts) {
    this.#parts = parts;
    this.#refused = new RefusedFilters(parts.clock, (filters) => this.#askAgain(filters));
  }

  /** See `RefusedFilters`. */
  reasonsOf(filters: readonly string[]): Readonly<Record<string, string>> | undefined {
    return this.#refused.reasonsOf(filters);
  }

  /** MQTT is up: everything is asked for. `isShareAvailable`: the remote has shared subscriptions. */
  connected(isSessionPresent: boolean, isShareAvailable: boolean): void {
    const before = this.#entries(false);
    this.#isShareAvailable = isShareAvailable;
    this.#unshared.clear();
    const entries = this.#entries(isSessionPresent);
    this.#forget(before, entries);
    if (isSessionPresent) this.#unsubscribeUnwanted();
    this.#unwanted.clear();
    const { line } = this.#parts;
    if (entries.length > 0) line.subscribe(entries);
  }

  /** MQTT is not up any more. */
  disconnected(): void {
    this.#refused.stop();
  }

  /**
   * Other rules, or other lanes beside this one, from now on: the remote is asked for what is new, and for the end of
   * what is gone.
   */
  change(rules: readonly SubscriptionRule[], groupSize: number): void {
    const rulesBefore = this.#rules;
    const before = this.#entries(false);
    this.#rules = rules;
    this.#groupSize = groupSize;
    const entries = this.#entries(false);
    const filtersBefore = new Set(before.map(({ filter }) => filter));
    const changed = new Set(rules.filter((rule) => !rulesBefore.includes(rule)).flatMap(({ filters }) => filters));
    this.#forget(before, entries);
    const { line } = this.#parts;
    if (!line.isConnected) return;
    const fresh = entries.filter(({ filter }) => !filtersBefore.has(filter) || changed.has(this.#plainOf(filter)));
    // what is shared from now on would be missed between the two, the other way round
    const isRegrouped = fresh.some(({ filter }) => !changed.has(this.#plainOf(filter)));
    if (!isRegrouped) this.#unsubscribeUnwanted();
    if (fresh.length > 0) line.subscribe(fresh);
    if (isRegrouped) this.#unsubscribeUnwanted();
  }

  /** The remote has answered for these filters. */
  answered(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    const { log, name, line } = this.#parts;
    this.#refused.answered(
      filters.map((filter) => this.#plainOf(filter)),
      reasonCodes,
    );
    for (const [index, reasonCode] of reasonCodes.entries()) {
      if (!isFailure(reasonCode)) continue;
      const filter = filters[index] ?? '';
      const facts = { bridge: name, filter, reason: reasonName(reasonCode) };
      log.error(facts, 'the remote refused a subscription');
      if (!this.#isOwnShare(filter)) continue;
      this.#unshared.add(this.#plainOf(filter));
      const alone = this.#entries(false).filter((entry) => entry.filter === this.#plainOf(filter));
      if (alone.length > 0) line.subscribe(alone);
    }
  }

  /** What this lane asks for. */
  #entries(isSessionPresent: boolean): readonly SubscribeEntry[] {
    return this.#rules.flatMap((rule) => rule.entries(isSessionPresent).flatMap((entry) => this.#entryOf(entry)));
  }

  #entryOf(entry: SubscribeEntry): readonly SubscribeEntry[] {
    const { lane, group } = this.#parts;
    if (this.#groupSize > 1 && entry.filter.startsWith(sharePrefix)) return [entry];
    if (!this.#isShared(entry)) return lane === 1 ? [entry] : [];
    // [MQTT-3.8.3-4] what other lanes sent would come back anyway: the loop guard sees to that
    return [{ ...entry, filter: `${sharePrefix}${group}/${entry.filter}`, noLocal: false }];
  }

  /** Whether all lanes have a filter together: a shared subscription brings no retained messages. */
  #isShared({ filter, retainHandling }: SubscribeEntry): boolean {
    const { sharing } = this.#parts;
    if (this.#groupSize === 1 || sharing === 'none' || !this.#isShareAvailable) return false;
    if (filter.startsWith(sharePrefix) || this.#unshared.has(filter)) return false;
    return sharing === 'all' || retainHandling === 2;
  }

  /** A filter without the name under which it is shared by us. */
  #plainOf(filter: string): string {
    return this.#isOwnShare(filter) ? filter.slice(sharePrefix.length + this.#parts.group.length + 1) : filter;
  }

  #isOwnShare(filter: string): boolean {
    return filter.startsWith(`${sharePrefix}${this.#parts.group}/`);
  }

  #forget(before: readonly SubscribeEntry[], after: readonly SubscribeEntry[]): void {
    const wanted = new Set(after.map(({ filter }) => filter));
    const gone = before.map(({ filter }) => filter).filter((filter) => !wanted.has(filter));
    for (const filter of wanted) this.#unwanted.delete(filter);
    for (const filter of gone) this.#unwanted.add(filter);
    this.#refused.forget(gone.map((filter) => this.#plainOf(filter)));
  }

  #unsubscribeUnwanted(): void {
    this.#parts.line.unsubscribe([...this.#unwanted]);
    this.#unwanted.clear();
  }

  #askAgain(filters: ReadonlySet<string>): void {
    this.#parts.line.subscribe(this.#entries(false).filter(({ filter }) => filters.has(this.#plainOf(filter))));
  }
}
