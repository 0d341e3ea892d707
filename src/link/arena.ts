// hot path
// Arena: the memory that outgoing small bytes are copied into, shared by all batches of one `Turn`. A batch carves a
// piece, fills it from the front and gives the unused end back when it flushes. Memory that went to a socket is never
// written again: the arena only moves forward, and leaves a used-up slab to the sockets that still hold pieces of it.
// Bounded: one slab; a connection that does not take its bytes pins at most the slabs its bytes lie in.
import { allocateBytes, type Bytes, emptyBytes } from '../../protocol/wire/bytes.ts';

const slabBytes = 16_384;

/** Memory for outgoing bytes, handed out in pieces. */
export class Arena {
  #slab: Bytes = emptyBytes;
  #position = 0;

  /** A piece of `size` bytes with undefined content; larger than 16 KiB it is memory of its own. */
  carve(size: number): Bytes {
    if (size > slabBytes) return allocateBytes(size);
    if (this.#slab.length - this.#position < size) {
      this.#slab = allocateBytes(slabBytes);
      this.#position = 0;
    }
    const start = this.#position;
    this.#position += size;
    return this.#slab.subarray(start, this.#position);
  }

  /**
   * The owner of a piece wrote to its first `used` bytes only; the rest may be carved again if nothing lies behind it.
   */
  giveBack(piece: Bytes, used: number): void {
    if (piece.buffer !== this.#slab.buffer) return;
    const end = piece.byteOffset - this.#slab.byteOffset + piece.length;
    if (end === this.#position) this.#position -= piece.length - used;
  }
}
