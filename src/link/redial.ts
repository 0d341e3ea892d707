// Redial: keeps one socket dialled. Each try is new: nothing of an earlier socket is used again.
//
//   idle --start--> dialling --opened--> open --lost--> waiting (back-off) --> dialling ...      any --stop--> stopped
//                       | failed ------------------------^        wake: at once
//   idle, waiting, dialling, or open and lost, --hold--> held --release--> dialling
//
// It never gives up by itself, and waits at most the back-off's maximum.
import { Backoff, type BackoffOptions } from '../../protocol/connection/backoff.ts';
import { messageOf } from '../base/errors.ts';
import type { DialOptions, Ports, Socket, Timer } from '../ports/ports.ts';

/**
 * How soon the next try is: at once, by the back-off, or after its longest delay (which is what jitter leaves of it,
 * half at least).
 */
export type RetryPace = 'now' | 'soon' | 'late';

/** Who wants the sockets. */
export interface RedialOwner {
  /** A try begins. */
  dialling(): void;
  /** A socket is open. The owner calls `connected` when MQTT is up on it, and `lost` when it is gone. */
  opened(socket: Socket): void;
  /** The try failed, or the socket was lost (`error` is undefined then); the next try is in `delayMs`. */
  waiting(delayMs: number, error: Error | undefined): void;
}

/** One server, and how patiently it is dialled. */
export interface RedialOptions {
  readonly dial: DialOptions;
  readonly backoff: BackoffOptions;
}

/** What to dial, try by try: one server, or a choice of them. */
export interface DialPlan {
  /** Where the try that begins now goes. A promise that rejects is a try that failed. */
  dial(signal: AbortSignal): DialOptions | Promise<DialOptions>;
  /** MQTT came up on the last try's socket, at `now` in ms. */
  connected(now: number): void;
  /**
   * The last try failed, or its socket was lost (`error` is undefined then), at `now`. Returns in how many ms the next
   * try is due; `unit` is a random number of 0 to below 1, `isLate` says that trying soon is of no use.
   */
  failed(now: number, unit: number, error: Error | undefined, isLate: boolean): number;
  /** Somebody asked for a try at once: earlier failures count no more. */
  woken?(): void;
}

/** The plan for one server. */
export function planOf({ dial, backoff }: RedialOptions): DialPlan {
  const delays = new Backoff(backoff);
  return {
    dial: () => dial,
    connected: (now) => delays.connected(now),
    failed: (now, unit, _error, isLate) => {
      const soonMs = delays.failed(now, unit);
      return isLate ? backoff.delayMsMax * (0.5 + unit / 2) : soonMs;
    },
  };
}

/** Dials, and dials again. */
export class Redial {
  /** Whether nothing is dialled until `release`. */
  isHeld: boolean;
  readonly #ports: Pick<Ports, 'clock' | 'net' | 'random'>;
  readonly #plan: DialPlan;
  #redirected: DialOptions | undefined;
  readonly #owner: RedialOwner;
  #state: 'idle' | 'dialling' | 'open' | 'waiting' | 'held' | 'stopped' = 'idle';
  #timer: Timer | undefined;
  readonly #abort = new AbortController();

  constructor(ports: Pick<Ports, 'clock' | 'net' | 'random'>, plan: DialPlan, owner: RedialOwner, isHeld = false) {
    this.isHeld = isHeld;
    this.#ports = ports;
    this.#plan = plan;
    this.#owner = owner;
  }

  /** Begins with the first try. */
  start(): void {
    if (this.#state !== 'idle') return;
    if (this.isHeld) this.#rest();
    else this.#dial();
  }

  /** Dials no more until `release`; a try that is underway comes to nothing. An open socket stays its owner's. */
  hold(): void {
    this.isHeld = true;
    if (this.#state !== 'waiting') return;
    this.#timer?.cancel();
    this.#rest();
  }

  /** Dials again. */
  release(): void {
    this.isHeld = false;
    if (this.#state === 'held') this.#dial();
  }

  /** MQTT is up: the back-off begins anew if this lasts. */
  connected(): void {
    this.#plan.connected(this.#ports.clock.now());
  }

  /** The socket is gone; the next try comes at its pace: default by the back-off. */
  lost(pace: RetryPace = 'soon'): void {
    if (this.#state !== 'open') return;
    if (this.isHeld) this.#rest();
    else if (pace === 'now') this.#dial();
    else this.#wait(undefined, pace === 'late');
  }

  /** From the next try on something else is dialled. */
  redirect(dial: DialOptions): void {
    this.#redirected = dial;
  }

  /** Tries at once instead of waiting. */
  wake(): void {
    if (this.#state !== 'waiting') return;
    this.#timer?.cancel();
    this.#plan.woken?.();
    this.#dial();
  }

  /** Dials no more. An open socket stays its owner's. */
  stop(): void {
    this.#state = 'stopped';
    this.#timer?.cancel();
    this.#abort.abort();
  }

  /** Nothing is tried: for its owner it is about to dial. */
  #rest(): void {
    this.#state = 'held';
    this.#owner.dialling();
  }

  #dial(): void {
    this.#state = 'dialling';
    this.#owner.dialling();
    this.#open().then(
      (socket) => this.#opened(socket),
      (error: unknown) => this.#wait(error instanceof Error ? error : new Error(messageOf(error))),
    );
  }

  #open(): Promise<Socket> {
    const { signal } = this.#abort;
    const dial = this.#redirected ?? this.#plan.dial(signal);
    if (!(dial instanceof Promise)) return this.#ports.net.dial({ ...dial, signal });
    return dial.then((options) => this.#ports.net.dial({ ...options, signal }));
  }

  #opened(socket: Socket): void {
    if (this.#state === 'stopped') {
      socket.destroy();
      return;
    }
    if (this.isHeld) {
      this.#rest();
      socket.destroy();
      return;
    }
    this.#state = 'open';
    this.#owner.opened(socket);
  }

  #wait(error: Error | undefined, isLate = false): void {
    if (this.#state === 'stopped') return;
    if (this.isHeld) {
      this.#rest();
      return;
    }
    this.#state = 'waiting';
    const { clock, random } = this.#ports;
    const delayMs = this.#plan.failed(clock.now(), random.unit(), error, isLate);
    this.#timer = clock.schedule(delayMs, () => this.#dial());
    this.#owner.waiting(delayMs, error);
  }
}
