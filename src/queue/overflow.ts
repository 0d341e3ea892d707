// What a full queue does, and the reasons for which a message is dropped. Every drop in
// Viaduct names one of these reasons and is counted under it: in = delivered +
// dropped(reason) + queued.

/**
 * What gives way when a queue is full: its oldest message, or the one that comes. `priority`: the oldest of the lowest
 * class, see `QueueShare`. `latest`: of each topic only the last unread message waits, full or not, and then the oldest
 * gives way. `block`: nothing, publishers wait; see `Intake`.
 */
export type OverflowPolicy = 'oldest' | 'newest' | 'priority' | 'latest' | 'block';

/** Whether the oldest unread message of a full queue gives way. */
export function givesWayOldest(policy: OverflowPolicy): boolean {
  return policy === 'oldest' || policy === 'priority' || policy === 'latest';
}

/** Every reason for which a message is not delivered. */
export const dropReasons = [
  'queue-full',
  'memory-full',
  'disk-full',
  'damaged',
  'replaced',
  'expired',
  'too-old',
  'too-large',
  'qos-0-offline',
  'qos-0-congested',
  'refused',
  'denied',
  'dead-letter',
  'duplicate',
  'unsupported',
  'bad-topic',
  'loop',
  'sampled',
  'unchanged',
  'too-soon',
  'session-ended',
  'passed-on',
  'removed',
] as const;

/** Why a message was dropped. */
export type DropReason = (typeof dropReasons)[number];
