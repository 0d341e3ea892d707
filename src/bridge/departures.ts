// Departures: how messages leave the queue of a bridge, and the books about it: each is counted once on its rule, as
// delivered or as dropped for a reason, and whoever waited for it is told.
//
//   in the queue --delivered | dropped(reason)--> counted; publisher, refusals, latencies and ledger told
//
// Without state but for one sum.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { ReasonCode, reasonName } from '../../protocol/wire/reason-code.ts';
import type { Message } from '../message/message.ts';
import type { MessageQueue, QueueEntry } from '../queue/message-queue.ts';
import type { DropReason } from '../queue/overflow.ts';
import { factsOf } from './bridge-delivery.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { ForwardSource } from './forward-source.ts';
import type { Intake } from './intake.ts';
import type { KeptMessages } from './kept-messages.ts';
import type { Latencies } from './latencies.ts';
import { refusalNameOf } from './reason-table.ts';
import type { Refusals } from './refusals.ts';

/** Who has to do with messages that leave. */
export interface DepartureParts {
  readonly queue: MessageQueue<ForwardSource>;
  readonly intake: Intake;
  readonly refusals: Refusals;
  readonly latencies: Latencies;
  readonly deadLetters: DeadLetters;
  /** Where what was delivered is kept, if it is. */
  readonly kept: KeptMessages | undefined;
  /** A QoS 2 message is not sent any more: a remote that may have it half is to forget it. */
  readonly forgo: (sequence: number) => void;
}

/** A message as far as it is known when it leaves. */
interface Leaving {
  readonly sequence: number;
  readonly tag: ForwardSource;
  readonly qos: Qos;
}

type Arrived = Omit<Leaving, 'qos'> & { readonly message?: Message };

/** The way out of one queue. */
export class Departures {
  /** Messages that the remote has, since the process began. */
  delivered = 0;
  readonly #parts: DepartureParts;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
  }

  /** The remote has messages of a source, of which nobody waits to hear one by one. */
  count(source: ForwardSource, count: number): void {
    source.counters.delivered.add(count);
    this.delivered += count;
  }

  /** The remote has a message, which has left the queue; without `message` it was part of a run. */
  arrived({ sequence, tag, message }: Arrived, reasonCode: ReasonCode = ReasonCode.success): void {
    const { latencies, intake, kept } = this.#parts;
    if (message !== undefined && !tag.isReplay) kept?.add(message, tag);
    if (sequence >= latencies.settleDue) latencies.settled(sequence, 1);
    this.#forget(sequence);
    this.count(tag, 1);
    intake.left(sequence, reasonCode);
  }

  /** A message was dropped, and has left the queue. `reasonCode`: what a publisher is told that waits for it. */
  dropped({ sequence, tag, qos }: Leaving, reason: DropReason, reasonCode: ReasonCode): void {
    if (qos === 2) this.#parts.forgo(sequence);
    this.#count(sequence, tag, reason);
    this.#parts.intake.left(sequence, reasonCode);
  }

  /** Drops a message that was read. */
  drop({ sequence, tag, message }: QueueEntry<ForwardSource>, reason: DropReason): void {
    this.#parts.queue.acknowledge(sequence);
    if (reason === 'too-large') this.#parts.deadLetters.add(message, factsOf(tag, message.topic, reason));
    this.dropped({ sequence, tag, qos: message.qos }, reason, ReasonCode.unspecifiedError);
  }

  /** The remote refused a message for good. */
  refused(entry: QueueEntry<ForwardSource>, fate: 'dead-letter' | 'drop', reasonCode: ReasonCode): void {
    const { sequence, tag, message } = entry;
    const reason = fate === 'drop' ? 'refused' : 'dead-letter';
    const { latencies, queue, deadLetters, intake } = this.#parts;
    if (sequence >= latencies.settleDue) latencies.settled(sequence, 1, reason);
    queue.acknowledge(sequence);
    const why = refusalNameOf(reasonCode) ?? reasonName(reasonCode).replaceAll(' ', '_');
    if (fate === 'dead-letter') deadLetters.add(message, factsOf(tag, message.topic, why));
    this.#count(sequence, tag, reason);
    intake.left(sequence, reasonCode);
  }

  /** The remote hangs up whenever it gets a message. Returns its topic; undefined if there is none. */
  isolated(entry: QueueEntry<ForwardSource> | undefined): string | undefined {
    if (entry === undefined) return undefined;
    const { sequence, tag, message } = entry;
    const { queue, deadLetters, intake } = this.#parts;
    queue.acknowledge(sequence);
    deadLetters.add(message, factsOf(tag, message.topic, 'poison'));
    this.#count(sequence, tag, 'dead-letter');
    intake.left(sequence, ReasonCode.unspecifiedError);
    return message.topic;
  }

  #count(sequence: number, source: ForwardSource, reason: DropReason): void {
    this.#parts.latencies.dropped(sequence, reason);
    this.#forget(sequence);
    source.counters.dropped.add(reason);
  }

  #forget(sequence: number): void {
    if (this.#parts.refusals.isUsed) this.#parts.refusals.left(sequence);
  }
}
