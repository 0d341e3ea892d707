// Progress: how far a run is, as a bar in front of each line that tells of it. What is left is reckoned from how long
// the part that is done took beside what was planned for it: other machines, other times. Bounded by one line.

const barCells = 20;

/** One run. */
export class Progress {
  readonly #planned: number;
  readonly #began: number;
  #passed = 0;

  /** `planned`: about how long it takes, in seconds; `began`: when it did, in ms, now by default. */
  constructor(planned: number, began: number = performance.now()) {
    this.#planned = planned;
    this.#began = began;
  }

  /** A part is done that was planned to take so many seconds. */
  passed(seconds: number): void {
    this.#passed += seconds;
  }

  /** A line behind its bar. */
  line(words: string, now: number = performance.now()): string {
    const share = Math.min(1, this.#passed / Math.max(this.#planned, 0.001));
    const full = Math.round(share * barCells);
    const spent = (now - this.#began) / 1000;
    const left = share === 0 ? this.#planned : spent / share - spent;
    const bar = `${'█'.repeat(full)}${'░'.repeat(barCells - full)}`;
    return `${bar} ${String(Math.round(100 * share)).padStart(3)} %  ${clockOf(left)} left  ${words}`;
  }
}

/** Seconds as minutes and seconds. */
export function clockOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2)}:${String(whole % 60).padStart(2, '0')}`;
}
