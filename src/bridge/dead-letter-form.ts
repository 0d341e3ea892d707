// The form of a dead letter in the journal: what is known of it as JSON, then the message as queues
// store theirs.
//
//   length of the JSON u32 | JSON | message (see `StoredMessage`)
import { allocateBytes, type Bytes, bytesOfText, textOfBytes } from '../../protocol/wire/bytes.ts';
import type { Origin } from '../message/origin.ts';
import { type ExpiryClock, readMessage, storedBytesOf, writeMessage } from '../queue/stored-message.ts';
import type { DeadLetter, DeadLetterFacts } from './dead-letter.ts';

type Head = DeadLetterFacts & Pick<DeadLetter, 'at'>;

const noNumbers: readonly number[] = [];

/** A letter as a value. */
export function deadLetterBytes({ message, id: _id, ...head }: DeadLetter, clock: ExpiryClock): Bytes {
  const json = bytesOfText(JSON.stringify(head satisfies Head));
  const bytes = allocateBytes(4 + json.length + storedBytesOf(message, noNumbers));
  const at = bytes.writeUInt32BE(json.length, 0);
  json.copy(bytes, at);
  const end = writeMessage(bytes, at + json.length, { message, tags: noNumbers }, clock);
  return bytes.subarray(0, end);
}

/** A letter out of a value; undefined for what is none. */
export function readDeadLetter(id: number, value: Bytes, origin: Origin, clock: ExpiryClock): DeadLetter | undefined {
  const end = 4 + value.readUInt32BE(0);
  const head = headOf(textOfBytes(value, 4, end));
  if (head === undefined) return undefined;
  const stored = readMessage(value.subarray(end), origin, clock);
  return stored && { ...head, id, message: stored.message };
}

function headOf(json: string): Head | undefined {
  const head: unknown = JSON.parse(json);
  if (typeof head !== 'object' || head === null) return undefined;
  const { at, reason, rule, ruleKey, originalTopic }: Partial<Record<keyof Head, unknown>> = head;
  if (typeof at !== 'number' || typeof ruleKey !== 'number') return undefined;
  const facts = { at, ruleKey, reason: String(reason), rule: String(rule) };
  return typeof originalTopic === 'string' ? { ...facts, originalTopic } : facts;
}
