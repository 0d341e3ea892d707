// hot path
// Arena: the memory that outgoing small bytes are copied into, shared by all batches of one `Turn`. A batch carves a
// piece, fills it from the front, gives the unused end back when it flushes, and releases the slab of the piece when
// the system has taken what it wrote. A slab is carved again from its front when all of its pieces were released.
//
// Invariant: memory that is on its way to a socket is never written again. Bounded: one slab in use and at most
// `spareMax` spare ones; a connection that does not take its bytes pins the slabs that they lie in.
import { allocateBytes, type Bytes, emptyBytes } from '../../protocol/wire/bytes.ts';

const slabBytes = 16_384;
/** As many as a turn needs that writes to a hundred connections: what it makes anew waits for the collector. */
const spareMax = 128;

/** Memory that is in use until it is released. */
export interface Held {
  /** What referred to it does not any more. */
  release(): void;
}

/** Memory that pieces are carved from. */
class Slab implements Held {
  readonly bytes: Bytes;
  readonly #arena: Arena;
  position = 0;
  /** Pieces that were not released. */
  pieces = 0;

  constructor(bytes: Bytes, arena: Arena) {
    this.bytes = bytes;
    this.#arena = arena;
  }

  release(): void {
    this.pieces--;
    if (this.pieces > 0) return;
    this.position = 0;
    this.#arena.keep(this);
  }
}

/** Memory for outgoing bytes, handed out in pieces. */
export class Arena {
  #slab: Slab | undefined;
  readonly #spare: Slab[] = [];

  /** The slab of the piece that was carved last, to be released once. */
  get latest(): Held | undefined {
    return this.#slab;
  }

  /** A piece of `size` bytes with undefined content; larger than 16 KiB it is a slab of its own. */
  carve(size: number): Bytes {
    let slab = this.#slab;
    if (slab === undefined || slab.bytes.length - slab.position < size) {
      slab = size > slabBytes ? new Slab(allocateBytes(size), this) : (this.#spare.pop() ?? this.#newSlab());
      this.#slab = slab;
    }
    const start = slab.position;
    slab.position += size;
    slab.pieces++;
    return slab.bytes.subarray(start, slab.position);
  }

  /**
   * The owner of a piece wrote to its first `used` bytes only; the rest may be carved again if nothing lies behind it.
   */
  giveBack(piece: Bytes, used: number): void {
    const slab = this.#slab;
    if (slab === undefined || piece === emptyBytes || piece.buffer !== slab.bytes.buffer) return;
    const end = piece.byteOffset - slab.bytes.byteOffset + piece.length;
    if (end === slab.position) slab.position -= piece.length - used;
  }

  /** A slab of which nothing is in use any more. */
  keep(slab: Slab): void {
    if (slab === this.#slab || slab.bytes.length !== slabBytes) return;
    if (this.#spare.length < spareMax) this.#spare.push(slab);
  }

  #newSlab(): Slab {
    return new Slab(allocateBytes(slabBytes), this);
  }
}
