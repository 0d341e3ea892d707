// hot path
// FrameScanner: chunks of any size -> whole frames. A frame that lies in one chunk is handed over in place, without
// copying; one that spans chunks is collected in memory of its own, which grows with the bytes that really came.
// Everything that the fixed header shows is checked as soon as it is there: packet type, flags, QoS, the length's form
// and size. Nothing bigger than `maximumPacketSize` is ever buffered.
import { allocateBytes, type Bytes, copyOfBytes, emptyBytes } from './bytes.ts';
import { Malformed } from './malformed.ts';
import { packetName, requiredFlags } from './packet-type.ts';
import { ReasonCode } from './reason-code.ts';

/** Takes the frames of one connection. */
export interface FrameHandler {
  /**
   * One whole frame, `bytes[start..end)`, whose body behind the fixed header starts at `bodyStart`. Borrowed. Returns
   * false to stop scanning behind this frame; what is left is kept.
   */
  frame(bytes: Bytes, start: number, bodyStart: number, end: number): boolean;
  /**
   * Two or more acknowledgements of one type and of four bytes each, side by side: `bytes[start..end)`. Without it they
   * come as frames. As with `frame`, false stops scanning; what the handler left of them is lost.
   */
  acknowledgements?(bytes: Bytes, start: number, end: number): boolean;
}

/** Length of a fixed header at most: one byte of type and flags, four of length. */
const headerBytesMax = 5;

const incomplete = -1;

/** An acknowledgement without reason code: its bytes, and between what its first byte lies. */
const ackBytes = 4;
const ackFirstMin = 0x40;
const ackFirstMax = 0x7f;

/** Splits one connection's stream into frames. After it returned a fault it must not be used again. */
export class FrameScanner {
  /** Largest whole frame taken, in bytes; it may change between chunks. */
  maximumPacketSize: number;
  /** Whether PUBREL, SUBSCRIBE and UNSUBSCRIBE may carry DUP, which 3.1 sets when it repeats them [MQTT31-13]. */
  mayRepeat = false;
  /** The start of a frame that is not whole yet, in memory that may be larger. */
  #partial: Bytes | undefined;
  #partialLength = 0;
  /** What came behind the stop that the handler said, perhaps nothing yet; undefined while scanning goes on. */
  #kept: Bytes | undefined;
  /** What the last call of `#readHeader` found. */
  #bodyStart = 0;
  #frameEnd = 0;
  #partialFrameSize = 0;
  #isStopped = false;

  constructor(maximumPacketSize: number) {
    this.maximumPacketSize = maximumPacketSize;
  }

  /** Bytes that are kept: of a frame that is not whole yet, and behind a stop. */
  get pendingBytes(): number {
    return this.#partialLength + (this.#kept?.length ?? 0);
  }

  /** Takes a borrowed chunk, hands over every frame that is whole with it. Returns what is wrong with the stream. */
  scan(chunk: Bytes, handler: FrameHandler): Malformed | undefined {
    if (this.#kept) {
      this.#kept = joined(this.#kept, chunk);
      return undefined;
    }
    return this.#partialLength > 0 ? this.#scanWithPartial(chunk, handler) : this.#scanFrom(chunk, 0, handler);
  }

  /**
   * Hands over the frames that are whole in bytes which the caller holds. Returns how many bytes were handed over; the
   * rest, the beginning of a frame or what lies behind a stop (`isStopped`), the caller brings again.
   */
  scanHeld(bytes: Bytes, handler: FrameHandler): number | Malformed {
    this.#partialFrameSize = 0;
    this.#isStopped = false;
    let start = 0;
    while (start < bytes.length) {
      const acksEnd = this.#endOfAcks(bytes, start, handler);
      if (acksEnd > start) {
        const mayGoOn = handler.acknowledgements?.(bytes, start, acksEnd);
        start = acksEnd;
        if (mayGoOn) continue;
        this.#isStopped = true;
        return start;
      }
      const fault = this.#readHeader(bytes, start, bytes.length);
      if (fault) return fault;
      const end = this.#frameEnd;
      if (end === incomplete) return start;
      if (end > bytes.length) {
        this.#partialFrameSize = end - start;
        return start;
      }
      const mayGoOn = handler.frame(bytes, start, this.#bodyStart, end);
      start = end;
      if (mayGoOn) continue;
      this.#isStopped = true;
      return start;
    }
    return start;
  }

  /** Whether the handler said stop and scanning has not gone on since. */
  get isStopped(): boolean {
    return this.#kept !== undefined || this.#isStopped;
  }

  /** Size of the frame that is not whole yet, in bytes; 0 if there is none or its header is not whole. */
  get partialFrameSize(): number {
    return this.#partialFrameSize;
  }

  /** What has come of a frame that is not whole yet. */
  partial(): Bytes {
    return this.#partial?.subarray(0, this.#partialLength) ?? emptyBytes;
  }

  /** The partial frame goes on elsewhere. */
  forgetPartial(): void {
    this.#partial = undefined;
    this.#partialLength = 0;
  }

  /** Takes over bytes that were held: the beginning of a frame, or what lies behind a stop. They are the scanner's. */
  keep(bytes: Bytes, isBehindStop: boolean): void {
    this.#isStopped = false;
    if (isBehindStop) {
      this.#kept = bytes;
    } else {
      this.#partial = bytes;
      this.#partialLength = bytes.length;
    }
  }

  /** Goes on with what was kept when the handler said stop. */
  resume(handler: FrameHandler): Malformed | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept ? this.#scanFrom(kept, 0, handler) : undefined;
  }

  #scanFrom(chunk: Bytes, from: number, handler: FrameHandler): Malformed | undefined {
    let start = from;
    while (start < chunk.length) {
      const acksEnd = this.#endOfAcks(chunk, start, handler);
      if (acksEnd > start) {
        const mayGoOn = handler.acknowledgements?.(chunk, start, acksEnd);
        start = acksEnd;
        if (mayGoOn) continue;
        this.#kept = copyOfBytes(chunk, start);
        return undefined;
      }
      const fault = this.#readHeader(chunk, start, chunk.length);
      if (fault) return fault;
      const end = this.#frameEnd;
      if (end === incomplete || end > chunk.length) {
        this.#keepPartial(chunk, start);
        return undefined;
      }
      if (!handler.frame(chunk, start, this.#bodyStart, end)) {
        this.#kept = copyOfBytes(chunk, end);
        return undefined;
      }
      start = end;
    }
    return undefined;
  }

  /** Where a run of acknowledgements that begins at `start` ends; `start` where there is none. */
  #endOfAcks(bytes: Bytes, start: number, handler: FrameHandler): number {
    const first = bytes[start] ?? 0;
    if (first < ackFirstMin || first > ackFirstMax || bytes[start + 1] !== 2) return start;
    if (handler.acknowledgements === undefined || this.maximumPacketSize < ackBytes) return start;
    if ((first & 0x0f) !== requiredFlags(first >> 4)) return start;
    let end = start + ackBytes;
    while (end + ackBytes <= bytes.length && bytes[end] === first && bytes[end + 1] === 2) end += ackBytes;
    return end > start + ackBytes ? end : start;
  }

  #keepPartial(chunk: Bytes, start: number): void {
    this.#partialFrameSize = this.#frameEnd === incomplete ? 0 : this.#frameEnd - start;
    this.#partial = copyOfBytes(chunk, start);
    this.#partialLength = this.#partial.length;
  }

  #scanWithPartial(chunk: Bytes, handler: FrameHandler): Malformed | undefined {
    let from = 0;
    // first the header, a byte at a time: it is at most five bytes long
    while (this.#partialLength < headerBytesMax) {
      const partial = this.#partial;
      if (partial === undefined) break;
      const fault = this.#readHeader(partial, 0, this.#partialLength);
      if (fault) return fault;
      if (this.#frameEnd !== incomplete) break;
      if (from === chunk.length) return undefined;
      this.#add(chunk, from, from + 1);
      from++;
    }
    const fault = this.#partial ? this.#readHeader(this.#partial, 0, this.#partialLength) : undefined;
    if (fault) return fault;
    const { frameEnd, bodyStart } = { frameEnd: this.#frameEnd, bodyStart: this.#bodyStart };
    if (frameEnd === incomplete) return undefined;
    this.#partialFrameSize = frameEnd;
    const take = Math.min(frameEnd - this.#partialLength, chunk.length - from);
    this.#add(chunk, from, from + take, frameEnd);
    if (this.#partialLength < frameEnd) return undefined;
    const frame = this.#partial;
    this.#partial = undefined;
    this.#partialLength = 0;
    if (frame !== undefined && !handler.frame(frame, 0, bodyStart, frameEnd)) {
      this.#kept = copyOfBytes(chunk, from + take);
      return undefined;
    }
    return this.#scanFrom(chunk, from + take, handler);
  }

  /** Adds bytes to the partial frame; its memory is at most four times what came, so that it is seldom copied. */
  #add(chunk: Bytes, from: number, to: number, frameSize = headerBytesMax): void {
    const length = this.#partialLength + to - from;
    let partial = this.#partial;
    if (partial === undefined || partial.length < length) {
      const grown = allocateBytes(Math.max(length, Math.min(frameSize, 4 * length)));
      partial?.copy(grown, 0, 0, this.#partialLength);
      partial = grown;
      this.#partial = grown;
    }
    chunk.copy(partial, this.#partialLength, from, to);
    this.#partialLength = length;
  }

  /** Reads the fixed header at `start`; sets `#frameEnd` (or `incomplete`) and `#bodyStart`. */
  #readHeader(bytes: Bytes, start: number, available: number): Malformed | undefined {
    const first = bytes[start] ?? 0;
    // Most frames are PUBLISH with flags that need no further look, or carry exactly the flags of their type.
    const typeFault = checkFirst(first);
    if (typeFault && !(this.mayRepeat && isRepeat(first))) return typeFault;
    let length = 0;
    let shift = 0;
    let position = start + 1;
    for (;;) {
      if (position >= available) {
        this.#frameEnd = incomplete;
        return undefined;
      }
      const byte = bytes[position++] ?? 0;
      length += (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) return nonMinimal; // [MQTT-1.5.5-1]
        break;
      }
      if (shift === 21) return tooLong;
      shift += 7;
    }
    this.#bodyStart = position;
    this.#frameEnd = position + length;
    const size = this.#frameEnd - start;
    if (size <= this.maximumPacketSize) return undefined;
    const detail = `a packet of ${size} bytes came, at most ${this.maximumPacketSize} are taken`;
    return new Malformed(ReasonCode.packetTooLarge, '', detail);
  }
}

const nonMinimal = new Malformed(
  ReasonCode.malformedPacket,
  'MQTT-1.5.5-1',
  'the remaining length uses more bytes than it needs',
);
const tooLong = new Malformed(ReasonCode.malformedPacket, '', 'the remaining length uses more than four bytes');

function joined(kept: Bytes, chunk: Bytes): Bytes {
  const both = allocateBytes(kept.length + chunk.length);
  kept.copy(both, 0);
  chunk.copy(both, kept.length);
  return both;
}

/** One of the packets that 3.1 calls QoS 1, with DUP besides. */
function isRepeat(first: number): boolean {
  return requiredFlags(first >> 4) === 2 && (first & 0x0f) === 0x0a;
}

/** [MQTT-2.1.3-1] [MQTT3-2.2.2-1] [MQTT3-2.2.2-2] [MQTT-3.3.1-4] [MQTT3-3.3.1-4] [MQTT-3.3.1-2] [MQTT3-3.3.1-2] */
function checkFirst(first: number): Malformed | undefined {
  const type = first >> 4;
  const flags = first & 0x0f;
  if (type === 3) {
    if ((flags & 6) === 6) return new Malformed(ReasonCode.malformedPacket, 'MQTT-3.3.1-4', 'PUBLISH with QoS 3');
    if (flags >= 8 && (flags & 6) === 0) {
      return new Malformed(ReasonCode.malformedPacket, 'MQTT-3.3.1-2', 'PUBLISH with QoS 0 and DUP');
    }
    return undefined;
  }
  if (type === 0) return new Malformed(ReasonCode.malformedPacket, '', 'packet type 0 does not exist');
  if (flags === requiredFlags(type)) return undefined;
  const detail = `${packetName(type)} with flags ${flags}, expected ${requiredFlags(type)}`;
  return new Malformed(ReasonCode.malformedPacket, 'MQTT-2.1.3-1', detail);
}
