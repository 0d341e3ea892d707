// hot path
// PublishRun: messages of one QoS that lie side by side in one chunk and go the same way, as they are, taken
// together as one slice of it. It holds nothing of its own: it is a window on the chunk, and is over with
// it at the latest. What the way is, only its owner knows. Bounded by the chunk; QoS 1 and 2 by `acknowledgedMax`,
// for whose packet identifiers it keeps the places.
import { type Bytes, emptyBytes } from './bytes.ts';
import type { Qos } from './protocol-version.ts';

/**
 * Messages of QoS 1 or 2 in one run at most: so many have room in a window that is nearly full, and are lost with one
 * damaged record. Larger runs are hardly cheaper.
 */
const acknowledgedMax = 256;

const noPlaces = new Int32Array(0);

/** Whole frames, side by side. */
export class PublishRun {
  /** The chunk in which the frames lie: `bytes[start..end)`. */
  bytes: Bytes = emptyBytes;
  start = 0;
  end = 0;
  /** Frames in the run; 0 when there is none. */
  count = 0;
  /** Of all of them. */
  qos: Qos = 0;
  /** Where all of them go. */
  way: object | undefined;
  /** Size of the largest frame, in bytes. */
  frameBytesMax = 0;
  /** Of all payloads together, counted by who makes the run. */
  payloadBytes = 0;
  /** Whether its publisher may be answered after whoever takes it has returned; whoever hands it over says so. */
  mayWait = false;
  /** QoS 1 and 2: where the packet identifiers stand, counted from `start`; the first `count` places are valid. */
  idPlaces: Int32Array = noPlaces;

  /** Begins with a frame; the run was empty. `idAt`: where in `bytes` its packet identifier stands, not for QoS 0. */
  begin(bytes: Bytes, start: number, end: number, idAt: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.mayWait = false;
    this.qos = (((bytes[start] ?? 0) >> 1) & 3) as Qos; // the scanner lets no QoS 3 through
    this.count = 1;
    this.payloadBytes = 0;
    this.frameBytesMax = end - start;
    if (this.qos > 0) this.#keepPlace(0, idAt);
  }

  /** Takes one more frame if it lies behind the others, has their QoS and goes their way. */
  take(bytes: Bytes, start: number, end: number, idAt: number): boolean {
    if (start !== this.end || bytes !== this.bytes || (((bytes[start] ?? 0) >> 1) & 3) !== this.qos) return false;
    if (this.qos > 0) {
      if (this.count === acknowledgedMax) return false;
      this.#keepPlace(this.count, idAt);
    }
    this.end = end;
    this.count++;
    if (end - start > this.frameBytesMax) this.frameBytesMax = end - start;
    return true;
  }

  /** Takes one more frame that was written for the run, right behind the others, whatever was there before. */
  put(bytes: Bytes, start: number, end: number, idAt: number): void {
    if (this.count === 0) this.begin(bytes, start, end, idAt);
    else this.take(bytes, start, end, idAt);
  }

  /** The frames. */
  frames(): Bytes {
    return this.bytes.subarray(this.start, this.end);
  }

  /** The run was dealt with. */
  clear(): void {
    this.count = 0;
    this.bytes = emptyBytes;
    this.way = undefined;
  }

  #keepPlace(index: number, idAt: number): void {
    if (index >= this.idPlaces.length) {
      const more = new Int32Array(Math.max(32, 2 * this.idPlaces.length));
      more.set(this.idPlaces);
      this.idPlaces = more;
    }
    this.idPlaces[index] = idAt - this.start;
  }
}
