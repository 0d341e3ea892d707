// StoredQueueParts: what a queue in the journal works with, and what its owner's tags are there.
// Types without state.
// Bounded by the limits of whoever opens the queue.
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import type { Durability } from '../base/durability.ts';
import type { Origin } from '../message/origin.ts';
import type { DropReason } from './overflow.ts';
import type { QueueLimits } from './queue.ts';
import type { QueueBudget } from './queue-budget.ts';
import type { Shares } from './share.ts';
import type { Storage } from './storage.ts';

/** What an owner's tags are in the journal: one number that is always at hand, and more that go with the message. */
export interface TagForm<Tag> {
  /** 32 bits. */
  keyOf(tag: Tag): number;
  numbersOf(tag: Tag): readonly number[];
  /** `numbers` is undefined when only the key is at hand. */
  tagOf(key: number, numbers: readonly number[] | undefined): Tag;
}

/** What a stored queue works with. */
export interface StoredQueueParts<Tag> {
  readonly storage: Storage;
  /** The name of its stream. */
  readonly name: string;
  readonly limits: QueueLimits;
  /** How safe a message must be before its holds end. */
  readonly durabilityOf: (tag: Tag) => Durability;
  readonly form: TagForm<Tag>;
  /** For what is held in memory beside the journal; default none. */
  readonly budget?: QueueBudget | undefined;
  /** Who is told to have brought in what comes from the disk. */
  readonly origin: Origin;
  /**
   * A message is dropped; `sequence` is 0 for the one that is being appended. `qos` is 2 where only the place of the
   * message is at hand.
   */
  readonly dropped: (sequence: number, tag: Tag, reason: DropReason, qos: Qos) => void;
  /** Owners that share the queue; default one. */
  readonly shares?: Shares<Tag>;
  /** Something can be read that could not before. */
  readonly readable: () => void;
}
