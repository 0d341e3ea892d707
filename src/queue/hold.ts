// Hold: whoever waits for a message to be safe. A queue that needs time takes a hold before it returns, and ends it
// when the message is where its durability says. The router's acceptance is one; queues know no more of it than this,
// so that they need not know the router.
import type { ReasonCode } from '../../protocol/wire/reason-code.ts';
import { type Durability, stricter } from '../base/durability.ts';
import type { Journal } from '../journal/journal.ts';

/** Waits for a message to be safe. */
export interface Hold {
  /** How safe it must be at least, whatever a queue in the journal says. */
  readonly durability: Durability;
  hold(): void;
  /** The hold is over: the message is where it has to be. */
  stored(): void;
  /** The message was refused; `isForNow`: it is to be sent again. The holds go on until they end. */
  refuse(reasonCode: ReasonCode, isForNow?: boolean): void;
}

/** Waits for the messages of a run to be safe: the hold is made where one is taken. */
export interface RunHold extends Pick<Hold, 'durability'> {
  open(): Hold;
}

/** Holds until everything that was appended so far is as safe as the stricter of two levels says. */
export function holdUntilSafe(hold: Hold, journal: Journal, level: Durability): void {
  const wanted = stricter(level, hold.durability);
  if (wanted === 'memory') return;
  hold.hold();
  journal.wait(hold, wanted === 'synced');
}

/** The same for a run. */
export function holdRunUntilSafe(run: RunHold, journal: Journal, level: Durability): void {
  if (stricter(level, run.durability) !== 'memory') holdUntilSafe(run.open(), journal, level);
}
