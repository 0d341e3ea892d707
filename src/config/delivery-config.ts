// DeliveryConfig: what a bridge does with its messages besides carrying them, as a configuration has it;
// see the options of the bridge with the same names.
// Complete, with defaults filled in and units in the names.

/** A part of `BridgeConfig`. */
export interface DeliveryConfig {
  /** Absent: 10,000. */
  readonly blockedCountMax?: number;
  /** Absent: 1000 messages, 16 MiB, seven days. */
  readonly deadLetters?: { readonly countMax: number; readonly bytesMax: number; readonly ageMsMax: number };
}
