// hot path
// StoredMessage: a message in the journal, with what its owner wants to know of it (the rule, subscription identifiers)
// as numbers.
//
//   flags u8 | tags: count u8, u32 each | topic length u16 | properties length u32 | [wall u48, remaining f64] |
//   [wall u48, queued at f64] | topic | properties | payload
//
// Deadlines are stored as what remained, and ages as the moment, with the wall clock of then: after a restart the time
// between counts as far as the clock can be believed. One that jumped back or wakes in 1970 makes nothing old.

import { type Bytes, bytesOfText, copyOfBytes, textOfBytes } from '../../protocol/wire/bytes.ts';
import type { Qos } from '../../protocol/wire/protocol-version.ts';
import { isClockSet } from '../base/wall-clock.ts';
import { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';

/** The clock, as far as deadlines need it. */
export interface ExpiryClock {
  /** See `Clock.now`. */
  now(): number;
  /** See `Clock.wallMs`. */
  wallMs(): number;
}

const retainFlag = 4;
const expiryFlag = 8;
/** A message without it has no age. */
const queuedFlag = 32;
const expiryBytes = 14;
const queuedBytes = 14;
/** The longest time that a machine is believed to have been off: ten years, in ms. */
const offMsMax = 315_360_000_000;

/** A message with what its owner wants to know with it. */
export interface StoredMessage {
  readonly message: Message;
  readonly tags: readonly number[];
  /** See `QueueEntry`; default 0. */
  readonly queuedAt?: number;
}

/** Bytes that a message takes, at most. */
export function storedBytesOf(message: Message, tags: readonly number[], queuedAt = 0): number {
  const { topicBytes, properties, payload } = message;
  const timeBytes = expiryBytes + (queuedAt === 0 ? 0 : queuedBytes);
  return 8 + 4 * tags.length + timeBytes + topicBytes.length + properties.length + payload.length;
}

/** Writes a message from `at` on. Returns its end. */
export function writeMessage(bytes: Bytes, at: number, stored: StoredMessage, clock: ExpiryClock): number {
  const { message, tags, queuedAt = 0 } = stored;
  const { topicBytes, properties, payload, expiresAt } = message;
  const times = (expiresAt === 0 ? 0 : expiryFlag) | (queuedAt === 0 ? 0 : queuedFlag);
  const flags = message.qos | (message.retain ? retainFlag : 0) | times;
  let end = writeTags(bytes, at, flags, tags);
  end = bytes.writeUInt16BE(topicBytes.length, end);
  end = bytes.writeUInt32BE(properties.length, end);
  if (expiresAt !== 0) {
    end = bytes.writeUIntBE(clock.wallMs(), end, 6);
    end = bytes.writeDoubleBE(expiresAt - clock.now(), end);
  }
  if (queuedAt !== 0) {
    end = bytes.writeUIntBE(Math.max(0, Math.round(clock.wallMs() - (clock.now() - queuedAt))), end, 6);
    end = bytes.writeDoubleBE(queuedAt, end);
  }
  end += topicBytes.copy(bytes, end);
  end += properties.copy(bytes, end);
  return end + payload.copy(bytes, end);
}

/**
 * Reads a message back; its bytes are its own. `isOurs`: this process has stored it. Undefined for bytes that are no
 * message, whatever their checksum says.
 */
export function readMessage(
  body: Bytes,
  origin: Origin,
  clock: ExpiryClock,
  isOurs = false,
): Required<StoredMessage> | undefined {
  try {
    return messageIn(body, origin, clock, isOurs);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function messageIn(
  body: Bytes,
  origin: Origin,
  clock: ExpiryClock,
  isOurs: boolean,
): Required<StoredMessage> | undefined {
  const flags = body[0] ?? 0;
  const tags = readTags(body);
  let at = 2 + 4 * tags.length;
  const topicLength = body.readUInt16BE(at);
  const propertiesLength = body.readUInt32BE(at + 2);
  at += 6;
  const expiresAt =
    (flags & expiryFlag) === 0 ? 0 : deadlineOf(body.readUIntBE(at, 6), body.readDoubleBE(at + 6), clock);
  if (expiresAt !== 0) at += expiryBytes;
  const isTimed = (flags & queuedFlag) !== 0;
  const queuedAt = isTimed ? queuedAtOf(body, at, clock, isOurs) : 0;
  if (isTimed) at += queuedBytes;
  if (topicLength === 0 || at + topicLength + propertiesLength > body.length) return undefined;
  const topic = textOfBytes(body, at, at + topicLength);
  const rest = copyOfBytes(body, at + topicLength);
  const message = new Message({
    topic,
    payload: rest.subarray(propertiesLength),
    qos: qosOf(flags),
    retain: (flags & retainFlag) !== 0,
    properties: rest.subarray(0, propertiesLength),
    expiresAt,
    origin,
  });
  return { message, tags, queuedAt };
}

function queuedAtOf(body: Bytes, at: number, clock: ExpiryClock, isOurs: boolean): number {
  return isOurs ? body.readDoubleBE(at + 6) : Math.ceil(deadlineOf(body.readUIntBE(at, 6), 0, clock)) || 1;
}

/** The deadline, on the monotonic clock, of what had `remainingMs` left when the wall clock showed `wallMs`. */
export function deadlineOf(wallMs: number, remainingMs: number, clock: ExpiryClock): number {
  const wallNow = clock.wallMs();
  const isBelieved = isClockSet(wallMs) && wallNow >= wallMs && wallNow - wallMs <= offMsMax;
  const deadline = clock.now() + remainingMs - (isBelieved ? wallNow - wallMs : 0);
  // 0 would mean never
  return deadline === 0 ? Number.MIN_VALUE : deadline;
}

/** A short text as a tag: what the owner knows again after a restart. */
export function tagOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of bytesOfText(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Writes flags and tags from `at` on. Returns their end. */
export function writeTags(bytes: Bytes, at: number, flags: number, tags: readonly number[]): number {
  bytes[at] = flags;
  bytes[at + 1] = tags.length;
  let end = at + 2;
  for (let index = 0; index < tags.length; index++) end = bytes.writeUInt32BE(tags[index] ?? 0, end);
  return end;
}

/** The tags in a body. */
export function readTags(body: Bytes): readonly number[] {
  return Array.from({ length: body[1] ?? 0 }, (_, index) => body.readUInt32BE(2 + 4 * index));
}

/** The QoS among flags. */
export function qosOf(flags: number): Qos {
  const qos = flags & 3;
  return qos === 2 ? 2 : qos === 1 ? 1 : 0;
}
