// RunPassage: the way of runs past a queue. While nothing waits in it, the messages of a run go to the receiver at
// once and together; in the queue they only take their places, and one in the journal stores them there. They are told
// settled by their places, many at a time. What the receiver turns out not to have is given its place after all.
//
//   mayPass --pass--> left out --passed--> gone
//                              --restore--> underway: one entry of the queue like all others
//
// Bounded by the limits of the queue and the receiver's window.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { PublishRun } from '../../protocol/wire/publish-run.ts';
import type { RunForms } from '../../protocol/wire/run-forms.ts';
import type { Message } from '../message/message.ts';
import type { RunHold } from './hold.ts';

/** The way past one queue. */
export interface RunPassage<Tag> {
  /** Bytes that its messages have which passed by and are not settled, as far as `byteLength` does not count them. */
  passedBytesOf(run: PublishRun): number;
  /** Whether a run can take its places now, as far as the queue cares: nothing waits in it. */
  mayPass(qos: Qos, run: PublishRun): boolean;
  /**
   * Leaves places out for a run that goes on at a QoS, and counts its messages as held. `hold`: who waits for them to
   * be safe. Returns the first place.
   */
  pass(forms: RunForms, qos: Qos, tag: Tag, hold: RunHold): number;
  /** `count` messages of one run that passed by, from a place on, are settled. */
  passed(first: number, count: number, tag: Tag): void;
  /**
   * Gives a message that passed by the place that was left out for it, as if it had been read. Limits do not count
   * here: the message was accepted.
   */
  restore(sequence: number, message: Message, tag: Tag): void;
}
