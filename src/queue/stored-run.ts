// StoredRun: the messages of a run in the journal, side by side as the frames in which they came, with what their owner
// wants to know of all of them as numbers: one record, one checksum and one place in the index for all of them.
//
//   flags u8: QoS at which they go on, `runFlag` | tags: count u8, u32 each | version u8 | frames
//
// Identifiers in the frames mean nothing. What would make a message differ from its frame (an expiry, an age, another
// topic than the frame's) does not come in runs. Bounded by a run; damage costs all of it.
import { type Bytes, copyOfBytes } from '../../protocol/wire/bytes.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion, type Qos } from '../../protocol/wire/protocol-version.ts';
import { PublishView } from '../../protocol/wire/publish-view.ts';
import { Message } from '../message/message.ts';
import type { Origin } from '../message/origin.ts';
import { type ExpiryClock, qosOf, readMessage, readTags, type StoredMessage, writeTags } from './stored-message.ts';

/** In the flags of what is stored: it is a run. */
const runFlag = 16;

/** Messages that go on together. */
export interface StoredRun {
  /** Whole frames, side by side. */
  readonly frames: Bytes;
  /** That of the frames. */
  readonly version: ProtocolVersion;
  /** The QoS at which they go on. */
  readonly qos: Qos;
  /** Of all of them. */
  readonly tags: readonly number[];
}

/** How what is stored is read. */
export interface StoredTerms {
  /** Who is told to have brought it in. */
  readonly origin: Origin;
  readonly clock: ExpiryClock;
  /** Whether this process has stored it. Default false. */
  readonly isOurs?: boolean;
}

/** Bytes that a run takes. */
export function storedRunBytesOf(frameBytes: number, tags: readonly number[]): number {
  return 3 + 4 * tags.length + frameBytes;
}

/** Writes a run from `at` on. Returns its end. */
export function writeStoredRun(bytes: Bytes, at: number, { frames, version, qos, tags }: StoredRun): number {
  const end = writeTags(bytes, at, qos | runFlag, tags);
  bytes[end] = version;
  return end + 1 + frames.copy(bytes, end + 1);
}

/**
 * Reads the `count` messages of one entry back, whether it is a run or one message; their bytes are their own.
 * Undefined for bytes that are something else, whatever their checksum says.
 */
export function readStored(
  body: Bytes,
  count: number,
  terms: StoredTerms,
): readonly Required<StoredMessage>[] | undefined {
  if (((body[0] ?? 0) & runFlag) === 0) {
    const stored = count === 1 ? readMessage(body, terms.origin, terms.clock, terms.isOurs) : undefined;
    return stored && [stored];
  }
  const messages = messagesOf(body, terms);
  return messages?.length === count ? messages : undefined;
}

function messagesOf(body: Bytes, { origin }: StoredTerms): Required<StoredMessage>[] | undefined {
  const at = 2 + 4 * (body[1] ?? 0);
  if (at >= body.length) return undefined;
  const tags = readTags(body);
  const qos = qosOf(body[0] ?? 0);
  const version = versionOf(body[at] ?? 0);
  const frames = copyOfBytes(body, at + 1);
  const view = new PublishView();
  const found: Required<StoredMessage>[] = [];
  const fault = new FrameScanner(frames.length).scan(frames, {
    frame: (bytes, start, bodyStart, end) => {
      if ((bytes[start] ?? 0) >> 4 !== PacketType.publish) return false;
      if (view.read(bytes, start, bodyStart, end, version)) return false;
      const [payload, properties] = [view.payload(), view.forwardProperties()];
      const parts = { topic: view.topic(), payload, properties, qos, retain: false, origin };
      found.push({ message: new Message(parts), tags, queuedAt: 0 });
      return true;
    },
  });
  return fault === undefined ? found : undefined;
}

function versionOf(number: number): ProtocolVersion {
  if (number === ProtocolVersion.v5) return ProtocolVersion.v5;
  return number === ProtocolVersion.v31 ? ProtocolVersion.v31 : ProtocolVersion.v311;
}
