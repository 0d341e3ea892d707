// DeviceLine: what a session needs of the connection that serves it, and no
// more. The session never learns more of a connection, so that nothing of a dead
// one can stay with it.
import type { SendOutcome } from '../../protocol/connection/exchange.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { Delivery } from '../../protocol/wire/publishable.ts';
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';

/** The connection side of a connected session. */
export interface DeviceLine {
  /** So much waits to be written that nothing should be added. */
  readonly isCongested: boolean;
  /** Sends a message; `token` is the queue's sequence, 0 for a message that was never queued. */
  send(delivery: Delivery, token: number): SendOutcome;
  /** Whether a run may be sent at a QoS. `token`: of the first message, those of the others follow; 0: of none. */
  maySendRun(qos: Qos, run: PublishRun, token: number): boolean;
  /** Sends a run; `maySendRun` has said that it may be. */
  sendRun(forms: RunForms, qos: Qos, token: number): void;
  /** Ends the connection with a reason. */
  disconnect(reasonCode: ReasonCode, detail: string): void;
}
