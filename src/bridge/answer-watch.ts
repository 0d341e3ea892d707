// AnswerWatch: what a remote says of filters while somebody wants to know: whoever changes the subscriptions of a
// bridge begins to watch before the change, and asks afterwards. The latest answer for a filter counts.
// Bounded by the filters of the rules; it ends with the request for whose sake it is there.
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { Clock } from '../ports/ports.ts';

/** Answers as they come. */
export class AnswerWatch {
  readonly #clock: Clock;
  readonly #stop: (watch: AnswerWatch) => void;
  readonly #answers = new Map<string, ReasonCode>();
  #told: () => void = () => undefined;

  /** `stop`: told when nobody watches any more. */
  constructor(clock: Clock, stop: (watch: AnswerWatch) => void) {
    this.#clock = clock;
    this.#stop = stop;
  }

  /** What the remote said of a filter; undefined: nothing so far. */
  of(filter: string): ReasonCode | undefined {
    return this.#answers.get(filter);
  }

  /** The remote has answered for these filters; an answer without codes, as in 3.x, is that all went well. */
  tell(filters: readonly string[], reasonCodes: readonly ReasonCode[]): void {
    for (const [index, filter] of filters.entries()) this.#answers.set(filter, reasonCodes[index] ?? 0);
    this.#told();
  }

  /** Fulfilled when there is an answer for each of the filters, after `timeoutMs` at the latest. */
  until(filters: readonly string[], timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const deadline = this.#clock.schedule(timeoutMs, resolve);
      this.#told = () => {
        if (!filters.every((filter) => this.#answers.has(filter))) return;
        deadline.cancel();
        resolve();
      };
      this.#told();
    });
  }

  /** Watches no more. */
  close(): void {
    this.#stop(this);
  }
}
