// Reading: messages and values back from the disk, in large pieces. What has not been written yet is read from
// memory; what the cleaner moves meanwhile is looked for again. A record that cannot be read any more is told and
// passed over.
import { type Bytes, copyOfBytes } from '../../protocol/wire/bytes.ts';
import type { RecordCiphers } from './cipher.ts';
import type { GroupWriter } from './group-writer.ts';
import type { KeyedStream, ValuePlace } from './keyed-stream.ts';
import type { LogStream } from './log-stream.ts';
import { entryHeaderBytes, isKnownType, recordHeaderBytes, recordLength, typeOfRecord } from './record.ts';
import { openBody } from './recovery.ts';
import type { Segments } from './segments.ts';

/** What is needed to read. */
export interface ReadingParts {
  readonly writer: GroupWriter;
  readonly segments: Segments;
  readonly ciphers: RecordCiphers;
  /** The salt of what is written now. */
  readonly salt: Bytes;
  readonly seed: number;
}

/**
 * Takes a value that was read, borrowed. Returns whether it is what it should be; a RangeError or SyntaxError says that
 * it is not.
 */
export type ValueVisitor = (key: string, value: Bytes) => boolean;

/** What became of values. */
export interface LoadedValues {
  /** How many cannot be read any more. */
  readonly lost: number;
  /** Those that are not what they should be, whatever their checksum says. */
  readonly strange: ReadonlyMap<string, ValuePlace>;
}

/** Takes what was read. Bodies are borrowed. */
export interface EntryVisitor {
  entry(sequence: number, count: number, body: Bytes, tag: number): void;
  /** The entry cannot be read any more. */
  lost(sequence: number, count: number): void;
}

interface Place {
  readonly sequence: number;
  readonly count: number;
  readonly position: number;
  readonly size: number;
  readonly tag: number;
}

const attemptsMax = 5;

/**
 * Reads entries of a stream from a sequence on, about `bytesMax` bytes of them, at least one. Returns the sequence to
 * go on with. Messages that are settled may come too: ask `LogStream.has`.
 */
export async function readEntries(
  parts: ReadingParts,
  stream: LogStream,
  terms: { readonly from: number; readonly bytesMax: number },
  visitor: EntryVisitor,
): Promise<number> {
  let places: readonly Place[] = [];
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    places = planOf(stream, terms.from, terms.bytesMax);
    const [first] = places;
    const last = places.at(-1);
    if (first === undefined || last === undefined) return stream.nextSequence;
    const bytes = await readRange(parts, first.position, last.position + last.size);
    if (bytes === undefined) continue;
    for (const place of places) {
      const at = place.position - first.position;
      if (at > 0 && at + place.size > bytes.length) return place.sequence;
      const body = bodyAt(parts, bytes, at, place.position);
      if (body) visitor.entry(place.sequence, place.count, body.subarray(entryHeaderBytes), place.tag);
      else visitor.lost(place.sequence, place.count);
    }
    return last.sequence + last.count;
  }
  for (const { sequence, count } of places) visitor.lost(sequence, count);
  const last = places.at(-1);
  return last === undefined ? stream.nextSequence : last.sequence + last.count;
}

/** Reads all values of a stream, in the order in which they were put. */
export async function loadValues(parts: ReadingParts, stream: KeyedStream, visit: ValueVisitor): Promise<LoadedValues> {
  let lost = 0;
  const strange = new Map<string, ValuePlace>();
  const keys = [...stream.keys()];
  keys.sort((one, other) => (stream.placeOf(one)?.position ?? 0) - (stream.placeOf(other)?.position ?? 0));
  for (let from = 0; from < keys.length; ) {
    const to = pieceEnd(stream, keys, from);
    const first = stream.placeOf(keys[from] ?? '');
    const last = stream.placeOf(keys[to - 1] ?? '');
    const bytes = first && last && (await readRange(parts, first.position, last.position + last.size));
    for (; from < to; from++) {
      const key = keys[from] ?? '';
      const place = stream.placeOf(key);
      // a value that was put anew meanwhile is known to whoever did that
      if (place === undefined || first === undefined || place.position < first.position) continue;
      const body = bytes && bodyAt(parts, bytes, place.position - first.position, place.position);
      if (body === undefined) lost++;
      else if (!isTaken(visit, key, body.subarray(2 + body.readUInt16BE(0)))) strange.set(key, place);
    }
  }
  return { lost, strange };
}

function isTaken(visit: ValueVisitor, key: string, value: Bytes): boolean {
  try {
    return visit(key, value);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return false;
    throw error;
  }
}

const pieceBytes = 1024 * 1024;

/** The index behind the last key whose value lies in the same piece as that of `from`. */
function pieceEnd(stream: KeyedStream, keys: readonly string[], from: number): number {
  const start = stream.placeOf(keys[from] ?? '')?.position ?? 0;
  let to = from + 1;
  for (; to < keys.length; to++) {
    const place = stream.placeOf(keys[to] ?? '');
    if (place && place.position + place.size - start > pieceBytes) break;
  }
  return to;
}

/** Entries from a sequence on that lie side by side, or nearly. */
function planOf(stream: LogStream, from: number, bytesMax: number): readonly Place[] {
  const places: Place[] = [];
  let start = 0;
  let behind = 0;
  for (let next = from; ; ) {
    const entry = stream.entryFrom(next);
    if (entry === undefined) return places;
    const { sequence, count, position, size, tag } = entry;
    if (places.length === 0) start = position;
    else if (position < behind || position + size - start > bytesMax) return places;
    places.push({ sequence, count, position, size, tag });
    behind = position + size;
    next = sequence + count;
  }
}

/** The bytes of a range; undefined where it was moved or freed meanwhile. */
async function readRange({ writer, segments }: ReadingParts, from: number, to: number): Promise<Bytes | undefined> {
  const recent = writer.recent(from);
  if (recent && !recent.group.isWritten) {
    // only as far as this group goes: what is behind it comes with the next read
    return copyOfBytes(recent.group.bytes, recent.at, Math.min(recent.group.length, recent.at + to - from));
  }
  const end = Math.min(to, writer.writtenEnd);
  const last = segments.list.at(-1);
  if (segments.find(from) === undefined || last === undefined || end > last.end) return undefined;
  try {
    return await segments.read(from, end);
  } catch (error) {
    if (segments.find(from) === undefined) return undefined;
    throw error;
  }
}

function bodyAt(parts: ReadingParts, bytes: Bytes, at: number, position: number): Bytes | undefined {
  const length = recordLength(bytes, at, bytes.length, { position, seed: parts.seed });
  if (length <= 0) return undefined;
  const header = parts.segments.find(position)?.header;
  const cipher = header?.keyCheck === 0 ? undefined : parts.ciphers.of(header?.salt ?? parts.salt);
  const type = typeOfRecord(bytes, at);
  if (!isKnownType(type)) return undefined;
  return openBody(cipher, type, copyOfBytes(bytes, at + recordHeaderBytes, at + length), position);
}
