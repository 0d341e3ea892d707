// KeptBack: whether what waits for a device may still come to it, when rules have changed meanwhile. A message is kept
// back when every subscription that matches it is suspended, or has its topic withheld; what came through one that was
// ended since still comes, as the standard allows. Looked at only while something is suspended or withheld.
// Bounded by the subscriptions of the session.

import type { SmallMap } from '../../protocol/topic/small-map.ts';
import { filterMatches, parseFilter } from '../../protocol/topic/topic-filter.ts';
import type { SubscriptionOptions } from '../router/destination.ts';

/** What a session subscribed to. */
export interface Granted {
  readonly subscriptions: SmallMap<SubscriptionOptions>;
  /** Of these, the filters that are not allowed any more. */
  readonly suspended: ReadonlySet<string> | undefined;
}

/** Whether there is anything that a session may not get of what it subscribed to. */
export function isRestricted({ subscriptions, suspended }: Granted): boolean {
  if (suspended !== undefined && suspended.size > 0) return true;
  for (const filter of subscriptions.keys()) {
    if (subscriptions.get(filter)?.isWithheld !== undefined) return true;
  }
  return false;
}

/** Whether a message to a topic, which was queued before, must not come to the session any more. */
export function isKeptBack({ subscriptions, suspended }: Granted, topic: string): boolean {
  let isKept = false;
  for (const filter of subscriptions.keys()) {
    if (!filterMatches(parseFilter(filter).filter, topic)) continue;
    isKept = suspended?.has(filter) === true || subscriptions.get(filter)?.isWithheld?.(topic) === true;
    if (!isKept) return false;
  }
  return isKept;
}
