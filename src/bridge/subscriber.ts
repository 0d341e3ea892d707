// Subscriber: what a bridge's connection asks of its remote: the filters of the rules at every connection, the end of
// those that are gone, whenever they went, and again those that were refused. Where a filter takes the place of another
// that brought some of the same, it is there first: a message may come twice then, but none is missed. Bounded by the
// filters of the rules.
import { filtersOverlap } from '../../protocol/topic/filter-relations.ts';
import { parseFilter } from '../../protocol/topic/topic-filter.ts';
import type { SubscribeEntry } from '../../protocol/wire/packets.ts';
import { isFailure, ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import type { Log } from '../base/log.ts';
import type { Clock } from '../ports/ports.ts';
import { AnswerWatch } from './answer-watch.ts';
import type { KnownFilters } from './known-filters.ts';
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
  readonly known: KnownFilters;
  /** The number of the lane, from 1. */
  readonly lane: number;
  /** The name under which lanes share a subscription: that of nobody else at this remote. */
  readonly group: string;
  /** See `BridgeOptions.laneSubscriptions`. */
  readonly sharing: 'auto' | 'all' | 'none';
}

/** The session that a connection goes on with, or begins. */
export interface SubscribedSession {
  readonly isSessionPresent: boolean;
  /** Whether the remote has shared subscriptions. */
  readonly isShareAvailable: boolean;
  /** By which it is known among the sessions of the bridge. */
  readonly sessionName: string;
}

const sharePrefix = '$share/';

/** The subscriptions of one lane. */
export class Subscriber {
  readonly #parts: SubscriberParts;
  readonly #refused: RefusedFilters;
  /** Filters whose end was asked for on this connection, and not answered. */
  readonly #ending = new Set<string>();
  /** What is wanted, as it was when it was looked at last. */
  #asked: readonly SubscribeEntry[] = [];
  #rules: readonly SubscriptionRule[] = [];
  /** How many lanes there are to share what they can. */
  #groupSize = 1;
  #isShareAvailable = true;
  readonly #watches = new Set<AnswerWatch>();
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

  /** What the remote says from now on. */
  watch(): AnswerWatch {
    const watch = new AnswerWatch(this.#parts.clock, (one) => this.#watches.delete(one));
    this.#watches.add(watch);
    return watch;
  }

  /** MQTT is up: everything is asked for, and the end of what the session has besides. */
  connected({ isSessionPresent, isShareAvailable, sessionName }: SubscribedSession): void {
    const { known } = this.#parts;
    this.#ending.clear();
    known.use(sessionName, isSessionPresent);
    this.#isShareAvailable = isShareAvailable;
    this.#unshared.clear();
    this.#asked = this.#entries(false);
    this.#replace(this.#unwanted(), this.#entries(isSessionPresent));
  }

  /** MQTT is not up any more. */
  disconnected(): void {
    this.#refused.stop();
  }

  /**
   * Other rules, or other lanes beside this one, or other filters of the same rules, from now on: the remote is asked
   * for what is new, and for the end of what is gone.
   */
  change(rules: readonly SubscriptionRule[], groupSize: number): void {
    const rulesBefore = this.#rules;
    const before = new Map(this.#asked.map((entry) => [entry.filter, entry]));
    this.#rules = rules;
    this.#groupSize = groupSize;
    this.#asked = this.#entries(false);
    const changed = new Set(rules.filter((rule) => !rulesBefore.includes(rule)).flatMap(({ filters }) => filters));
    const { line } = this.#parts;
    const unwanted = this.#unwanted();
    this.#refused.forget(unwanted.map((filter) => this.#plainOf(filter)));
    if (!line.isConnected) return;
    const fresh = this.#asked.filter(({ filter, qos }) => {
      const same = before.get(filter);
      return same === undefined || same.qos !== qos || changed.has(this.#plainOf(filter));
    });
    this.#replace(unwanted, fresh);
  }

  #replace(unwanted: readonly string[], fresh: readonly SubscribeEntry[]): void {
    // what another filter brings from now on would be missed between the two, the other way round
    const isReplaced = fresh.some(({ filter }) => unwanted.some((gone) => this.#isAboutSame(gone, filter)));
    if (!isReplaced) this.#end(unwanted);
    this.#ask(fresh);
    if (isReplaced) this.#end(unwanted);
  }

  /** The remote has ended these; in 5.0 it says so of each. */
  ended(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    this.#tell(filters, reasonCodes);
    const wanted = new Set(this.#asked.map(({ filter }) => filter));
    for (const filter of filters) this.#ending.delete(filter);
    // one that the remote did not end is asked about again at the next connection
    const isOver = (index: number): boolean => !isFailure(reasonCodes[index] ?? ReasonCode.success);
    this.#parts.known.remove(filters.filter((filter, index) => isOver(index) && !wanted.has(filter)));
  }

  /** The remote has answered for these filters. */
  answered(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    const { log, name } = this.#parts;
    this.#refused.answered(
      filters.map((filter) => this.#plainOf(filter)),
      reasonCodes,
    );
    this.#tell(filters, reasonCodes);
    for (const [index, reasonCode] of reasonCodes.entries()) {
      if (!isFailure(reasonCode)) continue;
      const filter = filters[index] ?? '';
      const facts = { bridge: name, filter, reason: reasonName(reasonCode) };
      log.error(facts, 'the remote refused a subscription');
      if (!this.#isOwnShare(filter)) continue;
      this.#unshared.add(this.#plainOf(filter));
      const alone = this.#entries(false).filter((entry) => entry.filter === this.#plainOf(filter));
      this.#ask(alone);
      this.#asked = this.#entries(false);
    }
  }

  #tell(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    if (this.#watches.size === 0) return;
    const plain = filters.map((filter) => this.#plainOf(filter));
    for (const watch of this.#watches) watch.tell(plain, reasonCodes);
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

  #isAboutSame(one: string, other: string): boolean {
    return filtersOverlap(parseFilter(one).filter, parseFilter(other).filter);
  }

  /** What the session has, or may have, that is not wanted any more. */
  #unwanted(): readonly string[] {
    const wanted = new Set(this.#asked.map(({ filter }) => filter));
    return this.#parts.known.besides(wanted).filter((filter) => !this.#ending.has(filter));
  }

  #ask(entries: readonly SubscribeEntry[]): void {
    if (entries.length === 0) return;
    const { known, line } = this.#parts;
    for (const { filter } of entries) this.#ending.delete(filter);
    known.add(entries.map(({ filter }) => filter));
    line.subscribe(entries);
  }

  #end(filters: readonly string[]): void {
    for (const filter of filters) this.#ending.add(filter);
    this.#parts.line.unsubscribe(filters);
  }

  #askAgain(filters: ReadonlySet<string>): void {
    this.#ask(this.#entries(false).filter(({ filter }) => filters.has(this.#plainOf(filter))));
  }
}
