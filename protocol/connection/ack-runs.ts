// hot path
// AckRuns: acknowledgements of one type and four bytes each, side by side in a chunk, as peers answer whole runs. They
// are taken by consecutive packet identifiers: as many at a time as belong together, without looking at each, and one
// by one where they do not. Bounded by the chunk, each byte of which is looked at twice at most.
import { type AckType, ackTypeAt } from '../wire/ack-frame.ts';
import type { Bytes } from '../wire/bytes.ts';
import type { Malformed } from '../wire/malformed.ts';

/** Takes acknowledgements. */
export interface AckReader {
  /** `count` of them, from `packetId` on. Returns how many of the first ones were taken; 0 where each counts alone. */
  acksReceived(type: AckType, packetId: number, count: number, now: number): number;
  /** One of them, as a frame. Returns what is wrong with it. */
  ackReceived(bytes: Bytes, start: number, bodyStart: number, end: number, now: number): Malformed | undefined;
}

const ackBytes = 4;
const headerBytes = 2;

/** Reads `bytes[start..end)`, which the scanner found to be a run of them. Returns what is wrong with one of them. */
export function readAcks(
  reader: AckReader,
  bytes: Bytes,
  start: number,
  end: number,
  now: number,
): Malformed | undefined {
  const type = ackTypeAt(bytes, start);
  let next = start;
  for (let at = start; at < end; ) {
    const packetId = idAt(bytes, at);
    // what was seen to be consecutive is not looked at again where only some of it was taken
    if (next <= at) next = endOfConsecutive(bytes, at, end);
    const taken = packetId === 0 ? 0 : reader.acksReceived(type, packetId, (next - at) / ackBytes, now);
    at += taken * ackBytes;
    if (taken > 0) continue;
    const fault = reader.ackReceived(bytes, at, at + headerBytes, at + ackBytes, now);
    if (fault) return fault;
    at += ackBytes;
  }
  return undefined;
}

function endOfConsecutive(bytes: Bytes, start: number, end: number): number {
  let packetId = idAt(bytes, start);
  let at = start + ackBytes;
  while (at < end && idAt(bytes, at) === ++packetId) at += ackBytes;
  return at;
}

function idAt(bytes: Bytes, at: number): number {
  return ((bytes[at + headerBytes] ?? 0) << 8) | (bytes[at + headerBytes + 1] ?? 0);
}
