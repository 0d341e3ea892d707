// hot path
// KnownTopics: the topics of one connection whose messages may go as runs, each with its way. A frame is looked up by
// the bytes that its body begins with: the topic's length and the topic. Nothing is decoded. What follows, a packet
// identifier and in 5.0 a property block that is passed on as it came, is looked at too: all else is no plain message.
// Bounded by `topicsMax`: beyond it the table begins anew.
import { allocateBytes, type Bytes } from '../wire/bytes.ts';
import { PlainBlocks } from '../wire/plain-block.ts';
import { ProtocolVersion } from '../wire/protocol-version.ts';

interface Known {
  /** What a body begins with. */
  readonly prefix: Bytes;
  way: object;
  /** The next one with the same hash. */
  readonly next: Known | undefined;
}

const topicsMax = 4096;

/** The known topics of one connection. */
export class KnownTopics {
  /** Where the topic of the frame that was found last ends, which is where its packet identifier stands. */
  topicEnd = 0;
  /** Where its payload begins. */
  payloadStart = 0;
  readonly #isV5: boolean;
  readonly #byHash = new Map<number, Known>();
  /** Made with the first properties. */
  #blocks: PlainBlocks | undefined;
  #last: Known | undefined;
  #size = 0;

  constructor(version: ProtocolVersion) {
    this.#isV5 = version === ProtocolVersion.v5;
  }

  /** From now on messages to this topic go this way. */
  add(topicBytes: Bytes, way: object): void {
    const prefix = allocateBytes(2 + topicBytes.length);
    prefix.writeUInt16BE(topicBytes.length, 0);
    topicBytes.copy(prefix, 2);
    const before = this.#find(prefix, 0, prefix.length);
    if (before) {
      before.way = way;
      return;
    }
    if (this.#size >= topicsMax) this.#clear();
    const hash = hashOf(prefix, 2, prefix.length);
    const known = { prefix, way, next: this.#byHash.get(hash) };
    this.#byHash.set(hash, known);
    this.#last = known;
    this.#size++;
  }

  /** The way of the message whose body is `bytes[bodyStart..end)`; undefined if it is not known, or not plain. */
  wayOf(bytes: Bytes, bodyStart: number, end: number, hasPacketId: boolean): object | undefined {
    const known = this.#find(bytes, bodyStart, end);
    if (known === undefined) return undefined;
    const topicEnd = bodyStart + known.prefix.length;
    this.topicEnd = topicEnd;
    let position = topicEnd;
    if (hasPacketId) {
      position += 2;
      if (position > end || (bytes[topicEnd] === 0 && bytes[topicEnd + 1] === 0)) return undefined;
    }
    if (this.#isV5) {
      if (position >= end) return undefined; // where there is no block there is a fault
      position = bytes[position] === 0 ? position + 1 : this.#endOfPlainBlock(bytes, position, end);
      if (position < 0) return undefined;
    }
    this.payloadStart = position;
    return known.way;
  }

  #endOfPlainBlock(bytes: Bytes, start: number, end: number): number {
    this.#blocks ??= new PlainBlocks();
    return this.#blocks.endOf(bytes, start, end);
  }

  #find(bytes: Bytes, bodyStart: number, end: number): Known | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    if (beginsWith(bytes, bodyStart, end, last.prefix)) return last;
    const topicEnd = bodyStart + 2 + (((bytes[bodyStart] ?? 0) << 8) | (bytes[bodyStart + 1] ?? 0));
    if (topicEnd > end) return undefined;
    let known = this.#byHash.get(hashOf(bytes, bodyStart + 2, topicEnd));
    while (known && !beginsWith(bytes, bodyStart, end, known.prefix)) known = known.next;
    if (known) this.#last = known;
    return known;
  }

  #clear(): void {
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
