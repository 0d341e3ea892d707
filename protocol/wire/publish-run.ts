// hot path
// PublishRun: QoS 0 messages to one topic that lie side by side in one chunk, taken together as one
// slice of it. The first message of a topic is read in full; frames behind it that begin with the
// same bytes need no more than this comparison, because everything before their payload is known.
// A run holds nothing of its own: it is a window on the chunk, and is over with it at the latest.
import { allocateBytes, type Bytes, emptyBytes } from './bytes.ts';
import { ProtocolVersion } from './protocol-version.ts';

/** First byte of a PUBLISH with QoS 0, without DUP and RETAIN. */
const plainPublish = 0x30;

/** Frames that are the same but for their payload and length. */
export class PublishRun {
  /** The chunk in which the frames lie: `bytes[start..end)`. */
  bytes: Bytes = emptyBytes;
  start = 0;
  end = 0;
  /** Frames in the run; 0 when there is none. */
  count = 0;
  /** What a body begins with: the topic's length, the topic, in 5.0 an empty property block. */
  #prefix: Bytes = emptyBytes;

  /** The topic that is looked for; empty when none is. */
  get isArmed(): boolean {
    return this.#prefix.length > 0;
  }

  /** Looks for messages to this topic from now on. They carry no properties. */
  arm(topicBytes: Bytes, version: ProtocolVersion): void {
    const tail = version === ProtocolVersion.v5 ? 1 : 0;
    const isSame = this.#prefix.length === topicBytes.length + 2 + tail;
    if (isSame && topicBytes.equals(this.#prefix.subarray(2, 2 + topicBytes.length))) return;
    const prefix = allocateBytes(topicBytes.length + 2 + tail);
    prefix.writeUInt16BE(topicBytes.length, 0);
    topicBytes.copy(prefix, 2);
    // in 5.0 a property block of length 0
    if (tail > 0) prefix[prefix.length - 1] = 0;
    this.#prefix = prefix;
  }

  /** Looks for no more messages. A run that has begun stays. */
  disarm(): void {
    this.#prefix = emptyBytes;
  }

  /** Takes the frame `bytes[start..end)` if it continues the run, or begins one. */
  take(bytes: Bytes, start: number, bodyStart: number, end: number): boolean {
    const prefix = this.#prefix;
    const length = prefix.length;
    if (length === 0 || bytes[start] !== plainPublish || end - bodyStart < length) return false;
    if (this.count > 0 && (start !== this.end || bytes !== this.bytes)) return false;
    for (let index = 0; index < length; index++) {
      if (bytes[bodyStart + index] !== prefix[index]) return false;
    }
    if (this.count === 0) {
      this.bytes = bytes;
      this.start = start;
    }
    this.end = end;
    this.count++;
    return true;
  }

  /** The run was dealt with. */
  clear(): void {
    this.count = 0;
    this.bytes = emptyBytes;
  }
}
