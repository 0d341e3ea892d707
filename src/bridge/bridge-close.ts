// BridgeClose: how a bridge closes, and why it has.
// Types without state.
// What waits is bounded by the time that it is given.

/** Why a bridge is closed: it was told to, or something broke. */
export interface BridgeClosed {
  readonly error: Error | undefined;
}

/** How a bridge closes. */
export interface BridgeCloseOptions {
  /** How long what waits may take to be sent, in ms. Default 5000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** It does not come again: its sessions at the remote end too, where that can be said within 3 s. Default false. */
  readonly isForGood?: boolean;
}
