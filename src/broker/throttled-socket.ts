// ThrottledSocket: a socket that is read no faster than its rates allow: bytes, and the messages in them. Over a rate,
// reading pauses until the budget is even again; the peer is slowed by its own full buffers and never disconnected.
// Only listeners with a rate have one of these.
//
// Bounded: what one read brings beyond the rate, which is paid for before the next.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import { type RateOptions, TokenBucket } from '../base/token-bucket.ts';
import type { Counter } from '../metrics/counter.ts';
import type { Clock, PeerCertificate, Socket, SocketHandler, Timer } from '../ports/ports.ts';

/** What a device may send. */
export interface Rates {
  readonly messages: RateOptions | undefined;
  readonly bytes: RateOptions | undefined;
}

/** What it needs of its broker. */
export interface ThrottleParts {
  readonly clock: Clock;
  /** Counts pauses. */
  readonly pauses: Counter;
}

/** A socket with rates. */
export class ThrottledSocket implements Socket, SocketHandler {
  readonly #socket: Socket;
  readonly #parts: ThrottleParts;
  readonly #messages: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;
  #handler: SocketHandler | undefined;
  #messageCount: (() => number) | undefined;
  #countedMessages = 0;
  #isPausedByOwner = false;
  #timer: Timer | undefined;

  constructor(socket: Socket, rates: Rates, parts: ThrottleParts) {
    const now = parts.clock.now();
    this.#socket = socket;
    this.#parts = parts;
    this.#messages = rates.messages && new TokenBucket(rates.messages, now);
    this.#bytes = rates.bytes && new TokenBucket(rates.bytes, now);
  }

  /** Who knows how many messages have come. */
  watch(messageCount: () => number): void {
    this.#messageCount = messageCount;
  }

  /** See `Socket`. */
  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }

  /** See `Socket`. */
  get remotePort(): number {
    return this.#socket.remotePort;
  }

  /** See `Socket`. */
  get localPort(): number {
    return this.#socket.localPort;
  }

  /** See `Socket`. */
  get isEncrypted(): boolean {
    return this.#socket.isEncrypted;
  }

  /** See `Socket`. */
  get peerCertificate(): PeerCertificate | undefined {
    return this.#socket.peerCertificate;
  }

  /** See `Socket`. */
  get pendingBytes(): number {
    return this.#socket.pendingBytes;
  }

  /** See `Socket`. */
  listen(handler: SocketHandler): void {
    this.#handler = handler;
    this.#socket.listen(this);
  }

  /** See `Socket`. */
  write(parts: readonly Bytes[]): boolean {
    return this.#socket.write(parts);
  }

  /** See `Socket`. */
  pause(): void {
    this.#isPausedByOwner = true;
    this.#socket.pause();
  }

  /** See `Socket`. */
  resume(): void {
    this.#isPausedByOwner = false;
    if (this.#timer === undefined) this.#socket.resume();
  }

  /** See `Socket`. */
  end(): void {
    this.#socket.end();
  }

  /** See `Socket`. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** See `SocketHandler`. */
  received(chunk: Bytes): void {
    const { length } = chunk;
    this.#handler?.received(chunk);
    const now = this.#parts.clock.now();
    const messages = this.#messageCount?.() ?? 0;
    const delayMs = Math.max(
      this.#bytes?.spend(length, now) ?? 0,
      this.#messages?.spend(messages - this.#countedMessages, now) ?? 0,
    );
    this.#countedMessages = messages;
    if (delayMs > 0) this.#wait(delayMs);
  }

  /** See `SocketHandler`. */
  room(): Bytes | undefined {
    return this.#handler?.room?.();
  }

  /** See `SocketHandler`. */
  drained(): void {
    this.#handler?.drained();
  }

  /** See `SocketHandler`. */
  ended(): void {
    this.#handler?.ended();
  }

  /** See `SocketHandler`. */
  closed(error: Error | undefined): void {
    this.#timer?.cancel();
    this.#handler?.closed(error);
  }

  /** More can come although reading is paused: then it is paused for longer. */
  #wait(delayMs: number): void {
    if (this.#timer === undefined) this.#parts.pauses.add();
    this.#timer?.cancel();
    this.#socket.pause();
    this.#timer = this.#parts.clock.schedule(Math.ceil(delayMs), () => {
      this.#timer = undefined;
      if (!this.#isPausedByOwner) this.#socket.resume();
    });
  }
}
