// StoredAside: messages of a queue in the journal that are wanted before their turn, while those before them stay on
// the disk: the piece in which the last of them stood.
//
// Bounded by one piece of `readPiece`.
import type { LogStream } from '../journal/log-stream.ts';
import type { QueueEntry } from './message-queue.ts';
import { type PieceTerms, readPiece, type StoredPiece } from './stored-piece.ts';
import type { StoredQueueParts } from './stored-queue-parts.ts';

/** The messages of one queue that were read out of their turn. */
export class StoredAside<Tag> {
  /** Whether a piece is being read. */
  isReading = false;
  readonly #parts: StoredQueueParts<Tag>;
  readonly #stream: LogStream;
  #found: ReadonlyMap<number, QueueEntry<Tag>> = new Map();

  constructor(parts: StoredQueueParts<Tag>, stream: LogStream) {
    this.#parts = parts;
    this.#stream = stream;
  }

  /** A message that was read; whether it is still held is not known here. */
  get(sequence: number): QueueEntry<Tag> | undefined {
    return this.#found.get(sequence);
  }

  /** Reads the piece that begins with a message. Returns the damaged ones; rejects with StorageError. */
  async read(terms: PieceTerms): Promise<StoredPiece<Tag>['lost']> {
    this.isReading = true;
    try {
      const { found, lost } = await readPiece(this.#parts, this.#stream, terms);
      this.#found = new Map(found.map((entry) => [entry.sequence, entry]));
      return lost;
    } finally {
      this.isReading = false;
    }
  }
}
