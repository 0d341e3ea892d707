// DeviceLine: what a session needs of the connection that serves it, and no
// more. The session never learns more of a connection, so that nothing of a dead
// one can stay with it.
import type { SendOutcome } from '../../protocol/connection/exchange.ts';
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';

/** The connection side of a connected session. */
export interface DeviceLine {
  /** So much waits to be written that nothing should be added. */
  readonly isCongested: boolean;
  /** Sends a message; `token` is the queue's sequence, 0 for a message that was never queued. */
  send(delivery: Delivery, token: number): SendOutcome;
  /** Whether the device speaks 5.0. */
  readonly isV5: boolean;
  /** Whether frames of QoS 0 messages of its version may be passed on as they are. */
  readonly mayForward: boolean;
  /** Passes such frames on. */
  forward(frames: Bytes): void;
  /** Ends the connection with a reason. */
  disconnect(reasonCode: ReasonCode, detail: string): void;
}
