// NodeHeap: how much memory the objects of this process take. It is asked about
// once in many seconds, for people who watch; nothing in Viaduct decides by it,
// so that it is no port of its own.

/** Bytes of JavaScript objects in use. */
export function heapBytes(): number {
  return process.memoryUsage().heapUsed;
}
