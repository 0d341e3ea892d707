// hot path
// Link: one socket. Chunks are scanned into frames for the handler; what the handler writes is gathered into one write
// a turn; pressure works both ways. It has nothing from an earlier link and leaves nothing to a later one.
//
//   open --close--> closing (what was written leaves, what comes is thrown away) --> closed
//   open --destroy, error, peer gone--> closed
//
// Inbound: while the handler says stop, the socket is paused and at most one chunk is kept. Outbound: `isCongested`
// from `pendingBytesMax` on; whoever adds more than that does it knowingly.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { FrameHandler } from '../../protocol/wire/frame-scanner.ts';
import type { Malformed } from '../../protocol/wire/malformed.ts';
import type { PeerCertificate, Socket, SocketHandler } from '../ports/ports.ts';
import type { Watched } from './deadlines.ts';
import { FrameInput } from './frame-input.ts';
import type { Turn } from './turn.ts';
import { type BatchOwner, WriteBatch } from './write-batch.ts';

/** What a link tells its owner. */
export interface LinkHandler extends FrameHandler {
  /** See `FrameHandler`: a link hands them over side by side. */
  acknowledgements(bytes: Bytes, start: number, end: number): boolean;
  /** All frames that are whole with what arrived were handed over. */
  chunkEnded(): void;
  /** The stream is no MQTT; nothing of it is handed over any more. */
  broken(fault: Malformed): void;
  /** The pressure is off: `isCongested` is false again. */
  writable(): void;
  /** The socket is gone. Exactly once, last. */
  closed(error: Error | undefined): void;
}

/** The limits of a link. */
export interface LinkOptions {
  /** Largest packet taken, in bytes. */
  readonly maximumPacketSize: number;
  /** Bytes waiting to be sent from which on the link is congested. Default 1 MiB. */
  readonly pendingBytesMax?: number;
  /** Longest time for what was written to leave after `close`, in ms. Default 5000. */
  readonly closeTimeoutMs?: number;
}

/** A link that closes, until it has closed or its time is over. */
class Closing implements Watched {
  slot = 0;
  slotPlace = 0;
  readonly #link: Link;
  readonly #deadline: number;

  constructor(link: Link, deadline: number) {
    this.#link = link;
    this.#deadline = deadline;
  }

  nextDeadline(): number {
    return this.#deadline;
  }

  tick(_now: number): void {
    this.#link.destroy();
  }
}

/** One socket of one MQTT connection. */
export class Link implements SocketHandler, BatchOwner {
  /** Where packets to the peer are written. */
  readonly outbox: WriteBatch;
  readonly #socket: Socket;
  readonly #turn: Turn;
  readonly #handler: LinkHandler;
  readonly #input: FrameInput;
  readonly #pendingBytesMax: number;
  readonly #closeTimeoutMs: number;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #isScanning = false;
  #isStopped = false;
  #wasCongested = false;
  #bytesReceived = 0;
  #closing: Closing | undefined;

  constructor(socket: Socket, turn: Turn, options: LinkOptions, handler: LinkHandler) {
    this.#socket = socket;
    this.#turn = turn;
    this.#handler = handler;
    this.#input = new FrameInput(options.maximumPacketSize, turn.reads, this);
    this.#pendingBytesMax = options.pendingBytesMax ?? 1024 * 1024;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 5000;
    this.outbox = new WriteBatch(socket, turn, { owner: this });
    socket.listen(this);
  }

  /** The peer's address. */
  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }

  /** Our port that the peer came in by, or ours of a connection that we dialled. */
  get localPort(): number {
    return this.#socket.localPort;
  }

  /** The peer's certificate, if it showed one that was verified. */
  get peerCertificate(): PeerCertificate | undefined {
    return this.#socket.peerCertificate;
  }

  /** Bytes received so far. */
  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** Bytes handed to the system so far. */
  get bytesSent(): number {
    return this.outbox.bytesFlushed;
  }

  /** So much waits to be sent that what can wait should wait; `writable` follows. */
  get isCongested(): boolean {
    const isCongested = this.#socket.pendingBytes + this.outbox.byteLength >= this.#pendingBytesMax;
    if (isCongested) this.#wasCongested = true;
    return isCongested;
  }

  /** The peer speaks 3.1; see `FrameScanner.mayRepeat`. */
  allowRepeats(): void {
    this.#input.allowRepeats();
  }

  /** Goes on with scanning and reading after the handler said stop. */
  resume(): void {
    if (!this.#isStopped || this.#isScanning || this.#state !== 'open') return;
    this.#isStopped = false;
    const { inputMemory, inputBuffer } = this.#turn;
    this.#beginInput(undefined);
    this.#endInput(this.#input.resume());
    this.#turn.inputMemory = inputMemory;
    this.#turn.inputBuffer = inputBuffer;
    this.#turn.inputEnded();
    if (!this.#isStopped) this.#socket.resume();
  }

  /** Closes when everything that was written has left. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.outbox.flush();
    this.#socket.end();
    this.#socket.resume();
    this.#closing = new Closing(this, this.#turn.clock.now() + this.#closeTimeoutMs);
    this.#turn.deadlines.watch(this.#closing);
  }

  /** Closes at once; what was not sent is dropped. */
  destroy(): void {
    this.outbox.close();
    this.#socket.destroy();
  }

  /** See `FrameHandler`. */
  frame(bytes: Bytes, start: number, bodyStart: number, end: number): boolean {
    const mayGoOn = this.#handler.frame(bytes, start, bodyStart, end) && this.#state === 'open';
    if (!mayGoOn) this.#isStopped = true;
    return mayGoOn;
  }

  /** See `FrameHandler`. */
  acknowledgements(bytes: Bytes, start: number, end: number): boolean {
    const mayGoOn = this.#handler.acknowledgements(bytes, start, end) && this.#state === 'open';
    if (!mayGoOn) this.#isStopped = true;
    return mayGoOn;
  }

  /** See `SocketHandler`. */
  received(chunk: Bytes): void {
    this.#bytesReceived += chunk.length;
    if (this.#state !== 'open') return;
    this.#beginInput(chunk);
    this.#endInput(this.#input.take(chunk));
    this.#turn.inputMemory = undefined;
    this.#turn.inputBuffer = undefined;
    this.#turn.inputEnded();
  }

  /** See `SocketHandler`. */
  room(): Bytes | undefined {
    return this.#state === 'open' ? this.#input.room() : undefined;
  }

  /** See `BatchOwner`. */
  flushed(): void {
    this.#relieved();
  }

  /** See `SocketHandler`. */
  drained(): void {
    this.outbox.written();
    this.#relieved();
  }

  /** See `SocketHandler`. */
  ended(): void {
    this.close();
  }

  /** See `SocketHandler`. */
  closed(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    if (this.#closing) this.#turn.deadlines.unwatch(this.#closing);
    this.outbox.close();
    this.outbox.release();
    this.#input.close();
    this.#handler.closed(error);
  }

  #beginInput(chunk: Bytes | undefined): void {
    const { memory } = this.#input;
    const buffer = chunk?.buffer ?? memory?.bytes.buffer;
    this.#turn.inputBegan();
    this.#turn.inputMemory = memory?.bytes.buffer === buffer ? memory : undefined;
    this.#turn.inputBuffer = buffer;
    this.#isScanning = true;
  }

  #endInput(fault: Malformed | undefined): void {
    this.#isScanning = false;
    if (this.#isStopped && this.#state === 'open') this.#socket.pause();
    if (fault) this.#handler.broken(fault);
    else this.#handler.chunkEnded();
  }

  #relieved(): void {
    if (!this.#wasCongested || this.#state !== 'open' || this.isCongested) return;
    this.#wasCongested = false;
    this.#handler.writable();
  }
}
