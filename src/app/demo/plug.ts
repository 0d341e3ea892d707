// Plug: a network that can be pulled out of the wall. It wraps another one; pulled, every socket
// dialled through it is cut without a word and every new attempt fails, as with a dead cable.
// Listening is not affected.
import { LinkError } from '../../base/errors.ts';
import type {
  DialOptions,
  Listener,
  ListenOptions,
  Net,
  ServiceTarget,
  Socket,
  SocketHandler,
} from '../../ports/ports.ts';

/** A network with a plug. */
export class Plug implements Net {
  readonly #net: Net;
  readonly #open = new Set<Socket>();
  #isPulled = false;

  constructor(net: Net) {
    this.#net = net;
  }

  /** Whether the plug is out. */
  get isPulled(): boolean {
    return this.#isPulled;
  }

  /** Pulls the plug: what is open is cut, what is dialled fails. */
  pull(): void {
    this.#isPulled = true;
    for (const socket of [...this.#open]) socket.destroy();
    this.#open.clear();
  }

  /** Plugs it in again. */
  restore(): void {
    this.#isPulled = false;
  }

  /** See `Net.lookupService`. */
  lookupService(name: string, signal: AbortSignal): Promise<readonly ServiceTarget[]> {
    return this.#net.lookupService(name, signal);
  }

  /** See `Net.lookup`. */
  lookup(host: string): Promise<readonly string[]> {
    return this.#net.lookup(host);
  }

  /** See `Net.addresses`. */
  addresses(): readonly string[] {
    return this.#net.addresses();
  }

  /** Dials through the plug. */
  async dial(options: DialOptions): Promise<Socket> {
    if (this.#isPulled) throw new LinkError('connect', `the cable to ${options.host}:${options.port} is unplugged`);
    const socket = await this.#net.dial(options);
    this.#open.add(socket);
    return new PluggedSocket(socket, () => this.#open.delete(socket));
  }

  /** Listens as the wrapped network does. */
  listen(options: ListenOptions, accepted: (socket: Socket) => void): Promise<Listener> {
    return this.#net.listen(options, accepted);
  }
}

/** A socket that tells its plug when it is gone. */
class PluggedSocket implements Socket {
  readonly #socket: Socket;
  readonly #gone: () => void;

  constructor(socket: Socket, gone: () => void) {
    this.#socket = socket;
    this.#gone = gone;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }

  get remotePort(): number {
    return this.#socket.remotePort;
  }

  get localPort(): number {
    return this.#socket.localPort;
  }

  get isEncrypted(): boolean {
    return this.#socket.isEncrypted;
  }

  get peerCertificate(): Socket['peerCertificate'] {
    return this.#socket.peerCertificate;
  }

  get pendingBytes(): number {
    return this.#socket.pendingBytes;
  }

  listen(handler: SocketHandler): void {
    this.#socket.listen({
      received: (chunk) => handler.received(chunk),
      drained: () => handler.drained(),
      ended: () => handler.ended(),
      closed: (error) => {
        this.#gone();
        handler.closed(error);
      },
    });
  }

  write(parts: Parameters<Socket['write']>[0]): boolean {
    return this.#socket.write(parts);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
