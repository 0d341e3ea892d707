// NodeClock: time as Node has it. `defer` runs after the input of this turn of the event loop
// and before its timers. It keeps nothing; a timer that is pending keeps the process alive,
// as the port promises.
import type { Clock, Timer } from './ports.ts';

/** The system's clock. */
export class NodeClock implements Clock {
  /** See `Clock.now`. */
  now(): number {
    return performance.now();
  }

  /** See `Clock.wallMs`. */
  wallMs(): number {
    return Date.now();
  }

  /** See `Clock.schedule`. */
  schedule(delayMs: number, run: () => void): Timer {
    const timer = setTimeout(run, Math.min(delayMs, 0x7fff_ffff));
    return { cancel: () => clearTimeout(timer) };
  }

  /** See `Clock.defer`. */
  defer(run: () => void): void {
    setImmediate(run);
  }
}
