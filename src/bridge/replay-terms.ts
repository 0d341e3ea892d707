// ReplayTerms: what of the kept messages of a bridge is to be delivered again, where and how fast, and what has become
// of it; and the form in which that outlives the process.
// Bounded by who asks: a filter and a rate.
import { type Bytes, bytesOfText, textOfBytes } from '../../protocol/wire/bytes.ts';

/** What to deliver again. */
export interface ReplayTerms {
  /** When it was delivered, in ms since 1970; absent: from the beginning, or to the end. */
  readonly from?: number;
  readonly until?: number;
  /** A filter on topics, those here or those at the remote; absent: all. */
  readonly topic?: string;
  /** The bridge that delivers it. */
  readonly target: string;
  /** Messages a second, 1 to 1000000; absent: as fast as the target takes them. */
  readonly rate?: number;
}

/** What has become of the messages that were wanted. */
export interface ReplayCounts {
  /** In the queue of the target, or gone from there already. */
  readonly queued: number;
  /** Their message expiry interval is over. */
  readonly expired: number;
  /** No rule of the target takes them. */
  readonly unmatched: number;
  /** The target does not take them even with an empty queue: they are too large. */
  readonly refused: number;
  /** They cannot be read any more. */
  readonly damaged: number;
}

/** Whether it goes on, and if not, how it ended. */
export type ReplayState = 'running' | 'waiting' | 'done' | 'cancelled';

/** One replay. */
export interface ReplayRun {
  readonly id: number;
  readonly terms: ReplayTerms;
  readonly state: ReplayState;
  /** What it waits for, or why it failed, in words. */
  readonly detail?: string;
  readonly counts: ReplayCounts;
  /** How much of what was kept it has been through, 0 to 1. */
  readonly share: number;
  /** When it began, and ended, in ms since 1970. */
  readonly startedAt: number;
  readonly endedAt?: number;
}

/** What is kept, in numbers. */
export interface KeptStatus {
  readonly count: number;
  readonly bytes: number;
  /** When the oldest and the newest were delivered, in ms since 1970, to the second; absent where nobody knows. */
  readonly oldestAt?: number;
  readonly newestAt?: number;
  /** Since the start: those that went again, and those that were not kept, for want of room. */
  readonly forgotten: number;
  readonly unkept: number;
}

/** What is kept, and the replay that is underway or was the last. */
export interface ReplayStatus {
  /** How long, in ms, and how many bytes. */
  readonly ageMsMax: number;
  readonly bytesMax: number;
  readonly kept: KeptStatus;
  readonly run?: ReplayRun;
}

/** A replay with the sequences that are left. */
export interface StoredReplay extends Omit<ReplayRun, 'share'> {
  readonly first: number;
  readonly next: number;
  readonly end: number;
}

/** Nothing has happened yet. */
export const noCounts: ReplayCounts = { queued: 0, expired: 0, unmatched: 0, refused: 0, damaged: 0 };

/** Whether a replay has not ended. */
export function isUnderway({ state }: Pick<ReplayRun, 'state'>): boolean {
  return state === 'running' || state === 'waiting';
}

/** A replay as a value of the journal. */
export function replayBytes(replay: StoredReplay): Bytes {
  return bytesOfText(JSON.stringify(replay));
}

/** A replay out of a value; undefined for what is none. */
export function readReplay(value: Bytes): StoredReplay | undefined {
  const parsed: unknown = JSON.parse(textOfBytes(value));
  return isReplay(parsed) ? parsed : undefined;
}

function isReplay(value: unknown): value is StoredReplay {
  if (typeof value !== 'object' || value === null) return false;
  const { id, terms, state, counts, first, next, end }: Partial<Record<keyof StoredReplay, unknown>> = value;
  const areNumbers = [id, first, next, end].every((one) => typeof one === 'number');
  return areNumbers && typeof terms === 'object' && typeof counts === 'object' && typeof state === 'string';
}

/** The name of the stream of the replay of a bridge. */
export function replayOwnerOf(bridge: string): string {
  return `bridge/${bridge}:replay`;
}
