// A look at a queue in the journal from beside its receiver: everything is read from the disk, and nothing of it stays
// in memory.
// Bounded by `countMax` messages a look, and the pieces in which they are read.

import { emptyBytes } from '../../protocol/wire/bytes.ts';
import type { LogStream } from '../journal/log-stream.ts';
import type { EntryVisitor } from '../journal/reading.ts';
import { Message } from '../message/message.ts';
import type { QueueEntry, SeenEntry } from './message-queue.ts';
import type { StoredQueueParts } from './stored-queue-parts.ts';
import { readStored } from './stored-run.ts';

const pieceBytes = 256 * 1024;

/** What to look at. */
export interface BrowseTerms {
  readonly from: number;
  readonly countMax: number;
  /** Whether the message of a sequence was read, or has passed by, and is not acknowledged. */
  readonly isUnderway: (sequence: number) => boolean;
}

/** See `MessageQueue.browse`. */
export async function browseStored<Tag>(
  { storage, form, origin }: StoredQueueParts<Tag>,
  stream: LogStream,
  { from, countMax, isUnderway }: BrowseTerms,
): Promise<readonly SeenEntry<Tag>[]> {
  const seen: SeenEntry<Tag>[] = [];
  const visitor: EntryVisitor = {
    entry: (first, count, body, key) => {
      const stored = readStored(body, count, { origin, clock: storage.clock }) ?? [];
      for (const [index, { message, tags }] of stored.entries()) {
        const sequence = first + index;
        if (seen.length >= countMax) return;
        if (sequence < from || !stream.has(sequence)) continue;
        seen.push({ sequence, message, tag: form.tagOf(key, tags), isUnderway: isUnderway(sequence) });
      }
    },
    lost: () => undefined,
  };
  for (let at = from; seen.length < countMax && at < stream.nextSequence; ) {
    at = await storage.journal.read(stream, at, pieceBytes, visitor);
  }
  return seen;
}

/** The sequence with which the first `count` messages held end, as far as whole entries tell; 0 if there are none. */
export function reachOf(stream: LogStream, count: number): number {
  let [left, last] = [count, 0];
  stream.forEach((entry) => {
    if (left <= 0) return;
    left -= stream.heldIn(entry);
    last = entry.sequence + entry.count - 1;
  });
  return last;
}

/** Stands for a message of which only the place and the tag are at hand; undefined if none is held there. */
export function standInFor<Tag>(
  { form, origin }: StoredQueueParts<Tag>,
  stream: LogStream,
  sequence: number,
): QueueEntry<Tag> | undefined {
  const entry = stream.entryOf(sequence);
  if (entry === undefined) return undefined;
  const message = new Message({ topic: '', payload: emptyBytes, qos: 2, retain: false, origin });
  return { sequence, message, tag: form.tagOf(entry.tag, undefined), queuedAt: 0 };
}

/** The index of the first entry from `head` on with at least a sequence. */
export function placeIn(front: readonly { readonly sequence: number }[], head: number, sequence: number): number {
  let [low, high] = [head, front.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((front[middle]?.sequence ?? 0) < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
