// SharedMessages: which messages in a session's queue came to it as one of a group, by their sequence, and from which
// group. Should the session end, or not be allowed to have them any more, the group gives them to another member; but
// whatever was sent at QoS 2 is nobody else's [MQTT-4.8.2-5].
// Bounded by the queue. Made with the first such message.
import type { SendEntry } from '../../protocol/session/send-entry.ts';
import type { Message } from '../message/message.ts';
import type { ShareGroup } from '../router/destination.ts';

/** What becomes of messages that others might have. */
export interface SharedOwner {
  /** Takes a message out of the queue; undefined if it is not there. */
  takeOut(sequence: number): Message | undefined;
  /** It has gone to another member, or to nobody. */
  passedOn(isTaken: boolean): void;
}

/** The messages of groups in one queue. */
export class SharedMessages {
  readonly #groups = new Map<number, ShareGroup>();

  /** A group chose this session for a message. */
  add(sequence: number, group: ShareGroup): void {
    this.#groups.set(sequence, group);
  }

  /** A message is settled, or gone. Returns the group that it came from. */
  remove(sequence: number): ShareGroup | undefined {
    const group = this.#groups.get(sequence);
    this.#groups.delete(sequence);
    return group;
  }

  /** The session ends: all go to other members, but for what was sent at QoS 2. */
  passOn(underway: readonly SendEntry[], owner: SharedOwner): void {
    const sentOnce = new Set(underway.filter(({ delivery }) => delivery.qos === 2).map(({ token }) => token));
    for (const [sequence, group] of this.#groups) {
      const message = sentOnce.has(sequence) ? undefined : owner.takeOut(sequence);
      if (message) owner.passedOn(group.passOn(message));
    }
    this.#groups.clear();
  }
}
