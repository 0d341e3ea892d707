// hot path
// WriteBatch: the outbox of one link. Heads and small payloads are copied side by side into a piece of the turn's
// arena, large payloads are referred to; a flush is one gathered write of all parts, in the order in which they were
// put in.
//
// Invariant: memory that was written is held until the system has taken it, so no later packet can change a byte that
// has not been sent yet. Bounded: a batch that exceeds `batchBytesMax` is flushed at once.
import { type Bytes, emptyBytes } from '../../protocol/wire/bytes.ts';
import type { Outbox } from '../../protocol/wire/outbox.ts';
import type { Socket } from '../ports/ports.ts';
import type { Held } from './arena.ts';
import type { Flushable, Turn } from './turn.ts';

/** Limits of a batch. */
export interface BatchOptions {
  /** Bytes gathered before the end of the turn is not waited for. Default 262144. */
  readonly batchBytesMax?: number;
  /** Appended parts up to this many bytes are copied, larger ones are referred to. Default 2048. */
  readonly copyBytesMax?: number;
  /** Told of flushes. */
  readonly owner?: BatchOwner;
}

/** Whose batch it is. */
export interface BatchOwner {
  /** The system has taken a flush whole. */
  flushed(): void;
}

const firstPieceBytes = 1024;
const pieceBytesMax = 16_384;

/** Outgoing bytes of one link, gathered into one write a turn. */
export class WriteBatch implements Outbox, Flushable {
  /** See `Outbox.position`. */
  position = 0;
  /** See `Outbox.packets`. */
  packets = 0;
  /** See `Flushable.isQueued`. */
  isQueued = false;
  /** See `Flushable.flushedAt`. */
  flushedAt: number = Number.NEGATIVE_INFINITY;
  readonly #socket: Socket;
  readonly #turn: Turn;
  readonly #batchBytesMax: number;
  readonly #copyBytesMax: number;
  readonly #owner: BatchOwner | undefined;
  #piece: Bytes = emptyBytes;
  #pieceBytes = firstPieceBytes;
  #start = 0;
  #parts: Bytes[] | undefined;
  #partsBytes = 0;
  /** Memory that the parts of this batch lie in. */
  #held: Held[] | undefined;
  /** Memory of writes that the system has not taken whole. */
  #underway: Held[] | undefined;
  #bytesFlushed = 0;
  #isClosed = false;

  constructor(socket: Socket, turn: Turn, options: BatchOptions = {}) {
    this.#socket = socket;
    this.#turn = turn;
    this.#batchBytesMax = options.batchBytesMax ?? 262_144;
    this.#copyBytesMax = options.copyBytesMax ?? 2048;
    this.#owner = options.owner;
  }

  /** Bytes that wait for the flush. */
  get byteLength(): number {
    return this.#partsBytes + this.position - this.#start;
  }

  /** Bytes flushed to the socket so far. */
  get bytesFlushed(): number {
    return this.#bytesFlushed;
  }

  /** See `Outbox.reserve`. */
  reserve(size: number): Bytes {
    if (this.byteLength >= this.#batchBytesMax) this.flush();
    if (this.#piece.length - this.position < size) this.#takePiece(size);
    if (!this.isQueued) this.#turn.add(this);
    return this.#piece;
  }

  /** See `Outbox.append`. */
  append(bytes: Bytes): void {
    const size = bytes.length;
    const isBorrowed = this.#turn.isInput(bytes);
    const memory = this.#turn.inputMemory;
    // what the next input overwrites must be copied, however large, unless it can be held
    if (size <= this.#copyBytesMax || (isBorrowed && memory === undefined)) {
      this.reserve(size).set(bytes, this.position);
      this.position += size;
      return;
    }
    this.reserve(0);
    this.#endPart();
    this.#parts ??= [];
    this.#parts.push(bytes);
    this.#partsBytes += size;
    if (!isBorrowed || memory === undefined) return;
    memory.hold();
    this.#hold(memory);
  }

  /** Hands everything to the socket in one write; does nothing when there is nothing. */
  flush(): void {
    this.#endPart();
    const size = this.#partsBytes;
    if (size === 0) return;
    const parts = this.#parts;
    this.#forget();
    if (this.#isClosed || parts === undefined) return;
    this.#bytesFlushed += size;
    this.written();
    const isTaken = this.#socket.write(parts);
    this.#sendHeld();
    this.written();
    if (isTaken) this.#owner?.flushed();
  }

  /** What the system has taken needs no memory any more. */
  written(): void {
    const underway = this.#underway;
    if (underway === undefined || underway.length === 0 || this.#socket.pendingBytes > 0) return;
    for (let index = 0; index < underway.length; index++) underway[index]?.release();
    underway.length = 0;
  }

  /** Drops what was not flushed; whatever is put in from now on is dropped as well. The socket is gone, or going. */
  close(): void {
    this.#isClosed = true;
    this.#forget();
  }

  /** The socket is gone, and with it all that the system had not taken. */
  release(): void {
    for (const memory of [...(this.#held ?? []), ...(this.#underway ?? [])]) memory.release();
    this.#held = undefined;
    this.#underway = undefined;
  }

  /** What this batch held is on its way with it. */
  #sendHeld(): void {
    const held = this.#held;
    const underway = this.#underway;
    if (held === undefined) return;
    if (underway === undefined || underway.length === 0) {
      this.#held = underway;
      this.#underway = held;
      return;
    }
    for (let index = 0; index < held.length; index++) {
      const memory = held[index];
      if (memory) underway.push(memory);
    }
    held.length = 0;
  }

  #hold(memory: Held): void {
    this.#held ??= [];
    this.#held.push(memory);
  }

  #forget(): void {
    this.#turn.arena.giveBack(this.#piece, this.position);
    this.#piece = emptyBytes;
    this.#pieceBytes = firstPieceBytes;
    this.#start = 0;
    this.position = 0;
    this.#parts = undefined;
    this.#partsBytes = 0;
  }

  #endPart(): void {
    if (this.position === this.#start) return;
    this.#parts ??= [];
    this.#parts.push(this.#piece.subarray(this.#start, this.position));
    this.#partsBytes += this.position - this.#start;
    this.#start = this.position;
  }

  /** Pieces double, so that few bytes take little memory and many bytes make few parts. */
  #takePiece(size: number): void {
    this.#endPart();
    const { arena } = this.#turn;
    arena.giveBack(this.#piece, this.position);
    this.#piece = arena.carve(Math.max(size, this.#pieceBytes));
    if (arena.latest) this.#hold(arena.latest);
    this.#pieceBytes = Math.min(this.#pieceBytes * 2, pieceBytesMax);
    this.#start = 0;
    this.position = 0;
  }
}
