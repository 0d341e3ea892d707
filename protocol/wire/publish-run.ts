// hot path
// PublishRun: QoS 0 messages without properties that lie side by side in one chunk and go the same way, taken
// together as one slice of it. It holds nothing of its own: it is a window on the chunk, and is over with
// it at the latest. What the way is, only its owner knows.
import { type Bytes, emptyBytes } from './bytes.ts';

/** Whole frames, side by side. */
export class PublishRun {
  /** The chunk in which the frames lie: `bytes[start..end)`. */
  bytes: Bytes = emptyBytes;
  start = 0;
  end = 0;
  /** Frames in the run; 0 when there is none. */
  count = 0;
  /** Where all of them go. */
  way: object | undefined;

  /** Takes a frame if it lies behind the others and goes their way, or is the first. */
  take(bytes: Bytes, start: number, end: number, way: object): boolean {
    if (this.count === 0) {
      this.bytes = bytes;
      this.start = start;
      this.way = way;
    } else if (start !== this.end || bytes !== this.bytes || way !== this.way) {
      return false;
    }
    this.end = end;
    this.count++;
    return true;
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
}
