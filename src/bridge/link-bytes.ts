// LinkBytes: what goes over the wire of a bridge, by lane. Links count their bytes anyway; here they are only summed up
// when somebody asks, and kept when a link is over, so that the message path does not know of it.
// Bounded by the numbers of lanes.

/** A link that counts what goes over it. */
export interface CountedLink {
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** All links of one lane, one after the other. */
export class LaneBytes implements CountedLink {
  #link: CountedLink | undefined;
  #sentBefore = 0;
  #receivedBefore = 0;

  /** Bytes sent since the process began, TLS not counted. */
  get bytesSent(): number {
    return this.#sentBefore + (this.#link?.bytesSent ?? 0);
  }

  /** Bytes received since the process began, TLS not counted. */
  get bytesReceived(): number {
    return this.#receivedBefore + (this.#link?.bytesReceived ?? 0);
  }

  /** Another link from now on; undefined: none. */
  use(link: CountedLink | undefined): void {
    const { bytesSent, bytesReceived } = this;
    this.#sentBefore = bytesSent - (link?.bytesSent ?? 0);
    this.#receivedBefore = bytesReceived - (link?.bytesReceived ?? 0);
    this.#link = link;
  }
}

/** All lanes of one bridge, those that are gone included. */
export class BridgeBytes implements CountedLink {
  readonly #lanes = new Map<number, LaneBytes>();

  /** Those of the lane with a number; one that comes back goes on counting. */
  ofLane(number: number): LaneBytes {
    const bytes = this.#lanes.get(number) ?? new LaneBytes();
    this.#lanes.set(number, bytes);
    return bytes;
  }

  /** See `LaneBytes`. */
  get bytesSent(): number {
    let sum = 0;
    for (const { bytesSent } of this.#lanes.values()) sum += bytesSent;
    return sum;
  }

  /** See `LaneBytes`. */
  get bytesReceived(): number {
    let sum = 0;
    for (const { bytesReceived } of this.#lanes.values()) sum += bytesReceived;
    return sum;
  }
}
