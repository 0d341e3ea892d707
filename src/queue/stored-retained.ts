// StoredRetained: the retained messages in the journal, a value for each topic. The store in memory tells what
// changes, and gets everything back after a start. Topics of the broker itself (`$SYS`) are of the moment and not
// kept. Bounded by the store's own limits.

import { allocateBytes, type Bytes } from '../../protocol/wire/bytes.ts';
import type { Durability } from '../base/durability.ts';
import type { KeyedStream } from '../journal/keyed-stream.ts';
import type { Message } from '../message/message.ts';
import { Origin } from '../message/origin.ts';
import { type Hold, holdUntilSafe } from './hold.ts';
import type { Storage } from './storage.ts';
import { readMessage, storedBytesOf, writeMessage } from './stored-message.ts';

const noNumbers: readonly number[] = [];

/** Keeps retained messages beyond the process. */
export class StoredRetained {
  readonly #storage: Storage;
  readonly #stream: KeyedStream;
  readonly #durability: Durability;
  #scratch: Bytes = allocateBytes(1024);
  /** Topics whose message changed while nothing could be stored. */
  readonly #noted = new Set<string>();
  #source: ((topic: string) => Message | undefined) | undefined;

  /** `durability`: where a message must be before its publisher is acknowledged. */
  constructor(storage: Storage, durability: Durability) {
    this.#storage = storage;
    this.#stream = storage.journal.keyed('retained');
    this.#durability = durability;
  }

  /** A message is retained; whoever published it at QoS 1 or 2 waits until that is stored. */
  kept(message: Message, hold: Hold | undefined): void {
    if (message.topic.startsWith('$SYS/')) return;
    // while nothing can be stored, what nobody waits for is only noted
    if (message.qos === 0 && !this.#storage.journal.isAccepting) this.#note(message.topic);
    else this.#put(message, hold);
  }

  #put(message: Message, hold: Hold | undefined): void {
    const size = storedBytesOf(message, noNumbers);
    if (size > this.#scratch.length) this.#scratch = allocateBytes(size);
    const stored = { message, tags: noNumbers };
    const end = writeMessage(this.#scratch, 0, stored, this.#storage.clock);
    this.#stream.put(message.topic, this.#scratch.subarray(0, end));
    if (hold && message.qos > 0) holdUntilSafe(hold, this.#storage.journal, this.#durability);
  }

  /** A topic has no retained message any more. */
  removed(topic: string, hold?: Hold): void {
    this.#noted.delete(topic);
    const wasThere = this.#stream.delete(topic);
    if (hold && wasThere) holdUntilSafe(hold, this.#storage.journal, this.#durability);
  }

  #note(topic: string): void {
    this.#noted.add(topic);
    if (this.#noted.size > 1) return;
    const stored = (): void => {
      const topics = [...this.#noted];
      this.#noted.clear();
      for (const one of topics) {
        const message = this.#source?.(one);
        if (message) this.kept(message, undefined);
      }
    };
    this.#storage.journal.wait({ stored }, this.#durability === 'synced');
  }

  /**
   * Tells of all that an earlier process left. `source`: the message that a topic retains now. Returns how many cannot
   * be read any more.
   */
  async restore(restored: (message: Message) => void, source: (topic: string) => Message | undefined): Promise<number> {
    this.#source = source;
    const origin = new Origin('application', 'restored');
    return await this.#storage.journal.load(this.#stream, (_topic, value) => {
      const stored = readMessage(value, origin, this.#storage.clock);
      if (stored) restored(stored.message);
      return stored !== undefined;
    });
  }
}
