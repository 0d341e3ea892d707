// ApiReplayTypes: the shapes of what a bridge keeps of what it has delivered, and of its replay, over
// `/api/v1/bridges/NAME/replay`. Types only; the conventions stand in `api-types.ts`.
// Bounded: one replay a bridge.

/** GET /bridges/NAME/replay: what is kept, and the replay that is underway or was the last. */
export interface ReplayReply {
  /** Whether anything is kept: there are `replay` of the bridge and `data.dir`. */
  readonly isKeeping: boolean;
  /** How long, in ms, and how many bytes are kept at most. */
  readonly ageMsMax: number;
  readonly bytesMax: number;
  readonly kept: KeptView;
  readonly run?: ReplayRunView;
}

/** What is kept, in numbers. */
export interface KeptView {
  readonly count: number;
  readonly bytes: number;
  /** When the oldest and the newest were delivered, to the second; absent where the clock was not set. */
  readonly oldestAt?: number;
  readonly newestAt?: number;
  /** Since the start: those that went again, and those that were not kept. */
  readonly forgotten: number;
  readonly unkept: number;
}

/** One replay. */
export interface ReplayRunView {
  readonly id: number;
  readonly terms: ReplayTermsView;
  readonly state: 'running' | 'waiting' | 'done' | 'cancelled';
  /** What it waits for, in words. */
  readonly detail?: string;
  readonly counts: {
    readonly queued: number;
    readonly expired: number;
    readonly unmatched: number;
    readonly refused: number;
    readonly damaged: number;
  };
  /** How much of what was kept it has been through, 0 to 1. */
  readonly share: number;
  readonly startedAt: number;
  readonly endedAt?: number;
}

/** What is delivered again, where, and how fast. */
export interface ReplayTermsView {
  readonly from?: number;
  readonly until?: number;
  readonly topic?: string;
  readonly target: string;
  readonly rate?: number;
}

/**
 * POST /bridges/NAME/replay begins one; with `isDryRun` it only counts. Times are ms since 1970; `topic` is a filter on
 * topics here or at the remote; `target` another bridge, default this one; `rate` messages a second.
 */
export interface ReplayRequest {
  readonly from?: number;
  readonly until?: number;
  readonly topic?: string;
  readonly target?: string;
  readonly rate?: number;
  readonly isDryRun?: boolean;
}

/** The answer to it: the replay that began, or what it would deliver. */
export interface ReplayStarted {
  readonly run?: ReplayRunView;
  readonly preview?: {
    readonly messages: number;
    /** Of their payloads. */
    readonly bytes: number;
    readonly damaged: number;
  };
}
