// Degradations: what a remote that has accepted does not do, in words.
// Messages are delivered at less than was asked for, never dropped for it,
// and people are to know.
import type { PeerLimits } from '../../protocol/connection/limits.ts';
import { lowerQos } from '../../protocol/wire/protocol-version.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';

/** What is lowered for a remote with these limits; nothing while there is none. */
export function degradationsOf(limits: PeerLimits | undefined): readonly string[] {
  if (limits === undefined) return [];
  const found: string[] = [];
  const { maximumQos, isRetainAvailable } = limits;
  if (maximumQos < 2) found.push(`messages of a higher QoS are sent at ${maximumQos}: the remote takes no more`);
  if (!isRetainAvailable) found.push('retained messages are sent without the flag: the remote keeps none');
  return found;
}

/** A message of our own as such a remote takes it. */
export function loweredFor(limits: PeerLimits | undefined, delivery: Delivery): Delivery {
  const { maximumQos = 2, isRetainAvailable = true } = limits ?? {};
  return { ...delivery, qos: lowerQos(delivery.qos, maximumQos), retain: delivery.retain && isRetainAvailable };
}
