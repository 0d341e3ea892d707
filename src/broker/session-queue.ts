// SessionQueue: what goes with the messages that wait for a device: the identifiers of the subscriptions that brought
// them, in memory and in the journal, and what each of them takes of the bytes that may be underway. Bounded by the
// subscriptions of the session.
import type { Delivery } from '../../protocol/wire/publishable.ts';
import type { TagForm } from '../queue/stored-queue-parts.ts';

/** Subscription identifiers of one message; undefined for none. */
export type Identifiers = readonly number[] | undefined;

const noNumbers: readonly number[] = [];

/** Subscription identifiers go with each message. */
export const identifiersForm: TagForm<Identifiers> = {
  keyOf: () => 0,
  numbersOf: (identifiers) => identifiers ?? noNumbers,
  tagOf: (_key, numbers) => (numbers === undefined || numbers.length === 0 ? undefined : numbers),
};

/** What a message takes of the bytes that may be underway to one device. */
export function bytesUnderway({ message: { payload, properties } }: Delivery): number {
  return payload.length + properties.length;
}
