// Streams: the catalogue of a journal. Names and numbers of streams are values of stream 0, each of them twice, since
// all that a stream holds hangs on them: no single damaged record costs more than itself. A stream is made when it is
// first asked for, and there again after a restart with what recovery found of it.
import { allocateBytes } from '../../protocol/wire/bytes.ts';
import { assert } from '../base/errors.ts';
import { KeyedStream } from './keyed-stream.ts';
import { LogStream, type StreamHost } from './log-stream.ts';
import { catalogueId, copyOfName, type Replay } from './replay.ts';

/** All streams of one journal. */
export class Streams {
  readonly #host: StreamHost;
  readonly #catalogue: KeyedStream;
  readonly #logs = new Map<number, LogStream>();
  readonly #keyed = new Map<number, KeyedStream>();
  /** Ids by name, of streams without any record too. */
  readonly #ids = new Map<string, number>();
  #lastId: number;

  constructor(host: StreamHost, replay: Replay) {
    this.#host = host;
    this.#lastId = replay.lastId;
    this.#catalogue = new KeyedStream(host.appender, catalogueId, '', replay.keyed(catalogueId));
    this.#keyed.set(catalogueId, this.#catalogue);
    for (const [name, id] of replay.ids) {
      this.#ids.set(name, id);
      if (!this.#catalogue.has(name) || !this.#catalogue.has(copyOfName(name))) this.#name(name, id);
      if (replay.isLog(id)) this.#logs.set(id, new LogStream(host, id, name, replay.log(id)));
      else if (replay.keyed(id).size > 0)
        this.#keyed.set(id, new KeyedStream(host.appender, id, name, replay.keyed(id)));
    }
    for (const id of replay.namelessLogs()) {
      const name = `lost/${id}`;
      this.#logs.set(id, new LogStream(host, id, name, replay.log(id)));
      this.#name(name, id);
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#ids.size;
  }

  /** Names of all streams, sorted. */
  get names(): readonly string[] {
    return [...this.#ids.keys()].sort();
  }

  /** By id; undefined for streams of the other kind. */
  readonly log = (id: number): LogStream | undefined => this.#logs.get(id);

  /** By id; undefined for streams of the other kind. */
  readonly keyed = (id: number): KeyedStream | undefined => this.#keyed.get(id);

  /** The stream of messages with a name. */
  openLog(name: string): LogStream {
    const id = this.#ids.get(name) ?? this.#name(name, ++this.#lastId);
    assert(!this.#keyed.has(id), `the stream ${name} is one of messages`);
    const stream = this.#logs.get(id) ?? new LogStream(this.#host, id, name);
    this.#logs.set(id, stream);
    return stream;
  }

  /** The stream of values with a name. */
  openKeyed(name: string): KeyedStream {
    const id = this.#ids.get(name) ?? this.#name(name, ++this.#lastId);
    assert(!this.#logs.has(id), `the stream ${name} is one of values`);
    const stream = this.#keyed.get(id) ?? new KeyedStream(this.#host.appender, id, name);
    this.#keyed.set(id, stream);
    return stream;
  }

  /** Removes a stream. */
  remove(name: string): void {
    const id = this.#ids.get(name);
    if (id === undefined) return;
    this.#logs.get(id)?.clear();
    const keyed = this.#keyed.get(id);
    for (const key of [...(keyed?.keys() ?? [])]) keyed?.delete(key);
    this.#catalogue.delete(name);
    this.#catalogue.delete(copyOfName(name));
    this.#ids.delete(name);
    this.#logs.delete(id);
    this.#keyed.delete(id);
  }

  /** Appends something, so that there is a group to be written. */
  touch(): void {
    const [first] = this.#ids;
    if (first) this.#name(...first);
  }

  #name(name: string, id: number): number {
    const value = allocateBytes(4);
    value.writeUInt32BE(id);
    this.#catalogue.put(name, value);
    this.#catalogue.put(copyOfName(name), value);
    this.#ids.set(name, id);
    return id;
  }
}
