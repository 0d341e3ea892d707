// JournalOptions: everything that a journal can be told, each with its unit, bound and default, in one place. The
// defaults suit a gateway: small writes soon, few syncs, and room left for others. Names of configuration keys live in
// `src/config`.
import type { Bytes } from '../../protocol/wire/bytes.ts';

/** Everything that a journal can be told. */
export interface JournalOptions {
  /** Where its files are; made if it is not there. One process at a time. */
  readonly directory: string;
  /** Bytes after which a new segment is begun, 64 KiB and up. Default 16 MiB. */
  readonly segmentBytes: number;
  /** A group is written when it has so many records ... Default 100. */
  readonly batchCount: number;
  /** ... or so many bytes ... Default 256 KiB. */
  readonly batchBytes: number;
  /** ... or when somebody has waited so long for it, in ms; 0 is the end of the turn. Default 2. */
  readonly batchMs: number;
  /** How long what nobody waits for (settled messages) may stay in memory, in ms. Default 100. */
  readonly lazyMs: number;
  /** How long what was written may stay unsynced when nobody asked for that, in ms. Default 1000. */
  readonly syncMs: number;
  /** Unsynced bytes that are kept in memory to be written again if a sync fails. Default 4 MiB. */
  readonly unsyncedBytesMax: number;
  /** Give segments their whole room when they are made: faster syncs, twice the bytes written. Default false. */
  readonly isPreallocated: boolean;
  /** Bytes of all segments at most; beyond it nothing new is taken. Default 4 GiB. */
  readonly bytesMax: number;
  /** Free bytes on the file system below which nothing new is taken. Default 64 MiB. */
  readonly reserveBytes: number;
  /** How often the free bytes are looked at, in ms. Default 5000. */
  readonly roomCheckMs: number;
  /** Waits between attempts after the disk has failed, in ms, doubling. Default 100 to 5000. */
  readonly retryMsMin: number;
  readonly retryMsMax: number;
  /** The share of a journal that may be needed by nobody before the cleaner moves what is, 0 to 1. Default 0.5. */
  readonly garbageShareMax: number;
  /** Bytes that the cleaner reads at a time. Default 256 KiB. */
  readonly cleanBytes: number;
  /** Bytes of the file into which damaged records are put; 0: they are only told. Default 1 MiB. */
  readonly quarantineBytesMax: number;
  /** 32 bytes: what is stored is encrypted. Default none. */
  readonly key?: Bytes;
}

/** The defaults. */
export const journalDefaults: Omit<JournalOptions, 'directory' | 'key'> = {
  segmentBytes: 16 * 1024 * 1024,
  batchCount: 100,
  batchBytes: 256 * 1024,
  batchMs: 2,
  lazyMs: 100,
  syncMs: 1000,
  unsyncedBytesMax: 4 * 1024 * 1024,
  isPreallocated: false,
  bytesMax: 4 * 1024 * 1024 * 1024,
  reserveBytes: 64 * 1024 * 1024,
  roomCheckMs: 5000,
  retryMsMin: 100,
  retryMsMax: 5000,
  garbageShareMax: 0.5,
  cleanBytes: 256 * 1024,
  quarantineBytesMax: 1024 * 1024,
};
