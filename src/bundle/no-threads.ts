// NoThreads: what the bundled program has instead of the package `thread-stream`, by which `pino` would hand its lines
// to a thread. Viaduct writes them itself, so nobody ever makes one; who does hears about it.
// Bounded: there is none.

/** A stream to a thread that cannot be made. */
export class NoThreads {
  /** Throws always. */
  constructor() {
    throw new Error('the bundled program writes its log itself, without a transport');
  }
}
