// OnMessage: what an application does with a message, and how that acknowledges it: by returning, by a promise,
// or by the application's own hand.
// Each message is acknowledged once, whatever a handler does.
import { ReasonCode } from '../../protocol/wire/reason-code.ts';
import type { ReceivedMessage } from './received-message.ts';

/** Acknowledges one message, by default with success; 0x80 and above refuses it. Once: what comes later is ignored. */
export type Acknowledge = (reasonCode?: ReasonCode) => void;

/**
 * Hears of messages. A promise holds the acknowledgement back until it is fulfilled; throwing refuses the message.
 * Where the subscription is manual, `acknowledge` does that instead.
 */
export type OnMessage = (message: ReceivedMessage, acknowledge: Acknowledge) => void | Promise<void>;

/** Lets the acknowledgement of one message leave. */
export type Release = (reasonCode: ReasonCode) => void;

/** Hands a message to a handler; `release` is called once. The application's errors are its own: they refuse it. */
export function handle(onMessage: OnMessage, message: ReceivedMessage, isManual: boolean, release: Release): void {
  let isOpen = true;
  const releaseOnce = (reasonCode: ReasonCode = ReasonCode.success): void => {
    if (isOpen) release(reasonCode);
    isOpen = false;
  };
  const refuse = (): void => releaseOnce(ReasonCode.unspecifiedError);
  try {
    const pending = onMessage(message, releaseOnce);
    if (isManual) pending?.catch(refuse);
    else if (pending === undefined) releaseOnce();
    else pending.then(() => releaseOnce(), refuse);
  } catch {
    refuse();
  }
}
