// JournalStatus: one moment of a journal, the same for the API, the log and the command. A journal that cannot store
// says why, and heals by itself.
//
//   open --write or sync fails--> failing --a new segment takes everything--> open
//   open --free bytes under the reserve, or its own limit--> full --room again--> open        any --close--> closed

/** What a journal is up to, discriminated by `state`. Moments are ms of the monotonic clock. */
export type JournalState =
  | { readonly state: 'open' }
  | { readonly state: 'full'; readonly since: number; readonly detail: string }
  | { readonly state: 'failing'; readonly since: number; readonly detail: string; readonly attempts: number }
  | { readonly state: 'closed' };

/** A journal, now. */
export interface JournalStatus {
  readonly state: JournalState;
  readonly directory: string;
  readonly segments: number;
  /** Bytes of all records, and of those that are needed. */
  readonly bytes: number;
  readonly liveBytes: number;
  readonly streams: number;
  /** Groups written, records in them, their bytes, and syncs: since the journal was opened. */
  readonly groups: number;
  readonly records: number;
  readonly bytesWritten: number;
  readonly syncs: number;
  /** Bytes that the cleaner has moved. */
  readonly bytesMoved: number;
  /** Segments given up because a write or a sync failed. */
  readonly abandoned: number;
  /** How often the disk did not read what waits there; each is tried again. */
  readonly unreadable: number;
  /** Damaged places that were found, at the start and since. */
  readonly quarantined: number;
}

/** Damage: a record that was written, and cannot be read any more or is not what it should be. */
export interface Damage {
  readonly path: string;
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
  /** What is wrong, for a person. */
  readonly detail: string;
}

/** Whoever wants to hear of what happens to a journal. Synchronous. */
export interface JournalListener {
  /** The state has changed. */
  stateChanged?(state: JournalState): void;
  /** A damaged record was put aside. */
  damaged?(damage: Damage): void;
  /** The end of the journal was written only in part, as a crash leaves it: nobody was promised that. */
  tailCut?(tail: Damage): void;
  /** An old segment could not be read or removed; what is stored is not touched by that, and it is tried again. */
  troubled?(detail: string): void;
  /** What waits cannot be read, in words with file and offset; it is tried again, and told again once it has worked. */
  unreadable?(detail: string): void;
  /** Recovery goes on: bytes read and bytes to read. */
  progressed?(bytes: number, total: number): void;
}
