// NodeHeap: how much memory the objects of this process take. It is asked about
// once in many seconds, for people who watch; nothing in Viaduct decides by it,
// so that it is no port of its own.

/** Bytes of JavaScript objects in use. */
export function heapBytes(): number {
  return process.memoryUsage().heapUsed;
}

/** Bytes of JavaScript objects up to which collecting all garbage at once takes a few hundredths of a second. */
const collectedBytesMax = 33_554_432;
/** More than any machine can give, and not too much to be asked for. */
const impossibleBytes = 2 ** 50;

/**
 * Gives back the memory that starting took: several MB of what was read and compiled once, which V8 would keep for as
 * long as little is going on. Before V8 refuses memory that it cannot have, it collects everything and returns its
 * pages; that is the only way to ask it for this without a flag. A heap of more than `bytesMax` (default 32 MB) is left
 * alone: there it would take long.
 */
export function returnMemory(bytesMax: number = collectedBytesMax): void {
  if (heapBytes() > bytesMax) return;
  try {
    Reflect.construct(ArrayBuffer, [impossibleBytes]);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}
