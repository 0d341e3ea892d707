// Keep-alive (5.0 section 3.1.2.10): both ends of the agreement that silence has a limit. Time is a parameter,
// deadlines are data. The server counts the client's silence. The client pings when it has sent nothing, or heard
// nothing, for the interval: so a dead link is found even while messages are being written into it.

/** The server's side: how long the client may be silent. */
export class SilenceLimit {
  readonly #limitMs: number;
  #heardAt: number;

  /**
   * `keepAlive` in seconds, 0 turns it off; silence of `multiplier` times that is too much [MQTT-3.1.2-22]
   * [MQTT3-3.1.2-24].
   */
  constructor(keepAlive: number, multiplier: number, now: number) {
    this.#limitMs = keepAlive === 0 ? Number.POSITIVE_INFINITY : keepAlive * 1000 * multiplier;
    this.#heardAt = now;
  }

  /** When the silence becomes too long, in ms; Infinity if never. */
  get deadline(): number {
    return this.#heardAt + this.#limitMs;
  }

  /** A packet came. */
  heard(now: number): void {
    this.#heardAt = now;
  }
}

/** The client's side: when to ping, and how long to wait for the answer. */
export class Pinger {
  readonly #intervalMs: number;
  readonly #answerMs: number;
  #sentAt: number;
  #heardAt: number;
  /** When PINGREQ was sent that is not answered yet; -1 for none. */
  #pingedAt = -1;

  /**
   * `keepAlive` in seconds, 0 turns it off; `answerMs`: longest wait for PINGRESP [MQTT-3.1.2-20] [MQTT3-3.1.2-23].
   * Timers are late, never early: a tenth of the keep-alive, at most a second, is left to them.
   */
  constructor(keepAlive: number, answerMs: number, now: number) {
    this.#intervalMs = keepAlive === 0 ? Number.POSITIVE_INFINITY : keepAlive * 1000 - Math.min(1000, keepAlive * 100);
    this.#answerMs = answerMs;
    this.#sentAt = now;
    this.#heardAt = now;
  }

  /** When to look again, in ms; Infinity if never. */
  get deadline(): number {
    if (this.#pingedAt >= 0) return this.#pingedAt + this.#answerMs;
    return Math.min(this.#sentAt, this.#heardAt) + this.#intervalMs;
  }

  /** Whether the answer to a ping is overdue. */
  isOverdue(now: number): boolean {
    return this.#pingedAt >= 0 && now >= this.#pingedAt + this.#answerMs;
  }

  /** Whether a ping is due. */
  isDue(now: number): boolean {
    return this.#pingedAt < 0 && now >= this.deadline;
  }

  /** A packet was sent. */
  sent(now: number): void {
    this.#sentAt = now;
  }

  /** PINGREQ was sent. */
  pinged(now: number): void {
    this.#pingedAt = now;
    this.#sentAt = now;
  }

  /** A packet came: the peer is there, whether or not it is the answer. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#pingedAt = -1;
  }
}
