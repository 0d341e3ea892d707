// Road: what two nodes have between them. Data that faults change while lines are on it.

/** The way between two nodes, both directions. Faults change it while lines are on it. */
export interface Road {
  latencyMsMin: number;
  latencyMsMax: number;
  /** Largest chunk that arrives at once. */
  chunkBytes: number;
  /** Least time between two chunks, in ms. */
  spacingMs: number;
  /** Nothing passes, and what is sent waits. */
  isClosed: boolean;
  /** Nobody gets through to the listener. */
  isRefusing: boolean;
}

/** A road without faults. */
export const openRoad: Road = {
  latencyMsMin: 0,
  latencyMsMax: 0,
  chunkBytes: Number.POSITIVE_INFINITY,
  spacingMs: 0,
  isClosed: false,
  isRefusing: false,
};
