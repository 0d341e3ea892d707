// hot path
// SendRun: messages of one QoS that were sent together under consecutive packet identifiers, as they stand in a send
// window: their frames as they were published, and two numbers. The first `settled` of them are settled, the first
// `released` released; a peer that acknowledges in order needs no more. For any other one the run is taken apart into
// entries (`deliveries`). Bounded: it holds the bytes of its frames, and nothing for a message that is acknowledged in
// its turn.
import { type Bytes, copyOfBytes } from '../wire/bytes.ts';
import { type FrameHandler, FrameScanner } from '../wire/frame-scanner.ts';
import type { KeptFrames } from '../wire/kept-frames.ts';
import type { ProtocolVersion, Qos } from '../wire/protocol-version.ts';
import { PublishView } from '../wire/publish-view.ts';
import type { Delivery } from '../wire/publishable.ts';

/** What a run is made of. */
export interface RunParts {
  /** Whole frames of QoS 1 or 2. What identifiers they hold does not matter. */
  readonly frames: KeptFrames;
  /** The version of which the frames are. */
  readonly version: ProtocolVersion;
  readonly count: number;
  /** The QoS at which they were sent, 1 or 2; not above that of the frames. */
  readonly qos: Qos;
  /** The owner's own number of the first of them, those of the others follow it; 0, for all of them, is no number. */
  readonly token: number;
}

/** Messages underway, in order. */
export class SendRun {
  readonly parts: RunParts;
  /** Packet identifier of the first of them. */
  readonly firstId: number;
  /** Messages before it, runs and others, tell its place in the window. */
  readonly order: number;
  settled = 0;
  released = 0;
  /** What the place of a released message, in the order of all releases, is above its index: of the first ones. */
  #firstShift = 0;
  /** The same of the last ones. */
  #lastShift = 0;
  /** Where it changed, because others were released in between: index, shift, index, shift ... */
  #shifts: number[] | undefined;

  constructor(parts: RunParts, firstId: number, order: number) {
    this.parts = parts;
    this.firstId = firstId;
    this.order = order;
    parts.frames.keep();
  }

  /** All of it is settled. */
  end(): void {
    this.parts.frames.letGo();
  }

  /** The next `count` messages are released, as those of the window from the `place`th on. */
  release(place: number, count: number): void {
    const shift = place - this.released;
    if (this.released === 0) {
      this.#firstShift = shift;
    } else if (shift !== this.#lastShift) {
      this.#shifts ??= [];
      this.#shifts.push(this.released, shift);
    }
    this.#lastShift = shift;
    this.released += count;
  }

  /** The place that a released message was released in. */
  placeOf(index: number): number {
    let shift = this.#firstShift;
    const shifts = this.#shifts ?? [];
    for (let at = 0; at < shifts.length && (shifts[at] ?? 0) <= index; at += 2) shift = shifts[at + 1] ?? 0;
    return index + shift;
  }

  /** The owner's own number of the message at an index. */
  tokenOf(index: number): number {
    return this.parts.token === 0 ? 0 : this.parts.token + index;
  }

  /** Whether an identifier is one of the run's that are not settled. */
  has(packetId: number): boolean {
    return packetId >= this.firstId + this.settled && packetId < this.firstId + this.parts.count;
  }

  /**
   * What is not settled, by its index in the run, in order. The bytes lie in the run's frames, or in a copy of the
   * rest of them where most is settled.
   */
  forEachUnsettled(visit: (index: number, delivery: Delivery) => void): void {
    const { version, qos } = this.parts;
    const view = new PublishView();
    let index = this.settled;
    scanFrames(this.#unsettledFrames(), (bytes, start, bodyStart, end) => {
      view.read(bytes, start, bodyStart, end, version);
      const message = {
        topicBytes: view.topicBytes(),
        payload: view.payload(),
        properties: view.forwardProperties(),
        expiresAt: 0,
      };
      const delivery = { message, qos, retain: false, subscriptionIdentifiers: undefined };
      visit(index, delivery);
      index++;
    });
  }

  #unsettledFrames(): Bytes {
    const { frames, count } = this.parts;
    const { bytes } = frames;
    let index = 0;
    let from = bytes.length;
    scanFrames(bytes, (_bytes, start) => {
      if (index++ === this.settled) from = start;
    });
    const rest = bytes.subarray(from);
    return this.settled * 2 > count ? copyOfBytes(rest) : rest;
  }
}

function scanFrames(frames: Bytes, visit: (...frame: Parameters<FrameHandler['frame']>) => void): void {
  new FrameScanner(frames.length).scan(frames, {
    frame: (bytes, start, bodyStart, end) => {
      visit(bytes, start, bodyStart, end);
      return true;
    },
  });
}
