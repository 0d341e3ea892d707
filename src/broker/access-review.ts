// AccessReview: what new rules, or another user, mean for subscriptions that are there. One that is not
// allowed any more is suspended: nothing new comes for it, but the device need not know; it goes on
// when it is allowed again. What was queued before stays queued.
//
// Where somebody else must be asked (HTTP), a subscription stays as it was granted.
import type { BrokerRooms } from './broker-rooms.ts';
import type { DeviceSession } from './device-session.ts';

/** Looks at all subscriptions of a session. */
export function reviewSubscriptions({ access, router, log }: BrokerRooms, session: DeviceSession): void {
  const { identity } = session;
  if (identity === undefined) return;
  for (const filter of [...session.subscriptions.keys()]) {
    const options = session.subscriptions.get(filter);
    if (options === undefined) continue;
    const decision = access.maySubscribe(identity, filter);
    if (decision instanceof Promise) continue;
    const { isAllowed, isWithheld } = decision;
    const isSuspended = session.suspended?.has(filter) === true;
    if (isAllowed === !isSuspended && isWithheld === undefined && options.isWithheld === undefined) continue;
    if (isAllowed) {
      const changed = { ...options, isWithheld };
      session.subscriptions.set(filter, changed);
      session.suspended?.delete(filter);
      router.subscribe(session, filter, changed);
    } else if (!isSuspended) {
      session.suspended ??= new Set();
      session.suspended.add(filter);
      router.unsubscribe(session, filter);
      session.forgetReplay(filter);
      log.info({ clientId: identity.clientId, filter }, 'subscription suspended: the rules do not allow it any more');
    }
  }
}
