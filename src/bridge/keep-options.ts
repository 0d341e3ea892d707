// KeepOptions: what a bridge keeps of the messages
// that it has delivered, so that they can be
// delivered again. Types without state.

/** What is kept of delivered messages; bounds in the journal. */
export interface KeepOptions {
  /** How long, in ms. */
  readonly ageMsMax: number;
  /** Bytes in the journal. */
  readonly bytesMax: number;
  /** A user property with the moment of delivery that replayed messages get, 5.0 only. Default none. */
  readonly property?: string;
}
