// Shared subscriptions (5.0 section 4.8): one group for each share name and filter, in which every message goes to one
// member [MQTT-4.8.2-3]. Its strategy says to which; one that cannot take a message at once is passed over while
// another can.
//
//   round-robin   members take turns                    hash-client-id  one member for each publisher
//   sticky        one member as long as it is there     hash-topic      one member for each topic
//   random        any                                   local           turns, devices of this broker first
//
// Bounded by the number of subscriptions, which their owners bound.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { textHash } from '../base/text-hash.ts';
import type { Message } from '../message/message.ts';
import { Acceptance } from './acceptance.ts';
import type { Destination, Grant, SubscriptionOptions } from './destination.ts';

/** The strategies that there are. */
export const sharedStrategies = ['round-robin', 'sticky', 'random', 'hash-client-id', 'hash-topic', 'local'] as const;

/** How a group chooses who gets a message. */
export type SharedStrategy = (typeof sharedStrategies)[number];

/** How groups choose. */
export interface SharedOptions {
  /** Default round-robin. */
  readonly strategy: SharedStrategy;
  /** By share name, where another one than `strategy` holds. */
  readonly strategies?: ReadonlyMap<string, SharedStrategy>;
  /** A number from 0 to below 1; needed for `random`, and for where a sticky group begins. Default: always 0. */
  readonly random?: () => number;
}

/** A member of a group, and what it asked for. */
export interface GroupMember {
  readonly destination: Destination;
  grant: Grant;
}

/** All members of one `$share/name/filter`. */
export class SharedGroup {
  readonly shareName: string;
  readonly #strategy: SharedStrategy;
  readonly #random: () => number;
  readonly #members: GroupMember[] = [];
  #turn = 0;
  #chosen: GroupMember | undefined;

  constructor(shareName: string, options: SharedOptions) {
    this.shareName = shareName;
    this.#strategy = options.strategies?.get(shareName) ?? options.strategy;
    this.#random = options.random ?? (() => 0);
  }

  /** How many members there are. */
  get size(): number {
    return this.#members.length;
  }

  /** The members, in the order in which they joined. */
  get members(): readonly GroupMember[] {
    return this.#members;
  }

  /** The QoS that a member asked for; undefined if it is none. */
  qosOf(destination: Destination): Qos | undefined {
    return this.#members.find((one) => one.destination === destination)?.grant.qos;
  }

  /** Adds a member, or gives an old one new options. Returns whether it is new. */
  join(destination: Destination, options: SubscriptionOptions): boolean {
    const { qos, isRetainAsPublished, identifier } = options;
    const identifiers = identifier > 0 ? [identifier] : undefined;
    const grant = { qos, isRetainAsPublished, identifiers, group: this };
    const member = this.#members.find((one) => one.destination === destination);
    if (member) {
      member.grant = grant;
      return false;
    }
    this.#members.push({ destination, grant });
    return true;
  }

  /** Takes a member out. Returns whether it was one. */
  leave(destination: Destination): boolean {
    const index = this.#members.findIndex((one) => one.destination === destination);
    if (index < 0) return false;
    if (this.#chosen === this.#members[index]) this.#chosen = undefined;
    this.#members.splice(index, 1);
    if (this.#turn > index) this.#turn--;
    return true;
  }

  /** Who gets a message: the member that the strategy says if it is ready, else the next one that is, else itself. */
  pick(message: Message): GroupMember | undefined {
    switch (this.#strategy) {
      case 'round-robin':
        return this.#next();
      case 'sticky':
        return this.#stay();
      case 'random':
        return this.#readyFrom(Math.floor(this.#random() * this.#members.length));
      case 'hash-client-id':
        return this.#readyFrom(textHash(message.origin.name) % this.#members.length);
      case 'hash-topic':
        return this.#readyFrom(textHash(message.topic) % this.#members.length);
      case 'local':
        return this.#next('device') ?? this.#next();
      default: {
        const never: never = this.#strategy;
        return never;
      }
    }
  }

  /**
   * Gives a message to another member, because the session that had it is over. Returns whether there was one. Not for
   * QoS 2 messages that were sent [MQTT-4.8.2-5].
   */
  passOn(message: Message): boolean {
    const member = this.pick(message);
    member?.destination.deliver(message, member.grant, new Acceptance(nobody, 0));
    return member !== undefined;
  }

  /** The next member in turn that is ready, or simply the next if none is; of one kind, only one that is ready. */
  #next(kind?: 'device'): GroupMember | undefined {
    const count = this.#members.length;
    for (let step = 0; step < count; step++) {
      const index = (this.#turn + step) % count;
      const member = this.#members[index];
      const isOfKind = kind === undefined || member?.destination.origin.kind === kind;
      if (!isOfKind || !member?.destination.isReady) continue;
      this.#turn = (index + 1) % count;
      return member;
    }
    if (kind !== undefined || count === 0) return undefined;
    const member = this.#members[this.#turn % count];
    this.#turn = (this.#turn + 1) % count;
    return member;
  }

  #stay(): GroupMember | undefined {
    if (this.#chosen?.destination.isReady) return this.#chosen;
    this.#chosen = this.#readyFrom(Math.floor(this.#random() * this.#members.length));
    return this.#chosen;
  }

  #readyFrom(start: number): GroupMember | undefined {
    const count = this.#members.length;
    for (let step = 0; step < count; step++) {
      const member = this.#members[(start + step) % count];
      if (member?.destination.isReady) return member;
    }
    return this.#members[start];
  }
}

/** Nobody waits for the acknowledgement of a message that is passed on: its publisher had it long ago. */
const nobody = { accepted: (): void => undefined };
