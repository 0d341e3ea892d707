// SessionQueue: the queue of a session that outlives the process, and what goes with the messages that wait for a
// device: the identifiers of the subscriptions that brought them, in memory and in the journal, and what each of them
// takes of the bytes that may be underway. Bounded by the subscriptions of the session and the limits of its queue.
import type { Session } from '../../protocol/session/session.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import type { Storage } from '../queue/storage.ts';
import { StoredFlows } from '../queue/stored-flows.ts';
import { StoredQueue } from '../queue/stored-queue.ts';
import type { StoredQueueParts, TagForm } from '../queue/stored-queue-parts.ts';
import { brokerDefaults } from './broker-options.ts';
import { queueNameOf } from './session-store.ts';

/** Subscription identifiers of one message; undefined for none. */
export type Identifiers = readonly number[] | undefined;

const noNumbers: readonly number[] = [];

/** Subscription identifiers go with each message. */
const identifiersForm: TagForm<Identifiers> = {
  keyOf: () => 0,
  numbersOf: (identifiers) => identifiers ?? noNumbers,
  tagOf: (_key, numbers) => (numbers === undefined || numbers.length === 0 ? undefined : numbers),
};

/** What the queue of a session in the journal works with. */
export type SessionQueueParts = Omit<StoredQueueParts<Identifiers>, 'name' | 'form' | 'storage'>;

/** The queue of a session, and its flows, as an earlier process left them. `windowMax`: what may be underway. */
export function openSessionQueue(
  storage: Storage,
  session: Session,
  windowMax: number,
  parts: SessionQueueParts,
): StoredQueue<Identifiers> {
  const name = queueNameOf(session.clientId);
  const queue = new StoredQueue<Identifiers>({ ...parts, storage, name, form: identifiersForm });
  const flows = new StoredFlows(storage, name, () => parts.durabilityOf(undefined) === 'synced');
  // an earlier process may have had a larger one
  const unsentFrom = queue.reach(Math.max(windowMax, brokerDefaults.sendWindowMax)) + 1;
  flows.restore(session, unsentFrom, (sequence) => queue.skip(sequence));
  return queue;
}

/** What a message takes of the bytes that may be underway to one device. */
export function bytesUnderway({ message: { payload, properties } }: Delivery): number {
  return payload.length + properties.length;
}
