// A piece of a queue in the journal, read from the disk: the messages in it, and those that are damaged. It knows
// nothing of what has become of them since.
// Bounded by `pieceBytes`, or one record that is larger.
import type { LogStream } from '../journal/log-stream.ts';
import type { DamagedRecord } from '../journal/quarantine.ts';
import type { QueueEntry } from './message-queue.ts';
import type { StoredQueueParts } from './stored-queue-parts.ts';
import { readStored } from './stored-run.ts';

const pieceBytes = 256 * 1024;

/** What is wrong with a record that is whole. */
const strangeRecord = 'the record passes its checksum and holds no message';

/** Where a piece begins, and what is known of messages there. */
export interface PieceTerms {
  readonly from: number;
  /** The first sequence that no earlier process had. */
  readonly newFrom: number;
  /** See `QueueEntry.queuedAt`: for messages of earlier processes that do not tell. */
  readonly openedAt: number;
}

/** What was read. */
export interface StoredPiece<Tag> {
  readonly found: readonly QueueEntry<Tag>[];
  /** Sequences of damaged messages, whose records are put aside. */
  readonly lost: ReadonlySet<number>;
  /** Where the next piece begins. */
  readonly end: number;
}

/** Reads a piece, and puts aside what is damaged. Rejects with StorageError. */
export async function readPiece<Tag>(
  { storage, form, origin }: StoredQueueParts<Tag>,
  stream: LogStream,
  { from, newFrom, openedAt }: PieceTerms,
): Promise<StoredPiece<Tag>> {
  const found: QueueEntry<Tag>[] = [];
  const lost = new Map<number, string>();
  const damaged = (sequence: number, count: number, detail: string): void => {
    for (let at = 0; at < count; at++) lost.set(sequence + at, detail);
  };
  const end = await storage.journal.read(stream, from, pieceBytes, {
    entry: (sequence, count, body, key) => {
      const isOurs = sequence >= newFrom;
      const stored = readStored(body, count, { origin, clock: storage.clock, isOurs });
      if (stored === undefined) return damaged(sequence, count, strangeRecord);
      for (const [index, { message, tags, queuedAt }] of stored.entries()) {
        const since = isOurs ? queuedAt : queuedAt || openedAt;
        found.push({ sequence: sequence + index, message, tag: form.tagOf(key, tags), queuedAt: since });
      }
    },
    lost: (sequence, count) => damaged(sequence, count, 'the record cannot be read'),
  });
  if (lost.size > 0) await storage.journal.quarantine(recordsOf(stream, lost));
  return { found, lost: new Set(lost.keys()), end };
}

/** The records that hold messages, each once. */
function recordsOf(stream: LogStream, lost: ReadonlyMap<number, string>): readonly DamagedRecord[] {
  const records = new Map<number, DamagedRecord>();
  for (const [sequence, detail] of lost) {
    const entry = stream.entryOf(sequence);
    if (entry) records.set(entry.position, { position: entry.position, size: entry.size, detail });
  }
  return [...records.values()];
}
