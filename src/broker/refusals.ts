// Refusals: connections that did not become devices, counted by reason, and told in the log without letting a flood of
// them fill it: so many lines in a while, then one that says how many were not told.
//
// Bounded: `linesMax` lines in `windowMs`.
import type { Log } from '../base/log.ts';
import { CounterByReason } from '../metrics/counter.ts';
import type { Clock, RefusalPhase } from '../ports/ports.ts';

/** Why a connection was refused: in its entry, or by a limit of its listener. */
export type RefusalCause = RefusalPhase | 'connections' | 'rate';

const linesMax = 20;
const windowMs = 10_000;

/** The refusals of one broker. */
export class Refusals {
  /** How many, by reason. */
  readonly counts: CounterByReason<RefusalCause> = new CounterByReason();
  readonly #log: Log;
  readonly #clock: Clock;
  #windowEndsAt = 0;
  #lines = 0;
  #untold = 0;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** One more. */
  add(reason: RefusalCause, listener: string, address: string, detail: string): void {
    this.counts.add(reason);
    const now = this.#clock.now();
    if (now >= this.#windowEndsAt) {
      if (this.#untold > 0) this.#log.warn({ count: this.#untold }, 'more connections were turned away');
      this.#windowEndsAt = now + windowMs;
      this.#lines = 0;
      this.#untold = 0;
    }
    if (this.#lines >= linesMax) {
      this.#untold++;
      return;
    }
    this.#lines++;
    this.#log.warn({ listener, address, reason }, `connection turned away: ${detail}`);
  }
}
