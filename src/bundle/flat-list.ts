// FlatList: what `mqtt-packet` needs of a list of buffers, over one Buffer. In the bundled program it stands for the
// package `bl`, which brings a stream library along for it. The parser is fed one whole frame at a time, so there is
// hardly ever anything to join. Bounded by what is fed and not consumed.
import { Buffer } from 'node:buffer';

const nothing = Buffer.alloc(0);

/** A list of buffers that is one buffer. */
class FlatList {
  #bytes: Buffer = nothing;

  /** Bytes appended and not consumed. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Adds bytes at the end; they are referred to while they are all there is. */
  append(bytes: Buffer): this {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    return this;
  }

  /** Takes bytes from the front; all of them if there are not as many. */
  consume(count: number): this {
    // an empty rest would keep the memory of what was consumed
    if (count >= this.#bytes.length) this.#bytes = nothing;
    else if (count > 0) this.#bytes = this.#bytes.subarray(count);
    return this;
  }

  /** The bytes from `start` to `end`, which may lie beyond the last. */
  slice(start?: number, end?: number): Buffer {
    return this.#bytes.subarray(start, end);
  }

  /** The text of a range. */
  toString(encoding?: BufferEncoding, start?: number, end?: number): string {
    return this.#bytes.toString(encoding, start, end);
  }

  /** One byte; throws RangeError beyond the last, like the others. */
  readUInt8(offset: number): number {
    return this.#bytes.readUInt8(offset);
  }

  /** Two bytes. */
  readUInt16BE(offset: number): number {
    return this.#bytes.readUInt16BE(offset);
  }

  /** Four bytes. */
  readUInt32BE(offset: number): number {
    return this.#bytes.readUInt32BE(offset);
  }
}

/** A new, empty list. */
export function flatList(): FlatList {
  return new FlatList();
}
