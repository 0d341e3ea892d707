// Expiry: intervals in seconds, as the wire has them, against deadlines in ms of the monotonic
// clock, as Viaduct has them. A deadline of 0 means never; a message that is underway does not
// expire any more.
import type { Publishable } from '../wire/publishable.ts';

/**
 * The deadline of a message that came with an expiry interval in seconds; 0, never, for a negative one (there is none).
 */
export function messageDeadline(intervalSeconds: number, now: number): number {
  return intervalSeconds < 0 ? 0 : now + intervalSeconds * 1000;
}

/**
 * Whether a message is not to be delivered any more [MQTT-3.3.2-5]. At its deadline it still may be: an interval of 0
 * is for those who are there.
 */
export function isExpired(message: Publishable, now: number): boolean {
  return message.expiresAt !== 0 && message.expiresAt < now;
}
