// Redial: keeps one socket dialled. Each try is new: nothing of an earlier socket is used again.
//
//   idle --start--> dialling --opened--> open --lost--> waiting (back-off) --> dialling ...      any --stop--> stopped
//                       | failed ------------------------^        wake: at once
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

/** What to dial, and how patiently. */
export interface RedialOptions {
  readonly dial: DialOptions;
  readonly backoff: BackoffOptions;
}

/** Dials, and dials again. */
export class Redial {
  readonly #ports: Pick<Ports, 'clock' | 'net' | 'random'>;
  readonly #options: RedialOptions;
  #dialOptions: DialOptions;
  readonly #owner: RedialOwner;
  readonly #backoff: Backoff;
  #state: 'idle' | 'dialling' | 'open' | 'waiting' | 'stopped' = 'idle';
  #timer: Timer | undefined;
  readonly #abort = new AbortController();

  constructor(ports: Pick<Ports, 'clock' | 'net' | 'random'>, options: RedialOptions, owner: RedialOwner) {
    this.#ports = ports;
    this.#options = options;
    this.#dialOptions = options.dial;
    this.#owner = owner;
    this.#backoff = new Backoff(options.backoff);
  }

  /** Begins with the first try. */
  start(): void {
    if (this.#state === 'idle') this.#dial();
  }

  /** MQTT is up: the back-off begins anew if this lasts. */
  connected(): void {
    this.#backoff.connected(this.#ports.clock.now());
  }

  /** The socket is gone; the next try comes at its pace: default by the back-off. */
  lost(pace: RetryPace = 'soon'): void {
    if (this.#state !== 'open') return;
    if (pace === 'now') this.#dial();
    else this.#wait(undefined, pace === 'late');
  }

  /** From the next try on something else is dialled. */
  redirect(dial: DialOptions): void {
    this.#dialOptions = dial;
  }

  /** Tries at once instead of waiting. */
  wake(): void {
    if (this.#state !== 'waiting') return;
    this.#timer?.cancel();
    this.#dial();
  }

  /** Dials no more. An open socket stays its owner's. */
  stop(): void {
    this.#state = 'stopped';
    this.#timer?.cancel();
    this.#abort.abort();
  }

  #dial(): void {
    this.#state = 'dialling';
    this.#owner.dialling();
    this.#ports.net.dial({ ...this.#dialOptions, signal: this.#abort.signal }).then(
      (socket) => this.#opened(socket),
      (error: unknown) => this.#wait(error instanceof Error ? error : new Error(messageOf(error))),
    );
  }

  #opened(socket: Socket): void {
    if (this.#state === 'stopped') {
      socket.destroy();
      return;
    }
    this.#state = 'open';
    this.#owner.opened(socket);
  }

  #wait(error: Error | undefined, isLate = false): void {
    if (this.#state === 'stopped') return;
    this.#state = 'waiting';
    const { clock, random } = this.#ports;
    const unit = random.unit();
    const soonMs = this.#backoff.failed(clock.now(), unit);
    const delayMs = isLate ? this.#options.backoff.delayMsMax * (0.5 + unit / 2) : soonMs;
    this.#timer = clock.schedule(delayMs, () => this.#dial());
    this.#owner.waiting(delayMs, error);
  }
}
