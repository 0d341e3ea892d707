// SimSocket: one end of a line between two nodes. What is written leaves at once as long as the system has room for it;
// the rest waits in the writer's memory, which must not change until then. The other end takes chunks, unless it has
// paused. An end hears that it is closed exactly once, and nothing more after that.
import { type Bytes, copyOfBytes, joinBytes } from '../../protocol/wire/bytes.ts';
import type { Socket, SocketHandler } from '../../src/ports/ports.ts';

/** Bytes that the system takes off a writer's hands. */
const systemBytes = 65_536;

/** The line as an end sees it. */
export interface SocketLine {
  later(side: 0 | 1, run: () => void): void;
  carry(side: 0 | 1, bytes: Bytes): void;
  carryEnd(side: 0 | 1): void;
  destroyed(side: 0 | 1): void;
  delivered(side: 0 | 1, bytes: Bytes): void;
}

interface Waiting {
  readonly parts: readonly Bytes[];
  readonly copy: Bytes;
  /** Bytes written up to its end. */
  readonly until: number;
}

/** One end. */
export class SimSocket implements Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly isEncrypted = false;
  readonly peerCertificate = undefined;
  /** Bytes that came and were not taken. */
  inboxBytes = 0;
  isClosed = false;
  isEnding = false;
  isPeerEnded = false;
  readonly #line: SocketLine;
  readonly #side: 0 | 1;
  #handler: SocketHandler | undefined;
  #inbox: Bytes[] = [];
  #isPaused = false;
  #written = 0;
  #left = 0;
  #waiting: Waiting[] = [];

  constructor(
    line: SocketLine,
    side: 0 | 1,
    addresses: { readonly remote: string; readonly ports: readonly [number, number] },
  ) {
    this.#line = line;
    this.#side = side;
    this.remoteAddress = addresses.remote;
    [this.localPort, this.remotePort] = addresses.ports;
  }

  get pendingBytes(): number {
    return Math.max(0, this.#written - this.#left - systemBytes);
  }

  listen(handler: SocketHandler): void {
    this.#handler = handler;
    this.#line.later(this.#side, () => this.#deliver());
  }

  write(parts: readonly Bytes[]): boolean {
    if (this.isClosed || this.isEnding) return true;
    const copy = copyOfBytes(joinBytes(parts));
    this.#written += copy.length;
    if (this.pendingBytes > 0) this.#waiting.push({ parts, copy, until: this.#written });
    this.#line.carry(this.#side, copy);
    return this.pendingBytes === 0;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#line.later(this.#side, () => this.#deliver());
  }

  end(): void {
    if (this.isEnding || this.isClosed) return;
    this.isEnding = true;
    this.#line.carryEnd(this.#side);
  }

  destroy(): void {
    if (!this.isClosed) this.#line.destroyed(this.#side);
  }

  /** The other end has taken bytes. */
  taken(size: number): void {
    const wasFull = this.pendingBytes > 0;
    this.#left += size;
    this.#checkWaiting();
    if (wasFull && this.pendingBytes === 0 && !this.isClosed) this.#handler?.drained();
  }

  /** Bytes arrived. */
  arrived(bytes: Bytes): void {
    if (this.isClosed) return;
    this.#inbox.push(bytes);
    this.inboxBytes += bytes.length;
    this.#deliver();
  }

  /** The other end sends no more. */
  peerEnded(): void {
    if (this.isClosed || this.isPeerEnded) return;
    this.isPeerEnded = true;
    if (this.#inbox.length === 0) this.#handler?.ended();
  }

  /** It is over for this end. */
  closed(error: Error | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#inbox = [];
    this.#waiting = [];
    this.#handler?.closed(error);
  }

  /** The node of this end is gone: nobody is told anything. */
  silence(): void {
    this.isClosed = true;
    this.#handler = undefined;
    this.#inbox = [];
    this.#waiting = [];
  }

  #checkWaiting(): void {
    for (let first = this.#waiting[0]; first && first.until - systemBytes <= this.#left; first = this.#waiting[0]) {
      this.#waiting.shift();
      if (!joinBytes(first.parts).equals(first.copy)) throw new Error('bytes were changed before the system had them');
    }
  }

  #deliver(): void {
    while (this.#handler && !this.#isPaused && !this.isClosed) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) break;
      const room = this.#handler.room?.();
      const size = Math.min(bytes.length, room?.length ?? bytes.length);
      if (bytes.length > size) this.#inbox.unshift(bytes.subarray(size));
      this.inboxBytes -= size;
      const chunk = copyOfBytes(bytes, 0, size);
      if (room) chunk.copy(room);
      this.#line.delivered(this.#side, chunk);
      this.#handler.received(room?.subarray(0, size) ?? chunk);
      if (room === undefined) chunk.fill(0xee);
    }
    if (this.#inbox.length === 0 && this.isPeerEnded && !this.isClosed && !this.isEnding) this.#handler?.ended();
  }
}
