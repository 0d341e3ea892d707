// ExchangeTerms: what an exchange works with besides its session: what both ends of its connection agreed on, and whose
// it is. Types without state.
// Bounded by nothing: it is made once for each connection.
import type { ReasonCode } from '../wire/reason-code.ts';
import type { PeerLimits } from './limits.ts';
import type { ReadTerms } from './publish-reader.ts';
import type { RunSink } from './run-exchange.ts';

/** The machine that an exchange belongs to. */
export interface ExchangeOwner {
  /** Ends the connection. */
  disconnect(reasonCode: ReasonCode, detail: string): void;
}

/** What one connection agreed on. */
export interface ExchangeTerms extends ReadTerms {
  readonly owner: ExchangeOwner;
  /** What the peer takes. */
  readonly peer: PeerLimits;
  /** Who takes runs; default nobody: every message comes alone. */
  readonly runSink?: RunSink;
  /** QoS 2 messages underway at most; default the peer's receive maximum. */
  readonly qos2WindowMax?: number;
}
