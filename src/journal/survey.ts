// Survey: a journal as people want to see it: segments, streams, damage, content. It is read without changing or
// locking anything, so it may be looked at while a process writes; what that adds meanwhile is not seen.
// Bounded by the journal: one record is held at a time.
import type { Bytes } from '../../protocol/wire/bytes.ts';
import type { Disk } from '../ports/ports.ts';
import type { Damage, JournalListener } from './journal-status.ts';
import type { ValuePlace } from './keyed-stream.ts';
import type { RestoredLog } from './log-stream.ts';
import { countAside } from './quarantine.ts';
import { entryHeaderBytes, RecordType, recordHeaderBytes, typeOfRecord } from './record.ts';
import { openBody, type Recovered, recover } from './recovery.ts';

/** What is to be read. */
export interface SurveyTerms {
  readonly directory: string;
  readonly key?: Bytes;
}

/** One stream. */
export interface StoredStream {
  readonly name: string;
  readonly kind: 'messages' | 'values';
  readonly count: number;
  readonly bytes: number;
}

/** One segment. */
export interface StoredSegment {
  readonly name: string;
  readonly generation: number;
  readonly isEncrypted: boolean;
  readonly bytes: number;
  readonly liveBytes: number;
}

/** A whole journal. */
export interface Survey {
  readonly segments: readonly StoredSegment[];
  readonly streams: readonly StoredStream[];
  readonly bytes: number;
  readonly liveBytes: number;
  /** Records of groups that count. */
  readonly records: number;
  readonly damage: readonly Damage[];
  /** Damaged records that were put aside, in `quarantine.jsonl`. */
  readonly aside: number;
  /** What a crash has cut off. */
  readonly tail: Damage | undefined;
}

/** One message or value. */
export interface StoredContent {
  readonly stream: string;
  /** Of the first message; 0 for a value. */
  readonly sequence: number;
  /** Messages in it. */
  readonly count: number;
  /** Whether the message at an index is settled: nobody waits for it any more. */
  readonly isSettled: (index: number) => boolean;
  /** Empty for messages. */
  readonly key: string;
  readonly body: Bytes;
}

/** Reads all of a journal. */
export async function surveyJournal(disk: Disk, terms: SurveyTerms, listener: JournalListener = {}): Promise<Survey> {
  const damage: Damage[] = [];
  let tail: Damage | undefined;
  const told: JournalListener = {
    ...listener,
    damaged: (place) => void damage.push(place),
    tailCut: (place) => {
      tail = place;
    },
  };
  const recovered = await recover({
    disk,
    directory: terms.directory,
    key: terms.key,
    listener: told,
    isReadOnly: true,
  });
  const { segments, records } = recovered;
  const survey = {
    segments: segments.list.map(({ path, header, end, live }) => ({
      name: path.slice(terms.directory.length + 1),
      generation: header.generation,
      isEncrypted: header.keyCheck !== 0,
      bytes: end - header.start,
      liveBytes: live,
    })),
    streams: streamsOf(recovered),
    bytes: segments.byteLength,
    liveBytes: segments.liveBytes,
    records,
    damage,
    aside: await countAside(disk, terms.directory),
    tail,
  };
  await segments.close();
  return survey;
}

/** Everything that streams hold, stream by stream. Bodies belong to whoever gets them. */
export async function* streamContent(
  disk: Disk,
  { directory, key }: SurveyTerms,
  listener: JournalListener = {},
): AsyncGenerator<StoredContent> {
  const recovered = await recover({ disk, directory, key, listener, isReadOnly: true });
  const { replay, segments } = recovered;
  const names = [...replay.ids, ...replay.namelessLogs().map((id) => [`lost/${id}`, id] as const)];
  for (const [stream, id] of names) {
    for (const { position, size, ...content } of [...entriesOf(replay.log(id)), ...valuesOf(replay.keyed(id))]) {
      const body = await bodyAt(recovered, position, size);
      const isMessage = content.sequence > 0;
      if (body) yield { stream, ...content, body: isMessage ? body.subarray(entryHeaderBytes) : storedValue(body) };
    }
  }
  await segments.close();
}

type Place = Omit<StoredContent, 'stream' | 'body'> & { readonly position: number; readonly size: number };

function entriesOf({ index, ahead }: RestoredLog): readonly Place[] {
  const places: Place[] = [];
  index.forEach(({ sequence, count, settled, position, size }) => {
    const isSettled = (at: number): boolean => at < settled || ahead.get(sequence)?.has(at) === true;
    places.push({ sequence, count, isSettled, key: '', position, size });
  });
  return places;
}

function valuesOf(values: ReadonlyMap<string, ValuePlace>): readonly Place[] {
  return [...values].map(([key, place]) => ({ sequence: 0, count: 1, isSettled: () => false, key, ...place }));
}

function storedValue(body: Bytes): Bytes {
  return body.subarray(2 + body.readUInt16BE(0));
}

async function bodyAt({ segments, ciphers }: Recovered, position: number, size: number): Promise<Bytes | undefined> {
  const bytes = await segments.read(position, position + size);
  const header = segments.find(position)?.header;
  const cipher = header === undefined || header.keyCheck === 0 ? undefined : ciphers.of(header.salt);
  const type = typeOfRecord(bytes, 0) === RecordType.put ? RecordType.put : RecordType.entry;
  return openBody(cipher, type, bytes.subarray(recordHeaderBytes), position);
}

function streamsOf({ replay }: Recovered): readonly StoredStream[] {
  const names = [...replay.ids, ...replay.namelessLogs().map((id) => [`lost/${id}`, id] as const)];
  const streams = names.map(([name, id]): StoredStream => {
    let count = 0;
    let bytes = 0;
    if (!replay.isLog(id)) {
      for (const { size } of replay.keyed(id).values()) bytes += size;
      return { name, kind: 'values', count: replay.keyed(id).size, bytes };
    }
    const { index, ahead } = replay.log(id);
    index.forEach((entry) => {
      count += entry.count - entry.settled - (ahead.get(entry.sequence)?.size ?? 0);
      bytes += entry.size;
    });
    return { name, kind: 'messages', count, bytes };
  });
  return streams.sort((one, other) => (one.name < other.name ? -1 : 1));
}
