// QuietReturn: gives the memory that starting took back to the system, in the first quiet second. Collecting all of it
// takes 20 to 40 ms where nothing goes on, and 100 where messages flow: a pause that each of them would feel. So it
// waits until nobody does. It looks each second for a minute, and then once a minute.
import type { Clock, Timer } from '../ports/ports.ts';

/** How often it looks at first, in ms; what waits for a start comes before the first look. */
const lookMs = 1000;
/** How many times it looks that often. */
const oftenMax = 60;
/** How often it looks after that, in ms. */
const laterLookMs = 60_000;
/** Up to which share of one core the process counts as quiet. */
const quietShareMax = 0.005;

/** What it looks at, and what it does. */
export interface QuietReturnPorts {
  readonly clock: Clock;
  /** CPU that the process has used, user and system, in ms. */
  cpuMs(): number;
  /** Gives the memory back. */
  giveBack(): void;
}

/** Gives memory back once, when the process has used less than 0.5 % of a core since the look before. */
export class QuietReturn {
  readonly #ports: QuietReturnPorts;
  #looks = 0;
  #timer: Timer;

  constructor(ports: QuietReturnPorts) {
    this.#ports = ports;
    this.#timer = this.#lookLater();
  }

  /** Looks no more. */
  cancel(): void {
    this.#timer.cancel();
  }

  #lookLater(): Timer {
    const { clock, cpuMs, giveBack } = this.#ports;
    const delayMs = this.#looks < oftenMax ? lookMs : laterLookMs;
    const usedMs = cpuMs();
    return clock.schedule(delayMs, () => {
      if (cpuMs() - usedMs <= delayMs * quietShareMax) return giveBack();
      this.#looks += 1;
      this.#timer = this.#lookLater();
    });
  }
}
