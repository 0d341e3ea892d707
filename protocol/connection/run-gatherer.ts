// hot path
// RunGatherer: gathers runs on one connection and hands each over before anything else happens there.
// Who takes runs may decline one; then its frames are read one by one, as if there were no runs. So
// a run changes how messages travel, never which ones, nor their order.
// Bounded by the chunk: a run ends with it.
import type { Bytes } from '../wire/bytes.ts';
import { FrameScanner } from '../wire/frame-scanner.ts';
import type { Malformed } from '../wire/malformed.ts';
import type { ProtocolVersion } from '../wire/protocol-version.ts';
import { PublishRun } from '../wire/publish-run.ts';
import { KnownTopics } from './known-topics.ts';
import { packetSizeMax } from './limits.ts';

/** Who takes runs on a connection, and reads what is not taken. */
export interface RunReader {
  /** The frames of the run, in order, are the next messages. Returns false to have them one by one instead. */
  takeRun(run: PublishRun): boolean;
  /** Reads one PUBLISH frame the long way. */
  readPublish(bytes: Bytes, start: number, bodyStart: number, end: number): Malformed | undefined;
}

/** DUP and RETAIN in the first byte of a PUBLISH: a plain one has neither. */
const dupAndRetain = 0x09;

/** The runs of one connection. */
export class RunGatherer {
  readonly #reader: RunReader;
  readonly #known: KnownTopics;
  readonly #run = new PublishRun();

  constructor(reader: RunReader, version: ProtocolVersion) {
    this.#reader = reader;
    this.#known = new KnownTopics(version);
  }

  /** From now on plain messages to this topic are gathered (see `KnownTopics`); they go this way. */
  expect(topicBytes: Bytes, way: object): void {
    this.#known.add(topicBytes, way);
  }

  /** Takes a frame, or has it read the long way, after the run before it. Returns what is wrong with either. */
  publishReceived(bytes: Bytes, start: number, bodyStart: number, end: number): Malformed | undefined {
    const run = this.#run;
    const known = this.#known;
    const way = this.#wayOf(bytes, start, bodyStart, end);
    const idAt = known.topicEnd;
    const payloadBytes = end - known.payloadStart;
    if (way !== undefined && run.way === way && run.take(bytes, start, end, idAt)) {
      run.payloadBytes += payloadBytes;
      return undefined;
    }
    const fault = this.end();
    if (fault) return fault;
    if (way === undefined) return this.#reader.readPublish(bytes, start, bodyStart, end);
    run.begin(bytes, start, end, idAt);
    run.way = way;
    run.payloadBytes = payloadBytes;
    return undefined;
  }

  /** Hands over what was gathered. Returns what is wrong with it, if it had to be read the long way. */
  end(): Malformed | undefined {
    const run = this.#run;
    if (run.count === 0) return undefined;
    if (this.#reader.takeRun(run)) {
      run.clear();
      return undefined;
    }
    const frames = run.frames();
    run.clear();
    let fault: Malformed | undefined;
    new FrameScanner(packetSizeMax).scan(frames, {
      frame: (slice, from, body, to) => {
        fault = this.#reader.readPublish(slice, from, body, to);
        return fault === undefined;
      },
    });
    return fault;
  }

  #wayOf(bytes: Bytes, start: number, bodyStart: number, end: number): object | undefined {
    const first = bytes[start] ?? 0;
    if ((first & dupAndRetain) !== 0) return undefined;
    return this.#known.wayOf(bytes, bodyStart, end, (first & 0x06) !== 0);
  }
}
