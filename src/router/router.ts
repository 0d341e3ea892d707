// hot path
// Router: who gets which message. Destinations subscribe with filters; a published message is offered once to every
// destination that matches [MQTT-4.5.0-1] [MQTT3-4.5.0-1], and its acceptance is sealed when all were asked.
// What matching finds is cached by topic (a route) and thrown away when any subscription changes.
// Bounded by `routesMax` cached routes; the tree by the subscriptions, which their owners bound.
import { FilterTree } from '../../protocol/topic/filter-tree.ts';
import { SmallMap } from '../../protocol/topic/small-map.ts';
import { parseFilter } from '../../protocol/topic/topic-filter.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Message } from '../message/message.ts';
import type { Acceptance } from './acceptance.ts';
import type { Destination, Grant, RunStop, RunTaker, SubscriptionOptions } from './destination.ts';
import { type Interest, Interests } from './interests.ts';
import { RetainedStore } from './retained.ts';
import { SharedGroup, type SharedOptions } from './shared-groups.ts';

/** The bounds of the router. */
export interface RouterOptions {
  /** Topics whose route is remembered. Default 10,000. */
  readonly routesMax?: number;
  /** How shared subscriptions choose among their members. Default: in turns. */
  readonly shared?: SharedOptions;
  /** The store of retained messages. Default: one with default limits. */
  readonly retained?: RetainedStore;
}

interface Subscription {
  readonly destination: Destination;
  /** Grows with every subscription: destinations are served in this order. */
  readonly order: number;
  options: SubscriptionOptions;
}

type Subscriber = Subscription | SharedGroup;

/** One destination on a route, with the subscriptions of it that match. */
interface Stop {
  readonly subscriptions: readonly Subscription[];
  readonly destination: Destination;
  readonly grant: Grant;
  /** Whether one of them excludes the destination's own messages: then their grant is worked out for each message. */
  readonly hasNoLocal: boolean;
}

interface Route {
  /** The destinations, if each of them takes runs of the messages of this topic; undefined otherwise. */
  readonly runStops: readonly RunStop[] | undefined;
  readonly stops: readonly Stop[];
  readonly groups: readonly SharedGroup[];
}

const unshared = '';

/** Where publishers and destinations meet. */
export class Router {
  /** The retained messages. */
  readonly retained: RetainedStore;
  /** What devices want. */
  readonly interests: Interests = new Interests(() => this.#allInterests());
  readonly #tree = new FilterTree<Subscriber>();
  readonly #subscriptions = new Map<Destination, SmallMap<Subscription>>();
  readonly #groups = new Map<string, SharedGroup>();
  readonly #routes = new Map<string, Route>();
  readonly #routesMax: number;
  readonly #shared: SharedOptions;
  #subscriptionCount = 0;
  #sharedCount = 0;
  #generation = 0;
  readonly #takerIds = new Map<RunTaker, number>();
  readonly #runStops = new Map<string, readonly RunStop[]>();
  #nextOrder = 0;

  constructor(options: RouterOptions = {}) {
    this.retained = options.retained ?? new RetainedStore();
    this.#routesMax = options.routesMax ?? 10_000;
    this.#shared = options.shared ?? { strategy: 'round-robin' };
  }

  /** Grows whenever a subscription changes: what was found out about a topic under an older number is void. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Who gets the messages of a topic, if all of them can take runs; undefined otherwise. The same list for topics that
   * go the same way.
   */
  runStopsOf(topic: string): readonly RunStop[] | undefined {
    return (this.#routes.get(topic) ?? this.#findRoute(topic)).runStops;
  }

  /** Subscriptions held, shared ones included. */
  get subscriptionCount(): number {
    return this.#subscriptionCount;
  }

  /** Of these, shared ones. */
  get sharedCount(): number {
    return this.#sharedCount;
  }

  /** Adds or replaces [MQTT-3.8.4-3] [MQTT3-3.8.4-3] a subscription to a valid filter. Returns whether it is new. */
  subscribe(destination: Destination, filter: string, options: SubscriptionOptions): boolean {
    this.#changed();
    const parsed = parseFilter(filter);
    const { areHeard } = this.interests;
    const qosBefore = areHeard ? this.#qosOf(destination, filter, parsed.shareName) : undefined;
    const isNew =
      parsed.shareName === unshared
        ? this.#subscribeAlone(destination, filter, options)
        : this.#join(destination, filter, options);
    if (isNew) this.#subscriptionCount++;
    if (isNew && parsed.shareName !== unshared) this.#sharedCount++;
    if (areHeard) this.interests.changed({ destination, filter: parsed.filter }, qosBefore, options.qos);
    return isNew;
  }

  /** Removes a subscription by its literal filter [MQTT-3.10.4-1] [MQTT3-3.10.4-1]. Returns whether there was one. */
  unsubscribe(destination: Destination, filter: string): boolean {
    this.#changed();
    const parsed = parseFilter(filter);
    const { areHeard } = this.interests;
    const qosBefore = areHeard ? this.#qosOf(destination, filter, parsed.shareName) : undefined;
    const wasThere =
      parsed.shareName === unshared ? this.#unsubscribeAlone(destination, filter) : this.#leave(destination, filter);
    if (wasThere) this.#subscriptionCount--;
    if (wasThere && parsed.shareName !== unshared) this.#sharedCount--;
    if (areHeard) this.interests.changed({ destination, filter: parsed.filter }, qosBefore, undefined);
    return wasThere;
  }

  /**
   * Keeps the message if it is to be retained, offers it to everybody who matches and seals the acceptance:
   * `no matching subscribers` when there was nobody. A QoS 2 message that somebody has no room for now goes to nobody
   * [MQTT-4.3.3-10] [MQTT3-4.3.3-2]. Destinations are called synchronously, in the order in which they
   * subscribed.
   */
  publish(message: Message, acceptance: Acceptance): void {
    // [MQTT-3.3.2-3] what matches, and nothing else
    const route = this.#routes.get(message.topic) ?? this.#findRoute(message.topic);
    if (isSentBack(route.stops, message)) {
      acceptance.refuse(ReasonCode.quotaExceeded, true);
      acceptance.seal();
      return;
    }
    if (message.retain) this.retained.keep(message, acceptance); // [MQTT3-3.3.1-12]
    let offered = 0;
    for (let index = 0; index < route.stops.length; index++) {
      const stop = route.stops[index];
      if (stop && offer(stop, message, acceptance)) offered++;
    }
    for (let index = 0; index < route.groups.length; index++) {
      const member = route.groups[index]?.pick(message);
      if (member === undefined) continue;
      offered++;
      // a copy of its own, with its own identifier [MQTT-3.3.4-5]; to nobody else from now on [MQTT-4.8.2-5]
      member.destination.deliver(message, member.grant, acceptance);
    }
    acceptance.seal(offered === 0 ? ReasonCode.noMatchingSubscribers : ReasonCode.success);
  }

  #subscribeAlone(destination: Destination, filter: string, options: SubscriptionOptions): boolean {
    let own = this.#subscriptions.get(destination);
    if (own === undefined) {
      own = new SmallMap();
      this.#subscriptions.set(destination, own);
    }
    const before = own.get(filter);
    if (before) {
      before.options = options;
      return false;
    }
    const subscription = { destination, order: this.#nextOrder++, options };
    own.set(filter, subscription);
    this.#tree.add(filter, subscription);
    return true;
  }

  #unsubscribeAlone(destination: Destination, filter: string): boolean {
    const own = this.#subscriptions.get(destination);
    const subscription = own?.get(filter);
    if (own === undefined || subscription === undefined) return false;
    own.delete(filter);
    if (own.size === 0) this.#subscriptions.delete(destination);
    return this.#tree.remove(filter, subscription);
  }

  #join(destination: Destination, filter: string, options: SubscriptionOptions): boolean {
    const parsed = parseFilter(filter);
    let group = this.#groups.get(filter);
    if (group === undefined) {
      group = new SharedGroup(parsed.shareName, this.#shared);
      this.#groups.set(filter, group);
      this.#tree.add(parsed.filter, group);
    }
    return group.join(destination, options);
  }

  #leave(destination: Destination, filter: string): boolean {
    const group = this.#groups.get(filter);
    if (!group?.leave(destination)) return false;
    if (group.size === 0) {
      this.#groups.delete(filter);
      this.#tree.remove(parseFilter(filter).filter, group);
    }
    return true;
  }

  #qosOf(destination: Destination, filter: string, shareName: string): Qos | undefined {
    if (shareName !== unshared) return this.#groups.get(filter)?.qosOf(destination);
    return this.#subscriptions.get(destination)?.get(filter)?.options.qos;
  }

  *#allInterests(): Generator<Interest, void, void> {
    for (const [destination, own] of this.#subscriptions) {
      for (const filter of own.keys()) {
        const qos = own.get(filter)?.options.qos;
        if (qos !== undefined) yield { destination, filter, qos };
      }
    }
    for (const [name, group] of this.#groups) {
      const { filter } = parseFilter(name);
      for (const { destination, grant } of group.members) yield { destination, filter, qos: grant.qos };
    }
  }

  /** Whatever was found out about topics is void. */
  #changed(): void {
    this.#generation++;
    // to clear an empty map makes another one, and connects come by thousands
    if (this.#routes.size === 0) return;
    this.#routes.clear();
    this.#takerIds.clear();
    this.#runStops.clear();
  }

  /** One list for the same stops, so that topics that go the same way can be told by comparing lists. */
  #intern(stops: readonly RunStop[] | undefined): readonly RunStop[] | undefined {
    if (stops === undefined) return undefined;
    const ids = stops.map(({ taker, qos }) => {
      const id = this.#takerIds.get(taker) ?? this.#takerIds.size;
      this.#takerIds.set(taker, id);
      return `${id}:${qos}`;
    });
    const key = ids.join();
    const known = this.#runStops.get(key);
    if (known === undefined) this.#runStops.set(key, stops);
    return known ?? stops;
  }

  #findRoute(topic: string): Route {
    const found: Subscriber[] = [];
    this.#tree.match(topic, found); // [MQTT3-3.3.2-3]
    const byDestination = new Map<Destination, Subscription[]>();
    const groups: SharedGroup[] = [];
    for (const subscriber of found) {
      if (subscriber instanceof SharedGroup) groups.push(subscriber);
      else if (!subscriber.options.isWithheld?.(topic)) {
        const own = byDestination.get(subscriber.destination);
        if (own) own.push(subscriber);
        else byDestination.set(subscriber.destination, [subscriber]);
      }
    }
    const stops: Stop[] = [];
    for (const [destination, own] of byDestination) {
      const hasNoLocal = own.some((one) => one.options.isNoLocal);
      stops.push({ destination, subscriptions: own, grant: grantOf(own), hasNoLocal });
    }
    stops.sort((one, other) => orderOf(one) - orderOf(other));
    const route = { stops, groups, runStops: groups.length === 0 ? this.#intern(runStopsOf(stops, topic)) : undefined };
    if (this.#routes.size >= this.#routesMax) this.#changed();
    this.#routes.set(topic, route);
    return route;
  }
}

function runStopsOf(stops: readonly Stop[], topic: string): readonly RunStop[] | undefined {
  const runStops: RunStop[] = [];
  const origins = new Set(stops.map(({ destination }) => destination.origin));
  // two rules of one bridge take turns, message by message
  if (origins.size < stops.length) return undefined;
  for (const { destination, grant, hasNoLocal } of stops) {
    const taker = destination.runTakerOf?.(topic) ?? destination.runTaker;
    if (taker === undefined || hasNoLocal || grant.identifiers !== undefined) return undefined;
    runStops.push({ taker, qos: grant.qos });
  }
  return runStops;
}

function orderOf(stop: Stop): number {
  return stop.subscriptions.reduce((first, one) => Math.min(first, one.order), Number.POSITIVE_INFINITY);
}

function grantOf(subscriptions: readonly { readonly options: SubscriptionOptions }[]): Grant {
  const grant: Grant = { qos: 0, isRetainAsPublished: false, identifiers: undefined };
  const identifiers: number[] = [];
  for (const { options } of subscriptions) {
    if (options.qos > grant.qos) grant.qos = options.qos;
    if (options.isRetainAsPublished) grant.isRetainAsPublished = true;
    if (options.identifier > 0) identifiers.push(options.identifier);
  }
  if (identifiers.length > 0) grant.identifiers = identifiers;
  return grant;
}

/** Whether a QoS 2 message is to come again: whoever took it now would get it twice. A will does not come again. */
function isSentBack(stops: readonly Stop[], message: Message): boolean {
  if (message.qos !== 2 || message.origin.kind === 'will') return false;
  return stops.some(({ destination, grant, hasNoLocal }) => {
    const isAsked = !hasNoLocal || message.origin !== destination.origin;
    return isAsked && destination.isFullFor?.(message, grant) === true;
  });
}

function offer(stop: Stop, message: Message, acceptance: Acceptance): boolean {
  if (stop.hasNoLocal && message.origin === stop.destination.origin) {
    // [MQTT-3.8.3-3] what the destination itself published only counts for subscriptions without no-local
    const rest = stop.subscriptions.filter((one) => !one.options.isNoLocal);
    if (rest.length === 0) return false;
    stop.destination.deliver(message, grantOf(rest), acceptance);
    return true;
  }
  stop.destination.deliver(message, stop.grant, acceptance);
  return true;
}
