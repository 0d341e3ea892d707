// Renewal: a password that is a token ends, and with it the connection that it opened. Before that a fresh one is read
// and a socket dialled with it, to which the owner moves when what is underway is settled.
//
//   idle --begin--> waiting --> dialling --> handed over        failed: again after `againMs`
import { messageOf } from '../base/errors.ts';
import type { Socket, Timer } from '../ports/ports.ts';
import type { FailbackParts } from './failback.ts';
import type { RemoteServer } from './remote-server.ts';

/** How long after a failure it is tried again, in ms. */
const againMs = 10_000;

/** Watches over the token of the server in use. */
export class Renewal {
  readonly #parts: FailbackParts;
  readonly #found: (server: RemoteServer, socket: Socket) => void;
  #timer: Timer | undefined;
  #abort: AbortController | undefined;

  /** `found`: a socket to the same server, dialled with a fresh token. It is the caller's then. */
  constructor(parts: FailbackParts, found: (server: RemoteServer, socket: Socket) => void) {
    this.#parts = parts;
    this.#found = found;
  }

  /** The bridge is connected. */
  begin(): void {
    this.stop();
    const { remotes, ports, options } = this.#parts;
    const { passwordEnd } = remotes.current.secrets;
    if (passwordEnd === undefined) return;
    const delayMs = passwordEnd - options.renewBeforeMs - ports.clock.wallMs();
    this.#wait(remotes.current, Math.min(Math.max(delayMs, 1000), 2 ** 31 - 1));
  }

  /** Nothing is renewed any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#abort?.abort();
    this.#abort = undefined;
  }

  #wait(server: RemoteServer, delayMs: number): void {
    this.#timer = this.#parts.ports.clock.schedule(delayMs, () => void this.#renew(server));
  }

  async #renew(server: RemoteServer): Promise<void> {
    const { ports, log, options } = this.#parts;
    const abort = new AbortController();
    this.#abort = abort;
    const { signal } = abort;
    try {
      const dial = await server.dialOptions(ports.clock.now(), signal);
      const socket = await ports.net.dial({ ...dial, signal });
      if (signal.aborted) socket.destroy();
      else this.#found(server, socket);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ bridge: options.name, error: messageOf(error) }, 'the token is not renewed yet');
      this.#wait(server, againMs);
    }
  }
}
