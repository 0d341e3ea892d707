// hot path
// KnownTopics: the topics of one connection whose messages may go as runs, each with its way. A frame is looked up by
// the bytes that its body begins with: the topic's length, the topic, and in 5.0 an empty property block. Nothing is
// decoded. Bounded by `topicsMax`: beyond it the table begins anew.
import { allocateBytes, type Bytes } from '../wire/bytes.ts';
import { ProtocolVersion } from '../wire/protocol-version.ts';

interface Known {
  /** What a body begins with. */
  readonly prefix: Bytes;
  readonly way: object;
  /** The next one with the same hash. */
  readonly next: Known | undefined;
}

const topicsMax = 4096;

/** The known topics of one connection. */
export class KnownTopics {
  readonly #version: ProtocolVersion;
  readonly #byHash = new Map<number, Known>();
  #last: Known | undefined;
  #size = 0;

  constructor(version: ProtocolVersion) {
    this.#version = version;
  }

  /** From now on messages to this topic go this way. */
  add(topicBytes: Bytes, way: object): void {
    if (this.#size >= topicsMax) this.clear();
    const tail = this.#version === ProtocolVersion.v5 ? 1 : 0;
    const prefix = allocateBytes(2 + topicBytes.length + tail);
    prefix.writeUInt16BE(topicBytes.length, 0);
    topicBytes.copy(prefix, 2);
    if (tail > 0) prefix[prefix.length - 1] = 0;
    const hash = hashOf(prefix, 2, 2 + topicBytes.length);
    const known = { prefix, way, next: this.#byHash.get(hash) };
    this.#byHash.set(hash, known);
    this.#last = known;
    this.#size++;
  }

  /** The way of the message whose body is `bytes[bodyStart..end)`; undefined if its topic is not known. */
  wayOf(bytes: Bytes, bodyStart: number, end: number): object | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    if (beginsWith(bytes, bodyStart, end, last.prefix)) return last.way;
    const topicEnd = bodyStart + 2 + (((bytes[bodyStart] ?? 0) << 8) | (bytes[bodyStart + 1] ?? 0));
    if (topicEnd > end) return undefined;
    let known = this.#byHash.get(hashOf(bytes, bodyStart + 2, topicEnd));
    while (known && !beginsWith(bytes, bodyStart, end, known.prefix)) known = known.next;
    if (known) this.#last = known;
    return known?.way;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#byHash.clear();
    this.#last = undefined;
    this.#size = 0;
  }
}

/** Of the last bytes, where topics differ most. */
function hashOf(bytes: Bytes, start: number, end: number): number {
  let hash = end - start;
  for (let index = Math.max(start, end - 12); index < end; index++) hash = (hash * 31 + (bytes[index] ?? 0)) | 0;
  return hash;
}

function beginsWith(bytes: Bytes, start: number, end: number, prefix: Bytes): boolean {
  const { length } = prefix;
  if (end - start < length) return false;
  // from behind: the ends of topics differ most
  for (let index = length - 1; index >= 0; index--) if (bytes[start + index] !== prefix[index]) return false;
  return true;
}
