// Malformed: what a reader of peer bytes returns instead of throwing. It says which reason
// code the peer should be told, which statement it broke, and what was seen, in words that
// a person can act on.
import type { ReasonCode } from './reason-code.ts';

/** A broken rule found in bytes from the peer. Readers return it; nothing in `protocol/` throws it. */
export class Malformed {
  /** What a 5.0 peer is told: malformed packet 0x81, protocol error 0x82, packet too large 0x95, ... */
  readonly reasonCode: ReasonCode;
  /** The statement broken, for instance `MQTT-3.3.2-2`; empty where the standard numbers none. */
  readonly statement: string;
  /** What was seen and what was expected. */
  readonly detail: string;

  constructor(reasonCode: ReasonCode, statement: string, detail: string) {
    this.reasonCode = reasonCode;
    this.statement = statement;
    this.detail = detail;
  }
}
