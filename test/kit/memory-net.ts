// MemoryNet: a network in memory. Bytes travel at the end of the turn in which they were written; a test can cut all
// lines, refuse new ones, hold everything back as a frozen peer does, and cut the stream into small chunks.

import { type Bytes, copyOfBytes, joinBytes } from '../../protocol/wire/bytes.ts';
import { LinkError } from '../../src/base/errors.ts';
import type {
  Clock,
  DialOptions,
  Listener,
  ListenOptions,
  Net,
  ServiceTarget,
  Socket,
  SocketHandler,
} from '../../src/ports/ports.ts';

/** One end of a line. */
export class MemorySocket implements Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly isEncrypted = false;
  readonly peerCertificate = undefined;
  /** The other end. */
  peer: MemorySocket | undefined;
  /** What was written and not delivered. */
  pendingBytes = 0;
  /** Everything that was written, for tests that look at the bytes. */
  readonly written: Bytes[] = [];
  readonly #net: MemoryNet;
  #handler: SocketHandler | undefined;
  readonly #inbox: Bytes[] = [];
  #isPaused = false;
  readonly #held: (() => void)[] = [];
  #isEnding = false;
  #isClosed = false;
  #isPeerEnded = false;
  #wasFull = false;

  constructor(net: MemoryNet, localPort: number, remotePort: number) {
    this.remoteAddress = net.remoteAddress;
    this.#net = net;
    this.localPort = localPort;
    this.remotePort = remotePort;
  }

  listen(handler: SocketHandler): void {
    this.#handler = handler;
    this.#net.clock.defer(() => this.#deliver());
  }

  write(parts: readonly Bytes[]): boolean {
    if (this.#isClosed || this.#isEnding) return true;
    const bytes = copyOfBytes(joinBytes(parts));
    this.written.push(bytes);
    this.pendingBytes += bytes.length;
    const arrive = (): void => {
      if (this.#net.holdsWhatIsPaused && this.peer?.hold(arrive)) return;
      this.pendingBytes -= bytes.length;
      // the system reads the parts when it takes them: until then they must stay as they were
      if (!joinBytes(parts).equals(bytes)) throw new Error('bytes were changed after they had been written');
      this.peer?.take(bytes);
      if (this.#wasFull && this.pendingBytes < this.#net.highWaterMark && !this.#isClosed) {
        this.#wasFull = false;
        this.#handler?.drained();
      }
    };
    this.#net.carry(this, arrive);
    if (this.pendingBytes >= this.#net.highWaterMark) this.#wasFull = true;
    return !this.#wasFull;
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Keeps what is underway to an end that reads nothing, until it reads again. Returns whether it does. */
  hold(arrive: () => void): boolean {
    if (this.#isPaused && !this.#isClosed) this.#held.push(arrive);
    return this.#isPaused && !this.#isClosed;
  }

  resume(): void {
    this.#isPaused = false;
    for (const arrive of this.#held.splice(0)) arrive();
    this.#net.clock.defer(() => this.#deliver());
  }

  end(): void {
    if (this.#isEnding || this.#isClosed) return;
    this.#isEnding = true;
    this.#net.carry(this, () => {
      this.peer?.peerEnded();
      this.#closeIfBothEnded();
    });
  }

  destroy(): void {
    this.close(undefined);
  }

  /** The line is gone for this end, and, a turn later, for the other. */
  close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#net.open.delete(this);
    this.#net.clock.defer(() => this.#handler?.closed(error));
    const { peer } = this;
    this.#net.carry(this, () => peer?.close(error));
  }

  /** Bytes arrived. */
  take(bytes: Bytes): void {
    this.#inbox.push(bytes);
    this.#deliver();
  }

  /** The other end sends no more. */
  peerEnded(): void {
    this.#isPeerEnded = true;
    if (this.#isClosed) return;
    this.#handler?.ended();
    this.#closeIfBothEnded();
  }

  #closeIfBothEnded(): void {
    if (this.#isEnding && this.#isPeerEnded) this.close(undefined);
  }

  #deliver(): void {
    const { chunkBytes } = this.#net;
    while (this.#handler && !this.#isPaused && !this.#isClosed) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) return;
      const room = this.#handler.room?.();
      const size = Math.min(bytes.length, chunkBytes, room?.length ?? bytes.length);
      if (bytes.length > size) this.#inbox.unshift(bytes.subarray(size));
      const chunk = copyOfBytes(bytes, 0, size);
      if (room) chunk.copy(room);
      this.#handler.received(room?.subarray(0, size) ?? chunk);
      // what was only borrowed is used again
      if (room === undefined) chunk.fill(0xee);
    }
  }
}

/** A network in memory. */
export class MemoryNet implements Net {
  readonly clock: Clock;
  /** Sockets that are open, both ends. */
  readonly open: Set<MemorySocket> = new Set();
  /** Pending bytes from which on a socket is full. */
  highWaterMark = 16_384;
  /** Largest chunk delivered at once. */
  chunkBytes: number = Number.POSITIVE_INFINITY;
  /** What is written to an end that is paused stays pending, as it does where no buffers lie between. */
  holdsWhatIsPaused = false;
  /** Where the next connections seem to come from. */
  remoteAddress = '127.0.0.1';
  /** New connections are refused. */
  isDown = false;
  /** New connections to these ports are refused. */
  readonly portsDown: Set<number> = new Set();
  readonly #listeners = new Map<number | string, (socket: Socket) => void>();
  #held: (() => void)[] | undefined;
  #nextPort = 40_000;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** What names stand for; a name that is not here has no answer. */
  readonly services: Map<string, readonly ServiceTarget[]> = new Map();
  /** How often names were asked for. */
  lookups = 0;
  /** Names that no name server knows. */
  readonly unknownNames: Set<string> = new Set();
  /** The addresses of this machine. */
  localAddresses: readonly string[] = ['eth0 10.0.0.2'];

  async lookupService(name: string): Promise<readonly ServiceTarget[]> {
    this.lookups++;
    const found = this.services.get(name);
    if (found === undefined || this.isDown) throw new LinkError('lookup', `no answer for ${name}`);
    return found;
  }

  async lookup(host: string): Promise<readonly string[]> {
    if (this.unknownNames.has(host)) throw new LinkError('lookup', `the name ${host} cannot be resolved (ENOTFOUND)`);
    return ['127.0.0.1'];
  }

  addresses(): readonly string[] {
    return this.localAddresses;
  }

  async dial(options: DialOptions): Promise<Socket> {
    const accepted = this.#listeners.get(options.socketPath ?? options.port);
    if (accepted === undefined || this.isDown || this.portsDown.has(options.port)) {
      throw new LinkError('connect', `nobody listens on ${options.host}:${options.port}`);
    }
    const port = this.#nextPort++;
    const near = new MemorySocket(this, port, options.port);
    const far = new MemorySocket(this, options.port, port);
    near.peer = far;
    far.peer = near;
    this.open.add(near).add(far);
    this.clock.defer(() => accepted(far));
    return near;
  }

  async listen(options: ListenOptions, accepted: (socket: Socket) => void): Promise<Listener> {
    const port = options.port === 0 ? this.#nextPort++ : options.port;
    const key = options.socketPath ?? port;
    if (this.#listeners.has(key)) throw new LinkError('listen', `port ${key} is in use`);
    this.#listeners.set(key, accepted);
    return { port, updateTls: () => undefined, close: async () => void this.#listeners.delete(key) };
  }

  /** Cuts every line. */
  cut(): void {
    for (const socket of [...this.open]) socket.close(new Error('the line was cut'));
  }

  /** Cuts every line to a port, and lets no new one come. */
  takeDown(port: number): void {
    this.portsDown.add(port);
    for (const socket of [...this.open]) if (socket.remotePort === port) socket.close(new Error('the line was cut'));
  }

  /** Nothing that is written arrives any more, until `thaw`. */
  freeze(): void {
    this.#held ??= [];
  }

  /** What was held back arrives. */
  thaw(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const run of held) this.clock.defer(run);
  }

  /** Runs at the end of the turn, or after the thaw. */
  carry(_from: MemorySocket, run: () => void): void {
    if (this.#held) this.#held.push(run);
    else this.clock.defer(run);
  }
}
