// NetworkWatch: tells when the addresses of this machine change: a cable is in, an interface has got its address, a
// modem has dialled. Node has no event for it, so they are looked at every `lookMs`, which costs some microseconds.
// What is lost wakes nobody: with fewer addresses nothing can be reached that could not be before.
import type { Clock, Net, Timer } from '../ports/ports.ts';

/** Time between two looks, in ms. */
const lookMs = 3000;

/** Watches the network of this machine. */
export class NetworkWatch {
  readonly #ports: { readonly clock: Clock; readonly net: Net };
  readonly #changed: () => void;
  #known: ReadonlySet<string> = new Set();
  #timer: Timer | undefined;

  /** `changed`: there is an address that was not there before. */
  constructor(ports: { readonly clock: Clock; readonly net: Net }, changed: () => void) {
    this.#ports = ports;
    this.#changed = changed;
  }

  /** Begins to look, if it does not yet. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#known = new Set(this.#ports.net.addresses());
    this.#wait();
  }

  /** Looks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer = this.#ports.clock.schedule(lookMs, () => {
      const before = this.#known;
      this.#known = new Set(this.#ports.net.addresses());
      this.#wait();
      if ([...this.#known].some((address) => !before.has(address))) this.#changed();
    });
  }
}
