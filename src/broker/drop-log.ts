// DropLog: tells the log that messages for a device are dropped because it is too slow, or too long away for what
// comes: once for each device and reason in a while, not once for each message. What is dropped is counted elsewhere,
// all of it. Bounded: `linesMax` lines in `quietMs`, then one that says that there is more.
import type { Log } from '../base/log.ts';
import type { DropReason } from '../queue/overflow.ts';

const linesMax = 50;
const quietMs = 60_000;

/** Reasons that say something about a device or the limits, and not about one message. */
const worthTelling: ReadonlySet<DropReason> = new Set(['queue-full', 'memory-full', 'disk-full', 'qos-0-congested']);

/** The log of drops of one broker. */
export class DropLog {
  readonly #log: Log;
  readonly #told = new Map<DropReason, Set<string>>();
  #lines = 0;
  #quietUntil = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** A message for a device was dropped. */
  add(clientId: string, reason: DropReason): void {
    if (!worthTelling.has(reason) || this.#lines > linesMax) return;
    let devices = this.#told.get(reason);
    if (devices === undefined) {
      devices = new Set();
      this.#told.set(reason, devices);
    }
    if (devices.has(clientId)) return;
    devices.add(clientId);
    this.#lines++;
    if (this.#lines > linesMax) this.#log.warn({ reason }, 'messages for more devices are dropped');
    else this.#log.warn({ clientId, reason }, 'messages for a device are dropped');
  }

  /** Time goes on: what is dropped from now on is told again. */
  sweep(now: number): void {
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + quietMs;
    this.#lines = 0;
    this.#told.clear();
  }
}
