// Hold: whoever waits for a message to be safe. A queue that needs time takes a hold before it returns, and ends it
// when the message is where its durability says. The router's acceptance is one; queues know no more of it than this,
// so that they need not know the router.
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';

/** Waits for a message to be safe. */
export interface Hold {
  hold(): void;
  /** The hold is over: the message is where it has to be. */
  stored(): void;
  /** The message was refused; `isForNow`: it is to be sent again. The holds go on until they end. */
  refuse(reasonCode: ReasonCode, isForNow?: boolean): void;
}
