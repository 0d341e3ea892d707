// Planner: what today's rates mean for a bridge's queue. How long an outage may last until the queue is full,
// and how long it takes to send what waits. Pure arithmetic over the last measured rates; no promise, and the
// page says so.

/** What a plan is made from: rates per second, sizes in messages and bytes. */
export interface PlanInput {
  /** Messages that the forward rules take in, per second. */
  readonly inRate: number;
  /** Messages that the remote takes at full speed, per second: the highest seen. */
  readonly outRateMax: number;
  readonly queueDepth: number;
  readonly queueBytes: number;
  readonly queueCountMax: number;
  readonly queueBytesMax: number;
  /** Of a message, bytes; 0 where none was seen. */
  readonly messageBytes: number;
}

/** What comes of it. `undefined` where the rates say nothing. */
export interface Plan {
  /** ms until the queue is full with the link down. */
  readonly outageMs: number | undefined;
  /** Which bound is met first. */
  readonly bound: 'count' | 'bytes';
  /** ms to send what waits now, with new messages coming in at the same time; Infinity: it never empties. */
  readonly drainMs: number | undefined;
  /** How full the queue is, 0 to 1, by the bound that is nearer. */
  readonly fill: number;
}

/** The plan for a bridge at its present rates. */
export function planOf(input: PlanInput): Plan {
  const { inRate, outRateMax, queueDepth, queueBytes, queueCountMax, queueBytesMax } = input;
  const byteRate = inRate * input.messageBytes;
  const countMs = inRate > 0 ? (Math.max(0, queueCountMax - queueDepth) / inRate) * 1000 : Number.POSITIVE_INFINITY;
  const bytesMs = byteRate > 0 ? (Math.max(0, queueBytesMax - queueBytes) / byteRate) * 1000 : Number.POSITIVE_INFINITY;
  const outageMs = Math.min(countMs, bytesMs);
  return {
    outageMs: Number.isFinite(outageMs) ? outageMs : undefined,
    bound: bytesMs < countMs ? 'bytes' : 'count',
    drainMs: drainMs(queueDepth, outRateMax - inRate, outRateMax),
    fill: Math.min(1, Math.max(queueDepth / queueCountMax, queueBytes / queueBytesMax)),
  };
}

function drainMs(depth: number, spare: number, outRateMax: number): number | undefined {
  if (depth === 0) return 0;
  if (outRateMax <= 0) return undefined;
  return spare > 0 ? (depth / spare) * 1000 : Number.POSITIVE_INFINITY;
}
