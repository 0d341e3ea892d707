// Shared subscriptions (5.0 section 4.8): one group for each share name and filter, in which every message goes to one
// member. Members take turns; one that cannot take a message at once is passed over while another can.
// Bounded by the number of subscriptions, which their owners bound.
import type { Destination, SubscriptionOptions } from './destination.ts';

/** A member of a group, and what it asked for [MQTT-4.8.2-3]. */
export interface GroupMember {
  readonly destination: Destination;
  options: SubscriptionOptions;
}

/** All members of one `$share/name/filter`. */
export class SharedGroup {
  readonly shareName: string;
  readonly #members: GroupMember[] = [];
  #turn = 0;

  constructor(shareName: string) {
    this.shareName = shareName;
  }

  /** How many members there are. */
  get size(): number {
    return this.#members.length;
  }

  /** Adds a member, or gives an old one new options. Returns whether it is new. */
  join(destination: Destination, options: SubscriptionOptions): boolean {
    const member = this.#members.find((one) => one.destination === destination);
    if (member) {
      member.options = options;
      return false;
    }
    this.#members.push({ destination, options });
    return true;
  }

  /** Takes a member out. Returns whether it was one. */
  leave(destination: Destination): boolean {
    const index = this.#members.findIndex((one) => one.destination === destination);
    if (index < 0) return false;
    this.#members.splice(index, 1);
    if (this.#turn > index) this.#turn--;
    return true;
  }

  /** The member whose turn it is: the next one that is ready, or simply the next if none is. */
  pick(): GroupMember | undefined {
    const count = this.#members.length;
    for (let step = 0; step < count; step++) {
      const index = (this.#turn + step) % count;
      const member = this.#members[index];
      if (member?.destination.isReady) {
        this.#turn = (index + 1) % count;
        return member;
      }
    }
    const member = this.#members[this.#turn % Math.max(count, 1)];
    this.#turn = (this.#turn + 1) % Math.max(count, 1);
    return member;
  }
}
