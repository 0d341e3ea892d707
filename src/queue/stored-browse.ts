// A look at a queue in the journal from beside its receiver: everything is read from the disk, and nothing of it stays
// in memory.
// Bounded by `countMax` messages a look, and the pieces in which they are read.
import type { LogStream } from '../journal/log-stream.ts';
import type { EntryVisitor } from '../journal/reading.ts';
import type { SeenEntry } from './message-queue.ts';
import { readMessage } from './stored-message.ts';
import type { StoredQueueParts } from './stored-queue-parts.ts';

const pieceBytes = 256 * 1024;

/** What to look at. */
export interface BrowseTerms {
  readonly from: number;
  readonly countMax: number;
  /** By sequence, what was read and is not acknowledged. */
  readonly underway: ReadonlyMap<number, unknown>;
}

/** See `MessageQueue.browse`. */
export async function browseStored<Tag>(
  { storage, form, origin }: StoredQueueParts<Tag>,
  stream: LogStream,
  { from, countMax, underway }: BrowseTerms,
): Promise<readonly SeenEntry<Tag>[]> {
  const seen: SeenEntry<Tag>[] = [];
  const visitor: EntryVisitor = {
    entry: (sequence, _count, body, key) => {
      if (seen.length >= countMax || !stream.has(sequence)) return;
      const { message, tags } = readMessage(body, origin, storage.clock);
      seen.push({ sequence, message, tag: form.tagOf(key, tags), isUnderway: underway.has(sequence) });
    },
    lost: () => undefined,
  };
  for (let at = from; seen.length < countMax && at < stream.nextSequence; ) {
    at = await storage.journal.read(stream, at, pieceBytes, visitor);
  }
  return seen;
}
