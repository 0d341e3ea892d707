// QueueMoves: messages that go from the queue of one forwarder into that of another, when the lanes of a bridge change.
// One leaves here and comes there in one turn. Without state.
// Bounded by whoever asks for the next one.
import type { MessageQueue } from '../queue/message-queue.ts';
import type { ForwardSource } from './forward-source.ts';
import type { MovingMessage } from './forwarder-parts.ts';
import type { Intake } from './intake.ts';
import type { Refusals } from './refusals.ts';

/** The queue of a forwarder with what knows of its messages. */
export interface MovingParts {
  readonly queue: MessageQueue<ForwardSource>;
  readonly intake: Intake;
  readonly refusals: Refusals;
}

/** Takes a message that comes from another queue. */
export function takenIn({ intake, refusals }: Omit<MovingParts, 'queue'>, moving: MovingMessage): void {
  if ('awaited' in moving) refusals.adopt(intake.adopt(moving, moving.awaited), moving.tries);
  else intake.block({ message: moving.message, hold: moving.hold }, moving.rule);
}

/** Takes the oldest message up to a sequence out; undefined if none is at hand. What waits for room goes last. */
export function takenOut({ queue, intake, refusals }: MovingParts, until: number): MovingMessage | undefined {
  const entry = queue.depth === 0 ? undefined : queue.peek();
  if (entry !== undefined && entry.sequence > until) return undefined;
  const mayUnblock = queue.depth === 0 && until === Number.POSITIVE_INFINITY;
  if (entry === undefined) return mayUnblock ? intake.unblock() : undefined;
  queue.next();
  queue.acknowledge(entry.sequence);
  const tries = refusals.triesOf(entry.sequence);
  refusals.left(entry.sequence);
  const { message, tag: rule, queuedAt } = entry;
  return { message, rule, queuedAt, tries, awaited: intake.moved(entry.sequence) };
}
