// The form of delivered messages in the journal: those of one turn of the event loop side by side in one entry, each
// as queues store theirs.
//
//   length u32 | message with its rule's key, and its partition where it has one (see `StoredMessage`)      repeated
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import { type ExpiryClock, readMessage, storedBytesOf, writeMessage } from '../queue/stored-message.ts';
import type { ForwardSource } from './forward-source.ts';

/** A message with the rule that queued it. */
export interface OwnedMessage {
  readonly message: Message;
  readonly ruleKey: number;
  /** See `ForwardSource`. */
  readonly partition: number | undefined;
}

/** What names of streams of them end with. */
export const keptSuffix = ':kept';

/** A message of a source. */
export function ownedBy({ key, partition }: Pick<ForwardSource, 'key' | 'partition'>, message: Message): OwnedMessage {
  return { message: message.own(), ruleKey: key, partition };
}

/** Bytes that a message takes, at most. */
export function keptBytesOf({ message, ruleKey, partition }: OwnedMessage): number {
  return 4 + storedBytesOf(message, tagsOf(ruleKey, partition));
}

/** Writes messages from `at` on. Returns their end. */
export function writeKept(bytes: Bytes, at: number, kept: readonly OwnedMessage[], clock: ExpiryClock): number {
  let end = at;
  for (const { message, ruleKey, partition } of kept) {
    const from = end + 4;
    end = writeMessage(bytes, from, { message, tags: tagsOf(ruleKey, partition) }, clock);
    bytes.writeUInt32BE(end - from, from - 4);
  }
  return end;
}

/** Reads an entry back, oldest first, up to what is no message; the bytes of the messages are their own. */
export function* readKept(body: Bytes, origin: Origin, clock: ExpiryClock): Generator<OwnedMessage> {
  for (let at = 0; at + 4 <= body.length; ) {
    const end = at + 4 + body.readUInt32BE(at);
    const stored = readMessage(body.subarray(at + 4, end), origin, clock);
    if (stored === undefined) return;
    const [ruleKey = 0, partition] = stored.tags;
    yield { message: stored.message, ruleKey, partition };
    at = end;
  }
}

function tagsOf(ruleKey: number, partition: number | undefined): readonly number[] {
  return partition === undefined ? [ruleKey] : [ruleKey, partition];
}
