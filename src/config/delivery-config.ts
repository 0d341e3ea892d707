// DeliveryConfig: what a bridge does with its messages besides carrying them, as a configuration has it;
// see the options of the bridge with the same names.
// Complete, with defaults filled in and units in the names.

/** A part of `BridgeConfig`. */
export interface DeliveryConfig {
  /** Absent: 10,000. */
  readonly blockedCountMax?: number;
  /** Absent: the default actions, five tries. */
  readonly refusals?: RefusalConfig;
  /** Absent: the default actions, a pause of an hour. */
  readonly linkRefusals?: LinkRefusalConfig;
  /** Absent: 2. */
  readonly poisonLossesMax?: number;
  /** Absent: nothing is kept. */
  readonly replay?: ReplayConfig;
  /** Absent: 1000 messages, 16 MiB, seven days. */
  readonly deadLetters?: { readonly countMax: number; readonly bytesMax: number; readonly ageMsMax: number };
}

/** What is kept of delivered messages. */
export interface ReplayConfig {
  /** Default 86400000. */
  readonly ageMsMax: number;
  /** Default 268435456. */
  readonly bytesMax: number;
  /** Absent: replayed messages are as they were. */
  readonly property?: string;
}

/** What is done about the words with which a remote refuses or ends a connection. */
export interface LinkRefusalConfig {
  /** By the name of the reason code, in the place of the default one. */
  readonly actions: Readonly<Record<string, 'retry' | 'wait' | 'pause' | 'follow'>>;
  /** Default 3600000. */
  readonly pauseMs: number;
}

/** What is done about messages that the remote refuses. */
export interface RefusalConfig {
  /** By the name of the reason code, in the place of the default one. */
  readonly actions: Readonly<Record<string, 'retry' | 'pause' | 'park' | 'dead-letter' | 'drop'>>;
  /** 1 to 1000. Default 5. */
  readonly triesMax: number;
  /** Default 1000. */
  readonly retryMs: number;
  /** Default 10000 and 600000. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
  /** Default 300000. */
  readonly parkMs: number;
}
