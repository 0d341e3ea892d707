// RefusedFilters: subscriptions that the remote refused. They stand in the status of their rules, and are asked for
// again, later and later, while the connection lasts: who may read what is often mended without a word to us. Another
// connection asks for everything anyway.
//
// Bounded: one timer; waits double from `delayMsMin` to `delayMsMax`.
import { isFailure, type ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import type { Clock, Timer } from '../ports/ports.ts';

/** Shortest and longest wait before refused filters are asked for again, in ms. */
const delayMsMin = 30_000;
const delayMsMax = 900_000;

/** The refused filters of one bridge. */
export class RefusedFilters {
  readonly #clock: Clock;
  readonly #ask: (filters: ReadonlySet<string>) => void;
  readonly #reasons = new Map<string, string>();
  #timer: Timer | undefined;
  #delayMs = delayMsMin;

  /** `ask`: asks the remote for these filters again. */
  constructor(clock: Clock, ask: (filters: ReadonlySet<string>) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Why each of these filters was refused that was, by filter. */
  reasonsOf(filters: readonly string[]): Readonly<Record<string, string>> | undefined {
    const found = filters.flatMap((filter) => {
      const reason = this.#reasons.get(filter);
      return reason === undefined ? [] : [[filter, reason] as const];
    });
    return found.length === 0 ? undefined : Object.fromEntries(found);
  }

  /** The remote has answered. */
  answered(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    for (const [index, filter] of filters.entries()) {
      const reasonCode = reasonCodes[index] ?? 0;
      if (isFailure(reasonCode)) this.#reasons.set(filter, reasonName(reasonCode));
      else this.#reasons.delete(filter);
    }
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#reasons.size === 0) this.#delayMs = delayMsMin;
    else this.#wait();
  }

  /** These are not wanted any more. */
  forget(filters: readonly string[]): void {
    for (const filter of filters) this.#reasons.delete(filter);
  }

  /** The connection is over, or the bridge. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#delayMs = delayMsMin;
  }

  #wait(): void {
    this.#timer = this.#clock.schedule(this.#delayMs, () => {
      this.#timer = undefined;
      if (this.#reasons.size > 0) this.#ask(new Set(this.#reasons.keys()));
    });
    this.#delayMs = Math.min(delayMsMax, this.#delayMs * 2);
  }
}
