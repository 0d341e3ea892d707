// ServiceNotify: tells systemd, where it asks for that (`Type=notify`, `WatchdogSec=`), that the program is ready, that
// it is alive, and that it stops. Node has no datagram sockets of Unix, so `systemd-notify` is run for each word; the
// unit needs `NotifyAccess=all` for it. A process whose loop stands still says nothing, and is started anew.
//
//   ready --READY=1--> every half of WATCHDOG_USEC: WATCHDOG=1 --stopping--> STOPPING=1
//
// Bounded: one word at a time, each within `timeoutMs`; one that fails is told in the log, once.
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Clock, Timer } from '../ports/ports.ts';

/** Runs a program. */
export type RunNotify = (options: {
  readonly command: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}) => Promise<string>;

/** What it works with. */
export interface ServiceNotifyParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunNotify;
  /** `NOTIFY_SOCKET` and `WATCHDOG_USEC`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How long one word may take, in ms. */
const timeoutMs = 5000;
/** The shortest time between two signs of life, in ms: each is a process. */
const aliveMsMin = 1000;

/** Tells systemd. */
export class ServiceNotify {
  readonly #parts: ServiceNotifyParts;
  readonly #aliveMs: number | undefined;
  #timer: Timer | undefined;
  #hasFailed = false;
  #isSaying = false;

  constructor(parts: ServiceNotifyParts) {
    this.#parts = parts;
    const watchdogMs = Number(parts.environment.WATCHDOG_USEC ?? 0) / 1000;
    this.#aliveMs = watchdogMs > 0 ? Math.max(aliveMsMin, watchdogMs / 2) : undefined;
  }

  /** Everything runs. */
  async ready(): Promise<void> {
    await this.#say('READY=1');
    this.#wait();
  }

  /** It ends from now on. */
  async stopping(): Promise<void> {
    this.#timer?.cancel();
    await this.#say('STOPPING=1');
  }

  #wait(): void {
    if (this.#aliveMs === undefined) return;
    this.#timer = this.#parts.clock.schedule(this.#aliveMs, () => {
      if (!this.#isSaying) void this.#say('WATCHDOG=1');
      this.#wait();
    });
  }

  async #say(word: string): Promise<void> {
    const { run, log } = this.#parts;
    this.#isSaying = true;
    try {
      const { signal } = new AbortController();
      await run({ command: ['systemd-notify', word], timeoutMs, signal });
    } catch (error) {
      const facts = { word, error: messageOf(error) };
      if (!this.#hasFailed) log.warn(facts, 'systemd cannot be told: systemd-notify failed, or is not there');
      this.#hasFailed = true;
    } finally {
      this.#isSaying = false;
    }
  }
}
