// KeyedStream: values by key, the last one of a key wins. Values live on the disk; what stays in memory is where.
// Meant for state that its owner has in memory anyway and reads back once, after a start (`load`). Bounded by whoever
// puts: `size` and `byteLength` tell.
import { type Bytes, byteLengthOfText } from '../../protocol/wire/bytes.ts';
import { RecordType } from './record.ts';
import type { RecordAppender } from './record-appender.ts';

/** Where a value stands. */
export interface ValuePlace {
  readonly position: number;
  readonly size: number;
}

/** The largest key, in bytes of UTF-8. */
export const keyBytesMax = 65_535;

/** One stream of values. */
export class KeyedStream {
  readonly id: number;
  readonly name: string;
  readonly #appender: RecordAppender;
  readonly #places: Map<string, ValuePlace>;
  #bytes = 0;

  constructor(appender: RecordAppender, id: number, name: string, places?: Map<string, ValuePlace>) {
    this.id = id;
    this.name = name;
    this.#appender = appender;
    this.#places = places ?? new Map();
    for (const { size } of this.#places.values()) this.#bytes += size;
  }

  /** Keys that have a value. */
  get size(): number {
    return this.#places.size;
  }

  /** Bytes of the records that hold the values. */
  get byteLength(): number {
    return this.#bytes;
  }

  /** The keys. */
  keys(): IterableIterator<string> {
    return this.#places.keys();
  }

  /** Whether a key has a value. */
  has(key: string): boolean {
    return this.#places.has(key);
  }

  /** Where the value of a key stands. */
  placeOf(key: string): ValuePlace | undefined {
    return this.#places.get(key);
  }

  /** Gives a key a value; the bytes are copied. */
  put(key: string, value: Bytes): void {
    const appender = this.#appender;
    const keyBytes = byteLengthOfText(key);
    const length = 2 + keyBytes + value.length;
    const bytes = appender.begin(length);
    const { at } = appender;
    bytes.writeUInt16BE(keyBytes, at);
    bytes.write(key, at + 2, 'utf8');
    value.copy(bytes, at + 2 + keyBytes);
    appender.end(RecordType.put, this.id, length, true);
    this.#placed(key);
  }

  /** Takes a key's value away. Returns whether it had one. */
  delete(key: string): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#places.delete(key);
    this.#bytes -= place.size;
    const appender = this.#appender;
    const bytes = appender.begin(byteLengthOfText(key));
    const length = bytes.write(key, appender.at, 'utf8');
    appender.end(RecordType.delete, this.id, length, false);
    // until that is safe the old value must stay: a new one may follow and be lost
    appender.writer.pending.replaced.push(place.position, place.size);
    return true;
  }

  /** For the cleaner: the record that was appended last holds the value of a key now. */
  movedToEnd(key: string): void {
    this.#placed(key);
  }

  #placed(key: string): void {
    const { position, size, writer } = this.#appender;
    const before = this.#places.get(key);
    // needed until the new one is safe
    if (before) writer.pending.replaced.push(before.position, before.size);
    this.#bytes += size - (before?.size ?? 0);
    this.#places.set(key, { position, size });
  }
}
