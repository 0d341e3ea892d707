// ReplayTarget: a bridge as a replay
// sees it that delivers through it.
// Types without state.
import type { Message } from '../message/message.ts';
import type { DropReason } from '../queue/overflow.ts';
import type { OwnedMessage } from './kept-form.ts';

/** One way of a message into the queue. Returns why it was not taken, if it was not. */
export type ReplayWay = () => DropReason | undefined;

/** A bridge that delivers what is replayed. */
export interface ReplayTarget {
  /** Whether nothing of a replay is to come now: it is closing. */
  readonly isClosed: boolean;
  /** Whether nothing waits: what is refused then is refused for good. */
  readonly isEmpty: boolean;
  /** The ways of a message that this bridge has delivered. */
  ownWays(owned: OwnedMessage): readonly ReplayWay[];
  /** The ways of a message under its local topic. */
  waysOf(message: Message): readonly ReplayWay[];
}
