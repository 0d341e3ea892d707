// Unrest: what keeps a world from coming to rest, in words.
import type { SimBroker } from './sim-brokers.ts';
import type { SimDevice } from './sim-device.ts';

/** Who lives in a world. */
export interface Restless {
  readonly devices: ReadonlyMap<string, SimDevice>;
  readonly brokers: ReadonlyMap<string, SimBroker>;
}

/** Everybody who is not ready or has something underway. */
export function unrestOf(world: Restless, isSubscribed: boolean, areAllKnown: boolean): string {
  const devices = [...world.devices.values()].filter((one) => !one.isReady || one.pendingCount > 0);
  const brokers = [...world.brokers.values()].filter((one) => !one.isReady || one.queued > 0);
  return [
    ...devices.map(({ plan, isReady, pendingCount }) => `${plan.name} ready ${isReady}, ${pendingCount} pending`),
    ...brokers.map(({ name, isReady, queued }) => `${name} ready ${isReady}, ${queued} queued`),
    isSubscribed ? '' : 'subscriptions are missing',
    areAllKnown ? '' : 'connections are missing or too many',
  ].join('; ');
}
