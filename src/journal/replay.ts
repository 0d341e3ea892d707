// Replay: what the records of a journal mean, one after the other, oldest first. It builds the
// indexes of all streams and the number of needed bytes of each segment, and knows nothing of
// files.
import { type Bytes, textOfBytes } from '../../protocol/wire/bytes.ts';
import { EntryIndex } from './entry-index.ts';
import type { ValuePlace } from './keyed-stream.ts';
import { LogReplay } from './log-replay.ts';
import type { RestoredLog } from './log-stream.ts';
import { RecordType, rangeBytes } from './record.ts';
import type { Segment, Segments } from './segments.ts';

/** The stream that holds the names of all others. */
export const catalogueId = 0;

/** Before a name that stands in the catalogue for the second time; no name begins with it. */
const copyMark = '\u0001';

/** The key under which a name stands in the catalogue for the second time. */
export function copyOfName(name: string): string {
  return copyMark + name;
}

function nameOfKey(key: string): string {
  return key.startsWith(copyMark) ? key.slice(copyMark.length) : key;
}

/** One record, where it was read. */
export interface ReplayedRecord {
  readonly type: RecordType;
  readonly stream: number;
  /** Its body, decrypted. */
  readonly body: Bytes;
  readonly position: number;
  /** Of the whole record. */
  readonly size: number;
}

/** The state that a journal's records describe. */
export class Replay {
  readonly #segments: Segments;
  readonly #logs = new Map<number, LogReplay>();
  readonly #keyed = new Map<number, Map<string, ValuePlace>>();
  readonly #names = new Map<number, string>();
  readonly #ids = new Map<string, number>();

  constructor(segments: Segments) {
    this.#segments = segments;
  }

  /** Ids of streams by name, and the largest id ever seen. */
  get ids(): ReadonlyMap<string, number> {
    return this.#ids;
  }

  /** The largest id of a stream. */
  get lastId(): number {
    return Math.max(0, ...this.#names.keys(), ...this.#logs.keys(), ...this.#keyed.keys());
  }

  /** Takes one record of a group that counts. */
  apply(record: ReplayedRecord, segment: Segment): void {
    switch (record.type) {
      case RecordType.entry:
      case RecordType.run:
        this.#entry(record, segment);
        break;
      case RecordType.settle:
        this.#settle(record);
        break;
      case RecordType.put:
        this.#put(record, segment);
        break;
      case RecordType.delete:
        this.#delete(record);
        break;
      case RecordType.commit:
        break;
      default: {
        record.type satisfies never;
      }
    }
  }

  /** The log stream of an id; empty if there are no records of it. */
  log(id: number): RestoredLog {
    return this.#logs.get(id)?.restored() ?? { index: new EntryIndex(), nextSequence: 1, ahead: new Map() };
  }

  /** The values of an id. */
  keyed(id: number): Map<string, ValuePlace> {
    return this.#keyed.get(id) ?? new Map();
  }

  /** Ids of streams with messages whose names are lost with damaged records. */
  namelessLogs(): readonly number[] {
    return [...this.#logs].filter(([id, log]) => !this.#names.has(id) && log.hasMessages).map(([id]) => id);
  }

  /** What is known of a stream, for people: is it one of messages? */
  isLog(id: number): boolean {
    return this.#logs.has(id);
  }

  #entry({ stream, body, position, size }: ReplayedRecord, segment: Segment): void {
    let log = this.#logs.get(stream);
    if (log === undefined) {
      log = new LogReplay((place, bytes) => this.#segments.release(place, bytes));
      this.#logs.set(stream, log);
    }
    segment.live += size;
    const tag = body.readUInt32BE(10);
    log.entry({ sequence: body.readUIntBE(0, 6), count: body.readUInt32BE(6), tag, position, size });
  }

  #settle({ stream, body }: ReplayedRecord): void {
    const log = this.#logs.get(stream) ?? new LogReplay((place, bytes) => this.#segments.release(place, bytes));
    this.#logs.set(stream, log);
    log.expect(body.readUIntBE(0, 6));
    for (let at = 6; at + rangeBytes <= body.length; at += rangeBytes) {
      log.settle(body.readUIntBE(at, 6), body.readUInt32BE(at + 6));
    }
  }

  #put({ stream, body, position, size }: ReplayedRecord, segment: Segment): void {
    const end = 2 + body.readUInt16BE(0);
    const key = textOfBytes(body, 2, end);
    const places = this.#keyed.get(stream) ?? new Map<string, ValuePlace>();
    this.#keyed.set(stream, places);
    const before = places.get(key);
    if (before) this.#segments.release(before.position, before.size);
    places.set(key, { position, size });
    segment.live += size;
    if (stream !== catalogueId) return;
    const id = body.readUInt32BE(end);
    const name = nameOfKey(key);
    this.#names.set(id, name);
    this.#ids.set(name, id);
  }

  #delete({ stream, body }: ReplayedRecord): void {
    const key = textOfBytes(body);
    const places = this.#keyed.get(stream);
    const before = places?.get(key);
    if (before) this.#segments.release(before.position, before.size);
    places?.delete(key);
    if (stream === catalogueId) this.#forget(nameOfKey(key));
  }

  /** A stream is removed with all that it holds. */
  #forget(name: string): void {
    const id = this.#ids.get(name);
    if (id === undefined) return;
    this.#ids.delete(name);
    this.#names.delete(id);
    this.#logs.get(id)?.settle(1, Number.MAX_SAFE_INTEGER);
    this.#logs.delete(id);
    for (const { position, size } of this.#keyed.get(id)?.values() ?? []) this.#segments.release(position, size);
    this.#keyed.delete(id);
  }
}
